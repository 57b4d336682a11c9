"""Maximum likelihood for means and covariances: Fisher scoring with an analytic gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from alliance_modes.measurement.factors.likelihood.moments import (
    MATRICES,
    Implied,
    MeanCovarianceModel,
    Part,
    Sample,
    discrepancy,
    expected_of_one,
    gradient_slopes,
    moment_slopes,
)

STEPS = 300
DECREMENT = 1e-10
"""The search ends where a full step would lower chi-square by less than this."""

SINGULAR = 1e-10
"""Smallest eigenvalue of the scaled information, below which a parameter is not identified."""


@dataclass(frozen=True)
class MomentFit:
    """A fitted model. ``problem`` says why its numbers must not be used; it is empty otherwise."""

    model: MeanCovarianceModel
    samples: tuple[Sample, ...]
    theta: np.ndarray
    chi2: float
    problem: str = ""

    @property
    def n(self) -> int:
        """Respondents over all groups."""
        return sum(sample.n for sample in self.samples)


def fit_moments(
    model: MeanCovarianceModel, samples: Sequence[Sample], start: np.ndarray | None = None
) -> MomentFit:
    """Fit a factor model to means and covariances by maximum likelihood.

    Parameters
    ----------
    model : MeanCovarianceModel
    samples : sequence of Sample
        Complete answers, one per group of the model, in its order.
    start : array, optional
        Parameter values to start from.

    Returns
    -------
    MomentFit
        Unbounded: variances may come out negative and correlations beyond 1; ``inadmissible``
        tells.

    Notes
    -----
    Fisher scoring: theta + (I + damping)^-1 (-gradient/2), damped where a step does not lower the
    discrepancy. chi-square = N F, with covariances of divisor n. Held to lavaan's multi-group
    estimates (``tests/reference``).
    """
    samples = tuple(samples)
    theta = starting_values(model, samples) if start is None else np.array(start, dtype=float)
    total = sum(sample.n for sample in samples)
    value, gradient = discrepancy(model, theta, samples)
    if not np.isfinite(value):
        return MomentFit(model, samples, theta, np.nan, "the search could not be started")
    damping = 1e-3
    for _ in range(STEPS):
        information = expected_information(model, theta, samples)
        scale = np.diag(information).clip(min=1e-12)
        while damping < 1e8:
            step = np.linalg.solve(information + damping * np.diag(scale), -gradient / 2)
            new_value, new_gradient = discrepancy(model, theta + step, samples)
            if new_value <= value:
                break
            damping *= 10
        else:
            break
        promised = -total * float(gradient @ step) / 2
        theta, value, gradient = theta + step, new_value, new_gradient
        damping = max(damping / 10, 1e-9)
        if promised < DECREMENT:
            break
    return MomentFit(model, samples, theta, total * value, _problem(model, theta, samples, gradient))


def _problem(
    model: MeanCovarianceModel, theta: np.ndarray, samples: tuple[Sample, ...], gradient: np.ndarray
) -> str:
    information = expected_information(model, theta, samples)
    scale = np.sqrt(np.diag(information).clip(min=1e-300))
    if np.linalg.eigvalsh(information / np.outer(scale, scale)).min() < SINGULAR:
        return "the data do not determine every parameter"
    total = sum(sample.n for sample in samples)
    if total * float(gradient @ np.linalg.solve(information, gradient)) / 4 > 1e-6:
        return "the search did not reach a maximum of the likelihood"
    return ""


def expected_information(
    model: MeanCovarianceModel, theta: np.ndarray, samples: Sequence[Sample]
) -> np.ndarray:
    """Expected information of one respondent about every parameter, averaged over groups."""
    total = sum(sample.n for sample in samples)
    information = np.zeros((len(theta), len(theta)))
    for parts, implied, sample in zip(model.groups, model.implied(theta), samples, strict=True):
        information += sample.n / total * expected_of_one(parts, implied, len(theta))
    return information


def observed_information(fit: MomentFit) -> np.ndarray:
    """Half of the second derivatives of the discrepancy: observed information of one respondent.

    Notes
    -----
    With Q the inverse of the implied covariances, M the second moments about the implied means, d the
    observed less the implied means, A and B derivatives of covariances, a and b of means: the sum over
    groups of their share x [tr(A Q B (Q M Q - Q/2)) + a'Q b + a'Q B Q d + b'Q A Q d], and ``bending``.
    """
    size, slopes = len(fit.theta), []
    information = np.zeros((size, size))
    for parts, implied, sample in zip(
        fit.model.groups, fit.model.implied(fit.theta), fit.samples, strict=True
    ):
        share, inverse = sample.n / fit.n, np.linalg.inv(implied.cov)
        away = sample.mean - implied.mean
        moment = sample.cov + np.outer(away, away)
        means, covs = moment_slopes(parts, implied, size)
        pulled = inverse @ away
        left = (covs @ inverse).reshape(size, -1)
        right = (covs @ (inverse @ moment @ inverse - inverse / 2)).transpose(0, 2, 1).reshape(size, -1)
        quadratic = left @ right.T
        crossed = means @ inverse @ (covs @ pulled).T
        by_mean = means @ inverse @ means.T
        information += share * ((quadratic + quadratic.T) / 2 + crossed + crossed.T + by_mean)
        slopes.append((share * (inverse - inverse @ moment @ inverse), -2 * share * pulled))
    return information + bending(fit.model, fit.theta, slopes)


def bending(
    model: MeanCovarianceModel, theta: np.ndarray, slopes: Sequence[tuple[np.ndarray, np.ndarray]]
) -> np.ndarray:
    """Half of the sum of slopes by covariances and means times the second derivatives of these."""
    joined = zip(model.groups, model.implied(theta), slopes, strict=True)
    made = sum(gradient_slopes(parts, at, *slope, len(theta)) for parts, at, slope in joined)
    return np.asarray(made + np.transpose(made)) / 4


def inadmissible(fit: MomentFit, items: Sequence[object], factors: Sequence[str]) -> tuple[str, str]:
    """Whether estimates lie outside what variances and correlations can be.

    Returns
    -------
    status, reason : str
        ``heywood`` (a residual variance at or below zero) or ``not_positive_definite`` (a
        correlation of factors at or beyond 1, or matrices that no variables can have); blank
        where the estimates are admissible.
    """
    for implied in fit.model.implied(fit.theta):
        worst = item_without_residual(implied)
        if worst is not None:
            return "heywood", f"item {items[worst]} has a residual variance at or below zero"
        alike = factors_not_apart(implied)
        if alike:
            one, other = (factors[place] for place in alike)
            reason = f"the factors {one} and {other} cannot be told apart"
            return "not_positive_definite", f"{reason} (their correlation reaches 1)"
        if np.linalg.eigvalsh(implied.residual_cov).min() <= 0:
            return "not_positive_definite", "the residual covariances are not those of any variables"
    return "", ""


def item_without_residual(implied: Implied) -> int | None:
    """The item with the smallest share of residual variance, where that is at or below zero."""
    share = np.diag(implied.residual_cov) / np.diag(implied.cov)
    worst = int(np.argmin(share))
    return worst if share[worst] <= 1e-6 else None


def factors_not_apart(implied: Implied) -> tuple[int, int] | None:
    """The two factors that correlate most, where correlations of factors are at or beyond 1."""
    if len(implied.factor_cov) < 2 or np.linalg.eigvalsh(_correlations(implied.factor_cov)).min() > 1e-6:
        return None
    return _closest(implied.factor_cov)


def _correlations(cov: np.ndarray) -> np.ndarray:
    sd = np.sqrt(np.abs(np.diag(cov)).clip(min=1e-300))
    return cov / np.outer(sd, sd)


def _closest(cov: np.ndarray) -> tuple[int, int]:
    size = np.abs(np.tril(_correlations(cov), -1))
    other, one = np.unravel_index(int(np.argmax(size)), size.shape)
    return int(one), int(other)


def carried_over(fit: MomentFit, model: MeanCovarianceModel) -> np.ndarray:
    """The estimates of a fit as parameter values of another model of the same matrices.

    Where several estimates become one parameter, their mean; where a value was fixed, that value.
    """
    sums, counts = np.zeros(len(model.names)), np.zeros(len(model.names))
    for parts, own in zip(model.groups, fit.model.groups, strict=True):
        for name in MATRICES:
            free = parts[name].place >= 0
            np.add.at(sums, parts[name].place[free], own[name].filled(fit.theta)[free])
            np.add.at(counts, parts[name].place[free], 1)
    return sums / counts


def starting_values(model: MeanCovarianceModel, samples: Sequence[Sample]) -> np.ndarray:
    """Where the search starts: half of each variance common, factors correlated .5, observed means."""
    sums, counts = np.zeros(len(model.names)), np.zeros(len(model.names))
    for parts, sample in zip(model.groups, samples, strict=True):
        guess = _guess(parts, sample)
        for name in MATRICES:
            free = parts[name].place >= 0
            np.add.at(sums, parts[name].place[free], guess[name][free])
            np.add.at(counts, parts[name].place[free], 1)
    return sums / counts


def _guess(parts: Mapping[str, Part], sample: Sample) -> dict[str, np.ndarray]:
    variances = np.diag(sample.cov)
    place = parts["loadings"].place
    factors = place.shape[1]
    used = np.maximum((place >= 0).sum(axis=1), 1)
    related = (parts["factor_cov"].place >= 0) & ~np.eye(factors, dtype=bool)
    return {
        "loadings": np.repeat((0.7 * np.sqrt(variances / used))[:, None], factors, axis=1),
        "factor_cov": np.eye(factors) + 0.5 * related,
        "residual_cov": np.diag(variances / 2),
        "intercepts": sample.mean,
        "factor_means": np.zeros(factors),
    }
