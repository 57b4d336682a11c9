"""Scores, alpha, omega, intervals and item statistics of the bfi data, beside psych and lavaan in R."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from alliance_modes.instruments.model import Instrument
from alliance_modes.instruments.responses import item_values, keyed_values
from alliance_modes.measurement.items.correlations import scale_correlation
from alliance_modes.measurement.items.items import describe_items
from alliance_modes.measurement.reliability.alpha import cronbach_alpha
from alliance_modes.measurement.reliability.omega import mcdonald_omega
from alliance_modes.scoring.scores import score

REFERENCE = Path(__file__).resolve().parents[2].parent / "shared" / "reference"
TOLERANCE = 1e-4
SCALES = ("agree", "conscientious", "extraversion", "neuroticism", "openness")

# lavaan 0.6.14: standard error of log(1 - omega) by its delta method, cfa(std.lv = TRUE)
SE_LOG = {
    "agree": 0.031708,
    "conscientious": 0.032150,
    "extraversion": 0.032019,
    "neuroticism": 0.031851,
    "openness": 0.031867,
}

pytestmark = pytest.mark.skipif(
    not (REFERENCE / "reference.json").is_file(), reason="not run: reference values not present"
)


@pytest.fixture(scope="module")
def reference() -> dict:
    return json.loads((REFERENCE / "reference.json").read_text(encoding="utf-8"))["bfi_complete"]


@pytest.fixture(scope="module")
def instrument(reference) -> Instrument:
    signed = [key for keys in reference["keys"].values() for key in keys]
    names = [key.lstrip("-") for key in signed]
    number = {name: position for position, name in enumerate(names, start=1)}
    return Instrument.model_validate(
        {
            "id": "bfi",
            "title": "Big five, 25 items",
            "measures": "personality",
            "raters": ["client"],
            "items": len(names),
            "range": {"low": 1, "high": 6},
            "reversed": [number[key[1:]] for key in signed if key[0] == "-"],
            "subscales": {
                scale: [number[key.lstrip("-")] for key in keys] for scale, keys in reference["keys"].items()
            },
            "scoring": {"method": "mean"},
            "source": "psych",
            "rights": "public",
            "verified": "-",
        }
    )


@pytest.fixture(scope="module")
def responses(reference, instrument) -> pd.DataFrame:
    names = [key.lstrip("-") for keys in reference["keys"].values() for key in keys]
    table = pd.read_csv(REFERENCE / "data" / "bfi.csv")[names].dropna()
    return table.set_axis(list(instrument.item_columns()), axis=1)


def keyed_scale(responses: pd.DataFrame, instrument: Instrument, scale: str) -> pd.DataFrame:
    values = keyed_values(item_values(responses, instrument), instrument)
    table = pd.DataFrame(values, columns=range(1, instrument.items + 1))
    return table[list(instrument.subscales[scale])]


@pytest.mark.parametrize("scale", SCALES)
def test_scale_scores(scale, reference, instrument, responses):
    scores = score(responses, instrument)[scale]
    assert len(scores) == reference["n"]
    assert scores.mean() == pytest.approx(reference["mean_of_scale_means"][scale], abs=1e-10)
    assert scores.std() == pytest.approx(reference["sd"][scale], abs=1e-10)


@pytest.mark.parametrize("scale", SCALES)
def test_alpha_and_its_interval(scale, reference, instrument, responses):
    expected = reference["reliability"][scale]
    alpha = cronbach_alpha(keyed_scale(responses, instrument, scale))
    assert alpha.n == reference["n"]
    assert alpha.alpha == pytest.approx(expected["alpha"], abs=TOLERANCE)
    assert [alpha.ci_low, alpha.ci_high] == pytest.approx(expected["feldt_ci"], abs=TOLERANCE)


@pytest.mark.parametrize("scale", SCALES)
def test_alpha_if_dropped_and_item_rest(scale, reference, instrument, responses):
    expected = reference["reliability"][scale]
    items = describe_items(keyed_scale(responses, instrument, scale), instrument.range)
    assert items["alpha_if_dropped"].tolist() == pytest.approx(expected["alpha_drop"], abs=TOLERANCE)
    assert items["item_rest"].tolist() == pytest.approx(expected["item_rest"], abs=TOLERANCE)
    assert (items["flag"] == "").all()


@pytest.mark.parametrize("scale", SCALES)
def test_omega_and_its_standard_error(scale, reference, instrument, responses):
    found = mcdonald_omega(keyed_scale(responses, instrument, scale))
    expected = reference["reliability"][scale]["omega_total_congeneric"]
    assert found.omega == pytest.approx(expected, abs=TOLERANCE)
    assert found.se_log == pytest.approx(SE_LOG[scale], rel=1e-3)


def test_correlations_of_the_scales(reference, instrument, responses):
    scores = score(responses, instrument)
    for row, one in enumerate(SCALES):
        for column, other in enumerate(SCALES[:row]):
            found = scale_correlation(scores[one], scores[other])
            assert found.n == reference["n"]
            assert found.r == pytest.approx(reference["scale_cor"][row][column], abs=1e-10)
