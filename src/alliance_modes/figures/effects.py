"""The figures of effects and of the course of drop-out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from alliance_modes.figures.declared import Asked, Declared
from alliance_modes.plan.families import FAMILIES
from alliance_modes.plan.terms import SECTIONS

if TYPE_CHECKING:
    import pandas as pd

    from alliance_modes.figures.picture import Picture
    from alliance_modes.models.result import ModelResult
    from alliance_modes.plan.parts import FiguresPart

Tables = Mapping[str, "pd.DataFrame"]
"""The analysis tables by name."""


def curves_asked(plan: FiguresPart) -> Iterator[Asked]:
    """Outcomes whose chance a plan draws over mode use: 0/1 or counts, with a mode among the curves."""
    for name, model in plan.models.items():
        family = FAMILIES[model.family]
        drawn = family.probability and not family.hazard
        if drawn and model.curves:
            for place, outcome in enumerate(model.outcomes):
                yield Asked(name, outcome.name, outcome.head, first=place == 0)


def analysis_asked(plan: FiguresPart) -> frozenset[str]:
    """The analysis tables that the figures of a plan look at."""
    return frozenset({"enrolment", *(plan.models[one.model].table for one in curves_asked(plan))})


def units_asked(plan: FiguresPart) -> Iterator[Asked]:
    """Of these the outcomes that are there or not for each row, of which chance is known."""
    for asked in curves_asked(plan):
        if FAMILIES[plan.models[asked.model].family].one_each:
            yield asked


def _effects_forest(estimates: pd.DataFrame, plan: FiguresPart) -> Picture:
    from alliance_modes.figures.effects_forest import effects_forest

    return effects_forest(estimates, plan)


def _chance_over_mode_use(
    models: Mapping[str, ModelResult], analysis: Tables, plan: FiguresPart, model: str, outcome: str
) -> Picture:
    from alliance_modes.figures.chance_over_mode_use import chance_over_mode_use

    return chance_over_mode_use(plan, model, outcome, models.get(model), analysis[plan.models[model].table])


def _dropout_survival(models: Mapping[str, ModelResult], analysis: Tables, plan: FiguresPart) -> Picture:
    from alliance_modes.figures.dropout_survival import dropout_survival

    return dropout_survival(analysis["enrolment"], plan, models)


def _practitioners_and_sites(shrunken: pd.DataFrame, plan: FiguresPart, model: str, outcome: str) -> Picture:
    from alliance_modes.figures.practitioners_and_sites import practitioners_and_sites

    return practitioners_and_sites(shrunken, plan, model, outcome)


def _model_diagnostics(checks: pd.DataFrame, shrunken: pd.DataFrame, plan: FiguresPart) -> Picture:
    from alliance_modes.figures.model_diagnostics import model_diagnostics

    return model_diagnostics(checks, shrunken, plan)


def _detectable_difference(estimates: pd.DataFrame, plan: FiguresPart) -> Picture:
    from alliance_modes.figures.detectable_difference import detectable_differences

    return detectable_differences(estimates, plan)


FIGURES = (
    Declared(
        "effects_forest",
        "effects of mode use",
        ("estimates", "plan"),
        _effects_forest,
        "effects_forest",
        section="side_by_side",
    ),
    Declared(
        "over_mode_use",
        "over mode use",
        ("models", "analysis", "plan"),
        _chance_over_mode_use,
        "chance_over_mode_use",
        asked=curves_asked,
    ),
    Declared(
        "dropout_survival",
        "drop-out",
        ("models", "analysis", "plan"),
        _dropout_survival,
        "dropout_survival",
        section=SECTIONS["enrolment"],
    ),
    Declared(
        "by_practitioner_and_site",
        "by practitioner and site",
        ("shrunken", "plan"),
        _practitioners_and_sites,
        "practitioners_and_sites",
        asked=units_asked,
        of_people=True,
    ),
    Declared(
        "detectable_difference",
        "what the next cohort could show",
        ("estimates", "plan"),
        _detectable_difference,
        "detectable_difference",
        section="precision",
    ),
    Declared(
        "model_diagnostics",
        "checks of every model",
        ("checks", "shrunken", "plan"),
        _model_diagnostics,
        "model_diagnostics",
        section="models_and_checks",
        of_people=True,
    ),
)
"""Made by ``figures_effects`` from the analysis tables, and the models, estimates, units and checks."""
