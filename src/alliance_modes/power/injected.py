"""What outcomes are drawn from: the coefficients and variances of a fit, with effects that are put in."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from alliance_modes.models.design.design import Design, DesignColumn
from alliance_modes.models.engine.distributions import Distribution
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.prepared import INTERCEPT, Grouping
from alliance_modes.models.inference.random_effects import term_values

BETWEEN = "between"


@dataclass(frozen=True)
class Varying:
    """Random effects of one grouping: the columns that they belong to, and their covariance."""

    terms: tuple[str, ...]
    covariance: np.ndarray

    @property
    def intercept(self) -> float:
        """The variance of the intercept."""
        return float(self.covariance[self.terms.index(INTERCEPT), self.terms.index(INTERCEPT)])

    def with_intercept(self, variance: float) -> Varying:
        """The same with another variance of the intercept; covariances go with its SD."""
        place = self.terms.index(INTERCEPT)
        scale = np.ones(len(self.terms))
        changed = self.covariance.copy()
        if self.intercept > 0.0:
            scale[place] = np.sqrt(variance / self.intercept)
        else:
            changed[place, place] = variance
        return replace(self, covariance=changed * np.outer(scale, scale))


@dataclass(frozen=True)
class Rows:
    """The rows of a design as outcomes are drawn for them, again and again.

    ``matrix`` has the fixed-effect columns, ``levels`` the place of each row's level, by grouping.
    """

    design: Design
    matrix: np.ndarray
    levels: Mapping[str, np.ndarray]

    def values(self, terms: tuple[str, ...]) -> np.ndarray:
        """The columns that random effects belong to."""
        if terms == (INTERCEPT,):
            return np.ones((len(self.matrix), 1))
        return term_values(terms, self.design.frame)


def rows_of(design: Design) -> Rows:
    """The rows, their fixed-effect columns (intercept first) and their levels."""
    levels = {one.name: _levels(design.frame, one) for one in design.groupings}
    return Rows(design, design.matrix(), levels)


@dataclass(frozen=True)
class Injected:
    """The truth that outcomes of one model are drawn from.

    ``coefficients`` by column, the intercept among them; a column that is not there has none. ``varying``
    by grouping. ``dispersion`` is the residual variance.
    """

    coefficients: Mapping[str, float]
    varying: Mapping[str, Varying]
    dispersion: float
    distribution: Distribution

    def with_effects(self, effects: Mapping[str, float]) -> Injected:
        """The same with these coefficients in place of its own."""
        return replace(self, coefficients={**self.coefficients, **effects})

    def fixed_part(self, rows: Rows) -> np.ndarray:
        """The linear predictor of each row without random effects."""
        names = (INTERCEPT, *rows.design.fixed)
        linear = rows.matrix @ np.array([self.coefficients.get(name, 0.0) for name in names])
        return linear if rows.design.offsets is None else linear + rows.design.offsets

    def random_variance(self, rows: Rows) -> float:
        """Variance of the random effects of a row, its mean over the rows."""
        each = (
            np.einsum("ij,jk,ik->i", values, one.covariance, values).mean()
            for one, _, values in self._groupings(rows)
        )
        return math.fsum(each)

    def outcomes(self, rows: Rows, rng: np.random.Generator) -> np.ndarray:
        """One outcome for each row, with new random effects of all groupings of the design.

        Notes
        -----
        As lme4's ``simulate`` with new levels; a grouping that the design was built without (one
        level only, say) adds nothing.
        """
        linear = self.fixed_part(rows)
        for one, codes, values in self._groupings(rows):
            effects = rng.standard_normal((codes.max() + 1, len(one.terms))) @ _root(one.covariance).T
            linear = linear + (values * effects[codes]).sum(axis=1)
        mean = self.distribution.link.mean(linear)[:, None]
        residual = np.full((len(linear), 1), np.sqrt(self.dispersion))
        return self.distribution.draw(rng, mean, rows.design.trials, residual)[:, 0]

    def _groupings(self, rows: Rows) -> Iterator[tuple[Varying, np.ndarray, np.ndarray]]:
        """The random effects, the place of each row's level, and the values of their columns."""
        for name, codes in rows.levels.items():
            one = self.varying.get(name)
            if one is not None:
                yield one, codes, rows.values(one.terms)


def injected_of(design: Design, fit: EngineFit) -> Injected:
    """The coefficients and variances of a fit, as the truth that outcomes are drawn from."""
    varying = {one.grouping: Varying(one.terms, one.covariance) for one in fit.covariances}
    coefficients = dict(zip(fit.names, map(float, fit.beta), strict=True))
    return Injected(coefficients, varying, float(fit.dispersion), fit.distribution)


def effect_columns(design: Design) -> tuple[DesignColumn, ...]:
    """The tested columns that are constant within practitioners: those into which effects are put."""
    return tuple(
        column
        for column in design.columns
        if column.tested and column.practitioner_level and not column.parts and not column.smooth
    )


def _levels(frame: pd.DataFrame, grouping: Grouping) -> np.ndarray:
    return frame.groupby(list(grouping.columns), sort=True).ngroup().to_numpy()


def _root(covariance: np.ndarray) -> np.ndarray:
    """L with LL' the covariance, which may be of lower rank."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.clip(values, 0.0, None)))
