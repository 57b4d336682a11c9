"""Every figure of a cohort, drawn from the numbers of the contracts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from alliance_modes.dictionary.models import TABLES as MODELS
from alliance_modes.figures.cohort import FIGURES as COHORT
from alliance_modes.figures.declared import drawn, figures
from alliance_modes.figures.effects import FIGURES as EFFECTS
from alliance_modes.figures.effects import units_asked
from alliance_modes.figures.picture import Picture
from alliance_modes.instruments.model import load_instruments
from alliance_modes.models.checks.check_table import checks_table
from alliance_modes.models.result import ModelResult, UnitEffect
from alliance_modes.plan.parts import FiguresPart, figures_part
from alliance_modes.plan.plan import Plan


def clean_checks() -> pd.DataFrame:
    """Three indices of one form: one that flags some, one that none, one that was not used."""
    rows = [
        ("alliance", "completion_time", "wai_sr", "client", "fail", 1200, 12, ""),
        ("alliance", "mahalanobis", "wai_sr", "client", "pass", 1100, 0, ""),
        (
            "alliance",
            "longstring",
            "wai_sr",
            "client",
            "not_checked",
            np.nan,
            np.nan,
            "not used there",
        ),
        ("enrolments", "two_client_ids", "", "", "fail", 600, 4, ""),
    ]
    columns = ["table", "check", "instrument", "rater", "result", "records", "found", "detail"]
    return pd.DataFrame(rows, columns=columns)


def shrunken(plan: FiguresPart, spread: float = 0.05) -> pd.DataFrame:
    """Twelve practitioners and two sites of every outcome that is there or not; one lies far off."""
    rows = []
    for asked in units_asked(plan):
        for kind, count in (("practitioner", 12), ("site", 2)):
            for place in range(count):
                off = -0.6 if (kind, place) == ("practitioner", 0) else 0.01 * place
                effect = UnitEffect(
                    kind=kind, unit=f"{kind}{place}", n=20 + place, observed=0.7 + off, expected=0.7,
                    shrunken=0.7 + off / 2, ci_low=0.6 + off / 2, ci_high=0.8 + off / 2,
                    mode=off, se=0.2, spread=spread, overall=0.7,
                )  # fmt: skip
                named = {"model": asked.model, "outcome": asked.outcome}
                rows.append({**named, **dict(effect), "adjusted": effect.adjusted})
    return MODELS["shrunken"].from_rows(rows)


def cohort_pictures(
    analysis: Mapping[str, pd.DataFrame], flow: pd.DataFrame, missing_map: pd.DataFrame
) -> dict[str, Picture]:
    """Those that need no model."""
    given = {"analysis": analysis, "flow": flow, "missing_map": missing_map, "clean_checks": clean_checks()}
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
    named = [one.model_copy(update={"model": name}) for name, one in models.items()]
    given |= {"shrunken": shrunken(part), "checks": checks_table(named)}
    return drawn(figures(EFFECTS, part), given)
