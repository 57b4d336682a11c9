"""A fit by Laplace's approximation where groupings nest and have random slopes, along its gradient."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from alliance_modes.models.engine.distributions import Density
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.nested.assembled import (
    assembled,
    at_an_edge,
    layout_of,
    slope_scale,
    slopes_of,
    steepness,
    turned_up,
)
from alliance_modes.models.engine.nested.descent import CLOSE, descended
from alliance_modes.models.engine.nested.fit import held, rows_of
from alliance_modes.models.engine.nested.search import ENGINE
from alliance_modes.models.engine.nested.sloped.likelihood import SlopedLaplace, SlopedLikelihood
from alliance_modes.models.engine.nested.tree import tree_of
from alliance_modes.models.engine.prepared import Prepared, level_column

LEAST_SD, START_SLOPE = 0.1, 0.2
"""Where the search begins: for an SD of intercepts that is less without slopes, and for that of what a slope
adds to a row where its column is one SD."""
NEAR, EXACT = 1e-2, 1e-5
"""The slope (per SE of a coefficient, per SE or so of a factor) at which it is seen what is at an edge, and
at which the search ends."""
SMALL_SD, RISE = 1e-2, 1e-3
"""An SD of intercepts below the first is at zero, if the log-likelihood falls from there to the second."""
STEP = 1e-3
"""How far coefficients (in SEs) and factors (in SEs or so) are moved, for the slope of the gradient."""


def fit_sloped(
    asked: Prepared, without: EngineFit, plain: EngineFit, density: Density, *, quick: bool = False
) -> EngineFit | None:
    """Fit random intercepts and slopes that nest by Laplace's approximation; None where the engine has to.

    Parameters
    ----------
    asked : Prepared
        What is fitted; its groupings nest (``why_crossing`` is blank).
    without, plain : EngineFit
        The same rows without random effects, and with random intercepts alone, from which the search starts.
    density : Density
        Of one outcome about its linear predictor.
    quick : bool
        SEs that take the variances as known.

    Returns
    -------
    EngineFit or None
        None where a slope's column has one value, no maximum was found, or one of effects with slopes nearly
        at the edge of what they can be, and not at it.

    Notes
    -----
    The maximum is glmm's and lme4's (``nAGQ = 1``), found by BFGS in coefficients scaled by the Cholesky
    factor of their covariance without random effects and in the lower factors of the covariances; see
    ``SlopedLikelihood`` for the gradient. What is at an edge is held there. SEs are those of the joint
    Hessian of coefficients and factors that are not at zero, by differences of the gradient.
    """
    kept = asked.complete()
    slopes = slopes_of(kept)
    few = any(len(kept.frame[level_column(one)].cat.categories) < 2 for one in kept.groupings)
    if few or any(np.any(of.std(axis=0) == 0.0) for of in slopes.values()):
        return None
    try:
        search = _Search(kept, without, plain, density)
        found = search.maximum()
        if found is None:
            return None
        vcov = search.covariance_given(found) if quick else search.covariance(found)
    except np.linalg.LinAlgError:  # columns that all but tell one another
        return None
    if vcov is None:
        return None
    here = search.at(found)
    made = assembled(kept, search.tree, search.factors(found), here.effects)
    predictor = search.fixed_part(found) + made.of_row
    return replace(
        without,
        formula=asked.formula.replace("level_", ""),
        engine=ENGINE,
        beta=held(search.beta(found)),
        se=held(np.sqrt(np.diag(vcov))),
        vcov=held(vcov),
        loglik=here.loglik,
        parameters=without.parameters + search.layout.size,
        covariances=made.covariances,
        effects=made.effects,
        fitted=held(without.distribution.link.mean(predictor)),
        singular=made.singular,
        rows_dropped=len(asked.frame) - len(kept.frame),
        warnings=made.warnings,
        raw=None,
    )


class _Search:
    """The maximum in one row of parameters: coefficients from a start, then factors, each about in SEs."""

    def __init__(self, kept: Prepared, without: EngineFit, plain: EngineFit, density: Density) -> None:
        self.tree, self._slopes = tree_of(kept), slopes_of(kept)
        self.layout = layout_of(self.tree, self._slopes)
        self._rows = rows_of(kept, without)
        self._likelihood = SlopedLikelihood(self.tree, self._slopes, self._rows, density)
        self._size, self._middle = len(without.beta), plain.beta
        self._root = np.linalg.cholesky(without.vcov)
        self._scale = steepness(self.tree, self._slopes)
        sds = {one.grouping: float(np.sqrt(one.covariance[0, 0])) for one in plain.covariances}
        factors = []
        for name in self.tree.groupings:
            scale = slope_scale(name, self._slopes)
            factors.append(np.diag(np.append(max(sds[name], LEAST_SD), START_SLOPE / scale[1:])))
        start = self.layout.values(factors) * self._scale
        self._start = np.append(np.zeros(self._size), start)
        widths = np.array(self.layout.terms)
        lengths = widths * (widths + 1) // 2
        self._alone = np.repeat(lengths == 1, lengths)
        self._held = np.zeros(len(self._start), dtype=bool)
        self._modes: np.ndarray | None = None

    def beta(self, place: np.ndarray) -> np.ndarray:
        """The coefficients at a place."""
        return np.asarray(self._middle + self._root @ place[: self._size])

    def factors(self, place: np.ndarray) -> list[np.ndarray]:
        """The factors at a place."""
        return self.layout.factors(place[self._size :] / self._scale)

    def fixed_part(self, place: np.ndarray) -> np.ndarray:
        """The linear predictor without random effects, by row."""
        return np.asarray(self._rows.offset[:, 0] + self._rows.fixed @ self.beta(place))

    def at(self, place: np.ndarray) -> SlopedLaplace:
        """The log-likelihood there."""
        found = self._likelihood.at(self.beta(place), self.factors(place), self._modes)
        self._modes = found.predictor
        return found

    def _gradient(self, place: np.ndarray, here: SlopedLaplace | None = None) -> np.ndarray:
        here = here or self.at(place)
        return np.append(self._root.T @ here.of_beta, self.layout.values(here.of_factors) / self._scale)

    def maximum(self) -> np.ndarray | None:
        """The place of the maximum, what is at an edge held there; None where none is found."""
        place = self._climbed(self._start, NEAR)
        place[self._size :] *= turned_up(self.layout, place[self._size :])
        self._held[self._size :] = self._edges(place)
        place = self._climbed(np.where(self._held, 0.0, place), EXACT)
        if not np.max(np.abs(self._gradient(place)[~self._held])) <= CLOSE:
            return None
        place[self._size :] *= turned_up(self.layout, place[self._size :])
        if np.any(self._edges(place) & ~self._held[self._size :]):
            return None
        beside = np.where(self._held, RISE * np.append(np.ones(self._size), self._scale), place)
        if self._held.any() and np.any(self._gradient(beside)[self._held] > 0.0):
            return None
        return place

    def _edges(self, place: np.ndarray) -> np.ndarray:
        point = place[self._size :] / self._scale
        return (self._alone & (np.abs(point) < SMALL_SD)) | at_an_edge(
            self.layout, point, self.tree, self._slopes
        )

    def _climbed(self, start: np.ndarray, slope: float) -> np.ndarray:
        free = ~self._held

        def downhill(part: np.ndarray) -> tuple[float, np.ndarray]:
            place = start.copy()
            place[free] = part
            here = self.at(place)
            return -here.loglik, -self._gradient(place, here)[free]

        place = start.copy()
        place[free], _ = descended(downhill, start[free], slope)
        return place

    def covariance(self, place: np.ndarray) -> np.ndarray | None:
        """Of the coefficients, from the joint Hessian; None where it is not that of a maximum."""
        free = np.flatnonzero(~self._held)
        columns = []
        for one in free:
            step = np.zeros(len(place))
            step[one] = STEP
            columns.append((self._gradient(place - step) - self._gradient(place + step))[free] / (2.0 * STEP))
        matrix = np.column_stack(columns)
        values, vectors = np.linalg.eigh((matrix + matrix.T) / 2.0)
        if not values[0] > 0.0:
            return None
        inverse = ((vectors / values) @ vectors.T)[: self._size, : self._size]
        return np.asarray(self._root @ inverse @ self._root.T)

    def covariance_given(self, place: np.ndarray) -> np.ndarray:
        """Of the coefficients, the variances taken as known."""
        return self._likelihood.covariance_given(self.beta(place), self.factors(place))
