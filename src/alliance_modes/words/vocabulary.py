"""Names under which people keep things, read from ``vocabulary.yaml``."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

from alliance_modes.ground.yaml_models import Closed, load_model

CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

USUAL = str.maketrans(
    dict.fromkeys("\u2018\u2019\u201b\u02bc\u00b4`", "'")
    | dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "-")
)
"""Signs that word processors put for an apostrophe or a hyphen."""


class Negations(Closed):
    """Words, beginnings and ends of words that turn a meaning round."""

    words: frozenset[str]
    prefixes: tuple[str, ...]
    suffixes: tuple[str, ...]


class TimeUnit(Closed):
    """A unit of time: its length in seconds, and the words for it in names of columns."""

    seconds: float
    words: tuple[str, ...]


class Vocabulary(Closed):
    """Synonyms of instruments, raters, missing answers and response words."""

    first_of_several: tuple[str, ...]
    instruments: dict[str, tuple[str, ...]]
    other_instruments: dict[str, str]
    lines: dict[str, tuple[str, ...]]
    raters: dict[str, tuple[str, ...]]
    occasions: tuple[str, ...]
    occasion_numbers: tuple[str, ...]
    occasion_sessions: tuple[str, ...]
    personal: tuple[str, ...]
    free_text: tuple[str, ...]
    ordinary: tuple[str, ...]
    missing: dict[str, str]
    missing_numbers: tuple[int, ...]
    negations: Negations
    time_units: dict[str, TimeUnit]
    yes: tuple[str, ...]
    ticked: tuple[str, ...]
    no: tuple[str, ...]
    frequencies: dict[str, tuple[tuple[str, ...], ...]]
    months: dict[str, tuple[tuple[str, ...], ...]]
    weekdays: dict[str, tuple[tuple[str, ...], ...]]
    degrees: dict[str, tuple[tuple[str, ...], ...]]


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary, read once."""
    return load_model(Path(__file__).with_name("vocabulary.yaml"), Vocabulary)


def usual_signs(text: str) -> str:
    """``text`` in lower case, with the apostrophes and dashes of a keyboard for those of a typesetter."""
    return " ".join(text.translate(USUAL).lower().split())


@lru_cache(maxsize=1 << 16)
def plain(name: str) -> str:
    """A name as it is compared: lower case, words apart, "StaffNo" and "staff_no" alike."""
    return " ".join(re.findall(r"[^\W_]+", CAMEL.sub(" ", name).lower()))


def has_words(name: str, words: str) -> bool:
    """Whether ``words`` stand in ``name`` as whole words, in a row."""
    return f" {plain(words)} " in f" {plain(name)} "


@cache
def month_numbers() -> dict[str, int]:
    """Every name of a month, in lower case and without a point, and its number 1 to 12."""
    return {
        name: number
        for months in vocabulary().months.values()
        for number, names in enumerate(months, 1)
        for name in names
    }


@cache
def weekday_numbers() -> dict[str, frozenset[int]]:
    """Every name of a day of the week, in lower case and without a point, and its numbers (Monday is 0)."""
    found: dict[str, set[int]] = {}
    for days in vocabulary().weekdays.values():
        for number, names in enumerate(days):
            for name in names:
                found.setdefault(name, set()).add(number)
    return {name: frozenset(numbers) for name, numbers in found.items()}
