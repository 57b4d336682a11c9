"""Time and memory of reading an .xlsx sheet, beside openpyxl's way, which unusual XML still takes.

    .venv/bin/python benchmarks/workbooks.py [--rows 200000] [--texts] [--times 3] [--beside OTHER/src]

Adds one row to ``benchmarks/workbooks.csv``. The workbook has ten columns of ids, numbers, days, truth
values, short and distinct texts, with shared texts as Excel writes them; with ``--texts`` it has eighty,
of response words and comments. ``--beside`` names the package of another build, whose reader is measured
in place of openpyxl's way. Both are read in turn; the medians count. Both give the same cells, or nothing
is written.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter

if TYPE_CHECKING:
    from alliance_modes.readers.raw_table import RawTable

TABLE = Path(__file__).with_suffix(".csv")
COLUMNS = ("id", "session", "held_on", "attended", "rating", "minutes", "site", "note", "phase", "score")
TEXT_COLUMNS = 80
FIRST_DAY = 45_300
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
TYPES, RELATIONS = "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
ENDS = {TYPES: "</Types>", RELATIONS: "</Relationships>"}
ADDED = {
    TYPES: '<Override PartName="/xl/sharedStrings.xml" ContentType="application/'
    'vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/>',
    RELATIONS: '<Relationship Id="texts" Target="sharedStrings.xml" Type="http://schemas.openxmlformats.org/'
    'officeDocument/2006/relationships/sharedStrings"/>',
}
"""What says that there are shared texts, where the library has written none."""

TEXTS = "xl/sharedStrings.xml"
SHEET = "xl/worksheets/sheet1.xml"


def main() -> None:
    """Measure both ways and add the row."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--texts", action="store_true")
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--beside", type=Path)
    parser.add_argument("--only", nargs=2, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.only:
        return _measure(Path(wanted.only[0]), wanted.only[1] == "openpyxl")
    load = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sessions.xlsx"
        write_workbook(path, wanted.rows, wanted.texts)
        found = [
            (
                _apart(path, "streamed"),
                _apart(path, "streamed" if wanted.beside else "openpyxl", wanted.beside),
            )
            for _ in range(wanted.times)
        ]
    if len({way.pop("cells") for both in found for way in both}) > 1:
        sys.exit("the two ways give other cells, so their times say nothing")
    ours, other = (
        {key: median(one[key] for one in way) for key in way[0]} for way in zip(*found, strict=True)
    )
    texts = " --texts" * wanted.texts
    row = {
        "date": date.today().isoformat(),
        "command": f"benchmarks/workbooks.py --rows {wanted.rows}{texts} --times {wanted.times}",
        "rows": wanted.rows,
        "columns": len(_names(wanted.texts)),
        "beside": "another build" if wanted.beside else "openpyxl",
        "cpu_seconds": round(ours["seconds"], 1),
        "beside_cpu_seconds": round(other["seconds"], 1),
        "ratio": round(other["seconds"] / ours["seconds"], 1),
        "peak_mib_above_start": ours["mib"],
        "beside_peak_mib_above_start": other["mib"],
        "load_average": load,
    }
    new = not TABLE.exists()
    with TABLE.open("a", newline="") as stream:
        writer = csv.DictWriter(stream, row, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)
    print(row)


def write_workbook(path: Path, rows: int, wordy: bool = False) -> None:
    """A workbook whose cells are written as Excel writes them."""
    book = Workbook()
    book.active.append(COLUMNS)
    book.active["C2"].number_format = "yyyy-mm-dd"
    book.active["C2"] = 1
    small = path.with_name("small.xlsx")
    book.save(small)
    style = load_workbook(small).active["C2"].style_id
    texts: dict[str, int] = {}
    sheet = "".join(_row(row, style, texts, wordy) for row in range(1, rows + 2))
    shared = "".join(f"<si><t>{text}</t></si>" for text in texts)
    with zipfile.ZipFile(small) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name).decode()
            if name == SHEET:
                start, end = content.index("<sheetData>") + len("<sheetData>"), content.index("</sheetData>")
                content = content[:start] + sheet + content[end:]
            elif name in (TYPES, RELATIONS):
                content = content.replace(
                    ENDS[name], ADDED[name] * (TEXTS not in old.namelist()) + ENDS[name]
                )
            if name != TEXTS:
                new.writestr(name, content)
        new.writestr(TEXTS, f'<sst xmlns="{MAIN}">{shared}</sst>')


