"""From one fit of the plan's own models to the numbers of a relational analysis."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from alliance_modes.models.design.build import select_rows
from alliance_modes.models.design.design import Refusal
from alliance_modes.models.effects.marginal import difference_rows, marginal_effects
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.inference.estimated import Estimated, Refused
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.models.result import Estimate
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.terms import Outcome, PlannedModel, Predictor
from alliance_modes.relations.result import RelationEstimate

SUMMED_UP = frozenset({"standardised", "percentage_points", "odds_ratio", "rate_ratio", "hazard_ratio"})
"""Estimands by which a coefficient is told to a reader; those that the family has are given beside it."""


@dataclass(frozen=True)
class Asked:
    """One outcome of one model that an analysis starts from; ``part`` is its name in every table."""

    part: str
    model: PlannedModel
    outcome: Outcome

    @property
    def table(self) -> str:
        """The analysis table that its rows are in."""
        return self.model.table


def asked(task: RelationTask) -> Iterator[Asked]:
    """Every outcome of the models that the task names, in the order of the plan."""
    for name, model in task.models.items():
        for outcome in model.outcomes:
            yield Asked(f"{name}.{outcome.name}", model, outcome)


def tested_modes(one: Asked, task: RelationTask) -> list[str]:
    """Names of the tested predictors that are a practitioner's use of a mode; use in a session is none."""
    known = {name: task.predictors[name] for name in one.model.tested if name in task.predictors}
    return [name for name, found in known.items() if found.mode is not None and found.level != "within"]


@dataclass(frozen=True)
class Fit:
    """One fit with terms of an analysis's own; ``model`` is what was asked for, ``found`` what came of it."""

    part: str
    model: PlannedModel
    found: Estimated | Refused

    def rows(self, terms: Mapping[str, str], task: RelationTask) -> Iterator[RelationEstimate]:
        """The numbers of the predictors of ``terms``, by the names that ``terms`` gives them.

        One row per coefficient and per form of it that a reader is told; where the fit was refused, one
        per term with the reason.
        """
        if isinstance(self.found, Refused):
            yield from self._refused(self.found, terms)
        else:
            yield from self._named(self.found, self._told(self.found, task, terms), terms)

    def coefficients(self, terms: Mapping[str, str]) -> Iterator[RelationEstimate]:
        """The coefficients of ``terms`` alone, which are there without a draw; else as ``rows``."""
        if isinstance(self.found, Refused):
            yield from self._refused(self.found, terms)
        else:
            rows = (row for row in self.found.estimates if row.estimand == "coefficient")
            yield from self._named(self.found, rows, terms)

    def _refused(self, found: Refused, terms: Mapping[str, str]) -> Iterator[RelationEstimate]:
        for term in terms.values():
            yield RelationEstimate(
                part=self.part,
                term=term,
                estimand="coefficient",
                status=found.refusal.status,
                reason=found.refusal.reason,
            )

    def _named(
        self, found: Estimated, rows: Iterable[Estimate], terms: Mapping[str, str]
    ) -> Iterator[RelationEstimate]:
        names = {column.term: column.predictor for column in found.design.columns}
        for row in rows:
            if names.get(row.term) in terms:
                yield self._row(found, row, terms[names[row.term]])

    def _told(self, found: Estimated, task: RelationTask, terms: Container[str]) -> Iterator[Estimate]:
        kept = {"coefficient", *SUMMED_UP}
        yield from (row for row in found.estimates if row.estimand in kept)
        family = family_of(self.model.family)
        if family.marginal:
            effects = marginal_effects(
                found.design, found.structure.fit, found.inference, task.draws, [task.seed]
            )
            yield from difference_rows(found.design, effects, family.difference, found.status, terms)

    def _row(self, found: Estimated, row: Estimate, term: str) -> RelationEstimate:
        given = row.model_dump(exclude={"term", "p_closed"})
        return RelationEstimate(
            part=self.part,
            term=term,
            n=found.design.observations,
            clusters=dict(found.design.clusters),
            **given,
        )


def fit(
    one: Asked,
    task: RelationTask,
    table: pd.DataFrame,
    added: Mapping[str, Predictor],
) -> Fit:
    """Fit the outcome with predictors beside those of the plan.

    Parameters
    ----------
    one : Asked
        The outcome, and the model that it stands in.
    task : RelationTask
        With the predictors of the plan.
    table : DataFrame
        The analysis table of the model, with the columns of ``added``.
    added : mapping of Predictor
        Predictors by name; they come last in the formula, in this order, and are what is tested.

    Returns
    -------
    Fit
        Where the plan's own model has no rows, with its refusal: what is added to it is not to blame.
    """
    formula = " + ".join([*filter(None, one.model.terms), *added])
    model = one.model.model_copy(update={"formula": formula, "tested": tuple(added), "curves": ()})
    found = estimate_outcome({**task.predictors, **added}, model, one.outcome, table)
    if isinstance(found, Refused) and one.model.formula:
        planned = select_rows(table, one.model, one.outcome, task.predictors)
        if isinstance(planned, Refusal):
            found = estimate_outcome(task.predictors, one.model, one.outcome, table)
    return Fit(one.part, model, found)
