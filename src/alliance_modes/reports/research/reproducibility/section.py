"""What made the report, and how to make it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alliance_modes.dictionary.every import reported_tables
from alliance_modes.reports.answering import by_words
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.research.additions.section import additions_told
from alliance_modes.reports.research.released import as_inside
from alliance_modes.reports.section import Section


def files_told() -> list[str]:
    """Each table of results that lies beside the report, and what it holds."""
    return [f"{Path(table.file).name}: {table.title}" for table in reported_tables()]


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {
        "cohort": inputs.cohort.cohort,
        "provenance": inputs.provenance,
        "additions": additions_told(inputs),
        "files": files_told(),
    }


REPRODUCIBILITY = Section(
    "reproducibility",
    ("cohort", "provenance", "added"),
    _context,
    as_inside(_context),
    answers=(by_words("the same numbers and this report again", "jars_quant T1.50"),),
)
