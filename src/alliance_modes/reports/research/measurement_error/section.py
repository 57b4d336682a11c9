"""What the report says about measurement error in mode use: observed slopes beside corrected ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alliance_modes.domain import MODES
from alliance_modes.models.effects.measurement_error import (
    CHECK,
    CORRECTED,
)
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.result import FitResult
from alliance_modes.reports.answering import by_heading
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.measures import coefficient_unit, units_of
from alliance_modes.reports.questions import Asked
from alliance_modes.reports.research.released import as_inside
from alliance_modes.reports.section import Section
from alliance_modes.tables.effects import cell
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
HOW = "Observed; then corrected [95 % interval], per standard deviation of the observed score"
NOTE = (
    "The correction supposes that errors of different modes are independent: a habit of rating all of them "
    "high is not taken out."
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
    units: dict[str, list[str]] = {}
    for question in inputs.questions:
        for one in question.asked if question.modes else ():
            line = _line(one)
            if line is not None:
                lines.append(line)
                scale = family_of(one.family).scale
                unit = f"{scale.ratio}s" if scale.corrected else coefficient_unit(one.family)
                units.setdefault(unit, []).append(one.label)
            why = "" if one.fit is None else _refusal(one.fit)
            if why:
                refused.setdefault(why, []).append(one.label)
    table = None
    if lines:
        headings = ("Outcome", *(capital(mode) for mode in MODES))
        caption = "Modes as observed, and corrected for measurement error"
        note = f"{HOW}, in {units_of(units)}. {NOTE}"
        table = display_table(caption, headings, "l" + "r" * len(MODES), lines, note)
    said = tuple(f"{listed(labels)}: {why}." for why, labels in refused.items())
    return CorrectionTold(SAID, table, said)


def _line(one: Asked) -> tuple[str, ...] | None:
    scale = family_of(one.family).scale
    kinds = (scale.estimand, scale.corrected) if scale.corrected else ("coefficient", CORRECTED)
    observed, corrected = (one.by_mode(kind) for kind in kinds)
    if corrected.empty:
        return None
    cells = [
        f"{number(observed.loc[mode, 'estimate'])}; {cell(corrected, mode, 2)}"
        if mode in observed.index and mode in corrected.index
        else MISSING
        for mode in MODES
    ]
    return capital(one.label), *cells


def _refusal(fit: FitResult) -> str:
    found = next((one for one in fit.diagnostics if one.check == CHECK and one.result != "pass"), None)
    return "" if found is None else found.detail


def _context(inputs: ReportInputs) -> dict[str, Any]:
    told = correction_told(inputs)
    return {"said": told.said, "table": told.table, "refused": told.refused}


MEASUREMENT_ERROR = Section(
    "measurement_error",
    ("questions",),
    _context,
    as_inside(_context),
    answers=(by_heading("Mode use is measured with error", "jars_quant T1.54", "strobe 19"),),
)
