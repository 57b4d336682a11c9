"""What the ways of working go with, in words that a manager says aloud."""

from __future__ import annotations

import math
from collections.abc import Iterable

from alliance_modes.models.effects.detectable import units_to_detect
from alliance_modes.models.families.linear import STANDARDISED
from alliance_modes.models.families.poisson_counts import EXPECTED_COUNT
from alliance_modes.reports.facts.effects import ModeEffect, OutcomeEffects
from alliance_modes.reports.facts.facts import Facts
from alliance_modes.words.names import MODE_AIMS, capital, listed, uncapital

WORTH_SHOWING = 5
"""People of a hundred: a difference that a programme would care about, as an example."""
ENDED = "ended_"
DO = {
    "completed": "finish the programme",
    f"{ENDED}dropped_out": "drop out",
    f"{ENDED}removed": "are removed",
}
"""What people do who count for an outcome, by its column."""
CALLED = {"session_engagement": "taking part in sessions"}
"""What an outcome is called where its label is also the name of a way of working."""
REACHED = {
    "small": "even a small difference",
    "medium": "a medium difference or a larger one",
    "large": "only a large difference",
}
"""What a cohort could have shown of a rating, by the size of the smallest difference."""
RESTS = "but it rests on a single {}: without that one it would not be clear"


def way(mode: str) -> str:
    """``engagement`` -> ``engagement way of working``: no outcome is called so."""
    return f"{mode} way of working"


def ways(modes: Iterable[str]) -> str:
    """``educative and therapeutic ways``."""
    found = list(modes)
    return f"{listed(found)} way{'s' if len(found) > 1 else ''}"


def aims() -> str:
    """Each way of working with what it aims at."""
    return listed([f"the {mode} way ({aim})" for mode, aim in MODE_AIMS.items()])


def called(one: OutcomeEffects) -> str:
    """What an outcome is called in a sentence."""
    return CALLED.get(one.column, uncapital(one.label))


def called_of_rater(one: OutcomeEffects) -> str:
    """The same where it is said already who rated it: ``goal agreement`` alone."""
    return called(one).removesuffix(f", {one.rated_by}-rated")


def amount(value: float) -> str:
    """``9``, or ``fewer than 1``."""
    whole = round(abs(value))
    return str(whole) if whole else "fewer than 1"


def signed(value: float) -> str:
    """``9 more``, ``4 fewer``, ``none more``."""
    if round(value) == 0:
        return "none"
    return f"{amount(value)} {'more' if value > 0 else 'fewer'}"


def reach(low: float | None, high: float | None) -> str:
    """A range in whole people: ``5 to 13 more``, ``4 fewer to 9 more``."""
    if low is None or high is None:
        return ""
    if low > 0 or high < 0:
        least, most = sorted((abs(low), abs(high)))
        return f"{amount(least)} to {amount(most)} {'more' if low > 0 else 'fewer'}"
    return f"{signed(low)} to {signed(high)}"


def clear_sentence(one: OutcomeEffects, mode: ModeEffect) -> str:
    """What a mode that stands out goes with, of a hundred or as higher and lower."""
    who = f"with practitioners who work one step more in the {mode.mode} way"
    if not one.of_hundred:
        up = mode.estimate > one.measure.none
        size = size_told(one, mode.estimate)
        return f"{'Higher' if up else 'Lower'}{f' ({size})' if size else ''} {who}. {_sure(mode)}"
    more = "more" if mode.estimate > 0 else "fewer"
    about = f"about {amount(mode.estimate)} {more}"
    told = f"Of every 100 {one.counted}, {about}{f' {DO[one.column]}' if one.column in DO else ''} {who}"
    limits = reach(mode.low, mode.high)
    return f"{told}{f' (the range is {limits})' if limits else ''}. {_sure(mode)}"


def _sure(mode: ModeEffect) -> str:
    return f"This is clear{f', {RESTS.format(mode.rests_on)}' if mode.rests_on else ''}."


def verdict_sentences(one: OutcomeEffects, facts: Facts) -> list[str]:
    """All that is said of one outcome: what is clear, and what could have been shown of the rest."""
    if one.verdict in ("explored", "untested"):
        why = "the plan only explores it" if one.verdict == "explored" else "no test of it was possible"
        return [f"Nothing is claimed: {why}."]
    said = [clear_sentence(one, mode) for mode in one.clear]
    rest = left_open(one)
    if one.verdict == "clear" and not said:
        single = f", {RESTS.format(one.rests_on)}" if one.rests_on else ""
        said.append(f"The ways of working together clearly go with it{single}, but no single one stands out.")
    if rest:
        said.append(inconclusive(one, rest, facts, whole=len(rest) == len(one.modes)))
    return said


