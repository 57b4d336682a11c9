"""How far the ratings of a cohort are from what earlier ones let expect."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from alliance_modes.dictionary.named import SESSION_NO
from alliance_modes.models.inference.estimated import Refused
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.models.peers.following import Following
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.terms import Predictor
from alliance_modes.relations.course.earlier import ENOUGH, Learnt
from alliance_modes.relations.fitted import Fit
from alliance_modes.relations.result import RelationCheck, RelationEstimate
from alliance_modes.words.rounding import number, p_value

LEVEL, COURSE = "this_cohort", "this_cohort_by_session"
ALIKE, SPREAD = "like_earlier_cohorts", "band_between_cohorts"
SESSIONS = 10.0
"""Sessions that one unit of the course is."""


def apart(part: str, made: Learnt, task: RelationTask) -> tuple[Fit, RelationCheck]:
    """The ratings of this cohort beside those of comparable clients of earlier ones, in one model of all.

    Parameters
    ----------
    part : str
        The rating.
    made : Learnt
    task : RelationTask

    Returns
    -------
    Fit and RelationCheck
        The difference in level at the mean session of this cohort, and in the course per ten sessions (where
        there is one); the check fails where the two are not zero together at p < .05.
    """
    session = made.table[SESSION_NO].to_numpy(dtype=float, na_value=np.nan)
    clock = np.where(made.own, session - np.nanmean(session[made.own]), 0.0) / SESSIONS
    added = {LEVEL: _of_cohort(LEVEL, "this cohort rather than earlier ones")}
    if np.nanstd(session[made.own]) > 0:
        added[COURSE] = _of_cohort(COURSE, "this cohort rather than earlier ones, per 10 sessions")
    formula = " + ".join([*made.asked.model.terms, *added])
    model = made.asked.model.model_copy(update={"formula": formula, "tested": tuple(added)})
    table = made.table.assign(**{LEVEL: made.own.astype(float), COURSE: clock})
    (outcome,) = model.outcomes
    found = Fit(part, model, estimate_outcome({**made.asked.predictors, **added}, model, outcome, table))
    return found, _alike(part, found, made, task)


def spread(part: str, made: Learnt) -> RelationCheck:
    """Whether the band holds how cohorts differ; it cannot be known from few."""
    count = len(made.cohorts)
    said = f"{count} earlier cohort{'s' if count > 1 else ''}"
    if made.differ:
        detail = f"{said}, each expected from the others"
        return RelationCheck(part=part, check=SPREAD, result="pass", detail=detail)
    return RelationCheck(part=part, check=SPREAD, result="not_checked", detail=f"{said}; {ENOUGH} are needed")


def rows(found: Fit, task: RelationTask) -> Iterator[RelationEstimate]:
    """The differences as rows of the result."""
    yield from found.rows({name: name for name in found.model.tested}, task)


def line_apart(found: Following) -> np.ndarray:
    """What the ratings are above what was expected of them, as a straight line over sessions, by rating."""
    session = found.rows[SESSION_NO].to_numpy(dtype=float)
    design = np.column_stack([np.ones(len(session)), session - session.mean()])
    values, expected = (found.rows[name].to_numpy() for name in ("value", "expected"))
    return design @ np.linalg.lstsq(design, values - expected, rcond=None)[0]


def _of_cohort(column: str, unit: str) -> Predictor:
    return Predictor(label=column, column=column, unit=unit)


def _alike(part: str, fit: Fit, made: Learnt, task: RelationTask) -> RelationCheck:
    if isinstance(fit.found, Refused):
        return RelationCheck(part=part, check=ALIKE, result="not_checked", detail=fit.found.refusal.reason)
    jointly = next((one.p for one in fit.found.estimates if one.estimand == "joint_test"), None)
    level = next(one for one in rows(fit, task) if (one.term, one.estimand) == (LEVEL, "coefficient"))
    p = level.p if jointly is None else jointly
    if p is None or level.estimate is None:
        return RelationCheck(part=part, check=ALIKE, result="not_checked", detail="no test of it")
    which = "higher" if level.estimate > 0 else "lower"
    limits = f"{number(level.ci_low, 2)} to {number(level.ci_high, 2)}"
    detail = (
        f"ratings are {number(abs(level.estimate), 2)} points {which} than those of clients like them in "
        f"{' and '.join(made.cohorts)} [difference {limits}]; level and course together p {p_value(p)}"
    )
    return RelationCheck(part=part, check=ALIKE, result="fail" if p < 0.05 else "pass", detail=detail)
