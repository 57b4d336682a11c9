"""XLSForm: one workbook for each form, for KoboToolbox and ODK."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from alliance_modes.simulate.file_bytes import workbook_bytes
from alliance_modes.survey.form import Choice, Condition, Form, Question, Section, Survey, Text
from alliance_modes.survey.target import Export, Target, plain_export, told
from alliance_modes.words.pseudonyms import FIRST, LENGTH, MODULUS, SIGNS, VALUES, weights

TYPES = {
    "note": "note",
    "identifier": "text",
    "text": "text",
    "date": "date",
    "fixed": "calculate",
}
TRANSLATED = ("label", "hint", "required_message", "constraint_message")
PLAIN = ("type", "name", "required", "relevant", "constraint", "appearance", "default", "calculation")
CODE = "regex(., '^[A-Za-z0-9_-]{1,20}$')"
VERSION_DIGITS = 12
KOBO_KEPT = {"responses": "all"}

Row = Mapping[str, str | Text]


def write(survey: Survey) -> dict[str, bytes]:
    """The workbooks, ``form_<name>.xlsx``: sheets survey, choices and settings, in every language."""
    return {f"form_{form.name}.xlsx": _workbook(survey, form) for form in survey.forms}


def kobo_export(survey: Survey, form: Form) -> Export:
    """A workbook: "XML values and headers" or the labels of any language, with or without groups."""
    return plain_export(form, f"{form.name}.xlsx", "kobo", settings=KOBO_KEPT)


def odk_export(survey: Survey, form: Form) -> Export:
    """ODK Central's CSV, with or without the names of groups."""
    return plain_export(form, f"{form.name}.csv", "kobo", settings=KOBO_KEPT)


def _workbook(survey: Survey, form: Form) -> bytes:
    rows = [row for section in form.sections for row in _section(survey, form, section)]
    translated = [(key, code) for key in TRANSLATED for code in survey.languages]
    head = [*PLAIN[:2], *(f"{key}::{_language(survey, code)}" for key, code in translated), *PLAIN[2:]]
    body = [
        [
            *(_cell(row, key) for key in PLAIN[:2]),
            *(_cell(row, key, code) for key, code in translated),
            *(_cell(row, key) for key in PLAIN[2:]),
        ]
        for row in rows
    ]
    sheets = {"survey": [head, *body], "choices": _choices(survey, form)}
    version = hashlib.sha256(repr(sheets).encode()).hexdigest()[:VERSION_DIGITS]
    settings = ["form_title", "form_id", "version", "default_language"]
    title = f"{survey.title}: {form.title[survey.first]}"
    sheets["settings"] = [
        settings,
        [title, f"{survey.name}_{form.name}", version, _language(survey, survey.first)],
    ]
    return workbook_bytes(sheets)


def _language(survey: Survey, code: str) -> str:
    """As Kobo and ODK know a language: its name, and its code in brackets."""
    return f"{survey.languages[code]} ({code})"


def _cell(row: Row, key: str, code: str = "") -> str:
    said = row.get(key, "")
    return said if isinstance(said, str) else said.get(code, "")


def _section(survey: Survey, form: Form, section: Section) -> Iterator[Row]:
    """A group of questions on one page; what nobody is asked stands outside of groups."""
    if all(question.kind == "fixed" for question in section.questions):
        yield from (_question(survey, form, section, question) for question in section.questions)
        return
    relevant = _relevant(section.only_if)
    yield {
        "type": "begin_group",
        "name": f"{section.name}_page",
        "label": section.title,
        "relevant": relevant,
        "appearance": "field-list",
    }
    if any(section.instructions.values()):
        yield {"type": "note", "name": f"{section.name}_told", "label": section.instructions}
    for question in section.questions:
        yield _question(survey, form, section, question)
    yield {"type": "end_group", "name": f"{section.name}_page"}


