"""Do clients of practitioners with a very low or very high mean alliance fare worse?"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import PRACTITIONER_ID
from alliance_modes.models.design.build import build_design
from alliance_modes.models.design.design import PRACTITIONER, Refusal
from alliance_modes.models.effects.marginal import marginal_effects
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.refitting.deletion import deletions, jackknifed
from alliance_modes.models.result import Check, Level
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.relations.curvature import Curvature
from alliance_modes.plan.terms import Outcome, PlannedModel, Predictor
from alliance_modes.relations.curvature.low import WAYS, Treated, treated
from alliance_modes.relations.curvature.turning import Quadratic
from alliance_modes.relations.curvature.usual import (
    ADDED,
    NAIVE,
    OWN,
    RAW,
    RAW_SQUARE,
    SQUARE,
    USUAL,
    Usual,
    usual_alliance,
)
from alliance_modes.relations.fitted import Asked, asked, fit
from alliance_modes.relations.mediation.landmark import rated_by
from alliance_modes.relations.result import (
    Relation,
    RelationCheck,
    RelationEstimate,
    RelationPoint,
    refused,
    relation,
)

NAME = "curvature"
ALLIANCE = "alliance"
RAW_MEAN = "_raw_mean"
"""Of the raw mean of all clients' ratings in place of the shrunken one: the usual way."""

BY_REGRESSION = "square_by_regression_to_the_mean"
"""The square of the raw mean that a straight line over the true means gives, by how few clients rated."""

TERMS: Mapping[str, tuple[str, Level]] = {
    USUAL: ("coefficient", "between"),
    SQUARE: ("square", "between"),
    OWN: ("coefficient", "within"),
}
LEVELS: tuple[Level, ...] = ("between", "within")
ENDS, FEWEST = 1.0, 3
"""Practitioners so many SDs from the mean are at an end; fewer than so many there carry no curve."""

POINTS = 9
UNIT = "1 SD of practitioners"


