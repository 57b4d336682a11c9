#!/usr/bin/env bash
# A table with times of day (when a session began) written for SPSS by svy-io keeps the variable and loses every value: all
# are system-missing, under a plain number format, without a warning. Days, moments and lengths of time of the same table
# are written as they are, and the same package's SAS transport file holds the times of day too.
#
# svy-io 0.7.1, polars 2.1.0 (PyPI). Both files are read by pyreadstat 1.3.7, as the numbers that they hold: seconds.
# Exit status 0: behaves as described. 1: it does not any more.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/python" -m pip install -q --disable-pip-version-check svy-io==0.7.1 polars==2.1.0 pyreadstat==1.3.7 pandas==3.1.1
cat > "$here/check.py" <<'PY'
import sys
import warnings
from datetime import date, time, timedelta
from importlib.metadata import version
from pathlib import Path

import polars as pl
import pyreadstat
import svy_io

here = Path(sys.argv[1])
SESSIONS = pl.DataFrame(
    {
        "held": [date(2024, 2, 29), date(2024, 3, 7), None],
        "began": [time(9, 30), time(23, 59, 59), None],
        "lasted": [timedelta(hours=1.5), timedelta(hours=26.5), None],
    }
)
SECONDS = {"began": [34200.0, 86399.0], "lasted": [5400.0, 95400.0]}
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    svy_io.write_sav(SESSIONS, here / "sessions.sav")
svy_io.write_xpt(SESSIONS, here / "sessions.xpt")


def held(read, name):
    data, about = read(str(here / name), disable_datetime_conversion=True)
    cells = {name.lower(): [value for value in data[name] if value == value] for name in data}
    print(f"  {name}: {cells}; formats {about.original_variable_types}")
    return cells


print(f"svy-io {version('svy-io')}; warnings: {[str(one.message) for one in said]}")
sav, xpt = held(pyreadstat.read_sav, "sessions.sav"), held(pyreadstat.read_xport, "sessions.xpt")
as_said = (
    not said
    and sav["began"] == []
    and len(sav["held"]) == 2
    and sav["lasted"] == SECONDS["lasted"]
    and all(xpt[name] == values for name, values in SECONDS.items())
)
print("As described: times of day are gone." if as_said else "Not as described any more.")
sys.exit(0 if as_said else 1)
PY
"$here/venv/bin/python" "$here/check.py" "$here"
