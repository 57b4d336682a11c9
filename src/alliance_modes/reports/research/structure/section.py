"""What the report says about factor structure, its levels and invariance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from alliance_modes.measurement.factors.confirmatory import FEWEST_RESPONDENTS
from alliance_modes.reports.answering import by_table
from alliance_modes.reports.inputs import STRUCTURE_TABLES, ReportInputs
from alliance_modes.reports.research.released import Known
from alliance_modes.reports.section import Section
from alliance_modes.tables.structure import (
    invariance_sentences,
    invariance_table,
    structure_sentences,
    structure_table,
)
from alliance_modes.tables.two_level import two_level_sentences, two_level_table

NOTHING = "No instrument was answered, so there is no structure to test."


def structure(tables: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Sentences and tables of the section.

    Parameters
    ----------
    tables : mapping
        ``factor_fit.csv``, ``invariance.csv``, ``two_level_fit.csv`` and ``two_level_estimates.csv`` by
        name; absent ones are as empty ones.
    """
    fits, steps, levels, estimates = (tables.get(name, pd.DataFrame()) for name in STRUCTURE_TABLES)
    if fits.empty:
        nothing = {"fit": [NOTHING], "fit_table": None, "invariance": [], "invariance_table": None}
        return {"fewest": FEWEST_RESPONDENTS, **nothing, "levels": [], "levels_table": None}
    return {
        "fewest": FEWEST_RESPONDENTS,
        "fit": structure_sentences(fits),
        "fit_table": structure_table(fits),
        "levels": two_level_sentences(levels, estimates) if len(levels) else [],
        "levels_table": two_level_table(levels) if len(levels) else None,
        "invariance": invariance_sentences(steps) if len(steps) else [],
        "invariance_table": invariance_table(steps) if len(steps) else None,
    }


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return structure(inputs.structure)


def _released(known: Known) -> dict[str, Any]:
    found = structure(known.inputs.structure)
    return found | (
        {} if found["fit_table"] else {"fit": ["No structure rests on enough people to be shown."]}
    )


STRUCTURE = Section(
    "structure",
    ("structure",),
    _context,
    _released,
    answers=(
        by_table("Competing factor structures", "jars_quant T1.30"),
        by_table("Measuring the same in different groups", "jars_quant T3.6", "strobe 8"),
    ),
)
