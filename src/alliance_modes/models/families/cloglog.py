"""Estimates of a discrete-time hazard model: log hazards, hazard ratios, joint tests."""

from __future__ import annotations

from alliance_modes.models.design.design import Design
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.inference.estimate_rows import coefficient_rows, joint_rows, ratio_row
from alliance_modes.models.inference.inference import (
    Counts,
    Inference,
    df_cap,
    working_inference,
    working_joint_test,
)
from alliance_modes.models.result import Estimate, Status

UNIT = "log hazard"


def hazard_estimates(
    design: Design, fit: EngineFit, groupings: tuple[Grouping, ...], status: Status
) -> tuple[Inference, tuple[Estimate, ...]]:
    """Log hazards with the working-response rule, hazard ratios with its interval, and joint tests.

    Notes
    -----
    With h the probability of the end in a session, given that the session was reached, log(-log(1 - h))
    is linear in the predictors: e to a coefficient is the ratio of two hazards in continuous time that
    is proportional within a session (Prentice & Gloeckler 1978), conditional on practitioner, group
    and site. The columns of a spline have no hazard ratio: only all of them together mean anything.

    References
    ----------
    Prentice & Gloeckler (1978), Biometrics 34, 57-67.
    """
    cap = df_cap(design.practitioners, design.practitioner_columns)
    counts = Counts(design.trials, sessions=True) if design.together else None
    inference = working_inference(fit, design.frame, design.fixed, groupings, cap, counts)
    coefficients = coefficient_rows(design, inference, UNIT, status)
    splines = {column.term for column in design.columns if column.smooth}
    ratios = (
        ratio_row(row, "hazard_ratio", UNIT, "hazard ratio")
        for row in coefficients[1:]
        if row.term not in splines
    )
    joint = joint_rows(design, lambda names: working_joint_test(inference, names, cap), status)
    return inference, (*coefficients, *ratios, *joint)
