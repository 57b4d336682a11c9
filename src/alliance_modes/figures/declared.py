"""What a figure says of itself, once: its name, what it shows, what it needs, and who draws it.

The groups of figures (``cohort``, ``effects``, ``measurement``, ``factors``) are read whenever the
workflow is, so that a rule's outputs are the figures that declare themselves for it: nothing heavy is
imported before something is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from alliance_modes.figures.picture import Picture
    from alliance_modes.plan.parts import FiguresPart


class Asked(NamedTuple):
    """One outcome of one model that a plan asks a figure of; ``first`` of the model's or a further one."""

    model: str
    outcome: str
    head: str
    first: bool


@dataclass(frozen=True)
class Declared:
    """One figure of a cohort, or one for each outcome that the plan asks it of.

    Parameters
    ----------
    name : str
        Name of its files. Of a figure per outcome what follows ``<model>_``, or, for a further
        outcome of the same model, ``<model>_<outcome>_``.
    shows : str
        What lists of results call it; of a figure per outcome what follows the outcome's heading.
    needs : tuple of str
        What ``draw`` is given, by the names of its parameters; the rule that makes it reads them.
    draw : callable
        Gives the ``Picture``. Imports what it draws with; of a figure per outcome it is also given
        ``model`` and ``outcome``, their names.
    caption : str
        Name of the text that says what it shows, before there are numbers (``workflow/report``).
    section : str
        Folder of the section of the report at whose end it stands, unless the section's own text
        places it.
    asked : callable, optional
        The outcomes of a plan that there is one figure each of.
    of_people : bool
        Whether it has a mark for each person: such a figure is not shown outside the internal reports.
    analysis : str
        The relational analysis that it is of; there is no such figure where the plan makes none.
    """

    name: str
    shows: str
    needs: tuple[str, ...]
    draw: Callable[..., Picture]
    caption: str
    section: str = ""
    asked: Callable[[FiguresPart], Iterable[Asked]] | None = None
    of_people: bool = False
    analysis: str = ""


@dataclass(frozen=True)
class Figure:
    """One figure as a file: ``name`` of its files, ``shows``, and the names it is drawn with."""

    name: str
    shows: str
    declared: Declared
    of: Mapping[str, str]

    def draw(self, given: Mapping[str, Any]) -> Picture:
        """Draw it from what the rule read, of which it takes what it needs."""
        picture = self.declared.draw(**{need: given[need] for need in self.declared.needs}, **self.of)
        return replace(picture, section=picture.section or self.declared.section)


def figures(declared: Iterable[Declared], plan: FiguresPart | None = None) -> tuple[Figure, ...]:
    """The figures of a group, in order; those per outcome are the ones that ``plan`` asks for.

    Parameters
    ----------
    declared : iterable of Declared
        A group, e.g. ``figures.effects.FIGURES``.
    plan : FiguresPart, optional
        Without it there are no figures per outcome, and none of relational analyses.
    """
    return tuple(figure for one in declared for figure in _each(one, plan))


def _each(declared: Declared, plan: FiguresPart | None) -> Iterator[Figure]:
    if declared.analysis and (plan is None or declared.analysis not in plan.relations_made):
        return
    if declared.asked is None:
        yield Figure(declared.name, declared.shows, declared, {})
        return
    for asked in declared.asked(plan) if plan is not None else ():
        lead = asked.model if asked.first else f"{asked.model}_{asked.outcome}"
        shows = f"{asked.head[:1].lower()}{asked.head[1:]} {declared.shows}"
        yield Figure(
            f"{lead}_{declared.name}", shows, declared, {"model": asked.model, "outcome": asked.outcome}
        )


def drawn(group: Iterable[Figure], given: Mapping[str, Any]) -> dict[str, Picture]:
    """Every figure of ``group`` by name, from what its rule read."""
    return {figure.name: figure.draw(given) for figure in group}
