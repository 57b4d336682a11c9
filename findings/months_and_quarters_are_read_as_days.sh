#!/usr/bin/env bash
# Stata holds a month (%tm), quarter (%tq), week (%tw), half-year (%th) and year (%ty) as the number of such periods since
# 1960 (a year as itself). Read by polars-readstat, each is a date, made as if the number counted days: March 2024, the
# 770th month, is 9 February 1962, and the year 2024 is 17 July 1965. No warning is given, and all are plausible dates: ages
# and lengths of stay that are computed from them are wrong by decades. Days (%td) and moments (%tc) are right.
#
# polars-readstat 0.25.0 (PyPI), a file written by pyreadstat 1.3.7. The known answer is pandas.read_stata of the same file,
# and the periods that the numbers were made from.
# Exit status 0: behaves as described. 1: it does not any more.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/python" -m pip install -q --disable-pip-version-check \
    polars-readstat==0.25.0 polars==2.1.0 pyreadstat==1.3.7 pandas==3.1.1 numpy==2.4.6
cat > "$here/check.py" <<'PY'
import sys
from datetime import date, timedelta
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import polars_readstat
import pyreadstat

path = str(Path(sys.argv[1]) / "referrals.dta")
# 11 March 2024: the number that Stata holds, the format, the first day of the period
HELD = {
    "month": ((2024 - 1960) * 12 + 2, "%tm", date(2024, 3, 1)),
    "quarter": ((2024 - 1960) * 4, "%tq", date(2024, 1, 1)),
    "week": ((2024 - 1960) * 52 + 10, "%tw", date(2024, 3, 11)),
    "half": ((2024 - 1960) * 2, "%th", date(2024, 1, 1)),
    "year": (2024, "%ty", date(2024, 1, 1)),
    "day": ((date(2024, 3, 11) - date(1960, 1, 1)).days, "%td", date(2024, 3, 11)),
}
table = pd.DataFrame({name: [float(number)] for name, (number, _, _) in HELD.items()})
pyreadstat.write_dta(table, path, variable_format={name: shown for name, (_, shown, _) in HELD.items()})
by_pandas = {name: cells[0].date() for name, cells in pd.read_stata(path).items()}
by_polars = polars_readstat.read_readstat(path).row(0, named=True)
print(f"polars-readstat {version('polars-readstat')}; pandas {version('pandas')}")
for name, (number, shown, first) in HELD.items():
    print(f"  {name}, {number} as {shown}: pandas {by_pandas[name]}, polars-readstat {by_polars[name]}, right {first}")
as_days = {name: date(1960, 1, 1) + timedelta(days=number) for name, (number, _, _) in HELD.items()}
as_said = by_pandas == {name: first for name, (_, _, first) in HELD.items()} and by_polars == as_days
print("As described: periods are taken as days." if as_said else "Not as described any more.")
sys.exit(0 if as_said else 1)
PY
"$here/venv/bin/python" "$here/check.py" "$here"
