#!/usr/bin/env bash
# Two packages that fit logistic mixed models offer more quadrature nodes as the more accurate choice.
# With more nodes both move away from the maximum of the likelihood; one reports a log-likelihood above it.
#
# interlace-lme 0.3.2, lme-python 0.2.7 (PyPI). The known answer is the likelihood itself: one random
# intercept, so the integral is one-dimensional, done here with 81 Gauss-Hermite nodes and maximised by SciPy.
# Exit status 0: behaves as described. 1: it does not any more.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/python" -m pip install -q --disable-pip-version-check \
    interlace-lme==0.3.2 lme-python==0.2.7 numpy==2.4.6 scipy==1.17.1 pandas==3.1.1 polars==2.1.0 pyarrow==26.0.1
cat > "$here/check.py" <<'PY'
import sys
import warnings
from importlib.metadata import version

warnings.simplefilter("ignore")
import interlace
import lme_python
import numpy as np
import pandas as pd
import polars as pl
from scipy.optimize import minimize

CLUSTERS, EACH = 60, 6
draw = np.random.default_rng(11)
cluster = np.repeat(np.arange(CLUSTERS), EACH)
x = draw.normal(size=CLUSTERS * EACH)
predictor = -0.5 + 1.0 * x + draw.normal(0, 1.8, CLUSTERS)[cluster]
y = (draw.random(CLUSTERS * EACH) < 1 / (1 + np.exp(-predictor))).astype(float)
data = pd.DataFrame({"y": y, "x": x, "g": [f"g{number:02d}" for number in cluster]})

nodes, weights = np.polynomial.hermite_e.hermegauss(81)
weights = weights / weights.sum()


def minus_loglik(values):
    eta = (values[0] + values[1] * x)[:, None] + np.exp(values[2]) * nodes
    each = np.where(y[:, None] == 1, -np.logaddexp(0, -eta), -np.logaddexp(0, eta))
    total = np.zeros((CLUSTERS, len(nodes)))
    np.add.at(total, cluster, each)
    return -np.sum(np.log(np.exp(total) @ weights))


best = minimize(minus_loglik, [0.0, 0.0, 0.0], method="BFGS")
slope, highest = float(best.x[1]), -float(best.fun)
print(f"maximum of the likelihood: slope {slope:.3f}, log-likelihood {highest:.2f}")
found = {}
for many in (1, 9, 25):
    one = interlace.glmer("y ~ x", data, "binomial", random=["(1|g)"], nAGQ=many)
    two = lme_python.glmer("y ~ x + (1|g)", pl.from_pandas(data), "binomial", n_agq=many)
    found[many] = (float(one.fe_params["x"]), float(two.coefficients[1]), float(two.log_likelihood))
    print(
        f"{many:2d} nodes: interlace-lme {version('interlace-lme')} slope {found[many][0]:.3f} "
        f"log-likelihood {one.llf:.2f}; lme-python {version('lme-python')} slope {found[many][1]:.3f} "
        f"log-likelihood {found[many][2]:.2f}"
    )
away = abs(found[25][0] - slope) > 5 * abs(found[1][0] - slope) and abs(found[25][0] - slope) > 0.05
above = found[25][2] > highest + 10 and abs(found[25][1] - slope) > 0.1
print(
    "As described: interlace-lme is right with one node and too flat with more; lme-python is too flat with one,\n"
    "too steep with more, and then reports a log-likelihood that no parameters can reach."
    if away and above
    else "Not as described any more."
)
sys.exit(0 if away and above else 1)
PY
"$here/venv/bin/python" "$here/check.py"
