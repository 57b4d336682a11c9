#!/usr/bin/env bash
# A cell that holds an error (#N/A, #DIV/0!, as a lookup leaves it) is read as an empty text, just as a cell that
# nobody filled in: whoever counts missing answers cannot tell the two apart, and no warning is given.
#
# python-calamine 0.9.1 (PyPI), an .xlsx file written by openpyxl 3.1.5. openpyxl reads the error's name.
# Exit status 0: behaves as described. 1: it does not any more.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/python" -m pip install -q --disable-pip-version-check python-calamine==0.9.1 openpyxl==3.1.5
cat > "$here/check.py" <<'PY'
import sys
from importlib.metadata import version
from pathlib import Path

import openpyxl
from python_calamine import CalamineWorkbook

path = str(Path(sys.argv[1]) / "answers.xlsx")
book = openpyxl.Workbook()
sheet = book.active
for row in (["id", "item"], ["a", 5], ["b", "#N/A"], ["c", "#DIV/0!"], ["d", None]):
    sheet.append(row)
for cell in ("B3", "B4"):
    sheet[cell].data_type = "e"
book.save(path)
by_calamine = [row[1] for row in CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[1:]]
by_openpyxl = [row[1].value for row in list(openpyxl.load_workbook(path).active.iter_rows())[1:]]
print(f"python-calamine {version('python-calamine')}: {by_calamine}")
print(f"openpyxl {version('openpyxl')}: {by_openpyxl}")
as_said = by_calamine == [5.0, "", "", ""] and by_openpyxl == [5, "#N/A", "#DIV/0!", None]
print("As described: errors and empty cells are one." if as_said else "Not as described any more.")
sys.exit(0 if as_said else 1)
PY
"$here/venv/bin/python" "$here/check.py" "$here"
