"""The headline: what a manager would say aloud, in two sentences."""

from __future__ import annotations

from collections.abc import Iterable

from alliance_modes.domain import PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.reports.facts.effects import ModeEffect, OutcomeEffects
from alliance_modes.reports.facts.facts import Facts
from alliance_modes.reports.facts.rates import Rate
from alliance_modes.reports.facts.scope import COHORT
from alliance_modes.reports.programme.numbers.shares import finished, hundredths
from alliance_modes.reports.programme.page_one.starts import PLACE
from alliance_modes.reports.programme.ways import DO, amount, called, lead, way
from alliance_modes.words.names import capital, uncapital


def headline(facts: Facts, outcomes: Iterable[OutcomeEffects]) -> list[str]:
    """Who finished, and the first finding about ways of working that is clear; else why there is none."""
    done = finished(facts)
    here = "" if facts.scope == COHORT else f" {PLACE[facts.scope.kind]} {facts.scope.told}"
    said = [_finished(done, here)] if done else []
    ways = _ways(facts, list(outcomes))
    return [*said, f"In the whole cohort: {uncapital(ways)}" if here and facts.outcomes else ways]


def _finished(done: Rate, here: str) -> str:
    if done.share in (0.0, 1.0):
        return f"{'Everybody' if done.share else 'Nobody'} who started{here} finished."
    return f"Of every 100 people who started{here}, {hundredths(done)} finished."


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
    in_people = [one for one in outcomes if one.of_hundred]
    clear = [one for one in in_people if one.clear]
    if clear:
        return _in_people(clear[0], clear[0].clear[0])
    said = [_untold(in_people[0])] if in_people else []
    said += [_rated(one, one.clear[0]) for one in outcomes if one.clear and not one.of_hundred][:1]
    return (
        " ".join(said) or "These data cannot tell whether how practitioners work goes with how people fare."
    )


def _in_people(one: OutcomeEffects, mode: ModeEffect) -> str:
    more = "more" if mode.estimate > 0 else "fewer"
    told = f"about {amount(mode.estimate)} {more} of every 100"
    told += f" {DO[one.column]}" if one.column in DO else ""
    lead = "" if one.column in DO else f"{capital(called(one))}: "
    said = f"{told} with practitioners who work one step more in the {way(mode.mode)}{_rest(mode)}."
    return f"{lead}{said if lead else capital(said)}"


def _untold(one: OutcomeEffects) -> str:
    """That nothing is clear of the outcome in people that comes first."""
    if one.column in DO:
        return (
            f"These data cannot tell whether more or fewer people {DO[one.column]} with practitioners who "
            "work more in one way than in another."
        )
    return f"These data cannot tell whether how practitioners work goes with {called(one)}."


def _rated(one: OutcomeEffects, mode: ModeEffect) -> str:
    up = "higher" if mode.estimate > one.measure.none else "lower"
    comma = "," if ", " in lead(one) else ""
    return (
        f"{lead(one)}{comma} is {up} with practitioners who work more in the {way(mode.mode)}{_rest(mode)}."
    )


def _rest(mode: ModeEffect) -> str:
    return f", though that rests on a single {mode.rests_on}" if mode.rests_on else ""
