"""58 studies of programmes for offenders beside metafor 3.8: Landenberger & Lipsey (2005), R's metadat."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alliance_modes.pooling.univariate import dersimonian_laird, pooled, reml

FOLDER = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "offender-cbt-landenberger2005"

pytestmark = pytest.mark.skipif(not (FOLDER / "reference.json").is_file(), reason="not run: data not present")


@pytest.fixture(scope="module")
def log_odds_ratios() -> tuple[np.ndarray, np.ndarray]:
    """Log odds ratio of not reoffending, programme against comparison, and its variance."""
    studies = pd.read_csv(FOLDER / "landenberger2005.csv")
    names = ("n.cbt.non", "n.cbt.rec", "n.ctrl.non", "n.ctrl.rec")
    counts = studies[list(names)].to_numpy(dtype=float)
    return np.log(counts[:, 0] * counts[:, 3] / (counts[:, 1] * counts[:, 2])), (1.0 / counts).sum(axis=1)


@pytest.mark.parametrize("estimator", ["DL", "REML"])
@pytest.mark.parametrize("test", ["z", "knha"])
def test_pooled_effect_its_spread_and_its_intervals_are_those_of_metafor(log_odds_ratios, estimator, test):
    effects, variances = log_odds_ratios
    expected = json.loads((FOLDER / "reference.json").read_text(encoding="utf-8"))[f"{estimator}_{test}"]
    tau2 = {"DL": dersimonian_laird, "REML": reml}[estimator](effects, variances)
    found = pooled(effects, variances, tau2, None if test == "z" else 0.0)
    ours = (found.estimate, found.se, *found.interval, found.tau2, found.q, 100 * found.i2)
    theirs = (*(expected[name] for name in ("estimate", "se")), *expected["ci"])
    theirs += tuple(expected[name] for name in ("tau2", "Q", "I2"))
    assert ours == pytest.approx(theirs, abs=2e-7, rel=2e-6), "metafor's REML stops at 1e-5 of tau2"
    predicted = found.prediction(math.inf if test == "z" else found.cohorts - 1.0)
    assert predicted == pytest.approx(expected["pi"], abs=1e-6), "metafor's df, of which ours has one fewer"
    assert found.cohorts == expected["k"]
    assert np.exp([found.estimate, *found.interval]) == pytest.approx(expected["or"], abs=1e-7)
