#!/usr/bin/env bash
# R keeps a Date as a number of either storage type; data.table's fread and IDate, and as.Date of an integer, use
# integers. pyreadr reads the integers of such a column as halves of doubles: days become 1 January 1970, or
# days of another century, without a word. The same days held as doubles are right.
#
# pyreadr 0.5.8 (PyPI). The file below was written by R 4.2 with
#   d <- data.frame(person = c("a", "b", "c"))
#   d$as_double  <- as.Date(c("2022-01-08", "2023-05-23", "2020-01-01"))
#   d$as_integer <- structure(as.integer(unclass(d$as_double)), class = "Date")
#   d$idate      <- structure(as.integer(unclass(d$as_double)), class = c("IDate", "Date"))
#   saveRDS(d, "dates.rds", compress = FALSE, version = 2)
# and shows the same three days in every column when R reads it.
# Exit status 0: behaves as described. 1: it does not any more.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/python" -m pip install -q --disable-pip-version-check pyreadr==0.5.8 pandas==3.1.1 numpy==2.4.6
cat > "$here/check.py" <<'PY'
import base64
import gzip
import sys
from importlib.metadata import version
from pathlib import Path

import pyreadr

FILE = """
H4sIAAAAAAACA4vgYmBgYGJgYWJiYGIGMpmFgQQLEAuAOEAWJ5BmTIQxkmCMZKAsH0iJw6U+BhBwuMwNoS9ebQAzgGaCFEI1sCbn
JBYXQ82FCbK4JJakAul/QHN4wfYxeFkwMPjoMDC4h0EMYPxPgR4mmOWeYE0YBqC6MC8xNxXmQhaoIFtBalFxfh6Ux5lYHJ+SX5qU
AzOLCyiQmVeSmp5aBDMlMwVsPIrRnEX55Xow40GOZgIF0f/////i8CQX0JBEvbQioBaQSwGM49/KpQEAAA==
"""
RIGHT = ["2022-01-08", "2023-05-23", "2020-01-01"]

path = Path(sys.argv[1]) / "dates.rds"
path.write_bytes(gzip.decompress(base64.b64decode(FILE)))
table = pyreadr.read_r(str(path))[None]
found = {name: [str(day) for day in table[name]] for name in ("as_double", "as_integer", "idate")}
print(f"pyreadr {version('pyreadr')}; right are {', '.join(RIGHT)}")
for name, days in found.items():
    print(f"  {name}: {', '.join(days)}")
as_said = found["as_double"] == RIGHT and all(
    found[name][:2] == ["1970-01-01", "1970-01-01"] for name in ("as_integer", "idate")
)
print("As described." if as_said else "Not as described any more.")
sys.exit(0 if as_said else 1)
PY
"$here/venv/bin/python" "$here/check.py" "$here"
