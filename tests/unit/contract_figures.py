"""Every figure of a cohort, drawn from the numbers of the contracts."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from alliance_modes.figures.cohort import FIGURES as COHORT
from alliance_modes.figures.declared import drawn, figures
from alliance_modes.figures.effects import FIGURES as EFFECTS
from alliance_modes.figures.picture import Picture
from alliance_modes.instruments.model import load_instruments
from alliance_modes.models.result import ModelResult
from alliance_modes.plan.parts import figures_part
from alliance_modes.plan.plan import Plan


def cohort_pictures(
    analysis: Mapping[str, pd.DataFrame], flow: pd.DataFrame, missing_map: pd.DataFrame
) -> dict[str, Picture]:
    """Those that need no model."""
    given = {"analysis": analysis, "flow": flow, "missing_map": missing_map}
    return drawn(figures(COHORT), given | {"instruments": load_instruments()})


def effects_pictures(
    analysis: Mapping[str, pd.DataFrame],
    models: Mapping[str, ModelResult],
    estimates: pd.DataFrame,
    plan: Plan | None = None,
) -> dict[str, Picture]:
    """Those of effects and of drop-out."""
    part = figures_part(plan or Plan())
    given = {"analysis": analysis, "models": models, "estimates": estimates, "plan": part}
    return drawn(figures(EFFECTS, part), given)
