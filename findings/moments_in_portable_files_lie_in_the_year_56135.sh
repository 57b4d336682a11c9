#!/usr/bin/env bash
# polars-readstat writes moments (dates with a time of day) to an SPSS portable file (.por) as MILLISECONDS since 1970 plus
# the SECONDS from 1582-10-14 to 1970. The format counts seconds since 1582-10-14. Without a word 2024-03-01 09:30 becomes a day of
# the year 56135: so does the same package read it back, and pyreadstat, asked for dates, ends in "date value out of range".
# The same table through write_xpt of the same package comes back right.
#
# polars-readstat 0.25.0, pyreadstat 1.3.7, polars 2.1.0 (PyPI). Known answer: the moments that were written.
# Exit status 0: behaves as described. 1: it does not any more.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/python" -m pip install -q --disable-pip-version-check polars-readstat==0.25.0 pyreadstat==1.3.7 polars==2.1.0 pandas==3.1.1
cat > "$here/check.py" <<'PY'
import datetime as dt
import sys
from importlib.metadata import version

import polars as pl
import polars_readstat
import pyreadstat

here = sys.argv[1]
moment = dt.datetime(2024, 3, 1, 9, 30)
pl_table = pl.DataFrame({"session": [1], "held": [moment]})
polars_readstat.write_por(pl_table, f"{here}/t.por")
polars_readstat.write_xpt(pl_table, f"{here}/t.xpt")
table, _ = pyreadstat.read_por(f"{here}/t.por", disable_datetime_conversion=True)
written = table["HELD"].iloc[0]
right = (moment - dt.datetime(1582, 10, 14)).total_seconds()
mixed = (moment - dt.datetime(1970, 1, 1)).total_seconds() * 1000 + (dt.datetime(1970, 1, 1) - dt.datetime(1582, 10, 14)).total_seconds()
print(f"polars-readstat {version('polars-readstat')}: {moment} in .por is {written:.0f}; seconds since 1582-10-14 are {right:.0f}, "
      f"milliseconds since 1970 plus the seconds between are {mixed:.0f}")
back = polars_readstat.scan_readstat(f"{here}/t.por").collect()["HELD"].dt.year()[0]
print(f"read back by the same package its year is {back}")
try:
    pyreadstat.read_por(f"{here}/t.por")
    said = "read"
except OverflowError as error:
    said = f"OverflowError: {error}"
print(f"pyreadstat {pyreadstat.__version__}: {said}")
xpt, _ = pyreadstat.read_xport(f"{here}/t.xpt")
held = xpt["held"].iloc[0]
print(f"through .xpt the same moment is {held}")
as_said = written == mixed != right and back == 56135 and said.startswith("OverflowError") and held == moment
print("As described." if as_said else "Not as described any more.")
sys.exit(0 if as_said else 1)
PY
"$here/venv/bin/python" "$here/check.py" "$here"
