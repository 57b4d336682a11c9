"""From mode use to the alliance, and from the alliance to an outcome: two fits of the same clients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import PRACTITIONER_ID
from alliance_modes.ground.errors import ModelError
from alliance_modes.models.design.design import OUTCOME, PRACTITIONER, Refusal
from alliance_modes.models.effects.cluster_means import bayes_means
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.inference.estimated import Estimated, Refused
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.terms import PRODUCT, Outcome, PlannedModel, Predictor
from alliance_modes.relations.fitted import Asked, fit
from alliance_modes.relations.mediation.landmark import RATING, Landmark

USUAL, THE_RATING = "usual_rating", "rating"
"""Column of a practitioner's mean rating, shrunk for how few clients it is the mean of."""


@dataclass(frozen=True)
class Coefficient:
    """A coefficient, or a sum of some, with the SE and df that its test uses."""

    estimate: float
    se: float
    df: float

    def draws(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draws from its t distribution."""
        return self.estimate + self.se * rng.standard_t(self.df, count)


@dataclass(frozen=True)
class Paths:
    """The fits of one outcome: of the rating on the modes, and of the outcome with the rating.

    ``table`` has the rows of the outcome, ``columns`` the column of each mode's use by term; ``reliability``
    is that of the shrunken means.
    """

    rating: Estimated
    outcome: Estimated
    table: pd.DataFrame
    columns: Mapping[str, str]
    reliability: float

    def to_rating(self, term: str) -> Coefficient:
        """From a mode to the rating."""
        return coefficient(self.rating, self.columns[term])

    def direct(self, term: str) -> Coefficient:
        """From a mode to the outcome, beside the rating."""
        return coefficient(self.outcome, self.columns[term])

    @property
    def between(self) -> Coefficient:
        """From the usual rating of a practitioner's clients to the outcome."""
        return coefficient(self.outcome, USUAL, RATING)

    @property
    def within(self) -> Coefficient:
        """From a client's rating to the outcome, among clients of one practitioner."""
        return coefficient(self.outcome, RATING)


def coefficient(found: Estimated, *columns: str) -> Coefficient:
    """The sum of the coefficients of some columns; its df are those of the first."""
    inference = found.inference
    places = [inference.place(name) for name in columns]
    variance = float(inference.vcov[np.ix_(places, places)].sum())
    return Coefficient(
        float(inference.beta[places].sum()), float(np.sqrt(variance)), float(inference.df[places[0]])
    )


def paths(
    one: Asked, task: RelationTask, cohort: Landmark, tables: Mapping[str, pd.DataFrame]
) -> Paths | Refusal:
    """Fit the rating and the outcome of one cohort of clients.

    Parameters
    ----------
    one : Asked
        The outcome, in the plan's model of it.
    task : RelationTask
    cohort : Landmark
        The clients, with their ratings.
    tables : mapping of DataFrame
        The analysis tables, by name.

    Returns
    -------
    Paths or Refusal

    Notes
    -----
    The rating on every predictor of the outcome's model that the enrolment table has and that is no mode use
    in a session, with its groupings but enrolments. The outcome in the plan's own model with the client's
    rating and the practitioner's mean rating added, the latter shrunk towards the regression on all
    practitioner-level predictors (``bayes_means``), so that the coefficient between practitioners
    is the sum of the two.
    """
    modes = one.model.mode_terms(task.predictors)
    why = _why_not(one.model, modes)
    if why:
        return Refusal("not_run", why)
    if not cohort.rated:
        return Refusal("not_run", cohort.nobody)
    rating = _rating(one, task, cohort)
    if isinstance(rating, Refused):
        return rating.refusal
    try:
        usual, reliability = _usual(rating)
    except ModelError as failure:
        return Refusal("not_estimated", f"by the landmark, {failure}")
    table = cohort.enrolments if one.table == "enrolment" else cohort.later(tables[one.table])
    table = table.assign(**{USUAL: table[PRACTITIONER_ID].astype("str").map(usual)})
    known = table[USUAL].notna()
    table = table if known.all() else table[known].reset_index(drop=True)
    added = {
        USUAL: Predictor(label=USUAL, column=USUAL, unit="1 point", level="between"),
        RATING: Predictor(label=RATING, column=RATING, unit="1 point", level="within"),
    }
    outcome = fit(one, task, table, added).found
    if isinstance(outcome, Refused):
        return outcome.refusal
    columns = {term: task.predictors[_named(one.model, task, term)].column for term in modes.values()}
    return Paths(rating, outcome, table, columns, reliability)


def without_rating(one: Asked, task: RelationTask, found: Paths) -> Estimated | Refused:
    """The outcome of the same rows, without the rating in its model."""
    return fit(one, task, found.table, {}).found


def _why_not(model: PlannedModel, modes: Mapping[str, str]) -> str:
    if not modes:
        return "the model tests no mode"
    if model.products:
        return "the model has products: what goes through the alliance would differ between clients"
    return "" if PRACTITIONER in model.random else "the model has no practitioners"


def _named(model: PlannedModel, task: RelationTask, term: str) -> str:
    """The name in the formula of the mode use that has this term."""
    tested = ((name, task.predictors[name]) for name in model.tested if PRODUCT not in name)
    return next(name for name, one in tested if one.level != "within" and (one.term or name) == term)


def _rating(one: Asked, task: RelationTask, cohort: Landmark) -> Estimated | Refused:
    """The rating on what is known of client and practitioner, in the outcome's own terms."""
    here = set(cohort.enrolments.columns)
    kept = [name for name in one.model.predictors if _of_clients(task.predictors[name], here)]
    tested = tuple(name for name in one.model.tested if name in kept)
    changed: dict[str, Any] = {
        "family": "linear",
        "table": "enrolment",
        "formula": " + ".join(kept),
        "tested": tested,
        "random": tuple(name for name in one.model.random if name != "enrolment"),
        "slopes": {},
        "curves": (),
        "quadrature_nodes": None,
    }
    model = one.model.model_copy(update=changed)
    rating = Outcome(name=RATING, label=RATING, column=RATING)
    return estimate_outcome(task.predictors, model, rating, cohort.enrolments)


def _of_clients(predictor: Predictor, columns: set[str]) -> bool:
    return set(predictor.columns()) <= columns and not (predictor.mode and predictor.level == "within")


def _usual(rating: Estimated) -> tuple[pd.Series, float]:
    """The mean rating of each practitioner's clients, shrunk, and its reliability; see ``bayes_means``."""
    design = rating.design
    shared = tuple(column.name for column in design.columns if column.practitioner_level)
    practitioner = Grouping(PRACTITIONER, (PRACTITIONER_ID,))
    frame = design.frame.rename(columns={OUTCOME: THE_RATING})
    usual = bayes_means(frame, THE_RATING, practitioner, shared)
    by_practitioner = pd.Series(usual.means, index=design.frame[PRACTITIONER_ID].to_numpy()).groupby(level=0)
    return by_practitioner.first(), usual.reliability
