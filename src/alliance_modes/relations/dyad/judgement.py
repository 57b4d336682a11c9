"""Truth and bias: one person's rating as a judgement of another's."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import get_args

import pandas as pd
from scipy import stats

from alliance_modes.derive.levels import split_levels
from alliance_modes.dictionary.named import PRACTITIONER_ID
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.engine.prepared import INTERCEPT
from alliance_modes.models.inference.estimated import Estimated, Refused
from alliance_modes.models.inference.inference import CONFIDENCE
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.plan.terms import Estimand, GroupingName, Outcome, PlannedModel, Predictor
from alliance_modes.relations.dyad.pairs import UNIT, Pairs
from alliance_modes.relations.result import RelationEstimate

BIAS, TRACKING = "directional_bias", "tracking"
OWN_MEAN = "coefficient_own_mean"
"""The intercept with each rating centred on its own mean: the usual way, which leaves no bias to show."""


def judged(pairs: Pairs, part: str) -> Iterator[RelationEstimate]:
    """Directional bias and tracking of one scale.

    Parameters
    ----------
    pairs : Pairs
    part : str
        Its name in every table.

    Returns
    -------
    iterator of RelationEstimate
        ``directional_bias`` (in tenths of the range; with the estimand ``coefficient_own_mean`` what own-mean
        centring leaves of it), and ``tracking`` over all pairs, among clients of one practitioner
        (``within``) and over practitioners (``between``).

    Notes
    -----
    J - mean(T) = b + t (T - mean(T)) + effects of practitioner, group, site and enrolment + error, with T the
    truth, J the judgement: b is directional bias at the mean truth, t the truth force (tracking). Centred
    on its own mean J has an intercept of zero but for the weights of the mixed model, whatever the bias.
    The mean of T is itself that of a sample: Var(b) = Var(b | T) + (1 - t)^2 Var(mean T), so that the
    interval is for new practitioners and sites like these.

    References
    ----------
    West, T. V., & Kenny, D. A. (2011). The truth and bias model of judgment. Psychological Review, 118(2),
    357-378.
    """
    rows = pairs.rows
    centre = float(rows["truth"].mean())
    rows = rows.assign(truth=rows["truth"] - centre, judged=rows["judged"] - centre)
    rows = pd.concat([rows, split_levels(rows, "truth", PRACTITIONER_ID)], axis=1)
    whole = _estimated(rows, Predictor(label="truth", column="truth", unit=UNIT))
    if isinstance(whole, Refused):
        for term in (BIAS, TRACKING):
            yield _refused(part, term, whole)
        return
    yield from _bias(whole, float(rows["judged"].mean()), part)
    yield _row(whole, part, TRACKING, "truth")
    levels = _estimated(rows, Predictor(label="truth", column="truth", unit=UNIT, split=True))
    if isinstance(levels, Refused):
        yield _refused(part, f"{TRACKING}_by_level", levels)
        return
    for level in ("within", "between"):
        yield _row(levels, part, TRACKING, f"truth_{level}").model_copy(update={"level": level})


def _estimated(rows: pd.DataFrame, truth: Predictor) -> Estimated | Refused:
    outcome = Outcome(name="judged", label="judged", column="judged", rater="practitioner")
    model = PlannedModel(
        hypothesis="",
        title="judgement",
        table="alliance",
        family="linear",
        claim="exploratory",
        estimand=Estimand(**dict.fromkeys(Estimand.model_fields, "")),
        outcomes=(outcome,),
        formula="truth",
        tested=("truth",),
        random=get_args(GroupingName),
    )
    return estimate_outcome({"truth": truth}, model, outcome, rows)


@dataclass(frozen=True)
class _Mean:
    """Standard error and df of the truth's mean."""

    se: float
    df: float


def _mean_of_truth(found: Estimated) -> _Mean:
    """Of a model of the truth without predictors, with the groupings of the judgement's."""
    fit = fit_mixed(found.design.frame, "truth", (), found.structure.groupings)
    levels = [found.design.frame[one.columns[0]].nunique() for one in found.structure.groupings]
    df = min([float(fit.df[0]), *(count - 1.0 for count in levels)])
    return _Mean(float(fit.se[0]), max(df, 1.0) if math.isfinite(df) else 1.0)


def _bias(found: Estimated, mean_judged: float, part: str) -> Iterator[RelationEstimate]:
    row = _row(found, part, BIAS, INTERCEPT)
    mean = _mean_of_truth(found)
    slope = float(found.inference.beta[found.inference.place("truth")])
    se = math.hypot(row.se or 0.0, (1.0 - slope) * mean.se)
    df = min(row.df or 1.0, mean.df)
    bias = row.estimate or 0.0
    for estimand, estimate in (("coefficient", bias), (OWN_MEAN, bias - mean_judged)):
        reach = float(stats.t.ppf(0.5 + CONFIDENCE / 2.0, df)) * se
        yield row.model_copy(
            update={
                "estimand": estimand,
                "unit": UNIT,
                "estimate": estimate,
                "se": se,
                "df": df,
                "statistic": estimate / se,
                "p": float(2.0 * stats.t.sf(abs(estimate / se), df)),
                "ci_low": estimate - reach,
                "ci_high": estimate + reach,
            }
        )


def _row(found: Estimated, part: str, term: str, name: str) -> RelationEstimate:
    inference, place = found.inference, found.inference.place(name)
    low, high = inference.interval()
    return RelationEstimate(
        part=part,
        term=term,
        estimand="coefficient",
        unit=f"{UNIT} per {UNIT}",
        estimate=float(inference.beta[place]),
        se=float(inference.se[place]),
        df=float(inference.df[place]),
        statistic=float(inference.statistic[place]),
        p=float(inference.p[place]),
        ci_low=float(low[place]),
        ci_high=float(high[place]),
        n=found.design.observations,
        clusters=dict(found.design.clusters),
        status=found.status,
    )


def _refused(part: str, term: str, found: Refused) -> RelationEstimate:
    refusal = found.refusal
    return RelationEstimate(
        part=part, term=term, estimand="coefficient", status=refusal.status, reason=refusal.reason
    )
