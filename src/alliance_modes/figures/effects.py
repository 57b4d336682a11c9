"""The figures of effects and of the course of drop-out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from alliance_modes.figures.chance_over_mode_use import attendance_over_mode_use, completion_over_mode_use
from alliance_modes.figures.dropout_survival import dropout_survival
from alliance_modes.figures.effects_forest import effects_forest
from alliance_modes.figures.picture import Picture

if TYPE_CHECKING:
    import pandas as pd

    from alliance_modes.models.result import ModelResult

EFFECTS_FIGURES = (
    "effects_forest",
    "attendance_over_mode_use",
    "completion_over_mode_use",
    "dropout_survival",
)


def effects_pictures(
    analysis: Mapping[str, pd.DataFrame], models: Mapping[str, ModelResult], estimates: pd.DataFrame
) -> dict[str, Picture]:
    """Every figure that shows a model or the course of drop-out, by name.

    Parameters
    ----------
    analysis : mapping
        The analysis tables ``practitioner`` and ``enrolment``.
    models : mapping
        Every ``ModelResult`` of the plan by model name; ``completion`` and ``attendance``,
        where planned, carry the curves.
    estimates : DataFrame
        ``estimates.csv``; rows of other models, which a cohort adds, are not drawn.
    """
    estimates = estimates[estimates["model"].isin(list(models))]
    labels = {fit.outcome: fit.label for model in models.values() for fit in model.fits}
    surveyed = int(analysis["practitioner"]["educative"].notna().sum())
    return {
        "effects_forest": effects_forest(estimates, surveyed, labels),
        "attendance_over_mode_use": attendance_over_mode_use(models.get("attendance"), analysis["enrolment"]),
        "completion_over_mode_use": completion_over_mode_use(models.get("completion"), analysis["enrolment"]),
        "dropout_survival": dropout_survival(analysis["enrolment"], models.get("dropout_modes")),
    }
