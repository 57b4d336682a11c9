"""Many answers into shares with their Monte-Carlo errors: power, coverage, type-I error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from alliance_modes.domain import ALPHA
from alliance_modes.models.effects.detectable import POWER, chance_of_finding, detectable_difference
from alliance_modes.power.answers import Answer

ADDED = 2.0
"""Successes and failures that are added to a share for its error, so that none and all are not certain
(Agresti & Coull 1998)."""


@dataclass(frozen=True)
class Share:
    """A share of ``out_of`` answers, or a mean over them, with its Monte-Carlo standard error."""

    value: float
    error: float
    out_of: int


@dataclass(frozen=True)
class Rates:
    """What the answers come to; None where no answer tells it.

    ``power``: how often an effect that is there has p < .05; ``claim``: how often it is claimed.
    ``type_one``: how often one that is not there has p < .05, ``type_one_plain`` by the engine's own
    standard error and the normal distribution. ``coverage`` of the 95 % interval. ``bias`` of the estimate
    of an effect that is there, as a coefficient.
    """

    power: Share | None
    claim: Share | None
    type_one: Share | None
    type_one_plain: Share | None
    coverage: Share | None
    bias: Share | None


def rates(found: Iterable[Answer]) -> Rates:
    """Every share of some answers.

    Notes
    -----
    A Monte-Carlo error is the larger of that of so many independent answers, sqrt(p (1 - p) / n) with two
    successes and two failures added, and those over draws, and over draws of the same people, taken
    together (cluster-robust errors of a mean).
    """
    every = tuple(found)
    there = tuple(one for one in every if one.truth != 0.0)
    absent = tuple(one for one in every if one.truth == 0.0)
    return Rates(
        power=_share(there, lambda one: one.p < ALPHA),
        claim=_share(there, lambda one: one.claimed),
        type_one=_share(absent, lambda one: one.p < ALPHA),
        type_one_plain=_share(absent, lambda one: one.p_plain < ALPHA),
        coverage=_share(every, lambda one: one.low <= one.truth <= one.high),
        bias=None if not there else mean_of(there, lambda one: one.estimate - one.truth),
    )


def calculated_power(found: Sequence[Answer], coefficient: float) -> float:
    """The chance that a coefficient is found, by the SE and df of each answer; the mean over them."""
    chances = (chance_of_finding(coefficient, one.se, one.df) for one in found)
    return float(np.mean(list(chances)))


def detectable(found: Sequence[Answer], power: float = POWER) -> float:
    """The coefficient whose ``calculated_power`` is ``power``."""
    each = [detectable_difference(one.se, one.df, power=power) for one in found]
    low, high = min(each), max(each)
    if calculated_power(found, low) >= power or high - low < 1e-12:
        return low
    return float(brentq(lambda beta: calculated_power(found, beta) - power, low, high * (1.0 + 1e-9)))


def _share(found: Sequence[Answer], asked: Callable[[Answer], bool]) -> Share | None:
    if not found:
        return None
    share = mean_of(found, asked)
    added = (share.value * share.out_of + ADDED) / (share.out_of + 2.0 * ADDED)
    error = float(np.sqrt(added * (1.0 - added) / share.out_of))
    return Share(share.value, max(share.error, error), share.out_of)


def mean_of(found: Sequence[Answer], asked: Callable[[Answer], float]) -> Share:
    """A mean over answers with the largest of its errors: over answers, over draws, over structures."""
    values = np.array([float(asked(one)) for one in found])
    apart = values - values.mean()
    together = (
        range(len(found)),
        [(one.structure, one.draw) for one in found],
        [one.structure for one in found],
    )
    errors = [_error(apart, list(groups)) for groups in together]
    return Share(float(values.mean()), max(errors), len(values))


def _error(apart: np.ndarray, groups: Sequence) -> float:
    """The cluster-robust standard error of a mean, from the deviations from it; 0 of one group."""
    places = {group: place for place, group in enumerate(dict.fromkeys(groups))}
    if len(places) < 2:
        return 0.0
    sums = np.bincount([places[group] for group in groups], weights=apart)
    return float(np.sqrt((sums**2).sum() * len(places) / (len(places) - 1)) / len(apart))
