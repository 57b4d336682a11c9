"""Reads one file of SPSS, Stata or SAS, as a program of its own: a damaged file can end the process.

``readers.apart`` starts it with ``python -P statistical_file.py``. In: a request as JSON on standard
input. Out, on standard output: one line of JSON (names, number of rows, distinct cells of each wanted
column, types of the codes), then the codes of each column.
"""

from __future__ import annotations

import array
import struct
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from alliance_modes.ground.confined import Decoded, answer, distinct, written
from alliance_modes.ground.program_dates import Moment, sas_moment, spss_moment, stata_moment

SINGLE = "float"
"""Type of a number that the file holds in single precision."""

CELLS_AT_ONCE = 2_000_000
"""Cells that are held as Python values at most: the file is read again for further columns."""


def _content(request: Mapping[str, Any]) -> Decoded:
    import pyreadstat

    path = request["path"]
    read, choices = _reader(pyreadstat, path, request["format"])
    # not "pandas": there a "." of Stata that comes after an .a in a variable of whole numbers is any number
    choices |= {"output_format": "dict", "disable_datetime_conversion": True}
    if "user_missing" in choices or path.endswith(".xpt"):
        choices["encoding"] = request["encoding"]
    wanted = set(request["wanted"])
    try:
        _, about = read(path, metadataonly=True, **choices)
        names = {name: unicodedata.normalize("NFC", name).strip() for name in about.column_names}
        present = [name for name, tidy in names.items() if tidy in wanted]
        first = present or about.column_names[:1]
        head: dict[str, Any] = {"names": list(names.values()), "columns": [], "rows": 0}
        codes: list[array.array] = []
        at_once = max(1, CELLS_AT_ONCE // max(1, about.number_rows or 1))
        for start in range(0, len(first), at_once):
            data, about = read(path, usecols=first[start : start + at_once], **choices)
            for name in first[start : start + at_once]:
                cells, places = distinct(without_nan(data.pop(name)))
                head["rows"] = len(places)
                codes.append(places)
                column = COLUMNS[request["format"]](name, about)
                head["columns"].append({"name": names[name], **_described(column, cells)})
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError, OverflowError) as error:
        return {"problem": str(error)}, []
    if not present:
        return {**head, "columns": []}, []
    return head, codes


def _described(column: _Column, cells: Sequence[Any]) -> dict[str, Any]:
    """The distinct cells of a variable as they are said, and which of them are missing, with the reason."""
    shown = [column.cell(cell) for cell in cells]
    missing = [(place, reason) for place, cell in enumerate(shown) if (reason := column.reason(cell))]
    return {"values": [written(cell) for cell in shown], "missing": missing}


def _reader(library: Any, path: str, form: str) -> tuple[Callable[..., Any], dict[str, Any]]:
    """What reads a file of this format and ending, and the choices that it takes."""
    ending = PurePath(path).suffix.lower()
    if form == "stata":
        return library.read_dta, {"user_missing": True}
    if form == "sas":
        if ending == ".xpt":
            return library.read_xport, {}
        return library.read_sas7bdat, {"user_missing": True}
    return (library.read_por, {}) if ending == ".por" else (library.read_sav, {"user_missing": True})


class _Column:
    """One variable: how its numbers are read, and which of its cells are missing."""

    moment: Moment | None = None

    def cell(self, value: Any) -> Any:
        """A cell as the program shows it: a day or moment where its format says so."""
        if self.moment is None or not isinstance(value, int | float):
            return value
        try:
            return self.moment(value)
        except (OverflowError, ValueError):
            return f"no date: {value:g}"

    def reason(self, cell: Any) -> str:
        """Why the cell is missing, as the file says it; blank where it is not."""
        raise NotImplementedError


class _SpssColumn(_Column):
    """One variable of an SPSS file and the values that it declares missing."""

    def __init__(self, name: str, about: Any) -> None:
        self.labels = about.variable_value_labels.get(name, {})
        self.ranges = about.missing_ranges.get(name, [])
        self.moment = spss_moment(about.original_variable_types.get(name) or "")

    def cell(self, value: Any) -> Any:
        """A cell as SPSS shows it; a number that is declared missing stays one, even among dates."""
        return value if self._declared(value) else super().cell(value)

    def reason(self, cell: Any) -> str:
        """Why the cell is missing, as the file says it; blank where it is not."""
        if cell in ("", None) or not self._declared(cell):
            return ""
        return self.labels.get(cell) or "user-missing value"

    def _declared(self, cell: Any) -> bool:
        return any(_inside(cell, declared) for declared in self.ranges)


class _LetteredColumn(_Column):
    """One variable of a Stata or SAS file; its extended missing values are ".a" to ".z", ".A" to ".Z"."""

    def __init__(self, name: str, about: Any, moment: Callable[[str], Moment | None]) -> None:
        self.letters = {letter: f".{letter}" for letter in about.missing_user_values.get(name, ())}
        labels = about.variable_value_labels.get(name, {})
        self.reasons = {code: labels.get(letter) or code for letter, code in self.letters.items()}
        self.moment = moment(about.original_variable_types.get(name) or "")
        self.single = about.readstat_variable_types.get(name) == SINGLE

    def cell(self, value: Any) -> Any:
        """A cell as the program shows it, extended missing ones with their point."""
        if isinstance(value, str):
            return self.letters.get(value, value)
        if self.single and isinstance(value, float):
            value = shortest(value)
        return super().cell(value)

    def reason(self, cell: Any) -> str:
        """Why the cell is missing: its value label, else the code itself; blank where it is not."""
        return self.reasons.get(cell, "")


def _stata_column(name: str, about: Any) -> _Column:
    return _LetteredColumn(name, about, stata_moment)


def _sas_column(name: str, about: Any) -> _Column:
    return _LetteredColumn(name, about, sas_moment)


COLUMNS: Mapping[str, Callable[[str, Any], _Column]] = {
    "spss": _SpssColumn,
    "stata": _stata_column,
    "sas": _sas_column,
}


def shortest(value: float) -> float:
    """The number with the fewest digits that single precision holds as ``value``: 99.9 for 99.9000015."""
    for digits in range(1, 10):
        short = float(f"{value:.{digits}g}")
        if struct.pack("f", short) == struct.pack("f", value):
            return short
    return value


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
