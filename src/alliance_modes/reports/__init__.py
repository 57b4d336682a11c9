"""Reports: results in, one self-contained HTML text out.

A workflow script needs two calls and a write::

    inputs = read_inputs(cohort_folder, plan_file, processed, reports)
    write_text(research_report(inputs), path)
"""

from __future__ import annotations

from alliance_modes.reports.inputs import DrawnPicture, Provenance, ReportInputs, read_inputs
from alliance_modes.reports.research.report import research_report

__all__ = ["DrawnPicture", "Provenance", "ReportInputs", "read_inputs", "research_report"]
