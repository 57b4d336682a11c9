"""Whether a word can be another one misspelt, and never its opposite."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable

from alliance_modes.words.vocabulary import vocabulary

ALIKE = 0.75
"""Similarity from which a text is offered as the spelling that was meant."""

CORE = 0.7
"""Similarity from which what follows a negation is taken for the word that it denies."""


def near_spelling(text: str, known: Iterable[str]) -> str:
    """The one of ``known`` that ``text`` can be a misspelling of, or ''.

    A spelling whose meaning could be the opposite is never offered: "incomplete" is no misspelling of
    "complete", nor "nicht beendet" of "beendet".
    """
    lowered = {one.lower(): one for one in reversed(list(known)) if not opposite(text, one)}
    near = difflib.get_close_matches(text.lower(), lowered, n=1, cutoff=ALIKE)
    return lowered[near[0]] if near else ""


def opposite(one: str, other: str) -> bool:
    """Whether one of two texts could deny the other, by a word or by how a word begins or ends.

    Notes
    -----
    The negations are those of the vocabulary, in all of its languages together: a hint that is left
    out costs nothing, a wrong one the meaning of every cell.
    """
    first, second = _words(one), _words(other)
    denied = vocabulary().negations
    if len(denied.words.intersection(first)) != len(denied.words.intersection(second)):
        return True
    joined, against = "".join(first), "".join(second)
    return _denies(joined, against) or _denies(against, joined) or _ends_apart(joined, against)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def _denies(text: str, other: str) -> bool:
    """Whether ``text`` is a negating beginning and something like ``other``."""
    return any(
        text.startswith(prefix)
        and not other.startswith(prefix)
        and difflib.SequenceMatcher(None, text.removeprefix(prefix), other).ratio() >= CORE
        for prefix in vocabulary().negations.prefixes
    )


def _ends_apart(one: str, other: str) -> bool:
    suffixes = vocabulary().negations.suffixes
    return any(one.endswith(suffix) != other.endswith(suffix) for suffix in suffixes)
