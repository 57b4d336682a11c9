"""The command ``survey``: from what is asked for to a folder with the forms and a ``cohort.yaml``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from alliance_modes.cohort import COHORT_FILE, check_name
from alliance_modes.ground.errors import ConfigurationError, Problem, WorkflowError
from alliance_modes.ground.files import whole_folder
from alliance_modes.ground.layout import RAW, STUDY_INSTRUMENTS
from alliance_modes.instruments.model import load_instruments
from alliance_modes.plan.protocol import protocol_digest
from alliance_modes.survey.chosen import Placed, placed
from alliance_modes.survey.declaration import cohort_text
from alliance_modes.survey.form import Survey
from alliance_modes.survey.forms import Study, survey_of
from alliance_modes.survey.inventories import Wording, untranslated
from alliance_modes.survey.languages import load_languages
from alliance_modes.survey.layout import layout
from alliance_modes.survey.questions import Words
from alliance_modes.survey.target import Target
from alliance_modes.survey.targets.registry import TARGETS
from alliance_modes.survey.wording import Part, load_wordings, template

ENROLMENTS = "enrolments"
"""The record that a cohort cannot do without."""


@dataclass(frozen=True)
class AskedSurvey:
    """What the command line says.

    ``cohort`` writes ``cohort.yaml`` to ``data/raw/<name>`` instead of into the folder; ``protocol`` is the
    folder of the study's protocol, whose digest every form carries.
    """

    name: str
    instruments: Sequence[str]
    target: str
    folder: Path
    data_lock: date
    title: str = ""
    languages: Sequence[str] = ("en",)
    wording: Sequence[Path] = ()
    without: Sequence[str] = ()
    attention: bool = False
    cohort: bool = False
    protocol: Path | None = None


def make_survey(asked: AskedSurvey) -> tuple[str, ...]:
    """Write the forms, the wording files to be filled in, and the ``cohort.yaml``; return what to tell a
    person.

    Raises
    ------
    ConfigurationError
        An instrument, a language, a wording or a record that is asked for cannot be used.
    WorkflowError
        The folder exists, or the cohort does; nothing is overwritten.
    """
    check_name(asked.name)
    _require_known(asked)
    raw = RAW / asked.name
    for folder in (asked.folder, *([raw] if asked.cohort else ())):
        _require_new(folder)
    instruments = load_instruments(STUDY_INSTRUMENTS)
    chosen = placed(asked.instruments, instruments)
    languages = load_languages(asked.languages)
    parts = [one.part for one in chosen]
    files = load_wordings(asked.wording, parts, tuple(languages))
    wording = Wording(Words(languages), files)
    survey = survey_of(_study(asked), chosen, wording)
    target = TARGETS[asked.target]
    written = dict(target.write(survey))
    for code in languages:
        missing = [part for part in parts if wording.lacks(part, code)]
        if missing:
            written[f"wording.{code}.yaml"] = template(missing, code).encode()
    declared = cohort_text(survey, target, instruments).encode()
    if asked.cohort:
        _write(raw, {COHORT_FILE: declared})
    else:
        written[COHORT_FILE] = declared
    _write(asked.folder, written)
    return tuple(_told(asked, survey, target, sorted(written), chosen, wording))


def _study(asked: AskedSurvey) -> Study:
    title = asked.title or asked.name.replace("_", " ")
    protocol = protocol_digest(asked.protocol) if asked.protocol else ""
    return Study(asked.name, title, asked.data_lock, tuple(asked.without), asked.attention, protocol)


def _require_known(asked: AskedSurvey) -> None:
    if asked.target not in TARGETS:
        hint = f"There are {', '.join(TARGETS)}."
        raise ConfigurationError("survey", [Problem(f'there is no survey tool "{asked.target}"', hint)])
    kept = [name for name in layout().records() if name != ENROLMENTS]
    strange = [name for name in asked.without if name not in kept]
    if strange:
        message = f"{', '.join(strange)} cannot be left out"
        hint = f"A survey can do without {' and '.join(kept)}, where the programme keeps them elsewhere."
        raise ConfigurationError("survey", [Problem(message, hint)])


def _require_new(folder: Path) -> None:
    if folder.exists():
        raise WorkflowError(f"{folder} exists already\n    -> Nothing is overwritten: name another folder.")


def _write(folder: Path, files: dict[str, bytes]) -> None:
    with whole_folder(folder) as part:
        for name, content in files.items():
            (part / name).write_bytes(content)


def _told(
    asked: AskedSurvey,
    survey: Survey,
    target: Target,
    written: Sequence[str],
    chosen: Sequence[Placed],
    wording: Wording,
) -> Iterator[str]:
    yield f"{asked.folder}: {', '.join(written)}"
    yield f"forms: {', '.join(form.name for form in survey.forms)}"
    parts = [one.part for one in chosen]
    yield from _of_wording(asked, parts, wording)
    for code, language in wording.words.languages.items():
        if not language.is_validated:
            yield f"{language.name} ({code}) is no validated translation: let somebody who speaks it read it"
    yield target.next
    where = RAW / asked.name
    yield f"exports go to {where}, with {COHORT_FILE} beside them; then: alliance-modes check {asked.name}"


def _of_wording(asked: AskedSurvey, parts: Sequence[Part], wording: Wording) -> Iterator[str]:
    for code in wording.words.languages:
        bare = [part for part in parts if not part.instrument.wording and wording.worded(part, code) is None]
        if bare:
            names = ", ".join(dict.fromkeys(part.instrument.id for part in bare))
            path = asked.folder / f"wording.{code}.yaml"
            yield f"{names}: items are numbered places; a licence holder fills in {path}, for --wording"
    for part in parts:
        codes = untranslated(wording, part)
        if codes:
            yield f"{part.instrument.id}: English items in {', '.join(codes)}; wording files take others"
