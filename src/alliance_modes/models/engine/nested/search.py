"""A fit by Laplace's approximation where groupings nest, found along its gradient.

For many rows: glmm searches coefficients and SDs together without a derivative, in some hundred evaluations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from alliance_modes.models.engine.distributions import Density, Distribution
from alliance_modes.models.engine.fit import EngineFit, GroupCovariance, GroupEffects
from alliance_modes.models.engine.nested.descent import CLOSE, descended
from alliance_modes.models.engine.nested.fit import held, rows_of
from alliance_modes.models.engine.nested.laplace import LaplaceLikelihood, with_errors
from alliance_modes.models.engine.nested.likelihood import Rows
from alliance_modes.models.engine.nested.tree import tree_of
from alliance_modes.models.engine.prepared import INTERCEPT, Prepared, level_column

ENGINE = "Laplace's approximation along its gradient"

START_SD, RESTART_SD = 0.3, 0.1
"""Where the search for an SD begins; and begins again where it ended at zero, which is no maximum."""
SMALL_SD, RISE_SD, LEAST_SD = 1e-2, 1e-4, 1e-6
"""An SD below the first can be zero: both are tried. With the second it is seen whether the log-likelihood
rises from zero; the search looks no closer to zero than the third."""
NO_GAIN = 1e-7
"""A rise of the log-likelihood that a grouping is not worth: the search tells no smaller one from none."""
EXACT = 1e-5
"""The slope at which the search ends, per SE of a coefficient and per SE or so of an SD."""


@dataclass(frozen=True)
class _Maximum:
    """Coefficients; SDs that are not zero and modes of their effects (by code of a level), by grouping."""

    beta: np.ndarray
    sds: dict[str, float]
    modes: dict[str, np.ndarray]
    loglik: float


def fit_along_gradient(
    asked: Prepared, without: EngineFit, distribution: Distribution, density: Density, *, quick: bool = False
) -> EngineFit | None:
    """Fit random intercepts that nest by Laplace's approximation; None where the engine has to.

    Parameters
    ----------
    asked : Prepared
        What is fitted; its groupings nest (``why_not_nested`` is blank).
    without : EngineFit
        The fit of the same rows without random effects, from which the search starts.
    distribution, density
        Of the outcome, and of one outcome about its linear predictor.
    quick : bool
        SEs that take the variances as known.

    Returns
    -------
    EngineFit or None
        None where columns tell one another, a grouping has one level, the fit without random effects did not
        converge, or no maximum was found.

    Notes
    -----
    The maximum is glmm's and lme4's (``nAGQ = 1``), found by BFGS in coefficients scaled by the Cholesky
    factor of their covariance without random effects, and in SDs times the root of twice their units, whose
    sign means nothing. Where an SD ends at zero its grouping is left out; where the log-likelihood would then
    rise with its variance, the search begins again. SEs are those of the joint Hessian (``with_errors``); see
    ``LaplaceLikelihood`` for the gradient. Rows with a missing value are left out, as by the engine.
    Source: Nocedal & Wright (2006) Numerical Optimization, ch. 6.
    """
    if without.aliased or not without.converged or not np.all(np.isfinite(without.se)):
        return None
    kept = asked.complete()
    if any(len(kept.frame[level_column(one)].cat.categories) < 2 for one in kept.groupings):
        return None
    rows = rows_of(kept, without)
    try:
        found = _Search(kept, rows, density, without).maximum()
    except np.linalg.LinAlgError:  # columns that all but tell one another
        return None
    if found is None:
        return None
    fit = _engine_fit(asked, kept, rows, without, found)
    if found.sds and not quick:
        return with_errors(asked, fit, density)
    vcov = held(_covariance_given(kept, rows, density, found))
    return replace(fit, vcov=vcov, se=held(np.sqrt(np.diag(vcov))))


class _Search:
    """The maximum of the log-likelihood with some of the groupings, or none."""

    def __init__(self, kept: Prepared, rows: Rows, density: Density, without: EngineFit) -> None:
        self._kept, self._rows, self._density = kept, rows, density
        self._without = without
        self._factor = np.linalg.cholesky(without.vcov)

    def maximum(self) -> _Maximum | None:
        """With all groupings, the SDs of some of which can be zero; None where none is found."""
        found = self._of({one.name: START_SD for one in self._kept.groupings})
        while found is not None and found.sds:
            smallest, sd = min(found.sds.items(), key=lambda one: one[1])
            if sd >= SMALL_SD:
                break
            others = {name: sd for name, sd in found.sds.items() if name != smallest}
            fewer = self._of({name: max(sd, RESTART_SD) for name, sd in others.items()})
            if fewer is not None and self._rises(fewer, smallest):
                again = self._of({**fewer.sds, smallest: RESTART_SD}, fewer)
                return found if again is None or again.loglik < found.loglik else again
            if fewer is not None and fewer.loglik < found.loglik - NO_GAIN:
                break
            found = fewer
        return found

    def _of(self, sds: Mapping[str, float], near: _Maximum | None = None) -> _Maximum | None:
        """With these groupings, from these SDs (and coefficients); without any, as it was fitted."""
        beta = self._without.beta if near is None else near.beta
        if not sds:
            return _Maximum(beta, {}, {}, self._without.loglik)
        tree = tree_of(_with(self._kept, tuple(sds)))
        likelihood = LaplaceLikelihood(tree, self._rows, self._density)
        size, factor = len(beta), self._factor
        scale = np.sqrt([2.0 * len(units) for units in tree.first])
        effects: list[np.ndarray] = []

        def at(place: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            return beta + factor @ place[:size], np.maximum(np.abs(place[size:] / scale), LEAST_SD)

        def downhill(place: np.ndarray) -> tuple[float, np.ndarray]:
            here = likelihood.at(*at(place), effects)
            effects[:] = here.effects
            turned = np.where(place[size:] < 0.0, -1.0, 1.0) * here.gradient[size:] / scale
            return -here.loglik, -np.append(factor.T @ here.gradient[:size], turned)

        start = np.append(np.zeros(size), scale * [sds[name] for name in tree.groupings])
        place, slope = descended(downhill, start, EXACT)
        if not np.max(np.abs(slope)) <= CLOSE:
            return None
        moved, spread = at(place)
        here = likelihood.at(moved, spread, effects)
        modes = {}
        for name, sd, codes, values in zip(tree.groupings, spread, tree.codes, here.effects, strict=True):
            modes[name] = np.zeros(len(codes))
            modes[name][codes] = sd * values[:, 0]
        return _Maximum(moved, dict(zip(tree.groupings, map(float, spread), strict=True)), modes, here.loglik)

    def _rises(self, found: _Maximum, name: str) -> bool:
        """Whether the log-likelihood rises with the variance of a grouping that is left out."""
        sds = {**found.sds, name: RISE_SD}
        tree = tree_of(_with(self._kept, tuple(sds)))
        likelihood = LaplaceLikelihood(tree, self._rows, self._density)
        at = likelihood.at(found.beta, np.array([sds[one] for one in tree.groupings]))
        return bool(at.gradient[len(found.beta) + tree.groupings.index(name)] > 0.0)


def _engine_fit(
    asked: Prepared, kept: Prepared, rows: Rows, without: EngineFit, found: _Maximum
) -> EngineFit:
    predictor = rows.offset[:, 0] + rows.fixed @ found.beta
    effects = []
    for one in kept.groupings:
        level = kept.frame[level_column(one)].cat
        values = found.modes.get(one.name, np.zeros(len(level.categories)))
        predictor = predictor + values[level.codes]
        names = tuple(map(str, level.categories))
        effects.append(GroupEffects(one.name, names, (INTERCEPT,), held(values[:, None])))
    sds = {one.name: found.sds.get(one.name, 0.0) for one in kept.groupings}
    at_zero = [name for name, sd in sds.items() if not sd]
    return replace(
        without,
        formula=asked.formula.replace("level_", ""),
        engine=ENGINE,
        beta=held(found.beta),
        loglik=found.loglik,
        parameters=without.parameters + len(sds),
        covariances=tuple(
            GroupCovariance(name, (INTERCEPT,), held(np.array([[sd**2]])), (not sd,))
            for name, sd in sds.items()
        ),
        effects=tuple(effects),
        fitted=held(without.distribution.link.mean(predictor)),
        singular=bool(at_zero),
        rows_dropped=len(asked.frame) - len(kept.frame),
        warnings=(f"singular: variance at zero: {', '.join(at_zero)}",) if at_zero else (),
        raw=None,
    )


def _covariance_given(kept: Prepared, rows: Rows, density: Density, found: _Maximum) -> np.ndarray:
    """Of the coefficients, the SDs taken as known."""
    if not found.sds:
        predictor = rows.offset + (rows.fixed @ found.beta)[:, None]
        weights = density(predictor, rows.outcome, rows.trials)[2]
        inverse: np.ndarray = np.linalg.inv(rows.fixed.T @ (weights * rows.fixed))
        return inverse
    tree = tree_of(_with(kept, tuple(found.sds)))
    sds = np.array([found.sds[name] for name in tree.groupings])
    return LaplaceLikelihood(tree, rows, density).covariance_given(found.beta, sds)


def _with(kept: Prepared, names: Sequence[str]) -> Prepared:
    """The same rows with some of the groupings."""
    return replace(kept, groupings=tuple(one for one in kept.groupings if one.name in names))
