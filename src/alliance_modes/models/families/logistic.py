"""Estimates of a logistic mixed model of 0/1 outcomes or counts.

Log-odds, odds ratios, percentage points and curves.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from alliance_modes.models.design.design import OBSERVATION, Design
from alliance_modes.models.effects.marginal import MarginalEffects
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.links import link_of
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.inference.estimate_rows import (
    coefficient_rows,
    joint_rows,
    ratio_row,
    standardised_row,
)
from alliance_modes.models.inference.explained import latent_sd, observation_variance
from alliance_modes.models.inference.inference import (
    Counts,
    Inference,
    crossing_rule,
    df_cap,
    working_inference,
    working_joint_test,
)
from alliance_modes.models.result import Curve, Estimate, Status
from alliance_modes.plan.terms import PlannedModel, Predictor

UNIT = "log-odds"


def logistic_estimates(
    design: Design,
    fit: EngineFit,
    groupings: tuple[Grouping, ...],
    status: Status,
    planned: EngineFit | None = None,
) -> tuple[Inference, tuple[Estimate, ...]]:
    """Log-odds with the working-response rule, in SDs of the latent response and as odds ratios; joint tests.

    The observation-level effect of counts enters the rule by its variance, not as a grouping.
    ``planned`` is the fit with the slopes that ``fit`` lacks; see ``crossing_rule``.
    """
    cap = df_cap(design.practitioners, design.practitioner_columns)
    inference = working_inference(
        fit,
        design.frame,
        design.fixed,
        tuple(grouping for grouping in groupings if grouping.name != OBSERVATION),
        cap,
        None if design.trials is None else Counts(design.trials, observation_variance(fit)),
    )
    inference = crossing_rule(inference, planned, design.crossing, cap)
    coefficients = coefficient_rows(design, inference, UNIT, status)
    joint = joint_rows(design, lambda names: working_joint_test(inference, names, cap), status)
    ratios = (ratio_row(row, "odds_ratio", UNIT, "odds ratio") for row in coefficients[1:])
    spread = latent_sd(fit, design.matrix() @ fit.beta, design.frame)
    standardised = (
        standardised_row(row, "latent_standardised", UNIT, "the latent response", spread)
        for row in coefficients[1:]
    )
    return inference, (*coefficients, *standardised, *ratios, *joint)


def marginal_effects(
    design: Design, fit: EngineFit, inference: Inference, draws: int, seed: list[int]
) -> MarginalEffects:
    """Average marginal effects over all random effects of the fit; with slopes, row by row.

    That of the observation is one of them: the chance is that of a session of an enrolment yet unseen.
    """
    varying = tuple(group for group in fit.covariances if len(group.terms) > 1)
    constant = sum(float(group.covariance[0, 0]) for group in fit.covariances if len(group.terms) == 1)
    return MarginalEffects(
        design, inference, link_of(fit.family), float(np.sqrt(constant)), draws, seed, varying=varying
    )


def percentage_point_rows(design: Design, effects: MarginalEffects, status: Status) -> Iterator[Estimate]:
    """One row per predictor, in percentage points of probability."""
    for column in design.columns:
        found = effects.percentage_points(column)
        yield Estimate(
            term=column.term,
            level=column.level,
            estimand="percentage_points",
            unit=f"percentage points per {column.unit}",
            estimate=found.estimate,
            se=found.se,
            ci_low=found.low,
            ci_high=found.high,
            status=status,
        )


def curves(
    design: Design, effects: MarginalEffects, model: PlannedModel, predictors: dict[str, Predictor]
) -> Iterator[Curve]:
    """The curves that the plan asks for, where the raw column is there."""
    for column in design.columns:
        if column.predictor not in model.curves:
            continue
        raw = predictors[column.predictor].raw_column
        if raw is not None:
            curve = effects.curve(column, raw, column.label)
            if curve is not None:
                yield curve
