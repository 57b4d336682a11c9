"""Chained equations and Rubin's rules: known answers, recovery, and what is not imputed."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from simulated_tables import Truth, analysis_tables

from alliance_modes.dictionary.imputation import TABLES
from alliance_modes.imputation import donors
from alliance_modes.imputation.analysis import imputed_estimates
from alliance_modes.imputation.chained import Completed, chained_imputations
from alliance_modes.imputation.pooling import pool, sets_needed
from alliance_modes.imputation.refits import filled_in
from alliance_modes.imputation.tables import completed_values, incomplete_tables, with_values
from alliance_modes.models.design.build import Selected, build_design, select_rows
from alliance_modes.models.design.design import Design
from alliance_modes.plan.parts import imputation_task
from alliance_modes.plan.plan import Imputation, Plan

SETTINGS = {"iterations": 5, "donors": 5}


def test_pooling_by_hand():
    """Estimates 1, 2, 3 with variance 2 each: B = 1, T = 2 + 4/3, l = .4, infinite df: 2 / .16 = 12.5."""
    found = pool(np.array([1.0, 2.0, 3.0]), np.full(3, 2.0), math.inf)
    assert (found.estimate, found.se) == pytest.approx((2.0, math.sqrt(10 / 3)))
    assert found.df == pytest.approx(12.5)
    assert found.increase == pytest.approx(2 / 3)
    assert found.fmi == pytest.approx((2 / 3 + 2 / 15.5) / (5 / 3))


def test_pooling_equal_data_sets_loses_nothing_but_the_small_sample_factor():
    found = pool(np.full(5, 1.5), np.full(5, 0.25), 30.0)
    assert (found.estimate, found.se, found.fmi) == (1.5, 0.5, 0.0)
    assert found.df == pytest.approx(31 / 33 * 30)


def test_sets_needed_by_hand():
    """B = 1, within 2 and 3 sets: share .4, its logit's limit -.405 + 1.96 (2/3)^.5 = 1.195, so .768."""
    estimates, variances = np.array([[1.0], [2.0], [3.0]]), np.full((3, 1), 2.0)
    assert sets_needed(estimates, variances, 0.1) == math.ceil(1 + (0.7676 / 0.1) ** 2 / 2)
    assert sets_needed(np.ones((5, 2)), np.ones((5, 2)), 0.05) == 1


def test_standard_errors_come_out_again_to_within_what_is_enough():
    """Share of missing information .2, sets made until they are enough: 1,500 times over."""
    rng, found = np.random.default_rng(3), []
    for _ in range(1500):
        estimates = rng.normal(0.0, np.sqrt(0.2), (200, 1))
        made = 5
        while made < sets_needed(estimates[:made], np.full((made, 1), 0.8), 0.05):
            made += 1
        found.append(pool(estimates[:made, 0], np.full(made, 0.8), math.inf).se)
    assert np.std(found) / np.mean(found) < 0.052
    assert np.mean(found) == pytest.approx(1.0, rel=0.01)


def two_levels(
    seed: int, people: int = 60, clients: int = 12
) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series]:
    """Clients with x (ICC .3) and y = .5 x + .6 (mean of x) + .4 w + noise; w is the practitioner's."""
    rng = np.random.default_rng(seed)
    of = np.repeat(np.arange(people), clients)
    w = rng.normal(size=people)
    x = np.sqrt(0.3) * rng.normal(size=people)[of] + np.sqrt(0.7) * rng.normal(size=len(of))
    mean = (np.bincount(of, x) / clients)[of]
    y = 0.5 * x + 0.6 * mean + 0.4 * w[of] + rng.normal(size=len(of))
    names = [f"p{i:03d}" for i in range(people)]
    frame = pd.DataFrame({"x": x, "y": y}, index=[f"e{i:04d}" for i in range(len(of))])
    return frame, pd.DataFrame({"w": w}, index=names), pd.Series(np.array(names)[of], index=frame.index)


def slopes(clients: pd.DataFrame, practitioners: pd.DataFrame, of: pd.Series) -> np.ndarray:
    """Slopes of y on x within, on the practitioner's mean of x, and on w."""
    mean = clients.groupby(of)["x"].transform("mean")
    matrix = np.column_stack(
        [np.ones(len(clients)), clients["x"] - mean, mean, practitioners["w"].reindex(of).to_numpy()]
    )
    return np.linalg.lstsq(matrix, clients["y"].to_numpy(), rcond=None)[0][1:]


