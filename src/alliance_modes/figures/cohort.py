"""The figures that need no model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from alliance_modes.figures.declared import Declared

if TYPE_CHECKING:
    import pandas as pd

    from alliance_modes.figures.picture import Picture
    from alliance_modes.instruments.model import Instrument

Tables = Mapping[str, "pd.DataFrame"]
"""The analysis tables by name."""

ANALYSIS = ("practitioner", "alliance")
"""Those that are looked at; that of sessions is not."""


def _participant_flow(flow: pd.DataFrame) -> Picture:
    from alliance_modes.figures.participant_flow import participant_flow

    return participant_flow(flow)


def _mode_use(analysis: Tables) -> Picture:
    from alliance_modes.figures.mode_use import mode_use

    return mode_use(analysis["practitioner"])


def _alliance_trajectories(analysis: Tables, instruments: Mapping[str, Instrument]) -> Picture:
    from alliance_modes.figures.alliance_trajectories import alliance_trajectories

    ranges = {name: (each.range.low, each.range.high) for name, each in instruments.items()}
    return alliance_trajectories(analysis["alliance"], ranges)


def _missing_data(missing_map: pd.DataFrame) -> Picture:
    from alliance_modes.figures.missing_data import missing_data

    return missing_data(missing_map)


def _careless_responding(clean_checks: pd.DataFrame) -> Picture:
    from alliance_modes.figures.careless_responding import careless_responding

    return careless_responding(clean_checks)


FIGURES = (
    Declared("participant_flow", "participant flow", ("flow",), _participant_flow, "participant_flow"),
    Declared("mode_use", "mode use", ("analysis",), _mode_use, "mode_use", of_people=True),
    Declared(
        "alliance_trajectories",
        "alliance over time",
        ("analysis", "instruments"),
        _alliance_trajectories,
        "alliance_trajectories",
    ),
    Declared("missing_data", "missing data", ("missing_map",), _missing_data, "missing_data", of_people=True),
    Declared(
        "careless_responding",
        "careless responding",
        ("clean_checks",),
        _careless_responding,
        "careless_responding",
        section="missing",
    ),
)
"""Made by ``figures_cohort`` from the analysis tables, the flow, what is missing and cleaning's checks."""
