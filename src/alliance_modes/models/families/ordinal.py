"""Cumulative logit mixed models of ordered levels: log-odds, odds ratios, points of a level or above."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from alliance_modes.models.design.design import OUTCOME, Design
from alliance_modes.models.design.random_structure import Structure
from alliance_modes.models.effects.marginal import POINTS, curves, difference_rows, marginal_effects
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.families.family import Asked, Further
from alliance_modes.models.families.logistic import LOG_ODDS, LOGISTIC, logistic_estimates
from alliance_modes.models.inference.inference import Inference
from alliance_modes.models.ordered.fit import ordered_levels
from alliance_modes.models.ordered.proportional import proportional_odds
from alliance_modes.models.ordered.separation import columns_separating_levels
from alliance_modes.models.result import Diagnostic, Estimate, Refit, Status
from alliance_modes.models.second_engines.statsmodels import refit_ordered_levels
from alliance_modes.plan.families import FAMILIES

PLANNED = FAMILIES["ordinal"]
FEWEST_LEVELS, MOST_LEVELS = 3, 15


def ordinal_estimates(
    design: Design, structure: Structure, status: Status
) -> tuple[Inference, tuple[Estimate, ...]]:
    """Log-odds by the working-response rule, their other forms and joint tests, and the thresholds.

    Notes
    -----
    A coefficient is the log of the odds of a higher level: the same at every threshold. The intercept is that
    of being at ``at_least`` or above, every predictor at 0. A threshold is named by the two levels it lies
    between; it is that of R's ``ordinal``, and its SE the engine's.
    """
    inference, rows = logistic_estimates(design, structure, status)
    return inference, (*rows, *_thresholds(structure.fit, status))


def _thresholds(fit: EngineFit, status: Status) -> Iterator[Estimate]:
    for one in fit.thresholds:
        yield Estimate(
            term=f"{one.lower:g}|{one.upper:g}",
            level="",
            estimand="threshold",
            unit=LOG_ODDS.unit,
            estimate=one.estimate,
            se=one.se,
            status=status,
        )


def points_of_level(asked: Asked) -> Further:
    """Average marginal effects on the chance of ``at_least`` or above, curves of it, and two checks."""
    design, found = asked.found.design, asked.found
    fit, groupings = found.structure.fit, found.structure.groupings
    effects = marginal_effects(design, fit, found.inference, asked.draws, asked.seed)
    of_level = replace(POINTS, unit=f"{POINTS.unit} of {design.at_least:g} or above")
    rows = tuple(difference_rows(design, effects, of_level, found.status))
    drawn = tuple(curves(design, effects, asked.model, asked.predictors))
    checks = (levels_seen(design), proportional_odds(design, fit, groupings))
    return Further(rows, drawn, diagnostics=checks)


def levels_seen(design: Design) -> Diagnostic:
    """How many rows each level has, and which between the lowest and the highest none has."""
    counts = design.frame[OUTCOME].value_counts().sort_index()
    seen = ", ".join(f"{level:g} ({count})" for level, count in counts.items())
    between = set(range(int(counts.index[0]), int(counts.index[-1]) + 1)) - set(counts.index)
    absent = ", ".join(map(str, sorted(between)))
    said = f"; no row at {absent}, which share the thresholds of their neighbours" if absent else ""
    return Diagnostic(check="levels of the outcome", result="pass", detail=f"rows by level: {seen}{said}")


def levels_lacking(design: Design) -> str:
    """What the levels lack for an ordinal model, in words; blank where nothing."""
    levels = sorted(design.frame[OUTCOME].unique())
    listed = ", ".join(f"{level:g}" for level in levels)
    if len(levels) < FEWEST_LEVELS:
        return (
            f"{len(levels)} levels seen ({listed}), and an ordinal model needs {FEWEST_LEVELS}: take the "
            "family logistic, with a column of 0 and 1"
        )
    if len(levels) > MOST_LEVELS:
        return (
            f"{len(levels)} different values, more than the {MOST_LEVELS} levels of an ordinal model: take "
            "the family linear"
        )
    reached = int(design.mean_outcome.sum())
    if reached in (0, len(design.frame)):
        whom = "no row is" if reached == 0 else "every row is"
        return f"{whom} at {design.at_least:g} or above (levels seen: {listed}): name another at_least"
    return ""


def _population_averaged(design: Design, inference: Inference) -> tuple[Refit, ...]:
    return (refit_ordered_levels(design, inference),)


ORDINAL = replace(
    LOGISTIC,
    planned=PLANNED,
    distribution=ordered_levels(0.0),
    estimates=ordinal_estimates,
    second_engine=_population_averaged,
    lacking=levels_lacking,
    separating=columns_separating_levels,
    further=points_of_level,
    of_design=lambda design: ordered_levels(float(design.at_least or 0.0)),
)
