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


def _mediation_paths(relations: pd.DataFrame, plan: FiguresPart) -> Picture:
    from alliance_modes.figures.mediation_paths import mediation_paths

    return mediation_paths(relations, plan)


def _response_surface(relation_points: pd.DataFrame, relations: pd.DataFrame, plan: FiguresPart) -> Picture:
    from alliance_modes.figures.response_surface import response_surface

    return response_surface(relation_points, relations, plan)


def _rupture_control_chart(relation_points: pd.DataFrame, plan: FiguresPart) -> Picture:
    from alliance_modes.figures.rupture_control_chart import rupture_control_chart

    return rupture_control_chart(relation_points, plan)


def _alliance_curvature(relation_points: pd.DataFrame, plan: FiguresPart) -> Picture:
    from alliance_modes.figures.alliance_curvature import alliance_curvature

    return alliance_curvature(relation_points, plan)


FIGURES = (
    Declared(
        "alliance_curvature",
        "curvature over practitioners' alliance",
        ("relation_points", "plan"),
        _alliance_curvature,
        "alliance_curvature",
        section="relations",
        analysis="curvature",
    ),
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
        "mediation_paths",
        "paths through the alliance",
        ("relations", "plan"),
        _mediation_paths,
        "mediation_paths",
        section="relations",
        analysis="mediation",
    ),
    Declared(
        "response_surface",
        "an outcome over both ratings of a session",
        ("relation_points", "relations", "plan"),
        _response_surface,
        "response_surface",
        section="relations",
        analysis="dyad",
    ),
    Declared(
        "rupture_control_chart",
        "ruptures by session",
        ("relation_points", "plan"),
        _rupture_control_chart,
        "rupture_control_chart",
        section="relations",
        analysis="rupture",
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
