"""The figures that need no model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from alliance_modes.figures.alliance_trajectories import alliance_trajectories
from alliance_modes.figures.missing_data import missing_data
from alliance_modes.figures.mode_use import mode_use
from alliance_modes.figures.participant_flow import participant_flow
from alliance_modes.figures.picture import Picture

if TYPE_CHECKING:
    import pandas as pd

    from alliance_modes.instruments.model import Instrument

COHORT_FIGURES = ("participant_flow", "mode_use", "alliance_trajectories", "missing_data")


def cohort_pictures(
    analysis: Mapping[str, pd.DataFrame],
    flow: pd.DataFrame,
    instruments: Mapping[str, Instrument],
    missing_map: pd.DataFrame | None = None,
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
    missing_map : DataFrame, optional
        ``missing_map.csv``; without it the figure of missing data says that there is none.
    """
    ranges = {name: (each.range.low, each.range.high) for name, each in instruments.items()}
    return {
        "participant_flow": participant_flow(flow),
        "mode_use": mode_use(analysis["practitioner"]),
        "alliance_trajectories": alliance_trajectories(analysis["alliance"], ranges),
        "missing_data": missing_data(missing_map),
    }
