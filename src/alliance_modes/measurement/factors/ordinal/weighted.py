"""Factor models of polychoric correlations by diagonally weighted least squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alliance_modes.measurement.factors.likelihood.moment_fit import MomentFit
from alliance_modes.measurement.factors.likelihood.moments import (
    MeanCovarianceModel,
    whitened_jacobian,
)
from alliance_modes.measurement.factors.ordinal.polychoric import Polychoric

STEPS = 300
SINGULAR = 1e-10


@dataclass(frozen=True)
class WeightedFit:
    """A model fitted to polychoric correlations.

    ``moments`` holds the estimates as a fit of correlations (residual variances are what loadings
    leave of 1); ``free`` the places of loadings and factor covariances among its parameters;
    ``slopes`` the derivatives of the correlations by these; ``weights`` one per correlation.
    ``chi2`` is n - 1 times the weighted sum of squared residuals, which follows no chi-square
    distribution before it is adjusted. ``problem`` is blank where the numbers may be used.
    """

    moments: MomentFit
    free: np.ndarray
    slopes: np.ndarray
    weights: np.ndarray
    residuals: np.ndarray
    problem: str = ""

    @property
    def chi2(self) -> float:
        """n - 1 times the weighted sum of squared residuals."""
        return self.moments.chi2

    @property
    def df(self) -> int:
        """Correlations less free parameters."""
        return len(self.residuals) - len(self.free)

    def left(self) -> np.ndarray:
        """The residuals' part of a change in the correlations: I - D (D'WD)^-1 D'W."""
        weighted = self.slopes.T * self.weights
        return np.eye(len(self.residuals)) - self.slopes @ np.linalg.solve(weighted @ self.slopes, weighted)


@dataclass(frozen=True)
class Adjusted:
    """A statistic with the mean and the variance of chi-square with ``df``: chi2 / scaling + shift."""

    chi2: float
    scaling: float
    shift: float


def fit_weighted(model: MeanCovarianceModel, found: Polychoric) -> WeightedFit:
    """Fit the loadings and factor correlations of a model to polychoric correlations.

    Parameters
    ----------
    model : MeanCovarianceModel
        One group, factors of variance 1; its residual variances and intercepts are not parameters
        here: items have variance 1, and thresholds stand in the place of intercepts.
    found : Polychoric

    Notes
    -----
    Weights are the inverse sampling variances of the correlations (respondents taken as
    independent); Gauss-Newton steps, damped where a step does not lower the discrepancy. Communalities
    may pass 1: ``inadmissible`` tells.
    """
    weights = 1 / np.square(found.influence[:, -len(found.r) :]).mean(axis=0)
    parts = model.groups[0]
    free = np.unique(np.concatenate([parts[name].place.ravel() for name in ("loadings", "factor_cov")]))
    free = free[free >= 0].astype(int)
    theta = np.zeros(len(model.names))
    theta[free] = 0.3
    loading = np.unique(parts["loadings"].place)
    theta[loading[loading >= 0]] = 0.6
    residuals, slopes = _residuals(model, theta, found), _slopes(model, theta, found.pairs)[:, free]
    value, damping, moved = float(weights @ residuals**2), 1e-3, np.inf
    for _ in range(STEPS if len(free) else 0):
        information = (slopes.T * weights) @ slopes
        gradient = (slopes.T * weights) @ residuals
        step = np.linalg.solve(information + damping * np.diag(np.diag(information).clip(1e-12)), gradient)
        new = theta.copy()
        new[free] += step
        trial = _residuals(model, new, found)
        moved = float(np.abs(step).max())
        if float(weights @ trial**2) <= value:
            theta, residuals, value = new, trial, float(weights @ trial**2)
            slopes, damping = _slopes(model, theta, found.pairs)[:, free], max(damping / 10, 1e-12)
        else:
            damping *= 10
        if moved < 1e-9 or damping > 1e10:
            break
    full = _with_residuals(model, theta)
    moments = MomentFit(model, (), full, (found.n - 1) * value)
    return WeightedFit(moments, free, slopes, weights, residuals, _problem(slopes, weights, residuals))


