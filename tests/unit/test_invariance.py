"""Invariance on simulated answers: what is equal holds, what differs is named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alliance_modes.dictionary.factors import TABLES
from alliance_modes.instruments.model import load_instruments
from alliance_modes.measurement.answers.respondents import pairs_over_time
from alliance_modes.measurement.factors.invariance import invariance_between_groups, invariance_between_raters
from alliance_modes.measurement.factors.structures import FactorStructure
from alliance_modes.measurement.factors.tables import (
    invariance_of_cohorts,
    structure_of_cohort,
)
from alliance_modes.tables.structure import invariance_sentences

INSTRUMENTS = load_instruments()
THREE = FactorStructure("subscales", {"goal": (1, 2, 3, 4), "task": (5, 6, 7, 8), "bond": (9, 10, 11, 12)})
CORRELATED = 0.5 + 0.5 * np.eye(3)


def answers(rng, factors: np.ndarray, loadings=0.8, intercepts=0.0, specific=0.0) -> pd.DataFrame:
    people = len(factors)
    values = loadings * np.repeat(factors, 4, axis=1) + intercepts + specific
    return pd.DataFrame(values + 0.6 * rng.normal(size=(people, 12)), columns=range(1, 13))


def two_groups(loadings=0.8, intercepts=0.0, people=400):
    """Group b has other factor means and variances, and the loadings and intercepts given."""
    rng = np.random.default_rng(31)
    factors = [rng.multivariate_normal(np.zeros(3), CORRELATED, people) for _ in "ab"]
    items = [answers(rng, factors[0]), answers(rng, 1.2 * factors[1] + 0.3, loadings, intercepts)]
    return pd.concat(items, ignore_index=True), pd.Series(["a"] * people + ["b"] * people)


def changed(item: int, value: float, usual: float) -> np.ndarray:
    return np.where(np.arange(1, 13) == item, value, usual)


def test_equal_measurement_holds_whatever_the_factor_means_and_variances():
    steps = invariance_between_groups(two_groups()[0], THREE, two_groups()[1])
    assert [(step.level, step.verdict, step.freed) for step in steps] == [
        (level, "holds", ()) for level in ("configural", "metric", "scalar")
    ]
    assert [step.df for step in steps] == [102, 111, 120]


def test_an_intercept_that_differs_is_named():
    items, groups = two_groups(intercepts=changed(6, 0.7, 0.0))
    *_, scalar, partial = invariance_between_groups(items, THREE, groups)
    assert (scalar.level, scalar.verdict, scalar.freed) == ("scalar", "fails", ())
    assert (partial.level, partial.verdict, partial.freed) == ("scalar", "holds", (6,))
    assert scalar.p_difference < 1e-6 < partial.p_difference


def test_a_loading_that_differs_is_named_and_its_intercept_left_free():
    items, groups = two_groups(loadings=changed(11, 0.2, 0.8))
    steps = invariance_between_groups(items, THREE, groups)
    _, metric, partial, full, scalar = steps
    assert (metric.verdict, partial.verdict, partial.freed) == ("fails", "holds", (11,))
    assert (scalar.level, scalar.verdict, scalar.freed) == ("scalar", "holds", (11,))
    assert (full.level, full.verdict, full.freed) == ("scalar", "not_checked", ())
    assert (full.df, full.df_difference) == (120, 9) and full.chi2 > scalar.chi2
    assert full.chi2_difference == pytest.approx(full.chi2 - metric.chi2, rel=0.02)
    table = pd.DataFrame([vars(step) for step in steps])
    table = table.assign(comparison="setting", rater="client", instrument="wai_sr")
    for column in ("groups", "sizes", "freed"):
        table[column] = ["; ".join(map(str, values)) for values in table[column]]
    told = " ".join(invariance_sentences(table))
    assert "Intercepts of the other items are alike" in told and "could not be tested" not in told


def test_after_loadings_that_nothing_mends_intercepts_are_not_judged():
    other = np.where(np.arange(12) % 2 == 0, 0.1, 1.0)
    items, groups = two_groups(loadings=other)
    steps = invariance_between_groups(items, THREE, groups)
    assert [step.verdict for step in steps if step.level == "metric"] == ["fails", "fails"]
    assert (steps[-1].level, steps[-1].verdict) == ("scalar", "not_checked")


def test_a_small_group_is_left_out_and_said_so():
    items, groups = two_groups()
    groups[:300] = "small"
    groups[300:400] = "tiny"
    steps = invariance_between_groups(items, THREE, groups)
    assert {step.groups for step in steps} == {("b", "small")}
    assert steps[0].left_out == ("tiny: 100 complete respondents; at least 150 are needed",)
    alone = invariance_between_groups(
        items, THREE, groups.where(groups != "small", "tiny").where(groups != "b")
    )
    assert {step.status for step in alone} == {"not_estimated"}
    assert {step.verdict for step in alone} == {"not_checked"}
    assert len(alone) == 3


def pairs(intercepts=0.0, people=400) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two raters of the same people: correlated factors, and habits that belong to each item."""
    rng = np.random.default_rng(32)
    both = rng.multivariate_normal(np.zeros(6), np.kron([[1, 0.4], [0.4, 1]], CORRELATED), people)
    habit = 0.4 * rng.normal(size=(people, 12))
    one = answers(rng, both[:, :3], specific=habit)
    return one, answers(rng, both[:, 3:] - 0.2, intercepts=intercepts, specific=habit)


