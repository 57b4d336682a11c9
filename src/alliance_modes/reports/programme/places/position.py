"""Where a programme or site stands once chance is allowed for, and whether it can be told apart."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from alliance_modes.disclosure.counts import Shown
from alliance_modes.domain import ALPHA
from alliance_modes.reports.facts.facts import Facts
from alliance_modes.reports.facts.rates import Rate
from alliance_modes.reports.facts.scope import COHORT, Scope
from alliance_modes.reports.programme.numbers.shares import due, finished, of_hundred

FEWEST_TO_SHRINK = 4
"""Programmes or sites from which on how much they differ can be estimated at all (Efron & Morris 1977)."""
NORMAL = NormalDist()
FULL = NORMAL.inv_cdf(1 - ALPHA / 2)


@dataclass(frozen=True)
class Place:
    """One programme or site: the rate of those who finished, and where it stands once chance is allowed for.

    ``shrunken`` is None where too few are known for it; ``apart`` says whether the rate can be told apart
    from that of the others together, allowing for how many there are.
    """

    scope: Scope
    started: Shown
    rate: Rate
    shrunken: Rate | None
    apart: bool


def places(facts: Facts, kind: str) -> tuple[Place, ...]:
    """Every programme or site whose rate is shown, in the order of their names.

    Notes
    -----
    On the scale of log-odds, with the variance that the interval of each rate stands for (practitioners
    within it are taken as sampled). Each is compared with the precision-weighted mean of the others, at .05
    divided by how many there are. ``shrunken`` is the empirical Bayes estimate with DerSimonian and Laird's
    variance between them; its interval has the remaining variance and that of the mean.

    References
    ----------
    Efron & Morris (1977), Scientific American 236(5), 119-127. DerSimonian & Laird (1986), Controlled
    Clinical Trials 7, 177-188.
    """
    known = {
        one: (count, found)
        for one in facts.parts
        if one.kind == kind
        and (found := finished(facts, one)) is not None
        and (count := due(facts, one)) is not None
        and found.low is not None
    }
    if len(known) < 2:
        return ()
    odds = np.array([_log_odds(found.share) for _, found in known.values()])
    variances = np.array([_variance(found) for _, found in known.values()])
    shrunken = _shrunken(odds, variances) if len(known) >= FEWEST_TO_SHRINK else [None] * len(known)
    apart = _apart(odds, variances)
    return tuple(
        Place(one, count, found, moved, bool(told))
        for (one, (count, found)), moved, told in zip(known.items(), shrunken, apart, strict=True)
    )


def position(facts: Facts) -> list[str]:
    """Where the programme or site of a report stands, in sentences."""
    whole, own = finished(facts, COHORT), finished(facts)
    if own is None or whole is None:
        return []
    kind = facts.scope.kind
    said = [f"In the whole cohort, {of_hundred(whole)} finished of those who started; here {own.of_hundred}."]
    found = places(facts, kind)
    here = next((one for one in found if one.scope == facts.scope), None)
    if here is None:
        return said
    if here.apart:
        said.append(
            f"That can be told apart from the other {kind}s: chance alone would hardly bring so large a "
            f"difference. Whether it comes from the people referred or from the {kind} cannot be told."
        )
    else:
        said.append(
            f"That cannot be told apart from the other {kind}s: chance alone can bring the difference."
        )
    if here.shrunken is not None and here.shrunken.low is not None and here.shrunken.high is not None:
        limits = f"from {round(100 * here.shrunken.low)} to {round(100 * here.shrunken.high)}"
        by = (
            f"The {kind}s differ by no more than chance brings: by the numbers of all of them together"
            if all_alike(found)
            else f"Once chance is allowed for, by the numbers of all {kind}s"
        )
        said.append(f"{by}, about {of_hundred(here.shrunken)} are to be expected here ({limits}).")
    return said


def all_alike(found: Iterable[Place]) -> bool:
    """Whether chance alone can bring every difference, so that the same is expected of each."""
    return len({one.shrunken.share for one in found if one.shrunken is not None}) == 1


def _variance(found: Rate) -> float:
    """That of the log-odds, by the half of the interval."""
    low, high = (_log_odds(one) for one in (found.low or math.nan, found.high or math.nan))
    return ((high - low) / (2 * FULL)) ** 2


def _between(odds: np.ndarray, variances: np.ndarray) -> float:
    """The variance between them (DerSimonian & Laird)."""
    weights = 1 / variances
    mean, total = np.average(odds, weights=weights), weights.sum()
    q = (weights * (odds - mean) ** 2).sum()
    scale = total - (weights**2).sum() / total
    return float(max((q - (len(odds) - 1)) / scale, 0.0))


def _shrunken(odds: np.ndarray, variances: np.ndarray) -> list[Rate]:
    """Each moved towards the mean of all."""
    between = _between(odds, variances)
    weights = 1 / (between + variances)
    mean, of_mean = np.average(odds, weights=weights), 1 / weights.sum()
    kept = between / (between + variances)
    middle = mean + kept * (odds - mean)
    half = FULL * np.sqrt(kept * variances + (1 - kept) ** 2 * of_mean)
    ends = (1 / (1 + np.exp(-value)) for value in (middle, middle - half, middle + half))
    return [Rate(*(float(one) for one in each)) for each in zip(*ends, strict=True)]


def _apart(odds: np.ndarray, variances: np.ndarray) -> np.ndarray:
    """Which can be told apart from the mean of the others."""
    weights = 1 / variances
    of_others = weights.sum() - weights
    mean = ((weights * odds).sum() - weights * odds) / of_others
    limit = NORMAL.inv_cdf(1 - ALPHA / (2 * len(odds)))
    return np.abs(odds - mean) > limit * np.sqrt(variances + 1 / of_others)


def _log_odds(share: float) -> float:
    return math.log(share / (1.0 - share))
