"""Correlations of scales, error of a score, and every table of measurement of a cohort."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_reliability import INSTRUMENTS, answers, inventory

from alliance_modes.dictionary.measurement import TABLES
from alliance_modes.measurement.items.correlations import fisher_interval, scale_correlation
from alliance_modes.measurement.items.scales import describe_scale, item_responses
from alliance_modes.measurement.reliability.standard_error import measurement_error
from alliance_modes.measurement.tables import measurement_tables
from alliance_modes.scoring.scores import score_cohort


def test_fisher_interval_equals_scipy():
    from scipy.stats import pearsonr

    rng = np.random.default_rng(1)
    one = rng.normal(size=30)
    other = one + rng.normal(size=30)
    found = pearsonr(one, other)
    expected = found.confidence_interval()
    assert fisher_interval(found.statistic, 30) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_disattenuated_correlation_by_hand():
    """r = .6 with reliabilities .9 and .4 is .6 / .6 = 1."""
    rng = np.random.default_rng(2)
    raw = rng.normal(size=(50, 2))
    raw -= raw.mean(axis=0)
    exact = raw @ np.linalg.inv(np.linalg.cholesky(np.cov(raw.T))).T @ np.array([[1, 0.6], [0, 0.8]])
    one, other = pd.Series(exact[:, 0]), pd.Series(exact[:, 1])
    found = scale_correlation(one, other, (0.9, 0.4))
    assert (found.r, found.disattenuated) == pytest.approx((0.6, 1.0), abs=1e-12)
    assert found.disattenuated_high > 1
    bare = scale_correlation(one, other, (0.9, None))
    assert bare.disattenuated is None and "not known" in bare.reason and bare.status == "ok"
    assert scale_correlation(one, other, (0.9, 0.2)).disattenuated is None
    assert scale_correlation(one.head(9), other).status == "not_estimated"
    assert scale_correlation(one * 0, other).reason == "one of the scores does not vary"


def test_a_change_by_error_alone_exceeds_the_smallest_detectable_change_in_5_percent():
    error = measurement_error(sd=2.0, reliability=0.75)
    assert error.sem == pytest.approx(1.0, abs=1e-12)
    assert error.sdc == pytest.approx(1.959963984540054 * math.sqrt(2), abs=1e-12)
    rng = np.random.default_rng(3)
    true = rng.normal(0, math.sqrt(3.0), 40_000)
    before, after = (true + rng.normal(0, 1, 40_000) for _ in range(2))
    share = (np.abs(after - before) > error.sdc).mean()
    assert abs(share - 0.05) < 3 * math.sqrt(0.05 * 0.95 / 40_000)


def test_floor_ceiling_and_missing_of_a_scale():
    instrument = INSTRUMENTS["wai_sr"]
    keyed = pd.DataFrame([[1, 1, 1, 1], [5, 5, 5, 5], [5, 5, 5, 4], [3, np.nan, 3, 3], [np.nan] * 4])
    found: dict[str, Any] = describe_scale(keyed, instrument, "goal", 0.84, "omega")
    assert (found["answered"], found["complete"], found["cells"], found["missing"]) == (4, 3, 16, 1)
    assert (found["floor"], found["ceiling"]) == pytest.approx((1 / 3, 1 / 3))
    assert found["sem"] == pytest.approx(found["sd"] * 0.4)
    assert found["sem_score"] == pytest.approx(4 * found["sem"])
    without = describe_scale(keyed, instrument, "goal", None, "")
    assert without["status"] == "not_estimated" and "sem" not in without


def test_responses_are_counted_and_fractions_go_to_the_nearest():
    whole = item_responses(pd.DataFrame({4: [1.0, 1, 5, np.nan]}), INSTRUMENTS["wai_sr"])
    assert whole["count"].tolist() == [2, 0, 0, 0, 1] and whole["n"].unique().tolist() == [3]
    assert whole["share"].sum() == pytest.approx(1)
    lines = item_responses(pd.DataFrame({1: [0.4, 0.5, 9.6, 10.0]}), INSTRUMENTS["srs"])
    assert lines.set_index("response")["count"].to_dict() == {0: 1, 1: 1, 10: 2} | dict.fromkeys(
        range(2, 10), 0
    )


@pytest.fixture(scope="module")
def cohort() -> dict[str, pd.DataFrame]:
    first, later = inventory(31, 60, "wai_sr"), inventory(32, 60, "wai_sr").assign(session_no=12)
    practitioner = inventory(33, 60, "wai_s").assign(rater="practitioner")
    sessions = pd.DataFrame(answers(34, 120, 5, high=5)).set_axis(
        [f"session_engagement_{item}" for item in range(1, 6)], axis=1
    )
    sessions = sessions.assign(
        enrolment_id=[f"e{number // 2}" for number in range(120)], session_no=[1, 2] * 60
    )
    enrolments = pd.DataFrame(
        {
            "enrolment_id": [f"e{number}" for number in range(60)],
            "practitioner_id": [f"p{number % 12}" for number in range(60)],
            "group_id": [f"g{number % 20}" for number in range(60)],
            "site_id": [f"s{number % 3}" for number in range(60)],
        }
    )
    alliance = pd.concat([first, later, practitioner], ignore_index=True)
    return {"alliance": alliance, "sessions": sessions, "enrolments": enrolments}


@pytest.mark.slow
def test_every_table_of_a_cohort(cohort):
    found = measurement_tables(cohort, score_cohort(cohort, INSTRUMENTS), INSTRUMENTS)
    assert {TABLES[name].validate(table) is table for name, table in found.items()} == {True}
    assert set(found) == {name for name, table in TABLES.items() if table.rule == "measure"}
    assert (found["reliability"]["omega_status"] == "ok").all()
    assert (found["scales"]["reliability_kind"] == "omega").all()
    pairs = found["subscale_correlations"][["rater", "first", "second"]].to_numpy().tolist()
    assert pairs[:3] == [["client", "goal", "task"], ["client", "goal", "bond"], ["client", "task", "bond"]]
    assert len(pairs) == 6
    icc = found["icc"].set_index(["instrument", "scale", "grouping"])
    assert icc.loc[("wai_sr", "goal", "practitioner"), "clusters"] == 12
    assert icc.loc[("session_engagement", "session_engagement", "group"), "unit"].startswith("mean over")
    assert icc.loc[("wai_s", "bond", "site"), "reason"] == "3 clusters; at least 5 are needed"
    repeated = found["reliability_repeated"].set_index(["instrument", "scale"])
    assert repeated.loc[("wai_sr", "goal"), ["persons", "occasions"]].tolist() == [60, 2]
    assert "wai_s" not in repeated.index.get_level_values(0)
    agreement = found["agreement_raters"].set_index("scale")
    assert agreement.index.tolist() == ["goal", "task", "bond", "total"]
    assert agreement["n"].unique().tolist() == [60] and agreement["clusters"].unique().tolist() == [12]


@pytest.mark.slow
def test_centiles_are_those_of_each_persons_first_score(cohort):
    scores = score_cohort(cohort, INSTRUMENTS)
    found = measurement_tables(cohort, scores, INSTRUMENTS)["centiles"].set_index(["instrument", "scale"])
    goal = scores[(scores["instrument"] == "wai_sr") & (scores["scale"] == "goal")].sort_values("session_no")
    first = goal.drop_duplicates("enrolment_id")["score"]
    row = found.loc[("wai_sr", "goal")]
    assert row[["lowest", "highest", "n"]].tolist() == [4, 20, 60]
    expected = np.percentile(first, [5, 25, 50, 75, 95])
    np.testing.assert_allclose(row[["p05", "p25", "p50", "p75", "p95"]].astype(float), expected)
    few = {name: table[table["enrolment_id"].isin(["e0", "e1", "e2"])] for name, table in cohort.items()}
    some = measurement_tables(few, score_cohort(few, INSTRUMENTS), INSTRUMENTS)["centiles"]
    assert some["p50"].isna().all() and set(some["status"]) == {"not_estimated"}
    assert some["reason"].str.startswith("3 complete respondents").any()


def test_a_cohort_without_inventories_gives_empty_typed_tables():
    found = measurement_tables({}, score_cohort({}, INSTRUMENTS), INSTRUMENTS)
    for name, table in found.items():
        assert table.empty and TABLES[name].validate(table) is table
