"""The rates of a programme report, of its own people and of the whole cohort."""

from __future__ import annotations

from alliance_modes.disclosure.counts import Shown
from alliance_modes.disclosure.said import said
from alliance_modes.reports.facts.asked.course import BEGUN, DUE, ENROLLED, FINISHED, NOT_STARTED
from alliance_modes.reports.facts.asked.requests import ALL
from alliance_modes.reports.facts.facts import Facts
from alliance_modes.reports.facts.rates import EARLY, LEFT_EARLY, Rate, Spread, rate, summed
from alliance_modes.reports.facts.scope import Scope
from alliance_modes.words.rounding import MISSING


def due(facts: Facts, scope: Scope | None = None) -> Shown | None:
    """Who started and could have finished by data lock: the denominator of rates of those who started."""
    return facts.course(DUE, scope) or facts.course(BEGUN, scope)


def finished(facts: Facts, scope: Scope | None = None) -> Rate | None:
    """Those who completed, of those who started and could have finished."""
    return rate(
        facts.course(FINISHED, scope), due(facts, scope), facts.rules, _spread(facts, FINISHED, scope)
    )


def left_early(facts: Facts, scope: Scope | None = None) -> Rate | None:
    """Those who dropped out or were removed, of those who started and could have finished."""
    count = early_count(facts, scope)
    return rate(count, due(facts, scope), facts.rules, _spread(facts, LEFT_EARLY, scope))


def early_count(facts: Facts, scope: Scope | None = None) -> Shown | None:
    """How many dropped out or were removed; 0 where ends are known, and nobody has one of these."""
    ends = {end: facts.course(end, scope) for end in EARLY}
    if all(one is None for one in ends.values()) and facts.course(FINISHED, scope) is not None:
        return Shown.exact(0)
    return summed(ends)


def started_of_all(facts: Facts, scope: Scope | None = None) -> Rate | None:
    """Those who started, of all enrolled."""
    return rate(facts.course(BEGUN, scope), facts.course(ENROLLED, scope), facts.rules)


def finished_of_all(facts: Facts, scope: Scope | None = None) -> Rate | None:
    """Those who completed, of all enrolled."""
    return rate(facts.course(FINISHED, scope), facts.course(ENROLLED, scope), facts.rules)


def left_of_all(facts: Facts, scope: Scope | None = None) -> Rate | None:
    """Those who started and left early, of all enrolled."""
    return rate(early_count(facts, scope), facts.course(ENROLLED, scope), facts.rules)


def never_started(facts: Facts, scope: Scope | None = None) -> Rate | None:
    """Those who did not start, of all enrolled."""
    return rate(facts.course(NOT_STARTED, scope), facts.course(ENROLLED, scope), facts.rules)


def people(shown: Shown | None) -> str:
    """``about 240 people``."""
    return "no person" if shown is None else said(shown, "person", "people")


def of_hundred(found: Rate) -> str:
    """``65 of every 100``."""
    return f"{hundredths(found)} of every 100"


def hundredths(found: Rate) -> str:
    """``65``; ``fewer than 1`` is not 0, nor ``more than 99`` 100."""
    if 0 < found.share < 1 and found.of_hundred in (0, 100):
        return "more than 99" if found.of_hundred else "fewer than 1"
    return str(found.of_hundred)


def to(found: Rate | None) -> str:
    """``60 to 69``, in a table; a dash where no interval can be given."""
    if found is None or found.low is None or found.high is None:
        return MISSING
    return f"{round(100 * found.low)} to {round(100 * found.high)}"


def between(found: Rate) -> str:
    """``between 60 and 69``; empty where no interval can be given."""
    if found.low is None or found.high is None:
        return ""
    return f"between {round(100 * found.low)} and {round(100 * found.high)}"


def _spread(facts: Facts, end: str, scope: Scope | None) -> Spread | None:
    where = facts.scope if scope is None else scope
    return facts.spreads.get((where.kind, where.value or ALL, end))