def _problem(slopes: np.ndarray, weights: np.ndarray, residuals: np.ndarray) -> str:
    information = (slopes.T * weights) @ slopes
    scale = np.sqrt(np.diag(information).clip(min=1e-300))
    if not len(scale):
        return ""
    if np.linalg.eigvalsh(information / np.outer(scale, scale)).min() < SINGULAR:
        return "the data do not determine every parameter"
    if np.abs(((slopes.T * weights) @ residuals) / scale).max() > 1e-5:
        return "the search did not reach a minimum"
    return ""


def _residuals(model: MeanCovarianceModel, theta: np.ndarray, found: Polychoric) -> np.ndarray:
    one, other = found.pairs.T
    return found.r - model.implied(theta)[0].cov[one, other]


def _slopes(model: MeanCovarianceModel, theta: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Derivatives of the correlations of pairs by every parameter."""
    one, other = pairs.T
    jacobian = whitened_jacobian(model.groups[0], model.implied(theta)[0], len(theta), np.eye(model.items))
    return jacobian[model.items + other * (other + 1) // 2 + one]


def _with_residuals(model: MeanCovarianceModel, theta: np.ndarray) -> np.ndarray:
    """The parameters with residual variances that make the variance of every item 1."""
    place = np.diag(model.groups[0]["residual_cov"].place)
    common = np.diag(model.implied(theta)[0].cov) - theta[place]
    full = theta.copy()
    full[place] = 1 - common
    return full


def covariance_of_estimates(fit: WeightedFit, spread: np.ndarray, n: int) -> np.ndarray:
    """Covariances of the free parameters, where ``spread`` / (n - 1) is that of the correlations."""
    weighted = fit.slopes.T * fit.weights
    bread = np.linalg.solve(weighted @ fit.slopes, weighted)
    return bread @ spread @ bread.T / (n - 1)


def adjusted(fit: WeightedFit, spread: np.ndarray) -> Adjusted:
    """The mean- and variance-adjusted statistic of a fit.

    Parameters
    ----------
    fit : WeightedFit
    spread : array
        n times the sampling covariances of the correlations.

    Notes
    -----
    With U the weights less their projection and G ``spread``: scaling = sqrt(tr(UGUG) / df),
    shift = df - tr(UG) / scaling: lavaan's ``scaled.shifted``.

    References
    ----------
    Asparouhov, T., & Muthen, B. (2010). Simple second order chi-square correction. Mplus technical
    appendix.
    """
    product = (fit.weights[:, None] * fit.left()) @ spread
    scaling = float(np.sqrt((product * product.T).sum() / fit.df))
    shift = fit.df - float(np.trace(product)) / scaling
    return Adjusted(fit.chi2 / scaling + shift, scaling, shift)


def likelihood_statistic(fit: WeightedFit, found: Polychoric, spread: np.ndarray) -> tuple[float, float]:
    """The likelihood-ratio statistic at the weighted estimates, and its scaling factor.

    Returns
    -------
    statistic, scaling : float
        NaN where the polychoric correlations are not those of any variables.

    Notes
    -----
    n [log|P| - log|R| + tr(R P^-1) - p], R the observed and P the implied correlations; scaling is the
    mean of its distribution over df, tr((I - H)' V (I - H) G) / df with H the projection of the weighted
    fit and V the normal-theory weights at P. From the two come CFI, TLI and RMSEA that estimate
    what they would be with the normal variables observed; those of the adjusted statistic depend on
    the number of categories and are too good (Savalei 2021; lavaan's ``cfi.robust``).

    References
    ----------
    Savalei, V. (2021). Improving fit indices in structural equation modeling with categorical data.
    Multivariate Behavioral Research, 56(3), 390-407.
    """
    if np.linalg.eigvalsh(found.matrix).min() <= 1e-6:
        return np.nan, np.nan
    implied = fit.moments.model.implied(fit.moments.theta)[0].cov
    inverse = np.linalg.inv(implied)
    statistic = found.n * float(
        np.linalg.slogdet(implied)[1]
        - np.linalg.slogdet(found.matrix)[1]
        + (found.matrix * inverse).sum()
        - len(implied)
    )
    left = fit.left()
    scaling = float(((left.T @ _normal_weights(inverse, found.pairs) @ left) * spread).sum() / fit.df)
    return statistic, scaling


def _normal_weights(inverse: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Normal-theory weights of correlations: half of d'(P^-1 x P^-1)d."""
    one, other = pairs.T
    direct = inverse[np.ix_(one, one)] * inverse[np.ix_(other, other)]
    return direct + inverse[np.ix_(one, other)] * inverse[np.ix_(other, one)]
