"""Figures: results in, pictures out. Nothing in a figure's function reads or writes a file.

A workflow script needs three calls: ``cohort_pictures`` or ``effects_pictures``, and then
``write_picture`` for each picture. Both give every figure of theirs, drawn or with the reason why
it could not be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from alliance_modes.figures.picture import Picture, write_picture

if TYPE_CHECKING:
    import pandas as pd

    from alliance_modes.instruments.model import Instrument
    from alliance_modes.models.result import ModelResult

COHORT_FIGURES = ("participant_flow", "mode_use", "alliance_trajectories")
EFFECTS_FIGURES = ("effects_forest", "completion_over_mode_use", "dropout_survival")

__all__ = [
    "COHORT_FIGURES",
    "EFFECTS_FIGURES",
    "Picture",
    "cohort_pictures",
    "effects_pictures",
    "write_picture",
]


def cohort_pictures(
    analysis: Mapping[str, pd.DataFrame], flow: pd.DataFrame, instruments: Mapping[str, Instrument]
) -> dict[str, Picture]:
    """Every figure that needs no model, by name.

    Parameters
    ----------
    analysis : mapping
        The analysis tables ``practitioner`` and ``alliance``.
    flow : DataFrame
        ``flow.csv``.
    instruments : mapping
        From ``load_instruments``; their response ranges set the axes.
    """
    from alliance_modes.figures.alliance_trajectories import alliance_trajectories
    from alliance_modes.figures.mode_use import mode_use
    from alliance_modes.figures.participant_flow import participant_flow

    ranges = {name: (each.range.low, each.range.high) for name, each in instruments.items()}
    return {
        "participant_flow": participant_flow(flow),
        "mode_use": mode_use(analysis["practitioner"]),
        "alliance_trajectories": alliance_trajectories(analysis["alliance"], ranges),
    }


def effects_pictures(
    analysis: Mapping[str, pd.DataFrame], models: Mapping[str, ModelResult], estimates: pd.DataFrame
) -> dict[str, Picture]:
    """Every figure that shows a model or the course of drop-out, by name.

    Parameters
    ----------
    analysis : mapping
        The analysis tables ``practitioner`` and ``enrolment``.
    models : mapping
        Every ``ModelResult`` by model name; ``completion`` carries the curves.
    estimates : DataFrame
        ``estimates.csv``.
    """
    from alliance_modes.figures.completion_over_mode_use import completion_over_mode_use
    from alliance_modes.figures.dropout_survival import dropout_survival
    from alliance_modes.figures.effects_forest import effects_forest

    labels = {fit.outcome: fit.label for model in models.values() for fit in model.fits}
    surveyed = int(analysis["practitioner"]["educative"].notna().sum())
    return {
        "effects_forest": effects_forest(estimates, surveyed, labels),
        "completion_over_mode_use": completion_over_mode_use(models["completion"], analysis["enrolment"]),
        "dropout_survival": dropout_survival(analysis["enrolment"]),
    }
