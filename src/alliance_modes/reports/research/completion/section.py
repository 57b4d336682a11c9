"""How enrolments ended, as it was observed."""

from __future__ import annotations

from typing import Any

from alliance_modes.derive.denominator import STARTED
from alliance_modes.disclosure.said import share
from alliance_modes.reports.answering import by_figure, by_table, by_words
from alliance_modes.reports.facts.asked.course import BEGUN, DUE, LABELS
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.known import known_about
from alliance_modes.reports.research.released import Known, rounding_told
from alliance_modes.reports.section import Section
from alliance_modes.tables.outcomes import completion_table, ends_table
from alliance_modes.words.display import display_table


def _context(inputs: ReportInputs) -> dict[str, Any]:
    enrolments = inputs.analysis["enrolment"]
    return {
        "ends": ends_table(enrolments),
        "completion": completion_table(enrolments),
        "published": known_about("completion"),
    }


def _released(known: Known) -> dict[str, Any]:
    """Ends of those who started, as shares of counts that are shown; those of parts stay inside."""
    facts = known.facts
    due = facts.course(DUE) or facts.course(BEGUN)
    counts = {LABELS[end]: facts.course(LABELS[end]) for end in STARTED}
    rows = [
        (label, count.text, share(count, due, known.rules))
        for label, count in counts.items()
        if count is not None and due is not None
    ]
    caption = "How the enrolments ended that started, with a planned end before data lock"
    ends = display_table(caption, ("End", "n", "Percentage"), "lrr", rows, rounding_told(known.rules))
    return {
        "ends": ends if rows else None,
        "completion": None,
        "published": known_about("completion"),
    }


COMPLETION = Section(
    "completion",
    ("analysis.enrolment",),
    _context,
    _released,
    answers=(
        by_table("enrolments ended that started", "jars_quant T4.3", "strobe 13b", "strobe 15"),
        by_table("Completion by programme", "jars_quant T1.43", "strobe 15"),
        by_words("Published rates to set beside these", "jars_quant T1.53", "strobe 20"),
        by_figure("dropout_survival", "jars_quant T4.3"),
    ),
)
