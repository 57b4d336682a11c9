"""ICC(1) and ICC(2) of the bh1996 data, beside those of multilevel in R."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from alliance_modes.measurement.agreement.clusters import cluster_icc

REFERENCE = Path(__file__).resolve().parents[2].parent / "shared" / "reference"
TOLERANCE = 1e-10

pytestmark = pytest.mark.skipif(
    not (REFERENCE / "reference.json").is_file(), reason="not run: reference values not present"
)


@pytest.fixture(scope="module")
def soldiers() -> pd.DataFrame:
    return pd.read_csv(REFERENCE / "data" / "bh1996.csv", dtype={"GRP": "str"})


def test_with_the_mean_size_they_are_those_of_multilevel(soldiers):
    expected = json.loads((REFERENCE / "reference.json").read_text(encoding="utf-8"))["icc_bh1996_wbeing"]
    found = cluster_icc(soldiers["WBEING"], soldiers["GRP"], size="mean")
    assert found.icc1 == pytest.approx(expected["icc1"], abs=TOLERANCE)
    assert found.icc2 == pytest.approx(expected["icc2"], abs=TOLERANCE)


def test_with_n0_they_are_those_of_the_formulas_in_r(soldiers):
    """R 4.2.2, from aov's mean squares: n0, limits from qf, Kish's design effect."""
    found = cluster_icc(soldiers["WBEING"], soldiers["GRP"])
    assert found.size == pytest.approx(74.3134873023, abs=1e-9)
    assert (found.icc1, found.icc1_low, found.icc1_high) == pytest.approx(
        (0.043509811918, 0.030849167092, 0.062220482708), abs=TOLERANCE
    )
    assert (found.icc2, found.icc2_low, found.icc2_high) == pytest.approx(
        (0.771712875540, 0.702865771724, 0.831383159278), abs=TOLERANCE
    )
    assert found.design_effect == pytest.approx(5.2760679285, abs=1e-9)
