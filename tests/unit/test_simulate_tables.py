"""Simulated canonical tables hold together as those of a real cohort must."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alliance_modes.dictionary.canonical import TABLES, dictionary
from alliance_modes.instruments.model import load_instruments
from alliance_modes.simulate import Simulated, load_truth, simulate_tables

ROOT = Path(__file__).parents[2]
PLANNED = 24
EARLY = {"dropped_out", "removed", "administrative"}


def demo_truth(name: str = "demo_2024"):
    return load_truth(ROOT / "data" / "raw" / name / "truth.yaml")


@pytest.fixture(scope="module", params=["demo_2024", "demo_2025"])
def simulated(request) -> Simulated:
    return simulate_tables(demo_truth(request.param))


def joined(simulated: Simulated, table: str) -> pd.DataFrame:
    """Rows of ``table`` with their enrolment's columns."""
    return simulated.tables[table].merge(
        simulated.tables["enrolments"], on="enrolment_id", validate="many_to_one"
    )


def test_sizes_are_the_declared_ones(simulated):
    enrolments = simulated.tables["enrolments"]
    assert len(simulated.tables["practitioners"]) == 40
    assert len(enrolments) == 800
    assert enrolments["group_id"].nunique() == 90
    assert enrolments["site_id"].nunique() == 6
    assert enrolments["practitioner_id"].nunique() == 40


def test_every_table_has_its_columns_and_types(simulated):
    assert tuple(simulated.tables) == TABLES
    for name in TABLES:
        for column, declared in dictionary().table(name).columns.items():
            assert str(simulated.tables[name][column].dtype) == declared.dtype, (name, column)
        assert simulated.tables[name]["source_row"].is_unique


@pytest.mark.parametrize(
    "table", ["practitioners", "practitioner_survey", "enrolments", "sessions", "alliance"]
)
def test_keys_are_unique_and_values_in_range(simulated, table):
    declared = dictionary().table(table)
    rows = simulated.tables[table]
    assert not rows.duplicated(list(declared.key)).any()
    for name, column in declared.columns.items():
        values = rows[name].dropna()
        if column.low is not None:
            assert values.between(column.low, column.high).all(), name
        if column.values:
            assert set(values) <= set(column.values), name


def test_sessions_run_without_a_gap_until_the_end(simulated):
    sessions = simulated.tables["sessions"]
    runs = sessions.groupby("enrolment_id")["session_no"].agg(["min", "max", "size"])
    assert (runs["min"] == 1).all()
    assert (runs["max"] == runs["size"]).all()
    rows = joined(simulated, "sessions")
    assert (rows["held_on"] >= rows["started_on"]).all()
    assert (rows["held_on"] <= rows["ended_on"]).all()
    assert rows.loc[rows["session_no"] == 1, "attended"].all()


def test_every_enrolment_ends_in_one_way_before_data_lock(simulated):
    enrolments = simulated.tables["enrolments"].set_index("enrolment_id")
    last = simulated.tables["sessions"].groupby("enrolment_id")["session_no"].max().reindex(enrolments.index)
    never = enrolments["status"] == "not_started"
    assert last[never].isna().all()
    assert enrolments.loc[never, ["started_on", "ended_on"]].isna().all(axis=None)
    assert (last[enrolments["status"] == "completed"] == PLANNED).all()
    assert (last[enrolments["status"].isin(EARLY)] < PLANNED).all()
    assert set(enrolments["status"]) == {"not_started", "completed", *EARLY}
    planned_end = enrolments["started_on"] + pd.Timedelta(weeks=PLANNED - 1)
    lock = pd.Timestamp(simulated.truth.calendar.data_lock)
    assert (planned_end.dropna() <= lock).all()
    assert (enrolments["referred_on"] < planned_end.fillna(lock)).all()


def test_rates_are_those_of_real_programmes(simulated):
    status = simulated.tables["enrolments"]["status"]
    assert 0.07 < (status == "not_started").mean() < 0.12
    started = status[status != "not_started"].value_counts(normalize=True)
    assert 0.58 < started["completed"] < 0.70
    assert 0.18 < started["dropped_out"] < 0.28
    assert 0.03 < started["removed"] < 0.09
    assert 0.03 < started["administrative"] < 0.09


def test_groups_have_one_lead_and_another_second_practitioner_of_the_same_site(simulated):
    enrolments = simulated.tables["enrolments"]
    per_group = enrolments.groupby("group_id")[["practitioner_id", "site_id", "programme_id"]].nunique()
    assert (per_group == 1).all(axis=None)
    site = simulated.tables["practitioners"].set_index("practitioner_id")["site_id"]
    second = enrolments.dropna(subset="co_practitioner_id")
    assert 0.4 < len(second) / len(enrolments) < 0.9
    assert (second["co_practitioner_id"] != second["practitioner_id"]).all()
    for column in ("practitioner_id", "co_practitioner_id"):
        assert (site.loc[second[column]].to_numpy() == second["site_id"].to_numpy()).all()


