"""The recovery study: its settings are what they say, its summary counts right, its short version holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import BaseModel
from scipy import stats

from alliance_modes.domain import MODES
from alliance_modes.plan.plan import load_plan
from alliance_modes.recovery.cohorts import simulated_cohort, with_latent_modes
from alliance_modes.recovery.replicate import primary_outcomes, recovered_effects
from alliance_modes.recovery.settings import SETTINGS, cohort_truth, without_effects
from alliance_modes.recovery.summary import summarise
from alliance_modes.recovery.truths import true_effects
from alliance_modes.simulate import load_truth

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SHORT = 12
"""Cohorts of the short version."""


@pytest.fixture(scope="module")
def truth():
    return load_truth(ROOT / "data/raw/demo_2024/truth.yaml")


@pytest.fixture(scope="module")
def plan():
    return load_plan(ROOT / "config/plan.yaml")


def weights_per_mode(model: BaseModel, path: str = "") -> dict[str, list[float]]:
    """Every block of weights per mode in a truth, by its path."""
    if set(type(model).model_fields) == set(MODES):
        return {path: [getattr(model, mode) for mode in MODES]}
    found: dict[str, list[float]] = {}
    for name in type(model).model_fields:
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            found |= weights_per_mode(value, f"{path}.{name}".lstrip("."))
    return found


WHAT_PRACTITIONERS_DO = {
    "practitioners.survey.time_use.base",
    "practitioners.time_use.base",
    "practitioners.stance",
    "mode_use.follows_needs",
    "mode_use.follows_rupture",
    "mode_use.level",
}


def test_without_effects_every_weight_on_clients_is_zero_and_practitioners_stay_as_they_are(truth):
    before, after = weights_per_mode(truth), weights_per_mode(without_effects(truth))
    for path, weights in after.items():
        if path in WHAT_PRACTITIONERS_DO:
            assert weights == before[path], path
        else:
            assert weights == [0.0, 0.0, 0.0], path
    switched_off = {path for path in before if before[path] != after[path]}
    assert {"alliance.modes.goal", "engagement.modes", "ends.dropped_out.modes"} <= switched_off
    for end in (without_effects(truth).ends.dropped_out, without_effects(truth).ends.removed):
        assert (end.alliance, end.unrepaired, end.confrontation) == (0.0, 0.0, 0.0)


def test_the_same_number_is_the_same_cohort_and_another_number_or_setting_another(truth):
    small, large = SETTINGS["15_null"], SETTINGS["40_null"]
    assert cohort_truth(truth, small, 3) == cohort_truth(truth, small, 3)
    seeds = {cohort_truth(truth, setting, n).seed for setting in (small, large) for n in range(50)}
    assert len(seeds) == 100


def test_a_cohort_of_fifteen_is_analysed_with_fifteen(truth, plan):
    cohort = simulated_cohort(cohort_truth(truth, SETTINGS["15_null"], 0), plan)
    enrolments = cohort.tables["enrolment"]
    assert enrolments.loc[enrolments["educative_z"].notna(), "practitioner_id"].nunique() == 15


def test_latent_modes_take_the_place_of_survey_scores(truth, plan):
    cohort = simulated_cohort(cohort_truth(truth, SETTINGS["40_effects"], 0), plan)
    observed, latent = cohort.tables["enrolment"], with_latent_modes(cohort)["enrolment"]
    r = np.corrcoef(observed["engagement_z"], latent["engagement_z"])[0, 1]
    assert 0.8 < r < 0.99
    known = cohort.practitioners.set_index("practitioner_id")["engagement"]
    first = latent.iloc[0]
    assert first["engagement_z"] == known[first["practitioner_id"]]


def estimate(cohort: int, value: float, se: float, p: float, low: float, high: float) -> dict:
    named = {"model": "completion", "outcome": "completed", "term": "engagement", "level": "between"}
    numbers = {"estimate": value, "se": se, "p": p, "ci_low": low, "ci_high": high}
    return {**named, "method": "rule", "status": "ok", "cohort": cohort, **numbers}


def test_bias_coverage_and_power_are_counted_over_the_cohorts_that_were_estimated():
    found = pd.DataFrame(
        [
            estimate(0, 0.1, 0.1, 0.30, -0.1, 0.3),
            estimate(1, 0.5, 0.1, 0.01, 0.3, 0.7),
            estimate(2, 0.6, 0.1, 0.01, 0.45, 0.75),
            {"model": "completion", "outcome": "completed", "term": "", "method": "rule", "cohort": 3},
        ]
    )
    truths = pd.DataFrame(
        [{**estimate(0, 0, 0, 0, 0, 0), "estimand": "observed", "scale": "model", "value": 0.4}]
    )
    row = summarise(found, truths, SETTINGS["40_effects"], 4).query("estimand == 'observed'").iloc[0]
    assert (row["cohorts"], row["estimated"]) == (4, 3)
    assert row["bias"] == pytest.approx(0.0)
    assert row["coverage"] == pytest.approx(1 / 3)
    assert row["rejected"] == pytest.approx(2 / 3)
    assert row["rejected_mcse"] == pytest.approx(np.sqrt(2 / 27))
    assert row["bias_mcse"] == pytest.approx(np.std([0.1, 0.5, 0.6], ddof=1) / np.sqrt(3))


@pytest.mark.parametrize("blank", ["", None])
def test_the_truth_is_the_mean_over_blocks_also_of_a_predictor_without_a_level(blank: str | None):
    named = {"estimand": "observed", "scale": "model", "model": "dropout", "outcome": "dropped_out"}
    blocks = [
        pd.DataFrame([{**named, "term": "unrepaired_rupture", "level": blank, "estimate": value}])
        for value in (0.6, 0.8, 1.0)
    ]
    truths = true_effects(blocks, 200)
    assert truths["value"].tolist() == pytest.approx([0.8])
    assert truths["mc_se"].tolist() == pytest.approx([0.2 / np.sqrt(3)])
    assert truths["practitioners"].tolist() == [600]
    one = {**estimate(0, 0.7, 0.1, 0.01, 0.5, 0.9), **named, "term": "unrepaired_rupture", "level": blank}
    row = summarise(pd.DataFrame([one]), truths, SETTINGS["40_effects"], 1).iloc[0]
    assert row["truth"] == pytest.approx(0.8) and row["coverage"] == 1.0


def test_without_effects_the_truth_is_zero_and_rejections_are_errors():
    found = pd.DataFrame([estimate(0, 0.5, 0.1, 0.01, 0.3, 0.7), estimate(1, -0.5, 0.4, 0.2, -1.3, 0.3)])
    row = summarise(found, pd.DataFrame(columns=["estimand", "scale"]), SETTINGS["40_null"], 2).iloc[0]
    assert (row["truth"], row["coverage"], row["rejected"]) == (0.0, 0.5, 0.5)


def test_the_short_version_finds_nothing_where_nothing_is(truth, plan):
    """Twelve cohorts of 15 practitioners: t statistics of every primary effect as wide as they should be.

    They rest on no draws, so that there are few."""
    few = plan.model_copy(update={"draws": 99})
    found = pd.concat(
        [
            recovered_effects(one.tables, few, one.reliabilities)
            for one in (
                simulated_cohort(cohort_truth(truth, SETTINGS["15_null"], number), plan)
                for number in range(SHORT)
            )
        ]
    )
    primary = {outcome.name for _, _, outcome in primary_outcomes(plan)}
    assert set(found["outcome"]) == primary
    rule = found[(found["method"] == "rule") & found["estimate"].notna()]
    assert rule.groupby("outcome")["term"].nunique().min() >= 1
    assert {"plain", "corrected", "percentage_points"} <= set(found["method"])
    for (_, _), group in rule.groupby(["outcome", "term"]):
        z = stats.norm.isf(group["p"] / 2)
        squares, count = float((z**2).sum()), len(group)
        assert stats.chi2.sf(squares, count) > 1e-3
        assert stats.chi2.cdf(squares, count) > 1e-3


def test_the_bootstrap_is_there_where_it_is_asked_for_and_counts_its_own_cohorts(truth, plan):
    few = plan.model_copy(update={"bootstrap": plan.bootstrap.model_copy(update={"draws": 19})})
    tables = simulated_cohort(cohort_truth(truth, SETTINGS["15_null"], 0), plan).tables
    without, with_it = (recovered_effects(tables, few, bootstrap=asked) for asked in (False, True))
    assert "bootstrap" not in set(without["method"])
    (row,) = with_it[with_it["method"] == "bootstrap"].to_dict("records")
    assert (row["model"], row["term"], row["level"]) == ("completion", "modes (joint)", "between")
    assert 1 / 20 <= row["p"] <= 1
    pd.testing.assert_frame_equal(without, with_it[with_it["method"] != "bootstrap"].reset_index(drop=True))

    found = pd.concat([with_it.assign(cohort=0), without.assign(cohort=1)])
    counted = summarise(found, pd.DataFrame(columns=["estimand", "scale"]), SETTINGS["15_null"], 2)
    joint = counted[(counted["model"] == "completion") & (counted["term"] == "modes (joint)")]
    assert dict(zip(joint["method"], joint["cohorts"], strict=True)) == {
        "rule": 2,
        "plain": 2,
        "bootstrap": 1,
    }