def inconclusive(one: OutcomeEffects, modes: list[ModeEffect], facts: Facts, whole: bool) -> str:
    """What the data leave open of some modes, what they could have shown, and what less would take."""
    named = f" for the {ways(mode.mode for mode in modes)}"
    if whole:
        named = " for each of them by itself" if one.verdict == "clear" else ""
    said = f"Inconclusive{named}{_open(one, modes)}"
    found = could_be_found(modes)
    shown = could_have_shown(one, found)
    if not shown:
        return f"{said}."
    return f"{said}: this cohort could have shown {shown}{_needed(one, found, facts)}."


def could_have_shown(one: OutcomeEffects, found: list[float]) -> str:
    """What could have been found of an outcome, in people or in words; empty where neither can say it."""
    if one.of_hundred and found:
        return f"a difference of {_range(found)} of every 100 {one.counted} or more"
    if one.measure.unit == STANDARDISED.unit and found:
        return REACHED[_size(max(found))]
    told = size_told(one, max(found)) if found else ""
    return f"{told} or more" if told else ""


def size_told(one: OutcomeEffects, difference: float) -> str:
    """A difference in words that need no decimals; empty where its unit has none (a ratio, log-odds)."""
    if one.measure.unit == STANDARDISED.unit:
        return f"a {_size(abs(difference))} difference"
    if one.measure.unit == EXPECTED_COUNT.unit:
        return f"a difference of {amount(100 * difference)} events in every 100 people"
    return ""


def _open(one: OutcomeEffects, modes: list[ModeEffect]) -> str:
    lows = [mode.low for mode in modes if mode.low is not None]
    highs = [mode.high for mode in modes if mode.high is not None]
    if not one.of_hundred or not lows or not highs:
        return ""
    return f" (anything from {reach(min(lows), max(highs))} is possible)"


def _needed(one: OutcomeEffects, found: list[float], facts: Facts) -> str:
    """How many practitioners it would take in place of those there are, or how many times as many."""
    middle = math.fsum(found) / len(found)
    target = _target(one, middle)
    what = f"one of {WORTH_SHOWING}" if target == WORTH_SHOWING else "half of that"
    many = practitioners_needed(one, found, facts)
    if many is None:
        times = max(round(units_to_detect(target, middle, 1)), 2)
        return f"; to show {what}, about {times} times as many practitioners would be needed"
    return f"; to show {what}, about {many} practitioners would be needed in place of {facts.fitted.text}"


def practitioners_needed(one: OutcomeEffects, found: list[float], facts: Facts) -> int | None:
    """To the nearest ten, from the practitioners in the models as they are shown; None where they are not."""
    fitted, middle = facts.fitted.value, math.fsum(found) / len(found)
    if fitted is None:
        return None
    return max(10 * round(units_to_detect(_target(one, middle), middle, fitted) / 10), fitted)


def _target(one: OutcomeEffects, middle: float) -> float:
    """The smaller difference that is asked about: five of a hundred, or half of what could be found."""
    return WORTH_SHOWING if one.of_hundred and middle > 1.1 * WORTH_SHOWING else middle / 2


def left_open(one: OutcomeEffects) -> list[ModeEffect]:
    """The modes of which nothing is clear by itself."""
    return [mode for mode in one.modes if mode not in one.clear]


def could_be_found(modes: Iterable[ModeEffect]) -> list[float]:
    """What could have been found of each mode, where that is known."""
    return [mode.detectable for mode in modes if mode.detectable is not None]


def _range(found: list[float]) -> str:
    least, most = amount(min(found)), amount(max(found))
    return least if least == most else f"{least} to {most}"


def _size(difference: float) -> str:
    """A standardised difference in words (Cohen 1988: .2 small, .5 medium, .8 large)."""
    return "small" if difference < 0.35 else "medium" if difference < 0.65 else "large"


def lead(one: OutcomeEffects) -> str:
    """What an outcome is called at the head of its sentences, with who rated it."""
    return capital(called(one)) + (f", rated by the {one.rated_by}" if one.column in CALLED else "")
