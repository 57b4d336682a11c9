"""What a fit returns: plain frozen values, readable from and written to JSON.

Missing numbers are ``None``. Nothing here is rounded.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from alliance_modes.ground.files import read_json
from alliance_modes.ground.yaml_models import Closed
from alliance_modes.plan.terms import FamilyName, PlannedModel

Status = Literal["ok", "singular", "not_converged", "not_estimated", "not_run"]
Check = Literal["pass", "fail", "not_checked"]
Level = Literal["between", "within", ""]
Source = Literal["fitted", "planned", "null"]
Estimand = Annotated[str, StringConstraints(pattern="^[a-z_]+$")]
"""What a number of an estimate is: a family names those that only its models have."""


class Estimate(Closed):
    """One fixed effect (or one summary of it) of one fit: a row of ``estimates.csv``.

    ``estimand`` says what the number is: ``coefficient`` (outcome units, or log-odds),
    ``standardised`` (SDs of the outcome), ``latent_standardised`` (SDs of the latent response behind a 0/1
    outcome or count), ``odds_ratio``, ``percentage_points``, or ``joint_test``
    (an F statistic alone, whose ``df`` is the denominator's), or ``hazard_ratio``.
    ``coefficient_corrected`` and its like are of the true scores, without measurement error, and have
    no p. ``unit`` says per what. ``p_closed`` is that of a tested predictor by closed testing among those
    of its joint test (``multiplicity.closed``).
    """

    term: str
    level: Level
    estimand: Estimand
    unit: str = ""
    estimate: float | None
    se: float | None = None
    df: float | None = None
    statistic: float | None = None
    p: float | None = None
    p_closed: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    status: Status = "ok"


class Variance(Closed):
    """One variance component.

    ``source`` is ``fitted`` (the model itself), ``planned`` (with the random slopes of the plan, where
    they were left out) or ``null`` (no predictors, all groupings); ``share``
    is its part of the null model's total (0-1), which for a grouping is its ICC. The level-1
    variance has the grouping ``residual``: pi^2/3 in a logistic model, where it is no estimate.
    ``ci_low`` and ``ci_high`` are 95 % limits of the variance, ``share_low`` and ``share_high`` of the
    share, by profile likelihood; None where they were not computed. ``slope_statistic`` and ``slope_p``
    test whether a random slope varies at all, in the fit that has it.
    """

    source: Source = "fitted"
    grouping: str
    term: str
    variance: float | None
    ci_low: float | None = None
    ci_high: float | None = None
    share: float | None = None
    share_low: float | None = None
    share_high: float | None = None
    slope_statistic: float | None = None
    slope_p: float | None = None
    at_zero: bool = False


class CurvePoint(Closed):
    """Average predicted probability (0-1) at one value of a predictor, others as observed."""

    x: float
    estimate: float
    ci_low: float | None = None
    ci_high: float | None = None


class Curve(Closed):
    """Predicted probability over the observed range of one predictor, in its raw units."""

    term: str
    label: str
    points: tuple[CurvePoint, ...]


class PredictedIncidence(Closed):
    """Cumulative incidence (0-1) of one end by the model, other ends competing; ``x`` is the session.

    ``term`` is empty for the cohort as it is; else everyone is at ``value`` of that predictor.
    """

    end: str
    term: str = ""
    value: float | None = None
    points: tuple[CurvePoint, ...]


class Diagnostic(Closed):
    """One check of one fit. Unknown is not fine: what was not looked at says ``not_checked``."""

    check: str
    result: Check
    detail: str = ""


class RefitTerm(Closed):
    """One coefficient through a second engine, beside the first engine's for the same model."""

    term: str
    level: Level
    estimate: float
    se: float
    reference_estimate: float
    reference_se: float


class Refit(Closed):
    """The same data through a second engine.

    ``same_estimand`` is false where the two differ by design (population-averaged against
    conditional odds); then the difference is not a test of either. Differences are relative to
    the first engine's SE, and agree up to ``tolerance``. ``loglik`` is the second engine's log-likelihood
    (minus half its REML criterion), where it fitted the very model of ``reference_loglik``.
    """

    engine: str
    model: str = ""
    status: Status
    reason: str = ""
    same_estimand: bool = True
    largest_difference_in_se: float | None = None
    tolerance: float = 0.01
    loglik: float | None = None
    reference_loglik: float | None = None
    terms: tuple[RefitTerm, ...] = ()


class UnitEffect(Closed):
    """One practitioner or site of one fit: a row of ``shrunken.csv``.

    ``observed``, ``expected``, ``shrunken`` and its limits are means of the outcome (shares of 0/1 outcomes);
    ``mode`` and ``se`` are on the scale of the linear predictor. ``spread`` is the SD of true means of units
    like these, ``overall`` the mean of all rows; ``residual`` the variance of a row, None of 0/1 outcomes.
    """

    kind: str
    unit: str
    n: int
    observed: float
    expected: float
    shrunken: float
    ci_low: float
    ci_high: float
    mode: float
    se: float
    spread: float
    overall: float
    residual: float | None = None

    @property
    def adjusted(self) -> float:
        """The mean of all rows, moved by how much the unit differs from what is expected of it."""
        return self.overall + self.observed - self.expected


class JointCovariance(Closed):
    """The coefficients that a model tests, as they are pooled with those of other cohorts.

    ``terms`` are their terms and levels, ``covariance`` has a row and a column for each, in this order, its
    diagonal the squares of the standard errors. ``fewest`` is how many people at least share what the
    estimates tell of: an outcome of 0 or 1, one of two values of what is tested, or both. None where they
    tell of no such groups. It stays inside.
    """

    terms: tuple[tuple[str, Level], ...]
    covariance: tuple[tuple[float, ...], ...]
    fewest: int | None = None


class FitResult(Closed):
    """One outcome of one model.

    ``reduced`` are planned predictors that the cohort lacks, left out of it; ``pooled`` are split ones that
    enter as one column, as the plan has it for few practitioners.
    """

    outcome: str
    label: str
    family: FamilyName
    formula: str
    engine: str
    status: Status
    reason: str = ""
    n: int = 0
    rows_missing: int = 0
    reduced: tuple[str, ...] = ()
    pooled: tuple[str, ...] = ()
    clusters: dict[str, int] = Field(default_factory=dict)
    estimates: tuple[Estimate, ...] = ()
    tested: JointCovariance | None = None
    variances: tuple[Variance, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    refits: tuple[Refit, ...] = ()
    curves: tuple[Curve, ...] = ()
    incidences: tuple[PredictedIncidence, ...] = ()
    units: tuple[UnitEffect, ...] = ()
    outcome_mean: float | None = None
    loglik: float | None = None
    criterion: str = ""
    r2_marginal: float | None = None
    r2_conditional: float | None = None
    icc_adjusted: float | None = None
    icc_unadjusted: float | None = None


WITHOUT: tuple[Status, ...] = ("not_run", "not_estimated", "not_converged")
"""Of a fit whose numbers are not to be read."""


class ModelResult(Closed):
    """One model of the plan, with a fit per outcome.

    As it is fitted, title and labels are names and there is no hypothesis: what a reader is shown comes from
    the plan when results are read (``in_words``).
    """

    model: str
    hypothesis: str
    title: str
    status: Status
    reason: str = ""
    fits: tuple[FitResult, ...] = ()

    def in_words(self, model: PlannedModel) -> ModelResult:
        """With the title, hypothesis and labels of ``model``; an outcome that it has not keeps its own."""
        told = {one.name: one.told for one in model.outcomes}
        fits = tuple(fit.model_copy(update={"label": told.get(fit.outcome, fit.label)}) for fit in self.fits)
        return self.model_copy(update={"title": model.title, "hypothesis": model.hypothesis, "fits": fits})

    @property
    def line(self) -> str:
        """Its status, how many outcomes it has, and why those without estimates have none."""
        reasons = dict.fromkeys([self.reason, *(fit.reason for fit in self.fits if fit.status in WITHOUT)])
        why = "; ".join(reason for reason in reasons if reason)
        return f"{self.status}; outcomes: {len(self.fits)}{f'; {why}' if why else ''}"


def read_result(path: str | Path) -> ModelResult:
    """The result of one model from ``models/<model>.json``.

    Raises
    ------
    ValidationError
        The file is not what a fit returns.
    """
    return ModelResult.model_validate(read_json(path))
