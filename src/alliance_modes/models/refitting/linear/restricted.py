"""Linear mixed models fitted again and again to nearly the same rows: by the gradient, from the fit to all.

The engine searches without derivatives, some 70 looks at the likelihood for one fit. From the variances of
all rows, with the curvature there, six or so looks with their gradient are enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from alliance_modes.models.engine.fit import EngineFit, GroupCovariance
from alliance_modes.models.engine.nested.tree import tree_of_codes
from alliance_modes.models.engine.prepared import Grouping, level_text
from alliance_modes.models.engine.restricted import Profiled
from alliance_modes.models.engine.start import lower_factor
from alliance_modes.models.inference.random_effects import fixed_matrix, random_matrix
from alliance_modes.models.refitting.linear.looks import Deviance, Deviances, OfCrossed, OfNested
from alliance_modes.models.variances.deviances import Layout
from alliance_modes.models.variances.effects_given import CrossProducts

MOST_OTHERS = 300
"""Effects besides those of the largest grouping up to which these looks are quicker than the engine's."""

LEAST, RAISED, FARTHEST = 1e-3, 0.1, 0.2
"""In residual SDs: SD of a random intercept that counts as zero, one from which it is searched again, and how
far a step goes."""

STEPS, HALVINGS, ROUNDS = 25, 6, 4
EXACT, ROUNDING = 1e-11, 1e-8
"""Fall of the deviance that a step still promises where the search ends; rise that is only rounding."""

DIFFERENCE, FLATTEST = 1e-5, 1e-2


@dataclass(frozen=True)
class _Look:
    """One point, the gradient there (0 in what is held at zero), and the fit."""

    point: np.ndarray
    gradient: np.ndarray
    fit: Profiled


class _Looking:
    """Looks at one deviance, its parameters in one row."""

    def __init__(self, deviance: Deviance, layout: Layout) -> None:
        self._deviance, self._layout, self.free = deviance, layout, deviance.free

    def __call__(self, point: np.ndarray) -> _Look:
        fit, gradient = self._deviance(self._layout.factors(point))
        return _Look(point, self._layout.values(gradient), fit)


