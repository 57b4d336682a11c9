"""Withdrawal and confrontation, each by itself, before somebody drops out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd
from scipy import stats

from alliance_modes.derive.person_period import RUPTURES
from alliance_modes.dictionary.named import ENROLMENT_ID, RUPTURE
from alliance_modes.domain import DROP_OUT
from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.inference.inference import CONFIDENCE
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.terms import Predictor
from alliance_modes.relations.fitted import Asked, Fit, asked, fit
from alliance_modes.relations.result import RelationEstimate

BESIDE_REPAIR = "_beside_repair"
EVER = "_ever"
"""Estimands of a fit with ruptures at any time, later ones too: the usual way, printed as a warning."""

APART = "confrontation_less_withdrawal"
UNIT = "last rupture was one, rather than no rupture"


def last_rupture(sessions: pd.DataFrame, kind: str) -> pd.Series:
    """1 where the last rupture up to the session before was of this kind, else 0.

    Parameters
    ----------
    sessions : DataFrame
        The analysis table of sessions, in the order of enrolment and session.
    kind : str

    Notes
    -----
    Sessions of which no rupture is recorded change nothing, as in ``derive.person_period.unrepaired_before``.
    """
    last = sessions[RUPTURE].astype("object").where(sessions[RUPTURE].isin(RUPTURES))
    before = last.groupby(sessions[ENROLMENT_ID], sort=False).ffill()
    before = before.groupby(sessions[ENROLMENT_ID], sort=False).shift(1)
    return (before == kind).astype(float)


def ever_rupture(sessions: pd.DataFrame, kind: str) -> pd.Series:
    """1 in every session of an enrolment with a rupture of this kind in any of them, later ones too."""
    there = (sessions[RUPTURE] == kind).fillna(False).astype(float)
    return there.groupby(sessions[ENROLMENT_ID], sort=False).transform("max")


def before_drop_out(task: RelationTask, sessions: pd.DataFrame) -> Iterator[RelationEstimate]:
    """Hazard of drop-out after each kind of rupture, by the plan's own model of drop-out.

    Parameters
    ----------
    task : RelationTask
    sessions : DataFrame
        The analysis table of sessions.

    Returns
    -------
    iterator of RelationEstimate
        Per kind, and for confrontation less withdrawal: without what the plan tests in that model (whether
        the last rupture was repaired), and beside it (estimands with ``_beside_repair``: of a
        repaired one of the kind); and with ruptures at any time in place of those before (``_ever``).

    Notes
    -----
    Somebody who stays long has many sessions in which a rupture can fall: with ruptures at any time as the
    predictor, those who stay seem to have been kept by them.
    """
    wider = sessions.assign(
        **{f"{kind}_before": last_rupture(sessions, kind) for kind in RUPTURES},
        **{f"{kind}_ever": ever_rupture(sessions, kind) for kind in RUPTURES},
    )
    before = {kind: _predictor(f"{kind}_before") for kind in RUPTURES}
    ever = {kind: _predictor(f"{kind}_ever") for kind in RUPTURES}
    named = {kind: kind for kind in RUPTURES}
    for one in asked(task):
        if one.outcome.column != f"ended_{DROP_OUT}":
            continue
        alone = _without_tested(one)
        yield from _of_each(fit(alone, task, wider, before), named, task)
        beside = {name: name for name in one.model.tested if name in one.model.predictors}
        for row in fit(one, task, wider, before).rows({**named, **beside}, task):
            yield row.model_copy(update={"estimand": row.estimand + BESIDE_REPAIR})
        for row in fit(alone, task, wider, ever).rows(named, task):
            yield row.model_copy(update={"estimand": row.estimand + EVER})


def _of_each(done: Fit, named: Mapping[str, str], task: RelationTask) -> list[RelationEstimate]:
    """The rows of each kind and of their difference: a list, so that the fit is let go before the next."""
    return [*done.rows(named, task), *_apart(done)]


def _without_tested(one: Asked) -> Asked:
    return replace(one, model=one.model.without(one.model.tested))


def _predictor(column: str) -> Predictor:
    return Predictor(label=column, column=column, unit=UNIT)


def _apart(done: Fit) -> Iterator[RelationEstimate]:
    """Confrontation less withdrawal, on the log scale and as the ratio of their hazard ratios."""
    if not isinstance(done.found, Estimated):
        return
    inference, design = done.found.inference, done.found.design
    places = [inference.place(f"{kind}_before") for kind in ("confrontation", "withdrawal")]
    weights = np.array([1.0, -1.0])
    estimate = float(weights @ inference.beta[places])
    se = float(np.sqrt(weights @ inference.vcov[np.ix_(places, places)] @ weights))
    df = float(np.min(inference.df[places]))
    reach = float(stats.t.ppf(0.5 + CONFIDENCE / 2.0, df)) * se
    row = RelationEstimate(
        part=done.part,
        term=APART,
        estimand="coefficient",
        unit="log hazard",
        estimate=estimate,
        se=se,
        df=df,
        statistic=estimate / se,
        p=float(2.0 * stats.t.sf(abs(estimate / se), df)),
        ci_low=estimate - reach,
        ci_high=estimate + reach,
        n=design.observations,
        clusters=dict(design.clusters),
        status=done.found.status,
    )
    yield row
    limits = {name: math.exp(getattr(row, name) or 0.0) for name in ("estimate", "ci_low", "ci_high")}
    yield row.model_copy(update={"estimand": "hazard_ratio", "unit": "hazard ratio", "se": None, **limits})
