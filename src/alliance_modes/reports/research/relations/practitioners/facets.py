"""Facets and techniques, in the research report."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from alliance_modes.domain import COMPONENTS, MODES
from alliance_modes.relations.facets.analysis import AS_INDEPENDENT, EVERY, OWN_LESS_OTHERS
from alliance_modes.relations.facets.components import CELLS
from alliance_modes.relations.facets.techniques import ADJUSTED, JOINT
from alliance_modes.reports.research.relations.block import Block, Numbers, amount, shown_by, tested
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, plain
from alliance_modes.words.rounding import MISSING, number, p_value

ASKED = (
    "Does what a mode does for the goal go with rated goal, rather than with task and bond, and so on? And "
    "which of the nine techniques goes with the alliance and with outcomes? Each is one item of the survey, "
    "so that its error makes what it goes with smaller; nothing here tells by how much."
)
FACETS = "facets of the modes with goal, task and bond"
FACETS_NOTE = (
    "Points of the rating per standard deviation of practitioners. Goal, task, bond: less the mean of the "
    "three. Own less others: on the facet's own component less the mean of the other two [95 % interval]; p "
    "not adjusted. Independent: p as if no two ratings were of one client or practitioner, the usual way, "
    "which finds too much."
)
TECHNIQUES_NOTE = (
    "All in one model, per standard deviation of practitioners [95 % interval]; p by Holm over all of them, "
    "after their joint test."
)


def block(numbers: Numbers) -> Block:
    """The block of this analysis."""
    settings = numbers.plan.relations.facets
    part = f"{settings.alliance}.{settings.rater}"
    return Block(
        "Facets of the modes and techniques",
        ASKED,
        (*_own(numbers, part), *_techniques_said(numbers)),
        (*_facets(numbers, part), *_techniques(numbers)),
        not_done=numbers.not_done(_left_out, lambda name: FACETS if name == part else ""),
    )


def _left_out(term: str) -> str:
    """What is named of what could not be estimated: techniques, and facets by their part."""
    return "techniques" if term == JOINT else ""


def _own(numbers: Numbers, part: str) -> Iterator[str]:
    row = numbers.row(part, EVERY, OWN_LESS_OTHERS)
    if row is not None:
        usual = numbers.row(part, EVERY, AS_INDEPENDENT)
        yield (
            f"Over all facets, a facet goes with {_limits(row)} points more of its own component than of the "
            f"other two per standard deviation (p {p_value(row['p'])}; as if ratings were independent, "
            f"p {tested(usual)})."
        )


def _facets(numbers: Numbers, part: str) -> Iterator[DisplayTable]:
    named = {cell: _called(cell) for cell in CELLS}
    named |= {mode: f"{capital(mode)}, its facets" for mode in MODES} | {EVERY: "All facets"}
    lines = []
    for term, called in named.items():
        row = numbers.row(part, term, OWN_LESS_OTHERS)
        if row is not None:
            each = (numbers.row(part, term, f"on_{component}") for component in COMPONENTS)
            cells = (MISSING if one is None else number(one["estimate"], 2) for one in each)
            usual = tested(numbers.row(part, term, AS_INDEPENDENT))
            lines.append((called, *cells, _limits(row), p_value(row["p"]), usual))
    if lines:
        headings = ("Facet", *map(capital, COMPONENTS), "Own less others", "p", "Independent")
        yield display_table(capital(FACETS), headings, "lrrrlrr", lines, FACETS_NOTE)


def _techniques_said(numbers: Numbers) -> Iterator[str]:
    reliable = numbers.checks[numbers.checks["check"] == "reliability"].set_index("part")
    for part, _, outcome in numbers.outcomes():
        joint = numbers.row(part, JOINT, "joint_test")
        if joint is not None and part in reliable.index:
            said = f"{capital(outcome.told)} with the nine techniques together: p {p_value(joint['p'])}."
            mostly = " Which technique comes before which is mostly chance"
            if reliable.at[part, "result"] == "fail":
                said += f"{mostly} ({reliable.at[part, 'detail']})."
            yield said


def _techniques(numbers: Numbers) -> Iterator[DisplayTable]:
    shown = [one for one in numbers.outcomes() if numbers.row(one[0], JOINT, "joint_test") is not None]
    lines = []
    for name in numbers.plan.relations.facets.techniques:
        cells = []
        for part, model, _ in shown:
            estimand, measure = shown_by(model)
            cells.append(amount(numbers.row(part, name, estimand), measure))
            cells.append(tested(numbers.row(part, name, ADJUSTED)))
        lines.append((_called(name), *cells))
    if shown:
        heads = [head for _, _, outcome in shown for head in (capital(outcome.told), "p")]
        align = "l" + "lr" * len(shown)
        yield display_table("Techniques with outcomes", ("Technique", *heads), align, lines, TECHNIQUES_NOTE)


def _called(name: str) -> str:
    """``educative_goal`` as ``Educative: goal``, whatever instrument stands before it."""
    for mode in MODES:
        _, found, rest = name.partition(f"{mode}_")
        if found and rest:
            return f"{capital(mode)}: {plain(rest)}"
    return capital(plain(name))


def _limits(row: pd.Series) -> str:
    return f"{number(row['estimate'], 2)} [{number(row['ci_low'], 2)} to {number(row['ci_high'], 2)}]"
