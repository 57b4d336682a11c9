"""Checks before and after a fit. What was not looked at says so."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy import stats

from alliance_modes.domain import PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.models.design.design import OBSERVATION, Design
from alliance_modes.models.design.random_structure import Structure
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.inference.inference import may_claim
from alliance_modes.models.result import Check, Diagnostic

VIF_CONCERN = 10.0
MISSING_CONCERN = 0.10
SKEW_CONCERN, KURTOSIS_CONCERN, SPREAD_CONCERN = 1.0, 3.0, 0.25
LEVELS_FOR_NORMALITY = 8
NORMALITY_P = 0.01
UNSETTLED_CONCERN = 0.05
"""In standard errors, with four more quadrature nodes."""
VISIBLE_SKEW, VISIBLE_KURTOSIS = 0.5, 1.0
SHAPIRO_LIMIT = 5000


def diagnose(
    design: Design, structure: Structure, inflation: dict[str, float], unit: str
) -> tuple[Diagnostic, ...]:
    """Every check of one fit, in the order that a reader goes through them; ``unit`` is a coefficient's."""
    fit = structure.fit
    return (
        _practitioners(design),
        _groupings(design),
        _missing(design),
        _diagnostic("convergence", fit.converged, "; ".join(fit.warnings)),
        _diagnostic("singular fit", not fit.singular, fit.boundary() if fit.singular else ""),
        _quadrature(fit, structure.nodes),
        _collinearity(inflation),
        *_residuals(fit),
        _random_effects(fit),
        _separation(fit, unit),
        _overdispersion(fit),
        Diagnostic(
            check="influence",
            result="not_checked",
            detail="the plan does not name this model under influence, or the outcome is not primary",
        ),
    )


def _diagnostic(check: str, passed: bool, detail: str) -> Diagnostic:
    result: Check = "pass" if passed else "fail"
    return Diagnostic(check=check, result=result, detail=detail)


def _practitioners(design: Design) -> Diagnostic:
    count = design.practitioners
    if count is None:
        return Diagnostic(
            check="enough practitioners", result="not_checked", detail="no practitioners in the model"
        )
    if may_claim(count):
        return _diagnostic("enough practitioners", True, f"{count} practitioners")
    detail = f"{count} practitioners, below {PRACTITIONERS_FOR_A_CLAIM}: descriptive, no claim is made"
    return _diagnostic("enough practitioners", False, detail)


def _groupings(design: Design) -> Diagnostic:
    detail = "; ".join(f"{name} left out: {reason}" for name, reason in design.dropped)
    return _diagnostic("groupings as planned", not design.dropped, detail)


def _missing(design: Design) -> Diagnostic:
    total = len(design.frame) + design.rows_missing
    by_column = "; ".join(f"{name} {count}" for name, count in design.missing if count)
    detail = f"{design.rows_missing} of {total} rows left out" + (
        f" (missing: {by_column})" if by_column else ""
    )
    return _diagnostic("complete rows", design.rows_missing <= MISSING_CONCERN * total, detail)


def _quadrature(fit: EngineFit, asked: int | None) -> Diagnostic:
    if fit.distribution.normal:
        return Diagnostic(check="quadrature", result="not_checked", detail="a linear model needs none")
    if fit.nagq == 1 and asked is not None and asked > 1:
        detail = (
            f"Laplace (1 node) in place of the {asked} nodes that the plan asks for: {fit.no_quadrature}; "
            "take quadrature_nodes out of the plan, or groupings and slopes that stand in its way"
        )
        return _diagnostic("quadrature", False, detail)
    if fit.nagq == 1:
        return _diagnostic("quadrature", True, "Laplace (1 node)")
    if fit.laplace is None:
        return _diagnostic("quadrature", True, f"adaptive quadrature, {fit.nagq} nodes")
    settled = fit.unsettled is None or fit.unsettled <= UNSETTLED_CONCERN
    return _diagnostic("quadrature", settled, _beside_laplace(fit, fit.laplace))


