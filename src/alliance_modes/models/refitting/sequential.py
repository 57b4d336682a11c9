"""When enough has been drawn: a simulated test ends as soon as its answer at .05 is clear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from scipy import stats

from alliance_modes.domain import ALPHA

FAILURES_ALLOWED = 0.05
FAILURES_BEFORE_A_VERDICT = 20

DOUBT = 0.01
"""Chance that the draws still to come would bring p above .05, below which they are not made."""


@dataclass(frozen=True)
class Drawn:
    """How a sequence of draws ended."""

    p: float
    draws: int
    exceeding: int
    failures: int
    stopped: bool


def run_draws(exceeds: Callable[[], bool | None], draws: int, stop_after: int) -> Drawn:
    """Draw until the answer is clear, or all draws are made.

    Parameters
    ----------
    exceeds : callable
        Whether the next draw reaches what was observed, None where it failed.
    draws : int
        Largest number of draws.
    stop_after : int
        Number at or above what was observed at which drawing ends; 0 makes all draws.

    Notes
    -----
    A large p after Besag & Clifford: with h = ``stop_after`` draws at or above after l draws, p = h / l. A
    small one: drawing ends once the chance that all ``draws`` would give p > .05 is below 1 in 100, g of l
    drawn being at or above (beta-binomial, all p as likely before, as they are under the null): after 72 of
    199 draws where g = 0, after 99 where g = 1. Then, and where all are made, p = (g + 1) / (l + 1).

    Under the null p <= .05 in 5.04 % with at most 199 draws and in 5.01 % with at most 999, where all draws
    give 5.00 % (exactly, from the same chances). A p that ended early is not below 1 / (l + 1).

    More than 5 % failures of at least twice ``FAILURES_BEFORE_A_VERDICT`` draws end the sequence: the answer
    is then ``not_checked``.

    References
    ----------
    Besag & Clifford (1991) doi 10.1093/biomet/78.2.301.
    """
    made = exceeding = failures = 0
    while made + failures < draws:
        found = exceeds()
        if found is None:
            failures += 1
            tried = made + failures
            if failures >= FAILURES_BEFORE_A_VERDICT and failures > 2 * FAILURES_ALLOWED * tried:
                break
            continue
        made += 1
        exceeding += found
        more = draws - failures - made
        if stop_after and more and exceeding >= stop_after:
            return Drawn(exceeding / made, made, exceeding, failures, True)
        if stop_after and more and chance_of_no_claim(made, exceeding, more) < DOUBT:
            return Drawn((exceeding + 1) / (made + 1), made, exceeding, failures, True)
    return Drawn((exceeding + 1) / (made + 1), made, exceeding, failures, False)


def chance_of_no_claim(made: int, exceeding: int, more: int) -> float:
    """Chance that p is above .05 after ``more`` draws; 1 where it is now.

    ``exceeding`` of the draws ``made`` were at or above what was observed.
    """
    if exceeding + 1 > ALPHA * (made + 1):
        return 1.0
    most = int(ALPHA * (made + more + 1) + 1e-9) - 1 - exceeding
    return float(stats.betabinom.sf(most, more, exceeding + 1, made - exceeding + 1))
