"""Programmes and sites beside each other: rates with their ranges, and no rank."""

from __future__ import annotations

from typing import Any

from alliance_modes.reports.facts.facts import Facts
from alliance_modes.reports.facts.rates import Rate
from alliance_modes.reports.facts.scope import COHORT, PARTS
from alliance_modes.reports.programme.numbers.shares import to
from alliance_modes.reports.programme.places.position import all_alike, places
from alliance_modes.reports.programme.section import ProgrammeSection
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.rounding import MISSING

BESIDE = ("_by_practitioner_and_site", "_by_part")


def _context(facts: Facts) -> dict[str, Any]:
    if facts.scope != COHORT:
        return {"cohort": False}
    return {
        "cohort": True,
        "tables": [table for kind in PARTS if (table := _table(facts, kind)) is not None],
        "figures": _figures(facts),
        "without": [f"{one.kind} {one.value}: {one.reason}" for one in facts.without_report],
        "own": [f"{one.kind} {one.value}" for one in facts.with_report],
    }


def _figures(facts: Facts) -> list[str]:
    """The figures that set sites beside what is expected of them, of the outcomes of completion."""
    return [
        name for name, one in facts.pictures.items() if one.section == "completion" and name.endswith(BESIDE)
    ]


def _table(facts: Facts, kind: str) -> DisplayTable | None:
    found = places(facts, kind)
    if not found:
        return None
    shrunken = any(one.shrunken is not None for one in found)
    heads = [kind.capitalize(), "Started", "Finished", "Range (95 %)"]
    heads += ["Expected", "Range (95 %)"] if shrunken else []
    rows = []
    for one in found:
        line = [one.scope.value, one.started.text, *_cells(one.rate)]
        line += _cells(one.shrunken) if shrunken else []
        rows.append((*line, "yes" if one.apart else "no"))
    shown = {one.scope for one in found}
    absent = [one.value for one in facts.parts if one.kind == kind and one not in shown]
    alike = (
        f" The {kind}s differ by no more than chance brings, so that the same is expected of each."
        if all_alike(found)
        else ""
    )
    note = (
        "Finished and expected: of every 100 who started. Expected is where it stands once chance is allowed "
        "for: small numbers swing more, and are moved towards the mean of all, in which a rate known more "
        f"exactly counts for more.{alike} "
        if shrunken
        else "Finished: of every 100 who started. "
    )
    note += f"In the order of names. The {kind}s differ in whom they take: this is no measure of their work."
    if absent:
        note += f" No rate with its range can be shown for {', '.join(absent)}."
    return display_table(
        f"Who finished, by {kind}",
        (*heads, "Can be told apart"),
        "l" + "r" * (len(heads) - 1) + "l",
        rows,
        note,
    )


def _cells(found: Rate | None) -> list[str]:
    return [MISSING if found is None else str(found.of_hundred), to(found)]


PLACES = ProgrammeSection("places", _context)
