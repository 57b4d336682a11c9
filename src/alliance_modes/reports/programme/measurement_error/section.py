"""What the report says about measurement error in mode use: observed slopes beside corrected ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from alliance_modes.domain import MODES
from alliance_modes.models.collect import COVARIATE
from alliance_modes.models.effects.measurement_error import (
    CHECK,
    CORRECTED,
)
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.result import FitResult
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.section import Section
from alliance_modes.tables.effects import cell, mode_estimates
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, listed
from alliance_modes.words.rounding import MISSING, number

SAID = (
    "Every estimate of a mode elsewhere in this report is of the observed survey score, which is not the "
    "mode itself: answers waver, and a practitioner may answer otherwise half a year later. Beside it stands "
    "what the association would be with the lasting mode, measured without error, all modes and other "
    "practitioner-level predictors put right together. Its interval is wider, because how reliable the "
    "scores are is itself estimated; it has no test of its own."
)
NOTE = (
    "Observed; then corrected [95 % interval]. Points of the outcome (odds ratios for attendance and "
    "completion, hazard ratios for drop-out) per standard deviation of the observed score. The correction "
    "supposes that errors of different modes are independent: a habit of rating all of them high is not "
    "taken out."
)


@dataclass(frozen=True)
class CorrectionTold:
    """The section: a sentence, a table of outcomes by modes, and what could not be corrected."""

    said: str
    table: DisplayTable | None
    refused: tuple[str, ...]


def correction_told(inputs: ReportInputs) -> CorrectionTold:
    """Observed and corrected slopes of the modes, for every outcome of a model that asks about them.

    Where modes are there for adjustment only (of the question who benefits, say), their slopes are
    those of another model over again.
    """
    lines: list[tuple[str, ...]] = []
    refused: dict[str, list[str]] = {}
    for name, model in inputs.models.items():
        for fit in model.fits:
            if not _asks_about_modes(inputs.estimates, name, fit.outcome):
                continue
            line = _line(inputs.estimates, name, fit)
            if line is not None:
                lines.append(line)
            why = _refusal(fit)
            if why:
                refused.setdefault(why, []).append(fit.label)
    table = None
    if lines:
        headings = ("Outcome", *(capital(mode) for mode in MODES))
        caption = "Modes as observed, and corrected for measurement error"
        table = display_table(caption, headings, "l" + "r" * len(MODES), lines, NOTE)
    said = tuple(f"{listed(labels)}: {why}." for why, labels in refused.items())
    return CorrectionTold(SAID, table, said)


def _asks_about_modes(estimates: pd.DataFrame, model: str, outcome: str) -> bool:
    rows = mode_estimates(estimates)
    rows = rows[(rows["model"] == model) & (rows["outcome"] == outcome)]
    return rows.empty or bool((rows["family"] != COVARIATE).any())


def _line(estimates: pd.DataFrame, model: str, fit: FitResult) -> tuple[str, ...] | None:
    scale = family_of(fit.family).scale
    kinds = (scale.estimand, scale.corrected) if scale.corrected else ("coefficient", CORRECTED)
    rows = mode_estimates(estimates)
    rows = rows[(rows["model"] == model) & (rows["outcome"] == fit.outcome)]
    observed, corrected = (
        rows[rows["estimand"] == kind].drop_duplicates("mode").set_index("mode") for kind in kinds
    )
    if corrected.empty:
        return None
    cells = [
        f"{number(observed.loc[mode, 'estimate'])}; {cell(corrected, mode, 2)}"
        if mode in observed.index and mode in corrected.index
        else MISSING
        for mode in MODES
    ]
    return capital(fit.label), *cells


def _refusal(fit: FitResult) -> str:
    found = next((one for one in fit.diagnostics if one.check == CHECK and one.result != "pass"), None)
    return "" if found is None else found.detail


def _context(inputs: ReportInputs) -> dict[str, Any]:
    told = correction_told(inputs)
    return {"said": told.said, "table": told.table, "refused": told.refused}


MEASUREMENT_ERROR = Section("measurement_error", ("models", "estimates"), _context)
