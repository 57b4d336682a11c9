"""Linear mixed models: coefficients, standardised slopes, joint tests."""

from __future__ import annotations

from collections.abc import Sequence

from alliance_modes.models.design.design import OUTCOME, Design
from alliance_modes.models.design.random_structure import Structure
from alliance_modes.models.effects.marginal import Difference
from alliance_modes.models.engine.distributions import NORMAL
from alliance_modes.models.engine.restricted.satterthwaite import Contrast
from alliance_modes.models.families.family import Family
from alliance_modes.models.inference.estimate_rows import (
    Scale,
    coefficient_rows,
    joint_rows,
    standardised_row,
    with_closed_tests,
)
from alliance_modes.models.inference.inference import (
    Inference,
    crossing_rule,
    df_cap,
    linear_inference,
    linear_joint_test,
    wald_joint_test,
)
from alliance_modes.models.result import Estimate, Refit, Status
from alliance_modes.models.second_engines.statsmodels import refit_linear
from alliance_modes.plan.families import FAMILIES

POINTS = Scale("points")
STANDARDISED = Difference("standardised", "SD", decimals=2)


def linear_rule(design: Design, structure: Structure) -> Inference:
    """The coefficients of ``linear_estimates`` alone, of which pooling asks no more."""
    shared, cap = _shared(design)
    fit, groupings = structure.fit, structure.groupings
    inference = linear_inference(fit, design.frame, groupings, shared, cap, few=design.few)
    return crossing_rule(inference, structure.planned, design.crossing, cap)


def _shared(design: Design) -> tuple[tuple[str, ...], float]:
    """Columns that are constant within practitioners, and the df that they leave."""
    shared = tuple(column.name for column in design.columns if column.practitioner_level)
    return shared, df_cap(design.practitioners, len(shared))


def linear_estimates(
    design: Design, structure: Structure, status: Status
) -> tuple[Inference, tuple[Estimate, ...]]:
    """Coefficients (outcome units), the same in SDs of the outcome, and the joint tests.

    Notes
    -----
    The standardised slope divides by the SD of the outcome over the rows used; the predictor keeps
    its unit, so that it reads "SDs of the outcome per unit". Where random slopes were left out see
    ``crossing_rule``: a joint test of products across levels is then the Wald F with the rule's covariance.
    """
    fit, planned = structure.fit, structure.planned
    inference = linear_rule(design, structure)
    shared, cap = _shared(design)

    def joint_test(names: Sequence[str]) -> Contrast:
        if planned is not None and any(name in design.crossing for name in names):
            return wald_joint_test(inference, names)
        return linear_joint_test(fit, inference, names, shared, cap)

    rows = coefficient_rows(design, inference, POINTS.unit, status)
    coefficients = with_closed_tests(design, rows, inference.names, joint_test)
    spread = float(design.frame[OUTCOME].std(ddof=1))
    standardised = tuple(
        standardised_row(row, STANDARDISED.estimand, POINTS.unit, "the outcome", spread)
        for row in coefficients[1:]
    )
    joint = joint_rows(design, joint_test, status)
    return inference, (*coefficients, *standardised, *joint)


def _through_mixedlm(design: Design, inference: Inference) -> tuple[Refit, ...]:
    return (refit_linear(design),)


LINEAR = Family(
    planned=FAMILIES["linear"],
    distribution=NORMAL,
    scale=POINTS,
    difference=STANDARDISED,
    estimates=linear_estimates,
    second_engine=_through_mixedlm,
    rule="Satterthwaite df, capped for practitioner-level terms",
    small_sample=True,
    coefficients=linear_rule,
)
