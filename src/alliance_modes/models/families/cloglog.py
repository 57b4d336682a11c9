"""Discrete-time hazard models: log hazards, hazard ratios, joint tests, cumulative incidence."""

from __future__ import annotations

import numpy as np

from alliance_modes.models.design.design import OUTCOME, Design
from alliance_modes.models.design.events import too_few_events
from alliance_modes.models.design.periods import in_periods
from alliance_modes.models.design.random_structure import Structure
from alliance_modes.models.design.separation import separating_columns
from alliance_modes.models.effects.hazard import hazard_effects
from alliance_modes.models.effects.marginal import POINTS
from alliance_modes.models.engine import distributions
from alliance_modes.models.families.family import Asked, Family, Further, Risk
from alliance_modes.models.families.working_response import (
    RULE,
    coefficients_by_rule,
    joint_tests,
    ratios,
    working_rule,
)
from alliance_modes.models.inference.estimate_rows import Scale
from alliance_modes.models.inference.inference import Counts, Inference
from alliance_modes.models.result import Estimate, FitResult, Refit, Status
from alliance_modes.plan.families import FAMILIES

PLANNED = FAMILIES["cloglog"]
LOG_HAZARD = Scale("log hazard", "hazard ratio", PLANNED.ratio, "hazard_ratio_corrected")


def hazard_estimates(
    design: Design, structure: Structure, status: Status
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
    trials = design.trials
    counts = Counts(trials, sessions=True) if design.together and trials is not None else None
    inference = working_rule(design, structure, counts)
    coefficients = coefficients_by_rule(design, inference, LOG_HAZARD, status)
    splines = {column.term for column in design.columns if column.smooth}
    of_terms = (row for row in ratios(coefficients, LOG_HAZARD) if row.term not in splines)
    return inference, (*coefficients, *of_terms, *joint_tests(design, inference, status))


def _incidence(asked: Asked) -> Further:
    course = (asked.model.landmark, asked.draws, asked.seed)
    hazard = hazard_effects(asked.every, asked.outcome, asked.found, *course)
    return Further(hazard.estimates, incidences=hazard.incidences, diagnostics=(hazard.diagnostic,))


def _events_lacking(design: Design) -> str:
    return too_few_events(float(design.frame[OUTCOME].sum()), len(design.fixed) + 1)


def _no_second_engine(design: Design, inference: Inference) -> tuple[Refit, ...]:
    return ()


def risk_ratio_of_hazards(ratio: float, common: bool) -> float:
    """Risk ratio that a hazard ratio stands for.

    Parameters
    ----------
    ratio : float
        Hazard ratio, above 0.
    common : bool
        15 % or more have the event by the end of follow-up: (1 - .5^sqrt(HR)) / (1 - .5^sqrt(1 / HR));
        else the hazard ratio itself.

    References
    ----------
    VanderWeele & Ding (2017), table 2, doi 10.7326/M16-2607; derived in VanderWeele (2020)
    doi 10.1111/biom.13197.
    """
    if not common:
        return ratio
    return float((1.0 - 0.5 ** np.sqrt(ratio)) / (1.0 - 0.5 ** np.sqrt(1.0 / ratio)))


def _share_that_ended(fit: FitResult) -> float | None:
    """Cumulative incidence by the model, other ends competing, at the last session of the curve."""
    reached = next((one for one in fit.incidences if one.end == fit.outcome and not one.term), None)
    return None if reached is None else reached.points[-1].estimate


CLOGLOG = Family(
    planned=PLANNED,
    distribution=distributions.CLOGLOG,
    scale=LOG_HAZARD,
    difference=POINTS,
    estimates=hazard_estimates,
    second_engine=_no_second_engine,
    rule=RULE,
    risk=Risk(
        risk_ratio_of_hazards,
        _share_that_ended,
        (
            "common outcome: risk ratio from the root of the hazard ratio",
            "rare outcome: risk ratio = hazard ratio",
        ),
    ),
    prepare=in_periods,
    lacking=_events_lacking,
    separating=separating_columns,
    further=_incidence,
)
