"""The figures of the release edition. What they are given passed the gate, or the rule for models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from alliance_modes.figures.declared import Declared
from alliance_modes.figures.effects import curves_asked
from alliance_modes.figures.release.about import ALLIANCE, CELLS, COURSE, MODES_USED, SCORES, SURVIVAL
from alliance_modes.plan.terms import SECTIONS

if TYPE_CHECKING:
    from alliance_modes.disclosure.counts import ShownTable
    from alliance_modes.disclosure.means import ShownMeans
    from alliance_modes.disclosure.rules import Disclosure
    from alliance_modes.figures.picture import Picture
    from alliance_modes.figures.release.about import Abouts
    from alliance_modes.figures.release.models import ReleasedModels
    from alliance_modes.plan.parts import FiguresPart

Counts = Mapping[str, "ShownTable"]
Means = Mapping[str, "ShownMeans"]


def _flow(counts: Counts) -> Picture:
    from alliance_modes.figures.release.flow import released_flow

    return released_flow(counts)


def _completion(counts: Counts, about: Abouts, rules: Disclosure) -> Picture:
    from alliance_modes.figures.release.completion import released_completion

    return released_completion(counts, about, rules)


def _forest(models: ReleasedModels, plan: FiguresPart) -> Picture:
    from alliance_modes.figures.effects_forest import effects_forest

    return effects_forest(models.estimates, plan, models.few)


def _chance(models: ReleasedModels, plan: FiguresPart, model: str, outcome: str) -> Picture:
    from alliance_modes.figures.release.chance import released_chance

    return released_chance(models, plan, model, outcome)


def _dropout(counts: Counts, about: Abouts, models: ReleasedModels) -> Picture:
    from alliance_modes.figures.release.dropout import released_dropout

    return released_dropout(counts, about, models)


def _scores(counts: Counts, about: Abouts) -> Picture:
    from alliance_modes.figures.release.scores import released_scores

    return released_scores(counts, about)


def _modes(means: Means, about: Abouts) -> Picture:
    from alliance_modes.figures.release.averages import released_modes

    return released_modes(means, about)


def _course(means: Means, about: Abouts) -> Picture:
    from alliance_modes.figures.release.averages import released_course

    return released_course(means, about)


RELEASED = (
    Declared("participant_flow", "participant flow", ("counts",), _flow, "participant_flow"),
    Declared("mode_use", "mode use", ("means", "about"), _modes, "mode_use"),
    Declared(
        "alliance_trajectories", "alliance over time", ("means", "about"), _course, "alliance_trajectories"
    ),
    Declared(
        "completion_by_part",
        "completion by programme and site",
        ("counts", "about", "rules"),
        _completion,
        "completion_by_part",
        section=SECTIONS["enrolment"],
    ),
    Declared(
        "effects_forest",
        "effects of mode use",
        ("models", "plan"),
        _forest,
        "effects_forest",
        section="side_by_side",
    ),
    Declared(
        "over_mode_use",
        "over mode use",
        ("models", "plan"),
        _chance,
        "chance_over_mode_use",
        asked=curves_asked,
    ),
    Declared(
        "dropout_survival",
        "drop-out",
        ("counts", "about", "models"),
        _dropout,
        "dropout_survival",
        section=SECTIONS["enrolment"],
    ),
    Declared(
        "score_distributions",
        "distribution of scores",
        ("counts", "about"),
        _scores,
        "score_distributions",
        section="measurement",
    ),
)
"""By the names of the internal figures that they stand for, so that a text places either edition's.

``counts`` and ``means`` are what the gate shows of ``release.requests.figure_requests`` and of the courses
that reports ask for, ``about`` what these are about, ``models`` come from ``release.models.released_models``.
"""

BEHIND: Mapping[str, tuple[str, ...]] = {
    "participant_flow": (COURSE,),
    "mode_use": (MODES_USED, CELLS),
    "alliance_trajectories": (ALLIANCE,),
    "completion_by_part": (COURSE,),
    "dropout_survival": (SURVIVAL,),
    "score_distributions": (SCORES,),
}
"""How the tables begin that a figure is drawn from; a figure not named is drawn from models alone."""


def tables_behind(figure: str, names: Iterable[str]) -> tuple[str, ...]:
    """Which of the tables of a release a figure is drawn from."""
    return tuple(name for name in names if name.startswith(BEHIND.get(figure, ())))
