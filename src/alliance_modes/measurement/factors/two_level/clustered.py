"""The likelihood of answers that clients give, of whom several have one practitioner."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from alliance_modes.measurement.factors.likelihood.moments import (
    MeanCovarianceModel,
    parameter_gradient,
)

LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True)
class BySize:
    """Clusters of one size each: how many, the sum of their means, and the cross-products of these.

    ``sizes`` and ``clusters`` have an element per size, ``sums`` is sizes x items, ``products`` sizes x
    items x items.
    """

    sizes: np.ndarray
    clusters: np.ndarray
    sums: np.ndarray
    products: np.ndarray

    def apart(self, mean: np.ndarray, turn: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sums and cross-products of the distances of the means from ``mean``, in coordinates ``turn``."""
        sums = (self.sums - self.clusters[:, None] * mean) @ turn.T
        across = self.sums[:, :, None] * mean
        about = self.products - across - across.swapaxes(1, 2)
        about = about + self.clusters[:, None, None] * np.outer(mean, mean)
        return sums, turn @ about @ turn.T


@dataclass(frozen=True)
class Clustered:
    """Complete answers in clusters, in standard deviations of each item from its mean.

    ``sizes`` counts the respondents of each cluster, ``means`` (clusters x items) holds their means and
    ``within`` the cross-products of their answers about these, summed over clusters. ``spread`` holds
    the standard deviations that the answers were divided by.
    """

    sizes: np.ndarray
    means: np.ndarray
    within: np.ndarray
    spread: np.ndarray

    @cached_property
    def by_size(self) -> BySize:
        """The clusters of each size put together, which the likelihood does not tell apart."""
        sizes, codes = np.unique(self.sizes, return_inverse=True)
        order = np.argsort(codes, kind="stable")
        first = np.searchsorted(codes[order], np.arange(len(sizes)))
        means = self.means[order]
        parts = np.split(means, first[1:])
        return BySize(
            sizes=sizes,
            clusters=np.bincount(codes),
            sums=np.add.reduceat(means, first, axis=0),
            products=np.stack([part.T @ part for part in parts]),
        )

    @property
    def n(self) -> int:
        """Respondents."""
        return int(self.sizes.sum())

    @property
    def clusters(self) -> int:
        """Clusters."""
        return len(self.sizes)

    @property
    def items(self) -> int:
        """Items."""
        return len(self.spread)


def clustered(values: np.ndarray, clusters: np.ndarray) -> Clustered:
    """Answers (respondents x items, none missing, every item varies) by the cluster of each respondent."""
    spread = values.std(axis=0)
    scaled = (values - values.mean(axis=0)) / spread
    _, codes, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    means = np.zeros((len(sizes), values.shape[1]))
    np.add.at(means, codes, scaled)
    means /= sizes[:, None]
    apart = scaled - means[codes]
    return Clustered(sizes, means, apart.T @ apart, spread)


@dataclass(frozen=True)
class TurnedLevels:
    """``turn`` makes the covariances within the identity and those between diagonal, with ``shares``."""

    turn: np.ndarray
    shares: np.ndarray
    log_det_within: float


def turned_levels(within: np.ndarray, between: np.ndarray) -> TurnedLevels | None:
    """None where the covariances within are not those of any answers."""
    try:
        root = np.linalg.inv(np.linalg.cholesky(within))
    except np.linalg.LinAlgError:
        return None
    shares, turned = np.linalg.eigh(root @ between @ root.T)
    return TurnedLevels(turned.T @ root, shares, -2.0 * float(np.log(np.diag(root)).sum()))


def deviance(
    data: Clustered, within: np.ndarray, between: np.ndarray, mean: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """-2 log-likelihood of the answers in their own units, and its derivatives.

    Parameters
    ----------
    data : Clustered
    within, between : array, items x items
        Covariances of clients of one practitioner, and of what practitioners differ in.
    mean : array, items

    Returns
    -------
    value, by_within, by_between, by_mean
        The derivatives take every element of a symmetric matrix for itself. Infinite, with
        derivatives of zero, where W or W + n B (n the size of some cluster) is not positive definite.

    Notes
    -----
    Sum over clusters of (n - 1) log|W| + log|W + n B| + n d'(W + n B)^-1 d, d the cluster's means less the
    implied ones, plus tr(W^-1 S), S the cross-products within clusters, plus N p log 2 pi. B itself
    need not be positive definite.

    References
    ----------
    McDonald, R. P., & Goldstein, H. (1989). Balanced versus unbalanced designs for linear structural
    relations in two-level data. British Journal of Mathematical and Statistical Psychology, 42, 215-232.
    """
    turned = turned_levels(within, between)
    same = data.by_size
    spread = None if turned is None else 1 + same.sizes[:, None] * turned.shares
    if turned is None or spread is None or not spread.min() > 0:
        return np.inf, np.zeros_like(within), np.zeros_like(within), np.zeros_like(mean)
    turn, sizes, clusters, inverse = turned.turn, same.sizes[:, None], same.clusters[:, None], 1 / spread
    sums, products = same.apart(mean, turn)
    pulled = products * inverse[:, :, None] * inverse[:, None, :]
    inner = turn @ data.within @ turn.T
    log_det = float((clusters * np.log(spread)).sum()) + data.n * turned.log_det_within
    away = float((sizes * inverse * np.diagonal(products, axis1=1, axis2=2)).sum())
    scale = 2 * float(np.log(data.spread).sum()) + data.items * LOG_2PI
    value = log_det + float(np.trace(inner)) + away + data.n * scale
    by_within = (data.n - data.clusters) * np.eye(data.items) - inner
    by_within += np.diag((clusters * inverse).sum(axis=0)) - np.tensordot(same.sizes, pulled, 1)
    by_between = np.diag((clusters * sizes * inverse).sum(axis=0)) - np.tensordot(same.sizes**2, pulled, 1)
    by_mean = -2 * turn.T @ (sizes * inverse * sums).sum(axis=0)
    return value, turn.T @ by_within @ turn, turn.T @ by_between @ turn, by_mean


def deviance_of(model: MeanCovarianceModel, theta: np.ndarray, data: Clustered) -> tuple[float, np.ndarray]:
    """-2 log-likelihood of a model of two levels (``levels.two_levels``), and its gradient."""
    within, between = model.implied(theta)
    value, by_within, by_between, by_mean = deviance(data, within.cov, between.cov, between.mean)
    gradient = parameter_gradient(model.groups[0], within, by_within, np.zeros(data.items), len(theta))
    gradient += parameter_gradient(model.groups[1], between, by_between, by_mean, len(theta))
    return value, gradient
