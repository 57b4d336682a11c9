"""The next session's outcome on this session's rating, within a client (H7)."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from alliance_modes.dictionary.named import ENROLMENT_ID
from alliance_modes.models.design.design import GROUPING_COLUMNS
from alliance_modes.models.inference.inference import CONFIDENCE
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.models.result import Level
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.relations.lagged import Lagged
from alliance_modes.plan.terms import GroupingName, Predictor
from alliance_modes.relations.fitted import Asked, Fit, asked
from alliance_modes.relations.lagged.feedback import FeedbackBias, feedback_bias
from alliance_modes.relations.pairs import Courses, courses, with_enough, within
from alliance_modes.relations.result import Relation, RelationCheck, RelationEstimate, refused, relation
from alliance_modes.words.rounding import number, percent

NEXT, NOW, LAGGED, UNSPLIT = "outcome_next", "outcome_now", "rating_lagged", "rating_as_it_is"
CLOCK = "sessions_gone"
UNIT = "1 SD of the rating within clients"
WITHIN: Level = "within"
ENROLMENT: GroupingName = "enrolment"
RAW, DETRENDED = "", "_detrended"
NAIVE = "coefficient_not_within"
"""The rating as it is, with a random intercept per client and nothing else: the usual way."""


@dataclass(frozen=True)
class _Cohort:
    """One outcome of the plan with the courses that are analysed; ``spread`` is the rating's SD within."""

    one: Asked
    task: RelationTask
    asked: Lagged
    courses: Courses
    table: pd.DataFrame
    spread: float


def analyse(task: RelationTask, tables: Mapping[str, pd.DataFrame]) -> Relation:
    """The lagged association of a session's rating with the outcome of the next session.

    Parameters
    ----------
    task : RelationTask
    tables : mapping of DataFrame
        The analysis tables, by name; the outcomes are those of the session table in linear models.

    Returns
    -------
    Relation
        Per outcome, term the rating, level ``within``, per SD of the rating within clients, raw and (with
        ``_detrended``) with every client's own line taken out of both: ``coefficient``, ``feedback_bias``
        (what comes out where there is none) and ``coefficient_less_bias``; beside them
        ``coefficient_not_within``. Checks: ``ratings_per_client``, ``missed_sessions``, ``feedback``.

    Notes
    -----
    outcome(t+1) on rating(t) and outcome(t), both as deviations within the client, with the groupings of
    the plan's model and a slope of the rating that varies over clients (and of the session number, where
    lines are taken out). Columns that are constant within clients would change nothing, and are left out;
    so is mode use in the session, which may follow from the rating.
    """
    settings = task.settings(Lagged)
    estimates: list[RelationEstimate] = []
    checks: list[RelationCheck] = []
    for one in asked(task):
        if one.table != "session" or one.model.family != "linear" or one.table not in tables:
            continue
        made = _cohort(one, task, settings, tables[one.table])
        if isinstance(made, str):
            estimates.append(
                RelationEstimate(
                    part=one.part,
                    term=settings.rating,
                    level=WITHIN,
                    estimand="coefficient",
                    status="not_run",
                    reason=made,
                )
            )
            continue
        estimates += _naive(made)
        for kind, lines in ((RAW, False), (DETRENDED, True)):
            rows, check = _one_way(made, kind, lines=lines)
            estimates += rows
            checks += check
        checks += _checks(made)
    if not estimates:
        return refused("lagged", "not_run", "no linear model of sessions is among those named")
    return relation("lagged", estimates, checks)


def _cohort(one: Asked, task: RelationTask, settings: Lagged, table: pd.DataFrame) -> _Cohort | str:
    """What is analysed, or why nothing is."""
    if settings.rating not in table or table[settings.rating].isna().all():
        return f"no session has a value of {settings.rating}"
    kept = with_enough(courses(table, one.outcome, settings.rating), settings.ratings, settings.clients)
    if isinstance(kept, str):
        return kept
    apart = within(kept.rating, kept.pairs, lines=False)
    rest = kept.pairs.sum() - len(kept.people)
    spread = float(np.sqrt((apart**2).sum() / rest))
    if not spread > 0.0:
        return f"{settings.rating} does not differ within clients"
    return _Cohort(one, task, settings, kept, table, spread)


def _rows(made: _Cohort, *, lines: bool) -> pd.DataFrame:
    """One row per pair: whose it is, and the columns of the analysis."""
    pairs = made.courses.pairs
    person, session = np.nonzero(pairs)
    known = made.table[list(GROUPING_COLUMNS.values())].astype("str").drop_duplicates(ENROLMENT_ID)
    people = known.set_index(ENROLMENT_ID).loc[made.courses.people[person]].reset_index()
    return people.assign(
        **{
            CLOCK: (session - pairs.shape[1] / 2.0) / pairs.shape[1],
            NEXT: made.courses.following()[pairs],
            NOW: within(made.courses.outcome, pairs, lines=lines)[pairs],
            LAGGED: within(made.courses.rating, pairs, lines=lines)[pairs] / made.spread,
            UNSPLIT: made.courses.rating[pairs] / made.spread,
        }
    )


