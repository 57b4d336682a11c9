"""Effects of several cohorts whose rows nobody has together, pooled from what their holders gave away."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from alliance_modes.dictionary.pooling import TABLES
from alliance_modes.plan.terms import PRACTITIONER
from alliance_modes.pooling.agreement import LEAST, Agreed, agreed, check_sets
from alliance_modes.pooling.shared_set import SharedFit, SharedSet
from alliance_modes.pooling.together import PooledEffect, mean_of_these, pool_together
from alliance_modes.pooling.units import COMMON_UNIT, Scales, scales

ENOUGH = 5
"""Cohorts from which on a mean over cohorts like these is what is told first, and another one predicted."""

WELL = 10
"""Cohorts from which on it is known to some extent how much effects vary."""

FEWEST = 3
"""Cohorts from which on the mean over cohorts like these is computed."""

Row = dict[str, Any]
Key = tuple[str, str]


@dataclass(frozen=True)
class Pool:
    """Everything that sets come to: the tables of ``dictionary/pooling``, and who agreed on what."""

    pooled: pd.DataFrame
    cohorts: pd.DataFrame
    influence: pd.DataFrame
    sets: pd.DataFrame
    agreed: tuple[Agreed, ...]


@dataclass(frozen=True)
class _Effects:
    """The effects of one outcome: estimates (not a number where a cohort lacks one) and their covariances."""

    names: tuple[str, ...]
    keys: tuple[Key, ...]
    units: tuple[str, ...]
    estimates: np.ndarray
    covariances: np.ndarray
    df: np.ndarray

    def variances(self, place: int) -> np.ndarray:
        """Squared standard errors of one effect in every cohort."""
        return self.covariances[:, place, place]

    def without(self, cohort: int) -> _Effects:
        """The same without one cohort."""
        kept = np.arange(len(self.names)) != cohort
        names = tuple(name for place, name in enumerate(self.names) if place != cohort)
        some = (self.estimates[kept], self.covariances[kept], self.df[kept])
        return _Effects(names, self.keys, self.units, *some)

    def cohorts(self, place: int) -> int:
        """How many cohorts have one effect."""
        return int(np.isfinite(self.estimates[:, place]).sum())


def pool(sets: Sequence[SharedSet]) -> Pool:
    """Pool every tested effect of every model on which sets agree.

    Parameters
    ----------
    sets : sequence of SharedSet
        One per cohort, two or more.

    Returns
    -------
    Pool

    Raises
    ------
    SharingError
        There are fewer than two, or two of one cohort.

    Notes
    -----
    Two stages: what each holder estimated, then ``pool_together`` of all tested effects of an outcome, and
    each by itself beside it. With two to four cohorts what is told first is the mean of just these
    (``mean_of_these``); from three on the mean of cohorts like these is there too, from five on the effect
    in another one is predicted. A mode's effect is per SD of practitioners within cohorts over all of them,
    where every release shows that SD, else per SD of each cohort's own. Effects of models with a link stay
    on its scale (log-odds).
    """
    check_sets(sets)
    found = agreed(sets)
    rows: dict[str, list[Row]] = {name: [] for name in TABLES}
    for one in found:
        rows["sets"] += _who(one, sets)
        if one.refused:
            rows["pooled"].append(_not_pooled(one))
            continue
        effects = _effects(one.fits, scales(one.fits, sets))
        shared = {"model": one.model, "outcome": one.outcome}
        rows["pooled"] += [{**shared, **row} for row in _pooled(effects)]
        rows["cohorts"] += [{**shared, **row} for row in _own(effects, one.fits)]
        rows["influence"] += [{**shared, **row} for row in _influence(effects)]
    tables = {name: TABLES[name].from_rows(rows[name]) for name in TABLES}
    return Pool(**tables, agreed=found)


def enough_said(cohorts: int) -> str:
    """What so many cohorts allow to say, in a sentence."""
    if cohorts < ENOUGH:
        return (
            f"{cohorts} cohorts are too few to say anything of cohorts like these: how much an effect varies "
            "between cohorts cannot be told from fewer than five. The average is that of just these cohorts."
        )
    if cohorts < WELL:
        return (
            f"{cohorts} cohorts are enough for an average over cohorts like these; how much an effect varies "
            "between them, and so where it lies in another one, is known only roughly."
        )
    return (
        f"{cohorts} cohorts are enough for an average over cohorts like these and for how much effects vary."
    )


def _effects(fits: Mapping[str, SharedFit], scale: Scales) -> _Effects:
    keys = tuple(dict.fromkeys(term.key for fit in fits.values() for term in fit.terms))
    place = {key: at for at, key in enumerate(keys)}
    estimates = np.full((len(fits), len(keys)), np.nan)
    covariances = np.zeros((len(fits), len(keys), len(keys)))
    df = np.full((len(fits), len(keys)), np.nan)
    for row, (cohort, fit) in enumerate(fits.items()):
        at = [place[term.key] for term in fit.terms]
        factors = np.array([scale.factor(cohort, term.key) for term in fit.terms])
        estimates[row, at] = factors * [term.estimate for term in fit.terms]
        covariances[row][np.ix_(at, at)] = factors[:, None] * fit.covariance * factors
        df[row, at] = [term.df for term in fit.terms]
    told = {term.key: term.unit for fit in fits.values() for term in fit.terms}
    units = tuple(f"{told[key]}{COMMON_UNIT if key in scale.common else ''}" for key in keys)
    return _Effects(tuple(fits), keys, units, estimates, covariances, df)


def _pooled(effects: _Effects) -> Iterator[Row]:
    """Every number of every effect, in the order of the terms."""
    several = [place for place in range(len(effects.keys)) if effects.cohorts(place) >= FEWEST]
    together = dict(zip(several, _together(effects, several), strict=True)) if several else {}
    for place, (term, level) in enumerate(effects.keys):
        count = effects.cohorts(place)
        shared = {"term": term, "level": level, "unit": effects.units[place], "cohorts": count}
        if count < LEAST:
            reason = "one cohort alone has this effect"
            yield {**shared, "way": "these", "estimand": "mean", "status": "not_run", "reason": reason}
            continue
        yield {**shared, "way": "these", "estimand": "mean", "status": "ok", **_of_these(effects, place)}
        if place not in together:
            yield {**shared, "way": "together", "estimand": "mean", "status": "not_run", "reason": TWO}
            continue
        (alone,) = _together(effects, [place])
        for way, one in (("together", together[place]), ("alone", alone)):
            yield from ({**shared, "way": way, "status": "ok", **row} for row in _of_such(one))
        if count < ENOUGH:
            row = {"way": "together", "estimand": "prediction_interval", "status": "not_run"}
            yield {**shared, **row, "reason": FEW.format(count)}


TWO = "of two cohorts nothing can be said of others"
FEW = "how much effects vary between cohorts cannot be told from fewer than five ({} here)"


def _together(effects: _Effects, places: Sequence[int]) -> tuple[PooledEffect, ...]:
    some = effects.covariances[:, places][:, :, places]
    return pool_together(effects.estimates[:, places], some)


def _of_these(effects: _Effects, place: int) -> Row:
    there = np.isfinite(effects.estimates[:, place])
    mean, se, df = mean_of_these(
        effects.estimates[there, place], effects.variances(place)[there], effects.df[there, place]
    )
    half = float(stats.t.ppf(0.975, df)) * se
    p = float(2.0 * stats.t.sf(abs(mean / se), df))
    return {"estimate": mean, "se": se, "df": df, "p": p, "ci_low": mean - half, "ci_high": mean + half}


def _of_such(one: PooledEffect) -> Iterator[Row]:
    """The mean over cohorts like these with its intervals, how much effects vary, and another cohort's."""
    mean = {"estimate": one.estimate, "se": one.se, "factor": one.factor, "df": one.df}
    yield {"estimand": "mean", **mean, "p": one.p, **_limits(one.interval)}
    yield {"estimand": "cautious", **mean, **_limits(one.cautious)}
    yield {"estimand": "factor_as_it_is", **mean, **_limits(one.as_it_is)}
    yield {"estimand": "tau", "estimate": math.sqrt(one.tau2)}
    yield {"estimand": "i_squared", "estimate": one.i2}
    yield {"estimand": "heterogeneity_test", "statistic": one.q, "df": one.df, "p": one.q_p}
    if one.cohorts >= ENOUGH:
        limits = _limits(one.prediction())
        yield {"estimand": "prediction_interval", "estimate": one.estimate, "df": one.df - 1.0, **limits}


