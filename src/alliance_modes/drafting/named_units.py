"""Units that the name of a number column speaks of: "Experience (months)" where years are wanted."""

from __future__ import annotations

from collections.abc import Sequence

from alliance_modes.dictionary.columns import Column
from alliance_modes.drafting.decisions import Asked
from alliance_modes.drafting.facts import Facts, number_of
from alliance_modes.words.vocabulary import plain, vocabulary

AMOUNTS = ("second", "minute", "hour")
"""Units of what was done, where another one says per how long (hours a month)."""

DECIMALS = 12
HASTE = 20
"""Seconds that a form takes at the least: where half of the numbers are lower, they are hardly seconds."""

FEWEST_CELLS, PLACES, THOUSAND = 3, 3, 1000
"""Cells from which decimals of exactly three places are asked about: they may be thousands."""


def of_other_form(declared: Column, facts: Facts, place: str) -> Asked | None:
    """What numbers are multiplied by, where their name or their signs say that they are of another form."""
    thousands = declared.high is None or declared.high >= THOUSAND
    return unit_question(declared.unit, facts, place) or (
        thousands_question(facts, place) if thousands else None
    )


def unit_question(unit: str | None, facts: Facts, place: str) -> Asked | None:
    """What the numbers are multiplied by, where the column is named after another unit of time.

    Parameters
    ----------
    unit : str, optional
        Unit of the canonical column.
    facts : Facts
        The raw column.
    place : str
        File and column for the question.

    Returns
    -------
    Asked or None
        None where the name speaks of no unit of time, or of that of the column.
    """
    wanted, said = _units(unit or ""), _units(facts.name)
    if wanted == ["second"] and not said and facts.numbers and facts.numbers[len(facts.numbers) // 2] < HASTE:
        return _hasty(facts, place)
    if not wanted or not said or not facts.numbers or set(said) <= set(wanted):
        return None
    factor = f"{_factor(said, wanted):.{DECIMALS}f}".rstrip("0").rstrip(".")
    return Asked(
        f"{place}: are its numbers in {_said(said)}, as its name says? They are {facts.numbers[0]:g} to "
        f"{facts.numbers[-1]:g}, and {unit} are wanted. {factor}: multiply by it; 1: they are {unit} already",
        (factor, "1"),
    )


def _hasty(facts: Facts, place: str) -> Asked:
    return Asked(
        f"{place}: are its numbers minutes? They are {facts.numbers[0]:g} to {facts.numbers[-1]:g}, most "
        f"below {HASTE}, and seconds are wanted. 60: they are minutes; 1: they are seconds",
        ("60", "1"),
    )


def thousands_question(facts: Facts, place: str) -> Asked | None:
    """Whether a sign before exactly three digits parts thousands: ``1,072`` and ``2.500``.

    Decimals lose their last noughts in most exports, so that some cells of decimals have fewer places.
    """
    parted = [text for text in facts.counts if _three_places(text)]
    others = [text for text in facts.counts if text not in parted]
    if sum(facts.counts[text] for text in parted) < FEWEST_CELLS or any(map(_fraction, others)):
        return None
    offered = ("1",) if any(number_of(text) is not None for text in others) else ("1", "1000")
    times = sum(facts.counts[text] for text in parted)
    return Asked(
        f"{place}: are {times} of {facts.answered} cells thousands? They have three digits behind the sign, "
        f'as "{parted[0]}", and no cell has fewer. 1: they are decimals'
        + ("; 1000: they are thousands" if len(offered) > 1 else "")
        + ". Else write the numbers without a sign between the thousands in the file",
        offered,
    )


def _three_places(text: str) -> bool:
    whole, _, places = text.replace(",", ".").partition(".")
    usual = whole.isdecimal() and not whole.startswith("0") and len(whole) <= PLACES
    return usual and len(places) == PLACES and places.isdecimal()


def _fraction(text: str) -> bool:
    number = number_of(text, ",")
    return number is not None and not number.is_integer()


def _units(name: str) -> list[str]:
    """Units of time in a name, in its order."""
    known = {word: unit for unit, time in vocabulary().time_units.items() for word in time.words}
    return list(dict.fromkeys(known[word] for word in plain(name).split() if word in known))


def _said(units: Sequence[str]) -> str:
    return " per ".join((f"{units[0]}s", *units[1:2]))


def _factor(said: Sequence[str], wanted: Sequence[str]) -> float:
    """What a number in the units of the name is multiplied by."""
    seconds = {unit: time.seconds for unit, time in vocabulary().time_units.items()}
    if len(wanted) == 1:
        return seconds[said[0]] / seconds[wanted[0]]
    amount = next((unit for unit in said if unit in AMOUNTS), wanted[0])
    per = next((unit for unit in said if unit not in AMOUNTS), wanted[1])
    return seconds[amount] / seconds[wanted[0]] * seconds[wanted[1]] / seconds[per]