class RestrictedFits:
    """Refits of one linear fit without some of its rows, or with other values in its columns.

    Parameters
    ----------
    fit : EngineFit
        A converged fit by REML with random effects.
    groupings : tuple of Grouping
        As fitted.
    data : DataFrame
        Its rows, in its order.

    Notes
    -----
    The restricted deviance is profiled over coefficients and residual SD; its parameters are the lower
    factors of the covariances in residual SDs. The search is by BFGS from the parameters of all rows and the
    Hessian there. A random intercept below .001 residual SDs is held at zero where the deviance rises from
    there. Beside the engine's fits of the same rows: the deviance at most 1e-7 above theirs, coefficients
    within the 2e-5 SE by which its own fits from two starts differ.

    References
    ----------
    Bates et al. (2015) doi 10.18637/jss.v067.i01, eq. 39-42; Nocedal & Wright (2006), Numerical optimization,
    ch. 6.
    """

    def __init__(
        self,
        fit: EngineFit,
        groupings: tuple[Grouping, ...],
        data: pd.DataFrame,
        deviances: Deviances,
        codes: Mapping[str, np.ndarray],
    ) -> None:
        covariances = {group.grouping: group.covariance for group in fit.covariances}
        names = deviances.names
        terms = tuple(len(covariances[name]) for name in names)
        self._deviances, self._layout, self._codes = deviances, Layout(terms), tuple(codes.values())
        self._fit, self._names, self.groupings = fit, names, groupings
        self._both = np.column_stack([fixed_matrix(fit, data), fit.response])
        lengths = np.array([width * (width + 1) // 2 for width in terms])
        self._alone = np.repeat(lengths == 1, lengths)
        factors = [lower_factor(covariances[name]) for name in names]
        values = self._layout.values(factors) / np.sqrt(fit.dispersion)
        self._start = np.where(self._alone & (values < LEAST), 0.0, values)
        self._hessian = self._curvature()

    def _at(self, both: np.ndarray, kept: np.ndarray) -> _Looking:
        return _Looking(self._deviances.of(both, kept), self._layout)

    def without(self, left_out: np.ndarray) -> Profiled | None:
        """The fit without some rows (a boolean array); None where it is not found, or has other columns."""
        kept = ~left_out
        if any(np.all(one[kept] == one[kept][0]) for one in self._codes):
            return None  # a grouping of one level is no random effect
        try:
            look = self._found(self._at(self._both, kept.astype(float)))
        except np.linalg.LinAlgError:
            return None
        return None if look is None else look.fit

    def with_values(self, data: pd.DataFrame) -> EngineFit | None:
        """The fit to the same rows with other values of predictors; None where it is not found.

        Without modes of its random effects and fitted values (NaN), and without what only the engine gives
        (``raw``). The df are Satterthwaite's.
        """
        both = np.column_stack([fixed_matrix(self._fit, data), self._fit.response])
        at = self._at(both, np.ones(len(both)))
        try:
            look = self._found(at)
            return None if look is None else self._as_fit(look, self._df(at, look))
        except np.linalg.LinAlgError:
            return None

    def _df(self, at: _Looking, look: _Look) -> np.ndarray:
        """Satterthwaite's df: 2 / variance of log(variance of a coefficient), by the delta method.

        That variance is 2 / (n - p) of the residual SD at given factors, and g' (2 / Hessian) g of the
        factors with g the slope of the log along the profile.
        """
        free = np.flatnonzero(~(self._alone & (look.point == 0.0)))
        steps = np.eye(len(look.point))[free] * DIFFERENCE
        ends = [(at(look.point + step), at(look.point - step)) for step in steps]
        hessian = np.array([above.gradient - below.gradient for above, below in ends])[:, free]
        logs = [np.log(np.diag(above.fit.vcov) / np.diag(below.fit.vcov)) for above, below in ends]
        slopes = np.array(logs) / (2.0 * DIFFERENCE)
        spread = np.linalg.solve((hessian + hessian.T) / (4.0 * DIFFERENCE), slopes)
        return 1.0 / ((slopes * spread).sum(axis=0) + 1.0 / at.free)

    def _as_fit(self, look: _Look, df: np.ndarray) -> EngineFit:
        found, known = look.fit, self._fit
        factors = dict(zip(self._names, self._layout.factors(look.point), strict=True))
        covariances = []
        for group in known.covariances:
            factor = factors[group.grouping]
            covariance = found.dispersion * factor @ factor.T
            held = tuple(map(bool, np.diag(covariance) == 0.0))
            covariances.append(GroupCovariance(group.grouping, group.terms, covariance, held))
        unknown = [replace(one, values=np.full_like(one.values, np.nan)) for one in known.effects]
        return replace(
            known,
            beta=found.beta,
            se=np.sqrt(np.diag(found.vcov)),
            vcov=found.vcov,
            df=df,
            loglik=-found.deviance / 2.0,
            dispersion=found.dispersion,
            covariances=tuple(covariances),
            effects=tuple(unknown),
            fitted=np.full_like(known.fitted, np.nan),
            singular=any(any(group.pinned) for group in covariances),
            raw=None,
        )

    def _curvature(self) -> np.ndarray:
        """The Hessian where all rows have their fit, by differences of the gradient."""
        at = self._at(self._both, np.ones(len(self._both)))
        point = np.where(self._layout.diagonal(), np.maximum(self._start, RAISED), self._start)
        steps = np.eye(len(point)) * DIFFERENCE
        ends = [(at(point + step).gradient, at(point - step).gradient) for step in steps]
        hessian = np.array([above - below for above, below in ends]) / (2.0 * DIFFERENCE)
        return (hessian + hessian.T) / 2.0

    def _found(self, at: _Looking) -> _Look | None:
        """The fit at the minimum of the deviance, also of intercepts that were held at zero on the way."""
        look = at(self._start)
        for _ in range(ROUNDS):
            ended = self._descended(at, look)
            if ended is None:
                return None
            look, settled = ended
            held = look.point == 0.0
            if settled and not held[self._alone].any():
                return look
            if settled:
                falling = held & self._alone & (at(np.where(held, LEAST, look.point)).gradient < 0.0)
                if not falling.any():
                    return look
                look = at(np.where(falling, RAISED, look.point))
        return None

    def _descended(self, at: _Looking, look: _Look) -> tuple[_Look, bool] | None:
        """Down from one look, and whether to a minimum: False where an intercept came to be held at zero."""
        free = ~(self._alone & (look.point == 0.0))
        inverse = np.zeros_like(self._hessian)
        inverse[np.ix_(free, free)] = _inverse(self._hessian[np.ix_(free, free)])
        for _ in range(STEPS):
            step = -inverse @ look.gradient
            if -step @ look.gradient < EXACT:
                return look, True
            there = self._lower(at, look, step)
            if there is None:
                return None
            if np.any(there.point[free & self._alone] == 0.0):
                return there, False
            inverse = _updated(inverse, there.point - look.point, there.gradient - look.gradient)
            look = there
        return None

    def _lower(self, at: _Looking, look: _Look, step: np.ndarray) -> _Look | None:
        """A look at the end of a step, halved until the deviance does not rise; None where it does."""
        step = step * min(1.0, FARTHEST / float(np.abs(step).max()))
        for _ in range(HALVINGS):
            point = look.point + step
            point = np.where(self._alone & (point < LEAST), 0.0, point)
            if np.all(point[self._layout.diagonal() & ~self._alone] > LEAST):
                there = at(point)
                if there.fit.deviance <= look.fit.deviance + ROUNDING:
                    return there
            step = step / 2.0
        return None


def restricted_fits(
    fit: EngineFit, groupings: tuple[Grouping, ...], data: pd.DataFrame
) -> RestrictedFits | None:
    """``RestrictedFits`` of a fit whose refits are quicker so; None where they are not, or cannot be made."""
    linear = fit.distribution.normal and fit.reml and fit.offset is None
    if not (linear and groupings and fit.converged) or fit.aliased:
        return None
    codes = {one.name: pd.factorize(level_text(data, one))[0] for one in groupings}
    sizes = sorted(block.values.size for block in fit.effects)
    deviances = _of_crossed(fit, groupings, data) if sum(sizes[:-1]) <= MOST_OTHERS else None
    deviances = deviances or _of_nested(groupings, data, codes)
    if deviances is None:
        return None
    try:
        return RestrictedFits(fit, groupings, data, deviances, codes)
    except np.linalg.LinAlgError:
        return None


def _of_crossed(fit: EngineFit, groupings: tuple[Grouping, ...], data: pd.DataFrame) -> Deviances:
    whole, designs, start = random_matrix(fit, groupings, data).tocsc(), {}, 0
    for block in fit.effects:
        designs[block.grouping] = whole[:, start : start + block.values.size]
        start += block.values.size
    terms = {group.grouping: len(group.covariance) for group in fit.covariances}
    names = sorted(designs, key=lambda name: -int(designs[name].shape[1]))
    return OfCrossed(names, CrossProducts([designs[one] for one in names], [terms[one] for one in names]))


def _of_nested(
    groupings: tuple[Grouping, ...], data: pd.DataFrame, codes: Mapping[str, np.ndarray]
) -> Deviances | None:
    """None where groupings cross, or slopes vary over another than the innermost."""
    tree = tree_of_codes(codes)
    if tree is None or any(one.slopes and one.name != tree.groupings[-1] for one in groupings):
        return None
    slopes = next(one.slopes for one in groupings if one.name == tree.groupings[-1])
    columns = [data[name].to_numpy(dtype=float) for name in slopes]
    return OfNested(tree, np.column_stack([np.ones(len(data)), *columns]))


def _inverse(hessian: np.ndarray) -> np.ndarray:
    """The inverse, where no direction is taken to be all but flat."""
    values, vectors = np.linalg.eigh(hessian)
    return np.asarray((vectors / np.maximum(values, FLATTEST)) @ vectors.T)


def _updated(inverse: np.ndarray, step: np.ndarray, change: np.ndarray) -> np.ndarray:
    """The inverse Hessian by BFGS after one step, and a change of the gradient over it."""
    bend = float(step @ change)
    if bend <= 0.0:
        return inverse
    left = np.eye(len(step)) - np.outer(step, change) / bend
    return np.asarray(left @ inverse @ left.T + np.outer(step, step) / bend)
