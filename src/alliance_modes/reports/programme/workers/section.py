"""Who the practitioners are and how they work."""

from __future__ import annotations

from typing import Any

from alliance_modes.disclosure.counts import WITHHELD
from alliance_modes.disclosure.said import said, share
from alliance_modes.reports.facts.asked.requests import ALL, practitioners_name
from alliance_modes.reports.facts.facts import Facts
from alliance_modes.reports.facts.scope import COHORT
from alliance_modes.reports.programme.section import ProgrammeSection
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import MODE_AIMS, capital
from alliance_modes.words.rounding import MISSING, number

WITHHELD_OF = f"a {WITHHELD} number of these"


def _context(facts: Facts) -> dict[str, Any]:
    cohort = facts.scope == COHORT
    return {
        "cohort": cohort,
        "known": practitioners_name(facts.scope.kind) in facts.counts,
        "surveyed": facts.surveyed,
        "ways": [(capital(mode), aim) for mode, aim in MODE_AIMS.items()],
        "of_part": "" if cohort else _of_part(facts),
        "table": _table(facts) if cohort else None,
        "use": _use(facts) if cohort else None,
    }


def _of_part(facts: Facts) -> str:
    """How many work in a programme or at a site, and how many of these said how."""
    everybody, answered = facts.practitioners, facts.practitioners_with_modes
    one, many = (
        ("works at", "work at") if facts.scope.kind == "site" else ("leads people in", "lead people in")
    )
    if everybody.value is None and answered.value is None:
        return (
            f"How many practitioners {many} {facts.scope.told}, and how many of these said how they work, is "
            f"{WITHHELD}."
        )
    told = capital(said(everybody, "practitioner", "practitioners"))
    led = one if everybody.value == 1 else many
    of_these = WITHHELD_OF if answered.value is None else said(answered, "of these", "of these")
    return f"{told} {led} {facts.scope.told}; {of_these} said how they work."


def _table(facts: Facts) -> DisplayTable | None:
    table = facts.counts.get(practitioners_name("cohort"))
    if table is None:
        return None
    everybody = table.of(ALL)
    known = everybody.value is not None
    rows = [
        (row, table.of(row).text, *([share(table.of(row), everybody, facts.rules)] if known else []))
        for row in table.rows
        if row != ALL
    ]
    heads = ("", "Practitioners", *(["Of all"] if known else []))
    caption = f"The practitioners{f' ({everybody.text})' if known else ''}"
    return display_table(caption, heads, "lrr"[: len(heads)], rows) if rows else None


def _use(facts: Facts) -> DisplayTable | None:
    rows = []
    for one in facts.means.values():
        found = one.of(ALL) if one.averaged.topic == "mode" else None
        if found is not None:
            low, high = one.limits(ALL) or (None, None)
            limits = MISSING if low is None else f"{number(low, 1)} to {number(high, 1)}"
            mean, spread = number(found.mean, 1), number(found.sd, 1)
            rows.append((one.averaged.about, found.n.text, mean, limits, spread))
    if not rows:
        return None
    return display_table(
        "How often practitioners work in each way (1 never to 5 always)",
        ("Way of working", "Practitioners", "Mean", "Range (95 %)", "SD"),
        "lrrrr",
        rows,
        "SD: standard deviation, the usual distance from the mean; one step in this report is one of these.",
    )


WORKERS = ProgrammeSection("workers", _context)
