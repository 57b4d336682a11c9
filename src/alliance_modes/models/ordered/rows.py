"""Rows of an ordered outcome as the fit takes them: levels, columns and random effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from alliance_modes.models.engine.glmm import EngineError
from alliance_modes.models.engine.layout import Layout
from alliance_modes.models.engine.prepared import INTERCEPT, Grouping, Prepared
from alliance_modes.models.ordered.likelihood import CumulativeLikelihood
from alliance_modes.models.variances.deviances import Deviance, LaplaceDeviance
from alliance_modes.models.variances.effects_given import CrossProducts


@dataclass(frozen=True)
class Levels:
    """The levels that were seen, lowest first, and the place (1 or more) of the reference among them."""

    values: tuple[float, ...]
    reference: int

    @classmethod
    def of(cls, outcome: np.ndarray, at_least: float) -> Levels:
        """Those of an outcome; the reference is the first at ``at_least`` or above.

        Raises
        ------
        EngineError
            No row is below ``at_least``, or none there or above.
        """
        values = np.unique(outcome)
        reference = int(np.searchsorted(values, at_least))
        if not 0 < reference < len(values):
            side = "below" if reference == 0 else "at or above"
            raise EngineError(f"no row is {side} {at_least:g}, which the percentage points are about")
        return cls(tuple(map(float, values)), reference)

    def codes(self, outcome: np.ndarray) -> np.ndarray:
        """The place of each outcome among the levels."""
        return np.searchsorted(np.array(self.values), outcome)

    def likelihood(self, outcome: np.ndarray, nominal: np.ndarray | None = None) -> CumulativeLikelihood:
        """The likelihood of rows with these outcomes."""
        return CumulativeLikelihood(self.codes(outcome), len(self.values), self.reference, nominal)


@dataclass(frozen=True)
class Rows:
    """Complete rows: the outcome, the fixed-effect columns (intercept first) and the random effects.

    ``groupings`` are in the order of ``cross``, the one with the most effects first; ``named`` are the
    levels of each.
    """

    outcome: np.ndarray
    fixed: np.ndarray
    names: tuple[str, ...]
    groupings: tuple[Grouping, ...]
    named: tuple[tuple[str, ...], ...]
    cross: CrossProducts | None
    dropped: int

    @classmethod
    def of(cls, asked: Prepared) -> Rows:
        """From rows as the engine takes them.

        Raises
        ------
        EngineError
            There is an offset, no intercept, or an outcome that is counts.
        """
        if not isinstance(asked.response, str) or asked.offset is not None or not asked.intercept:
            raise EngineError("ordered levels have an intercept, and neither trials nor an exposure")
        complete = asked.frame.notna().all(axis=1).to_numpy()
        rows = asked.keep(complete)
        frame = rows.frame
        columns = [np.ones(len(frame)), *(frame[name].to_numpy(dtype=float) for name in rows.fixed)]
        found = [_effects(frame, grouping) for grouping in rows.groupings]
        order = sorted(range(len(found)), key=lambda place: -int(found[place][0].shape[1]))
        designs = [found[place][0] for place in order]
        groupings = tuple(rows.groupings[place] for place in order)
        terms = [1 + len(grouping.slopes) for grouping in groupings]
        return cls(
            outcome=frame[asked.response].to_numpy(dtype=float),
            fixed=np.column_stack(columns),
            names=(INTERCEPT, *rows.fixed),
            groupings=groupings,
            named=tuple(found[place][1] for place in order),
            cross=CrossProducts(designs, terms) if designs else None,
            dropped=int((~complete).sum()),
        )

    def lengths(self, distances: int) -> np.ndarray:
        """In what each parameter is searched: factors, coefficients, distances of thresholds."""
        widths = [1 + len(grouping.slopes) for grouping in self.groupings]
        factors = sum(width * (width + 1) // 2 for width in widths)
        spreads = np.maximum(self.fixed[:, 1:].std(axis=0), 1e-6)
        return np.concatenate([np.full(factors, 0.3), [0.3], 0.3 / spreads, np.full(distances, 0.1)])

    def deviance(self, likelihood: CumulativeLikelihood) -> Deviance:
        """Laplace's deviance of these rows; without random effects the deviance itself."""
        if self.cross is None:
            return SingleLevelDeviance(self.fixed, likelihood)
        return LaplaceDeviance(self.cross, self.fixed, likelihood)


class SingleLevelDeviance:
    """Minus twice the log-likelihood of rows without random effects.

    Parameters: the coefficients, then those that the likelihood has further.
    """

    def __init__(self, fixed: np.ndarray, likelihood: CumulativeLikelihood) -> None:
        self.layout = Layout(())
        self._fixed, self._likelihood = fixed, likelihood

    def __call__(self, values: np.ndarray) -> tuple[float, np.ndarray]:
        """The deviance and its gradient at ``values``."""
        columns, nothing = self._fixed.shape[1], np.zeros(len(self._fixed))
        predictor, further = self._fixed @ values[:columns], values[columns:]
        rows = self._likelihood.parts(predictor, further)
        of_further = self._likelihood.of_further(predictor, further, nothing, nothing)
        return -2.0 * rows.loglik, np.concatenate([-2.0 * self._fixed.T @ rows.residual, of_further])


def _effects(frame: pd.DataFrame, grouping: Grouping) -> tuple[sparse.csr_matrix, tuple[str, ...]]:
    """The random-effect design of one grouping, and the names of its levels."""
    levels = frame[f"level_{grouping.name}"].cat
    rows, width = len(frame), 1 + len(grouping.slopes)
    values = [np.ones(rows), *(frame[slope].to_numpy(dtype=float) for slope in grouping.slopes)]
    columns = levels.codes.to_numpy(dtype=np.int64)[:, None] * width + np.arange(width)
    places = (np.repeat(np.arange(rows), width), columns.ravel())
    shape = (rows, len(levels.categories) * width)
    design = sparse.csr_matrix((np.column_stack(values).ravel(), places), shape=shape)
    return design, tuple(map(str, levels.categories))
