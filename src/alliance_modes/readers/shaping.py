"""Declared changes of the shape of a table, between its reader and the mapping: the same for every format.

Ids put together from several columns, values filled down from the row above, and columns that become rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.readers.raw_table import Cell, RawColumn, RawTable, cell_text, tidy_text
from alliance_modes.readers.row_filter import noted, subset
from alliance_modes.readers.source import RawSource, Unpivot

if TYPE_CHECKING:
    import numpy as np

JOINER = " + "
"""Between the names and the cells of columns that make up one id."""


def columns_behind(source: RawSource, wanted: frozenset[str]) -> frozenset[str]:
    """The columns of the file from which those that are wanted are made."""
    behind: set[str] = set()
    made = {JOINER.join(parts): parts for parts in source.joined()}
    shape = source.unpivot
    for name in wanted:
        if shape and name in shape.made():
            behind.update(map(tidy_text, shape.columns))
        else:
            behind.update(made.get(name, (name,)))
    return frozenset(behind)


def shaped(table: RawTable, source: RawSource, wanted: frozenset[str]) -> RawTable:
    """``table`` with the shape that its source declares.

    Parameters
    ----------
    table : RawTable
        As its reader gives it.
    source : RawSource
        ``unpivot``, ``filled_down`` and ``joined``.
    wanted : frozenset of str
        Columns that the mapping reads, made ones included.

    Returns
    -------
    RawTable
        Values filled down first, then ids joined, then columns made rows: of each row of the file as
        many rows as ``unpivot`` names columns, each with the number of the row that it comes from.

    Raises
    ------
    CohortError
        A column that is named is not in the file, or one that is to be made is there already.
    """
    filled = source.filled_down()
    if filled:
        columns = {
            name: filled_down(column) if name in filled else column for name, column in table.columns.items()
        }
        table = replace(table, columns=columns)
    for parts in source.joined():
        if JOINER.join(parts) in wanted:
            table = _with_joined(table, parts)
    return _unpivoted(table, source.unpivot, wanted) if source.unpivot else table


def filled_down(column: RawColumn) -> RawColumn:
    """``column`` with every empty cell holding what the nearest filled cell above it holds."""
    import numpy as np

    empty = np.array([cell is None or cell_text(cell) == "" for cell in column.values], dtype=bool)
    places = np.where(empty[column.codes], -1, np.arange(len(column.codes)))
    last = np.maximum.accumulate(places) if len(places) else places
    codes = np.where(last >= 0, column.codes[np.maximum(last, 0)], column.codes)
    return subset(replace(column, codes=codes.astype("int32")), np.ones(len(codes), dtype=bool))


def _with_joined(table: RawTable, parts: Sequence[str]) -> RawTable:
    """``table`` with a column whose cells are those of ``parts`` together; empty where one of them is."""
    _require(table, parts)
    import numpy as np

    name = JOINER.join(parts)
    columns = [table.columns[part] for part in parts]
    distinct, codes = np.unique(
        np.stack([column.codes for column in columns], axis=1), axis=0, return_inverse=True
    )
    values: list[Cell] = []
    for row in distinct:
        texts = [cell_text(column.values[code]) for column, code in zip(columns, row, strict=True)]
        values.append(JOINER.join(texts) if all(texts) else "")
    places = {value: place for place, value in enumerate(dict.fromkeys(values))}
    recoded = np.array([places[value] for value in values], dtype="int32")[codes.reshape(-1)]
    made = RawColumn(tuple(places), recoded)
    return replace(
        table,
        names=(*table.names, name),
        columns={**table.columns, name: made},
        used=(*table.used, *parts, name),
    )


def _unpivoted(table: RawTable, shape: Unpivot, wanted: frozenset[str]) -> RawTable:
    import numpy as np

    turned = {tidy_text(name): number for name, number in shape.columns.items()}
    _require(table, [name for name in turned if wanted & set(shape.made())])
    there = [name for name in shape.made() if name in table.names]
    if there:
        message = "unpivot makes a column of a name that the file has already"
        hint = "Give number, value and heading of unpivot other names."
        raise CohortError(table.file, [Problem(message, hint, file=table.file, column=there[0])])
    times, rows = len(turned), len(table.rows)
    columns = {
        name: replace(column, codes=np.repeat(column.codes, times))
        for name, column in table.columns.items()
        if name not in turned
    }
    order = np.tile(np.arange(times, dtype="int32"), rows)
    columns[shape.number] = RawColumn(tuple(float(number) for number in turned.values()), order)
    if shape.heading is not None:
        columns[shape.heading] = RawColumn(tuple(turned), order)
    if all(name in table.columns for name in turned):
        columns[shape.value] = _interleaved([table.columns[name] for name in turned])
    result = replace(
        table,
        names=(*table.names, *shape.made()),
        columns=columns,
        rows=np.repeat(table.rows, times),
        used=(*table.used, *turned, *shape.made()),
        detected=noted(table.detected, "unpivoted", f"{rows} rows x {times} columns: {rows * times}"),
    )
    return _without_empty(result, shape) if shape.leave_out_empty and shape.value in columns else result


def _without_empty(table: RawTable, shape: Unpivot) -> RawTable:
    import numpy as np

    column = table.columns[shape.value]
    held = np.array([cell is not None and cell_text(cell) != "" for cell in column.values], dtype=bool)
    keep: np.ndarray = held[column.codes]
    return replace(
        table,
        columns={name: subset(one, keep) for name, one in table.columns.items()},
        rows=table.rows[keep],
        detected=noted(table.detected, "unpivoted", f"without {int((~keep).sum())} of empty cells"),
    )


def _interleaved(pieces: Sequence[RawColumn]) -> RawColumn:
    """Row by row the cells of all ``pieces``."""
    import numpy as np

    places: dict[Cell, int] = {}
    missing: dict[Cell, str] = {}
    codes = []
    for piece in pieces:
        place_of = [places.setdefault(cell, len(places)) for cell in piece.values]
        codes.append(np.array(place_of, dtype="int32")[piece.codes])
        missing |= piece.user_missing
    return RawColumn(tuple(places), np.stack(codes, axis=1).reshape(-1), missing)


def _require(table: RawTable, names: Sequence[str]) -> None:
    lost = [name for name in names if name not in table.columns]
    if lost:
        hint = f"Correct the name in cohort.yaml. The file has: {', '.join(filter(None, table.names[:15]))}."
        raise CohortError(
            table.file,
            [Problem("the file has no such column", hint, file=table.file, column=name) for name in lost],
        )
