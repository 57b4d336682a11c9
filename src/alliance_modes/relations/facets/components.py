"""Does the goal facet of a mode go with rated goal rather than with task and bond? All three in one model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import stats

from alliance_modes.derive.levels import as_number
from alliance_modes.domain import COMPONENTS, MODES, Rater
from alliance_modes.models.design.build import build_design
from alliance_modes.models.design.design import GROUPING_COLUMNS, OUTCOME, PRACTITIONER, Design, Refusal
from alliance_modes.models.effects.cluster_means import Slope, combination
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.glmm import EngineError, fit_mixed
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.inference.inference import df_cap, linear_inference
from alliance_modes.models.refusals import refusal_after, refusal_before
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.terms import Outcome, Predictor
from alliance_modes.relations.fitted import Asked, tested_modes
from alliance_modes.relations.practitioner_columns import over_practitioners

APART = np.array([[1.0, 0.0, -1.0], [-1.0, 2.0, -1.0]]) / np.sqrt([[2.0], [6.0]])
"""What three ratings of one inventory have beside their mean: two contrasts of unit length."""

OWN = len(COMPONENTS) / (len(COMPONENTS) - 1)
"""A rating less the mean of the other two is this times the rating less the mean of all three."""

SECOND = "second_contrast"
PARTS = ("first", "second")
CELLS = {f"{mode}_{component}": (mode, place) for mode in MODES for place, component in enumerate(COMPONENTS)}
"""Each facet by its column: its mode, and the place of its own component."""

LEVELS = (PRACTITIONER, "enrolment")


@dataclass(frozen=True)
class Stacked:
    """Both contrasts of every inventory in one model.

    ``frame`` has two rows per inventory, ``places`` the coefficients of each facet in both contrasts.
    """

    design: Design
    frame: pd.DataFrame
    fixed: tuple[str, ...]
    groupings: tuple[Grouping, ...]
    fit: EngineFit
    cap: float

    @cached_property
    def vcov(self) -> np.ndarray:
        """Covariance of the coefficients by the rule for linear models."""
        shared = tuple(
            f"{column.name}_{part}"
            for column in self.design.columns
            if column.practitioner_level
            for part in PARTS
        )
        few = self.design.few
        return linear_inference(
            self.fit, self.frame, self.groupings, (*shared, SECOND), self.cap, few=few
        ).vcov

    def row(self, weights: Mapping[str, np.ndarray]) -> np.ndarray:
        """Weights of the coefficients from those of the components, by facet."""
        found = np.zeros(len(self.fit.names))
        for cell, of_components in weights.items():
            for part, weight in zip(PARTS, APART @ of_components, strict=True):
                found[self.fit.names.index(f"{column_of(cell)}_{part}")] = weight
        return found

    def slope(self, weights: Mapping[str, np.ndarray]) -> Slope:
        """A combination of the effects of facets on components, with its test."""
        return combination(self.fit, self.vcov, self.row(weights), self.cap)

    def as_independent(self, weights: Mapping[str, np.ndarray]) -> tuple[float, float]:
        """The same by least squares, with its p as if no two rows were of one client or practitioner."""
        names, beta, inverse, variance, spare = self._least_squares
        row = np.zeros(len(names))
        for name, weight in zip(self.fit.names, self.row(weights), strict=True):
            if weight:
                row[names.index(name)] = weight
        se = float(np.sqrt(variance * ((row @ inverse) ** 2).sum()))
        estimate = float(row @ beta)
        return estimate, float(2.0 * stats.t.sf(abs(estimate) / se, spare))

    @cached_property
    def _least_squares(self) -> tuple[list[str], np.ndarray, np.ndarray, float, int]:
        """Columns, their coefficients, the inverse that gave them, and variance and df of what is left."""
        matrix = np.column_stack([np.ones(len(self.frame)), self.frame[list(self.fixed)].to_numpy()])
        outcome = self.frame[OUTCOME].to_numpy()
        inverse = np.linalg.pinv(matrix)
        beta = inverse @ outcome
        spare = len(outcome) - matrix.shape[1]
        return (
            ["", *self.fixed], beta, inverse, float(((outcome - matrix @ beta) ** 2).sum()) / spare, spare
        )  # fmt: skip


def column_of(cell: str) -> str:
    """The facet in SDs over practitioners."""
    return f"{cell}_sd"


def own_less_others(cells: Sequence[str]) -> dict[str, np.ndarray]:
    """What facets go with on their own component less the other two, mean over the facets."""
    own = np.eye(len(COMPONENTS)) * OWN / len(cells)
    return {cell: own[CELLS[cell][1]] for cell in cells}


def outcomes_of(task: RelationTask, name: str, rater: Rater) -> tuple[Asked, ...] | Refusal:
    """The outcomes on goal, task and bond by one rater, in that order; why there are none."""
    model = task.models.get(name)
    found = [] if model is None else [one for one in model.outcomes if one.told_by == rater]
    by_column = {one.column: one for one in found}
    if model is None or not set(COMPONENTS) <= set(by_column):
        return Refusal("not_run", f"the plan has no model {name} with goal, task and bond by the {rater}")
    if model.family != "linear" or PRACTITIONER not in model.random:
        return Refusal("not_run", f"the model {name} is not linear, or has no practitioners")
    return tuple(Asked(f"{name}.{by_column[one].name}", model, by_column[one]) for one in COMPONENTS)


def stacked(
    outcomes: Sequence[Asked], task: RelationTask, table: pd.DataFrame, people: pd.DataFrame
) -> Stacked | Refusal:
    """Fit goal, task and bond together.

    Parameters
    ----------
    outcomes : sequence of Asked
        Those on goal, task and bond, of one model.
    task : RelationTask
    table : DataFrame
        The analysis table of inventories.
    people : DataFrame
        A table with the facets of each practitioner.

    Returns
    -------
    Stacked or Refusal

    Notes
    -----
    Of the three ratings y of an inventory the two contrasts A y (``APART``) are modelled, which is the model
    of all three with a level of its own for every inventory. Both are regressed on the nine facets, in place
    of the modes, and on the model's covariates, each with coefficients of its own; practitioners, and
    enrolments where they have several inventories, have random effects on both that covary freely. That
    practitioners get on better in goal than in bond for reasons of their own is thereby no evidence for
    a facet. Covariance and df are those of linear models (``linear_inference``, Satterthwaite capped at
    J - q - 1, q counted for one contrast).
    """
    model, first = outcomes[0].model, outcomes[0].outcome
    plain = model.without(tested_modes(outcomes[0], task))
    wider = _contrasted(table, [one.outcome for one in outcomes])
    wider = wider.assign(**{column_of(cell): over_practitioners(table, cell, people) for cell in CELLS})
    added = {
        cell: Predictor(label=cell, column=column_of(cell), unit="1 SD", level="between") for cell in CELLS
    }
    asked_for = plain.model_copy(
        update={
            "formula": " + ".join([*filter(None, plain.terms), *added]),
            "tested": tuple(added),
            "random": tuple(name for name in LEVELS if name in model.random),
            "slopes": {},
            "curves": (),
        }
    )
    designs = []
    for part in PARTS:
        outcome = first.model_copy(update={"column": part, "name": part, "label": "goal, task and bond"})
        found = build_design(wider, asked_for, outcome, {**task.predictors, **added})
        if isinstance(found, Refusal):
            return found
        refusal = refusal_before(found, family_of(model.family))
        if refusal is not None:
            return refusal
        designs.append(found)
    return _fitted(designs)


def _contrasted(table: pd.DataFrame, outcomes: Sequence[Outcome]) -> pd.DataFrame:
    ratings = np.column_stack([as_number(table[one.column]) for one in outcomes])
    return table.assign(**dict(zip(PARTS, (ratings @ APART.T).T, strict=True)))


def _fitted(designs: Sequence[Design]) -> Stacked | Refusal:
    """Both designs under each other: every column once per contrast, zero in the rows of the other."""
    design, rows = designs[0], len(designs[0].frame)
    levels = [GROUPING_COLUMNS[name] for name in LEVELS if GROUPING_COLUMNS[name] in design.frame]
    blocks = []
    for place, (part, one) in enumerate(zip(PARTS, designs, strict=True)):
        values = {OUTCOME: one.frame[OUTCOME], SECOND: np.full(rows, float(place))}
        for column in design.fixed:
            for other in PARTS:
                values[f"{column}_{other}"] = one.frame[column] * float(other == part)
        blocks.append(pd.DataFrame(values).join(one.frame[levels]))
    frame = pd.concat(blocks, ignore_index=True)
    fixed = (SECOND, *(f"{column}_{part}" for column in design.fixed for part in PARTS))
    groupings = tuple(Grouping(one.name, one.columns, (SECOND,)) for one in design.groupings)
    try:
        fit = fit_mixed(frame, OUTCOME, fixed, groupings)
    except EngineError as failure:
        return Refusal("not_converged", str(failure))
    refusal = refusal_after(fit, family_of("linear"))
    if refusal is not None:
        return refusal
    cap = df_cap(design.practitioners, design.practitioner_columns)
    return Stacked(design, frame, fixed, groupings, fit, cap)
