"""Logistic mixed models of 0/1 outcomes, and of so many out of so many.

Log-odds, odds ratios, percentage points and curves.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from alliance_modes.models.design.design import OUTCOME, Design
from alliance_modes.models.design.random_structure import Structure
from alliance_modes.models.design.separation import separating_columns
from alliance_modes.models.effects.marginal import POINTS, curves, difference_rows, marginal_effects
from alliance_modes.models.engine import distributions
from alliance_modes.models.families.family import Asked, Family, Further, Risk
from alliance_modes.models.families.working_response import (
    RULE,
    coefficients_by_rule,
    joint_tests,
    ratios,
    working_rule,
)
from alliance_modes.models.inference.estimate_rows import Scale, standardised_row
from alliance_modes.models.inference.explained import latent_sd, observation_variance
from alliance_modes.models.inference.inference import Counts, Inference
from alliance_modes.models.result import Estimate, Refit, Status
from alliance_modes.models.second_engines.statsmodels import refit_population_averaged
from alliance_modes.plan.families import FAMILIES

PLANNED = FAMILIES["logistic"]
LOG_ODDS = Scale("log-odds", "odds ratio", PLANNED.ratio, "odds_ratio_corrected")


def logistic_estimates(
    design: Design, structure: Structure, status: Status
) -> tuple[Inference, tuple[Estimate, ...]]:
    """Log-odds by the working-response rule, in SDs of the latent response, as odds ratios; joint tests."""
    fit = structure.fit
    counts = None if design.trials is None else Counts(design.trials, observation_variance(fit))
    inference = working_rule(design, structure, counts)
    coefficients = coefficients_by_rule(design, inference, LOG_ODDS, status)
    joint = joint_tests(design, inference, status)
    spread = latent_sd(fit, design.matrix() @ fit.beta, design.frame)
    standardised = (
        standardised_row(row, "latent_standardised", LOG_ODDS.unit, "the latent response", spread)
        for row in coefficients[1:]
    )
    return inference, (*coefficients, *standardised, *ratios(coefficients, LOG_ODDS), *joint)


def percentage_points(asked: Asked) -> Further:
    """Average marginal effects in percentage points, and the curves that the plan asks for."""
    design, found = asked.found.design, asked.found
    effects = marginal_effects(design, found.structure.fit, found.inference, asked.draws, asked.seed)
    rows = tuple(difference_rows(design, effects, POINTS, found.status))
    return Further(rows, tuple(curves(design, effects, asked.model, asked.predictors)))


def _population_averaged(design: Design, inference: Inference) -> tuple[Refit, ...]:
    from statsmodels.genmod.families import Binomial

    rows, events = _one_by_one(design)
    return (refit_population_averaged(design, inference, Binomial(), rows, events),)


def _one_by_one(design: Design) -> tuple[np.ndarray, np.ndarray]:
    """The row of each 0/1 outcome, and the outcome: counts as so many ones and zeros."""
    outcome = design.frame[OUTCOME].to_numpy(dtype=float)
    if design.trials is None:
        return np.arange(len(outcome)), outcome
    ones, trials = outcome.astype(np.int64), design.trials.astype(np.int64)
    parts = np.column_stack([ones, trials - ones]).ravel()
    return np.repeat(np.arange(len(ones)), trials), np.repeat(np.tile([1.0, 0.0], len(ones)), parts)


def _risk_ratio_of_odds(ratio: float, common: bool) -> float:
    return ratio**0.5 if common else ratio


LOGISTIC = Family(
    planned=PLANNED,
    distribution=distributions.LOGISTIC,
    scale=LOG_ODDS,
    difference=POINTS,
    estimates=logistic_estimates,
    second_engine=_population_averaged,
    rule=RULE,
    marginal=True,
    risk=Risk(
        _risk_ratio_of_odds,
        lambda fit: fit.outcome_mean,
        (
            "common outcome: risk ratio = root of the odds ratio",
            "rare outcome: risk ratio = odds ratio",
        ),
    ),
    separating=separating_columns,
    further=percentage_points,
)
BINOMIAL_COUNTS = replace(
    LOGISTIC,
    planned=FAMILIES["binomial_counts"],
    distribution=distributions.BINOMIAL,
    small_sample=True,
)
