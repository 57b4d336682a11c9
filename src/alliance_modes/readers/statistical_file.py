"""Reads one SPSS or Stata file, as a program of its own: a damaged file can end the process.

``readers.statistical`` starts it with ``python -P statistical_file.py``; it imports nothing of the
package, so that it starts fast. In: a request as JSON on standard input. Out, on standard output:
one line of JSON (names, number of rows, distinct cells of each wanted column), then the codes of
each column as 32-bit integers.
"""

from __future__ import annotations

import array
import json
import math
import os
import resource
import signal
import sys
import unicodedata
from collections.abc import Mapping
from typing import Any

MEMORY = 1 << 30
"""Bytes of address space for any file; and ``MEMORY_PER_BYTE`` more for each byte of it."""
MEMORY_PER_BYTE = 64


def main() -> None:
    """Read the file that the request names; write what it holds, or why it cannot be read."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    request = json.loads(sys.stdin.buffer.read())
    _limit(request)
    try:
        head, codes = _content(request)
    except MemoryError:
        head, codes = {"problem": "it asks for more memory than a file of its size can need"}, []
    answers.write(json.dumps(head).encode() + b"\n")
    for column in codes:
        answers.write(column.tobytes())
    answers.close()


def _limit(request: Mapping[str, Any]) -> None:
    """No more memory or time than a file of this size can need, and no core file."""
    memory = MEMORY + MEMORY_PER_BYTE * os.stat(request["path"]).st_size
    for kind, allowed in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, request["seconds"]),
        (resource.RLIMIT_CORE, 0),
    ):
        most = resource.getrlimit(kind)[1]
        if most == resource.RLIM_INFINITY or allowed < most:
            resource.setrlimit(kind, (allowed, most))
    signal.alarm(request["wait"])


def _content(request: Mapping[str, Any]) -> tuple[dict[str, Any], list[array.array]]:
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
        column = _StataColumn(name, about) if request["format"] == "stata" else _SpssColumn(name, about)
        places: dict[Any, int] = {}
        codes.append(
            array.array("i", [places.setdefault(cell, len(places)) for cell in column.cells(data[name])])
        )
        head["rows"] = len(codes[-1])
        missing = {place: reason for cell, place in places.items() if (reason := column.reason(cell))}
        values = [written(cell) for cell in places]
        head["columns"].append({"name": names[name], "values": values, "missing": list(missing.items())})
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


def written(cell: Any) -> Any:
    """A cell in JSON; dates and times as {kind: ISO text}."""
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, int | float):
        return float(cell) if math.isfinite(cell) else str(cell)
    return {type(cell).__name__: cell.isoformat()}


def _inside(cell: Any, declared: Mapping[str, Any]) -> bool:
    low, high = declared["lo"], declared["hi"]
    if isinstance(cell, str):
        return cell.strip() in [str(end).strip() for end in (low, high)]
    numbers = all(isinstance(value, int | float) for value in (cell, low, high))
    return numbers and low <= cell <= high


if __name__ == "__main__":
    main()
