"""Several effects of one model pooled together over cohorts, by a multivariate random-effects model."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import optimize, stats

from alliance_modes.pooling.univariate import pooled, reml

LARGEST = 100.0
"""How many times the larger of spread and mean error a variance between cohorts is looked for."""

NORMAL = float(stats.norm.ppf(0.975))


@dataclass(frozen=True)
class PooledEffect:
    """The mean of one effect over cohorts like these.

    ``estimate`` and ``se`` are of the model of all effects that were pooled together, ``se`` without the
    ``factor`` of Knapp and Hartung (the one for variances, as it is). ``tau2`` is the variance of the effect
    between cohorts, ``q`` Cochran's on ``cohorts`` - 1 df with its ``q_p``, ``i2`` a share (0-1).
    """

    estimate: float
    se: float
    factor: float
    tau2: float
    q: float
    q_p: float
    i2: float
    cohorts: int

    @property
    def df(self) -> float:
        """Degrees of freedom of the interval: cohorts less one."""
        return self.cohorts - 1.0

    @property
    def half_width(self) -> float:
        """Half of the 95 % interval: by Knapp and Hartung, but never less than that of the usual interval."""
        return max(self._of_t(math.sqrt(self.factor)), NORMAL * self.se)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % limits of the mean effect; ``half_width`` on both sides."""
        return self._around(self.half_width)

    @property
    def cautious(self) -> tuple[float, float]:
        """95 % limits with a factor that is never below 1, t on k - 1 df throughout."""
        return self._around(self._of_t(math.sqrt(max(1.0, self.factor))))

    @property
    def as_it_is(self) -> tuple[float, float]:
        """95 % limits by Knapp and Hartung with their factor as it is, which by chance is narrow."""
        return self._around(self._of_t(math.sqrt(self.factor)))

    @property
    def p(self) -> float:
        """Two-sided p of no effect on average; below .05 just where ``interval`` is clear of zero."""
        statistic = abs(self.estimate) / self.se
        of_normal = 2.0 * stats.norm.sf(statistic)
        if self.factor == 0.0:
            return float(of_normal)
        return float(max(of_normal, 2.0 * stats.t.sf(statistic / math.sqrt(self.factor), self.df)))

    def prediction(self) -> tuple[float, float]:
        """95 % limits of the effect in another cohort: t on k - 2 df, from three cohorts on.

        References
        ----------
        Higgins, Thompson & Spiegelhalter 2009, J R Stat Soc A 172:137, eq. 12; IntHout et al. 2016,
        BMJ Open 6:e010247.
        """
        half = float(stats.t.ppf(0.975, self.cohorts - 2))
        half *= math.sqrt(self.tau2 + max(1.0, self.factor) * self.se**2)
        return self._around(half)

    def _of_t(self, root: float) -> float:
        return float(stats.t.ppf(0.975, self.df)) * root * self.se

    def _around(self, half: float) -> tuple[float, float]:
        return self.estimate - half, self.estimate + half


def pool_together(effects: np.ndarray, covariances: np.ndarray) -> tuple[PooledEffect, ...]:
    """Pool effects that come from the same fits.

    Parameters
    ----------
    effects : ndarray, cohorts x effects
        Not a number where a cohort has not that effect; each effect is of two cohorts or more.
    covariances : ndarray, cohorts x effects x effects
        Of the estimates within each cohort; read where both effects are there.

    Returns
    -------
    tuple of PooledEffect
        In the order of the columns. Of one effect it is univariate pooling.

    Notes
    -----
    y_i ~ N(b, S_i + T), T diagonal: how much an effect varies between cohorts is estimated for each effect,
    and effects are taken to vary independently of each other. A free T of three effects has six parameters,
    and from few cohorts its correlations are estimated at -1 or 1. What the estimates of one cohort share
    (S_i) is used whole. By restricted maximum likelihood, climbed to from each effect's own variance.

    The factor of Knapp and Hartung is each effect's own, sum w_ij (y_ij - m_j)^2 / (k_j - 1) with
    w_ij = 1 / (S_ijj + T_jj) and m_j its weighted mean: one for all effects together (Jackson and Riley) has
    p (k - 1) df on paper, and held the truth less often where effects vary.
    ``benchmarks/pooling.csv`` has what each interval covers. Held to ``rma.mv`` of metafor 3.8.

    References
    ----------
    Jackson, Riley & White 2011, Stat Med 30:2481; Knapp & Hartung 2003, Stat Med 22:2693; Jackson, Law,
    Ruecker & Schwarzer 2017, Stat Med 36:3923 (an interval that is never narrower than the usual one).
    """
    there = np.isfinite(effects)
    own = np.array(
        [reml(effects[one, place], _variance(covariances, one, place)) for place, one in _by(there)]
    )
    tau2 = own if effects.shape[1] == 1 else _between(effects, covariances, own)
    mean, errors = _mean(_parts(effects, covariances), tau2)
    found = []
    for place, one in _by(there):
        variances = _variance(covariances, one, place)
        alone = pooled(effects[one, place], variances, float(tau2[place]), 0.0)
        found.append(
            PooledEffect(
                estimate=float(mean[place]),
                se=float(math.sqrt(errors[place, place])),
                factor=alone.factor,
                tau2=float(tau2[place]),
                q=alone.q,
                q_p=alone.q_p,
                i2=alone.i2,
                cohorts=alone.cohorts,
            )
        )
    return tuple(found)


