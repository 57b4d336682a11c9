"""Time and memory of reading an .xlsx sheet, beside openpyxl's way, which unusual XML still takes.

    .venv/bin/python benchmarks/workbooks.py [--rows 200000]

Adds one row to ``benchmarks/workbooks.csv``. The workbook has ten columns of ids, numbers, days, truth
values, short and distinct texts, with shared texts as Excel writes them. Both ways give the same cells, or
nothing is written.
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
from typing import Any

from openpyxl import Workbook, load_workbook

from alliance_modes.readers.excel import read, read_by_openpyxl
from alliance_modes.readers.raw_table import RawTable, cell_text
from alliance_modes.readers.source import undeclared

TABLE = Path(__file__).with_suffix(".csv")
COLUMNS = ("id", "session", "held_on", "attended", "rating", "minutes", "site", "note", "phase", "score")
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
    """Measure both ways once and add the row."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--only", nargs=2, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.only:
        return _measure(Path(wanted.only[0]), wanted.only[1] == "openpyxl")
    load = round(os.getloadavg()[0], 1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sessions.xlsx"
        write_workbook(path, wanted.rows)
        ours, slow = _apart(path, "streamed"), _apart(path, "openpyxl")
    if ours.pop("cells") != slow.pop("cells"):
        sys.exit("the two ways give other cells, so their times say nothing")
    row = {
        "date": date.today().isoformat(),
        "command": f"benchmarks/workbooks.py --rows {wanted.rows}",
        "rows": wanted.rows,
        "cpu_seconds": ours["seconds"],
        "openpyxl_cpu_seconds": slow["seconds"],
        "ratio": round(slow["seconds"] / ours["seconds"], 1),
        "peak_mib_above_start": ours["mib"],
        "openpyxl_peak_mib_above_start": slow["mib"],
        "load_average": load,
    }
    new = not TABLE.exists()
    with TABLE.open("a", newline="") as stream:
        writer = csv.DictWriter(stream, row, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)
    print(row)


def write_workbook(path: Path, rows: int) -> None:
    """A workbook whose cells are written as Excel writes them."""
    book = Workbook()
    book.active.append(COLUMNS)
    book.active["C2"].number_format = "yyyy-mm-dd"
    book.active["C2"] = 1
    small = path.with_name("small.xlsx")
    book.save(small)
    style = load_workbook(small).active["C2"].style_id
    texts: dict[str, int] = {}
    sheet = "".join(_row(row, style, texts) for row in range(1, rows + 2))
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


def _row(row: int, style: int, texts: dict[str, int]) -> str:
    return f'<row r="{row}">{"".join(_cells(row, style, texts))}</row>'


def _cells(row: int, style: int, texts: dict[str, int]) -> Iterator[str]:
    n = row - 2
    values: tuple[object, ...] = COLUMNS
    if row > 1:
        values = (
            f"E{n // 20:06}", n % 20 + 1, FIRST_DAY + n % 700, n % 7 != 0, n * 7919 % 100 / 10,
            30 + n * 31 % 90, f"S{n % 8}", f"note {n}", "ab"[n % 2], n / 7,
        )  # fmt: skip
    for letter, value in zip("ABCDEFGHIJ", values, strict=True):
        if isinstance(value, str):
            yield f'<c r="{letter}{row}" t="s"><v>{texts.setdefault(value, len(texts))}</v></c>'
        elif isinstance(value, bool):
            yield f'<c r="{letter}{row}" t="b"><v>{int(value)}</v></c>'
        else:
            styled = f' s="{style}"' if letter == "C" else ""
            yield f'<c r="{letter}{row}"{styled}><v>{value}</v></c>'


def _apart(path: Path, way: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, __file__, "--only", str(path), way], capture_output=True, check=True, text=True
    )
    return json.loads(done.stdout)


def _measure(path: Path, slow: bool) -> None:
    import openpyxl.utils.datetime  # noqa: F401
    import pandas as pd  # noqa: F401

    start, begun = _peak(), time.process_time()
    table = (read_by_openpyxl if slow else read)(undeclared("excel"), path, path.name, frozenset(COLUMNS))
    seconds = time.process_time() - begun
    mib = round(_peak() - start)
    print(json.dumps({"seconds": round(seconds, 1), "mib": mib, "cells": _digest(table)}))


def _digest(table: RawTable) -> str:
    said = hashlib.sha256()
    for name in COLUMNS:
        column = table.columns[name]
        said.update("\n".join(map(cell_text, column.values)).encode())
        said.update(column.codes.tobytes())
    return said.hexdigest()


def _peak() -> float:
    """The most memory that this process has held so far, in MiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