def _names(wordy: bool) -> tuple[str, ...]:
    return tuple(f"q{place}" for place in range(TEXT_COLUMNS)) if wordy else COLUMNS


def _row(row: int, style: int, texts: dict[str, int], wordy: bool) -> str:
    values = _names(wordy) if row == 1 else _words(row - 2) if wordy else _values(row - 2)
    return f'<row r="{row}">{"".join(_cells(row, values, style, texts))}</row>'


def _values(n: int) -> tuple[object, ...]:
    return (
        f"E{n // 20:06}", n % 20 + 1, FIRST_DAY + n % 700, n % 7 != 0, n * 7919 % 100 / 10,
        30 + n * 31 % 90, f"S{n % 8}", f"note {n}", "ab"[n % 2], n / 7,
    )  # fmt: skip


def _words(n: int) -> tuple[object, ...]:
    """An id, every tenth cell a comment of its own, and response words of which one in nine is empty."""
    words = (
        "never",
        "rarely",
        "sometimes",
        "often",
        "very often",
        "always",
        "does not apply",
        "not told",
        None,
    )
    places = range(1, TEXT_COLUMNS)
    return (
        f"E{n:06}",
        *(
            f"what was said in session {n} of {p}" if p % 10 == 0 else words[(n * 7 + p * n) % 9]
            for p in places
        ),
    )


def _cells(row: int, values: tuple[object, ...], style: int, texts: dict[str, int]) -> Iterator[str]:
    for place, value in enumerate(values, 1):
        letter = get_column_letter(place)
        if isinstance(value, str):
            yield f'<c r="{letter}{row}" t="s"><v>{texts.setdefault(value, len(texts))}</v></c>'
        elif isinstance(value, bool):
            yield f'<c r="{letter}{row}" t="b"><v>{int(value)}</v></c>'
        elif value is not None:
            styled = f' s="{style}"' if letter == "C" else ""
            yield f'<c r="{letter}{row}"{styled}><v>{value}</v></c>'


def _apart(path: Path, way: str, build: Path | None = None) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, __file__, "--only", str(path), way],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        env={**os.environ, **({"PYTHONPATH": str(build)} if build else {})},
    )
    return json.loads(done.stdout)


def _measure(path: Path, slow: bool) -> None:
    import openpyxl.utils.datetime  # noqa: F401
    import pandas as pd  # noqa: F401

    from alliance_modes.readers import excel

    source, names = _source(), frozenset((*_names(True), *_names(False)))
    way = excel.read_by_openpyxl if slow else excel.read
    start, begun = _peak(), time.process_time()
    table = way(source, path, path.name, names)
    seconds = time.process_time() - begun
    mib = round(_peak() - start)
    print(json.dumps({"seconds": seconds, "mib": mib, "cells": _digest(table)}))


def _source() -> Any:
    """A source of which nothing is declared, as this build has it or one of before."""
    try:
        from alliance_modes.readers.source import undeclared
    except ImportError:
        from alliance_modes.cohort import Source

        return Source.model_construct(files=("x",), format="excel", sheet=None)
    return undeclared("excel")


def _digest(table: RawTable) -> str:
    from alliance_modes.readers.raw_table import cell_text

    said = hashlib.sha256()
    for name in table.names:
        column = table.columns[name]
        said.update("\n".join(map(cell_text, column.values)).encode())
        said.update(column.codes.astype("int32").tobytes())
    return said.hexdigest()


def _peak() -> float:
    """The most memory that this process has held so far, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