def _limits(ends: tuple[float, float]) -> Row:
    return {"ci_low": ends[0], "ci_high": ends[1]}


def _own(effects: _Effects, fits: Mapping[str, SharedFit]) -> Iterator[Row]:
    """Each cohort's own effects, with the weight that each has where the effect is pooled by itself."""
    for place, (term, level) in enumerate(effects.keys):
        there = np.flatnonzero(np.isfinite(effects.estimates[:, place]))
        many = len(there) >= FEWEST
        tau2 = _together(effects, [place])[0].tau2 if many else 0.0
        weights = 1.0 / (effects.variances(place)[there] + tau2)
        for at, weight in zip(there, weights / weights.sum(), strict=True):
            fit = fits[effects.names[at]]
            estimate, se = float(effects.estimates[at, place]), math.sqrt(effects.variances(place)[at])
            half = float(stats.t.ppf(0.975, effects.df[at, place])) * se
            yield {
                "term": term,
                "level": level,
                "cohort": effects.names[at],
                "unit": effects.units[place],
                "estimate": estimate,
                "se": se,
                "df": float(effects.df[at, place]),
                "ci_low": estimate - half,
                "ci_high": estimate + half,
                "weight": float(weight),
                "rows": fit.rows,
                "practitioners": fit.people.get(PRACTITIONER),
            }