def _fit(made: _Cohort, rows: pd.DataFrame, added: tuple[str, ...], slopes: tuple[str, ...]) -> Fit:
    """The next session's outcome on some columns and the session number, with the plan's groupings."""
    model = made.one.model
    random = model.random if ENROLMENT in model.random else (*model.random, ENROLMENT)
    changed = {
        "formula": " + ".join((CLOCK, *added)),
        "tested": added,
        "curves": (),
        "random": random,
        "slopes": {ENROLMENT: slopes} if slopes else {},
    }
    ahead = made.one.outcome.model_copy(update={"column": NEXT, "where": {}})
    predictors = {
        name: Predictor(label=name, column=name, unit=UNIT, level="within") for name in (CLOCK, *added)
    }
    planned = model.model_copy(update=changed)
    return Fit(made.one.part, planned, estimate_outcome(predictors, planned, ahead, rows))


def _naive(made: _Cohort) -> Iterator[RelationEstimate]:
    found = _fit(made, _rows(made, lines=False), (UNSPLIT,), ())
    yield from _coefficient(made, found, UNSPLIT, NAIVE)


def _coefficient(made: _Cohort, found: Fit, name: str, estimand: str) -> Iterator[RelationEstimate]:
    """The row of one coefficient, or why there is none, under the name of the rating."""
    for row in found.rows({name: made.asked.rating}, made.task):
        if row.estimand == "coefficient":
            yield row.model_copy(update={"estimand": estimand, "level": WITHIN})


def _one_way(made: _Cohort, kind: str, *, lines: bool) -> tuple[list[RelationEstimate], list[RelationCheck]]:
    """The coefficient one way, the bias that feedback makes of it, and what is left of it."""
    slopes = (CLOCK, LAGGED) if lines else (LAGGED,)
    found = _fit(made, _rows(made, lines=lines), (NOW, LAGGED), slopes)
    (row,) = _coefficient(made, found, LAGGED, f"coefficient{kind}")
    seed = [made.task.seed, zlib.crc32(f"lagged.{made.one.part}{kind}".encode())]
    bias = feedback_bias(made.courses, made.asked.cohorts, seed, lines=lines)
    shift, error = bias.bias * made.spread, bias.error * made.spread
    shared: dict[str, Any] = {
        "part": made.one.part,
        "term": made.asked.rating,
        "level": WITHIN,
        "unit": row.unit,
    }
    told = RelationEstimate(**shared, estimand=f"feedback_bias{kind}", estimate=shift, se=error, n=row.n)
    rows = [row, told, _less(row, f"coefficient_less_bias{kind}", shift, error)]
    return rows, [_feedback(made, bias, kind)]


def _less(row: RelationEstimate, estimand: str, bias: float, error: float) -> RelationEstimate:
    """The coefficient less its bias, with the Monte-Carlo error of the bias in its interval."""
    if row.estimate is None or row.se is None or row.df is None:
        return row.model_copy(update={"estimand": estimand})
    estimate, se = row.estimate - bias, math.hypot(row.se, error)
    reach = float(stats.t.ppf(0.5 + CONFIDENCE / 2.0, row.df)) * se
    return row.model_copy(
        update={
            "estimand": estimand,
            "estimate": estimate,
            "se": se,
            "statistic": estimate / se,
            "p": float(2.0 * stats.t.sf(abs(estimate / se), row.df)),
            "ci_low": estimate - reach,
            "ci_high": estimate + reach,
        }
    )


def _feedback(made: _Cohort, bias: FeedbackBias, kind: str) -> RelationCheck:
    """How strongly the rating of a session follows its outcome, and what each carries to the next."""
    process = bias.process
    follows = process.feedback / made.spread
    detail = (
        f"a session whose outcome was one point higher was itself rated {number(abs(follows))} SD "
        f"{'higher' if follows >= 0 else 'lower'}; of a deviation {percent(process.carried, 0)} of the "
        f"outcome's and {percent(process.kept, 0)} of the rating's are left at the next session; what comes "
        f"out where there is no effect is the mean of {bias.draws} simulated cohorts"
    )
    return RelationCheck(part=made.one.part, check=f"feedback{kind}", result="pass", detail=detail)


def _checks(made: _Cohort) -> Iterator[RelationCheck]:
    each = made.courses.pairs.sum(axis=1)
    yield RelationCheck(
        part=made.one.part,
        check="ratings_per_client",
        result="pass",
        detail=f"{len(each)} clients with {each.min()} to {each.max()} ratings that the next session "
        f"follows, median {np.median(each):g}",
    )
    yield RelationCheck(
        part=made.one.part,
        check="missed_sessions",
        result="pass",
        detail=f"{made.courses.rated_before_a_gap} ratings left out, as the next session was missed",
    )
