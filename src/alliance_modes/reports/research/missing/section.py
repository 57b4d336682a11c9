"""What is missing, what filling it in changes, and which records look careless or entered twice."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.answering import by_figure, by_table
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.research.missing.imputed import imputation_told
from alliance_modes.reports.research.missing.tipping import tipping_sentences
from alliance_modes.reports.section import Section
from alliance_modes.tables.missing import missing_table, screening_table
from alliance_modes.words.names import TABLE_NAMES


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {
        "missing": missing_table(inputs.missing_map),
        "imputation": imputation_told(inputs),
        "tipping": tipping_sentences(inputs),
        "screening": screening_table(inputs.checks),
        "absent": [
            TABLE_NAMES.get(name, name)
            for name, source in inputs.sources.items()
            if not source.get("declared", False)
        ],
    }


MISSING = Section(
    "missing",
    ("missing_map", "imputed", "tipping", "plan", "models", "checks", "sources"),
    _context,
    inside="what is missing, and what filling it in changes",
    answers=(
        by_figure("missing_data", "jars_quant T1.41", "strobe 14b"),
        by_table(
            "Forms that did not come", "jars_quant T1.41", "jars_quant T4.3", "jars_quant T4.7", "strobe 14b"
        ),
        by_table("Modes in complete cases, and with missing predictors", "jars_quant T1.42", "strobe 17"),
        by_table("Records flagged as careless", "strobe 9"),
    ),
)
