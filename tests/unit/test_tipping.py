"""Tipping point: filled from none to all, the ends known by hand, and changes that are there."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from simulated_tables import Truth, analysis_tables

from alliance_modes.dictionary.imputation import TABLES
from alliance_modes.imputation.tipping import tipping_points
from alliance_modes.models.outcome import Estimated, estimate_outcome
from alliance_modes.plan.parts import imputation_task
from alliance_modes.plan.plan import Imputation, Plan

pytestmark = pytest.mark.slow

PLAN = Plan(imputation=Imputation(m=4, tipping=(-1.0, 0.0, 1.0)))
PLAN = PLAN.model_copy(update={"models": {"completion": PLAN.models["completion"]}})
MODEL = PLAN.models["completion"]


@pytest.fixture(scope="module")
def enrolment() -> pd.DataFrame:
    """Four in ten of those with high use of the engagement mode are lost to administrative ends."""
    truth = Truth(practitioners=40, groups=50, enrolments=500, sessions=1, modes=(0.0, 0.6, 0.0))
    table = analysis_tables(truth, seed=5)["enrolment"]
    lost = (table["engagement_z"] > 0.5) & (np.random.default_rng(1).uniform(size=len(table)) < 0.4)
    return table.assign(completed=table["completed"].mask(lost))


@pytest.fixture(scope="module")
def found(enrolment) -> pd.DataFrame:
    return tipping_points(imputation_task(PLAN), {"enrolment": enrolment})


def test_grid_runs_from_none_to_all(found, enrolment):
    assert TABLES["tipping"].validate(found) is found
    one = found[found["term"] == "engagement"]
    assert one["delta"].tolist() == [-math.inf, -1.0, 0.0, 1.0, math.inf]
    assert one["share"].iloc[0] == 0.0 and one["share"].iloc[-1] == 1.0
    assert one["share"].is_monotonic_increasing and one["estimate"].is_monotonic_increasing
    assert set(one["unseen"]) == {int(enrolment["completed"].isna().sum())}
    assert one["m"].tolist() == [1, 4, 4, 4, 1]


@pytest.mark.parametrize(("value", "place"), [(0.0, 0), (1.0, -1)])
def test_ends_of_the_grid_are_the_fit_with_everybody_counted_so(found, enrolment, value, place):
    table = enrolment.assign(completed=enrolment["completed"].fillna(value))
    fit = estimate_outcome(PLAN.predictors, MODEL, MODEL.outcomes[0], table)
    assert isinstance(fit, Estimated)
    row = found[found["term"] == "engagement"].iloc[place]
    assert row["estimate"] == pytest.approx(fit.inference.beta[fit.inference.place("engagement_z")], abs=1e-9)


def test_a_change_is_seen_where_it_is_and_the_model_s_own_guess_changes_nothing(found):
    one = found[found["term"] == "engagement"].set_index("delta")
    assert one["primary"].iloc[0] > 0.2
    assert bool(one.loc[-math.inf, "changed"]) and not bool(one.loc[0.0, "changed"])
    assert one.loc[0.0, "estimate"] == pytest.approx(one["primary"].iloc[0], abs=2 * one.loc[0.0, "se"])


def test_refits_of_many_rows_take_over_how_much_larger_errors_are(found, enrolment, monkeypatch):
    """The search is the same, so that estimates are; standard errors agree to 1 %."""
    monkeypatch.setattr("alliance_modes.models.outcome.MANY_ROWS", 0)
    again = tipping_points(imputation_task(PLAN), {"enrolment": enrolment})
    assert again["estimate"].to_numpy() == pytest.approx(found["estimate"].to_numpy(), abs=1e-4)
    ratio = (again["se"] / found["se"]).to_numpy()
    assert not (ratio == 1.0).all() and ratio == pytest.approx(np.ones(len(ratio)), abs=0.01)


def test_said_where_every_outcome_was_seen_and_where_nothing_can_be_fitted(enrolment):
    seen = tipping_points(imputation_task(PLAN), {"enrolment": enrolment.dropna(subset=["completed"])})
    assert seen[["status", "reason"]].values.tolist() == [["not_run", "every outcome was seen"]]
    assert tipping_points(imputation_task(PLAN), {"enrolment": enrolment.head(0)})["status"].tolist() == [
        "not_run"
    ]
