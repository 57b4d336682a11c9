"""The likelihood of means and covariances where respondents left items unanswered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from alliance_modes.measurement.factors.likelihood.moment_fit import (
    MomentFit,
    bending,
    expected_information,
    fit_moments,
)
from alliance_modes.measurement.factors.likelihood.moments import (
    Implied,
    MeanCovarianceModel,
    Sample,
    build_model,
    discrepancy,
    moment_slopes,
    parameter_gradient,
)
from alliance_modes.measurement.factors.likelihood.robust import small_sample

STEPS = 500
DECREMENT = 1e-9
"""A search ends where a full step would lower the statistic by less than this."""
PART = 10_000
"""Respondents whose scores, a number for each pair of items, are held at once."""


@dataclass(frozen=True)
class Slope:
    """Discrepancy of means and covariances from incomplete answers, and what its derivatives need.

    ``inverse`` is per pattern of answered items the inverse covariance of these, zero elsewhere;
    ``moment`` the second moments about the implied means.
    """

    value: float
    by_cov: np.ndarray
    by_mean: np.ndarray
    inverse: np.ndarray
    moment: np.ndarray
    away: np.ndarray


@dataclass(frozen=True)
class Incomplete:
    """Answers of one group: ``values`` is respondents x items with NaN, ``clusters`` one code each.

    Every respondent answered an item, and every two items were answered by somebody.
    """

    values: np.ndarray
    clusters: np.ndarray

    @property
    def n(self) -> int:
        """Respondents."""
        return len(self.values)

    @cached_property
    def patterns(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Which items each pattern has (as numbers), the pattern of each respondent, shares of patterns."""
        seen, of, count = np.unique(~np.isnan(self.values), axis=0, return_inverse=True, return_counts=True)
        return seen.astype(float), of.reshape(-1), count / self.n

    @cached_property
    def observed(self) -> tuple[np.ndarray, np.ndarray]:
        """Means and mean cross-products of the answers by pattern, zero where it has none."""
        seen, of, _ = self.patterns
        filled, count = np.nan_to_num(self.values), np.bincount(of)[:, None]
        means, products = np.zeros_like(seen), np.zeros((*seen.shape, seen.shape[1]))
        np.add.at(means, of, filled)
        for pattern in range(len(seen)):
            here = filled[of == pattern]
            products[pattern] = here.T @ here
        return means / count, products / count[:, :, None]

    def slope(self, mean: np.ndarray, cov: np.ndarray) -> Slope | None:
        """Discrepancy at means and covariances; None where these are not of any variables.

        Notes
        -----
        F = sum over patterns of share x [log|Sigma_o| + tr(Sigma_o^-1 M_o)], o the items answered and M
        their second moments about mu: -2 log-likelihood per respondent, constants left out.
        """
        seen, _, share = self.patterns
        means, products = self.observed
        both = seen[:, :, None] * seen[:, None, :]
        padded = cov * both + np.eye(len(mean)) * (1 - seen)[:, None, :]
        try:
            roots = np.linalg.cholesky(padded)
        except np.linalg.LinAlgError:
            return None
        inverse = np.linalg.inv(padded) * both
        away = (means - mean) * seen
        crossed = means[:, :, None] * mean
        moment = (products - crossed - crossed.transpose(0, 2, 1) + np.outer(mean, mean)) * both
        log_det = 2 * np.log(np.diagonal(roots, axis1=1, axis2=2)).sum(axis=1)
        value = float(share @ (log_det + (inverse * moment).sum(axis=(1, 2))))
        by_cov = np.tensordot(share, inverse - inverse @ moment @ inverse, 1)
        by_mean = -2 * np.einsum("p,pij,pj->i", share, inverse, away)
        return Slope(value, by_cov, by_mean, inverse, moment, away)


@dataclass(frozen=True)
class IncompleteFit:
    """A model fitted to incomplete answers.

    ``moments`` holds the estimates, chi-square against the saturated model, and a sample of the
    saturated means and covariances. ``information`` is the observed information of one respondent,
    ``meat`` the cross-product of scores, summed within clusters, per respondent.
    """

    moments: MomentFit
    information: np.ndarray
    meat: np.ndarray
    n: int

    @cached_property
    def covariance(self) -> np.ndarray:
        """Covariances of the estimates that allow for clusters and for answers that are not normal."""
        inverse = np.linalg.inv(self.information)
        return inverse @ self.meat @ inverse / self.n

    @cached_property
    def trace(self) -> float:
        """Trace of the meat over the information: the parameters' part of the scaling factor."""
        return float(np.trace(np.linalg.solve(self.information, self.meat)))


