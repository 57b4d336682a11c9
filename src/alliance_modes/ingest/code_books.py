"""The code book of a source, held against its cells each time that they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from alliance_modes.cohort import COHORT_FILE, ColumnSource, Inventory
from alliance_modes.ground.errors import CohortError, Problem, shown
from alliance_modes.ingest.mapping import Mapped, SourcePlan
from alliance_modes.ingest.readings import NUMBER, code_text
from alliance_modes.readers import RawColumn, RawTable
from alliance_modes.readers.codebooks.book import CodeBook, CodedField
from alliance_modes.readers.codebooks.recognise import read_code_book
from alliance_modes.readers.raw_table import cell_text

CODED = ("category", "boolean", "item", "number", "integer")
"""Kinds of columns whose cells a code book can know; ids and dates are none."""

SHOWN = 8
DECIDE = (
    "Is this the code book of the export? If it is, say under labels or missing of the column what the cells "
    "are (a real value, under missing, for a number that is none)."
)


class CodeBooks:
    """The code books of a cohort, each read once."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._books: dict[str, CodeBook | None] = {}
        self._told: set[tuple[str, str]] = set()

    def problems(self, plan: SourcePlan, raw: RawTable) -> list[Problem]:
        """What the code book of a source says against it: it has changed, or does not know cells.

        Parameters
        ----------
        plan : SourcePlan
            The source.
        raw : RawTable
            One of its files, as read.

        Notes
        -----
        Cells that the source itself declares, under ``labels`` or ``missing``, are decided. Cells that are
        empty or that the file declares missing are none, and neither are those of ids and dates.
        """
        named = plan.source.codebook
        if named is None:
            return []
        found: list[Problem] = []
        if named.file not in self._books:
            self._books[named.file] = None
            try:
                self._books[named.file] = read_code_book(self._data / named.file, named.file)
            except CohortError as error:
                found += error.problems
        book = self._books[named.file]
        if book is None:
            return found
        if book.digest != named.says and (named.file, named.says) not in self._told:
            self._told.add((named.file, named.says))
            found.append(_changed(book, named.says, plan.table))
        return [*found, *_strange(book, plan, raw)]


def _changed(book: CodeBook, said: str, table: str) -> Problem:
    return Problem(
        f"this code book does not say what it said when {COHORT_FILE} was written: codes, labels, limits or "
        "names of columns are others",
        f"Look whether labels, missing and already_reversed still hold, then write says: {book.digest} in "
        f"place of {said}; or put back the code book of this export.",
        file=book.file,
        table=table,
    )


def _strange(book: CodeBook, plan: SourcePlan, raw: RawTable) -> Iterator[Problem]:
    """A problem for each column with cells that the code book does not know and nobody has declared."""
    shape = plan.source.unpivot
    for mapped in plan.mapped:
        if mapped.raw is None or mapped.raw not in raw.columns or mapped.meaning.kind not in CODED:
            continue
        name = next(iter(shape.columns)) if shape and mapped.raw == shape.value else mapped.raw
        described = book.of(name)
        if described is None:
            continue
        column = raw.columns[mapped.raw]
        unknown = list(_unknown(described, column, mapped, _decided(plan, mapped)))
        if unknown:
            yield _not_known(book, described, raw, plan.table, mapped, unknown)


def _decided(plan: SourcePlan, mapped: Mapped) -> set[str]:
    """Cells of a column that the source declares."""
    origins: list[ColumnSource | Inventory] = [
        origin for origin in plan.source.columns.values() if mapped.raw in origin.raw_names
    ]
    if mapped.meaning.kind == "item":
        origins += plan.source.inventories
    told: list[Mapping[str, object]] = [plan.source.missing]
    told += [entries for origin in origins for entries in (origin.labels, origin.missing)]
    return {code_text(code) for entries in told for code in entries}


def _unknown(described: CodedField, column: RawColumn, mapped: Mapped, decided: set[str]) -> Iterator[int]:
    """Places of the distinct cells that the code book does not know."""
    codes = {code_text(code) for code in described.labels}
    for place, cell in enumerate(column.values):
        text = code_text(cell_text(cell))
        if not text or text in decided or text in codes or cell in column.user_missing:
            continue
        number = text.replace(",", ".") if mapped.meaning.decimal == "," else text
        outside = NUMBER.fullmatch(number) is not None and described.outside(float(number))
        if outside or not described.knows(text):
            yield place


def _not_known(
    book: CodeBook, described: CodedField, raw: RawTable, table: str, mapped: Mapped, unknown: list[int]
) -> Problem:
    column = raw.columns[str(mapped.raw)]
    wanted = np.zeros(len(column.values), dtype=bool)
    wanted[unknown] = True
    rows = tuple(int(row) for row in raw.rows[wanted[column.codes]])
    listed = ", ".join(f'"{shown(cell_text(column.values[place]), 40)}"' for place in unknown[:SHOWN])
    more = f" and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
    knows = f"{described.limits}" if described.limits else ", ".join(list(described.labels)[:SHOWN])
    return Problem(
        f"the code book {book.file} does not know {listed}{more} ({len(rows)} cells); it has {knows}",
        DECIDE,
        file=raw.file,
        table=table,
        column=str(mapped.raw),
        rows=rows,
    )
