"""Why an outcome has no estimates: what is looked at before a fit, and after it."""

from __future__ import annotations

import numpy as np

from alliance_modes.models.design.collinearity import triangle, variance_inflation
from alliance_modes.models.design.design import OUTCOME, Design, Refusal
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.families.family import Family
from alliance_modes.models.inference.inference import too_few_practitioners

VIF_LIMIT = 1000.0
CONDITION_LIMIT = 1e5
LARGEST_COEFFICIENT = 15.0


def refusal_before(design: Design, family: Family) -> Refusal | None:
    """Why the model cannot be estimated from these rows; None where it can.

    Looked at before fitting, because the engine is silent about each: an outcome of one value, a
    predictor of one value or that others determine, too few practitioners, and 0/1 outcomes that
    the predictors separate.
    """
    outcome = design.frame[OUTCOME] if design.at_least is not None else design.mean_outcome
    if outcome.nunique() < 2:
        return Refusal("not_estimated", f"every row has the same outcome ({outcome.iloc[0]:g})")
    constant = [name for name in design.fixed if design.frame[name].nunique() < 2]
    if constant:
        have = "has" if len(constant) == 1 else "have"
        return Refusal("not_estimated", f"{', '.join(constant)} {have} the same value in every row")
    if len(design.frame) <= len(design.fixed) + 1:
        return Refusal(
            "not_estimated",
            f"{len(design.frame)} complete rows for {len(design.fixed) + 1} coefficients",
            few=True,
        )
    lacking = family.lacking(design)
    if lacking:
        return Refusal("not_estimated", lacking)
    few = too_few_practitioners(design.practitioners, design.practitioner_columns)
    if few:
        return Refusal("not_estimated", few, few=True)
    refusal = _inseparable(design)
    separating = family.separating(design) if refusal is None else ()
    if separating:
        named, unit = ", ".join(separating), family.scale.unit
        return Refusal("not_converged", f"{named} separates the outcomes: there is no finite {unit}")
    return refusal


def refusal_after(fit: EngineFit, family: Family) -> Refusal | None:
    """Why a finished fit has no estimates; None where it has."""
    if fit.aliased:
        return Refusal("not_estimated", f"the other predictors determine {', '.join(fit.aliased)}")
    if not fit.converged:
        said = "; ".join(fit.warnings) or "the engine did not say why"
        if any(text.startswith("glm_diverged") for text in fit.warnings):
            said = f"a predictor separates the outcomes completely ({said})"
        return Refusal("not_converged", said)
    if not fit.distribution.normal:
        extreme = [
            name for name, beta in zip(fit.names, fit.beta, strict=True) if abs(beta) > LARGEST_COEFFICIENT
        ]
        if extreme:
            return Refusal(
                "not_converged",
                f"{', '.join(extreme)} separates the outcomes: "
                f"{family.scale.unit} past {LARGEST_COEFFICIENT:g} in size",
            )
    if not (np.all(np.isfinite(fit.beta)) and np.all(np.isfinite(fit.se))):
        return Refusal("not_converged", "; ".join(fit.warnings) or "standard errors could not be computed")
    return None


def _inseparable(design: Design) -> Refusal | None:
    if len(design.fixed) < 2:
        return None
    condition = float(np.linalg.cond(triangle(design)))
    inflation = variance_inflation(design)
    worst = [name for name, value in inflation.items() if not value < VIF_LIMIT]
    if worst or condition > CONDITION_LIMIT:
        named = ", ".join(worst) or ", ".join(design.fixed)
        return Refusal(
            "not_estimated",
            f"other predictors all but determine {named} (condition number {condition:.3g}); leave one out",
        )
    return None
