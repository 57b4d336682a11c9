"""The likelihood of answers that clients give, of whom several have one practitioner."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alliance_modes.measurement.factors.likelihood.moments import (
    MeanCovarianceModel,
    parameter_gradient,
)

LOG_2PI = float(np.log(2 * np.pi))


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
class Basis:
    """Both levels at once in coordinates in which neither has covariances.

    ``turn`` (T) makes T W T' the identity and T B T' diagonal, for covariances W within and B between
    clusters; ``spread`` (clusters x items) is then the variance of the means of each cluster times its
    size, and ``away`` the distance of its means from the implied ones.
    """

    turn: np.ndarray
    spread: np.ndarray
    away: np.ndarray
    log_det: float


def basis(data: Clustered, within: np.ndarray, between: np.ndarray, mean: np.ndarray) -> Basis | None:
    """None where the covariances are not those of any answers."""
    try:
        root = np.linalg.inv(np.linalg.cholesky(within))
    except np.linalg.LinAlgError:
        return None
    shares, turned = np.linalg.eigh(root @ between @ root.T)
    spread = 1 + data.sizes[:, None] * shares
    if not spread.min() > 0:
        return None
    turn = turned.T @ root
    log_det = float(np.log(spread).sum() - 2 * data.n * np.log(np.diag(root)).sum())
    return Basis(turn, spread, (data.means - mean) @ turn.T, log_det)


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
    at = basis(data, within, between, mean)
    if at is None:
        return np.inf, np.zeros_like(within), np.zeros_like(within), np.zeros_like(mean)
    sizes, inverse = data.sizes[:, None], 1 / at.spread
    inner = at.turn @ data.within @ at.turn.T
    pulled = at.away * inverse
    scale = 2 * float(np.log(data.spread).sum()) + data.items * LOG_2PI
    value = at.log_det + np.trace(inner) + float((sizes * at.away * pulled).sum()) + data.n * scale
    by_within = (data.n - data.clusters) * np.eye(data.items) - inner
    by_within += np.diag(inverse.sum(axis=0)) - (sizes * pulled).T @ pulled
    by_between = np.diag((sizes * inverse).sum(axis=0)) - (sizes**2 * pulled).T @ pulled
    by_mean = -2 * at.turn.T @ (sizes * pulled).sum(axis=0)
    return value, at.turn.T @ by_within @ at.turn, at.turn.T @ by_between @ at.turn, by_mean


def deviance_of(model: MeanCovarianceModel, theta: np.ndarray, data: Clustered) -> tuple[float, np.ndarray]:
    """-2 log-likelihood of a model of two levels (``levels.two_levels``), and its gradient."""
    within, between = model.implied(theta)
    value, by_within, by_between, by_mean = deviance(data, within.cov, between.cov, between.mean)
    gradient = parameter_gradient(model.groups[0], within, by_within, np.zeros(data.items), len(theta))
    gradient += parameter_gradient(model.groups[1], between, by_between, by_mean, len(theta))
    return value, gradient
