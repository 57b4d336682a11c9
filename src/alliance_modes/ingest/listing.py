"""Problems of a raw file in a form that a person can work through."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np

from alliance_modes.ground.errors import Problem, shown
from alliance_modes.ingest.mapping import Mapped, SourcePlan
from alliance_modes.ingest.reading import Reading
from alliance_modes.readers import RawColumn, RawTable
from alliance_modes.readers.raw_table import cell_text

SHOWN_VALUES = 5
"""Distinct unreadable values of one column that are listed one by one."""

SHOWN_FURTHER = 10
"""Further ones that are named in one line."""

SHOWN_COLUMNS = 15


def missing_column_problems(raw: RawTable, plan: SourcePlan) -> list[Problem]:
    """A problem for each mapped column that the file lacks, and one for each block of items."""
    lost = [mapped for mapped in plan.mapped if mapped.raw is not None and mapped.raw not in raw.names]
    single = dict.fromkeys(mapped.raw for mapped in lost if mapped.meaning.kind != "item")
    blocks: dict[int, list[str]] = {}
    for mapped in lost:
        if mapped.meaning.kind == "item":
            blocks.setdefault(id(mapped.meaning), []).append(str(mapped.raw))
    problems = [_lost(raw, plan.table, [str(name)]) for name in single]
    return problems + [_lost(raw, plan.table, names) for names in blocks.values()]


def _lost(raw: RawTable, table: str, names: list[str]) -> Problem:
    there = [shown(name) for name in raw.names if name]
    near = difflib.get_close_matches(names[0], there, n=len(there), cutoff=0) if there else []
    more = len(near) - SHOWN_COLUMNS
    named = ", ".join(near[:SHOWN_COLUMNS]) + (f" and {more} more" if more > 0 else "")
    hint = f"Correct the name in cohort.yaml. The file has: {named}." if near else "The file has no columns."
    if len(names) == 1:
        return Problem("the file has no such column", hint, file=raw.file, table=table, column=names[0])
    message = f"the file has none of these item columns: {', '.join(names)}"
    return Problem(message, hint, file=raw.file, table=table)


def cell_problems(
    raw: RawTable, table: str, mapped: Mapped, cells: RawColumn, readings: Sequence[Reading]
) -> list[Problem]:
    """One problem per distinct unreadable cell of a column; beyond five, one for all the others."""
    bad = [code for code, reading in enumerate(readings) if reading.problem]
    if not bad:
        return []
    listed, further = bad[:SHOWN_VALUES], bad[SHOWN_VALUES:]
    if mapped.identifies:
        listed, further = bad[:1], bad[1:]
    problems = []
    for code in listed:
        reading = readings[code]
        rows = bad if mapped.identifies else [code]
        problems.append(
            Problem(
                reading.problem,
                reading.hint,
                file=raw.file,
                table=table,
                column=str(mapped.raw),
                value="" if mapped.identifies else shown(cell_text(cells.values[code])),
                rows=_rows(raw, cells, rows),
            )
        )
    if further and not mapped.identifies:
        problems.append(_further(raw, table, mapped, cells, further))
    return problems


def _further(raw: RawTable, table: str, mapped: Mapped, cells: RawColumn, further: Sequence[int]) -> Problem:
    rows = _rows(raw, cells, further)
    values = [f'"{shown(cell_text(cells.values[code]), 40)}"' for code in further[:SHOWN_FURTHER]]
    more = len(further) - len(values)
    named = ", ".join(values) + (f" and {more} more" if more > 0 else "")
    return Problem(
        f"{len(further)} further values that cannot be read, in {len(rows)} cells: {named}",
        "Many values of one kind are best declared together, under labels or missing.",
        file=raw.file,
        table=table,
        column=str(mapped.raw),
        rows=rows,
    )


def _rows(raw: RawTable, cells: RawColumn, codes: Sequence[int]) -> tuple[int, ...]:
    wanted = np.zeros(len(cells.values), dtype=bool)
    wanted[list(codes)] = True
    return tuple(int(row) for row in raw.rows[wanted[cells.codes]])
