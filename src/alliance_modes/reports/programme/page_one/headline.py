"""The headline: what a manager would say aloud, in two sentences."""

from __future__ import annotations

from collections.abc import Iterable

from alliance_modes.domain import PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.reports.facts.effects import ModeEffect, OutcomeEffects
from alliance_modes.reports.facts.facts import Facts
from alliance_modes.reports.facts.scope import COHORT
from alliance_modes.reports.programme.shares import finished
from alliance_modes.reports.programme.ways import DO, amount, called, way
from alliance_modes.words.names import capital, listed


def headline(facts: Facts, outcomes: Iterable[OutcomeEffects]) -> list[str]:
    """Who finished, and the first finding about ways of working that is clear; else why there is none."""
    done = finished(facts)
    here = "" if facts.scope == COHORT else f" ({facts.scope.told})"
    said = [f"Of every 100 people who started{here}, {done.of_hundred} finished."] if done else []
    return [*said, _ways(facts, list(outcomes))]


def _ways(facts: Facts, outcomes: list[OutcomeEffects]) -> str:
    if not facts.surveyed:
        return "How practitioners work is not known here."
    if not outcomes:
        return "How practitioners work could not be compared with how people fared."
    if facts.gated:
        return (
            "Nothing is claimed about how practitioners work: fewer than "
            f"{PRACTITIONERS_FOR_A_CLAIM} of them could be compared."
        )
    in_people = [one for one in outcomes if one.of_hundred and one.clear]
    if in_people:
        return _in_people(in_people[0], in_people[0].clear[0])
    others = [called(one) for one in outcomes if one.verdict == "clear"]
    if others:
        return (
            f"How practitioners work goes together with {listed(others)}; whether it goes with more or fewer "
            "people who finish or come, these data cannot tell."
            if any(one.of_hundred for one in outcomes)
            else f"How practitioners work goes together with {listed(others)}."
        )
    return "Whether how practitioners work goes with how people fare, these data cannot tell."


def _in_people(one: OutcomeEffects, mode: ModeEffect) -> str:
    more = "more" if mode.estimate > 0 else "fewer"
    told = f"about {amount(mode.estimate)} {more} of every 100"
    told += f" {DO[one.column]}" if one.column in DO else ""
    rest = f", though that rests on a single {mode.rests_on}" if mode.rests_on else ""
    lead = "" if one.column in DO else f"{capital(called(one))}: "
    said = f"{told} with practitioners who work one step more in the {way(mode.mode)}{rest}."
    return f"{lead}{said if lead else capital(said)}"
