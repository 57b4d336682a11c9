"""Raw columns of a known name whose cells cannot be what the name says: asked, never only left out."""

from __future__ import annotations

from collections.abc import Container, Mapping

from alliance_modes.cohort import LEFT_OUT
from alliance_modes.dictionary.canonical import TABLES, CanonicalColumn, dictionary, names_in_exports
from alliance_modes.dictionary.named import ENDED_ON, ENROLMENT_STATUS, STARTED_ON
from alliance_modes.drafting.columns import (
    FEW_VALUES,
    FIRST_BONUS,
    PART,
    can_be,
    name_score,
    own_columns,
    something_else,
)
from alliance_modes.drafting.decisions import Asked, ColumnDraft, put
from alliance_modes.drafting.facts import BY_NAME, Facts
from alliance_modes.drafting.named_units import unit_question
from alliance_modes.drafting.numbers import evidence, numbers_with_units
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.words.survey_tools import own_columns_of_tools
from alliance_modes.words.vocabulary import has_words

MUST_BE_SEEN = (STARTED_ON, ENDED_ON, ENROLMENT_STATUS)
"""Columns without which courses and their ends are not analysed."""

EXPECTED = {
    "identifier": "ids",
    "label": "short texts",
    "integer": "whole numbers",
    "number": "numbers",
    "boolean": "yes or no",
    "date": "dates",
    "category": "a few labels",
}


def misfits(
    file: RawFile,
    table: str,
    found: Mapping[str, ColumnDraft],
    taken: Container[str],
    questions: list[str],
) -> dict[str, ColumnDraft]:
    """Canonical columns of ``table`` that a raw column has the name of, and cells that do not fit.

    Parameters
    ----------
    file : RawFile
        The raw file.
    table : str
        Canonical table.
    found : mapping of str to ColumnDraft
        Columns that were matched.
    taken : container of str
        Raw columns that are something else (items).
    questions : list of str
        Questions so far; one is added for each column.

    Returns
    -------
    dict of str to ColumnDraft
        Numbers with something behind them are mapped (their unit is asked); of others it is asked
        whether they are to be read at all.
    """
    used = {column.raw for column in found.values()}
    drafts: dict[str, ColumnDraft] = {}
    for name, declared in dictionary().table(table).columns.items():
        if name in found:
            continue
        twice = next((raw for raw in file.repeated if name_score(raw, name) > PART + FIRST_BONUS), None)
        if twice is not None and twice not in used:
            used.add(twice)
            drafts[name] = _named_twice(file, name, twice, questions)
            continue
        others = something_else(file, name, declared)
        for raw, facts in own_columns(file).items():
            if raw in others or raw in used or raw in taken or facts.kind == "empty":
                continue
            if facts.personal and (facts.personal.startswith(BY_NAME) or declared.type == "identifier"):
                continue
            place = f'{file.title}, column "{raw}"'
            in_other_unit = _in_other_unit(declared, facts, place)
            least = 0 if in_other_unit else PART + FIRST_BONUS
            if name_score(raw, name) <= least or _is_another(raw, facts, name):
                continue
            used.add(raw)
            if declared.type in ("integer", "number") and numbers_with_units(facts, declared):
                drafts[name] = ColumnDraft(raw, "its name; numbers with something behind them", "likely")
            elif in_other_unit:
                drafts[name] = ColumnDraft(raw, "its name; numbers in another unit", "likely")
            else:
                drafts[name] = _asked(name, declared, raw, facts, place, questions)
            break
    return drafts


def nearly_named(
    file: RawFile, table: str, found: Mapping[str, ColumnDraft], used: Container[str | None]
) -> dict[str, Asked]:
    """Columns not read whose names speak of a day or an end that no column was found for, with the question.

    Parameters
    ----------
    file : RawFile
        The raw file.
    table : str
        Canonical table.
    found : mapping of str to ColumnDraft
        Columns that were found.
    used : container of str
        Raw columns that are read or dropped.

    Returns
    -------
    dict of str to Asked
        By raw column ("Planned end date", "Completed date"): whether it is what is lacking.
    """
    declared = dictionary().table(table).columns
    lacking = {
        name: something_else(file, name, declared[name])
        for name in MUST_BE_SEEN
        if name in declared and name not in found
    }
    asked: dict[str, Asked] = {}
    of_tools = own_columns_of_tools(file.facts)
    for raw, facts in own_columns(file).items():
        if raw in used or raw in of_tools or facts.kind == "empty":
            continue
        for name, others in lacking.items():
            if raw not in others and any(has_words(raw, said) for said in names_in_exports()[name]):
                asked[raw] = Asked(
                    f'{file.title}: is "{raw}" {name} ({declared[name].meaning})? No other column was found '
                    f"for it. If it is, write it under columns of {table}; write here why it is left out, or "
                    "that it is read now"
                )
                break
    return asked


def _in_other_unit(declared: CanonicalColumn, facts: Facts, place: str) -> bool:
    numeric = declared.type == "number" and facts.kind == "number"
    return numeric and unit_question(declared.unit, facts, place) is not None


def _named_twice(file: RawFile, name: str, raw: str, questions: list[str]) -> ColumnDraft:
    question = Asked(
        f'{file.title}: two columns are called "{raw}", so neither is read as {name}. Rename one in the '
        "file, and name the one that is meant",
        (LEFT_OUT, raw),
    )
    return put(ColumnDraft(None, "two columns have its name", "guess"), {("column",): question}, questions)


def _asked(
    name: str, declared: CanonicalColumn, raw: str, facts: Facts, place: str, questions: list[str]
) -> ColumnDraft:
    low, high = declared.low, declared.high
    limits = "" if low is None or high is None else f" ({low:g} to {high:g})"
    few = len(facts.counts) <= FEW_VALUES and declared.type != "identifier" and not facts.personal
    held = evidence(facts.counts) if few else f"{len(facts.counts)} different ones in {facts.answered} cells"
    personal = f", and it {facts.personal}" if facts.personal else ""
    question = Asked(
        f"{place}: is it to be read as {name}? It is named so{personal}, but not all of its cells are "
        f"{EXPECTED[declared.type]}{limits}: {held}. If it is, every other cell has to stand under labels or "
        "missing",
        (LEFT_OUT, raw),
    )
    draft = ColumnDraft(raw, "its name, but its cells do not fit", "guess")
    return put(draft, {("column",): question}, questions)


def _is_another(raw: str, facts: Facts, name: str) -> bool:
    """Whether the column fits another canonical column than ``name`` that has its name."""
    return any(
        other != name and name_score(raw, other) > PART and can_be(declared, facts, other)
        for table in TABLES
        for other, declared in dictionary().table(table).columns.items()
    )
