"""Words beside the numbers of items: which numbers they stand for, and which way they run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from alliance_modes.drafting.facts import Facts, number_of
from alliance_modes.instruments.model import Instrument
from alliance_modes.words.vocabulary import usual_signs, vocabulary

WORD_BEHIND = re.compile(r"(?P<number>[0-9]{1,3})\s*[-:.=)]?\s*(?P<word>[^\W\d].*)")
NUMBER_BEHIND = re.compile(r"(?P<word>.*[^\W\d])\s*[-:=]?\s*[(\[]?(?P<number>[0-9]{1,3})[)\]]?")


def items_with_two_directions(columns: Sequence[Facts], instrument: Instrument) -> list[int]:
    """Items, from 1, whose labels in the file run another way than those in the code book."""
    found = []
    for item, facts in enumerate(columns, 1):
        other = replace(facts, value_labels={**facts.value_labels, **facts.contradicted})
        if facts.contradicted and item_direction(facts, instrument) != item_direction(other, instrument):
            found.append(item)
    return found


def stated_numbers(columns: Sequence[Facts], instrument: Instrument) -> dict[str, float]:
    """Numbers of the instrument that labels stand for, by the label in small letters.

    Where the labels of a column fall with its codes, the number is counted from the other end: a word means
    the same whatever code it has. Codes that are as many as the answers of the instrument, and count from
    another number, are moved; others outside its range say nothing. A word with several numbers has none.
    """
    low, high = instrument.range.low, instrument.range.high
    found: dict[str, set[float]] = {}
    for facts in columns:
        words = _labels_of(facts)
        whole = bool(words) and max(words) - min(words) == high - low
        if not words or not (whole or low <= min(words) <= max(words) <= high):
            continue
        moved = low - min(words) if whole else 0.0
        falling = _direction([words[number] for number in sorted(words)], instrument) < 0
        for number, word in words.items():
            there = number + moved
            found.setdefault(word, set()).add(low + high - there if falling else there)
    return {word: next(iter(numbers)) for word, numbers in found.items() if len(numbers) == 1}


def numbered_words(
    words: Sequence[str], instrument: Instrument, falling: bool, starts_at: float | None
) -> dict[str, int]:
    """Answers that say their own number ("4 - often", "often (4)"), by that number.

    Empty where one of them does not, or where a number is none of the instrument, counted from
    ``starts_at``. ``falling`` turns them round, and the numbers without a word with them.
    """
    parsed = {word: match for word in words if (match := _numbered(word))}
    low = int(instrument.range.low)
    moved = 0 if starts_at is None else low - int(starts_at)
    numbers = {word: int(match["number"]) + moved for word, match in parsed.items()}
    if len(parsed) < len(words) or not set(numbers.values()) <= set(instrument.range.numbers()):
        return {}
    if falling or moved:
        ends = int(low + instrument.range.high)
        own = {number: ends - number if falling else number for number in instrument.range.numbers()}
        found = {word: own[number] for word, number in numbers.items()}
        return found | {str(number - moved): answer for number, answer in own.items()}
    return dict(sorted(numbers.items(), key=lambda entry: entry[1]))


def _numbered(word: str) -> re.Match[str] | None:
    text = " ".join(usual_signs(word).split())
    return WORD_BEHIND.fullmatch(text) or NUMBER_BEHIND.fullmatch(text)


def item_direction(facts: Facts, instrument: Instrument) -> int | None:
    """Which way the words of one item run, from the labels of the file or from cells as "5 - always".

    Returns
    -------
    int or None
        1 where they rise with the numbers, -1 where they fall, 0 where they are of no known order, None
        where fewer than two numbers have words.
    """
    reach = range(int(instrument.range.low) - 1, int(instrument.range.high) + 2)
    codes = {number: word for number, word in words_of(facts).items() if number in reach}
    if len(set(codes.values())) < 2:
        return None
    return _direction([codes[number] for number in sorted(codes)], instrument)


def labelled_numbers(facts: Facts) -> tuple[float, ...]:
    """Numbers that have a word, other than one for no answer."""
    return tuple(words_of(facts))


def words_of(facts: Facts) -> dict[float, str]:
    """The words beside the numbers of one column: labels of these, or what stands in the same cell."""
    said = _labels_of(facts) if facts.numbers else {}
    for word in facts.words:
        if match := _numbered(word):
            said[float(match["number"])] = usual_signs(match["word"])
    return {number: word for number, word in said.items() if word not in vocabulary().missing}


def _labels_of(facts: Facts) -> dict[float, str]:
    """The words that file or code book have for numbers, but for those that say no answer."""
    return {
        number: word
        for code, label in facts.value_labels.items()
        if (number := number_of(code)) is not None
        and number_of(label) is None
        and (word := usual_signs(label)) not in vocabulary().missing
    }


def _direction(words: Sequence[str], instrument: Instrument) -> int:
    """Whether words in the order of their numbers rise, fall, or are of no known order."""
    for order in _orders(instrument):
        places = [order[word] for word in words if word in order]
        if len(places) < len(words) or len(set(places)) < 2:
            continue
        if all(earlier <= later for earlier, later in pairwise(places)):
            return 1
        if all(earlier >= later for earlier, later in pairwise(places)):
            return -1
    return 0


def _orders(instrument: Instrument) -> list[Mapping[str, int]]:
    """Known orders of answers: the instrument's own, everyday words of how often, and degrees."""
    own: list[Mapping[str, int]] = [
        {usual_signs(label): number for number, label in labels.items()}
        for labels in instrument.responses.values()
    ]
    return own + [
        {word: place for place, same in enumerate(degrees) for word in same}
        for degrees in (*vocabulary().frequencies.values(), *vocabulary().degrees.values())
    ]


def is_answer(word: str, instrument: Instrument) -> bool:
    """Whether a word is one of a known order of answers."""
    return any(word in order for order in _orders(instrument))


def beside_all_numbers(
    words: Sequence[str], instrument: Instrument, columns: Sequence[Facts]
) -> tuple[str, ...]:
    """Those of the words that are hardly an answer: every answer stands in the block as a number.

    A word of a known order of answers ("Always") may be one all the same, where single items write it so; so
    may one with a digit ("'4").
    """
    numbers = {number for facts in columns for number in facts.numbers}
    if instrument.range.whole and not numbers.issuperset(instrument.range.numbers()):
        return ()
    return tuple(
        word
        for word in words
        if numbers and not any(map(str.isdigit, word)) and not is_answer(usual_signs(word), instrument)
    )
