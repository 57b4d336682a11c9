"""Pooling of the 20 completed nhanes2 data sets beside mice's ``pool`` in R."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alliance_modes.imputation.pooling import pool

REFERENCE = Path(__file__).resolve().parents[2].parent / "shared" / "reference"
TOLERANCE = 1e-6

pytestmark = pytest.mark.skipif(
    not (REFERENCE / "reference.json").is_file(), reason="not run: reference values not present"
)


def test_pooled_regression():
    expected = json.loads((REFERENCE / "reference.json").read_text(encoding="utf-8"))["rubin_pooling"][
        "pooled"
    ]
    table = pd.read_csv(REFERENCE / "data" / "nhanes2_20_imputations.csv")
    table = table[table[".imp"] > 0]
    estimates, variances = [], []
    for _, rows in table.groupby(".imp"):
        older = [(rows["age"] == band).astype(float) for band in ("40-59", "60-99")]
        matrix = np.column_stack([np.ones(len(rows)), rows["bmi"], *older])
        beta = np.linalg.solve(matrix.T @ matrix, matrix.T @ rows["chl"])
        residual = rows["chl"] - matrix @ beta
        variance = float(residual @ residual) / (len(rows) - 4)
        estimates.append(beta)
        variances.append(variance * np.diag(np.linalg.inv(matrix.T @ matrix)))
    assert len(estimates) == 20
    for place, row in enumerate(expected):
        found = pool(np.array(estimates)[:, place], np.array(variances)[:, place], len(rows) - 4)
        got = (found.estimate, found.se, found.statistic, found.df, found.p, found.ci_low, found.ci_high)
        names = ("estimate", "std.error", "statistic", "df", "p.value", "2.5 %", "97.5 %")
        assert got == pytest.approx([row[name] for name in names], rel=TOLERANCE)
