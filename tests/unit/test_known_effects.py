"""Known effects: made from the blocks as said, and of the committed truth and plan."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pandas as pd
import pytest

from alliance_modes.ground.files import read_json
from alliance_modes.plan.plan import load_plan
from alliance_modes.simulate import load_truth

ROOT = Path(__file__).parents[2]
DEMOS = ("demo_2024", "demo_2025")


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("known_effects", ROOT / "benchmarks" / "known_effects.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def row(estimate: float, estimand: str = "coefficient") -> dict:
    named = {"model": "completion", "outcome": "completed", "term": "engagement", "level": "between"}
    return {**named, "estimand": estimand, "estimate": estimate}


def test_the_mean_over_blocks_comes_with_its_monte_carlo_error(script):
    table = script.known_effects([[row(0.1)], [row(0.3)], [row(0.5)], [row(0.3)]], 200)
    assert table.loc[0, "value"] == pytest.approx(0.3)
    assert table.loc[0, "mc_se"] == pytest.approx(0.16330 / 2, abs=1e-5)
    assert table.loc[0, "practitioners"] == 800


def test_odds_ratios_are_averaged_as_logarithms(script):
    table = script.known_effects([[row(1.0, "odds_ratio")], [row(4.0, "odds_ratio")]], 100)
    assert table.loc[0, "value"] == pytest.approx(2.0)
    assert table.loc[0, "mc_se"] == pytest.approx(2.0 * 0.69315, abs=1e-4)


def test_known_effects_are_held_against_intervals_once_each(script):
    key = {"model": "completion", "outcome": "completed", "level": "between"}
    known = pd.DataFrame(
        [
            {**key, "term": "engagement", "estimand": "coefficient", "value": 0.3},
            {**key, "term": "engagement", "estimand": "odds_ratio", "value": 1.35},
            {**key, "term": "educative", "estimand": "coefficient", "value": 0.3},
            {**key, "term": "(Intercept)", "estimand": "coefficient", "value": 1.0},
            {**key, "term": "time", "level": None, "estimand": "coefficient", "value": 1.0},
        ]
    )
    estimates = known.drop(columns="value").assign(
        ci_low=[0.1, 1.1, 0.4, 0.9, None], ci_high=[0.5, 1.6, 0.6, 1.1, None]
    )
    compared = script.inside(known, estimates)
    assert compared[["term", "inside"]].to_numpy().tolist() == [["engagement", True], ["educative", False]]


def test_blocks_are_tidy_keep_the_proportions_and_differ(script):
    truth = load_truth(ROOT / "data" / "raw" / "demo_2024" / "truth.yaml")
    blocks = [script.block_truth(truth, number, 200, script.STREAM) for number in range(3)]
    assert {block.seed for block in blocks}.isdisjoint({truth.seed})
    assert len({block.seed for block in blocks}) == 3
    assert blocks[0].sizes.model_dump() == {
        "sites": 30,
        "practitioners": 200,
        "groups": 450,
        "enrolments": 4000,
    }
    assert blocks[0].untidy.duplicates.sessions == 0


@pytest.mark.parametrize("name", DEMOS)
def test_the_committed_known_effects_are_of_this_truth_and_this_plan(script, name):
    folder = ROOT / "data" / "raw" / name
    record = read_json(folder / "known_effects.json")
    now = script.basis(load_truth(folder / "truth.yaml"), load_plan(ROOT / "config" / "plan.yaml"))
    assert record["sha256"] == now, f"the truth or the plan has changed since; run: {record['command']}"


@pytest.mark.parametrize("name", DEMOS)
def test_known_effects_cover_every_confirmatory_coefficient_precisely(script, name):
    table = pd.read_csv(ROOT / "data" / "raw" / name / "known_effects.csv", keep_default_na=False)
    assert not table.duplicated(["model", "outcome", "term", "level", "estimand"]).any()
    plan = load_plan(ROOT / "config" / "plan.yaml")
    outcomes = {(key, outcome.name) for key, _, outcome in script.confirmatory_outcomes(plan)}
    assert set(zip(table["model"], table["outcome"], strict=True)) == outcomes
    assert (table["practitioners"] >= 5000).all()
    modes = table[table["term"].isin(["educative", "engagement", "therapeutic"])]
    modes = modes[(modes["level"] == "between") & (modes["estimand"] == "coefficient")]
    assert len(modes) == 3 * len(outcomes)
    assert (modes["mc_se"] < 0.015).all()


@pytest.mark.parametrize("name", DEMOS)
def test_known_effects_have_the_declared_directions(name):
    table = pd.read_csv(ROOT / "data" / "raw" / name / "known_effects.csv", keep_default_na=False)
    table = table[(table["estimand"] == "coefficient") & table["model"].isin(["alliance", "completion"])]
    table = table.set_index(["outcome", "term", "level"])["value"]
    assert table["client_goal", "engagement", "between"] > 0.1
    assert (
        table["client_bond", "therapeutic", "between"] > table["client_goal", "therapeutic", "between"] + 0.05
    )
    assert table["client_bond", "educative", "between"] == pytest.approx(0, abs=0.03)
    assert table["completed", "engagement", "between"] > 0.15
    assert table["client_goal", "mandated", "within"] < -0.1