def saturated(answers: Incomplete) -> tuple[np.ndarray, np.ndarray, float]:
    """Maximum-likelihood means and covariances without a model, and the discrepancy there (EM)."""
    mean, cov = np.nanmean(answers.values, axis=0), np.diag(np.nanvar(answers.values, axis=0))
    value = np.inf
    for _ in range(STEPS):
        here = answers.slope(mean, cov)
        if here is None:
            break
        moved = -cov @ here.by_mean / 2
        mean, cov = mean + moved, cov - cov @ here.by_cov @ cov - np.outer(moved, moved)
        if answers.n * (value - here.value) < DECREMENT:
            return mean, cov, here.value
        value = here.value
    return mean, cov, np.nan


def fit_saturated(answers: Incomplete) -> tuple[MomentFit, float]:
    """The fit of every mean and covariance, and its discrepancy (NaN where none was found)."""
    mean, cov, floor = saturated(answers)
    model = saturated_model(len(mean))
    theta = np.zeros(len(model.names))
    theta[model.groups[0]["residual_cov"].place] = cov
    theta[model.groups[0]["intercepts"].place] = mean
    return MomentFit(model, (sample_of(mean, cov),), theta, 0.0), floor


def saturated_model(items: int) -> MeanCovarianceModel:
    """Every mean, variance and covariance free."""
    rows, columns = np.tril_indices(items)
    residual = np.empty((items, items), dtype=object)
    for row, column in zip(rows, columns, strict=True):
        residual[row, column] = residual[column, row] = f"covariance of {row} and {column}"
    made = {
        "loadings": np.zeros((items, 0), dtype=object),
        "factor_cov": np.zeros((0, 0), dtype=object),
        "residual_cov": residual,
        "intercepts": np.array([f"mean {item}" for item in range(items)], dtype=object),
        "factor_means": np.zeros(0, dtype=object),
    }
    return build_model([made])


def sample_of(mean: np.ndarray, cov: np.ndarray) -> Sample:
    """Made-up respondents who have these means and covariances."""
    root = np.sqrt(len(mean)) * np.linalg.cholesky(cov).T
    return Sample(np.concatenate([mean + root, mean - root]), np.arange(2 * len(mean)))


def fit_incomplete_moments(
    model: MeanCovarianceModel, answers: Incomplete, sample: Sample, floor: float
) -> MomentFit:
    """Fit a factor model by full-information maximum likelihood.

    Parameters
    ----------
    model : MeanCovarianceModel
        One group.
    answers : Incomplete
    sample : Sample
        ``sample_of`` the saturated means and covariances: the search starts from the fit to them.
    floor : float
        Discrepancy of the saturated model.

    Notes
    -----
    Steps are those of Fisher scoring for complete answers, halved where they do not lower the
    discrepancy; they shrink by about the share of what is missing. chi-square = n (F - floor).
    """
    found = fit_moments(model, [sample])
    if found.problem:
        return found
    theta = found.theta
    value, gradient = _discrepancy(model, theta, answers)
    problem = "the search did not reach a maximum of the likelihood"
    for _ in range(STEPS):
        step = np.linalg.solve(expected_information(model, theta, [sample]), -gradient / 2)
        promised = -answers.n * float(gradient @ step) / 2
        if promised < DECREMENT:
            problem = ""
            break
        new, new_gradient = _discrepancy(model, theta + step, answers)
        while not new <= value and np.abs(step).max() > 1e-10:
            step = step / 2
            new, new_gradient = _discrepancy(model, theta + step, answers)
        theta, value, gradient = theta + step, new, new_gradient
    return MomentFit(model, (sample,), theta, answers.n * (value - floor), problem)


def _discrepancy(
    model: MeanCovarianceModel, theta: np.ndarray, answers: Incomplete
) -> tuple[float, np.ndarray]:
    (implied,) = model.implied(theta)
    here = answers.slope(implied.mean, implied.cov)
    if here is None:
        return np.inf, np.zeros(len(theta))
    gradient = parameter_gradient(model.groups[0], implied, here.by_cov, here.by_mean, len(theta))
    return here.value, gradient


