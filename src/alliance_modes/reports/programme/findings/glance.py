"""The outcomes that matter first, side by side: modes down, outcomes across."""

from __future__ import annotations

from alliance_modes.domain import MODES
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.tables.effects import cell, mode_estimates
from alliance_modes.words.display import DisplayTable, display_table

WANTED = (
    ("completion", "completed", "percentage_points", "Completion (percentage points)"),
    ("attendance", "attendance", "percentage_points", "Attendance (percentage points)"),
    ("alliance", "client_total", "standardised", "Alliance overall, client-rated (SD)"),
    ("engagement", "session_engagement", "standardised", "Engagement, practitioner-rated (SD)"),
)


def glance_table(inputs: ReportInputs) -> DisplayTable | None:
    """Modes down; completion, attendance, client-rated alliance and engagement across."""
    rows = mode_estimates(inputs.estimates)
    columns = []
    for model, outcome, estimand, heading in WANTED:
        here = rows[(rows["model"] == model) & (rows["outcome"] == outcome) & (rows["estimand"] == estimand)]
        if len(here):
            decimals = 1 if estimand == "percentage_points" else 2
            cells = here.drop_duplicates("mode").set_index("mode")
            columns.append((heading, [cell(cells, mode, decimals) for mode in MODES]))
    if not columns:
        return None
    lines = [(mode.capitalize(), *(cells[place] for _, cells in columns)) for place, mode in enumerate(MODES)]
    return display_table(
        "Difference that goes with one standard deviation more of a mode [95 % interval]",
        ("", *(heading for heading, _ in columns)),
        "l" + "r" * len(columns),
        lines,
        "An interval that includes 0 is compatible with no association.",
    )
