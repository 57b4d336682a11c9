"""Reading one raw file in a test: its cells, or the one problem that it has."""

from __future__ import annotations

from pathlib import Path

import pytest

from alliance_modes.cohort import Source
from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.readers import RawTable, read
from alliance_modes.readers.raw_table import Cell, cell_text


def read_export(path: Path, form: str, wanted: tuple[str, ...] = (), **settings) -> RawTable:
    """Read ``path`` as a source of format ``form`` with further ``settings`` of cohort.yaml."""
    source = Source.model_validate({"files": path.name, "format": form, "columns": {}, **settings})
    return read(source, path, path.name, frozenset(wanted))


def cells(table: RawTable, name: str) -> list[Cell]:
    """The cells of a column, row by row."""
    column = table.columns[name]
    return [column.values[code] for code in column.codes]


def texts(table: RawTable, name: str) -> list[str]:
    """The cells of a column as text."""
    return [cell_text(cell) for cell in cells(table, name)]


def refusal(path: Path, form: str, wanted: tuple[str, ...] = (), **settings) -> Problem:
    """The one problem that a file has."""
    with pytest.raises(CohortError) as caught:
        read_export(path, form, wanted, **settings)
    assert len(caught.value.problems) == 1, str(caught.value)
    return caught.value.problems[0]


def written(path: Path, content: str, encoding: str = "utf-8") -> Path:
    """``content`` as a text file."""
    path.write_bytes(content.encode(encoding))
    return path
