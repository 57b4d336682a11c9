"""What a release can be made of. Whatever is none of these has no way into it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from alliance_modes.disclosure.attack import Attack, attack
from alliance_modes.disclosure.counts import CountTable, ShownTable, Where
from alliance_modes.disclosure.earlier import EarlierRelease
from alliance_modes.disclosure.means import MeanTable
from alliance_modes.disclosure.protect import Reason
from alliance_modes.disclosure.release import Released
from alliance_modes.pooling.shared_set import SharedSet

PEOPLE_OF_MEAN = "people"
"""Heading of the column that says how many people a mean is of."""


@dataclass(frozen=True)
class Numbers:
    """A table of estimates that passed the rule for models, a tuple per row.

    Parameters
    ----------
    name, what : str
        Name of its file, and what it holds.
    columns : tuple of str
        Headings.
    rows : tuple of tuple
        Texts and numbers as they are shown; None where nothing is.
    residual_df, units : tuple of float
        Of each row, the residual degrees of freedom of its model, and on how many units it rests. They stay
        inside.
    kind : ``estimates`` or ``survival``
    """

    name: str
    what: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | float | int | None, ...], ...]
    residual_df: tuple[float, ...]
    units: tuple[float, ...]
    kind: Literal["estimates", "survival"] = "estimates"


@dataclass(frozen=True)
class Picture:
    """A raster picture that was drawn of released numbers alone; ``tables`` names those behind it."""

    name: str
    what: str
    png: bytes
    tables: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """A report in one format; ``tables`` names the tables that its numbers of people are of."""

    name: str
    suffix: Literal["html", "docx", "pdf"]
    what: str
    content: bytes
    tables: tuple[str, ...] = ()


Part = Numbers | Picture | Document


@dataclass(frozen=True)
class Counts:
    """One table of counts of a release: as they are, as they are shown, and why a cell is withheld."""

    counted: CountTable
    shown: ShownTable
    reasons: tuple[tuple[Reason | None, ...], ...]

    def every_cell(self) -> Iterator[tuple[str, str, int, int | None]]:
        """Row and column label, the count, and what is shown of it."""
        for row, counted, shown in zip(self.counted.rows, self.counted.cells, self.shown.cells, strict=True):
            for column, is_so, said in zip(self.counted.columns, counted, shown, strict=True):
                yield row, column, is_so.n, said.value


@dataclass(frozen=True)
class Release:
    """Everything that one release of a cohort is made of.

    Parameters
    ----------
    cohort, title : str
        Name and title of the cohort.
    data_lock : str
        Day of the data lock (ISO): the only date of a release.
    counted, averaged : tuple
        The tables of counts and of means as they are.
    released : Released
        The same as they are shown.
    parts : tuple of Part
        Its reports, pictures and tables of estimates.
    said : frozenset of int
        Numbers of people that its texts may say though they are of no table: those of publications, limits
        of the plan, and how many a study would need.
    order : int
        Which release of the cohort it would be.
    demonstration : bool
        Whether its people are simulated.
    earlier : tuple of EarlierRelease
        What was handed over before.
    shared : SharedSet, optional
        What may be given away of it to be pooled with other cohorts; it stays inside until then.
    """

    cohort: str
    title: str
    data_lock: str
    counted: tuple[CountTable, ...]
    averaged: tuple[MeanTable, ...]
    released: Released
    parts: tuple[Part, ...]
    said: frozenset[int] = frozenset()
    order: int = 1
    demonstration: bool = False
    earlier: tuple[EarlierRelease, ...] = ()
    shared: SharedSet | None = None

    @cached_property
    def published(self) -> EarlierRelease:
        """What a reader of it knows."""
        return self.released.published(self.order, self.data_lock)

    @cached_property
    def attacked(self) -> Attack:
        """What an attack on it and on all before it finds, of what they publish."""
        return attack([*self.earlier, self.published])

    @cached_property
    def labels(self) -> dict[tuple[str, Where], str]:
        """What each count of it is of, as its tables call it."""
        return {
            (table.population, cell.where): " · ".join(dict.fromkeys((row, column)))
            for table in reversed(self.counted)
            for row, cells in zip(table.rows, table.cells, strict=True)
            for column, cell in zip(table.columns, cells, strict=True)
        }

    @cached_property
    def counts(self) -> tuple[Counts, ...]:
        """Its tables of counts."""
        shown, reasons = self.released.tables, self.released.reasons
        return tuple(Counts(table, shown[table.name], reasons[table.name]) for table in self.counted)


def file_name(part: Part) -> str:
    """The file of one part of a release."""
    if isinstance(part, Document):
        return f"{part.name}.{part.suffix}"
    return f"{part.name}.{'png' if isinstance(part, Picture) else 'csv'}"
