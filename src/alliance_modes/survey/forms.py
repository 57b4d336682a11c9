"""The forms of a study, from the instruments chosen and the canonical tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.dictionary.named import ATTENTION_CHECK
from alliance_modes.ground.errors import Problem
from alliance_modes.survey.chosen import Placed
from alliance_modes.survey.form import Condition, Feeds, Form, Items, Question, Section, Survey
from alliance_modes.survey.inventories import Wording, inventory_section, refuse, without_words
from alliance_modes.survey.layout import FormLayout, layout
from alliance_modes.survey.questions import (
    CONSENT,
    YES,
    Words,
    column_question,
    consent,
    rater_question,
    section,
)

PROTOCOL = "protocol"
ALLIANCE_TABLE = "alliance"


@dataclass(frozen=True)
class Study:
    """What a survey is made from, beside its words.

    ``without`` are records that the programme keeps elsewhere; ``attention`` asks for the attention check;
    ``protocol`` is the digest of the protocol, or ''.
    """

    name: str
    title: str
    data_lock: date
    without: tuple[str, ...] = ()
    attention: bool = False
    protocol: str = ""


def survey_of(study: Study, chosen: Sequence[Placed], wording: Wording) -> Survey:
    """Every form of a study.

    Parameters
    ----------
    study : Study
    chosen : sequence of Placed
        The instruments, by form (``chosen.placed``).
    wording : Wording
        The words of the languages, and what wording files say.

    Raises
    ------
    ConfigurationError
        Answers have no words in a language, two questions of a form read the same, or no form asks how
        practitioners work or what the alliance is.
    """
    refuse([problem for one in chosen for problem in without_words(wording, one.part)])
    if not {one.table for one in chosen} & {"practitioner_survey", "alliance"}:
        message = "a cohort needs the practitioner survey or an alliance inventory"
        refuse([Problem(message, "Add modes_of_practice, or an inventory such as wai_sr, to --instruments.")])
    names = {*layout().records()} - {*study.without} | {one.form for one in chosen}
    forms = tuple(
        _form(study, name, [one for one in chosen if one.form == name], wording)
        for name in layout().forms
        if name in names
    )
    refuse([problem for form in forms for problem in _read_the_same(form)])
    languages = {code: language.name for code, language in wording.words.languages.items()}
    said = wording.words.said()
    licensed = bool(wording.files)
    return Survey(study.name, study.title, study.data_lock, languages, forms, said, study.protocol, licensed)


def _form(study: Study, name: str, chosen: Sequence[Placed], wording: Wording) -> Form:
    words, laid = wording.words, layout().forms[name]
    title = words.text(lambda language: language.forms[name])
    start = words.text(lambda language: language.sections["start"])
    sections = [Section("start", start, (consent(words, laid.consent == "own"),))]
    sections += _sections(words, laid, laid.before)
    checked = study.attention and ATTENTION_CHECK in dictionary().table(laid.table).columns
    sections += [
        inventory_section(wording, one.part, checked and place == 0) for place, one in enumerate(chosen)
    ]
    sections += _sections(words, laid, laid.after)
    if study.protocol:
        fixed = Question(PROTOCOL, "fixed", fixed=study.protocol)
        sections.append(Section(PROTOCOL, title, (fixed,)))
    keeps = [Condition(CONSENT, (YES,))]
    keeps += [
        Condition(one.name, (one.expected,)) for part in sections for one in part.questions if one.expected
    ]
    return Form(name, title, tuple(sections), _feeds(laid, sections, chosen), tuple(keeps))


def _sections(words: Words, laid: FormLayout, parts: Mapping[str, Sequence[str]]) -> list[Section]:
    """The sections of canonical columns; the first ends with whose form it is, if any."""
    found: list[Section] = []
    for name, columns in parts.items():
        questions = [column_question(words, laid.table, column) for column in columns]
        if laid.rater is not None and parts is laid.before and not found:
            questions.append(rater_question(words, laid.rater))
        found.append(section(words, name, questions))
    return found


def _feeds(laid: FormLayout, sections: Sequence[Section], chosen: Sequence[Placed]) -> tuple[Feeds, ...]:
    """The table of a form; of alliance forms once for every inventory, as ``cohort.yaml`` has it."""
    taken = {ATTENTION_CHECK, *laid.columns()}
    columns = {one.name: one.name for part in sections for one in part.questions if one.name in taken}
    items = tuple(
        Items(one.part.instrument.id, one.part.rater, one.part.instrument.item_columns()) for one in chosen
    )
    if laid.table == ALLIANCE_TABLE:
        return tuple(Feeds(laid.table, columns, (one,)) for one in items)
    return (Feeds(laid.table, columns, items),)


def _read_the_same(form: Form) -> list[Problem]:
    """Questions of one form that no header of an export could tell apart."""
    seen: dict[tuple[str, str], str] = {}
    problems = []
    for question in form.questions():
        for language, text in question.text.items():
            first = seen.setdefault((language, " ".join(text.lower().split())), question.name)
            if first != question.name:
                message = f"{first} and {question.name} of the form {form.name} read the same in {language}"
                problems.append(
                    Problem(message, "Word them apart: an export may head columns by their texts.")
                )
    return problems
