"""Who was enrolled, and what became of them."""

from __future__ import annotations

from typing import Any

from alliance_modes.disclosure.counts import Shown
from alliance_modes.disclosure.said import share
from alliance_modes.reports.facts.asked.course import BEGUN, DUE, ENROLLED
from alliance_modes.reports.facts.asked.requests import ALL, clients_name, course_name
from alliance_modes.reports.facts.facts import Facts
from alliance_modes.reports.facts.scope import COHORT, Scope
from alliance_modes.reports.programme.numbers.shares import due
from alliance_modes.reports.programme.section import ProgrammeSection
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.rounding import MISSING, number


def _context(facts: Facts) -> dict[str, Any]:
    return {
        "cohort": facts.scope == COHORT,
        "course": _course(facts),
        "due": due(facts) is not None,
        "later": facts.course(DUE) is not None,
        "clients": _clients(facts),
        "numbers": _numbers(facts) if facts.scope == COHORT else None,
    }


def _course(facts: Facts) -> DisplayTable:
    """What became of those enrolled: in people, of all enrolled, of those who started; beside the cohort."""
    beside = facts.scope != COHORT
    table = facts.counts[course_name("cohort")]
    denominator = next((column for column in (DUE, BEGUN) if column in table.columns), "")
    ends = table.columns[table.columns.index(denominator) + 1 :] if denominator else ()
    lines = [
        (
            column,
            own.text,
            MISSING if column == ENROLLED else _share(facts, own, ENROLLED),
            _share(facts, own, denominator) if column in ends else MISSING,
            *([_of_cohort(facts, column)] if beside else []),
        )
        for column in table.columns
        if (own := facts.course(column)) is not None
    ]
    heads = ["", "People", "Of all enrolled", "Of those who started"]
    heads += ["Whole cohort: of all enrolled"] if beside else []
    return display_table(
        f"What became of those enrolled{f': {facts.scope.told}' if beside else ''}",
        heads,
        "l" + "r" * (len(heads) - 1),
        lines,
        "An administrative end is a transfer, a recall, the end of a sentence or illness: nobody's decision "
        "about the programme. A person who enrolled twice counts twice.",
    )


def _of_cohort(facts: Facts, column: str) -> str:
    if column == ENROLLED:
        return MISSING
    return _share(facts, facts.course(column, COHORT), ENROLLED, COHORT)


def _share(facts: Facts, count: Shown | None, of: str, scope: Scope | None = None) -> str:
    whole = facts.course(of, scope)
    return MISSING if count is None or whole is None else share(count, whole, facts.rules)


def _clients(facts: Facts) -> DisplayTable | None:
    """Who was enrolled: in people and as a share of all."""
    name = clients_name(facts.scope.kind)
    table = facts.counts.get(name)
    if table is None:
        return None
    column, everybody = facts.scope.value or ALL, facts.course(ENROLLED)
    if everybody is None or column not in table.columns:
        return None
    rows = [
        (row, table.of(row, column).text, share(table.of(row, column), everybody, facts.rules))
        for row in table.rows
    ]
    return display_table("Who was enrolled", ("", "People", "Of all enrolled"), "lrr", rows)


def _numbers(facts: Facts) -> DisplayTable | None:
    """Age, risk and the like: mean and spread."""
    rows = [
        (one.averaged.about, found.n.text, number(found.mean, 1), number(found.sd, 1))
        for one in facts.means.values()
        if one.averaged.topic == "client" and (found := one.of(ALL)) is not None
    ]
    if not rows:
        return None
    return display_table(
        "Those enrolled in numbers",
        ("", "People", "Mean", "SD"),
        "lrrr",
        rows,
        "SD: standard deviation, the usual distance from the mean.",
    )


COURSE_OF_PEOPLE = ProgrammeSection("course", _context)
