"""Reads one SPSS or Stata file, as a program of its own: a damaged file can end the process.

``readers.apart`` starts it with ``python -P statistical_file.py``. In: a request as JSON on standard
input. Out, on standard output: one line of JSON (names, number of rows, distinct cells of each wanted
column), then the codes of each column as 32-bit integers.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any

from alliance_modes.ground.confined import Decoded, answer, distinct, written


def _content(request: Mapping[str, Any]) -> Decoded:
    import pyreadstat

    read = pyreadstat.read_dta if request["format"] == "stata" else pyreadstat.read_sav
    path, choices = request["path"], {"encoding": request["encoding"], "output_format": "dict"}
    wanted = set(request["wanted"])
    try:
        _, about = read(path, metadataonly=True, **choices)
        names = {name: unicodedata.normalize("NFC", name).strip() for name in about.column_names}
        present = [name for name, tidy in names.items() if tidy in wanted]
        first = present or about.column_names[:1]
        data, about = read(path, usecols=first, user_missing=True, **choices)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError, OverflowError) as error:
        return {"problem": str(error)}, []
    head: dict[str, Any] = {"names": list(names.values()), "columns": [], "rows": 0}
    codes = []
    for name in first:
        column: _StataColumn | _SpssColumn
        column = _StataColumn(name, about) if request["format"] == "stata" else _SpssColumn(name, about)
        cells, places = distinct(column.cells(data[name]))
        codes.append(places)
        head["rows"] = len(places)
        missing = [(place, reason) for place, cell in enumerate(cells) if (reason := column.reason(cell))]
        values = [written(cell) for cell in cells]
        head["columns"].append({"name": names[name], "values": values, "missing": missing})
    if not present:
        return {**head, "columns": []}, []
    return head, codes


class _SpssColumn:
    """One variable of an SPSS file and the values that it declares missing."""

    def __init__(self, name: str, about: Any) -> None:
        self.labels = about.variable_value_labels.get(name, {})
        self.ranges = about.missing_ranges.get(name, [])

    def cells(self, data: Any) -> Any:
        """The cells, system-missing numbers as None."""
        return without_nan(data)

    def reason(self, cell: Any) -> str:
        """Why the cell is missing, as the file says it; blank where it is not."""
        if cell in ("", None) or not any(_inside(cell, declared) for declared in self.ranges):
            return ""
        return self.labels.get(cell) or "user-missing value"


class _StataColumn:
    """One variable of a Stata file; its extended missing values are ".a" to ".z"."""

    def __init__(self, name: str, about: Any) -> None:
        self.letters = {letter: f".{letter}" for letter in about.missing_user_values.get(name, ())}
        labels = about.variable_value_labels.get(name, {})
        self.reasons = {code: labels.get(letter) or code for letter, code in self.letters.items()}

    def cells(self, data: Any) -> Any:
        """The cells, system-missing numbers as None, extended missing ones with their point."""
        plain = without_nan(data)
        if not self.letters:
            return plain
        return [self.letters.get(cell, cell) if isinstance(cell, str) else cell for cell in plain]

    def reason(self, cell: Any) -> str:
        """Why the cell is missing: its value label, else the code itself; blank where it is not."""
        return self.reasons.get(cell, "")


def without_nan(data: Any) -> list[Any]:
    """Cells as plain Python values, numbers that are not a number as None."""
    cells = data if isinstance(data, list) else data.tolist()
    return [None if cell != cell else cell for cell in cells]


def _inside(cell: Any, declared: Mapping[str, Any]) -> bool:
    low, high = declared["lo"], declared["hi"]
    if isinstance(cell, str):
        return cell.strip() in [str(end).strip() for end in (low, high)]
    numbers = all(isinstance(value, int | float) for value in (cell, low, high))
    return numbers and low <= cell <= high


if __name__ == "__main__":
    answer(_content)
