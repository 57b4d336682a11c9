"""Scores equal hand-computed ones, missing items follow the declared rule, and nonsense is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alliance_modes.ground.errors import InstrumentError
from alliance_modes.instruments.model import load_instruments
from alliance_modes.scoring.scores import SCORES, score, score_cohort

INSTRUMENTS = load_instruments()
NAN = float("nan")


def form(name: str, answers: Mapping[int, float] | None = None, other: float = NAN) -> pd.DataFrame:
    """One administration: ``answers`` by item number, every other item ``other``."""
    instrument = INSTRUMENTS[name]
    given_ = answers or {}
    values = [given_.get(item, other) for item in range(1, instrument.items + 1)]
    return pd.DataFrame([values], columns=list(instrument.item_columns()), dtype="float64")


def scored(name: str, answers: Mapping[int, float] | None = None, other: float = NAN) -> pd.Series:
    return score(form(name, answers, other), INSTRUMENTS[name]).iloc[0]


# --- known answers ---------------------------------------------------------------------------


def test_wai_36_of_all_sevens_and_all_ones():
    # goal has 6 reversed of 12: 6 x 7 + 6 x 1; task 5 of 12: 7 x 7 + 5 x 1; bond 3 of 12: 9 x 7 + 3 x 1
    sevens, ones = scored("wai_36", other=7), scored("wai_36", other=1)
    assert [sevens[s] for s in ("goal", "task", "bond", "total")] == [48, 54, 66, 168]
    assert [ones[s] for s in ("goal", "task", "bond", "total")] == [48, 42, 30, 120]


def test_best_and_worst_alliance_reach_the_published_limits():
    wai = INSTRUMENTS["wai_36"]
    best = {item: 1 if item in wai.reversed else 7 for item in range(1, 37)}
    worst = {item: 8 - value for item, value in best.items()}
    assert [scored("wai_36", best)[s] for s in ("goal", "task", "bond", "total")] == [84, 84, 84, 252]
    assert [scored("wai_36", worst)[s] for s in ("goal", "task", "bond", "total")] == [12, 12, 12, 36]
    assert scored("wai_36", best)["total_item_mean"] == 7


def test_wai_s_and_wai_sr_by_hand():
    answers = {item: value for item, value in enumerate([5, 4, 3, 2, 1, 5, 4, 3, 2, 1, 5, 4], start=1)}
    short, revised = scored("wai_s", answers), scored("wai_sr", answers)
    # WAI-S: task 1 2 8 12; bond 3 5 7 9; goal 8-2, 5, 8-1, 5
    assert [short[s] for s in ("task", "bond", "goal", "total")] == [16, 10, 23, 49]
    # WAI-SR: task 1 2 10 12; bond 3 5 7 9; goal 4 6 8 11
    assert [revised[s] for s in ("task", "bond", "goal", "total")] == [14, 10, 15, 39]
    assert revised["goal_item_mean"] == 15 / 4


def test_item_means_of_every_scale_and_of_a_total_that_rests_on_prorated_parts():
    """Task 5 by two of its four items, bond 3, goal 1: 4 + 20 + 12 = 36 over 12; the ten answers mean 2.6."""
    answers = {item: 5.0 for item in (1, 2)} | {item: 3.0 for item in (3, 5, 7, 9)}
    row = scored("wai_sr", answers | {item: 1.0 for item in (4, 6, 8, 11)})
    means = [row[f"{scale}_item_mean"] for scale in ("goal", "task", "bond", "total")]
    assert means == pytest.approx([1.0, 5.0, 3.0, 3.0])
    assert row["total"] == 36 and row["total_items_valid"] == 10


def test_modes_survey_scores_are_mean_frequencies_and_cells():
    answers = {item: 1 + (item % 5) for item in range(1, 19)}
    row = scored("modes_of_practice", answers)
    assert row["educative"] == pytest.approx(np.mean([answers[item] for item in range(1, 7)]))
    assert row["therapeutic"] == pytest.approx(np.mean([answers[item] for item in range(13, 19)]))
    assert row["engagement_bond"] == answers[9]


def test_reversal_uses_the_declared_range_not_the_observed_one():
    """Answers of 3 to 5 only: a reversed 3 is 8 - 3 = 5, not 5 + 3 - 3."""
    row = scored("wai_s", {4: 3, 6: 5, 10: 3, 11: 5}, other=4)
    assert row["goal"] == 5 + 5 + 5 + 5


# --- the known traps -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("position", "changes_in"),
    [
        (8, {"wai_s": "task", "wai_sr": "goal"}),
        (10, {"wai_s": "goal", "wai_sr": "task"}),
    ],
)
def test_the_same_position_scores_on_another_subscale_in_another_version(position, changes_in):
    for name, expected in changes_in.items():
        before, after = scored(name, other=3), scored(name, {position: 5}, other=3)
        changed = [s for s in ("goal", "task", "bond") if before[s] != after[s]]
        assert changed == [expected]


def test_wai_sr_with_a_six_or_seven_is_refused_and_the_likely_version_named():
    responses = pd.concat([form("wai_sr", other=4), form("wai_sr", {3: 7, 9: 6}, other=4)], ignore_index=True)
    responses = responses.assign(source_file="alliance.sav", source_row=[2, 3])
    with pytest.raises(InstrumentError) as raised:
        score(responses, INSTRUMENTS["wai_sr"])
    text = str(raised.value)
    assert 'alliance.sav, row 3, column "wai_sr_3": 7 is not a response of wai_sr' in text
    assert 'column "wai_sr_9": 6 is not' in text
    assert "wai_s (12 items, 1 to 7)" in text


def test_a_half_filled_form_is_not_scored_low():
    """Every item answered 6 or not at all: a plain sum would give 12 of 84 for two answers in twelve."""
    bond = INSTRUMENTS["wai_36"].subscales["bond"]
    kept = [item for item in bond if item not in INSTRUMENTS["wai_36"].reversed]
    half = scored("wai_36", {item: 6 for item in kept[:6]})
    fewer = scored("wai_36", {item: 6 for item in kept[:5]})
    assert half["bond"] == 72 and half["bond_prorated"] and half["bond_items_valid"] == 6
    assert np.isnan(fewer["bond"]) and fewer["bond_items_valid"] == 5 and not fewer["bond_prorated"]


# --- missing items ---------------------------------------------------------------------------


def test_the_total_is_the_sum_of_its_subscales_and_missing_where_one_is():
    full = {item: 4.0 for item in range(1, 13)}
    partly = scored("wai_sr", {**full, 4: NAN, 6: NAN, 8: 5})
    assert partly["goal"] == (5 + 4) / 2 * 4
    assert partly["total"] == partly["goal"] + partly["task"] + partly["bond"]
    assert partly["total_prorated"] and partly["total_items_valid"] == 10
    without_goal = scored("wai_sr", {**full, 4: NAN, 6: NAN, 8: NAN})
    assert np.isnan(without_goal["goal"]) and without_goal["task"] == 16
    assert np.isnan(without_goal["total"])


def test_srs_needs_all_four_lines_and_allows_decimals():
    assert scored("srs", {1: 9.5, 2: 8.2, 3: 10, 4: 0})["srs_total"] == pytest.approx(27.7)
    assert np.isnan(scored("srs", {1: 9.5, 2: 8.2, 3: 10})["srs_total"])


def test_group_climate_form_with_more_than_four_missing_is_invalid():
    eight = {item: 2.0 for item in (1, 2, 3, 4, 5, 6, 7, 8)}
    row = scored("gcq_s", eight)
    assert [row[s] for s in ("engaged", "avoiding", "conflict")] == [2, 2, 2]
    seven = scored("gcq_s", {item: 2.0 for item in list(eight)[:7]})
    assert seven[["engaged", "avoiding", "conflict"]].isna().all()


def test_group_climate_is_the_mean_of_the_rated_items():
    answers = {item: 3.0 for item in range(1, 13)} | {3: NAN, 5: NAN, 9: 6.0}
    row = scored("gcq_s", answers)
    assert row["avoiding"] == 6 and row["avoiding_items_valid"] == 1 and row["avoiding_prorated"]


def test_an_unanswered_form_has_no_score():
    row = scored("wai_sr")
    assert row[["goal", "task", "bond", "total"]].isna().all()
    assert row["total_items_valid"] == 0


def test_integer_columns_with_missing_values_are_read():
    responses = form("wai_sr", {1: 5}, other=4).astype("Int64")
    responses.loc[0, "wai_sr_2"] = pd.NA
    row = score(responses, INSTRUMENTS["wai_sr"]).iloc[0]
    assert row["task"] == pytest.approx((5 + 4 + 4) / 3 * 4)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(1, 7)), min_size=36, max_size=36))
def test_every_score_stays_in_its_range_and_equals_a_plain_loop(answers):
    wai = INSTRUMENTS["wai_36"]
    row = score(pd.DataFrame([answers], columns=list(wai.item_columns()), dtype="float64"), wai).iloc[0]
    for scale, items in wai.subscales.items():
        keyed = [
            8 - answers[item - 1] if item in wai.reversed else answers[item - 1]
            for item in items
            if answers[item - 1] is not None
        ]
        if len(keyed) >= 6:
            assert row[scale] == pytest.approx(sum(keyed) / len(keyed) * 12, abs=1e-9)
            assert 12 <= row[scale] <= 84
            assert row[f"{scale}_prorated"] == (len(keyed) < 12)
        else:
            assert np.isnan(row[scale])


# --- refusals --------------------------------------------------------------------------------


@pytest.mark.slow
def test_all_impossible_values_are_listed_together_even_far_apart():
    responses = pd.concat([form("gcq_s", other=3)] * 120_000, ignore_index=True)
    responses.loc[5, "gcq_s_1"] = 9
    responses.loc[119_999, "gcq_s_2"] = -1
    responses.loc[7, "gcq_s_3"] = 2.5
    with pytest.raises(InstrumentError) as raised:
        score(responses, INSTRUMENTS["gcq_s"])
    found = {(problem.column, problem.value, problem.rows) for problem in raised.value.problems}
    assert found == {("gcq_s_1", "9", (6,)), ("gcq_s_2", "-1", (120_000,)), ("gcq_s_3", "2.5", (8,))}


def test_infinity_is_not_a_response():
    with pytest.raises(InstrumentError, match="inf is not a response"):
        scored("srs", {1: float("inf")}, other=5)


def test_absent_item_columns_are_named_beside_those_that_exist():
    responses = form("session_engagement", other=3).drop(columns=["session_engagement_4"])
    with pytest.raises(InstrumentError) as raised:
        score(responses, INSTRUMENTS["session_engagement"])
    assert "absent: session_engagement_4" in str(raised.value)
    assert "session_engagement_1, session_engagement_2" in str(raised.value)


def test_text_answers_are_refused():
    responses = form("srs", other=5).astype({"srs_2": "str"})
    with pytest.raises(InstrumentError, match=r'column "srs_2".*must be numbers'):
        score(responses, INSTRUMENTS["srs"])


def test_the_responses_are_left_as_they_were():
    responses = form("wai_s", other=4)
    before = responses.copy()
    score(responses, INSTRUMENTS["wai_s"])
    pd.testing.assert_frame_equal(responses, before)


# --- a cohort --------------------------------------------------------------------------------


def cohort_tables() -> dict[str, pd.DataFrame]:
    alliance = pd.DataFrame({f"item_{item}": [4.0, 3.0, 5.0] for item in range(1, 13)}).assign(
        enrolment_id=["e1", "e1", "e2"],
        session_no=[3, 3, 12],
        rater=["client", "practitioner", "client"],
        instrument=["wai_sr", "wai_s", "wai_sr"],
        completed_on=pd.to_datetime(["2024-01-03"] * 3),
        source_file="alliance.csv",
        source_row=[2, 3, 4],
    )
    sessions = pd.DataFrame({f"session_engagement_{item}": [4.0, NAN] for item in range(1, 6)}).assign(
        enrolment_id="e1",
        session_no=[1, 2],
        held_on=pd.to_datetime(["2024-01-01", "2024-01-02"]),
        source_file="sessions.csv",
        source_row=[2, 3],
    )
    survey = form("modes_of_practice", other=2).assign(
        practitioner_id="p1", wave=1, source_file="survey.csv", source_row=4
    )
    return {"alliance": alliance, "sessions": sessions, "practitioner_survey": survey}


def test_one_long_row_per_administration_and_scale():
    scores = score_cohort(cohort_tables(), INSTRUMENTS)
    assert SCORES.validate(scores) is scores
    # survey 3 subscales + 9 cells + 9 techniques; sessions: one rated session; alliance 3 inventories x 4
    rows = scores.groupby("table").size().to_dict()
    assert rows == {"alliance": 12, "practitioner_survey": 21, "sessions": 1}
    revised = scores[(scores["instrument"] == "wai_sr") & (scores["scale"] == "total")]
    assert revised["score"].tolist() == [48, 60] and revised["kind"].unique().tolist() == ["total"]
    assert revised["item_mean"].tolist() == [4, 5]
    rated = scores[scores["table"] == "sessions"].iloc[0]
    assert (rated["rater"], rated["session_no"], rated["score"]) == ("practitioner", 1, 4)
    assert rated["completed_on"] == pd.Timestamp("2024-01-01")
    assert scores.loc[scores["kind"] == "facet", "scale"].str.contains("_").all()


def flag(**changes) -> pd.DataFrame:
    row = {
        "table": "alliance", "source_file": "alliance.csv", "source_row": 4, "session_no": 12.0,
        "rater": "client", "instrument": "wai_sr", "kind": "careless", "flag": "longstring",
    }  # fmt: skip
    return pd.DataFrame([{**row, **changes}])


def test_careless_is_unknown_without_flags_and_marks_exactly_the_flagged_record():
    assert score_cohort(cohort_tables(), INSTRUMENTS)["careless"].isna().all()
    scores = score_cohort(cohort_tables(), INSTRUMENTS, flag())
    flagged = scores[scores["careless"]]
    assert flagged["source_row"].unique().tolist() == [4] and len(flagged) == 4
    assert flagged["table"].unique().tolist() == ["alliance"]
    assert not scores["careless"].isna().any()


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "contradiction"},
        {"session_no": 3.0},
        {"rater": "practitioner"},
        {"instrument": "wai_36"},
        {"source_file": "other.csv"},
        {"table": "sessions"},
    ],
)
def test_a_flag_on_another_record_or_of_another_kind_is_not_careless(changes):
    scores = score_cohort(cohort_tables(), INSTRUMENTS, flag(**changes))
    assert not scores["careless"].any()


def test_a_flag_that_names_no_session_or_inventory_counts_for_the_whole_row():
    scores = score_cohort(cohort_tables(), INSTRUMENTS, flag(session_no=NAN, rater=NAN, instrument=NAN))
    assert scores.loc[scores["careless"], "source_row"].tolist() == [4] * 4


def test_flags_read_from_an_empty_file_mark_nobody():
    scores = score_cohort(cohort_tables(), INSTRUMENTS, flag().iloc[:0].astype("object"))
    assert not scores["careless"].any() and not scores["careless"].isna().any()


def test_a_cohort_without_rows_gives_an_empty_typed_table():
    tables = {name: table.iloc[:0] for name, table in cohort_tables().items()}
    for empty in ({}, tables):
        scores = score_cohort(empty, INSTRUMENTS)
        assert scores.empty
        assert SCORES.validate(scores) is scores


def test_each_score_says_which_row_it_is_of_who_filled_it_in_and_when():
    tables = cohort_tables()
    scores = score_cohort(tables, INSTRUMENTS)
    where = ["source_file", "source_row", "enrolment_id", "session_no", "completed_on"]
    goals = scores[scores["scale"] == "goal"].sort_values("source_row")
    pd.testing.assert_frame_equal(
        goals[where].reset_index(drop=True), tables["alliance"][where], check_dtype=False
    )
    survey = scores[scores["table"] == "practitioner_survey"]
    assert survey[["practitioner_id", "wave", "source_row"]].drop_duplicates().values.tolist() == [
        ["p1", 1, 4]
    ]
    assert survey["enrolment_id"].isna().all() and goals["wave"].isna().all()


def test_a_flag_is_on_its_own_row_though_another_has_the_same_session():
    tables = cohort_tables()
    tables["alliance"]["session_no"] = 12
    scores = score_cohort(tables, INSTRUMENTS, flag())
    assert scores.loc[scores["careless"], "source_row"].unique().tolist() == [4]


def test_no_administration_gives_no_score_and_every_column():
    empty = score(form("wai_sr", other=4).iloc[:0], INSTRUMENTS["wai_sr"])
    assert len(empty) == 0 and {"total", "bond_item_mean", "goal_items_valid"} <= set(empty.columns)


def test_problems_of_several_tables_are_reported_together():
    tables = cohort_tables()
    tables["sessions"].loc[0, "session_engagement_2"] = 6
    tables["alliance"].loc[2, "item_5"] = 0
    with pytest.raises(InstrumentError) as raised:
        score_cohort(tables, INSTRUMENTS)
    assert {(p.file, p.column, p.rows) for p in raised.value.problems} == {
        ("sessions.csv", "session_engagement_2", (2,)),
        ("alliance.csv", "item_5", (4,)),
    }


def test_the_worked_example_of_the_documentation(tmp_path):
    """The instrument in docs/instruments.md, as printed there, scores as it says there."""
    text = (Path(__file__).parents[2] / "docs" / "instruments.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(id: safety_in_group.*?)```", text, re.DOTALL).group(1)
    (tmp_path / "safety_in_group.yaml").write_text(example, encoding="utf-8")
    own = load_instruments(tmp_path)["safety_in_group"]
    sessions = pd.DataFrame(
        [[3, 2, 0, 1], [3, 2, 0, NAN], [3, 2, NAN, NAN]], columns=list(own.item_columns()), dtype="float64"
    ).assign(enrolment_id="e1", session_no=[1, 2, 3], source_file="s.csv", source_row=[2, 3, 4])
    scores = score_cohort({"sessions": sessions}, load_instruments(tmp_path))
    assert scores["score"].tolist() == pytest.approx([2.25, 8 / 3, NAN], nan_ok=True)
    assert scores["rater"].unique().tolist() == ["client"]
    assert "= 2.25" in text
