"""Means and covariances that a factor model implies, in one or several groups, with their derivatives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

MATRICES = ("loadings", "factor_cov", "residual_cov", "intercepts", "factor_means")


@dataclass(frozen=True)
class Part:
    """One matrix of one group: fixed values, and where free parameters stand.

    ``place`` holds the number of the free parameter, or -1 where the value is fixed. Two places
    with one number are held equal, within a group or between groups.
    """

    fixed: np.ndarray
    place: np.ndarray

    def filled(self, theta: np.ndarray) -> np.ndarray:
        """The matrix at the parameter values ``theta``."""
        return np.where(self.place >= 0, theta[self.place], self.fixed)


@dataclass(frozen=True)
class Implied:
    """Matrices of one group at given parameter values, and what they imply for its items."""

    loadings: np.ndarray
    factor_cov: np.ndarray
    residual_cov: np.ndarray
    intercepts: np.ndarray
    factor_means: np.ndarray

    @cached_property
    def cov(self) -> np.ndarray:
        """Covariances of the items."""
        return self.loadings @ self.factor_cov @ self.loadings.T + self.residual_cov

    @cached_property
    def mean(self) -> np.ndarray:
        """Means of the items."""
        return self.intercepts + self.loadings @ self.factor_means


@dataclass(frozen=True)
class MeanCovarianceModel:
    """A factor model: mean = intercepts + loadings x factor means, covariance = LPL' + residual.

    ``groups`` holds the five parts of each group by the names of ``MATRICES``; ``names`` the free
    parameters in order. Make one with ``build_model``.
    """

    groups: tuple[dict[str, Part], ...]
    names: tuple[str, ...]

    def implied(self, theta: np.ndarray) -> tuple[Implied, ...]:
        """What the parameter values ``theta`` imply, per group."""
        return tuple(
            Implied(**{name: group[name].filled(theta) for name in MATRICES}) for group in self.groups
        )

    @property
    def items(self) -> int:
        """Number of items (the same in every group)."""
        return len(self.groups[0]["intercepts"].fixed)

    @property
    def df(self) -> int:
        """Degrees of freedom: means, variances and covariances less free parameters."""
        return len(self.groups) * (self.items * (self.items + 3) // 2) - len(self.names)


def build_model(groups: Sequence[dict[str, np.ndarray]]) -> MeanCovarianceModel:
    """Make a model of labelled matrices.

    Parameters
    ----------
    groups : sequence of mapping
        Per group one array of objects for each name of ``MATRICES``: a number where the value is
        fixed, a text (the parameter's name) where it is free. The same text twice is one
        parameter. Symmetric matrices are given in full.
    """
    numbers: dict[str, int] = {}
    parts = []
    for group in groups:
        made = {}
        for name in MATRICES:
            labels = np.asarray(group[name], dtype=object)
            free = np.array([isinstance(value, str) for value in labels.ravel()], dtype=bool)
            place = np.full(labels.size, -1)
            fixed = np.zeros(labels.size)
            for at, value in enumerate(labels.ravel()):
                if free[at]:
                    place[at] = numbers.setdefault(value, len(numbers))
                else:
                    fixed[at] = value
            made[name] = Part(fixed.reshape(labels.shape), place.reshape(labels.shape))
        parts.append(made)
    return MeanCovarianceModel(tuple(parts), tuple(numbers))


@dataclass(frozen=True)
class Sample:
    """Complete answers of one group: ``values`` is respondents x items, ``clusters`` one code each.

    Respondents with one cluster code depend on each other (the clients of one practitioner, say).
    """

    values: np.ndarray
    clusters: np.ndarray

    @property
    def n(self) -> int:
        """Respondents."""
        return len(self.values)

    @cached_property
    def mean(self) -> np.ndarray:
        """Means of the items."""
        return self.values.mean(axis=0)

    @cached_property
    def cov(self) -> np.ndarray:
        """Covariances of the items with divisor n, as maximum likelihood has them."""
        centred = self.values - self.mean
        return centred.T @ centred / self.n

    @cached_property
    def log_det(self) -> float:
        """Logarithm of the determinant of the covariances."""
        return float(np.linalg.slogdet(self.cov)[1])


def discrepancy(
    model: MeanCovarianceModel, theta: np.ndarray, samples: Iterable[Sample]
) -> tuple[float, np.ndarray]:
    """The maximum-likelihood discrepancy of a model from data, and its gradient.

    Notes
    -----
    F = sum over groups of n_g/N [log|Sigma| + tr(S Sigma^-1) - log|S| - p + d' Sigma^-1 d] with
    d the observed less the implied means; N F is the likelihood-ratio chi-square. Infinite where
    an implied covariance matrix is not positive definite.
    """
    samples = tuple(samples)
    total = sum(sample.n for sample in samples)
    value, gradient = 0.0, np.zeros(len(model.names))
    for parts, implied, sample in zip(model.groups, model.implied(theta), samples, strict=True):
        try:
            root = np.linalg.cholesky(implied.cov)
        except np.linalg.LinAlgError:
            return np.inf, gradient
        share = sample.n / total
        inverse = np.linalg.inv(implied.cov)
        away = sample.mean - implied.mean
        moment = sample.cov + np.outer(away, away)
        log_det = 2 * np.log(np.diag(root)).sum()
        value += share * (log_det + (moment * inverse).sum() - sample.log_det - len(sample.mean))
        by_cov = inverse - inverse @ moment @ inverse
        by_mean = -2 * inverse @ away
        gradient += share * parameter_gradient(parts, implied, by_cov, by_mean, len(gradient))
    return value, gradient


def parameter_gradient(
    parts: dict[str, Part], implied: Implied, by_cov: np.ndarray, by_mean: np.ndarray, parameters: int
) -> np.ndarray:
    """Derivatives by the parameters of a group, from those by its covariances and means (chain rule)."""
    gradient = np.zeros(parameters)
    by = _by_matrix(implied, by_cov, by_mean)
    for name in MATRICES:
        free = parts[name].place >= 0
        np.add.at(gradient, parts[name].place[free], by[name][free])
    return gradient


def _by_matrix(implied: Implied, by_cov: np.ndarray, by_mean: np.ndarray) -> dict[str, np.ndarray]:
    """Derivatives by each matrix, from those by covariances and means (chain rule)."""
    return {
        "loadings": 2 * by_cov @ implied.loadings @ implied.factor_cov
        + np.outer(by_mean, implied.factor_means),
        "factor_cov": implied.loadings.T @ by_cov @ implied.loadings,
        "residual_cov": by_cov,
        "intercepts": by_mean,
        "factor_means": implied.loadings.T @ by_mean,
    }


def whitened_jacobian(
    parts: dict[str, Part], implied: Implied, parameters: int, cov: np.ndarray | None = None
) -> np.ndarray:
    """Derivatives of a group's implied means and covariances, in units of their sampling error.

    The sampling error is that under ``cov``, by default the implied covariances themselves.

    Returns
    -------
    array, p(p + 3)/2 x parameters
        With L the Cholesky root of ``cov``: rows L^-1 dmean, then those of
        ``stacked(L^-1 dcov L^-T)``. Its cross-product is the expected information of one
        respondent (half of the expected Hessian of F).
    """
    size = len(implied.mean)
    whiten = np.linalg.inv(np.linalg.cholesky(implied.cov if cov is None else cov))
    loaded = whiten @ implied.loadings
    means, covs = np.zeros((parameters, size)), np.zeros((parameters, size, size))

    def outer(numbers: np.ndarray, left: np.ndarray, right: np.ndarray, twice: bool) -> None:
        products = np.einsum("ak,bk->kab", left, right)
        products = products + products.transpose(0, 2, 1) if twice else products
        while len(numbers):  # each parameter's first place, then its second: add.at is many times slower
            once, first = np.unique(numbers, return_index=True)
            covs[once] += products[first]
            numbers, products = np.delete(numbers, first), np.delete(products, first, axis=0)

    place = parts["loadings"].place
    rows, columns = np.nonzero(place >= 0)
    numbers = place[rows, columns]
    outer(numbers, whiten[:, rows], (loaded @ implied.factor_cov)[:, columns], True)
    np.add.at(means, numbers, (whiten[:, rows] * implied.factor_means[columns]).T)
    for name, basis in (("factor_cov", loaded), ("residual_cov", whiten)):
        place = parts[name].place
        rows, columns = np.nonzero(place >= 0)
        outer(place[rows, columns], basis[:, rows], basis[:, columns], False)
    for name, basis in (("intercepts", whiten), ("factor_means", loaded)):
        place = parts[name].place
        (rows,) = np.nonzero(place >= 0)
        np.add.at(means, place[rows], basis[:, rows].T)
    return np.concatenate([means, stacked(covs)], axis=1).T


def moment_slopes(parts: dict[str, Part], implied: Implied, parameters: int) -> tuple[np.ndarray, np.ndarray]:
    """Derivatives of implied means (parameters x items) and covariances (parameters x items x items)."""
    size = len(implied.mean)
    rows = whitened_jacobian(parts, implied, parameters, np.eye(size)).T
    covs = np.zeros((parameters, size, size))
    one, other = np.tril_indices(size)
    covs[:, one, other] = rows[:, size:] * np.where(one == other, np.sqrt(2), 1.0)
    covs[:, other, one] = covs[:, one, other]
    return rows[:, :size], covs


def stacked(symmetric: np.ndarray) -> np.ndarray:
    """The lower triangle of symmetric matrices (last two axes), the diagonal divided by sqrt 2.

    The squared length is half of that of the whole matrix: the information of whitened covariances.
    """
    rows, columns = np.tril_indices(symmetric.shape[-1])
    return symmetric[..., rows, columns] * np.where(rows == columns, np.sqrt(0.5), 1.0)
