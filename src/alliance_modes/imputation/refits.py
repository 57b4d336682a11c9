"""One outcome fitted to many completed data sets: its rows and columns are made once, and looked at once."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from alliance_modes.imputation.tables import CLIENT, with_values
from alliance_modes.models.design.build import build_design, select_rows
from alliance_modes.models.design.design import Design, Refusal
from alliance_modes.models.design.random_structure import Structure
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.inference.estimated import Estimated, Refused
from alliance_modes.models.inference.inference import Inference
from alliance_modes.models.outcome import estimate_design, larger_errors
from alliance_modes.models.refitting.linear.restricted import RestrictedFits, restricted_fits
from alliance_modes.plan.parts import ImputationTask
from alliance_modes.plan.terms import Outcome, PlannedModel


@dataclass(frozen=True)
class Refit:
    """What pooling asks of one fit: coefficients in the order of ``names``, their SE and df."""

    names: tuple[str, ...]
    beta: np.ndarray
    se: np.ndarray
    df: np.ndarray
    n: int


class CompletedFits:
    """The fits of one outcome to completed data sets, ``found`` in their order; None where there is none.

    Parameters
    ----------
    task, model, outcome
        As the plan says.
    table : DataFrame
        The analysis table of the model, with its missing values.
    complete : Estimated
        The fit of its complete cases: refits have the random effects that these could carry, and start from
        its variances.

    Notes
    -----
    Completed data sets have the same rows and the same columns with other values in some of them. So rows
    are selected, columns made and groupings counted for the first alone, and the checks before a fit
    (``refusal_before``) are made there, unless it is refused. Linear models are then searched by their
    gradient (``RestrictedFits``). A spline of an imputed column is made again for
    each.
    """

    def __init__(
        self,
        task: ImputationTask,
        model: PlannedModel,
        outcome: Outcome,
        table: pd.DataFrame,
        complete: Estimated,
    ) -> None:
        self._task, self._model, self._outcome = task, model, outcome
        self._table, self._complete = table, complete
        self._first: Design | None = None
        self._rows = np.zeros(0, dtype=int)
        self._checked = False
        self._larger = larger_errors(complete)
        self._by_gradient: RestrictedFits | None = None
        self.found: list[Refit | None] = []

    def add(self, values: pd.DataFrame) -> None:
        """Fit one more data set, given its completed predictors by enrolment."""
        design = self._design(values)
        if isinstance(design, Refusal):
            self.found.append(None)
            return
        design = family_of(self._model.family).prepare(design)
        one = self._found_by_gradient(design)
        if one is None:
            found = self._fitted(design)
            self._checked = self._first is not None and isinstance(found, Estimated)
            if isinstance(found, Refused):
                self.found.append(None)
                return
            one, design = found.inference, found.design
            self._remember(found)
        self.found.append(Refit(one.names, one.beta, one.se, one.df, design.observations))

    def usable(self) -> list[Refit]:
        """The fits that were made and have the coefficients of the complete cases."""
        names = self._complete.inference.names
        return [fit for fit in self.found if fit is not None and fit.names == names]

    def _found_by_gradient(self, design: Design) -> Inference | None:
        """From the first completed data set, where that is quicker than the engine; None where it is not."""
        rule = family_of(self._model.family).coefficients
        if self._by_gradient is None or rule is None:
            return None
        fit = self._by_gradient.with_values(design.frame)
        if fit is None:
            return None
        return rule(design, Structure(fit, self._by_gradient.groupings))

    def _remember(self, found: Estimated) -> None:
        """Start from this fit from now on, if it is of the rows that all others have."""
        structure = found.structure
        if self._by_gradient is None and self._checked and not (structure.left_out or found.design.crossing):
            self._by_gradient = restricted_fits(structure.fit, structure.groupings, found.design.frame)

    def _fitted(self, design: Design) -> Estimated | Refused:
        if design.crossing:  # the rule for products needs the slopes that it asked for
            return estimate_design(design, self._model, checked=self._checked)
        structure = self._complete.structure
        kept = {grouping.name: grouping for grouping in structure.groupings}
        groupings = tuple(kept.get(grouping.name, grouping) for grouping in design.groupings)
        design = replace(design, groupings=groupings)
        return estimate_design(design, self._model, structure.fit, checked=self._checked, larger=self._larger)

    def _design(self, values: pd.DataFrame) -> Design | Refusal:
        if self._first is not None:
            return filled_in(self._first, values, self._rows)
        asked = (self._model, self._outcome, self._task.predictors)
        table = with_values(self._table, values)
        design = build_design(table, *asked, like=self._complete.design)
        selected = select_rows(table, *asked)
        if isinstance(design, Refusal) or isinstance(selected, Refusal):
            return design
        if not any(smooth.column in values for smooth in design.smooths):
            self._first = design
            self._rows = values.index.get_indexer(table[CLIENT].iloc[selected.places])
        return design


def filled_in(design: Design, values: pd.DataFrame, rows: np.ndarray) -> Design:
    """The design with its columns of ``values`` (by enrolment) and their products as these say.

    ``rows`` are places in ``values`` by row of the design; a row at -1 keeps what it has.
    """
    inside, columns = rows >= 0, {}
    for name in values:
        if name in design.frame:
            kept = design.frame[name].to_numpy(dtype=float, copy=True)
            kept[inside] = values[name].to_numpy()[rows[inside]]
            columns[name] = kept
    for column in design.columns:
        if any(part in columns for part in column.parts):
            first, second = (columns.get(part, design.frame[part]) for part in column.parts)
            columns[column.name] = np.asarray(first * second, dtype=float)
    return replace(design, frame=design.frame.assign(**columns))
