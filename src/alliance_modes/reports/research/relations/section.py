"""Through the alliance, within clients, between raters and modes: relational analyses, all exploratory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from alliance_modes.reports.answering import by_results
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.research.relations.between import (
    balance,
    dyad,
    mediation,
    moderators,
    plasmode,
    specifications,
)
from alliance_modes.reports.research.relations.block import Block, Numbers, numbers_of
from alliance_modes.reports.research.relations.practitioners import curvature, facets
from alliance_modes.reports.research.relations.within import course, lagged, rupture
from alliance_modes.reports.section import Section

BLOCKS: Mapping[str, Callable[[Numbers], Block]] = {
    "balance": balance.block,
    "mediation": mediation.block,
    "lagged": lagged.block,
    "dyad": dyad.block,
    "rupture": rupture.block,
    "moderators": moderators.block,
    "facets": facets.block,
    "curvature": curvature.block,
    "specifications": specifications.block,
    "course": course.block,
    "plasmode": plasmode.block,
}
"""What tells each analysis, by its name in the plan, in the order of the report."""


def _context(inputs: ReportInputs) -> dict[str, Any]:
    made = inputs.plan.relations.made
    return {"blocks": [tell(numbers_of(name, inputs)) for name, tell in BLOCKS.items() if name in made]}


RELATIONS = Section(
    "relations",
    ("plan", "relations", "relation_checks", "relation_points"),
    _context,
    inside="relational analyses",
    answers=(by_results("Relations", "jars_quant T1.46", "jars_quant T1.51", "strobe 17"),),
)
