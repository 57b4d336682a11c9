"""Estimates of a linear mixed model: coefficients, standardised slopes, joint tests."""

from __future__ import annotations

from collections.abc import Sequence

from alliance_modes.models.design.design import OUTCOME, Design
from alliance_modes.models.engine.fit import Contrast, EngineFit
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.inference.estimate_rows import coefficient_rows, joint_rows, standardised_row
from alliance_modes.models.inference.inference import (
    Inference,
    crossing_rule,
    df_cap,
    linear_inference,
    linear_joint_test,
    wald_joint_test,
)
from alliance_modes.models.result import Estimate, Status

UNIT = "points"


def linear_estimates(
    design: Design,
    fit: EngineFit,
    groupings: tuple[Grouping, ...],
    status: Status,
    planned: EngineFit | None = None,
) -> tuple[Inference, tuple[Estimate, ...]]:
    """Coefficients (outcome units), the same in SDs of the outcome, and the joint tests.

    Notes
    -----
    The standardised slope divides by the SD of the outcome over the rows used; the predictor keeps
    its unit, so that it reads "SDs of the outcome per unit". ``planned`` is the fit with the slopes that
    ``fit`` lacks; see ``crossing_rule``. A joint test of products across levels is then the Wald F with
    the rule's covariance.
    """
    shared = tuple(column.name for column in design.columns if column.practitioner_level)
    cap = df_cap(design.practitioners, len(shared))
    inference = linear_inference(fit, design.frame, groupings, shared, cap)
    inference = crossing_rule(inference, planned, design.crossing, cap)
    coefficients = coefficient_rows(design, inference, UNIT, status)
    spread = float(design.frame[OUTCOME].std(ddof=1))
    standardised = tuple(
        standardised_row(row, "standardised", UNIT, "the outcome", spread) for row in coefficients[1:]
    )

    def joint_test(names: Sequence[str]) -> Contrast:
        if planned is not None and any(name in design.crossing for name in names):
            return wald_joint_test(inference, names)
        return linear_joint_test(fit, inference, names, shared, cap)

    joint = joint_rows(design, joint_test, status)
    return inference, (*coefficients, *standardised, *joint)
