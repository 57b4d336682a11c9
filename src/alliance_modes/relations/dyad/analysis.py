"""Two raters of the same session: what one knows of the other's view, and whether agreement matters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliance_modes.derive.levels import as_number
from alliance_modes.dictionary.named import ENROLMENT_ID, PRACTITIONER_ID, SESSION_NO
from alliance_modes.domain import PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.inference.estimated import Refused
from alliance_modes.models.result import Check
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.relations.dyad import Dyad
from alliance_modes.plan.terms import Predictor
from alliance_modes.relations.dyad.expected import expected_points
from alliance_modes.relations.dyad.judgement import judged
from alliance_modes.relations.dyad.pairs import TENTHS, UNIT, Pairs, first_pairs, pairs_of
from alliance_modes.relations.dyad.surface import COLUMNS, Surface, congruence, polynomial
from alliance_modes.relations.fitted import Asked, asked, fit
from alliance_modes.relations.result import (
    Relation,
    RelationCheck,
    RelationEstimate,
    RelationPoint,
    refused,
    relation,
)
from alliance_modes.words.names import instrument_name

DIFFERENCE = "coefficient_difference_score"
"""What the absolute difference of both ratings has alone: the usual way, printed as a warning."""

PAIRS_PER_COEFFICIENT = 10
RATED_HIGHER = 0.5
SHARE_HIGHER = 0.10
"""A surface across agreement needs a tenth of the pairs on each side, half an SD apart or more."""


@dataclass(frozen=True)
class _Found:
    estimates: tuple[RelationEstimate, ...]
    checks: tuple[RelationCheck, ...] = ()
    points: tuple[RelationPoint, ...] = ()


def analyse(task: RelationTask, tables: Mapping[str, pd.DataFrame]) -> Relation:
    """Truth and bias of every scale, and the response surface of every outcome of the named models.

    Parameters
    ----------
    task : RelationTask
    tables : mapping of DataFrame
        The analysis tables, by name, and ``centiles`` (the range of every scale).

    Returns
    -------
    Relation
        Parts ``<truth>_<judge>.<scale>`` (see ``judgement``) and ``<model>.<outcome>`` (see ``surface``).

    Notes
    -----
    The surface stands in the plan's own model, with its covariates. Ratings are those of the first session
    that both rated, up to the landmark; outcomes by session count after the landmark, so that what is
    explained comes later. Enrolments that had left before have no pair.
    """
    settings = task.settings(Dyad)
    if "alliance" not in tables or "centiles" not in tables or tables["alliance"].empty:
        return refused("dyad", "not_run", "no inventories of the alliance")
    raters = (settings.truth, settings.judge)
    found = [_judged(tables, raters, scale) for scale in settings.scales]
    pairs = pairs_of(tables["alliance"], tables["centiles"], raters, settings.surface)
    found += [_surface(one, task, tables, pairs, settings) for one in asked(task)]
    return relation(
        "dyad",
        [row for one in found for row in one.estimates],
        [row for one in found for row in one.checks],
        [row for one in found for row in one.points],
    )


def _judged(tables: Mapping[str, pd.DataFrame], raters: tuple[str, str], scale: str) -> _Found:
    part = f"{'_'.join(raters)}.{scale}"
    pairs = pairs_of(tables["alliance"], tables["centiles"], raters, scale)
    if pairs.reason:
        return _Found((_not(part, "directional_bias", "not_run", pairs.reason),))
    named = " and ".join(
        f"{rater} {instrument_name(instrument)} ({span})"
        for rater, instrument, span in zip(raters, pairs.instruments, pairs.ranges, strict=True)
    )
    left = f"; {pairs.left} pairs of other instruments left out" if pairs.left else ""
    alike = pairs.instruments[0] == pairs.instruments[1] or len(set(pairs.ranges)) == 1
    checks = (
        RelationCheck(
            part=part, check="same_metric", result="pass" if alike else "fail", detail=f"{named}{left}"
        ),
        _practitioners(part, pairs.rows),
    )
    return _Found(tuple(judged(pairs, part)), checks)


def _practitioners(part: str, rows: pd.DataFrame) -> RelationCheck:
    count = int(rows[PRACTITIONER_ID].nunique())
    result: Check = "pass" if count >= PRACTITIONERS_FOR_A_CLAIM else "fail"
    detail = (
        f"{count} practitioner{'' if count == 1 else 's'}; {PRACTITIONERS_FOR_A_CLAIM} are needed to read a "
        "number as more than a hint"
    )
    return RelationCheck(part=part, check="practitioners", result=result, detail=detail)


def _surface(
    one: Asked, task: RelationTask, tables: Mapping[str, pd.DataFrame], pairs: Pairs, settings: Dyad
) -> _Found:
    early = pairs.rows if pairs.reason else first_pairs(pairs, settings.landmark)
    reason = pairs.reason or _why_not(one, tables, early, settings)
    if reason:
        return _Found((_not(one.part, "a4", "not_run", reason),))
    wider = _with_ratings(tables[one.table], early, settings.landmark)
    lacking = _too_few(wider)
    if lacking:
        return _Found((_not(one.part, "a4", "not_estimated", lacking),))
    done = fit(one, task, wider, {name: _predictor(name) for name in COLUMNS})
    if isinstance(done.found, Refused):
        refusal = done.found.refusal
        return _Found((_not(one.part, "a4", refusal.status, refusal.reason),))
    unit = f"{family_of(one.model.family).scale.unit} per {UNIT}, squared in a2 and a4"
    surface = Surface(one.part, done.found, unit, _reach(early), task.draws, task.seed)
    rows = tuple(surface.rows())
    usual = fit(one, task, wider, {"difference": _predictor("difference")})
    naive = (
        row.model_copy(update={"estimand": DIFFERENCE})
        for row in usual.rows({"difference": "absolute_difference"}, task)
        if row.estimand == "coefficient"
    )
    checks = (_discrepancies(one.part, early), congruence(one.part, rows))
    both = wider.drop_duplicates(ENROLMENT_ID)
    points = (*surface.points(), *expected_points(done.found, one.part, both))
    return _Found((*rows, *naive), checks, points)


def _why_not(one: Asked, tables: Mapping[str, pd.DataFrame], early: pd.DataFrame, settings: Dyad) -> str:
    if one.table not in tables:
        return f"the cohort has no table {one.table}"
    if one.table == "alliance":
        return "its outcome is a rating of the alliance itself"
    if early.empty:
        return f"no enrolment has both ratings at session {settings.landmark} or earlier"
    return ""


def _with_ratings(table: pd.DataFrame, early: pd.DataFrame, landmark: int) -> pd.DataFrame:
    """Rows of enrolments with a pair, of sessions those after the landmark, with the surface's columns."""
    middle = TENTHS / 2.0
    rated = early.set_index(ENROLMENT_ID)[["truth", "judged"]] - middle
    rows = table[table[ENROLMENT_ID].isin(rated.index)]
    if SESSION_NO in rows:
        rows = rows[as_number(rows[SESSION_NO]) > landmark]
    own, other = (rows[ENROLMENT_ID].map(rated[name]).to_numpy(dtype=float) for name in ("truth", "judged"))
    return rows.assign(**polynomial(own, other), difference=np.abs(own - other))