@dataclass(frozen=True)
class _Part:
    """Cohorts that have the same effects: which these are, their estimates and covariances."""

    places: np.ndarray
    effects: np.ndarray
    covariances: np.ndarray


def _by(there: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    yield from enumerate(there.T)


def _variance(covariances: np.ndarray, cohorts: np.ndarray, place: int) -> np.ndarray:
    return covariances[cohorts, place, place]


def _parts(effects: np.ndarray, covariances: np.ndarray) -> list[_Part]:
    there = np.isfinite(effects)
    found = []
    for pattern in np.unique(there, axis=0):
        places, rows = np.flatnonzero(pattern), np.flatnonzero((there == pattern).all(axis=1))
        if len(places):
            some = covariances[np.ix_(rows, places, places)]
            found.append(_Part(places, effects[np.ix_(rows, places)], some))
    return found


def _weights(part: _Part, tau2: np.ndarray) -> np.ndarray:
    return np.linalg.inv(part.covariances + np.diag(tau2[part.places]))


def _mean(parts: list[_Part], tau2: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean effects and their covariance, the variances between cohorts taken as known."""
    total, weighted = np.zeros((len(tau2), len(tau2))), np.zeros(len(tau2))
    for part in parts:
        weights = _weights(part, tau2)
        total[np.ix_(part.places, part.places)] += weights.sum(axis=0)
        weighted[part.places] += np.einsum("ijk,ik->j", weights, part.effects)
    errors = np.linalg.inv(total)
    return errors @ weighted, errors


def _between(effects: np.ndarray, covariances: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Variances between cohorts by restricted maximum likelihood, each at least 0."""
    parts = _parts(effects, covariances)
    errors = np.array([_variance(covariances, one, place).mean() for place, one in _by(np.isfinite(effects))])
    unit = np.maximum(np.nanvar(effects, axis=0, ddof=1), errors)

    def loss(scaled: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = _loss(parts, scaled * unit)
        return value, slope * unit

    climbed = [
        optimize.minimize(
            loss,
            start / unit,
            jac=True,
            method="L-BFGS-B",
            bounds=[(0.0, LARGEST)] * len(unit),
            options={"ftol": 1e-14, "gtol": 1e-8, "maxiter": 1000},
        )
        for start in (own, np.maximum(own, 0.5 * unit))
    ]
    return np.asarray(min(climbed, key=lambda one: float(one.fun)).x * unit)


def _loss(parts: list[_Part], tau2: np.ndarray) -> tuple[float, np.ndarray]:
    """Minus twice the restricted log-likelihood, up to a constant, and its slope by each variance."""
    mean, errors = _mean(parts, tau2)
    value, slope = -float(np.linalg.slogdet(errors)[1]), np.zeros(len(tau2))
    for part in parts:
        weights = _weights(part, tau2)
        rest = part.effects - mean[part.places]
        pulled = np.einsum("ijk,ik->ij", weights, rest)
        known = errors[np.ix_(part.places, part.places)]
        value += float((rest * pulled).sum()) - float(np.linalg.slogdet(weights)[1].sum())
        slope[part.places] += np.einsum("ijj->j", weights) - (pulled**2).sum(axis=0)
        slope[part.places] -= np.einsum("ijk,kl,ilj->j", weights, known, weights)
    return value, slope


def mean_of_these(effects: np.ndarray, variances: np.ndarray, df: np.ndarray) -> tuple[float, float, float]:
    """The mean effect of just these cohorts, the more precise counting for more.

    Parameters
    ----------
    effects, variances, df : ndarray
        Of each cohort its estimate, squared standard error, and the degrees of freedom of that.

    Returns
    -------
    tuple of float
        Mean, standard error, and Satterthwaite's degrees of freedom.

    Notes
    -----
    With shares a_i = v_i^-1 / sum v_i^-1: sum a_i y_i, SE^2 = (1 + 4 sum a_i (1 - a_i) / df_i) /
    sum v_i^-1, since the weights are estimated. It assumes nothing of how effects vary between cohorts and
    says nothing of any other cohort: what it estimates is the same weighted mean of the cohorts' own effects.

    References
    ----------
    Rice, Higgins & Lumley 2018, J R Stat Soc A 181:205; Meier 1953, Biometrics 9:59 (the weights' errors).
    """
    weights = 1.0 / variances
    shares = weights / weights.sum()
    squares = shares**2 * variances
    free = float(squares.sum() ** 2 / (squares**2 / df).sum())
    larger = 1.0 + 4.0 * float((shares * (1.0 - shares) / df).sum())
    return float(shares @ effects), math.sqrt(larger / float(weights.sum())), free
