"""Who took part: the flow of enrolments and who the clients are."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.answering import by_figure, by_table
from alliance_modes.reports.facts.asked.course import BEGUN, DUE
from alliance_modes.reports.facts.asked.requests import clients_name, course_name
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.research.released import Known, counts_table, turned
from alliance_modes.reports.section import Section
from alliance_modes.tables.outcomes import counted_enrolments
from alliance_modes.tables.people import clients_table
from alliance_modes.words.rounding import whole


def _context(inputs: ReportInputs) -> dict[str, Any]:
    enrolments = inputs.analysis["enrolment"]
    counted = len(counted_enrolments(enrolments))
    return {
        "course": None,
        "clients": clients_table(enrolments),
        "counted": whole(counted) if counted else "",
    }


def _released(known: Known) -> dict[str, Any]:
    counts = known.facts.counts
    course = counts.get(course_name("cohort"))
    due = known.facts.course(DUE) or known.facts.course(BEGUN)
    return {
        "course": None if course is None else counts_table(turned(course), known.rules),
        "clients": counts_table(counts.get(clients_name("cohort")), known.rules),
        "counted": "" if due is None or due.value is None else due.text,
    }


PARTICIPANTS = Section(
    "participants",
    ("analysis.enrolment",),
    _context,
    _released,
    answers=(
        by_figure("participant_flow", "jars_quant T1.38", "strobe 13a", "strobe 13c"),
        by_table("The enrolments (n", "jars_quant T1.14", "jars_quant T4.1", "strobe 14a"),
    ),
)