def with_errors(fit: MomentFit, answers: Incomplete) -> IncompleteFit:
    """A fit with its observed information and the cross-product of its clustered scores."""
    (implied,) = fit.model.implied(fit.theta)
    here = answers.slope(implied.mean, implied.cov)
    if here is None:
        raise ValueError("a fit whose covariances are not those of any variables")
    means, covs = moment_slopes(fit.model.groups[0], implied, len(fit.theta))
    information = _by_patterns(answers, here, means, covs)
    if implied.loadings.size:
        information += bending(fit.model, fit.theta, [(here.by_cov, here.by_mean)])
    names, codes = np.unique(answers.clusters, return_inverse=True)
    sums = np.zeros((len(names), len(fit.theta)))
    for first in range(0, len(codes), PART):
        rows = slice(first, first + PART)
        np.add.at(sums, codes[rows], _scores(answers, rows, implied, here, means, covs))
    meat = small_sample(len(names), answers.n) * sums.T @ sums / answers.n
    return IncompleteFit(fit, information, meat, answers.n)


def as_if_complete(fit: MomentFit, whole: IncompleteFit) -> tuple[float, float]:
    """The statistic that complete answers would give, and its scaling factor: for indices of fit.

    Parameters
    ----------
    fit : MomentFit
        By ``fit_incomplete_moments``.
    whole : IncompleteFit
        Of ``fit_saturated``.

    Notes
    -----
    What is missing makes CFI and RMSEA of the full-information statistic too good. Instead: n times the
    complete-answer discrepancy of the saturated moments from those that the estimates imply; scaling =
    tr((I - H)' V (I - H) G) / df, with H the projection of the full-information fit, V the
    complete-answer information at the saturated moments and G their sampling covariances times n: lavaan's
    robust indices under ``missing = "fiml"``, held to it (1e-4).

    References
    ----------
    Zhang, X., & Savalei, V. (2023). New computations for RMSEA and CFI following FIML and TS
    estimation with missing data. Psychological Methods, 28(2), 263-283.
    """
    (implied,) = fit.model.implied(fit.theta)
    means, covs = moment_slopes(fit.model.groups[0], implied, len(fit.theta))
    parts, sample = whole.moments.model.groups[0], fit.samples[0]
    slopes = np.zeros((len(whole.information), len(fit.theta)))
    slopes[parts["intercepts"].place] = means.T
    slopes[parts["residual_cov"].place] = covs.transpose(1, 2, 0)
    weighted = slopes.T @ whole.information
    onto = np.linalg.solve(weighted @ slopes, weighted)  # H = slopes x onto
    complete = expected_information(whole.moments.model, whole.moments.theta, [sample])
    spread = whole.covariance * whole.n
    of_slopes, of_onto = slopes.T @ complete, onto @ spread
    trace = (complete * spread).sum() - 2.0 * (of_slopes * of_onto).sum()
    scaling = float(trace + ((of_slopes @ slopes) * (of_onto @ onto.T)).sum()) / fit.model.df
    return whole.n * discrepancy(fit.model, fit.theta, [sample])[0], scaling


def _by_patterns(answers: Incomplete, here: Slope, means: np.ndarray, covs: np.ndarray) -> np.ndarray:
    """Half of the second derivatives, means and covariances taken as linear in the parameters.

    Notes
    -----
    With Q the inverse and R = Q M Q of a pattern, A and B derivatives of covariances, a and b of means:
    share x [tr(A Q B (R - Q/2)) + a'Q b + a'Q B Q d + b'Q A Q d].
    """
    share, size = answers.patterns[2], means.shape[1]
    inverse = here.inverse
    other = (inverse @ here.moment @ inverse - inverse / 2) * share[:, None, None]
    joined = inverse.reshape(len(share), -1).T @ other.reshape(len(share), -1)
    joined = joined.reshape(size, size, size, size).transpose(3, 0, 1, 2).reshape(size**2, size**2)
    flat = covs.reshape(len(covs), -1)
    quadratic = flat @ joined @ flat.T
    pulled = np.einsum("pij,pj->pi", inverse, here.away)
    weighted = np.einsum("p,pij,pk->ijk", share, inverse, pulled)
    crossed = means @ np.einsum("ijk,bjk->ib", weighted, covs)
    by_mean = means @ np.tensordot(share, inverse, 1) @ means.T
    return (quadratic + quadratic.T) / 2 + crossed + crossed.T + by_mean


def _scores(
    answers: Incomplete, rows: slice, implied: Implied, here: Slope, means: np.ndarray, covs: np.ndarray
) -> np.ndarray:
    """Derivatives of the log-likelihood of some respondents, each, by the parameters."""
    of = answers.patterns[1][rows]
    away = np.nan_to_num(answers.values[rows] - implied.mean)
    pulled = np.einsum("nij,nj->ni", here.inverse[of], away)
    squares = pulled[:, :, None] * pulled[:, None, :] - here.inverse[of]
    return pulled @ means.T + squares.reshape(len(of), -1) @ covs.reshape(len(covs), -1).T / 2
