"""Numbers for answers that are typed out: from the file, from the instrument, or by everyday order."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from alliance_modes.instruments.model import Instrument
from alliance_modes.words.vocabulary import usual_signs, vocabulary

ANSWER_CODE = re.compile(r"(?P<letters>[A-Za-z]{1,3})(?P<number>[0-9]{1,3})")
"""LimeSurvey's codes of answers: letters that all share, and the place of the answer."""


def word_labels(
    words: Sequence[str], instrument: Instrument, stated: Mapping[str, float]
) -> tuple[dict[str, int], list[str], str]:
    """Labels of the words among the answers of an instrument.

    Parameters
    ----------
    words : sequence of str
        Distinct answers that are not numbers.
    instrument : Instrument
        Its own response labels are used where the project owns them.
    stated : mapping of str to float
        The number of each label, in small letters, as file or code book declare it.

    Returns
    -------
    tuple
        Labels; the words that no number was found for; and what has to be confirmed ('' = nothing).

    Notes
    -----
    An order is proposed only where *every* word is one of the vocabulary's everyday words of how
    often, all of one language, and there are as many as the instrument has response points.
    """
    if not words:
        return {}, [], ""
    owned: dict[str, int] = {}
    for labels in instrument.responses.values():
        full = {label.lower(): number for number, label in labels.items()}
        if any(word.lower() in full for word in words):
            owned = full
    found = {word: int(number) for word in words if (number := stated.get(usual_signs(word))) is not None}
    found |= {word: owned[word.lower()] for word in words if word not in found and word.lower() in owned}
    left = [word for word in words if word not in found]
    if not left:
        return _by_number({**owned, **found}), [], ""
    ordered = _everyday_order(left) if not found else {}
    low = int(instrument.range.low)
    if ordered and max(ordered.values()) + 1 == int(instrument.range.high) - low + 1:
        proposed = {word: low + place for word, place in ordered.items()}
        return _by_number(proposed), [], "by the everyday order of these words"
    return _by_number(found), left, "not every answer is known"


def numbered_codes(words: Sequence[str], instrument: Instrument) -> dict[str, int]:
    """Answer codes such as A1 … A5 or AO01 … AO05 as numbers of the instrument, in the order of the codes.

    Empty where the answers are no such codes, or reach beyond the instrument's response points. Which
    end is the lowest answer no code says.
    """
    found = {word: match for word in words if (match := ANSWER_CODE.fullmatch(word))}
    if not words or len(found) < len(words) or len({match["letters"] for match in found.values()}) > 1:
        return {}
    places = {word: int(match["number"]) for word, match in found.items()}
    first = min(1, *places.values())
    low, high = int(instrument.range.low), int(instrument.range.high)
    if len(set(places.values())) < len(places) or low + max(places.values()) - first > high:
        return {}
    return _by_number({word: low + place - first for word, place in places.items()})


def _everyday_order(words: Sequence[str]) -> dict[str, int]:
    """Places of the words from 0, where one language orders all of them without a tie."""
    for degrees in vocabulary().frequencies.values():
        places = {word: place for word in words for place, same in enumerate(degrees) if word.lower() in same}
        used = sorted(set(places.values()))
        if len(places) == len(words) == len(used):
            return {word: used.index(place) for word, place in places.items()}
    return {}


def _by_number(labels: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(labels.items(), key=lambda label: label[1]))
