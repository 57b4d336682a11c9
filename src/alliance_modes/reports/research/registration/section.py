"""What was registered before, and every deviation from it, line by line."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.answering import by_words
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.registered import KINDS, NONE, Registered
from alliance_modes.reports.research.released import as_inside
from alliance_modes.reports.section import Section
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import listed
from alliance_modes.words.rounding import whole

HEADINGS = ("Kind", "Where", "Registered", "Used")
NOTE = "Wording: what a reader is told, and no number. Not run, Reduced: not possible as planned."


def said(found: Registered | None) -> str:
    """What was registered, when as it says itself, and how far it was followed."""
    if found is None:
        return NONE
    after = (
        f"after data of {listed(list(found.analysed_before))} were analysed, as it says itself"
        if found.analysed_before
        else "before any data were analysed in this project, as it says itself"
    )
    deviating, wording = len(found.departures), len(found.lines) - len(found.departures)
    count = f"{whole(deviating)} line{'' if deviating == 1 else 's'} in which the analysis departs from it"
    told = (
        "Nothing departs from it"
        if not found.lines
        else f"There are {count}, and {whole(wording)} of wording"
    )
    return (
        f'The analysis was registered as "{found.title}", dated {found.date}, SHA-256 {found.sha256}, '
        f"{after}. {told}."
    )


def lines_table(found: Registered | None) -> DisplayTable | None:
    """A row per line; None where nothing departs, or nothing was registered."""
    if found is None or not found.lines:
        return None
    rows = [(KINDS[one.kind], one.where, one.registered, one.used) for one in found.lines]
    return display_table("Deviations from what was registered", HEADINGS, "llll", rows, NOTE)


def _context(inputs: ReportInputs) -> dict[str, Any]:
    return {"said": said(inputs.registered), "lines": lines_table(inputs.registered)}


REGISTRATION = Section(
    "registration",
    ("registered",),
    _context,
    as_inside(_context),
    answers=(by_words("The analysis was registered as", "jars_quant T1.2"),),
)