def test_wave_one_comes_before_the_first_group_and_percentages_sum_to_100(simulated):
    survey = simulated.tables["practitioner_survey"]
    first = simulated.tables["enrolments"].groupby("practitioner_id")["started_on"].min()
    first_wave = survey[survey["wave"] == 1].set_index("practitioner_id")["completed_on"]
    second_wave = survey[survey["wave"] == 2].set_index("practitioner_id")["completed_on"]
    assert (first_wave < first.reindex(first_wave.index)).all()
    assert (second_wave > first_wave.reindex(second_wave.index)).sum() == second_wave.index.isin(
        first_wave.index
    ).sum()
    shares = survey[["time_educative", "time_engagement", "time_therapeutic"]]
    assert (shares.sum(axis=1) == 100).all()
    assert (shares % 5 == 0).all(axis=None)


def test_inventories_are_filled_in_at_the_declared_sessions_by_those_who_came(simulated):
    inventories = simulated.tables["alliance"]
    assert set(inventories["session_no"]) == {3, 12, 24}
    sessions = simulated.tables["sessions"].set_index(["enrolment_id", "session_no"])
    rows = sessions.loc[list(zip(inventories["enrolment_id"], inventories["session_no"], strict=True))]
    assert rows["attended"].all()
    due = sessions.reset_index().query("attended and session_no in (3, 12, 24)")
    given = inventories.groupby("rater").size() / len(due)
    assert given["client"] == pytest.approx(0.92, abs=0.03)
    assert given["practitioner"] == pytest.approx(0.88, abs=0.03)


def test_answers_are_in_the_instruments_range_and_few_are_left_out(simulated):
    for (rater, name), rows in simulated.tables["alliance"].groupby(["rater", "instrument"]):
        instrument = load_instruments()[name]
        assert rater in instrument.raters
        used = rows[[f"item_{item}" for item in range(1, instrument.items + 1)]]
        answers = used.stack().dropna()
        assert answers.between(instrument.range.low, instrument.range.high).all()
        assert set(answers) == set(range(int(instrument.range.low), int(instrument.range.high) + 1))
        assert 0 < used.isna().mean(axis=None) < 0.012
        assert rows[[f"item_{item}" for item in range(instrument.items + 1, 37)]].isna().all(axis=None)


def test_only_sessions_attended_are_rated(simulated):
    sessions = simulated.tables["sessions"]
    rated = [name for name in sessions if name.startswith(("use_", "srs_", "session_engagement_"))]
    absent = sessions[~sessions["attended"]]
    assert len(absent) > 500
    assert absent[[*rated, "rupture", "rupture_resolved"]].isna().all(axis=None)
    there = sessions[sessions["attended"]]
    assert (there["rupture_resolved"].notna() == (there["rupture"] != "none")).all()
    assert there[["use_educative", "use_engagement", "use_therapeutic"]].notna().all(axis=None)


def test_groups_that_start_late_are_still_running_at_data_lock():
    truth = demo_truth()
    late = truth.model_copy(update={"calendar": truth.calendar.model_copy(update={"late_groups_share": 0.3})})
    tables = simulate_tables(late).tables
    enrolments = tables["enrolments"]
    ongoing = enrolments[enrolments["status"] == "ongoing"]
    assert 0.1 < len(ongoing) / len(enrolments) < 0.35
    assert ongoing["ended_on"].isna().all()
    lock = pd.Timestamp(truth.calendar.data_lock)
    assert (tables["sessions"]["held_on"] <= lock).all()
    assert (tables["alliance"]["completed_on"] <= lock).all()
    assert (ongoing["started_on"] + pd.Timedelta(weeks=PLANNED) > lock).all()
    assert not (enrolments.loc[enrolments["status"] != "ongoing", "ended_on"] > lock).any()


@pytest.mark.slow
def test_the_same_truth_gives_the_same_tables_and_another_seed_others():
    truth = demo_truth()
    first, again = simulate_tables(truth), simulate_tables(truth)
    other = simulate_tables(truth.with_seed(7))
    for name in TABLES:
        pd.testing.assert_frame_equal(first.tables[name], again.tables[name])
    for name in ("practitioners", "practitioner_survey", "enrolments", "sessions", "alliance"):
        assert not first.tables[name].equals(other.tables[name]), name


def test_changing_one_part_leaves_the_random_numbers_of_the_others():
    truth = demo_truth()
    changed = truth.model_copy(update={"alliance": truth.alliance.model_copy(update={"state_sd": 0.9})})
    first, second = simulate_tables(truth), simulate_tables(changed)
    pd.testing.assert_frame_equal(first.tables["practitioner_survey"], second.tables["practitioner_survey"])
    pd.testing.assert_frame_equal(first.enrolments, second.enrolments)
    assert not np.allclose(first.sessions["bond"][:500], second.sessions["bond"][:500])


@pytest.mark.slow
@pytest.mark.parametrize("enrolments", [3, 60, 6000])
def test_any_size(enrolments):
    simulated = simulate_tables(demo_truth().with_size(enrolments))
    assert len(simulated.tables["enrolments"]) == enrolments
    assert len(simulated.sessions) == len(simulated.tables["sessions"]) >= enrolments * 0.5


def test_one_practitioner_at_one_site_has_no_second():
    simulated = simulate_tables(demo_truth().with_size(20, practitioners=1, groups=2, sites=1))
    assert simulated.tables["enrolments"]["co_practitioner_id"].isna().all()
