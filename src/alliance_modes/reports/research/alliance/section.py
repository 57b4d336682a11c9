"""The working alliance over time, as it was rated."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.answering import by_table
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.known import known_about
from alliance_modes.reports.research.released import Known, means_table
from alliance_modes.reports.section import Section
from alliance_modes.tables.ratings import alliance_by_programme_table, alliance_course_table
from alliance_modes.words.names import instrument_name, listed
from alliance_modes.words.rounding import whole


def _context(inputs: ReportInputs) -> dict[str, Any]:
    alliance = inputs.analysis["alliance"]
    used = [instrument_name(name) for name in sorted(alliance["instrument"].dropna().unique())]
    careless = alliance["careless"].fillna(False).astype(bool).sum() if "careless" in alliance else 0
    return {
        "known_here": len(alliance) > 0,
        "rated": f"It was rated {whole(len(alliance))} times, with {listed(used)}; {whole(careless)} of "
        "these inventories carry a flag for careless answers.",
        "course": alliance_course_table(alliance, inputs.ranges),
        "arms": alliance_by_programme_table(alliance, inputs.ranges),
        "published": known_about("alliance"),
    }


def _released(known: Known) -> dict[str, Any]:
    """Means of all answers to an inventory; those of its parts at each session stay inside."""
    caption = "Alliance, all items: mean of people's answers in each third of the programme"
    arms = "Alliance at the first inventory, all items, by programme and site"
    course = means_table(known, caption, ["alliance"], ["time"], "When")
    return {
        "known_here": course is not None,
        "rated": "",
        "course": course,
        "arms": means_table(known, arms, ["alliance"], ["cohort", "programme", "site"], "Among"),
        "published": known_about("alliance"),
    }


ALLIANCE = Section(
    "alliance",
    ("analysis.alliance", "ranges"),
    _context,
    _released,
    answers=(
        by_table("Alliance by session", "jars_quant T1.43", "jars_quant T4.5", "strobe 15"),
        by_table("Alliance at the first inventory", "jars_quant T1.43", "strobe 15"),
    ),
)
