"""Shares of variance: Nakagawa's R2 and the ICC of a fitted mixed model."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliance_modes.models.design.design import OBSERVATION
from alliance_modes.models.engine.fit import EngineFit, GroupCovariance
from alliance_modes.models.engine.prepared import INTERCEPT


@dataclass(frozen=True)
class Explained:
    """Shares of the variance of the outcome (on the link's scale), each 0-1."""

    r2_marginal: float
    r2_conditional: float
    icc_adjusted: float
    icc_unadjusted: float


def explained_variance(fit: EngineFit, fixed_part: np.ndarray, data: pd.DataFrame) -> Explained:
    """R2 (marginal, conditional) and ICC (adjusted, unadjusted) of one fit.

    Parameters
    ----------
    fit : EngineFit
        A converged fit.
    fixed_part : array
        Linear predictor of the fixed effects alone, one value per row used.
    data : DataFrame
        The rows used; read for the columns with random slopes only.

    Notes
    -----
    With f the variance of ``fixed_part``, u that of the random effects and e that of level 1
    (residual variance; pi^2/3 for logit, pi^2/6 for cloglog; of counts, with that of the
    observation-level effect): marginal R2 = f / (f + u + e),
    conditional R2 = (f + u) / (f + u + e), adjusted ICC = u / (u + e), unadjusted ICC =
    u / (f + u + e). With random slopes u is the mean over rows of z'Sz (Johnson 2014). Validated
    against R's performance.

    References
    ----------
    Nakagawa, Johnson & Schielzeth (2017) doi 10.1098/rsif.2017.0213; Johnson (2014)
    doi 10.1111/2041-210X.12225.
    """
    fixed, random, level1 = _parts(fit, fixed_part, data)
    total = fixed + random + level1
    return Explained(fixed / total, (fixed + random) / total, random / (random + level1), random / total)


def latent_sd(fit: EngineFit, fixed_part: np.ndarray, data: pd.DataFrame) -> float:
    """SD of the response on the link's scale: that of fixed effects, random effects and level 1 together.

    Parameters are those of ``explained_variance``, and so are the three variances. A coefficient divided by
    it is the slope in SDs of the latent response, which can be compared between models whose level-1
    variance is fixed by the link.

    References
    ----------
    McKelvey & Zavoina (1975) doi 10.1080/0022250X.1975.9989847; Snijders & Bosker (2012), Multilevel
    analysis, 2nd ed., ch. 17.
    """
    return float(np.sqrt(math.fsum(_parts(fit, fixed_part, data))))


def _parts(fit: EngineFit, fixed_part: np.ndarray, data: pd.DataFrame) -> tuple[float, float, float]:
    """Variances of fixed effects, of random effects and of level 1."""
    of_groups = [group for group in fit.covariances if group.grouping != OBSERVATION]
    random = math.fsum(mean_random_variance(group, data) for group in of_groups)
    return float(np.var(fixed_part, ddof=1)), random, level1_variance(fit) + observation_variance(fit)


def level1_variance(fit: EngineFit) -> float:
    """Residual variance, or that of the link's latent residual."""
    latent = fit.distribution.level1_variance
    return fit.dispersion if latent is None else latent(fit.response)


def observation_variance(fit: EngineFit) -> float:
    """Variance of the observation-level effect of counts; 0 where the model has none."""
    return math.fsum(
        float(group.covariance[0, 0]) for group in fit.covariances if group.grouping == OBSERVATION
    )


def mean_random_variance(group: GroupCovariance, data: pd.DataFrame) -> float:
    """Variance that a grouping adds to an observation, averaged over the rows of ``data``."""
    return float(np.mean(random_variance(group, data)))


def random_variance(group: GroupCovariance, data: pd.DataFrame) -> np.ndarray:
    """Variance that a grouping adds to the observation of each row of ``data``: z'Sz."""
    columns = [
        np.ones(len(data)) if term == INTERCEPT else data[term].to_numpy(dtype=float) for term in group.terms
    ]
    design = np.column_stack(columns)
    return np.einsum("ij,jk,ik->i", design, group.covariance, design)
