"""How much of what goes with a mode goes through the alliance early on (H4)."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
from scipy import stats

from alliance_modes.models.checks.sensitivity import robustness_value
from alliance_modes.models.design.design import OUTCOME, Refusal
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.inference.estimated import Estimated, Refused
from alliance_modes.models.inference.inference import CONFIDENCE
from alliance_modes.models.result import Level
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.relations.mediation import Mediation
from alliance_modes.plan.terms import Outcome
from alliance_modes.relations.fitted import Asked, asked
from alliance_modes.relations.mediation.landmark import Landmark, landmark_cohort, whole_course
from alliance_modes.relations.mediation.natural import Drawn, indirect, natural_effects
from alliance_modes.relations.mediation.paths import Coefficient, Paths, coefficient, paths, without_rating
from alliance_modes.relations.mediation.within import within_clients
from alliance_modes.relations.result import Relation, RelationCheck, RelationEstimate, refused, relation

OVER_ALL = "_over_all_sessions"
"""With the mean of all ratings of everybody who started: the usual way, which conditions on staying."""

PER_SD = "1 SD of practitioners"
POINTS = "percentage points"


@dataclass(frozen=True)
class _Made:
    """One outcome of the plan with its fits, and what its rows have in common."""

    one: Asked
    task: RelationTask
    mediator: str
    found: Paths

    @property
    def scale(self) -> str:
        """What a coefficient of the outcome is in."""
        return family_of(self.one.model.family).scale.unit

    def row(self, term: str, level: Level, estimand: str, unit: str, **numbers: Any) -> RelationEstimate:
        """One number of this outcome."""
        design = self.found.outcome.design
        return RelationEstimate(
            part=self.one.part,
            term=term,
            level=level,
            estimand=estimand,
            unit=unit,
            n=design.observations,
            clusters=dict(design.clusters),
            status=self.found.outcome.status,
            **numbers,
        )


def analyse(task: RelationTask, tables: Mapping[str, pd.DataFrame]) -> Relation:
    """Mediation by the alliance of every outcome of the named models.

    Parameters
    ----------
    task : RelationTask
    tables : mapping of DataFrame
        The analysis tables, by name.

    Returns
    -------
    Relation
        Per outcome and mode, level ``between``: ``path_a`` (mode to rating), ``direct``, ``total``,
        ``indirect`` (a times b between practitioners), natural effects in percentage points or its SDs
        of the outcome; of the rating ``path_b`` at both levels, with
        ``robustness_value`` and ``confounding_correlation``. Level ``within``: as ``within_clients``. Checks
        ``landmark`` (who was there and had rated) and ``usual_rating`` (how reliable the means are).

    Notes
    -----
    Those who are left at the landmark session, and what comes after it: a mean over all sessions would take
    the ratings of those who stayed longest for the cause of their staying. The indirect effect of what
    practitioners do goes through the part of the alliance that differs between practitioners. Of the
    confounders of that path, ``robustness_value`` is the share of what is left of the usual rating and of the
    outcome between practitioners, and ``confounding_correlation`` the correlation of the two, that would
    bring the path to none. Beside them, with ``_over_all_sessions``, the usual way.
    """
    settings = task.settings(Mediation)
    why, mediator = _mediator(task, settings, tables)
    if mediator is None:
        return refused("mediation", "not_run", why)
    cohort = landmark_cohort(tables["enrolment"], tables["alliance"], mediator, settings.landmark)
    every = whole_course(tables["enrolment"], tables["alliance"], mediator)
    estimates: list[RelationEstimate] = []
    checks = [_landmark(cohort)]
    for one in asked(task):
        if f"{settings.alliance}." in one.part or one.table not in ("enrolment", "session"):
            continue
        seed = [task.seed, zlib.crc32(f"mediation.{one.part}".encode())]
        rows, check = _from_landmark(one, task, mediator.name, cohort, tables, seed)
        estimates += rows
        checks.append(check)
        estimates += _naive(one, task, mediator.name, every, tables, seed)
        if "session" in tables:
            estimates += within_clients(one, task, settings, tables["session"], seed)
    if not estimates:
        return refused(
            "mediation", "not_run", "none of the models named has outcomes of sessions or enrolments"
        )
    return relation("mediation", estimates, checks)


def _mediator(
    task: RelationTask, settings: Mediation, tables: Mapping[str, pd.DataFrame]
) -> tuple[str, Outcome | None]:
    """The outcome that is the mediator; or why there is none."""
    model = task.models.get(settings.alliance)
    outcomes = {} if model is None else {one.name: one for one in model.outcomes}
    mediator = outcomes.get(settings.mediator)
    if mediator is None:
        return f"the plan has no outcome {settings.mediator} of a model {settings.alliance}", None
    rows = tables.get("alliance")
    if rows is None or not len(rows) or "enrolment" not in tables:
        return "there are no inventories of the alliance", None
    return "", mediator


def _from_landmark(
    one: Asked,
    task: RelationTask,
    mediator: str,
    cohort: Landmark,
    tables: Mapping[str, pd.DataFrame],
    seed: list[int],
) -> tuple[list[RelationEstimate], RelationCheck]:
    """The rows and the check of one outcome; its fits are let go with the return."""
    found = paths(one, task, cohort, tables)
    return [*_between(one, task, mediator, found, seed)], _reliability(one, found)


def _between(
    one: Asked, task: RelationTask, mediator: str, found: Paths | Refusal, seed: list[int]
) -> Iterator[RelationEstimate]:
    if isinstance(found, Refusal):
        for term in one.model.mode_terms(task.predictors).values() or ("modes",):
            yield RelationEstimate(
                part=one.part,
                term=term,
                level="between",
                estimand="indirect",
                status=found.status,
                reason=found.reason,
            )
        return
    made = _Made(one, task, mediator, found)
    yield from _from_rating(made)
    yield from _whole(made, without_rating(one, task, found))
    for place, term in enumerate(found.columns):
        yield from _of_mode(made, term, [*seed, place])


def _from_rating(made: _Made) -> Iterator[RelationEstimate]:
    unit = f"{made.scale} per point of the rating"
    by_level: dict[Level, Coefficient] = {"between": made.found.between, "within": made.found.within}
    for level, path in by_level.items():
        yield made.row(made.mediator, level, "path_b", unit, **_numbers(path))
    path = made.found.between
    statistic = path.estimate / path.se
    bound = robustness_value(statistic, path.df)
    share = "share of what is left of the usual rating and of the outcome"
    yield made.row(made.mediator, "between", "robustness_value", share, estimate=bound.value)
    alone = abs(statistic) / (statistic**2 + path.df) ** 0.5
    unit = "correlation over practitioners"
    yield made.row(made.mediator, "between", "confounding_correlation", unit, estimate=alone)


def _of_mode(made: _Made, term: str, seed: list[int]) -> Iterator[RelationEstimate]:
    found, draws = made.found, made.task.draws
    of_rating, of_outcome = f"points of the rating per {PER_SD}", f"{made.scale} per {PER_SD}"
    yield made.row(term, "between", "path_a", of_rating, **_numbers(found.to_rating(term)))
    yield made.row(term, "between", "direct", of_outcome, **_numbers(found.direct(term)))
    product = indirect(found, term, draws, seed)
    yield made.row(term, "between", "indirect", of_outcome, **vars(product))
    if family_of(made.one.model.family).marginal:
        for name, drawn in natural_effects(found, term, draws, seed).items():
            yield made.row(term, "between", name, f"{POINTS} per {PER_SD}", **vars(drawn))
    elif made.one.model.family == "linear":
        spread = float(found.outcome.design.frame[OUTCOME].std(ddof=1))
        numbers = vars(_over(product, spread))
        unit = f"SD of the outcome per {PER_SD}"
        yield made.row(term, "between", "indirect_standardised", unit, **numbers)


def _whole(made: _Made, total: Estimated | Refused) -> Iterator[RelationEstimate]:
    """What goes with each mode without the rating in the model, of the same rows."""
    if isinstance(total, Refused):
        return
    for term, column in made.found.columns.items():
        unit = f"{made.scale} per {PER_SD}"
        yield made.row(term, "between", "total", unit, **_numbers(coefficient(total, column)))


def _over(drawn: Drawn, spread: float) -> Drawn:
    moved = {name: value / spread for name, value in vars(drawn).items() if name != "p"}
    return replace(drawn, **moved)


def _naive(
    one: Asked,
    task: RelationTask,
    mediator: str,
    every: Landmark,
    tables: Mapping[str, pd.DataFrame],
    seed: list[int],
) -> Iterator[RelationEstimate]:
    found = paths(one, task, every, tables)
    if isinstance(found, Refusal):
        return
    made = _Made(one, task, mediator, found)
    unit = f"{made.scale} per point of the rating"
    yield made.row(mediator, "within", f"path_b{OVER_ALL}", unit, **_numbers(found.within))
    for place, term in enumerate(found.columns):
        product = indirect(found, term, task.draws, [*seed, place])
        yield made.row(term, "between", f"indirect{OVER_ALL}", f"{made.scale} per {PER_SD}", **vars(product))


def _numbers(path: Coefficient) -> dict[str, float]:
    statistic = path.estimate / path.se
    reach = float(stats.t.ppf(0.5 + CONFIDENCE / 2.0, path.df)) * path.se
    return {
        "estimate": path.estimate,
        "se": path.se,
        "df": path.df,
        "statistic": statistic,
        "p": float(2.0 * stats.t.sf(abs(statistic), path.df)),
        "ci_low": path.estimate - reach,
        "ci_high": path.estimate + reach,
    }


def _landmark(cohort: Landmark) -> RelationCheck:
    return RelationCheck(
        part="landmark",
        check="landmark",
        result="pass",
        detail=f"of {cohort.started} who started, {cohort.there} were still enrolled at session "
        f"{cohort.after}, and {cohort.rated} of them had rated the alliance by then",
    )


def _reliability(one: Asked, found: Paths | Refusal) -> RelationCheck:
    """How much of the spread of practitioners' mean ratings, beside the modes, is no chance."""
    if isinstance(found, Refusal):
        return RelationCheck(part=one.part, check="usual_rating", result="not_checked", detail=found.reason)
    detail = f"reliability {found.reliability:.2f} beside what the modes tell"
    return RelationCheck(part=one.part, check="usual_rating", result="pass", detail=detail)