def _first(effects: _Effects, place: int, many: bool) -> tuple[Row, float | None]:
    """What is told first of an effect: of cohorts like these where there are ``many``, else of just these."""
    if not many:
        return _of_these(effects, place), None
    places = [one for one in range(len(effects.keys)) if effects.cohorts(one) >= FEWEST]
    one = _together(effects, places)[places.index(place)]
    return {"estimate": one.estimate, "se": one.se, **_limits(one.interval)}, math.sqrt(one.tau2)


def _influence(effects: _Effects) -> Iterator[Row]:
    """The mean effect with each cohort left out in turn, where two or more are left."""
    for place, (term, level) in enumerate(effects.keys):
        count = effects.cohorts(place)
        if count <= LEAST:
            continue
        many = count >= ENOUGH
        whole, _ = _first(effects, place, many)
        for at, name in enumerate(effects.names):
            if not np.isfinite(effects.estimates[at, place]):
                continue
            rest, tau = _first(effects.without(at), place, many)
            yield {
                "term": term,
                "level": level,
                "cohort": name,
                "estimate": whole["estimate"],
                "estimate_without": rest["estimate"],
                "ci_low": rest["ci_low"],
                "ci_high": rest["ci_high"],
                "tau": tau,
                "change_in_se": (rest["estimate"] - whole["estimate"]) / whole["se"],
                "clear_changes": _clear(rest) != _clear(whole),
            }


def _clear(row: Row) -> bool:
    return bool(row["ci_low"] > 0.0 or row["ci_high"] < 0.0)


def _who(one: Agreed, sets: Sequence[SharedSet]) -> Iterator[Row]:
    left = {each.cohort: each.reason for each in one.left}
    for each in sets:
        fit = each.fit(one.model, one.outcome)
        used = each.cohort in one.fits and not one.refused
        yield {
            "model": one.model,
            "outcome": one.outcome,
            "cohort": each.cohort,
            "used": used,
            "status": None if fit is None else fit.status,
            "checks_failed": None if fit is None else "; ".join(fit.checks_failed),
            "rows": None if fit is None else fit.rows,
            "practitioners": None if fit is None else fit.people.get(PRACTITIONER),
            "reason": left.get(each.cohort) or one.refused,
        }


def _not_pooled(one: Agreed) -> Row:
    shared = {"model": one.model, "outcome": one.outcome, "term": "", "level": "", "way": "", "estimand": ""}
    return {**shared, "cohorts": len(one.fits), "status": "not_run", "reason": one.refused}