@pytest.mark.slow
def test_slopes_survive_when_a_quarter_is_missing_because_of_the_outcome():
    """60 cohorts: x missing in a quarter, more often where y is high, w in a sixth. The mean of the
    pooled slopes lies within 3 Monte-Carlo errors plus .03 of that of the full data; complete cases
    miss by far more."""
    full, imputed, complete = [], [], []
    for seed in range(60):
        clients, practitioners, of = two_levels(seed)
        rng = np.random.default_rng([seed, 5])
        full.append(slopes(clients, practitioners, of))
        chance = 1 / (1 + np.exp(-(-1.5 + 1.2 * clients["y"])))
        holed = clients.assign(x=clients["x"].where(rng.uniform(size=len(clients)) > chance))
        some = practitioners.where(rng.uniform(size=(len(practitioners), 1)) > 1 / 6)
        done = chained_imputations(holed, some, of, m=3, seed=seed, **SETTINGS)
        imputed.append(np.mean([slopes(one.clients, one.practitioners, of) for one in done], axis=0))
        kept = holed["x"].notna() & some["w"].reindex(of).notna().to_numpy()
        complete.append(slopes(holed[kept], some, of[kept]))
    of_imputed, of_complete = np.array(imputed) - np.array(full), np.array(complete) - np.array(full)
    reach = 3 * of_imputed.std(axis=0, ddof=1) / np.sqrt(60) + 0.03
    assert (abs(of_imputed.mean(axis=0)) < reach).all()
    assert abs(of_complete.mean(axis=0)[0]) > 0.06


@pytest.mark.parametrize("rounded", [None, 1, 0])
def test_donors_beside_a_prediction_are_the_nearest_of_all(rounded):
    """Against all distances sorted, equal ones by place; rounded predictions have many equal ones."""
    rng = np.random.default_rng(7)
    predicted, wanted = rng.normal(size=400), 1.3 * rng.normal(size=150)
    if rounded is not None:
        predicted, wanted = predicted.round(rounded), wanted.round(rounded)
    wanted[:2] = predicted.min() - 1.0, predicted.max() + 1.0
    for count in (1, 5, 400):
        distance = np.abs(wanted[:, None] - predicted)
        every = np.argsort(distance, axis=1, kind="stable")[:, :count]
        assert (donors._beside(wanted, predicted, count) == every).all()
        near = np.take_along_axis(distance, donors.nearest_donors(wanted, predicted, count), axis=1)
        assert (np.sort(near, axis=1) == np.take_along_axis(distance, every, axis=1)).all()


def test_a_shared_design_is_the_design_of_the_completed_table(tables):
    """With a product of imputed columns, and enrolments that are not imputed."""
    model = PLAN.models["completion_moderation"]
    table, outcome = tables["enrolment"], model.outcomes[0]
    incomplete = incomplete_tables(model, model.outcomes, PLAN.predictors, tables)
    values = [
        completed_values(
            incomplete, Completed(incomplete.clients.fillna(x), incomplete.practitioners.fillna(-x))
        )
        for x in (0.5, 2.0)
    ]
    values = [one.iloc[20:] for one in values]
    first, second = (build_design(with_values(table, one), model, outcome, PLAN.predictors) for one in values)
    selected = select_rows(with_values(table, values[0]), model, outcome, PLAN.predictors)
    assert isinstance(first, Design) and isinstance(second, Design) and isinstance(selected, Selected)
    rows = values[0].index.get_indexer(table["enrolment_id"].iloc[selected.places])
    assert (rows < 0).any()
    again = filled_in(first, values[1], rows)
    pd.testing.assert_frame_equal(again.frame, second.frame)
    assert not first.frame.equals(second.frame) and again.columns == second.columns
    assert any(column.parts for column in first.columns)