def _question(survey: Survey, form: Form, section: Section, question: Question) -> Row:
    constraint, message = _constraint(section, question), told(survey, question)
    if section.adds_up_to is not None and question is section.questions[-1]:
        total = f"{section.adds_up_to:g}"
        message = {code: text.format(total=total) for code, text in survey.said["adds_up"].items()}
    return {
        "type": _type(form, question),
        "name": question.name,
        "label": question.text,
        "hint": question.hint,
        "required": "yes" if question.required else "",
        "required_message": survey.said["needed"] if question.required else {},
        "relevant": _relevant(question.only_if),
        "constraint": constraint,
        "constraint_message": message if constraint else {},
        "default": "today()" if question.today else "",
        "calculation": f"'{question.fixed}'" if question.kind == "fixed" else "",
    }


def _type(form: Form, question: Question) -> str:
    if question.choices:
        return f"select_one {_list_name(form, question)}"
    if question.kind == "number":
        return "integer" if question.whole else "decimal"
    return TYPES[question.kind]


def _relevant(condition: Condition | None) -> str:
    if condition is None:
        return ""
    return " or ".join(f"${{{condition.question}}} = '{code}'" for code in condition.codes)


def _constraint(section: Section, question: Question) -> str:
    if question.pseudonym:
        return _is_pseudonym(FIRST[question.pseudonym])
    if question.kind == "identifier":
        return CODE
    if question.expected:
        return f". = '{question.expected}'"
    parts = [f". >= {question.low:g}"] if question.low is not None else []
    parts += [f". <= {question.high:g}"] if question.high is not None else []
    if section.adds_up_to is not None and question is section.questions[-1]:
        others = [f"${{{other.name}}}" for other in section.questions[:-1]]
        some = " or ".join(f"{other} = ''" for other in others)
        parts.append(f"({some} or {' + '.join(others)} + . = {section.adds_up_to:g})")
    return " and ".join(parts)


def _is_pseudonym(first: str) -> str:
    """What an answer must be for its check character to fit, as XPath; small letters count as capitals.

    The value of a sign is the number of signs before it in ``VALUES``.
    """
    letters = f"[{SIGNS}{SIGNS.lower()}]"
    form = f"regex(., '^[{first}{first.lower()}]{letters}{{{LENGTH - 1}}}$')"
    small, capital = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    values = (
        f"{weight} * string-length(substring-before('{VALUES}', translate(substr(., {place}, {place + 1}), "
        f"'{small}', '{capital}')))"
        for place, weight in enumerate(weights())
    )
    return f"{form} and ({' + '.join(values)}) mod {MODULUS} = 1"


def _lists(form: Form) -> dict[tuple[tuple[str, tuple[str, ...]], ...], tuple[str, tuple[Choice, ...]]]:
    """Each set of choices once, called after the first question that has it."""
    lists: dict[tuple[tuple[str, tuple[str, ...]], ...], tuple[str, tuple[Choice, ...]]] = {}
    for question in form.questions():
        if question.choices:
            lists.setdefault(_same(question), (f"{question.name}_answers", question.choices))
    return lists


def _same(question: Question) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((choice.code, tuple(choice.text.values())) for choice in question.choices)


def _list_name(form: Form, question: Question) -> str:
    return _lists(form)[_same(question)][0]


def _choices(survey: Survey, form: Form) -> list[list[str]]:
    head = ["list_name", "name", *(f"label::{_language(survey, code)}" for code in survey.languages)]
    rows = [
        [name, choice.code, *(choice.text[code] for code in survey.languages)]
        for name, choices in _lists(form).values()
        for choice in choices
    ]
    return [head, *rows]


KOBO = Target(
    "xlsform",
    "KoboToolbox",
    write,
    kobo_export,
    "Upload each form_….xlsx as a project of its own. Export each as XLS, and keep it under the name that "
    "cohort.yaml says.",
)
ODK = Target(
    "odk",
    "ODK Central",
    write,
    odk_export,
    "Upload each form_….xlsx as a form of its own. Export each as CSV, and keep it under the name that "
    "cohort.yaml says.",
)
