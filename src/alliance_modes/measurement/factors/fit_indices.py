"""Fit indices of factor models, as lavaan defines them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from alliance_modes.measurement.factors.likelihood.moments import Implied, Sample


def cfi(
    chi2: float, df: int, base: float, base_df: int, scale: float = 1.0, base_scale: float = 1.0
) -> float:
    """Comparative fit index; with scaling factors the robust one of Brosseau-Liard and Savalei (2014).

    Notes
    -----
    1 - max(T - c df, 0) / max(T - c df, T_b - c_b df_b, 0), b the model of unrelated items.
    """
    excess = max(chi2 - scale * df, 0.0)
    worst = max(base - base_scale * base_df, excess)
    return 1.0 if worst <= 0 else 1 - excess / worst


def tli(
    chi2: float, df: int, base: float, base_df: int, scale: float = 1.0, base_scale: float = 1.0
) -> float:
    """Tucker-Lewis index; with scaling factors the robust one. NaN without degrees of freedom.

    Notes
    -----
    1 - (T - c df) df_b / ((T_b - c_b df_b) df).
    """
    against = (base - base_scale * base_df) * df
    return np.nan if against == 0 else 1 - (chi2 - scale * df) * base_df / against


def rmsea(chi2: float, df: int, n: int, groups: int = 1, scale: float = 1.0) -> float:
    """Root mean square error of approximation, sqrt(groups x max(T/(n df) - c/n, 0))."""
    return np.nan if df == 0 else float(np.sqrt(groups * max(chi2 / (n * df) - scale / n, 0.0)))


def rmsea_interval(
    chi2: float, df: int, n: int, groups: int = 1, scale: float = 1.0, confidence: float = 0.9
) -> tuple[float, float]:
    """Interval of the RMSEA (90 % by custom), from the noncentral chi-square distribution.

    Notes
    -----
    sqrt(groups c lambda / (n df)) with lambda the noncentralities at which T/c is the upper and the
    lower 5 % point.

    References
    ----------
    Steiger, J. H. (1990). Structural model evaluation and modification. Multivariate Behavioral
    Research, 25(2), 173-180.
    """
    if df == 0:
        return np.nan, np.nan
    tail = (1 - confidence) / 2

    def limit(probability: float) -> float:
        return float(np.sqrt(groups * scale * _noncentrality(chi2 / scale, df, probability) / (n * df)))

    return limit(1 - tail), limit(tail)


def _noncentrality(chi2: float, df: int, probability: float) -> float:
    """The noncentrality at which chi2 is the quantile of ``probability``; 0 where there is none."""
    from scipy.optimize import brentq
    from scipy.stats import chi2 as central
    from scipy.stats import ncx2

    if central.cdf(chi2, df) < probability:
        return 0.0
    high = max(chi2, 1.0)
    while ncx2.cdf(chi2, df, high) > probability:
        high *= 2
    return float(brentq(lambda at: ncx2.cdf(chi2, df, at) - probability, 0.0, high, xtol=1e-9))


def srmr(
    implied: Sequence[Implied], samples: Sequence[Sample], means: bool, free_means: bool = False
) -> float:
    """Standardised root mean square residual (Bentler), averaged over groups by their size.

    Notes
    -----
    sqrt of the mean of ((s_ij - sigma_ij) / sqrt(s_ii s_jj))^2 over i <= j; with ``means`` also of
    ((m_i - mu_i) / sqrt(s_ii))^2, so that constrained intercepts count. With ``free_means`` they count as
    met exactly, as in lavaan's fits with clusters, which always have them: sqrt((k + 1) / (k + 3)) of the
    value without them, of k items.
    """
    total = sum(sample.n for sample in samples)
    value = 0.0
    for here, sample in zip(implied, samples, strict=True):
        sd = np.sqrt(np.diag(sample.cov))
        residuals = ((sample.cov - here.cov) / np.outer(sd, sd))[np.tril_indices(len(sd))]
        if means:
            residuals = np.append(residuals, (sample.mean - here.mean) / sd)
        elif free_means:
            residuals = np.append(residuals, np.zeros(len(sd)))
        value += sample.n / total * np.sqrt(np.mean(residuals**2))
    return float(value)
