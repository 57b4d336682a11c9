#!/usr/bin/env bash
# A factor model fitted with obj="DWLS", the estimator for ordered answers, takes the answers as continuous: its
# loadings are those of maximum likelihood on the codes, and too small. The way to say that items are ordered,
# DEFINE(ordinal), stops with an error under current NumPy and SciPy, so that no ordinal fit is to be had.
#
# semopy 2.3.11 (PyPI), NumPy 2.4.6, SciPy 1.17.1. The known answer: four items with a loading of .8 on one
# factor, cut into three answers, 20,000 people.
# Exit status 0: behaves as described. 1: it does not any more.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/python" -m pip install -q --disable-pip-version-check \
    semopy==2.3.11 numpy==2.4.6 scipy==1.17.1 pandas==3.1.1
cat > "$here/check.py" <<'PY'
import sys
import warnings
from importlib.metadata import version

warnings.simplefilter("ignore")
import numpy as np
import pandas as pd
import semopy

TRUE, PEOPLE = 0.8, 20_000
draw = np.random.default_rng(3)
factor = draw.normal(size=PEOPLE)
items = {
    f"i{number}": np.digitize(TRUE * factor + 0.6 * draw.normal(size=PEOPLE), [-0.2, 1.2]).astype(float)
    for number in range(1, 5)
}
data, model = pd.DataFrame(items), "F =~ i1 + i2 + i3 + i4"


def loadings(estimator):
    fitted = semopy.Model(model)
    fitted.fit(data, obj=estimator)
    table = fitted.inspect(std_est=True)
    return table.loc[(table["op"] == "~") & (table["rval"] == "F"), "Est. Std"].astype(float).to_numpy()


ordered, continuous = loadings("DWLS"), loadings("MLW")
print(f"semopy {version('semopy')}, DWLS: loadings {np.round(ordered, 3)}; true {TRUE}")
print(f"maximum likelihood of the same codes as numbers: {np.round(continuous, 3)}")
try:
    semopy.Model(model + "\nDEFINE(ordinal) i1 i2 i3 i4").fit(data, obj="DWLS")
    stopped = ""
except TypeError as error:
    stopped = str(error)
print(f"with DEFINE(ordinal): {stopped or 'it ran'}")
as_said = np.abs(ordered - continuous).max() < 0.01 and ordered.max() < TRUE - 0.05 and "bias" in stopped
print("As described: ordered answers are fitted as numbers." if as_said else "Not as described any more.")
sys.exit(0 if as_said else 1)
PY
"$here/venv/bin/python" "$here/check.py"
