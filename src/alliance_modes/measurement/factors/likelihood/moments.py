"""Means and covariances that a factor model implies, in one or several groups, with their derivatives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

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

    @cached_property
    def free(self) -> np.ndarray:
        """Where free parameters stand."""
        return self.place >= 0

    @cached_property
    def numbers(self) -> np.ndarray:
        """The parameters that stand there, row by row."""
        return self.place[self.free]

    @cached_property
    def in_order(self) -> tuple[np.ndarray, np.ndarray]:
        """An order of ``numbers`` that has equal ones together, and where in it each one starts."""
        order = np.argsort(self.numbers, kind="stable")
        return order, np.flatnonzero(np.diff(self.numbers[order], prepend=-1))

    def filled(self, theta: np.ndarray) -> np.ndarray:
        """The matrix at the parameter values ``theta``."""
        return np.where(self.free, theta[self.place], self.fixed) if len(self.numbers) else self.fixed

    def by_place(self, parameters: int) -> np.ndarray:
        """1 where a free place (row) holds a parameter (column): a sum over places as a product."""
        return np.asarray(self.numbers[:, None] == np.arange(parameters), dtype=float)


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
    by = _by_matrix(implied, by_cov, by_mean)
    numbers = np.concatenate([parts[name].numbers for name in MATRICES])
    slopes = np.concatenate([by[name][parts[name].free] for name in MATRICES])
    return np.bincount(numbers, slopes, parameters)


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


def gradient_slopes(
    parts: dict[str, Part], implied: Implied, by_cov: np.ndarray, by_mean: np.ndarray, parameters: int
) -> np.ndarray:
    """Derivatives of ``parameter_gradient`` (columns) by the parameters (rows), by_cov and by_mean held."""
    unit = {}
    for name in MATRICES:
        part, unit[name] = parts[name], np.zeros((parameters, *parts[name].place.shape))
        unit[name][(part.numbers, *np.nonzero(part.free))] = 1.0
    loadings, pulled = unit["loadings"], by_cov @ implied.loadings
    turned = loadings.transpose(0, 2, 1)
    half = turned @ pulled
    moved = {
        "loadings": 2 * by_cov @ loadings @ implied.factor_cov
        + 2 * pulled @ unit["factor_cov"]
        + by_mean[:, None] * unit["factor_means"][:, None, :],
        "factor_cov": half + half.transpose(0, 2, 1),
        "factor_means": turned @ by_mean,
    }
    slopes = [by[:, parts[name].free] @ parts[name].by_place(parameters) for name, by in moved.items()]
    return np.asarray(sum(slopes))


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

    def outer(name: str, left: np.ndarray, right: np.ndarray) -> None:
        rows, columns = np.nonzero(parts[name].free)
        order, starts = parts[name].in_order
        rows, columns = rows[order], columns[order]
        products = left.T[rows, :, None] * right.T[columns, None, :]
        if len(starts):
            covs[parts[name].numbers[order][starts]] += np.add.reduceat(products, starts, axis=0)

    rows, columns = np.nonzero(parts["loadings"].free)
    outer("loadings", whiten, loaded @ implied.factor_cov)
    covs += covs.transpose(0, 2, 1)
    means += parts["loadings"].by_place(parameters).T @ (whiten[:, rows] * implied.factor_means[columns]).T
    for name, basis in (("factor_cov", loaded), ("residual_cov", whiten)):
        outer(name, basis, basis)
    for name, basis in (("intercepts", whiten), ("factor_means", loaded)):
        means += parts[name].by_place(parameters).T @ basis[:, parts[name].free].T
    return np.concatenate([means, stacked(covs)], axis=1).T


def expected_of_one(parts: dict[str, Part], implied: Implied, parameters: int) -> np.ndarray:
    """Expected information of one respondent of a group: the cross-product of ``whitened_jacobian``.

    Notes
    -----
    A place of a matrix moves the whitened covariances by c (l r' + r l'), so that two places share
    c c' [(l'l*)(r'r*) + (l'r*)(r'l*)]: the many derivatives of covariances need not be made.
    """
    whiten = np.linalg.inv(np.linalg.cholesky(implied.cov))
    loaded = whiten @ implied.loadings
    bases = {
        "loadings": (whiten, loaded @ implied.factor_cov, 1.0),
        "factor_cov": (loaded, loaded, 0.5),
        "residual_cov": (whiten, whiten, 0.5),
    }
    at = {name: np.nonzero(parts[name].free) for name in MATRICES}
    left = np.concatenate([one.T[at[name][0]] for name, (one, _, _) in bases.items()])
    right = np.concatenate([scale * other.T[at[name][1]] for name, (_, other, scale) in bases.items()])
    numbers = np.concatenate([parts[name].numbers for name in bases])
    crossed = left @ right.T
    found = _summed((left @ left.T) * (right @ right.T) + crossed * crossed.T, numbers, parameters)
    rows, columns = at["loadings"]
    by_loading = whiten.T[rows] * implied.factor_means[columns][:, None]
    of_means = [by_loading, whiten.T[at["intercepts"][0]], loaded.T[at["factor_means"][0]]]
    moved = np.concatenate(of_means)
    numbers = np.concatenate([parts[name].numbers for name in ("loadings", "intercepts", "factor_means")])
    return found + _summed(moved @ moved.T, numbers, parameters)


def _summed(by_place: np.ndarray, numbers: np.ndarray, parameters: int) -> np.ndarray:
    """A matrix of places summed over those of each parameter."""
    cells = (numbers[:, None] * parameters + numbers).ravel()
    return np.bincount(cells, by_place.ravel(), parameters**2).reshape(parameters, parameters)


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
    rows, columns, scale = _lower(symmetric.shape[-1])
    return symmetric[..., rows, columns] * scale


@cache
def _lower(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows and columns of a lower triangle, and what ``stacked`` multiplies them by."""
    rows, columns = np.tril_indices(size)
    return rows, columns, np.where(rows == columns, np.sqrt(0.5), 1.0)
