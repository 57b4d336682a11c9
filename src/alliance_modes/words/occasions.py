"""Words that say on which occasion something was filled in: in cells, names of columns and of files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from alliance_modes.words.vocabulary import CAMEL, plain, vocabulary

NOUNS = "test|treatment|programme|program|intervention|assessment|measure|messung|therapy|therapie|arm [0-9]"
SHORT = 2
"""Letters of a word up to which a number stands right behind it (t1, fu2), with nothing between."""


@dataclass(frozen=True)
class Occasion:
    """An occasion as it is called; ``session`` where the words themselves say which session it is."""

    label: str
    session: int | None = None


@cache
def _whole() -> re.Pattern[str]:
    known = vocabulary()
    words, numbered, sessions = (
        "|".join(sorted(map(re.escape, group), key=len, reverse=True))
        for group in (known.occasions, known.occasion_numbers, known.occasion_sessions)
    )
    return re.compile(
        rf"(?:{words})(?: ?[0-9]{{1,2}})?(?: (?:{NOUNS}))?"
        rf"|(?:{numbered}) ?[0-9]{{1,2}}|[0-9]{{1,2}}(?:st|nd|rd|th|e|er|ère|ème|º|ª)? ?(?:{numbered})"
        rf"|(?:{sessions}) ?(?:no |nr |number )?(?P<after>[0-9]{{1,3}})"
        rf"|(?P<before>[0-9]{{1,3}})(?:st|nd|rd|th|e|er|ère|ème|º|ª)? ?(?:{sessions})"
    )


def occasion_of(text: str) -> Occasion | None:
    """The occasion that the whole of ``text`` names, or None ("Pre", "Session 3", "week 6", "Baseline")."""
    match = _whole().fullmatch(plain(text))
    if match is None:
        return None
    number = match["after"] or match["before"]
    return Occasion(text, int(number) if number else None)


def occasions_in(name: str) -> tuple[str, ...]:
    """Words of a name that say when, such as those of a file: ``wai_pre_2024`` says ``pre``."""
    words = plain(name).split()
    found, place = [], 0
    while place < len(words):
        for length in (3, 2, 1):
            said = " ".join(words[place : place + length])
            if place + length <= len(words) and occasion_of(said):
                found.append(said)
                place += length - 1
                break
        place += 1
    return tuple(found)


def without_occasion(name: str) -> Iterator[tuple[str, str]]:
    """What is left of the name of a column without an occasion in it, and that occasion.

    Yields
    ------
    tuple of str
        The name with ``{occasion}`` in its place, and the words: ``T1_WAI_3`` gives
        ``{occasion}_WAI_3`` and ``T1``. None where no part of the name is one.
    """
    spaced = CAMEL.sub("_", name)
    tokens = [(match.start(), match.end()) for match in re.finditer(r"[^\W_]+", spaced)]
    for first in range(len(tokens)):
        for last in (first + 1, first):
            if last >= len(tokens):
                continue
            start, end = tokens[first][0], tokens[last][1]
            said = spaced[start:end]
            word = re.match(r"[^\W\d_]+", said)
            if last > first and word and len(word[0]) <= SHORT:
                continue
            if occasion_of(said):
                yield f"{spaced[:start]}{{occasion}}{spaced[end:]}", said
            if word and last == first and word[0] != said and occasion_of(word[0]):
                yield f"{spaced[:start]}{{occasion}}{spaced[start + len(word[0]) :]}", word[0]