def test_first_data_sets_do_not_hang_on_their_number_and_keep_what_was_observed():
    clients, practitioners, of = two_levels(3, people=20)
    holed = clients.mask(np.random.default_rng(1).uniform(size=clients.shape) < 0.1)
    two, three = (
        list(chained_imputations(holed, practitioners, of, m=m, seed=4, **SETTINGS)) for m in (2, 3)
    )
    for first, second in zip(two, three, strict=False):
        pd.testing.assert_frame_equal(first.clients, second.clients)
    for one in three:
        assert one.clients.notna().all(axis=None)
        assert (one.clients.where(holed.notna()) == holed).where(holed.notna(), True).all(axis=None)
        assert set(one.clients["x"]) <= set(holed["x"].dropna())
    assert not three[0].clients.equals(three[1].clients)


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    found = analysis_tables(Truth(practitioners=40, groups=50, enrolments=300, sessions=1), seed=6)
    rng = np.random.default_rng(2)
    lost = rng.uniform(size=300) < 0.15
    absent = {"p003", "p017"}
    for name, table in found.items():
        gone = table["enrolment_id"].map(dict(zip(found["enrolment"]["enrolment_id"], lost, strict=True)))
        table.loc[gone.to_numpy(dtype=bool), ["risk_score_z", "risk_score_z_within"]] = np.nan
        of_absent = table["practitioner_id"].isin(absent)
        table.loc[of_absent, [f"{mode}_z" for mode in ("educative", "engagement", "therapeutic")]] = np.nan
        found[name] = table
    return found


PLAN = Plan(imputation=Imputation(m=5, iterations=3), draws=200)


def test_levels_are_told_apart_and_means_follow_the_imputed_values(tables):
    model = PLAN.models["completion"]
    incomplete = incomplete_tables(model, model.outcomes, PLAN.predictors, tables)
    assert set(incomplete.practitioners) == {"educative_z", "engagement_z", "therapeutic_z"}
    assert incomplete.holes["educative_z"] == 2
    assert "outcome completed" in incomplete.clients and "outcome completed" not in incomplete.holes
    filled = Completed(incomplete.clients.fillna(2.0), incomplete.practitioners.fillna(-1.0))
    table = with_values(tables["enrolment"], completed_values(incomplete, filled))
    lost = tables["enrolment"]["risk_score_z"].isna().to_numpy()
    assert (table.loc[lost, "risk_score_z"] == 2.0).all()
    means = table.groupby("practitioner_id")["risk_score_z"].transform("mean")
    assert table["risk_score_z_between"].to_numpy() == pytest.approx(means.to_numpy(), abs=1e-12)
    whole = table["risk_score_z_between"] + table["risk_score_z_within"]
    assert whole.to_numpy() == pytest.approx(table["risk_score_z"].to_numpy(), abs=1e-12)
    assert set(table.loc[table["practitioner_id"] == "p003", "educative_z"]) == {-1.0}


@pytest.mark.slow
def test_pooled_rows_stand_beside_complete_cases(tables):
    plan = PLAN.model_copy(update={"models": {"completion": PLAN.models["completion"]}})
    found = imputed_estimates(imputation_task(plan), tables)
    assert TABLES["imputed"].validate(found) is found
    assert set(found["status"]) == {"ok"} and set(found["m"]) == {5}
    assert set(found["n"]) == {300} and found["n_complete"].iloc[0] < 270
    assert "risk_score_z" in found["reason"].iloc[0]
    row = found[(found["term"] == "risk_score") & (found["level"] == "within")].iloc[0]
    assert 0.02 < row["fmi"] < 0.7
    assert row["ci_low"] < row["estimate"] < row["ci_high"]
    assert found.equals(imputed_estimates(imputation_task(plan), tables))


def test_no_more_data_sets_are_made_than_are_enough(tables):
    imputed = Imputation(m=20, enough=0.2, models=("alliance",))
    few = imputed_estimates(imputation_task(Plan(imputation=imputed)), tables)
    few = few[few["status"] == "ok"]
    made = int(few["m"].iloc[0])
    assert set(few["m"]) == {made}
    assert 5 <= made < 20
    plain = imputed.model_copy(update={"m": made, "enough": None})
    same = imputed_estimates(imputation_task(Plan(imputation=plain)), tables)
    same = same[same["status"] == "ok"]
    assert np.array_equal(few["estimate"], same["estimate"]) and np.array_equal(few["se"], same["se"])


def test_said_where_nothing_is_missing_or_nothing_can_be_fitted(tables):
    plan = PLAN.model_copy(update={"models": {"completion": PLAN.models["completion"]}})
    whole = {"enrolment": tables["enrolment"].dropna()}
    found = imputed_estimates(imputation_task(plan), whole)
    assert found["status"].tolist() == ["not_run"]
    assert "no predictor" in found["reason"].iloc[0]
    none = imputed_estimates(imputation_task(plan), {"enrolment": tables["enrolment"].head(0)})
    assert none["status"].tolist() == ["not_run"]
    assert "no rows" in none["reason"].iloc[0]