@dataclass(frozen=True)
class _Made:
    """One outcome with its fit, and the quadratic over the true means."""

    one: Asked
    task: RelationTask
    usual: Usual
    found: Estimated

    @property
    def curve(self) -> Quadratic:
        """The line and the square, with the df of the square."""
        inference = self.found.inference
        places = [inference.place(name) for name in (USUAL, SQUARE)]
        vcov = inference.vcov[np.ix_(places, places)]
        return Quadratic(inference.beta[places], vcov, float(inference.df[places[1]]))

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest practitioner, in SDs of true means."""
        values = self.found.design.frame[USUAL]
        return float(values.min()), float(values.max())

    def row(self, estimand: str, level: Level = "between", **numbers: Any) -> RelationEstimate:
        """One number of this outcome."""
        design = self.found.design
        scale = family_of(self.one.model.family).scale.unit
        return RelationEstimate(
            part=self.one.part,
            term=ALLIANCE,
            level=level,
            estimand=estimand,
            n=design.observations,
            clusters=dict(design.clusters),
            status=self.found.status,
            **{"unit": f"{scale} per {UNIT}", **numbers},
        )


def analyse(task: RelationTask, tables: Mapping[str, pd.DataFrame]) -> Relation:
    """The curve of every outcome of the named models over practitioners' mean alliance.

    Parameters
    ----------
    task : RelationTask
    tables : mapping of DataFrame
        The analysis tables, by name.

    Returns
    -------
    Relation
        Per outcome ``coefficient`` (slope at the mean practitioner; within: of a client's own rating beside
        it), ``square``, ``turning_point`` with Fieller's limits, ``turn`` (p of the test that it goes up on
        one side and down on the other); ``coefficient_raw_mean`` and ``square_raw_mean``, the usual way, and
        ``square_by_regression_to_the_mean``; ``coefficient_left_out_three_sd`` and its like, both slopes with
        low ratings left out or drawn in (``WAYS``). Points: the difference from a practitioner with the mean
        alliance. Checks ``usual_rating``, ``ends`` and ``turning_point``
        (whether it lies between the practitioners there are).

    Notes
    -----
    See ``usual_alliance``. Standard errors of slope and square over practitioners are the jackknife's
    (``jackknifed``), which has in it that the shrunken means are estimates: with the model's own the interval
    of a true bend held it in 89 of 100 cohorts. df stay.
    """
    settings = task.settings(Curvature)
    rating = _rating(task, settings)
    if rating is None:
        return refused(NAME, "not_run", f"the plan has no outcome {settings.rating} of {settings.alliance}")
    if not {"alliance", "enrolment"} <= set(tables):
        return refused(NAME, "not_run", "there are no inventories of the alliance")
    ratings = rated_by(tables["alliance"], rating, settings.landmark)
    estimates: list[RelationEstimate] = []
    checks: list[RelationCheck] = []
    points: list[RelationPoint] = []
    for one in asked(task):
        of_rating = one.part.startswith(f"{settings.alliance}.")
        if of_rating or one.table not in tables or PRACTITIONER not in one.model.random:
            continue
        made = _made(one, task, tables, ratings)
        if isinstance(made, Refusal):
            estimates.append(_refused(one, made))
            continue
        estimates += [*_numbers(made), *_usual_way(made, tables[one.table])]
        checks += list(_checks(made))
        found, checked = _without_low(made, tables, ratings)
        estimates += found
        checks += checked
        points += list(_points(made))
    return relation(NAME, estimates, checks, points)


def _rating(task: RelationTask, settings: Curvature) -> Outcome | None:
    model = task.models.get(settings.alliance)
    outcomes = () if model is None else model.outcomes
    return next((one for one in outcomes if one.name == settings.rating), None)


def _refused(one: Asked, why: Refusal) -> RelationEstimate:
    return RelationEstimate(
        part=one.part, term=ALLIANCE, level="between", estimand="square", status=why.status, reason=why.reason
    )


def _made(
    one: Asked, task: RelationTask, tables: Mapping[str, pd.DataFrame], ratings: pd.Series
) -> _Made | Refusal:
    """The fit of one outcome; modes are left out, since they are what may make the alliance."""
    plain = replace(one, model=_without_modes(one.model, task))
    shared = _shared(plain, task, tables)
    if isinstance(shared, Refusal):
        return shared
    usual = usual_alliance(tables["enrolment"], ratings, shared)
    if isinstance(usual, Refusal):
        return usual
    wider = usual.beside(tables[one.table])
    found = fit(plain, task, wider, {name: _predictor(name) for name in ADDED}).found
    return (
        _Made(plain, task, usual, _over_practitioners(found))
        if isinstance(found, Estimated)
        else found.refusal
    )


def _over_practitioners(found: Estimated) -> Estimated:
    """The fit with standard errors of the curve that do not take practitioners as equally far from it.

    The farther out a shrunken mean lies, the more its own error is multiplied where the curve bends.
    """
    of_row, levels = pd.factorize(found.design.frame[PRACTITIONER_ID].astype("str"))
    left = deletions(found.design, found.structure, of_row, len(levels))
    return replace(found, inference=jackknifed(found.inference, (USUAL, SQUARE), left))


def _without_modes(model: PlannedModel, task: RelationTask) -> PlannedModel:
    known = (name for name in model.predictors if name in task.predictors)
    return model.without([name for name in known if task.predictors[name].mode is not None])


def _shared(one: Asked, task: RelationTask, tables: Mapping[str, pd.DataFrame]) -> list[str] | Refusal:
    """Practitioner-level columns of the model that enrolments have too."""
    if not one.model.formula:
        return []
    design = build_design(tables[one.table], one.model, one.outcome, task.predictors)
    if isinstance(design, Refusal):
        return design
    known = (column.name for column in design.columns if column.practitioner_level)
    return [name for name in known if name in tables["enrolment"]]


def _predictor(name: str) -> Predictor:
    return Predictor(label=name, column=name, unit=UNIT, level="within" if name == OWN else "between")


def _numbers(made: _Made) -> Iterator[RelationEstimate]:
    inference, curve = made.found.inference, made.curve
    for name, (estimand, level) in TERMS.items():
        place = inference.place(name)
        low, high = (limits[place] for limits in inference.interval())
        yield made.row(
            estimand,
            level,
            estimate=float(inference.beta[place]),
            se=float(inference.se[place]),
            df=float(inference.df[place]),
            statistic=float(inference.statistic[place]),
            p=float(inference.p[place]),
            ci_low=float(low),
            ci_high=float(high),
        )
    turning, first, last = curve.turning()
    yield made.row("turning_point", unit=UNIT, estimate=turning, ci_low=first, ci_high=last)
    statistic, p = curve.turns(*made.ends)
    yield made.row("turn", unit="t", df=curve.df, statistic=statistic, p=p)


def _usual_way(made: _Made, table: pd.DataFrame) -> Iterator[RelationEstimate]:
    """The raw mean with its square, and which square a straight line would give it."""
    wider = made.usual.beside(table)
    found = fit(made.one, made.task, wider, {name: _predictor(name) for name in NAIVE}).found
    if isinstance(found, Estimated):
        inference = found.inference
        for name, estimand in ((RAW, "coefficient"), (RAW_SQUARE, "square")):
            place = inference.place(name)
            low, high = (limits[place] for limits in inference.interval())
            yield made.row(
                f"{estimand}{RAW_MEAN}",
                estimate=float(inference.beta[place]),
                se=float(inference.se[place]),
                df=float(inference.df[place]),
                p=float(inference.p[place]),
                ci_low=float(low),
                ci_high=float(high),
            )
    yield made.row(BY_REGRESSION, estimate=_by_regression(made))


def _by_regression(made: _Made) -> float:
    """The square of the raw mean where the outcome is a straight line over the true one, by least squares."""
    inference, frame = made.found.inference, made.found.design.frame
    slope, own = (float(inference.beta[inference.place(name)]) for name in (USUAL, OWN))
    raw = made.usual.of(frame[PRACTITIONER_ID])[[RAW, RAW_SQUARE]]
    design = np.column_stack([np.ones(len(frame)), raw])
    expected = slope * frame[USUAL].to_numpy() + own * frame[OWN].to_numpy()
    return float(np.linalg.lstsq(design, expected, rcond=None)[0][2])


def _without_low(
    made: _Made, tables: Mapping[str, pd.DataFrame], ratings: pd.Series
) -> tuple[list[RelationEstimate], list[RelationCheck]]:
    """Both slopes with low ratings left out or drawn in, per SD as of all ratings; and how many are low."""
    estimates: list[RelationEstimate] = []
    checks: list[RelationCheck] = []
    for way in WAYS:
        low = treated(ratings, way)
        again = _made_again(made, tables, low)
        said = f"{len(low.low)} of {len(ratings)} ratings are low"
        if isinstance(again, Refusal):
            checks.append(_low_check(made, way, "not_checked", f"{said}; {again.reason}"))
            continue
        checks.append(_low_check(made, way, "pass", said))
        scale = made.usual.spread / again.usual.spread
        estimates += [_slope_row(again, level, f"_{way}", scale) for level in LEVELS]
        del again  # a fit of a million rows, before the next
    return estimates, checks


def _made_again(made: _Made, tables: Mapping[str, pd.DataFrame], low: Treated) -> _Made | Refusal:
    """The same with low ratings treated; as it was where none is low."""
    if not len(low.low):
        return made
    kept = {name: low.remaining(tables[name]) for name in {made.one.table, "enrolment"}}
    return _made(made.one, made.task, {**tables, **kept}, low.ratings)


def _low_check(made: _Made, way: str, result: Check, detail: str) -> RelationCheck:
    return RelationCheck(part=made.one.part, check=f"low ratings: {way}", result=result, detail=detail)


def _slope_row(made: _Made, level: Level, ending: str, scale: float) -> RelationEstimate:
    """The slope of one level, times a scale."""
    inference = made.found.inference
    place = inference.place(USUAL if level == "between" else OWN)
    low, high = (float(limits[place]) * scale for limits in inference.interval())
    return made.row(
        f"coefficient{ending}",
        level,
        estimate=float(inference.beta[place]) * scale,
        se=float(inference.se[place]) * scale,
        df=float(inference.df[place]),
        p=float(inference.p[place]),
        ci_low=low,
        ci_high=high,
    )


def _checks(made: _Made) -> Iterator[RelationCheck]:
    part = made.one.part
    found = f"reliability of practitioners' mean ratings {made.usual.reliability:.2f}"
    yield RelationCheck(part=part, check="usual_rating", result="pass", detail=found)
    theirs = made.usual.practitioners[USUAL]
    low, high = int((theirs <= -ENDS).sum()), int((theirs >= ENDS).sum())
    result: Check = "pass" if min(low, high) >= FEWEST else "fail"
    detail = f"{low} practitioners are 1 SD or more below the mean, {high} above it"
    yield RelationCheck(part=part, check="ends", result=result, detail=detail)
    turning, (first, last) = made.curve.turning()[0], made.ends
    inside: Check = "pass" if first < turning < last else "fail"
    at, lowest, highest = (made.usual.points(place) for place in (turning, first, last))
    found = f"at a mean rating of {at:.2f}; practitioners lie between {lowest:.2f} and {highest:.2f}"
    yield RelationCheck(part=part, check="turning_point", result=inside, detail=found)


def _points(made: _Made) -> Iterator[RelationPoint]:
    """The curve, less its height at the mean practitioner: percentage points, or points of the outcome."""
    family = family_of(made.one.model.family)
    found, frame, curve = made.found, made.found.design.frame, made.curve
    place, square = frame[USUAL].to_numpy(dtype=float), frame[SQUARE].to_numpy(dtype=float)
    effects = None
    if family.marginal:
        seed = [made.task.seed, zlib.crc32(f"{NAME}.{made.one.part}".encode())]
        effects = marginal_effects(found.design, found.structure.fit, found.inference, made.task.draws, seed)
    for x in np.linspace(*made.ends, POINTS):
        if effects is None:
            height, se = curve.height(float(x))
            low, high = height - curve.reach * se, height + curve.reach * se
        else:
            there, mean = {USUAL: x - place, SQUARE: x**2 - square}, {USUAL: -place, SQUARE: -square}
            one = effects.between(SQUARE, there, mean, family.difference.times)
            height, low, high = one.estimate, one.low, one.high
        yield RelationPoint(
            part=made.one.part, series="difference", x=float(x), estimate=height, ci_low=low, ci_high=high
        )