def test_two_raters_of_the_same_people():
    steps = invariance_between_raters(*pairs(), THREE, ("client", "practitioner"))
    assert [step.verdict for step in steps] == ["holds"] * 3
    assert [step.df for step in steps] == [225, 234, 243]
    steps = invariance_between_raters(*pairs(changed(3, 0.8, 0.0)), THREE, ("client", "practitioner"))
    assert (steps[-2].verdict, steps[-1].freed, steps[-1].verdict) == ("fails", (3,), "holds")


def alliance(rng, people: int, practitioner_instrument: str, start: int = 0) -> dict[str, pd.DataFrame]:
    """Clean tables of a cohort in which client and practitioner rated the alliance at session 3."""
    both = rng.multivariate_normal(np.zeros(6), np.kron([[1, 0.4], [0.4, 1]], CORRELATED), people)
    rows = []
    for rater, factors, instrument in (
        ("client", both[:, :3], "wai_s"),
        ("practitioner", both[:, 3:], practitioner_instrument),
    ):
        key = INSTRUMENTS[instrument]
        column = {name: place for place, name in enumerate(("goal", "task", "bond"))}
        values = np.zeros((people, key.items))
        for name, members in key.subscales.items():
            latent = 0.8 * factors[:, [column[name]]] + 0.6 * rng.normal(size=(people, len(members)))
            values[:, np.array(members) - 1] = np.clip(np.rint(4 + 1.3 * latent), 1, 7)
        for item in key.reversed:
            values[:, item - 1] = 8 - values[:, item - 1]
        table = pd.DataFrame(values, columns=[f"item_{item}" for item in range(1, key.items + 1)])
        ids = [f"e{number}" for number in range(start, start + people)]
        rows.append(table.assign(enrolment_id=ids, session_no=3, rater=rater, instrument=instrument))
    enrolments = pd.DataFrame(
        {
            "enrolment_id": ids,
            "client_id": [f"c{number}" for number in range(people)],
            "practitioner_id": [f"p{number % 30}" for number in range(people)],
            "setting": ["custody", "community"] * (people // 2),
        }
    )
    return {"alliance": pd.concat(rows, ignore_index=True), "enrolments": enrolments}


@pytest.fixture(scope="module")
def cohort():
    return alliance(np.random.default_rng(33), 320, "wai_s")


@pytest.mark.slow
def test_tables_of_a_cohort(cohort):
    found = structure_of_cohort(cohort, INSTRUMENTS)
    assert found.fit["status"].unique().tolist() == ["ok"]
    assert found.fit["clusters"].unique().tolist() == [30]
    continuous = found.fit[found.fit["estimator"] == "ml"]
    best = continuous[continuous["structure"] == "subscales"]
    assert (best["p_robust"] > 0.001).all() and (best["cfi_robust"] > 0.98).all()
    loadings = found.loadings[found.loadings["estimator"] == "ml"]
    loadings = loadings[loadings["structure"] == "subscales"]
    assert loadings.groupby(["rater", "kind"]).size().tolist() == [3, 12, 3, 12]
    assert (loadings["ci_low"] < loadings["estimate"]).all()
    by = found.invariance.groupby("comparison")
    assert by.size().to_dict() == {"rater": 3, "setting": 6}
    assert (found.invariance["verdict"] == "holds").all()
    assert set(found.invariance.loc[found.invariance["comparison"] == "rater", "structure"]) == {"subscales"}


@pytest.mark.slow
def test_the_first_and_the_last_inventory_of_the_same_people_are_compared(cohort):
    """Item 5 is read otherwise at the end: its intercept alone is freed."""
    later = alliance(np.random.default_rng(36), 320, "wai_s")["alliance"].assign(session_no=9)
    later = later[later["rater"] == "client"]
    later["item_5"] = (later["item_5"] + 2).clip(upper=7)
    twice = {**cohort, "alliance": pd.concat([later, cohort["alliance"]], ignore_index=True)}
    found = structure_of_cohort(twice, INSTRUMENTS).invariance
    steps = found[found["comparison"] == "time"]
    assert steps[["rater", "groups", "sizes"]].drop_duplicates().to_numpy().tolist() == [
        ["client", "first; last", "320; 320"]
    ]
    told = list(zip(steps["level"], steps["freed"], steps["verdict"], strict=True))
    assert told == [
        ("configural", "", "holds"),
        ("metric", "", "holds"),
        ("scalar", "", "fails"),
        ("scalar", "5", "holds"),
    ]
    (sentence,) = invariance_sentences(steps)
    assert "between a person's first and last inventory (first 320, last 320)" in sentence


def test_the_last_of_several_is_paired_with_the_first():
    tables = alliance(np.random.default_rng(37), 8, "wai_s")
    rows = tables["alliance"][tables["alliance"]["rater"] == "client"]
    items = [name for name in rows if name.startswith("item_")]
    visits = [
        rows.assign(session_no=session, **dict.fromkeys(items, answer))
        for session, answer in ((9, 3), (1, 2), (5, 4))
    ]
    visits[0] = visits[0].iloc[:6]
    together = pd.concat([*visits[:2], visits[2].iloc[:7]], ignore_index=True)
    ((rater, pairs),) = pairs_over_time(tables | {"alliance": together}, INSTRUMENTS)
    assert (rater, pairs.raters, len(pairs.one)) == ("client", ("first", "last"), 7)
    assert pairs.one[1].tolist() == [2] * 7
    assert pairs.other[1].tolist() == [3] * 6 + [4]
    assert pairs.one.index.equals(pairs.other.index) and pairs.clusters.notna().all()
    once = tables | {"alliance": rows}
    assert list(pairs_over_time(once, INSTRUMENTS)) == []


@pytest.mark.slow
def test_raters_of_different_inventories_are_not_compared(cohort):
    other = alliance(np.random.default_rng(34), 200, "wai_36")
    found = structure_of_cohort(other, INSTRUMENTS).invariance
    rows = found[found["comparison"] == "rater"]
    assert rows["status"].tolist() == ["not_estimated"] * 3
    assert rows["reason"].str.contains("different inventories").all()


@pytest.mark.slow
def test_cohorts_are_compared_where_both_have_an_instrument(cohort):
    other = alliance(np.random.default_rng(35), 200, "wai_36", start=1000)
    found = invariance_of_cohorts({"first": cohort, "second": other}, INSTRUMENTS)
    assert TABLES["invariance"].validate(found) is found
    assert found[
        ["comparison", "rater", "instrument", "groups", "sizes"]
    ].drop_duplicates().values.tolist() == [["cohort", "client", "wai_s", "first; second", "320; 200"]]
    assert found["verdict"].tolist() == ["holds"] * 3
    assert invariance_of_cohorts({"first": cohort}, INSTRUMENTS).empty


def test_a_cohort_without_answers_gives_empty_tables():
    found = structure_of_cohort({}, INSTRUMENTS)
    assert found.fit.empty and found.loadings.empty and found.invariance.empty
    assert TABLES["invariance"].validate(found.invariance) is found.invariance
