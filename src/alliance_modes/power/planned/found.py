"""What a planned study comes to: power, what it could show, how precisely, and how often it errs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats
from scipy.optimize import brentq

from alliance_modes.domain import ALPHA, PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.models.effects.detectable import POWER, chance_of_finding, detectable_difference
from alliance_modes.power.answers import Answer, Family
from alliance_modes.power.planned.asked import PlannedStudy, Size
from alliance_modes.power.planned.assumed import Assumed
from alliance_modes.power.rates import Rates, Share, calculated_power, detectable, mean_of, rates

FURTHEST = 4.0
"""Times the largest simulated number of practitioners up to which is told how many it would take."""


@dataclass(frozen=True)
class Found:
    """One outcome at one size.

    ``rates`` are counted. By the SE and df of every answer: ``power`` of the stated effect, ``detectable``
    the effect that is found with the chance ``POWER``, and ``half_width`` half the 95 % interval about the
    stated one, the last two as the report tells effects. ``se`` and ``df``: of a coefficient, means.
    ``reason`` says why there is nothing.
    """

    assumed: Assumed
    size: Size
    draws: int
    estimated: int
    rates: Rates | None = None
    power: Share | None = None
    detectable: Share | None = None
    half_width: Share | None = None
    se: float = float("nan")
    df: float = float("nan")
    reason: str = ""

    @property
    def may_claim(self) -> bool:
        """Whether there are enough practitioners for a claim."""
        return self.size.practitioners >= PRACTITIONERS_FOR_A_CLAIM


@dataclass(frozen=True)
class Planned:
    """A planned study with its answers; ``rates`` are completion and attendance of the simulated people.

    ``families``: the kinds of claim of the outcomes, and how many tests the plan has of each.
    """

    study: PlannedStudy
    assumed: tuple[Assumed, ...]
    rates: tuple[float, float]
    found: tuple[Found, ...]
    families: tuple[Family, ...]

    def of(self, name: str) -> tuple[Found, ...]:
        """The answers about the outcome ``model.outcome``, by clients and practitioners."""
        return tuple(one for one in self.found if one.assumed.asked.name == name)


def found_of(one: Assumed, size: Size, every: Sequence[Answer | None], draws: int, reason: str = "") -> Found:
    """What the answers of one size come to.

    Notes
    -----
    Numbers from SEs are means over all tested columns: the SE of each is known in every draw, whichever has
    the effect. Their Monte-Carlo errors are those of the means of what each answer gives by itself.
    """
    given = tuple(answer for answer in every if answer is not None)
    if not given:
        return Found(one, size, draws, 0, reason=reason or "no draw could be estimated")
    estimated = len({answer.draw for answer in given})
    each = mean_of(given, lambda answer: detectable_difference(answer.se, answer.df))
    chance = mean_of(given, lambda answer: chance_of_finding(one.coefficient, answer.se, answer.df))
    reach = mean_of(given, _reach)
    found = detectable(given)
    slope = (one.number(1.02 * found) - one.number(found)) / (0.02 * found)
    width = one.half_width(reach.value)
    return Found(
        one,
        size,
        draws,
        estimated,
        rates(given),
        Share(calculated_power(given, one.coefficient), chance.error, chance.out_of),
        Share(one.number(found), slope * each.error, each.out_of),
        Share(width, width / reach.value * reach.error, reach.out_of),
        float(np.mean([answer.se for answer in given])),
        float(np.mean([answer.df for answer in given])),
    )


def _reach(answer: Answer) -> float:
    return float(stats.t.ppf(1.0 - ALPHA / 2.0, answer.df)) * answer.se


class Curve:
    """What studies of sizes between the simulated ones could show.

    Parameters
    ----------
    found : iterable of Found
        Of one outcome, with the same number of clients of each practitioner.

    Notes
    -----
    SE x sqrt(practitioners), and df less practitioners, are straight lines between the points, and constant
    beyond them.
    """

    def __init__(self, found: Iterable[Found]) -> None:
        points = sorted(
            (one for one in found if one.rates is not None), key=lambda one: one.size.practitioners
        )
        if not points:
            raise ValueError("a curve needs a study that could be estimated")
        self.points = tuple(points)
        self._assumed = points[0].assumed
        self._practitioners = np.array([float(one.size.practitioners) for one in points])
        self._scaled = np.array([one.se for one in points]) * np.sqrt(self._practitioners)
        self._lost = np.array([one.df for one in points]) - self._practitioners

    def at(self, practitioners: float) -> float:
        """The difference that so many practitioners could show, as it is told."""
        return self._assumed.number(detectable_difference(*self._error(practitioners)))

    def power(self, practitioners: float) -> float:
        """The chance that so many practitioners find the stated effect."""
        return chance_of_finding(self._assumed.coefficient, *self._error(practitioners))

    def needed(self, power: float = POWER) -> float | None:
        """Practitioners with which the stated effect is found with this chance; None beyond all bounds.

        Looked for from the smallest simulated study to four times the largest.
        """
        low, high = float(self._practitioners[0]), FURTHEST * float(self._practitioners[-1])
        if self.power(high) < power:
            return None
        if self.power(low) >= power:
            return low
        return float(brentq(lambda count: self.power(count) - power, low, high))

    def _error(self, practitioners: float) -> tuple[float, float]:
        scaled = float(np.interp(practitioners, self._practitioners, self._scaled))
        lost = float(np.interp(practitioners, self._practitioners, self._lost))
        return scaled / np.sqrt(practitioners), max(practitioners + lost, 1.0)
