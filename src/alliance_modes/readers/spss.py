"""SPSS data files (.sav, .zsav)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from alliance_modes.cohort import Source
from alliance_modes.errors import CohortError, Problem
from alliance_modes.readers.delimited import empty_file
from alliance_modes.readers.files import require_file
from alliance_modes.readers.raw_table import Cell, DistinctCells, RawColumn, RawTable, no_rows, tidy_cell

if TYPE_CHECKING:
    import pandas as pd

NO_LABEL = "user-missing value"


def read(source: Source, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read the wanted variables as raw codes; see ``readers.read``.

    Notes
    -----
    Codes are kept, not replaced by their value labels: ``labels`` and ``missing`` of
    ``cohort.yaml`` name codes. Values that the file declares user-missing are kept too, with their
    value label as the reason; a system-missing number arrives as None, an empty string as ''.
    Rows are numbered as SPSS does: the first case is row 1.
    """
    require_file(path, file)
    if path.stat().st_size == 0:
        raise CohortError(file, [empty_file(file)])
    _, about = _read(path, file, metadataonly=True, encoding=source.encoding)
    names = tuple(about.column_names)
    present = [name for name in names if name in wanted]
    first = present or list(names[:1])
    data, about = _read(path, file, usecols=first, user_missing=True, encoding=source.encoding)
    if not len(data):
        raise CohortError(file, [no_rows(file, "the file has variables but no cases")])
    columns = {name: _column(data[name], name, about) for name in present}
    return RawTable(file, names, columns, np.arange(1, len(data) + 1, dtype="int64"))


def _read(path: Path, file: str, **choices: Any) -> tuple[pd.DataFrame, Any]:
    import pyreadstat

    try:
        return pyreadstat.read_sav(path, **choices)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError, OverflowError) as error:
        hint = "Open it in SPSS and save it as .sav again; declare its encoding if letters look wrong."
        problem = Problem(f"this SPSS file cannot be read: {error}", hint, file=file)
        raise CohortError(file, [problem]) from None


def _column(data: pd.Series, name: str, about: Any) -> RawColumn:
    cells = DistinctCells()
    cells.extend(data)
    column = cells.column()
    labels = {tidy_cell(code): label for code, label in about.variable_value_labels.get(name, {}).items()}
    ranges = about.missing_ranges.get(name, [])
    missing = {
        value: labels.get(value) or NO_LABEL
        for value in column.values
        if any(_inside(value, declared) for declared in ranges)
    }
    return RawColumn(column.values, column.codes, MappingProxyType(missing))


def _inside(value: Cell, declared: Mapping[str, Any]) -> bool:
    low, high = tidy_cell(declared["lo"]), tidy_cell(declared["hi"])
    if isinstance(value, float) and isinstance(low, float) and isinstance(high, float):
        return low <= value <= high
    return isinstance(value, str) and value != "" and value in (low, high)
