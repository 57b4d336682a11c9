"""What the cells of number columns stand for: units, shares, spikes that look like codes, words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import replace

from alliance_modes.cohort import REAL_VALUE
from alliance_modes.dictionary.canonical import CanonicalColumn
from alliance_modes.drafting.decisions import Asked, ColumnDraft, Key, Scalar, put
from alliance_modes.drafting.facts import Facts, number_of
from alliance_modes.drafting.named_units import of_other_form
from alliance_modes.ground.errors import shown
from alliance_modes.ground.yaml_models import OPEN
from alliance_modes.ingest.readings import WITH_UNIT

SPIKES = (
    -1, 9, 66, 77, 88, 95, 96, 97, 98, 99, 666, 777, 888, 995, 996, 997, 998, 999, 7777, 8888, 9996, 9997,
    9998, 9999, 99999, 999999, 77.7, 88.8, 99.9, 99.99, 999.9, 999.99,
)  # fmt: skip
"""Numbers that forms use for "no answer"; a column may hold them as values as well."""

TELLING = 77
"""Number from which one of ``SPIKES`` tells of a code by itself, where it stands alone."""

GAP = 0.15
"""Share of the width of the other numbers that lies between them and a number that stands out."""

TENTH = 0.1
"""Share of the highest of the other numbers that lies between it and a number that stands out."""

FEWEST_OFTEN = 3
"""Cells from which the highest number stands out where no other one is as frequent."""

FEW_WORDS = 12
MOST_POINTS = 10
"""Width of the range of a column up to which its numbers are those of a scale, whose ends have labels."""

OR_MORE = "+"
REASONS = ("not known", "not recorded", "not applicable", "refused")


def spikes(facts: Facts) -> dict[str, int]:
    """Cells that look like a code for "no answer", with their counts.

    Notes
    -----
    A number of ``SPIKES`` outside the range of all numbers that are none of them: far outside, or more
    often than any of them; below nought where they are not; nought, where it is far below them or more
    often than any of them. Where there are no others, one from 77 on or below nought.
    """
    cells = {text: (number, facts.counts[text]) for text, number in _numeric(facts).items()}
    return standing_out(cells, (*SPIKES, 0))


def standing_out(cells: Mapping[str, tuple[float, int]], codes: Container[float] = SPIKES) -> dict[str, int]:
    """``spikes`` among cells with their numbers and counts; ``codes`` are the numbers that are looked at."""
    others = {number: count for number, count in cells.values() if number not in codes}
    telling = {text: cell for text, cell in cells.items() if cell[0] in codes}
    if not others:
        return {text: count for text, (number, count) in telling.items() if not 0 <= number < TELLING}
    low, high = min(others), max(others)
    most = max(others.values())
    found = {}
    for text, (number, count) in telling.items():
        outside = number > high or number < min(low, 1)
        gap = max(number - high, low - number)
        far = gap >= max(2, GAP * (high - low), TENTH * high) or number < 0 <= low
        often = (number >= TELLING or (number == 0 and gap >= 2)) and count >= FEWEST_OFTEN and count > most
        if outside and (far or often):
            found[text] = count
    return found


def _outside(facts: Facts) -> dict[str, int]:
    """The most frequent numbers that the form of the code book would not have taken, with their counts."""
    if facts.coded is None:
        return {}
    found = {
        text: count
        for text, count in facts.counts.items()
        if (number := number_of(text)) is not None and facts.coded.outside(number)
    }
    return dict(sorted(found.items(), key=lambda entry: (-entry[1], entry[0]))[:FEW_WORDS])


def _from_to(numbers: tuple[float, ...]) -> str:
    return f"{numbers[0]:g} to {numbers[-1]:g}" if numbers else "none"


def _numeric(facts: Facts) -> dict[str, float]:
    return {text: number for text in facts.counts if (number := number_of(text)) is not None}


def without_spikes(facts: Facts) -> tuple[float, ...]:
    """The distinct numbers that do not look like codes, and that the code book does not exclude."""
    codes = {number_of(text) for text in spikes(facts) | _outside(facts)}
    return tuple(number for number in facts.numbers if number not in codes)


def telling_codes(facts: Facts, known: Container[str] = ()) -> dict[str, int]:
    """Codes of a category that look like "no answer" and that the file does not label, with their counts."""
    return {
        text: facts.counts[text]
        for text, number in _numeric(facts).items()
        if number in SPIKES and text not in known and not facts.value_labels.get(text)
    }


def units(facts: Facts) -> Counter[str]:
    """What stands behind the numbers, with counts of cells; empty where a cell is no number.

    One letter behind some of the numbers is none: a session "3a" is another one than 3.
    """
    found: Counter[str] = Counter()
    for text, times in facts.counts.items():
        match = WITH_UNIT.fullmatch(text)
        if match is None:
            return Counter()
        found[match[2].strip().lower()] += times
    bare = found[""]
    plural = {unit for unit in found if f"{unit}s" in found}
    for unit in plural:
        found[f"{unit}s"] += found.pop(unit)
    del found[""]
    return Counter() if any(len(unit) == 1 and unit.isalpha() for unit in found) and bare else found


def with_numbers(
    declared: CanonicalColumn, facts: Facts, draft: ColumnDraft, place: str, questions: list[str]
) -> ColumnDraft:
    """``draft`` of a number column with what its cells leave open.

    Parameters
    ----------
    declared : CanonicalColumn
        The column's entry in the dictionary.
    facts : Facts
        The raw column.
    draft : ColumnDraft
        Its mapping so far.
    place : str
        File and column for the question.
    questions : list of str
        Questions so far; those about the column are added.
    """
    asked: dict[Key, Asked] = {**draft.asked, **_no_answers(declared, facts, place)}
    missing = {**draft.missing, **{key[1]: OPEN for key in asked if key[0] == "missing"}}
    settings: dict[str, Scalar] = dict(draft.settings)
    question = _which_percents(declared, facts, place) or of_other_form(declared, facts, place)
    if question is not None:
        settings["times"] = OPEN
        asked["times",] = question
    if units(facts):
        settings["unit"], question = _unit(declared, facts, place)
        if question is not None:
            asked["unit",] = question
    return put(replace(draft, missing=missing, settings=settings), asked, questions)


def _no_answers(declared: CanonicalColumn, facts: Facts, place: str) -> dict[Key, Asked]:
    """What is asked of cells that may say that there is no answer: codes, labelled numbers, words."""
    asked: dict[Key, Asked] = {}
    limits = "" if facts.coded is None or not facts.coded.limits else facts.coded.limits
    beside = f"; the code book takes {limits}" if limits else ""
    for text, count in (spikes(facts) | _outside(facts)).items():
        asked["missing", text] = Asked(
            f"{place}: is {text} ({count} of {facts.answered} cells) a code for no answer? "
            f"The other numbers are {_from_to(without_spikes(facts))}{beside}",
            (*REASONS, REAL_VALUE),
        )
    for text, label in _labelled(declared, facts).items():
        asked["missing", text] = Asked(
            f"{place}: why is there no number in the cells that hold {text} ({facts.counts[text]} of "
            f'{facts.answered})? {_whose(facts)} calls it "{shown(label)}"',
            (*REASONS, REAL_VALUE),
        )
    for word in facts.words[:FEW_WORDS] if facts.kind == "number" and not units(facts) else ():
        asked["missing", word] = Asked(
            f'{place}: why is there no number in "{shown(word)}" ({facts.counts[word]} of {facts.answered} '
            "cells)? The reason stands in the report",
            REASONS,
        )
    return asked


def _which_percents(declared: CanonicalColumn, facts: Facts, place: str) -> Asked | None:
    """Whether numbers up to 1 are shares, or some among others are; None where nothing speaks for it."""
    rest = without_spikes(facts)
    if _shares(declared, facts):
        return Asked(
            f"{place}: are these shares of 1, to be multiplied by 100? All {facts.answered} numbers are "
            f"{rest[0]:g} to {rest[-1]:g}, and {declared.unit or 'points'} can be up to {declared.high:g}",
            ("100", "1"),
        )
    mixed = _fractions_among(declared, facts)
    if not mixed:
        return None
    return Asked(
        f"{place}: are {mixed} of {facts.answered} cells fractions that stand for percents, as percent cells "
        f"of a spreadsheet do? They lie between 0 and 1, the others up to {rest[-1]:g}. If so, make all "
        "cells numbers of one kind in the file; 1: they are what they say",
        ("1",),
    )


def _shares(declared: CanonicalColumn, facts: Facts) -> bool:
    """Whether all numbers are between 0 and 1, of which not all are whole, though 100 is possible."""
    rest = without_spikes(facts)
    inside = bool(rest) and rest[0] >= 0 and rest[-1] <= 1
    return inside and declared.high == 100 and not all(number.is_integer() for number in rest)


def _fractions_among(declared: CanonicalColumn, facts: Facts) -> int:
    """Cells between 0 and 1 among whole numbers above 1, where 100 is possible."""
    rest = without_spikes(facts)
    if declared.high != 100 or not rest or rest[-1] <= 1:
        return 0
    if not all(number.is_integer() for number in rest if number > 1):
        return 0
    return sum(facts.counts[text] for text, number in _numeric(facts).items() if 0 < number < 1)


def _labelled(declared: CanonicalColumn, facts: Facts) -> dict[str, str]:
    """Single numbers that file or code book have a word for, in a column that is no short scale."""
    said = {
        text: label
        for text, label in facts.value_labels.items()
        if text in facts.counts and number_of(text) is not None and label.strip() and number_of(label) is None
    }
    scale = (
        declared.low is not None and declared.high is not None and declared.high - declared.low <= MOST_POINTS
    )
    return {} if scale and len(said) > 1 else said if len(said) < len(facts.counts) else {}


def _whose(facts: Facts) -> str:
    return "The file" if facts.coded is None or not facts.coded.labels else "The code book"


def _unit(declared: CanonicalColumn, facts: Facts, place: str) -> tuple[Scalar, Asked | None]:
    found = units(facts)
    unit, count = found.most_common(1)[0]
    if len(found) == 1 and unit == "%" and (declared.unit or "").startswith("%"):
        return unit, None
    all_of_it = ", ".join(f'"{shown(one)}" ({times})' for one, times in found.most_common(5))
    least = (
        f'. "{OR_MORE}" says that it may be more: with it the number is read as it stands'
        if OR_MORE in found
        else ""
    )
    question = Asked(
        f"{place}: numbers with {all_of_it} behind them, in {count} of {facts.answered} cells. Which is the "
        f"unit of {declared.unit or 'the column'}? Any other is refused{least}",
        tuple(re.sub(r",", " ", one) for one in list(found)[:5]),
    )
    return OPEN, question


def numbers_with_units(facts: Facts, declared: CanonicalColumn) -> bool:
    """Whether every cell is a number with something behind it, within the column's range."""
    if not units(facts):
        return False
    numbers = [number_of(match[1]) for text in facts.counts if (match := WITH_UNIT.fullmatch(text))]
    low, high = declared.low, declared.high
    return all(
        number is not None and (low is None or low <= number) and (high is None or number <= high)
        for number in numbers
    )


def evidence(counts: Mapping[str, int], most: int = 6) -> str:
    """Cells with their counts, the most frequent first."""
    listed = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    more = len(listed) - most
    shown_cells = ", ".join(f'"{shown(text, 40)}" ({times})' for text, times in listed[:most])
    return shown_cells + (f" and {more} more" if more > 0 else "")