def _too_few(rows: pd.DataFrame) -> str:
    practitioners = int(rows[PRACTITIONER_ID].nunique())
    if practitioners < PRACTITIONERS_FOR_A_CLAIM:
        return (
            f"{practitioners} practitioner{'' if practitioners == 1 else 's'} for a surface of "
            f"{len(COLUMNS)} coefficients; {PRACTITIONERS_FOR_A_CLAIM} are needed"
        )
    pairs, needed = int(rows[ENROLMENT_ID].nunique()), PAIRS_PER_COEFFICIENT * len(COLUMNS)
    return "" if pairs >= needed else f"{pairs} enrolments with both ratings; {needed} are needed"


def _predictor(name: str) -> Predictor:
    return Predictor(label=name, column=name, unit=UNIT)


def _reach(early: pd.DataFrame) -> tuple[float, float]:
    """The middle 98 % of both ratings, about the middle of the range."""
    values = early[["truth", "judged"]].to_numpy() - TENTHS / 2.0
    low, high = np.percentile(values, [1.0, 99.0], axis=0)
    return float(low.max()), float(high.min())


def _discrepancies(part: str, early: pd.DataFrame) -> RelationCheck:
    """Whether both kinds of disagreement are there, by half an SD or more of the ratings."""
    apart = (early["truth"] - early["judged"]) / early[["truth", "judged"]].stack().std()
    shares = [float((side * apart >= RATED_HIGHER).mean()) for side in (1.0, -1.0)]
    result: Check = "pass" if min(shares) >= SHARE_HIGHER else "fail"
    detail = f"rated higher by the first {100 * shares[0]:.0f} %, by the second {100 * shares[1]:.0f} %"
    return RelationCheck(part=part, check="discrepancies", result=result, detail=detail)


def _not(part: str, term: str, status: str, reason: str) -> RelationEstimate:
    return RelationEstimate.model_validate(
        {"part": part, "term": term, "estimand": "coefficient", "status": status, "reason": reason}
    )
