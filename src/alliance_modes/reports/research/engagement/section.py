"""Engagement and attendance over the programme, as observed."""

from __future__ import annotations

from typing import Any

from alliance_modes.dictionary.named import ATTENDED
from alliance_modes.reports.answering import by_table
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.research.released import Known, means_table
from alliance_modes.reports.section import Section
from alliance_modes.tables.ratings import engagement_table
from alliance_modes.words.rounding import percent, whole

AFTER_FIRST = "sessions_attended_after_first"


def _context(inputs: ReportInputs) -> dict[str, Any]:
    sessions = inputs.analysis["session"]
    told = [one for one in inputs.questions if one.section == "engagement"]
    offered = sessions[ATTENDED].dropna().astype(float) if ATTENDED in sessions else sessions.iloc[:0]
    return {
        "sessions": whole(len(sessions)) if len(sessions) else "",
        "attended": percent(offered.mean()) if len(offered) else "",
        "engagement": engagement_table(sessions),
        "attended_later": any(
            one.outcome.column == AFTER_FIRST for question in told for one in question.estimated
        ),
    }


def _released(known: Known) -> dict[str, Any]:
    caption = "Engagement and attendance in each third of the programme: mean of people's own means"
    found = means_table(known, caption, ["taking part", "coming"], ["time"], "When")
    return _context(known.inputs) | {"sessions": "" if found is None else found.caption, "engagement": found}


ENGAGEMENT = Section(
    "engagement",
    ("analysis.session", "questions"),
    _context,
    _released,
    answers=(by_table("Engagement and attendance over the programme", "jars_quant T1.43", "strobe 15"),),
)
