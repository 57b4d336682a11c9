"""Who was enrolled, started and finished, in sentences, and how that stands beside other rates."""

from __future__ import annotations

from collections.abc import Iterable

from alliance_modes.reports.facts.asked.course import BEGUN, DUE, ENROLLED, FINISHED, RUNNING
from alliance_modes.reports.facts.facts import Facts
from alliance_modes.reports.facts.rates import Rate
from alliance_modes.reports.facts.scope import COHORT
from alliance_modes.reports.known import RATES, PublishedRate
from alliance_modes.reports.programme.numbers.shares import (
    between,
    due,
    early_count,
    finished,
    finished_of_all,
    hundredths,
    left_early,
    left_of_all,
    never_started,
    of_hundred,
    people,
    started_of_all,
)
from alliance_modes.reports.programme.places.position import position
from alliance_modes.words.names import capital

PLACE = {"programme": "in", "site": "at"}
LIKE_THESE = {
    "cohort": "With other people, practitioners and sites",
    "programme": "By these numbers alone, with other people, practitioners and sites",
    "site": "By these numbers alone, with other people and practitioners",
}
"""Whom the interval of a rate is for, by kind of scope: within one site nothing is known of another."""
NO_ENDS = (
    "How people fared on the programme cannot be said: of nobody is it known that they started and could "
    "have finished before the data were closed."
)


def who(facts: Facts) -> list[str]:
    """How many were enrolled, started and finished, in people and of every 100."""
    enrolled, begun = facts.course(ENROLLED), facts.course(BEGUN)
    where = "" if facts.scope == COHORT else f" {PLACE[facts.scope.kind]} {facts.scope.told}"
    if begun is None or due(facts) is None:
        return [f"{capital(people(enrolled))} were enrolled{where}.", NO_ENDS]
    started = started_of_all(facts)
    said = [
        f"{capital(people(enrolled))} were enrolled{where}, and {_number(people(begun))} started"
        f"{f': {of_hundred(started)}' if started else ''}."
    ]
    if facts.course(DUE) is not None:
        said.append(
            f"{capital(people(facts.course(RUNNING)))} were still within their planned time when the data "
            f"were closed, and are left out of what follows: {people(due(facts))} remain."
        )
    return [*said, *_ends(facts)]


def _ends(facts: Facts) -> Iterable[str]:
    done, early = finished(facts), left_early(facts)
    if done is None:
        yield (
            "How many of them finished is withheld: this number, or one that follows from it, is so small "
            "that it could point at a person."
        )
        return
    whom = "who started" if facts.course(DUE) is None else "of these"
    if done.share in (0.0, 1.0):
        left = f", and {of_hundred(early)} left early ({_early(facts)})" if early and early.share else ""
        yield f"{'Everybody' if done.share else 'Nobody'} {whom} finished{left}."
    else:
        left = f" and {hundredths(early)} left early ({_early(facts)})" if early and early.share else ""
        left = " and nobody left early" if early and not early.share else left
        yield f"Of every 100 {whom}, {hundredths(done)} finished ({people(facts.course(FINISHED))}){left}."
    if between(done):
        yield (
            f"{LIKE_THESE[facts.scope.kind]} like these, {between(done)} of every 100 are to be expected to "
            "finish."
        )
    going = facts.course("ongoing")
    if going is not None and going.value != 0:
        yield f"{capital(people(going))} are still on the programme: both rates can still rise."


def _early(facts: Facts) -> str:
    parts = [
        f"{people(count)} {said}"
        for end, said in (("dropped_out", "dropped out"), ("removed", "were removed by the programme"))
        if (count := facts.course(end)) is not None and count.value != 0
    ]
    return ", ".join(parts) or people(early_count(facts))


def _number(text: str) -> str:
    """``721 people`` -> ``721``: of a number said right after another."""
    return text.removesuffix(" people").removesuffix(" person").removesuffix(" of")


def beside_others(facts: Facts) -> list[str]:
    """The rates beside those of the whole cohort, of a part, and beside published ones."""
    said = [] if facts.scope == COHORT else position(facts)
    for rate in RATES[:1]:
        own = left_early(facts)
        if own is not None:
            said.append(
                f"In {rate.where}, {round(rate.per_hundred)} of every 100 who started left early; here "
                f"{f'it was {hundredths(own)}' if own.share else 'nobody did'}{_compared(own, rate)}."
            )
    every, done, never = finished_of_all(facts), finished(facts), never_started(facts)
    if every is not None and done is not None and every.of_hundred < done.of_hundred:
        later = ", and those still within their planned time," if facts.course(DUE) is not None else ""
        said.append(
            f"Of all enrolled, {of_hundred(every)} finished: this lower rate counts those who never started"
            f"{later} too. Compare a rate only with one that counts the same people."
        )
    elsewhere = next(one for one in RATES if one.ends == "never started")
    if never is not None:
        said.append(
            f"Of every 100 enrolled, {hundredths(never)} never started; in {elsewhere.where} it was "
            f"{round(elsewhere.per_hundred)}."
        )
    return said


def _compared(own: Rate, published: PublishedRate) -> str:
    """Whether the published rate lies within what could be expected here."""
    if own.low is None or own.high is None:
        return ""
    share = published.per_hundred / 100
    if own.low <= share <= own.high:
        return ", a difference that chance alone can bring"
    return f", {'more' if own.share > share else 'fewer'} than chance alone would bring"


def own_rates(facts: Facts) -> dict[tuple[str, str], Rate | None]:
    """The cohort's rates of ends that published rates are known of, by end and denominator."""
    return {
        ("left early", "of those who started"): left_early(facts),
        ("never started", "of all enrolled"): never_started(facts),
        ("started, then left early", "of all enrolled"): left_of_all(facts),
    }
