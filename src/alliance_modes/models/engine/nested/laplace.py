"""Standard errors of Laplace's approximation where groupings nest, from its gradient."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from alliance_modes.models.engine.distributions import Density
from alliance_modes.models.engine.fit import SMALLEST_VARIANCE, EngineFit
from alliance_modes.models.engine.nested.fit import rows_of
from alliance_modes.models.engine.nested.likelihood import Rows, Units
from alliance_modes.models.engine.nested.tree import Tree, tree_of
from alliance_modes.models.engine.prepared import Prepared

BESIDE = 1e-4
"""How far beside a linear predictor its curvature is looked at, for the slope of the curvature."""

STEP_OF_SE, STEP_OF_SD = 1e-3, 1e-4
"""How far coefficients (in SEs) and SDs (in themselves) are moved, for the slope of the gradient."""


def with_errors(asked: Prepared, fit: EngineFit, density: Density) -> EngineFit | None:
    """A fit with SEs from the joint Hessian of coefficients and SDs; None where it has none of that kind.

    Parameters
    ----------
    asked : Prepared
        What was fitted; its groupings nest (``why_not_nested`` is blank).
    fit : EngineFit
        By Laplace's approximation, with any SEs of its coefficients.
    density : Density
        Of the outcome.

    Notes
    -----
    The engine finds the same Hessian from differences of the deviance: with 60,000 enrolments that takes
    three quarters of its fit, and the slope of the gradient a tenth of it.
    """
    variances = {one.grouping: float(one.covariance[0, 0]) for one in fit.covariances}
    varying = tuple(one for one in asked.groupings if variances[one.name] > SMALLEST_VARIANCE)
    if not varying or fit.aliased or not (fit.converged and np.all(np.isfinite(fit.se))):
        return None
    kept = replace(asked, groupings=varying).keep(asked.frame.notna().all(axis=1).to_numpy())
    tree = tree_of(kept)
    sds = np.sqrt([variances[name] for name in tree.groupings])
    steps = np.append(STEP_OF_SE * fit.se, STEP_OF_SD * sds)
    found = LaplaceLikelihood(tree, rows_of(kept, fit), density).covariance(fit.beta, sds, steps)
    if found is None:
        return None
    vcov = found[: len(fit.beta), : len(fit.beta)]
    se = np.sqrt(np.diag(vcov))
    for one in (vcov, se):
        one.setflags(write=False)
    return replace(fit, vcov=vcov, se=se)


@dataclass(frozen=True)
class Laplace:
    """The log-likelihood by Laplace's approximation at some coefficients and SDs, and its gradient.

    ``effects`` are the modes, in SDs, by level and unit.
    """

    loglik: float
    gradient: np.ndarray
    effects: list[np.ndarray]


class LaplaceLikelihood:
    """Of random intercepts that nest, as a function of coefficients and SDs above zero.

    Parameters
    ----------
    tree : Tree
        Groupings and their units, outermost first.
    rows : Rows
        One row per observation, in any order.
    density : Density
        Of an outcome about its linear predictor.

    Notes
    -----
    With effects b at their modes, D their variances, f the log density of outcomes and W minus its curvature,
    l = f - b'D^-1 b / 2 - log|D| / 2 - log|A| / 2, A = Z'WZ + D^-1. The modes move with what l is a function
    of: with v the variances of z'b given the outcomes (diagonal of Z A^-1 Z'), t = W'v and m = A^-1 Z't,
    dl/dbeta = X'(f' - (t - W Z m) / 2) and dl/dsd = (sum b^2 + sum of variances of b - m'b) / sd^3 - units /
    sd. All of it is found from level to level, in as many steps as there are rows and units.
    """

    def __init__(self, tree: Tree, rows: Rows, density: Density) -> None:
        self._tree, self._rows, self._density = tree, rows.at(tree.order), density

    def at(self, beta: np.ndarray, sds: np.ndarray, start: Sequence[np.ndarray] = ()) -> Laplace:
        """The approximation at one point; the search for the modes begins at ``start`` (effects in SDs)."""
        units = Units(self._tree, self._rows, self._density, beta, sds)
        begin = list(start) or units.no_effects(0, 1)
        effects, _ = units.joint_modes(0, units.fixed_part, begin)
        here = units.joint(0, units.fixed_part, effects)
        informations = units.eliminated(0, effects, here)[1]
        own, above = self._variances(sds, informations)
        slope = self._curvature_slope(units, sds, effects) * above
        pulled = units.moved_by(slope, here)
        by_row = self._at_rows(units, sds, pulled)
        weights = here.slope - (slope - here.curvature * by_row) / 2.0
        of_beta = (self._rows.fixed.T @ weights)[:, 0]
        of_sds = [
            (float((one**2 - step * one).sum()) - len(one) + float(variance.sum()) / sd**2) / sd
            for sd, one, step, variance in zip(sds, effects, pulled, own, strict=True)
        ]
        pairs = zip(sds, informations, strict=True)
        spread = math.fsum(float(np.log1p(sd**2 * one).sum()) for sd, one in pairs)
        return Laplace(float(here.total.sum()) - spread / 2.0, np.append(of_beta, of_sds), effects)

    def _variances(
        self, sds: np.ndarray, informations: Sequence[np.ndarray]
    ) -> tuple[list[np.ndarray], np.ndarray]:
        """Variances of the effects given the outcomes, by level, and of their sum by row."""
        own: list[np.ndarray] = []
        above = np.zeros_like(informations[0])
        for level, (sd, information) in enumerate(zip(sds, informations, strict=True)):
            kept = 1.0 / (1.0 + sd**2 * information)
            own.append((1.0 - kept) ** 2 * above + sd**2 * kept)
            above = np.repeat(kept**2 * above + sd**2 * kept, self._tree.members(level), axis=0)
        return own, above

    def _curvature_slope(self, units: Units, sds: np.ndarray, effects: Sequence[np.ndarray]) -> np.ndarray:
        predictor, rows = units.fixed_part + self._at_rows(units, sds, effects), self._rows
        sides = (self._density(predictor + side, rows.outcome, rows.trials)[2] for side in (BESIDE, -BESIDE))
        return np.subtract(*sides) / (2.0 * BESIDE)

    def _at_rows(self, units: Units, sds: np.ndarray, effects: Sequence[np.ndarray]) -> np.ndarray:
        """The sum of the effects (in SDs) that each row is under."""
        levels = enumerate(zip(sds, effects, strict=True))
        return np.sum([units.to_rows(level, sd * one) for level, (sd, one) in levels], axis=0)

    def covariance_given(self, beta: np.ndarray, sds: np.ndarray) -> np.ndarray:
        """Covariance of the coefficients, the SDs taken as known: inverse of X'WX - X'WZ A^-1 Z'WX."""
        units = Units(self._tree, self._rows, self._density, beta, sds)
        effects, _ = units.joint_modes(0, units.fixed_part, units.no_effects(0, 1))
        here = units.joint(0, units.fixed_part, effects)
        weighted = here.curvature * self._rows.fixed
        followed = [
            self._at_rows(units, sds, units.moved_by(column[:, None], here))[:, 0] for column in weighted.T
        ]
        left = self._rows.fixed - np.column_stack(followed)
        found: np.ndarray = np.linalg.inv(weighted.T @ left)
        return (found + found.T) / 2.0

    def covariance(self, beta: np.ndarray, sds: np.ndarray, steps: np.ndarray) -> np.ndarray | None:
        """Covariance of coefficients and SDs at the maximum; None where it is none.

        ``steps`` says how far each is moved to see how the gradient changes.
        """
        middle, size = self.at(beta, sds), len(beta)
        columns = []
        for place, step in enumerate(steps):
            moved = np.zeros(len(steps))
            moved[place] = step
            above, below = (
                self.at(beta + side * moved[:size], sds + side * moved[size:], middle.effects).gradient
                for side in (1.0, -1.0)
            )
            columns.append((below - above) / (2.0 * step))
        matrix = np.column_stack(columns)
        scale = np.sqrt(np.abs(np.diag(matrix)))
        values, vectors = np.linalg.eigh((matrix + matrix.T) / 2.0 / np.outer(scale, scale))
        if not values[0] > 0.0:
            return None
        found: np.ndarray = (vectors / values) @ vectors.T / np.outer(scale, scale)
        return found
