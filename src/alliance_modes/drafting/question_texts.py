"""Blocks of items whose headers are question texts: told by consecutive columns with the same answers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from alliance_modes.drafting.facts import Facts
from alliance_modes.words.vocabulary import plain

GRID = re.compile(r"(?P<stem>.*\S)\s*\[(?P<row>.*)\]")
"""A row of a grid question: "How often … [the row]"."""

QUESTION_NUMBER = re.compile(
    r"\s*(?:Q\.?\s?)?(?P<stem>[0-9]{1,3})(?:\.(?P<row>[0-9]{1,3}|[a-z]))*\.?[\s:)]\s*"
)
"""The number before a question text: "3. ", "3.12. ", "3.1.a. "."""

FEWEST_ITEMS = 3
FEWEST_WORDS = 3
MOST_POINTS = 11


@dataclass(frozen=True)
class _Run:
    """Consecutive columns that may be the items of one form."""

    stem: str
    numbers: bool
    columns: tuple[str, ...]
    answers: frozenset[str]

    def with_column(self, name: str, answers: frozenset[str]) -> _Run:
        return _Run(self.stem, self.numbers, (*self.columns, name), self.answers | answers)


def without_number(name: str) -> str:
    """A question text without the number before it."""
    match = QUESTION_NUMBER.match(name)
    return name[match.end() :] if match and match.end() < len(name) else name


def is_question(name: str) -> bool:
    """Whether a header is a text that somebody was asked, not a name of a column."""
    return bool(GRID.fullmatch(name)) or len(plain(without_number(name)).split()) >= FEWEST_WORDS


def question_blocks(facts: Mapping[str, Facts], taken: Collection[str]) -> Iterator[tuple[str, ...]]:
    """Columns that stand in a row, are headed by question texts, and share their answers.

    Parameters
    ----------
    facts : mapping of str to Facts
        Every column of the file, in its order.
    taken : collection of str
        Columns that are something else.

    Yields
    ------
    tuple of str
        The columns of one block (three or more), in the order of the file. A grid ("stem [row]"), or
        questions of one number ("3.1.", "3.2."), are a block of their own; rows of another stem, another
        kind of answers or none in common end it.
    """
    run: _Run | None = None
    for name, column in facts.items():
        found = None if name in taken else _answers(name, column)
        if run is not None and (found is None or not _goes_on(run, name, found)):
            if len(run.columns) >= FEWEST_ITEMS:
                yield run.columns
            run = None
        if found is not None:
            run = run.with_column(name, found) if run else _Run(_stem(name), _numeric(column), (name,), found)
    if run is not None and len(run.columns) >= FEWEST_ITEMS:
        yield run.columns


def _answers(name: str, column: Facts) -> frozenset[str] | None:
    """The answers of a column that can be an item, None where it cannot."""
    if column.personal or column.kind not in ("number", "text") or not (_stem(name) or is_question(name)):
        return None
    few = 1 <= len(column.counts) <= MOST_POINTS
    if not few or column.answered <= len(column.counts) > 2:
        return None
    if column.kind == "number":
        return frozenset(column.counts) if column.whole and _narrow(frozenset(column.counts)) else None
    return frozenset(column.words)


def _goes_on(run: _Run, name: str, answers: frozenset[str]) -> bool:
    if _stem(name) != run.stem:
        return False
    together = run.answers | answers
    if run.numbers != _all_numbers(answers):
        return False
    return _narrow(together) if run.numbers else len(together) <= MOST_POINTS and bool(run.answers & answers)


def _numeric(column: Facts) -> bool:
    return column.kind == "number"


def _all_numbers(answers: frozenset[str]) -> bool:
    return all(answer.lstrip("-").isdigit() for answer in answers)


def _narrow(answers: frozenset[str]) -> bool:
    """Whether all are numbers that one rating scale can have."""
    numbers = [int(answer) for answer in answers if answer.isdigit()]
    return len(numbers) == len(answers) and max(numbers) < MOST_POINTS


def _stem(name: str) -> str:
    """What the rows of one grid share: the question above them, or its number."""
    grid = GRID.fullmatch(name)
    if grid:
        return plain(grid["stem"])
    number = QUESTION_NUMBER.match(name)
    return number["stem"] if number and number["row"] else ""
