"""The working alliance over time, as it was rated."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.known import known_about
from alliance_modes.reports.section import Section
from alliance_modes.tables.ratings import alliance_by_programme_table, alliance_course_table
from alliance_modes.words.names import instrument_name, listed
from alliance_modes.words.rounding import whole


def _context(inputs: ReportInputs) -> dict[str, Any]:
    alliance = inputs.analysis["alliance"]
    used = [instrument_name(name) for name in sorted(alliance["instrument"].dropna().unique())]
    careless = alliance["careless"].fillna(False).astype(bool).sum() if "careless" in alliance else 0
    return {
        "inventories": whole(len(alliance)) if len(alliance) else "",
        "instruments": listed(used),
        "careless": whole(careless),
        "course": alliance_course_table(alliance, inputs.ranges),
        "arms": alliance_by_programme_table(alliance, inputs.ranges),
        "published": known_about("alliance"),
    }


ALLIANCE = Section(
    "alliance", ("analysis.alliance", "ranges"), _context, inside="the alliance by session and by programme"
)
