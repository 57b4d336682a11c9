"""Linear mixed models fitted again and again to nearly the same rows: by the gradient, from the fit to all.

The engine searches without derivatives, some 70 looks at the likelihood for one fit. From the variances of
all rows, with the curvature there, six or so looks with their gradient are enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from alliance_modes.models.engine.fit import EngineFit, GroupCovariance
from alliance_modes.models.engine.layout import Layout
from alliance_modes.models.engine.nested.tree import tree_of_codes
from alliance_modes.models.engine.prepared import Grouping, level_text
from alliance_modes.models.engine.restricted.profiled import Profiled
from alliance_modes.models.engine.restricted.satterthwaite import CovarianceMoved
from alliance_modes.models.engine.restricted.search import Deviance, Look, RestrictedSearch
from alliance_modes.models.engine.start import lower_factor
from alliance_modes.models.inference.random_effects import fixed_matrix, random_matrix
from alliance_modes.models.refitting.linear.looks import Deviances, OfCrossed, OfNested
from alliance_modes.models.variances.effects_given import CrossProducts

MOST_OTHERS = 300
"""Effects besides those of the largest grouping up to which these looks are quicker than the engine's."""


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
    factors of the covariances in residual SDs. The search begins with the parameters of all rows and the
    Hessian there (``RestrictedSearch``). Beside the engine's fits of the same rows: the deviance at most 1e-7
    above theirs, coefficients within the 2e-5 SE by which its own fits from two starts differ.

    References
    ----------
    Bates et al. (2015) doi 10.18637/jss.v067.i01, eq. 39-42.
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
        factors = [lower_factor(covariances[name]) for name in names]
        start = self._layout.values(factors) / np.sqrt(fit.dispersion)
        self._search = RestrictedSearch(self._of(self._both, np.ones(len(self._both))), self._layout, start)

    def _of(self, both: np.ndarray, kept: np.ndarray) -> Deviance:
        return self._deviances.of(both, kept)

    def without(self, left_out: np.ndarray) -> Profiled | None:
        """The fit without some rows (a boolean array); None where it is not found, or has other columns."""
        kept = ~left_out
        if any(np.all(one[kept] == one[kept][0]) for one in self._codes):
            return None  # a grouping of one level is no random effect
        try:
            look = self._search.minimum(self._of(self._both, kept.astype(float)))
        except np.linalg.LinAlgError:
            return None
        return None if look is None else look.fit

    def with_values(self, data: pd.DataFrame) -> EngineFit | None:
        """The fit to the same rows with other values of predictors; None where it is not found.

        Without modes of its random effects and fitted values (NaN), and without what only the engine gives
        (``raw``). The df are Satterthwaite's.
        """
        both = np.column_stack([fixed_matrix(self._fit, data), self._fit.response])
        deviance = self._of(both, np.ones(len(both)))
        try:
            look = self._search.minimum(deviance)
            return None if look is None else self._as_fit(look, self._search.moved(deviance, look))
        except np.linalg.LinAlgError:
            return None

    def _as_fit(self, look: Look, moved: CovarianceMoved) -> EngineFit:
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
            df=moved.df(np.eye(len(found.beta))),
            loglik=-found.deviance / 2.0,
            dispersion=found.dispersion,
            covariances=tuple(covariances),
            effects=tuple(unknown),
            fitted=np.full_like(known.fitted, np.nan),
            singular=any(any(group.pinned) for group in covariances),
            raw=None,
            satterthwaite=moved,
        )


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
    """None where groupings cross."""
    tree = tree_of_codes(codes)
    if tree is None:
        return None
    return OfNested(
        tree, {one.name: data[list(one.slopes)].to_numpy(dtype=float) for one in groupings if one.slopes}
    )
