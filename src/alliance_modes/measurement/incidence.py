"""Cumulative incidence with competing ends: the Aalen-Johansen estimator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from alliance_modes.ground.errors import ModelError
from alliance_modes.measurement.intervals import clustered_reach

CENSORED = ""
"""The end of an enrolment whose end has not been seen yet."""


@dataclass(frozen=True)
class IncidenceCurve:
    """Cumulative incidence of one kind of end, a step function of time.

    ``time`` starts at 0; ``incidence``, ``ci_low`` and ``ci_high`` are probabilities (0-1), and
    hold from that time up to the next. ``se`` is the standard error of ``incidence``; ``at_risk``
    counts those not yet ended just before that time.
    """

    end: str
    n: int
    events: int
    time: tuple[float, ...]
    incidence: tuple[float, ...]
    se: tuple[float, ...]
    ci_low: tuple[float, ...]
    ci_high: tuple[float, ...]
    at_risk: tuple[int, ...]

    def at(self, time: float) -> tuple[float, float, float]:
        """Incidence and its interval at ``time`` (the last step at or before it)."""
        step = max(int(np.searchsorted(self.time, time, side="right")) - 1, 0)
        return self.incidence[step], self.ci_low[step], self.ci_high[step]


def cumulative_incidence(
    time: Sequence[float] | np.ndarray,
    end: Sequence[str] | np.ndarray,
    ends: Sequence[str],
    groupings: Sequence[pd.Series | np.ndarray] = (),
    level: float = 0.95,
) -> dict[str, IncidenceCurve]:
    """Estimate the cumulative incidence of each of several competing ends.

    Parameters
    ----------
    time : sequence of float, one per enrolment
        Sessions from the start to the end or to the last look; 0 or more.
    end : sequence of str, one per enrolment
        How it ended: one of ``ends``, or ``CENSORED`` where the end has not been seen.
    ends : sequence of str
        Every kind of end that takes an enrolment out of the others' reach.
    groupings : sequence of arrays, one level per enrolment
        What enrolments share (``measurement.intervals.clustered_reach``): intervals are then for new
        practitioners and sites like these. Without any, enrolments are taken as independent.
    level : float
        Confidence level of the pointwise intervals.

    Returns
    -------
    dict of IncidenceCurve
        One per kind of end, all on the same times: 0 and every time at which anything ended.

    Raises
    ------
    ModelError
        No enrolments, a time that is missing or negative, or an end that is not declared.

    Notes
    -----
    F_k(t) = sum over t_j <= t of S(t_j-1) d_kj / n_j, with S the Kaplan-Meier estimate for *any*
    end, n_j at risk and d_kj ends of kind k at t_j. Enrolments censored at t_j are at risk there.
    With one kind of end this is 1 - Kaplan-Meier; with several, 1 - Kaplan-Meier of one of them
    (the others censored) overstates it. Variance by the delta method (Marubini and Valsecchi 1995,
    which is Greenwood's with one kind of end); interval F^exp(+-z se / (F log F)) on the log(-log)
    scale (Choudhury 2002), which stays inside 0-1. With groupings, z se is the reach of what each
    enrolment adds to F_k(t) (its influence: the sum over steps v <= t of
    S(v-) (own - h_k) / n_v - (F_k(t) - F_k(v)) (any - h) / (n_v (1 - h)) while at risk, ``own`` and ``any``
    being its ends at v and h the hazards). Missing
    values are refused. Checked by hand, and against Kaplan-Meier with Greenwood's variance.

    References
    ----------
    Aalen & Johansen (1978), Scandinavian Journal of Statistics 5, 141-150. Marubini & Valsecchi
    (1995), Analysing survival data from clinical trials and observational studies, ch. 10.
    Choudhury (2002), Statistics in Medicine 21, 1129-1144.
    """
    times, kinds = np.asarray(time, dtype=float), np.asarray(end, dtype=object)
    _refuse(times, kinds, tuple(ends))
    steps = np.unique(times[kinds != CENSORED])
    at_risk = np.array([(times >= step).sum() for step in steps], dtype=float)
    counts = {
        kind: np.array([((times == step) & (kinds == kind)).sum() for step in steps], dtype=float)
        for kind in ends
    }
    every = sum(counts.values(), start=np.zeros(len(steps)))
    hazard = np.divide(every, at_risk, out=np.zeros_like(at_risk), where=at_risk > 0)
    before = np.concatenate([[1.0], np.cumprod(1 - hazard)[:-1]]) if len(steps) else np.zeros(0)
    z = NormalDist().inv_cdf(0.5 + level / 2)
    curves = {}
    for kind in ends:
        incidence = np.cumsum(before * counts[kind] / at_risk)
        se = np.sqrt(np.maximum(_variances(incidence, at_risk, counts[kind], every, before), 0.0))
        half = z * se
        if groupings:
            parts = _influence(times, kinds, kind, steps, at_risk, counts[kind], every, before)
            reach = clustered_reach(parts, groupings, level)
            known = np.isfinite(reach.half)
            se, half = np.where(known, reach.se, se), np.where(known, reach.half, half)
        curves[kind] = _curve(kind, steps, incidence, se, half, at_risk, int(counts[kind].sum()), len(times))
    return curves


def _refuse(times: np.ndarray, kinds: np.ndarray, ends: tuple[str, ...]) -> None:
    if times.size == 0:
        raise ModelError("cumulative incidence needs at least one enrolment")
    if not np.isfinite(times).all() or (times < 0).any():
        raise ModelError("cumulative incidence needs the session at which each enrolment ended, 0 or more")
    strangers = sorted({str(kind) for kind in kinds} - {*ends, CENSORED})
    if strangers:
        raise ModelError(f"these ends are not declared: {', '.join(strangers)} (declared: {', '.join(ends)})")


def _curve(
    kind: str,
    steps: np.ndarray,
    incidence: np.ndarray,
    se: np.ndarray,
    half: np.ndarray,
    at_risk: np.ndarray,
    events: int,
    n: int,
) -> IncidenceCurve:
    low, high = _log_log(incidence, half)
    return IncidenceCurve(
        end=kind,
        n=n,
        events=events,
        time=(0.0, *steps.tolist()),
        incidence=(0.0, *incidence.tolist()),
        se=(0.0, *se.tolist()),
        ci_low=(0.0, *low.tolist()),
        ci_high=(0.0, *high.tolist()),
        at_risk=(n, *at_risk.astype(int).tolist()),
    )


def _influence(
    times: np.ndarray,
    kinds: np.ndarray,
    kind: str,
    steps: np.ndarray,
    at_risk: np.ndarray,
    own: np.ndarray,
    every: np.ndarray,
    before: np.ndarray,
) -> np.ndarray:
    """What each enrolment adds to the incidence of one kind at each step (enrolments x steps)."""
    here = (times[:, None] == steps) & (kinds != CENSORED)[:, None]
    exposed = times[:, None] >= steps
    hazard, any_hazard = own / at_risk, every / at_risk
    own_part = (here & (kinds == kind)[:, None]) - exposed * hazard
    any_part = here - exposed * any_hazard
    left = np.where(any_hazard < 1.0, 1.0 - any_hazard, np.inf)
    rises, incidence = own_part * before / at_risk, np.cumsum(before * hazard)
    losses = any_part / (at_risk * left)
    return np.cumsum(rises + losses * incidence, axis=1) - incidence * np.cumsum(losses, axis=1)


def _variances(
    incidence: np.ndarray, at_risk: np.ndarray, own: np.ndarray, every: np.ndarray, before: np.ndarray
) -> np.ndarray:
    left = at_risk - every
    any_end = np.divide(every, at_risk * left, out=np.zeros_like(left), where=left > 0)
    own_end = before**2 * own * (at_risk - own) / at_risk**3
    cross = before * own / at_risk**2
    variances = np.zeros_like(incidence)
    for step in range(len(incidence)):
        rise = incidence[step] - incidence[: step + 1]
        past = slice(0, step + 1)
        variances[step] = (rise**2 * any_end[past] + own_end[past] - 2 * rise * cross[past]).sum()
    return variances


def _log_log(incidence: np.ndarray, half: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    inside = (incidence > 0) & (incidence < 1)
    safe = np.where(inside, incidence, 0.5)
    width = np.where(inside, half / (safe * np.log(safe)), 0.0)
    return (
        np.where(inside, safe ** np.exp(-width), incidence),
        np.where(inside, safe ** np.exp(width), incidence),
    )
