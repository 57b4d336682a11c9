#!/usr/bin/env bash
# pingouin.intraclass_corr takes a table with two ratings of one person by one rater without a word: their mean is taken for one rating
# (pivot_table), and the coefficients are those of that mixture. Agreement comes out as if each rating were equally exact, and
# which of the two forms was the rater's (a correction, a form sent twice, another session) decides nothing. A table in which a rating is
# missing altogether is refused or left out by a stated rule (nan_policy); a rating too many has no rule.
#
# pingouin 0.7.0 (PyPI). Known answer: with either of the two ratings alone the coefficient is another one; a table that is not one
# rating per person and rater has no ICC.
# Exit status 0: behaves as described. 1: it does not any more.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/python" -m pip install -q --disable-pip-version-check pingouin==0.7.0 pandas==3.1.1
cat > "$here/check.py" <<'PY'
import sys
import warnings

import pandas as pd
import pingouin as pg

SCORES = {"P01": (4, 4), "P02": (2, 3), "P03": (5, 4), "P04": (1, 2), "P05": (3, 3), "P06": (4, 5)}
COLUMNS = ["person", "rater", "score"]


def icc(rows: list[tuple]) -> float:
    table = pd.DataFrame(rows, columns=COLUMNS)
    found = pg.intraclass_corr(table, targets="person", raters="rater", ratings="score").set_index("Type")["ICC"]
    return float(found["ICC(A,1)"])


once = [(person, rater, float(score)) for person, both in SCORES.items() for rater, score in zip("ab", both, strict=True)]
later = ("P01", "b", 1.0)
with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    first = icc(once)
    second = icc([later if row[:2] == later[:2] else row for row in once])
    both = icc([*once, later])
    mean = icc([(*row[:2], 2.5) if row[:2] == later[:2] else row for row in once])
told = [str(one.message) for one in warned if "dupl" in str(one.message).lower()]
print(f"pingouin {pg.__version__}, ICC(A,1): first form {first:.3f}, second form {second:.3f}, both in the table {both:.3f}, "
      f"their mean by hand {mean:.3f}; warnings about it: {len(told)}")
as_said = both == mean and len({round(one, 3) for one in (first, second, both)}) == 3 and not told
print("As described." if as_said else "Not as described any more.")
sys.exit(0 if as_said else 1)
PY
"$here/venv/bin/python" "$here/check.py"
