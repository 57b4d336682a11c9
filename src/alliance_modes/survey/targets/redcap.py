"""REDCap: one longitudinal project for all forms, with an arm for clients and one for practitioners."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.readers.raw_table import tidy_text
from alliance_modes.survey.form import Form, Survey
from alliance_modes.survey.redcap.dictionary import dictionary_bytes
from alliance_modes.survey.redcap.project import (
    ARMS,
    MISSING_CODES,
    RECORD_ID,
    events,
    form_names,
    labels,
    place,
    variables,
)
from alliance_modes.survey.redcap.rows import fields
from alliance_modes.survey.redcap.rules import faults
from alliance_modes.survey.target import Export, Target, plain_export
from alliance_modes.words.pseudonyms import KINDS

EXPORT = "redcap.csv"
COUNTED = "redcap_repeat_instance"


def write(survey: Survey) -> dict[str, bytes]:
    """A data dictionary for each language, and what else the project is made of.

    Raises
    ------
    ConfigurationError
        A dictionary would break a rule of REDCap: an answer with a ``|`` in it, say.
    """
    problems = _parted(survey)
    if problems:
        raise ConfigurationError("survey", problems)
    files = {
        f"data_dictionary_{code}.csv": dictionary_bytes(fields(survey, code)) for code in survey.languages
    }
    problems = [
        problem for file, content in files.items() for problem in faults(content, file, tuple(MISSING_CODES))
    ]
    if problems:
        raise ConfigurationError("survey", problems)
    codes = "".join(f"{code}, {label}\n" for code, label in MISSING_CODES.items())
    return {
        **files,
        "arms.csv": _csv(["arm_num", "name"], _arms(survey)),
        "events.csv": _csv(
            ["event_name", "arm_num", "unique_event_name", "custom_event_label"], _events(survey)
        ),
        "instrument_designations.csv": _csv(["arm_num", "unique_event_name", "form"], _designations(survey)),
        "repeating_instruments.csv": _csv(
            ["event_name", "form_name", "custom_form_label"], _repeating(survey)
        ),
        "missing_data_codes.txt": codes.encode(),
    }


def _parted(survey: Survey) -> list[Problem]:
    """Answers that REDCap would take for two: it parts them by ``|``, in whatever they are quoted."""
    texts = {
        text: form.name
        for form in survey.forms
        for one in form.questions()
        for choice in one.choices
        for text in choice.text.values()
        if "|" in text
    }
    hint = "Word it without."
    return [
        Problem(f'the answer "{text}" has a "|", which parts answers in REDCap (form {form})', hint)
        for text, form in texts.items()
    ]


def export(survey: Survey, form: Form) -> Export:
    """The project's one CSV, raw or with labels, headed by variables or by labels."""
    named = variables(survey)
    where = place(form)
    headings = {
        tidy_text(labels(survey, code)[form.name, one.name]): named[form.name, one.name]
        for code in survey.languages
        for one in form.questions()
        if one.answered
    }
    missing = {cell: label.lower() for code, label in MISSING_CODES.items() for cell in (code, label)}
    settings = {
        "event": list(where.shown()),
        **({"repeat_instrument": list(form_names(form))} if where.repeats else {}),
        "missing": missing,
    }
    columns = {one.name: named[form.name, one.name] for one in form.questions() if one.answered}
    drop = (RECORD_ID, COUNTED) if where.repeats else (RECORD_ID,)
    return plain_export(
        form, EXPORT, "redcap", columns=columns, headings=headings, settings=settings, drop=drop
    )


def _csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()


def _arms(survey: Survey) -> Iterator[tuple[str, str]]:
    for arm in sorted({one.arm for one in events(survey)}):
        yield str(arm), ARMS[KINDS[arm - 1]]


def _events(survey: Survey) -> Iterator[tuple[str, str, str, str]]:
    for one in events(survey):
        yield one.event, str(one.arm), one.unique, ""


def _designations(survey: Survey) -> Iterator[tuple[str, str, str]]:
    for one in events(survey):
        for form in survey.forms:
            if place(form) == one:
                yield str(one.arm), one.unique, form.name


def _repeating(survey: Survey) -> Iterator[tuple[str, str, str]]:
    """The repeated forms, each instance shown with the number of its session or round."""
    named = variables(survey)
    for form in survey.forms:
        if place(form).repeats:
            number = next(one for one in form.questions() if one.kind == "number" and one.required)
            yield place(form).unique, form.name, f"[{named[form.name, number.name]}]"


REDCAP = Target(
    "redcap",
    "REDCap",
    write,
    export,
    "Make a longitudinal project and upload the data dictionary, the arms, the events and the designations, "
    "as docs/survey.md says. A record is called as the person's label. Export all records as one CSV, raw or "
    f"with labels, and keep it as {EXPORT}.",
)
