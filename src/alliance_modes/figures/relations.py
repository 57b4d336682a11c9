"""The figures of relational analyses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alliance_modes.figures.declared import Asked, Declared

if TYPE_CHECKING:
    import pandas as pd

    from alliance_modes.figures.picture import Picture
    from alliance_modes.plan.parts import FiguresPart


def specified(plan: FiguresPart) -> Iterator[Asked]:
    """Outcomes that have a specification curve."""
    for name, model in plan.models.items():
        of_model = [one for one in model.outcomes if f"{name}.{one.name}" in plan.specified]
        for place, outcome in enumerate(of_model):
            yield Asked(name, outcome.name, outcome.head, first=place == 0)


def _specification_curve(
    specifications: pd.DataFrame, plan: FiguresPart, model: str, outcome: str
) -> Picture:
    from alliance_modes.figures.specification_curve import specification_curve

    return specification_curve(specifications, plan, model, outcome)


def _expected_course(relation_points: pd.DataFrame, plan: FiguresPart) -> Picture:
    from alliance_modes.figures.expected_course import expected_course

    return expected_course(relation_points, plan)


FIGURES = (
    Declared(
        "expected_course",
        "expected course and alerts",
        ("relation_points", "plan"),
        _expected_course,
        "expected_course",
        section="relations",
        analysis="course",
    ),
    Declared(
        "specification_curve",
        "under every specification",
        ("specifications", "plan"),
        _specification_curve,
        "specification_curve",
        section="relations",
        asked=specified,
        analysis="specifications",
    ),
)
"""Made by ``figures_relations`` from the tables of relational analyses."""
