#!/usr/bin/env bash
# A Stata survey keeps "refused" as the extended missing value .a and "nothing known" as the plain missing value ".", often
# in a variable of whole numbers (byte, int, long). Read with user_missing=True, the way to keep reasons, every "." that
# comes after the first .a of its variable is a whole number that nobody answered, 0 or another that differs from call to
# call: the column is made without values, and only a "." that comes first fills it with missing ones. No warning is given,
# and isna() does not count these rows. The same rows are missing with user_missing=False, in a variable held as double, and
# with output_format="dict" or "polars".
#
# pyreadstat 1.3.7 (PyPI). The known answer is what pandas.read_stata(convert_missing=True) shows of the same file.
# Exit status 0: behaves as described. 1: it does not any more.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/python" -m pip install -q --disable-pip-version-check \
    pyreadstat==1.3.7 pandas==3.1.1 numpy==2.4.6 polars==2.1.0 pyarrow==26.0.1
cat > "$here/check.py" <<'PY'
import sys
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pyreadstat

path = str(Path(sys.argv[1]) / "survey.dta")
ANSWERS = {
    "reason_first": [4, "a", None, 7, None],
    "missing_first": [None, "a", None, 7, None],
    "as_double": [4.5, "a", None, 7.0, None],
}
table = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in ANSWERS.items()})
pyreadstat.write_dta(table, path, missing_user_values={name: ["a"] for name in ANSWERS})
shown = pd.read_stata(path, convert_missing=True)
blank = {name: [str(cell) == "." for cell in shown[name]] for name in ANSWERS}


def numbers(name, **choices):
    """What stands where the file says that nothing is known, as far as it is a number."""
    data, _ = pyreadstat.read_dta(path, **choices)
    cells = data[name].to_list() if hasattr(data[name], "to_list") else data[name]
    return [cell for cell, nothing in zip(cells, blank[name]) if nothing and not pd.isna(cell)]


found = {name: numbers(name, user_missing=True) for name in ANSWERS}
others = [numbers("reason_first")] + [
    numbers("reason_first", user_missing=True, output_format=form) for form in ("dict", "polars")
]
data, about = pyreadstat.read_dta(path, user_missing=True)
print(f"pyreadstat {version('pyreadstat')}; held as {about.readstat_variable_types}")
for name in ANSWERS:
    cells = ", ".join(str(cell) for cell in shown[name])
    print(f"  {name}: in the file {cells}; read {data[name].tolist()}, missing by isna(): {data[name].isna().sum()}")
print(f"  reason_first without user_missing, as dict, as polars: numbers in place of '.': {others}")
as_said = (
    [sum(cells) for cells in blank.values()] == [2, 3, 2]
    and len(found["reason_first"]) == 2
    and all(isinstance(cell, int) for cell in found["reason_first"])
    and found["missing_first"] == found["as_double"] == []
    and others == [[], [], []]
)
print("As described: missing answers are numbers." if as_said else "Not as described any more.")
sys.exit(0 if as_said else 1)
PY
"$here/venv/bin/python" "$here/check.py" "$here"
