"""From factors and modes of nested effects to what a fit says of them; and where these are at an edge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from alliance_modes.models.engine.fit import SMALLEST_VARIANCE, GroupCovariance, GroupEffects
from alliance_modes.models.engine.layout import Layout
from alliance_modes.models.engine.nested.fit import held
from alliance_modes.models.engine.nested.tree import Tree
from alliance_modes.models.engine.prepared import INTERCEPT, Prepared, level_column

SMALL_SLOPE, CLOSEST = 1e-2, 0.99
"""An SD of a slope (of what it adds to a row where its column is one SD), or of an intercept beside slopes,
below the first, or a correlation beyond the second: the fit may be at the edge of what it can be. It is
looked for there; where it is not there after all, and yet so near to it, the engine has to find it."""


def slopes_of(kept: Prepared) -> dict[str, np.ndarray]:
    """What random slopes are multiplied with (rows x slopes), by the groupings that have any."""
    return {
        one.name: kept.frame[list(one.slopes)].to_numpy(dtype=float) for one in kept.groupings if one.slopes
    }


def layout_of(tree: Tree, slopes: Mapping[str, np.ndarray]) -> Layout:
    """Of the factors, outermost first."""
    return Layout(tuple(len(slope_scale(name, slopes)) for name in tree.groupings))


def slope_scale(name: str, slopes: Mapping[str, np.ndarray]) -> np.ndarray:
    """What an effect of each term adds to a row: 1 of an intercept, the SD of a slope's column."""
    return np.append(1.0, slopes[name].std(axis=0)) if name in slopes else np.ones(1)


def steepness(tree: Tree, slopes: Mapping[str, np.ndarray]) -> np.ndarray:
    """About the root of the curvature in each parameter of the factors: units, and what a row gets of it."""
    parts = []
    for level, name in enumerate(tree.groupings):
        scale = slope_scale(name, slopes)
        rows, _ = np.tril_indices(len(scale))
        parts.append(2.0 * np.sqrt(len(tree.first[level])) * scale[rows])
    return np.concatenate(parts)


def turned_up(layout: Layout, point: np.ndarray) -> np.ndarray:
    """1, or -1 where a parameter is of a column of a factor that is to be turned round: its diagonal is below
    zero, which means nothing."""
    signs = [
        np.where(np.diag(factor) < 0.0, -1.0, 1.0) * np.ones_like(factor) for factor in layout.factors(point)
    ]
    return layout.values(signs)


def at_an_edge(layout: Layout, point: np.ndarray, tree: Tree, slopes: Mapping[str, np.ndarray]) -> np.ndarray:
    """Of the parameters, those on a diagonal by which a grouping with slopes is at, or nearly at, an edge.

    A variance is at zero, or an effect all but a multiple of those before it.
    """
    parts = []
    for name, factor in zip(tree.groupings, layout.factors(point), strict=True):
        own = np.abs(np.diag(factor))
        alone = own <= np.sqrt(1.0 - CLOSEST**2) * np.linalg.norm(factor, axis=1)
        edge = (alone | (own * slope_scale(name, slopes) <= SMALL_SLOPE)) if name in slopes else alone & False
        parts.append(np.diag(edge))
    found: np.ndarray = layout.values(parts).astype(bool)
    return found


@dataclass(frozen=True)
class Assembled:
    """Effects and covariances in the order of the groupings; what the effects of each row add up to."""

    effects: tuple[GroupEffects, ...]
    covariances: tuple[GroupCovariance, ...]
    of_row: np.ndarray

    @property
    def singular(self) -> bool:
        """Whether a variance is at zero, or a correlation at -1 or 1."""
        return any(any(one.pinned) or one.dependent for one in self.covariances)

    @property
    def warnings(self) -> tuple[str, ...]:
        """In words, which variances are at zero."""
        zero = [one.grouping for one in self.covariances if any(one.pinned)]
        return (f"singular: variance at zero: {', '.join(zero)}",) if zero else ()


def assembled(
    kept: Prepared, tree: Tree, factors: Sequence[np.ndarray], modes: Sequence[np.ndarray]
) -> Assembled:
    """From factors (in units of the predictor) and modes (units x terms), outermost first."""
    known = dict(zip(tree.groupings, zip(factors, tree.codes, modes, strict=True), strict=True))
    effects, covariances, total = [], [], np.zeros(len(kept.frame))
    for one in kept.groupings:
        factor, codes, values = known[one.name]
        level, terms = kept.frame[level_column(one)].cat, (INTERCEPT, *one.slopes)
        of_level = np.zeros((len(level.categories), len(terms)))
        of_level[codes] = values
        effects.append(GroupEffects(one.name, tuple(map(str, level.categories)), terms, held(of_level)))
        of_row = of_level[level.codes]
        total += of_row[:, 0]
        for place, name in enumerate(one.slopes, 1):
            total += of_row[:, place] * kept.frame[name].to_numpy(dtype=float)
        covariance = factor @ factor.T
        at_zero = tuple(map(bool, np.diag(covariance) < SMALLEST_VARIANCE))
        dependent = bool(np.any(np.diag(factor) == 0.0)) and not any(at_zero)
        covariances.append(GroupCovariance(one.name, terms, held(covariance), at_zero, dependent))
    return Assembled(tuple(effects), tuple(covariances), total)
