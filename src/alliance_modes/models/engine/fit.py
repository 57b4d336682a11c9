"""What the engine found: one fit with its variances and random effects, and a test of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import glmm
import numpy as np

from alliance_modes.ground.errors import ModelError
from alliance_modes.models.engine.distributions import Distribution
from alliance_modes.models.engine.prepared import INTERCEPT
from alliance_modes.models.engine.restricted.satterthwaite import Contrast, CovarianceMoved

RESIDUAL = "residual"

SMALLEST_VARIANCE = 1e-8
"""A grouping with less counts as none."""


@dataclass(frozen=True)
class GroupCovariance:
    """Covariance of the random effects of one grouping; ``pinned`` marks a variance held at zero.

    ``dependent``: none is at zero, and yet one effect is a multiple of others (a correlation at -1 or 1).
    """

    grouping: str
    terms: tuple[str, ...]
    covariance: np.ndarray
    pinned: tuple[bool, ...]
    dependent: bool = False


@dataclass(frozen=True)
class GroupEffects:
    """Conditional modes of the random effects: one row per level, one column per term."""

    grouping: str
    levels: tuple[str, ...]
    terms: tuple[str, ...]
    values: np.ndarray


@dataclass(frozen=True)
class Threshold:
    """Between two levels of an ordered outcome that follow one another.

    ``estimate`` is where on the scale of the linear predictor, without its intercept, half of the rows would
    be at ``upper`` or above.
    """

    lower: float
    upper: float
    estimate: float
    se: float


@dataclass(frozen=True)
class EngineFit:
    """One fit. Arrays are read-only; coefficients are in the order of ``names``.

    ``loglik`` is the log-likelihood, or minus half the REML criterion where ``reml`` is true.
    ``dispersion`` is the residual variance (1 where the distribution has none). ``df`` is Satterthwaite's
    (residual df without groupings), NaN where the distribution has none. ``offset`` is what
    the linear predictor has beside coefficients and effects, by row. ``rows_dropped`` counts rows
    of the input that the engine did not use; ``nagq`` the quadrature nodes that it did use, at each level
    where groupings nest: ``laplace`` is then the fit that it started from. ``no_quadrature`` says why more
    than one node was asked for and not used. ``unsettled`` is how far, in SEs, a coefficient or SD would
    move with four more nodes; None where that was not looked at. ``thresholds`` are those of an
    ordered outcome; ``raw`` is what glmm returned, None where it did not fit the model: a linear fit then has
    in ``satterthwaite`` what its df are made of.
    """

    distribution: Distribution
    formula: str
    engine: str
    names: tuple[str, ...]
    beta: np.ndarray
    se: np.ndarray
    vcov: np.ndarray
    df: np.ndarray
    loglik: float
    parameters: int
    reml: bool
    dispersion: float
    covariances: tuple[GroupCovariance, ...]
    effects: tuple[GroupEffects, ...]
    fitted: np.ndarray
    response: np.ndarray
    offset: np.ndarray | None
    converged: bool
    singular: bool
    aliased: tuple[str, ...]
    nobs: int
    rows_dropped: int
    nagq: int
    warnings: tuple[str, ...]
    raw: glmm.Fit | None = field(repr=False, compare=False)
    laplace: EngineFit | None = field(default=None, repr=False)
    no_quadrature: str = ""
    unsettled: float | None = None
    thresholds: tuple[Threshold, ...] = ()
    satterthwaite: CovarianceMoved | None = field(default=None, repr=False, compare=False)

    @property
    def known_beta(self) -> np.ndarray:
        """The coefficients; 0 of columns that others tell (``aliased``): these say it for them."""
        return np.nan_to_num(self.beta, nan=0.0)

    @property
    def known_vcov(self) -> np.ndarray:
        """The covariance of ``known_beta``."""
        return np.nan_to_num(self.vcov, nan=0.0)

    @property
    def reml_criterion(self) -> float:
        """-2 x the restricted log-likelihood; NaN for a fit by maximum likelihood."""
        return -2.0 * self.loglik if self.reml else float("nan")

    @property
    def aic(self) -> float:
        """Akaike's criterion; on a REML fit it compares only models with the same predictors."""
        return -2.0 * self.loglik + 2.0 * self.parameters

    @property
    def bic(self) -> float:
        """Schwarz's criterion, with the number of rows; see ``aic`` for REML."""
        return -2.0 * self.loglik + self.parameters * float(np.log(self.nobs))

    def contrast(self, rows: np.ndarray) -> Contrast:
        """F test that these combinations of the coefficients of a linear fit are zero, Satterthwaite's df.

        Raises
        ------
        ModelError
            The fit is not linear, or was asked for without df (``quick``).
        """
        if self.satterthwaite is not None:
            return self.satterthwaite.contrast(self.beta, self.vcov, rows)
        if self.raw is None:
            raise ModelError(f"{self.engine} gives no degrees of freedom of a contrast")
        table = self.raw.contrast_test(rows)
        values = (float(table[name][0]) for name in ("F value", "NumDF", "DenDF", "Pr(>F)"))
        return Contrast(*values)

    def pinned(self) -> tuple[str, ...]:
        """Variances held at zero, named ``site`` or ``enrolment (slope of time)``."""
        return tuple(
            group.grouping if term == INTERCEPT else f"{group.grouping} (slope of {term})"
            for group in self.covariances
            for term, held in zip(group.terms, group.pinned, strict=True)
            if held
        )

    def moved(self) -> tuple[str, float]:
        """Which coefficient differs most from Laplace's, and by how much in SEs; blank and 0 without both."""
        if self.laplace is None or not self.names:
            return "", 0.0
        change = np.abs(self.beta - self.laplace.beta) / self.se
        return self.names[int(np.argmax(change))], float(np.max(change))

    def boundary(self) -> str:
        """What is at the edge of what it can be, in words; blank where nothing is."""
        dependent = [group.grouping for group in self.covariances if group.dependent]
        said = [f"variance at zero: {', '.join(self.pinned())}"] if self.pinned() else []
        if dependent or (self.singular and not said):
            named = f" over {', '.join(dependent)}" if dependent else ""
            said.append(f"a correlation of random effects{named} is at -1 or 1")
        return "; ".join(said)
