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
)
"""Made by ``figures_effects`` from the analysis tables, and the plan's models and estimates."""
