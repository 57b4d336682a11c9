"""What must not stand in a release, looked for in every file of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from alliance_modes.release.contents import PEOPLE_OF_MEAN, Release
from alliance_modes.release.reading import Read, png_marks

KEYED_ID = re.compile(r"(?<![0-9a-f])(?<!\d\.)[0-9a-f]{16}(?![0-9a-f])", flags=re.IGNORECASE)
"""The form of every keyed id of a person (``cleaning/identity.py``); decimals of a number are none."""

PATH = re.compile(
    r"(?:^|[\s\"'(=,;])((?:file:/+|/)?(?:home|Users|tmp|root|mnt|media|srv|var|private)/[^\s\"'<>),;]+"
    r"|[A-Za-z]:\\[^\s\"'<>]+)"
)
PEOPLE = (
    r"(?:people|persons?|clients?|participants?|enrolments?|practitioners?|men|women|prisoners?|starters?"
    r"|completers?|staff)"
)
NUMBER = r"(?<![\w.,−–-])(\d{1,3}(?:,\d{3})+|\d+)(?![\d%]|[.,]\d)"
OF_A_HUNDRED = re.compile(r"\b(?:of|in) (?:every|each|a) (?:100|hundred)\b", flags=re.IGNORECASE)
SHARE = re.compile(
    rf"(?:{NUMBER}\s+(?:more\s+|fewer\s+|people\s+)?)?{OF_A_HUNDRED.pattern}", flags=re.IGNORECASE
)
NEAR = 60
"""Characters after "of every 100" within which the next number is the share."""
SENTENCE = re.compile(r"(?<=[.!?;])\s+|\n+")
SMALL = (
    "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen", "twenty",
)  # fmt: skip
WORDS: Mapping[str, int] = MappingProxyType({word: number for number, word in enumerate(SMALL, start=3)})
"""Numbers as a text may write them; "one" and "two" are words of every sentence."""

PEOPLE_COUNTED = re.compile(
    rf"(?:{NUMBER}|\b({'|'.join(SMALL)}))\s+(?:[a-z-]+\s+){{0,2}}?{PEOPLE}\b", flags=re.IGNORECASE
)
WORD = re.compile(r"\w+")
EVERYBODY = "all"
"""A label, plain, that stands in many a sentence as a word."""
FIGURES = re.compile(NUMBER)
SPELT = re.compile(rf"(?<![a-z])(?:{'|'.join(SMALL)})(?![a-z])")


Values = Sequence[Sequence[int | None]]
"""Cells of a table as they are shown, by row; None where they are withheld."""


@dataclass(frozen=True)
class Hidden:
    """A count that is not shown as it is, by its labels.

    ``shown`` are the labels, plain, of other cells of its row or column that are shown as this number: a
    sentence with such labels says theirs.
    """

    row: str
    column: str
    n: int
    shown: tuple[tuple[str, str], ...] = ()

    @cached_property
    def labels(self) -> tuple[str, str]:
        """Row and column as they are looked for: in words alone, whatever their case."""
        return _plain(self.row), _plain(self.column)


class Sought:
    """Counts that are not shown as they are, laid out once for the search of many files."""

    def __init__(self, secrets: Iterable[Hidden]) -> None:
        self.by_number: dict[int, list[Hidden]] = {}
        self.by_row: dict[str, list[Hidden]] = {}
        for one in secrets:
            self.by_number.setdefault(one.n, []).append(one)
            self.by_row.setdefault(one.labels[0], []).append(one)


def hidden(release: Release) -> tuple[Hidden, ...]:
    """Every count that the release rounds or withholds; of a mean, how many people it is of."""
    of_counts = [cell for table in release.counts for cell in table.every_cell()]
    of_means = [
        (group.label, PEOPLE_OF_MEAN, group.n, shown.n.value)
        for table in release.averaged
        for group, shown in zip(table.groups, release.released.means[table.name].means, strict=True)
    ]
    return not_shown((*of_counts, *of_means))


def not_shown(cells: Iterable[tuple[str, str, int, int | None]]) -> tuple[Hidden, ...]:
    """Counts that are not shown as they are, of cells as row, column, count and what is shown of it.

    Tables may have labels in common: a count that another one shows under the same labels is none.
    """
    every = tuple(cells)
    shown = {(_plain(row), _plain(column), value) for row, column, _, value in every if value is not None}
    alike: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for first, second, number in sorted(shown):
        for label in {first, second} if EVERYBODY not in (first, second) else ():
            alike.setdefault((label, number), []).append((first, second))
    found = []
    for row, column, n, value in every:
        labels = _plain(row), _plain(column)
        if value != n and (*labels, n) not in shown:
            beside = [one for label in labels for one in alike.get((label, n), ())]
            found.append(Hidden(row, column, n, tuple(dict.fromkeys(beside))))
    return tuple(found)


def released_numbers(release: Release) -> frozenset[int]:
    """Every number of people that a text of the release may say."""
    tables = [
        [[one.value for one in row] for row in table.cells] for table in release.released.tables.values()
    ]
    means = {one.n.value for table in release.released.means.values() for one in table.means if one.n.value}
    return may_say(tables, {*means, *release.said}, release.released.rules.threshold)


def may_say(tables: Iterable[Values], others: Iterable[int], threshold: int) -> frozenset[int]:
    """Numbers of tables and what those shown of a row or a column are together, a hundred, and the limit."""
    found = {100, threshold, *others}
    for table in tables:
        lines = [*table, *zip(*table, strict=True)]
        found |= {value for line in lines for value in line if value is not None}
        found |= {sum(value or 0 for value in line) for line in lines}
    return frozenset(found)


def findings(read: Read, sought: Sought, allowed: frozenset[int]) -> list[str]:
    """What must not stand in this file, a line each; nothing where all is well.

    Parameters
    ----------
    read : Read
        The file as it can be read.
    sought : Sought
        Counts that are not to be had.
    allowed : frozenset of int
        Numbers of people that are released.
    """
    text = "\n".join([read.text, *read.marks])
    found = identifying(text)
    found += [f"it holds what is no text, table or PNG: {one}" for one in read.other]
    found += [
        f'a picture in it carries a text: "{mark}"'
        for picture in read.pictures
        for mark in png_marks(picture)
    ]
    found += [_told(one) for table in read.tables for one in told_by_table(table, sought)]
    for sentence in _sentences(read.text):
        if not _numbers(sentence):  # nor can it say how many people
            continue
        counts = _counts(sentence)
        same = [one for number in sorted(counts) for one in sought.by_number.get(number, ())]
        found += [_told(one) for one in told_by_sentence(sentence, same)]
        found += [
            f'"{sentence[:200]}" says {number} of people, which is no released number'
            for number in people_in(sentence)
            if number not in allowed
        ]
    return list(dict.fromkeys(found))


def identifying(text: str) -> list[str]:
    """Ids of people and places of machines in a text, a line each."""
    found = [f'it holds an id of somebody: "{one}"' for one in KEYED_ID.findall(text)]
    return found + [f'it names a place of a machine: "{one}"' for one in PATH.findall(text)]


def _told(one: Hidden) -> str:
    return f'it tells the count of "{one.row}", "{one.column}", which is not released as it is'


def told_by_table(table: list[list[str]], sought: Sought) -> Iterator[Hidden]:
    """Counts that stand in a table (headings first) where their labels meet."""
    if not table:
        return
    headings = [_plain(cell) for cell in table[0]]
    for first, row in {_plain(row[0]): row for row in table[1:] if row}.items():
        for secret in sought.by_row.get(first, ()):
            column = secret.labels[1]
            if column in headings and headings.index(column) < len(row):
                cell = row[headings.index(column)]
                if secret.n in _numbers(cell):
                    yield secret


def told_by_sentence(sentence: str, said: Sequence[Hidden]) -> Iterator[Hidden]:
    """Of the counts whose number a sentence says, those that stand in it with both their labels.

    One that is "All" of all has none, and none does whose number is shown of other labels that stand there.
    """
    words = f" {_plain(sentence)} " if said else ""

    def stand(labels: Iterable[str]) -> bool:
        return all(f" {label} " in words for label in labels)

    for secret in said:
        if len(set(secret.labels)) > 1 and stand(secret.labels) and not any(map(stand, secret.shown)):
            yield secret


def people_in(sentence: str) -> Iterator[int]:
    """Numbers of people that a sentence says; those of every hundred are shares and not among them."""
    for match in PEOPLE_COUNTED.finditer(sentence):
        number = _number(match[1] or match[2])
        share = number <= 100 and OF_A_HUNDRED.search(sentence, max(0, match.start() - 60), match.end() + 60)
        if not share:
            yield number


def _sentences(text: str) -> Iterator[str]:
    return (one.strip() for one in SENTENCE.split(text) if one.strip())


def _plain(text: str) -> str:
    return " ".join(WORD.findall(text.casefold()))


def _numbers(text: str) -> set[int]:
    numbers = {_number(one) for one in FIGURES.findall(text)}
    return numbers | {WORDS[one] for one in SPELT.findall(text.casefold())}


def _counts(sentence: str) -> set[int]:
    """Its numbers but for shares: "86 of every 100", "of every 100 who started 67 finished"."""
    for match in reversed(tuple(SHARE.finditer(sentence))):
        start, end = match.span()
        share = None if match[1] else FIGURES.search(sentence, end, end + NEAR)
        if share and _number(share[1]) <= 100:
            sentence = f"{sentence[: share.start()]} {sentence[share.end() :]}"
        sentence = f"{sentence[:start]} {sentence[end:]}"
    return _numbers(sentence)


def _number(text: str) -> int:
    return WORDS.get(text.casefold()) or int(text.replace(",", ""))
