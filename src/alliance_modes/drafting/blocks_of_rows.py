"""Values that stand in the first row of each block of rows only, as a person writes them by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.drafting.decisions import Asked, ColumnDraft, Scalar
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.ground.yaml_models import OPEN
from alliance_modes.readers.raw_table import cell_text

FEWEST_BLOCKS = 2
EMPTY_IDS = 1 / 3
EMPTY_VALUES = 1 / 2
"""Shares of empty cells from which a column may be written once per block."""


def with_blocks_asked(
    file: RawFile, table: str, columns: Mapping[str, ColumnDraft]
) -> dict[str, ColumnDraft]:
    """``columns`` with ``fill_down`` asked of those that are written once per block.

    Parameters
    ----------
    file : RawFile
        The raw file.
    table : str
        Canonical table.
    columns : mapping of str to ColumnDraft
        Its columns.

    Notes
    -----
    Of an id at least a third of the cells is empty, of a category half; the first row holds a value,
    and no row has the value of the row right above it. Other columns follow an id: they hold
    something nowhere but in rows that begin a block.
    """
    declared = dictionary().table(table).columns
    held = {
        name: _held(file, column.raw)
        for name, column in columns.items()
        if column.raw is not None and column.raw in file.columns
    }
    own = {
        name: here
        for name, here in held.items()
        if declared[name].type in ("identifier", "category")
        and _by_block(file, str(columns[name].raw), here, declared[name].type == "identifier")
    }
    starts = [here for name, here in own.items() if declared[name].type == "identifier"]
    follow = [
        name
        for name, here in held.items()
        if name not in own and here[0] and any(not (here & ~begins).any() for begins in starts)
    ]
    asked = [name for name in columns if name in own or name in follow]
    return {
        name: _asked(file, column, held[name]) if name in asked else column
        for name, column in columns.items()
    }


def _held(file: RawFile, raw: str | None) -> np.ndarray:
    column = file.columns[str(raw)]
    texts = np.array([cell is not None and cell_text(cell) != "" for cell in column.values], dtype=bool)
    return texts[column.codes]


def _by_block(file: RawFile, raw: str, held: np.ndarray, identifier: bool) -> bool:
    least = EMPTY_IDS if identifier else EMPTY_VALUES
    if not held.size or not held[0] or held.sum() < FEWEST_BLOCKS or 1 - held.mean() < least:
        return False
    codes = file.columns[raw].codes
    again = held[1:] & held[:-1] & (codes[1:] == codes[:-1])
    return not again.any() and len(set(codes[held].tolist())) >= FEWEST_BLOCKS


def _asked(file: RawFile, column: ColumnDraft, held: np.ndarray) -> ColumnDraft:
    empty, blocks = int((~held).sum()), int(held.sum())
    asked = Asked(
        f'{file.title}, column "{column.raw}": {empty} of {len(held)} cells are empty, and {blocks} hold a '
        "value, the first row among them. Is each value meant for the empty rows below it as well?",
        ("true", "false"),
    )
    settings: dict[str, Scalar] = {**column.settings, "fill_down": OPEN}
    return replace(column, settings=settings, asked={**column.asked, ("fill_down",): asked})
