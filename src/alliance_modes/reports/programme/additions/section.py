"""What one cohort adds to the plan, told on the first page and in a section of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alliance_modes.models.result import ModelResult
from alliance_modes.plan.additions import ADDITIONS_FILE
from alliance_modes.reports.inputs import Added, ReportInputs
from alliance_modes.reports.programme.reasons import plain_reasons
from alliance_modes.reports.section import Section
from alliance_modes.tables import fits
from alliance_modes.tables.effects import effects_table
from alliance_modes.words.display import DisplayTable
from alliance_modes.words.names import listed

KINDS = (
    ("standardised", "in standard deviations"),
    ("percentage_points", "in percentage points"),
    ("hazard_ratio", "as hazard ratios"),
)
NOTE = "Exploratory: p is not adjusted for the number of tests, so that no joint p is shown."


@dataclass(frozen=True)
class AddedModelTold:
    """One added model: its title and formula, and its modes where it has any."""

    title: str
    formula: str
    tables: tuple[DisplayTable, ...]


@dataclass(frozen=True)
class AdditionsTold:
    """The sentence of the first page, each added model, those estimated and those not run."""

    file: str
    sha256: str
    said: str
    models: tuple[AddedModelTold, ...]
    fits: DisplayTable | None
    not_run: tuple[str, ...]


def additions_told(inputs: ReportInputs) -> AdditionsTold | None:
    """What a reader is told of the additions of a cohort; None where it adds nothing."""
    added = inputs.added
    if added is None:
        return None
    results = tuple(added.models.values())
    models = "a model" if len(results) == 1 else f"{len(results)} models"
    said = (
        f"This cohort adds {models} to the plan: {listed(list(added.models))}. What it adds is exploratory, "
        "stands in a section of its own, and changes nothing else in this report."
    )
    not_run = tuple(fits.not_run([plain_reasons(result, added.plan) for result in results]))
    told = tuple(_told(added, result) for result in results)
    return AdditionsTold(ADDITIONS_FILE, added.sha256, said, told, fits.fits_table(results), not_run)


def _told(added: Added, result: ModelResult) -> AddedModelTold:
    labels = {fit.outcome: fit.label for fit in result.fits}
    tables = (
        effects_table(added.estimates, result.model, kind, labels, f"Modes in {result.model}, {words}", NOTE)
        for kind, words in KINDS
    )
    formula = added.plan.models[result.model].formula
    return AddedModelTold(result.title, formula, tuple(table for table in tables if table is not None))


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {"additions": additions_told(inputs)}


ADDITIONS = Section("additions", ("added",), _context)