def _beside_laplace(fit: EngineFit, laplace: EngineFit) -> str:
    """Quadrature where groupings nest, and what it changed."""
    pairs = sorted(
        zip(fit.covariances, laplace.covariances, fit.effects, strict=True),
        key=lambda one: -len(one[2].levels),
    )
    nested = " in ".join(group.grouping for group, _, _ in pairs)
    sds = ", ".join(
        f"{group.grouping} {np.sqrt(group.covariance[0, 0]):.3f} ({np.sqrt(before.covariance[0, 0]):.3f})"
        for group, before, _ in pairs
    )
    name, change = fit.moved()
    enough = ""
    if fit.unsettled is not None:
        enough = f"; with 4 more nodes nothing would move by more than {fit.unsettled:.1g} SE"
        if fit.unsettled > UNSETTLED_CONCERN:
            enough = f"; with 4 more nodes an estimate would move by {fit.unsettled:.2g} SE: take more"
    return (
        f"adaptive quadrature, {fit.nagq} nodes at each of {len(pairs)} levels ({nested}); no coefficient is "
        f"more than {change:.2g} SE from Laplace's ({name}); SD of effects, and Laplace's: {sds}{enough}"
    )


def _collinearity(inflation: dict[str, float]) -> Diagnostic:
    if not inflation:
        return Diagnostic(check="collinearity", result="not_checked", detail="no predictors")
    name, worst = max(inflation.items(), key=lambda pair: pair[1])
    return _diagnostic(
        "collinearity", worst <= VIF_CONCERN, f"largest variance inflation {worst:.3g} ({name})"
    )


def _residuals(fit: EngineFit) -> Iterator[Diagnostic]:
    if not fit.distribution.normal:
        for check in ("residual shape", "residual spread"):
            detail = "outcomes are drawn from the fit for it, after these checks"
            yield Diagnostic(check=check, result="not_checked", detail=detail)
        return
    residual = fit.response - fit.fitted
    skew, kurtosis = float(stats.skew(residual)), float(stats.kurtosis(residual))
    shape = abs(skew) <= SKEW_CONCERN and abs(kurtosis) <= KURTOSIS_CONCERN
    yield _diagnostic("residual shape", shape, f"skewness {skew:.2f}, excess kurtosis {kurtosis:.2f}")
    spread = float(stats.spearmanr(np.abs(residual), fit.fitted).statistic)
    yield _diagnostic(
        "residual spread",
        abs(spread) <= SPREAD_CONCERN,
        f"rank correlation of |residual| with fitted {spread:.2f}",
    )


def _random_effects(fit: EngineFit) -> Diagnostic:
    found, odd = [], False
    for block, group in zip(fit.effects, fit.covariances, strict=True):
        if len(block.levels) < LEVELS_FOR_NORMALITY or block.grouping == OBSERVATION:
            continue  # effects of single counts are shrunk, the more so the nearer to all or none
        for place, term in enumerate(block.terms):
            if not group.pinned[place]:
                text, visible = _normality(block.values[:, place])
                found.append(f"{block.grouping} {term} {text}")
                odd = odd or visible
    if not found:
        detail = f"no grouping with {LEVELS_FOR_NORMALITY} levels and a variance above zero"
        return Diagnostic(check="random-effect normality", result="not_checked", detail=detail)
    return _diagnostic("random-effect normality", not odd, "; ".join(found))


def _normality(values: np.ndarray) -> tuple[str, bool]:
    """What Shapiro-Wilk and the shape say; a departure counts where it is both sure and visible."""
    p = float(stats.shapiro(values[:SHAPIRO_LIMIT]).pvalue)
    skew, kurtosis = float(stats.skew(values)), float(stats.kurtosis(values))
    visible = abs(skew) > VISIBLE_SKEW or abs(kurtosis) > VISIBLE_KURTOSIS
    text = f"Shapiro-Wilk p = {p:.3g}, skewness {skew:.2f}, excess kurtosis {kurtosis:.2f}"
    return text, p < NORMALITY_P and visible


def _separation(fit: EngineFit, unit: str) -> Diagnostic:
    if fit.distribution.normal:
        return Diagnostic(check="separation", result="not_checked", detail="a linear model has none")
    return _diagnostic("separation", True, f"largest |{unit}| {float(np.abs(fit.beta).max()):.2f}")


def _overdispersion(fit: EngineFit) -> Diagnostic:
    extra = [group for group in fit.covariances if group.grouping == OBSERVATION]
    if extra:
        variance = float(extra[0].covariance[0, 0])
        return _diagnostic(
            "overdispersion", True, f"carried by the observation-level effect, variance {variance:.3g}"
        )
    reason = f"{fit.distribution.outcomes} cannot show it"
    if fit.distribution.level1_variance is None:
        kind = "linear model" if fit.distribution.normal else "model of this family"
        reason = f"a {kind} estimates its residual variance"
    return Diagnostic(check="overdispersion", result="not_checked", detail=reason)
