"""What a fit returns: plain frozen values, readable from and written to JSON.

Missing numbers are ``None``. Nothing here is rounded.
"""

from __future__ import annotations

from typing import Literal

from alliance_modes.configuration import Closed

Status = Literal["ok", "singular", "not_converged", "not_estimated", "not_run"]
Check = Literal["pass", "fail", "not_checked"]
Level = Literal["between", "within", ""]


class Estimate(Closed):
    """One fixed effect (or one summary of it) of one fit: a row of ``estimates.csv``.

    ``estimand`` says what the number is: ``coefficient`` (outcome units, or log-odds),
    ``standardised``, ``odds_ratio`` or ``percentage_points``. ``unit`` says per what.
    """

    term: str
    level: Level
    estimand: Literal["coefficient", "standardised", "odds_ratio", "percentage_points"]
    unit: str = ""
    estimate: float | None
    se: float | None = None
    df: float | None = None
    statistic: float | None = None
    p: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    status: Status = "ok"


class Variance(Closed):
    """One variance component; ``share`` is its part of the total in the null model (0-1)."""

    grouping: str
    term: str
    variance: float | None
    share: float | None = None
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


class Diagnostic(Closed):
    """One check of one fit. Unknown is not fine: what was not looked at says ``not_checked``."""

    check: str
    result: Check
    detail: str = ""


class Refit(Closed):
    """The same model through a second engine: largest difference, relative to the SE."""

    engine: str
    status: Status
    reason: str = ""
    largest_difference_in_se: float | None = None


class FitResult(Closed):
    """One outcome of one model."""

    outcome: str
    label: str
    family: Literal["linear", "logistic", "cloglog", "binomial_counts"]
    formula: str
    engine: str
    status: Status
    reason: str = ""
    n: int = 0
    rows_missing: int = 0
    clusters: dict[str, int] = {}
    estimates: tuple[Estimate, ...] = ()
    variances: tuple[Variance, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    refits: tuple[Refit, ...] = ()
    curves: tuple[Curve, ...] = ()
    loglik: float | None = None


class ModelResult(Closed):
    """One model of the plan, with a fit per outcome."""

    model: str
    hypothesis: str
    title: str
    status: Status
    reason: str = ""
    fits: tuple[FitResult, ...] = ()
