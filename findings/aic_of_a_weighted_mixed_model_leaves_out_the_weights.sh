#!/usr/bin/env bash
# The log-likelihood (and so AIC) of a weighted linear mixed model leaves out what the weights add to it, half the
# sum of their logarithms. Beside the same model without weights, AIC then chooses the wrong one.
#
# interlace-lme 0.3.2 (PyPI). The known answer is the density of the data at the package's own estimates, by
# scipy.stats.multivariate_normal with variance s2/w for a row of weight w. R's lme4 counts the weights.
# Exit status 0: behaves as described. 1: it does not any more.
set -euo pipefail
here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/python" -m pip install -q --disable-pip-version-check \
    interlace-lme==0.3.2 numpy==2.4.6 scipy==1.17.1 pandas==3.1.1
cat > "$here/check.py" <<'PY'
import sys
import warnings
from importlib.metadata import version

warnings.simplefilter("ignore")
import interlace
import numpy as np
import pandas as pd
from scipy.stats import multivariate_normal

GROUPS, EACH = 25, 8
draw = np.random.default_rng(4)
group = np.repeat(np.arange(GROUPS), EACH)
rows = GROUPS * EACH
weight = draw.integers(1, 13, rows).astype(float)
x = draw.normal(size=rows)
y = 1 + 0.5 * x + draw.normal(0, 0.7, GROUPS)[group] + draw.normal(size=rows) / np.sqrt(weight)
data = pd.DataFrame({"y": y, "x": x, "g": [f"g{number:02d}" for number in group]})


def density(fit, weights):
    (between,) = fit.variance_components.values()
    covariance = between * (group[:, None] == group) + np.diag(fit.scale / weights)
    mean = fit.fe_params["Intercept"] + fit.fe_params["x"] * x
    return float(multivariate_normal(mean, covariance).logpdf(y))


found = {}
for name, weights in (("weighted", weight), ("unweighted", None)):
    fit = interlace.fit("y ~ x", data, random=["(1|g)"], method="ML", weights=weights)
    exact = density(fit, np.ones(rows) if weights is None else weights)
    found[name] = (float(fit.llf), exact, float(fit.aic), 8 - 2 * exact)
    print(
        f"interlace-lme {version('interlace-lme')}, {name}: log-likelihood {fit.llf:.2f}, density of the data "
        f"{exact:.2f}; AIC {fit.aic:.1f}, from the density {8 - 2 * exact:.1f}"
    )
missing = found["weighted"][1] - found["weighted"][0]
print(f"missing: {missing:.4f}; half the sum of the weights' logarithms: {0.5 * np.log(weight).sum():.4f}")
as_said = (
    abs(missing - 0.5 * np.log(weight).sum()) < 1e-6
    and abs(found["unweighted"][1] - found["unweighted"][0]) < 1e-3
    and (found["weighted"][2] < found["unweighted"][2]) != (found["weighted"][3] < found["unweighted"][3])
)
print("As described: the two AICs choose differently." if as_said else "Not as described any more.")
sys.exit(0 if as_said else 1)
PY
"$here/venv/bin/python" "$here/check.py"
