#!/usr/bin/env bash
# A length of time in an .ods workbook (hours in a programme, [HH]:MM:SS) is a time of day where it is shorter than
# 24 hours, and the text of its XML ("PT26H30M00S") where it is longer or below zero: one column, two types, no
# warning. A sum or a mean over what is a time leaves out just those who were there longest. The same lengths in
# an .xlsx workbook are lengths of time (timedelta) throughout.
#
# python-calamine 0.9.1 (PyPI); the .ods file is written by odfpy 1.4.1, the .xlsx file by openpyxl 3.1.5.
# Exit status 0: behaves as described. 1: it does not any more.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/python" -m pip install -q --disable-pip-version-check \
  python-calamine==0.9.1 odfpy==1.4.1 openpyxl==3.1.5
cat > "$here/check.py" <<'PY'
import sys
from datetime import time, timedelta
from importlib.metadata import version
from pathlib import Path

import openpyxl
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P
from python_calamine import CalamineWorkbook

LENGTHS = {"PT01H30M00S": timedelta(hours=1.5), "PT23H59M00S": timedelta(hours=23, minutes=59),
           "PT26H30M00S": timedelta(hours=26.5), "PT100H00M00S": timedelta(hours=100)}
folder = Path(sys.argv[1])

document, table = OpenDocumentSpreadsheet(), Table(name="hours")
book = openpyxl.Workbook()
for written, length in LENGTHS.items():
    row, cell = TableRow(), TableCell(valuetype="time", timevalue=written)
    cell.addElement(P(text=str(length)))
    row.addElement(cell)
    table.addElement(row)
    book.active.append([length])
    book.active.cell(book.active.max_row, 1).number_format = "[hh]:mm:ss"
document.spreadsheet.addElement(table)
document.save(str(folder / "hours.ods"))
book.save(folder / "hours.xlsx")


def read(name):
    return [row[0] for row in CalamineWorkbook.from_path(str(folder / name)).get_sheet_by_index(0).to_python()]


ods, xlsx = read("hours.ods"), read("hours.xlsx")
print(f"python-calamine {version('python-calamine')}, .ods: {ods}")
print(f"python-calamine {version('python-calamine')}, .xlsx: {xlsx}")
as_said = ods == [time(1, 30), time(23, 59), "PT26H30M00S", "PT100H00M00S"] and xlsx == list(LENGTHS.values())
print("As described: from 24 hours on a length is text." if as_said else "Not as described any more.")
sys.exit(0 if as_said else 1)
PY
"$here/venv/bin/python" "$here/check.py" "$here"
