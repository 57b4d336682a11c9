"""Analysis tables: who counts, what is between and within, and the state before each session."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from typed_tables import DATA_LOCK, enrolment, inventory, session, survey, typed

from alliance_modes.cleaning.clean import clean_cohort
from alliance_modes.derive import (
    READ,
    Derived,
    Recorded,
    derive_cohort,
    derive_tables,
    split_levels,
    standardise,
    write_derived,
)
from alliance_modes.derive import session as session_rows
from alliance_modes.derive.practitioner import evenness
from alliance_modes.dictionary.canonical import empty_table
from alliance_modes.dictionary.derive import TABLES as DERIVE
from alliance_modes.dictionary.scoring import TABLES as SCORING
from alliance_modes.ground import files
from alliance_modes.ground.errors import InstrumentError, Problem
from alliance_modes.instruments.model import load_instruments
from alliance_modes.plan.plan import CleaningRules, Exposure
from alliance_modes.relations.specifications.data import OF_SESSIONS
from alliance_modes.scoring.files import write_scores
from alliance_modes.scoring.scores import score_cohort, scored_blocks
from alliance_modes.scoring.stored import StoredScores
from alliance_modes.scoring.wide import wide_scores

BEFORE = "2024-12-01"


def derived(exposure: Exposure | None = None, **tables: pd.DataFrame) -> Derived:
    tables.setdefault("enrolments", typed("enrolments", [enrolment("e1")]))
    instruments = load_instruments()
    cleaned = clean_cohort(tables, None, CleaningRules(), DATA_LOCK, instruments)
    scores = score_cohort(cleaned.tables, instruments, cleaned.flags)
    return derive_cohort(cleaned.tables, scores, cleaned.account, exposure or Exposure(), DATA_LOCK)


def test_tables_made_alone_are_those_of_all_and_need_no_scores_of_sessions():
    tables = {
        "enrolments": typed("enrolments", [enrolment("e1")]),
        "sessions": typed("sessions", [session("e1", 1)]),
        "alliance": typed("alliance", [inventory("e1", (4.0,) * 12, session_no=1)]),
    }
    cleaned = clean_cohort(tables, None, CleaningRules(), DATA_LOCK, load_instruments())
    of_all = {name: table for name, table in cleaned.tables.items() if name not in OF_SESSIONS}
    fewer = score_cohort(of_all, load_instruments(), cleaned.flags)
    names = ("practitioner", "enrolment", "alliance")
    found = derive_tables(Recorded(cleaned.tables, fewer), cleaned.account, Exposure(), DATA_LOCK, names)
    assert tuple(found) == names
    assert len(found["alliance"]) == 1
    for name, table in found.items():
        pd.testing.assert_frame_equal(table, getattr(derived(**tables), name))


def test_files_written_in_parts_from_stored_scores_hold_what_the_tables_hold(tmp_path, monkeypatch):
    monkeypatch.setattr(session_rows, "ROWS_AT_ONCE", 3)
    people = [f"e{number}" for number in range(4)]
    tables = {
        "enrolments": typed("enrolments", [enrolment(one) for one in people]),
        "sessions": typed("sessions", [session(one, number) for one in people for number in (1, 2)]),
        "alliance": typed("alliance", [inventory(one, (4.0,) * 12, session_no=1) for one in people]),
    }
    cleaned = clean_cohort(tables, None, CleaningRules(), DATA_LOCK, load_instruments())
    blocks = scored_blocks(cleaned.tables, load_instruments(), cleaned.flags)
    names = [tmp_path / name for name in ("scores.parquet", "scores_wide.parquet", "scoring.csv")]
    made = write_scores(blocks, load_instruments(), *names)
    whole = score_cohort(cleaned.tables, load_instruments(), cleaned.flags)
    pd.testing.assert_frame_equal(SCORING["scores"].read(names[0]), whole)
    wide = SCORING["scores_wide"].read(names[1])
    pd.testing.assert_frame_equal(wide, wide_scores(whole, load_instruments()))
    counts = SCORING["scoring"].read(names[2])
    assert (made.scores, made.instruments) == (len(whole), whole["instrument"].nunique())
    assert counts["administrations"].sum() == len(whole)
    paths = [tmp_path / f"{name}.parquet" for name in ("practitioner", "enrolment", "session", "alliance")]
    recorded = Recorded(cleaned.tables, StoredScores(names[0], READ))
    counted = write_derived(recorded, cleaned.account, Exposure(), DATA_LOCK, [*paths, tmp_path / "flow.csv"])
    found = derived(**tables)
    assert counted == (4, int(found.enrolment["denominator"].sum()))
    assert len(found.session) == 8
    for path in paths:
        pd.testing.assert_frame_equal(DERIVE[path.stem].read(path), getattr(found, path.stem))


@pytest.mark.parametrize("cuts", [(0, 12), (0, 5, 12), (0, 0, 1, 11, 12)])
def test_a_file_written_in_parts_has_the_bytes_of_one_written_whole(tmp_path, monkeypatch, cuts):
    monkeypatch.setattr(files, "ROWS_OF_A_GROUP", 5)
    whole = pd.DataFrame({"name": pd.array([*"abcdefghijk", None], dtype="str"), "value": np.arange(12.0)})
    files.write_parquet(whole, tmp_path / "whole.parquet")
    with files.parquet_in_parts(tmp_path / "parts.parquet") as add:
        for first, last in pairwise(cuts):
            add(whole.iloc[first:last].reset_index(drop=True))
    assert (tmp_path / "parts.parquet").read_bytes() == (tmp_path / "whole.parquet").read_bytes()
    pd.testing.assert_frame_equal(files.read_parquet(tmp_path / "parts.parquet"), whole)
    with pytest.raises(ValueError, match="no part"), files.parquet_in_parts(tmp_path / "none.parquet"):
        pass
    assert not (tmp_path / "none.parquet").exists()


def test_scores_that_cannot_be_made_leave_no_file(tmp_path):
    def blocks():
        yield SCORING["scores"].empty()
        raise InstrumentError("the responses of this cohort", [Problem("wrong", "")])

    names = [tmp_path / name for name in ("scores.parquet", "scores_wide.parquet", "scoring.csv")]
    with pytest.raises(InstrumentError):
        write_scores(blocks(), load_instruments(), *names)
    assert not list(tmp_path.iterdir())


def column(table: pd.DataFrame, name: str) -> list:
    return [None if pd.isna(value) else value for value in table[name]]


def surveys(*rows: dict) -> pd.DataFrame:
    return typed("practitioner_survey", list(rows))


def modes(educative: float, engagement: float, therapeutic: float) -> tuple[float, ...]:
    return (educative,) * 6 + (engagement,) * 6 + (therapeutic,) * 6


def test_between_and_within_sum_to_the_value_and_the_mean_is_over_the_rows_that_count():
    table = pd.DataFrame({"x": [1.0, 3.0, 8.0, 5.0, np.nan], "who": ["a", "a", "a", "b", "b"]})
    parts = split_levels(table, "x", "who", rows=[True, True, False, True, True])
    assert parts["x_between"].tolist() == [2, 2, 2, 5, 5]
    assert parts["x_within"].tolist()[:4] == [-1, 1, 6, 0]
    assert np.isnan(parts["x_within"].iloc[4])
    both = parts.sum(axis=1, skipna=False)
    np.testing.assert_allclose(both[:4], table["x"][:4])


def test_an_observation_without_a_cluster_has_neither_part():
    table = pd.DataFrame({"x": pd.array([True, False, True], dtype="boolean"), "who": ["a", "a", None]})
    parts = split_levels(table, "x", "who")
    assert parts["x_between"].tolist()[:2] == [0.5, 0.5]
    assert parts.iloc[2].isna().all()


def test_standardised_values_have_mean_0_and_sd_1_over_the_rows_that_count():
    values = pd.Series([1.0, 2.0, 3.0, 100.0])
    assert standardise(values, [True, True, True, False]).tolist() == [-1, 0, 1, 98]
    assert standardise(pd.Series([4.0, 4.0])).isna().all()


def test_evenness_is_1_for_equal_use_and_falls_as_one_mode_takes_over():
    equal, uneven, alone = evenness(np.array([[3.0, 3, 3], [5, 1, 1], [1, 1e-12, 1e-12]]))
    shares = np.array([5, 1, 1]) / 7
    assert equal == pytest.approx(1)
    assert uneven == pytest.approx(-(shares * np.log(shares)).sum() / np.log(3))
    assert alone == pytest.approx(0, abs=1e-9)


@pytest.mark.slow
def test_mode_use_is_the_mean_over_waves_completed_before_the_first_start():
    rows = surveys(
        survey("p1", 1, modes(2, 3, 4), completed_on="2024-06-01", stance=2),
        survey("p1", 2, modes(4, 3, 4), completed_on="2024-12-01", stance=4),
        survey("p1", 3, modes(5, 5, 5), completed_on="2025-01-06", stance=5),
    )
    row = derived(practitioner_survey=rows).practitioner.iloc[0]
    assert (row["surveys"], row["educative"], row["engagement"], row["therapeutic"]) == (2, 3, 3, 4)
    assert row["educative_goal"] == 3 and row["stance"] == 3
    assert row["exposure"] == "measured"
    everything = derived(Exposure(waves="all"), practitioner_survey=rows).practitioner.iloc[0]
    assert everything["surveys"] == 3
    assert everything["educative"] == pytest.approx(11 / 3)


@pytest.mark.slow
def test_why_mode_use_is_missing_is_told_and_counted_in_the_flow():
    names = ("p1", "p2", "p3", "p4", "p5")
    starts = [enrolment(f"e{who}", practitioner_id=who) for who in names]
    rows = surveys(
        survey("p1", completed_on=BEFORE),
        survey("p2", completed_on="2025-02-01"),
        survey("p3"),
        survey("p5", answers=(3,) * 2 + (None,) * 16, completed_on=BEFORE),
        survey("p6", completed_on="2025-02-01"),
    )
    found = derived(enrolments=typed("enrolments", starts), practitioner_survey=rows)
    told = dict(zip(found.practitioner["practitioner_id"], found.practitioner["exposure"], strict=True))
    assert told == {
        "p1": "measured",
        "p2": "only_later",
        "p3": "undated",
        "p4": "no_survey",
        "p5": "not_scored",
        "p6": "measured",
    }
    assert found.practitioner.set_index("practitioner_id")["educative"].notna().tolist() == [
        True,
        False,
        False,
        False,
        False,
        True,
    ]
    boxes = found.flow.set_index("step")
    assert boxes.loc["with_exposure", "n"] == 1
    assert boxes.loc["without_exposure", "n"] == 4
    assert "1 surveyed only after" in boxes.loc["without_exposure", "label"]


@pytest.mark.slow
def test_modes_are_standardised_over_practitioners_with_a_survey():
    rows = surveys(*(survey(f"p{k}", answers=modes(k, 3, 3), completed_on=BEFORE) for k in (1, 2, 3)))
    table = derived(
        practitioner_survey=rows, practitioners=typed("practitioners", [{"practitioner_id": "p9"}])
    ).practitioner
    assert column(table, "educative_z") == [-1, 0, 1, None]
    assert column(table, "engagement_z") == [None] * 4


ENDS = [
    ("done", "completed", "2025-01-06", 8),
    ("left", "dropped_out", "2025-01-06", 8),
    ("sent", "removed", "2025-01-06", 8),
    ("moved", "administrative", "2025-01-06", 8),
    ("late", "ongoing", "2025-01-06", 8),
    ("never", "not_started", None, 8),
    ("young", "dropped_out", "2025-06-01", 8),
    ("open", "ongoing", None, 8),
    ("undated", "completed", None, None),
    ("unknown", None, "2025-01-06", 8),
]


def ends() -> pd.DataFrame:
    return typed(
        "enrolments",
        [
            enrolment(name, status=status, started_on=start, sessions_planned=planned, ended_on=None)
            for name, status, start, planned in ENDS
        ],
    )


def test_the_denominator_started_and_was_due_to_end_by_data_lock():
    table = derived(enrolments=ends()).enrolment.set_index("enrolment_id")
    counted = table.index[table["denominator"].to_numpy(dtype=bool)].tolist()
    assert counted == ["done", "left", "sent", "moved", "late", "undated"]
    assert table["denominator"].notna().all()
    assert table.loc["done", "planned_end_on"] == pd.Timestamp("2025-02-24")


def test_completion_is_1_0_or_missing():
    table = derived(enrolments=ends()).enrolment.set_index("enrolment_id")
    assert table["completed"].dropna().to_dict() == {"done": 1, "left": 0, "sent": 0, "undated": 1}
    assert table["end_kind"].isna().to_dict()["never"] and table.loc["late", "end_kind"] == "ongoing"


def test_planned_ends_follow_the_cohorts_own_rhythm():
    rows = [session("e1", number, held_on=f"2025-01-{5 + number:02d}") for number in range(1, 26)]
    enrolments = typed("enrolments", [enrolment("e1", sessions_planned=25, ended_on="2025-02-01")])
    table = derived(enrolments=enrolments, sessions=typed("sessions", rows)).enrolment
    assert table["planned_end_on"].tolist() == [pd.Timestamp("2025-01-30")]


def test_flow_children_sum_to_their_parent_in_every_split():
    enrolments = pd.concat([ends(), ends().head(2)], ignore_index=True)
    alliance = typed("alliance", [inventory("done", (1, 2, 3, 4, 5, 6) * 2, session_no=3)])
    flow = derived(enrolments=enrolments, alliance=alliance).flow
    n = flow.set_index("step")["n"]
    assert flow["step"].is_unique
    for (parent, split), children in flow.dropna(subset=["parent"]).groupby(["parent", "split"]):
        assert children["n"].sum() == n[parent], (parent, split)
    assert n["enrolments_read"] == 12 and n["excluded_exact_duplicate"] == 2
    assert n["status_unknown"] == 1 and n["planned_end_after_lock"] == 2
    assert n["with_client_alliance"] == 1
    assert n[["completed", "dropped_out", "removed", "administrative", "ongoing"]].tolist() == [2, 1, 1, 1, 1]


def test_attendance_after_the_first_session_is_zero_of_zero_for_who_came_once():
    rows = [session("once", 2, attended=True), session("twice", 1), session("twice", 4, attended=True)]
    enrolments = typed("enrolments", [enrolment("once"), enrolment("twice")])
    table = derived(enrolments=enrolments, sessions=typed("sessions", rows)).enrolment
    assert column(table, "sessions_offered_after_first") == [0, 1]
    assert column(table, "sessions_attended_after_first") == [0, 1]


def test_attendance_counts_sessions_while_enrolled():
    rows = [
        session("e1", 1, held_on="2025-01-06", rupture="withdrawal", rupture_resolved=False),
        session("e1", 2, held_on="2025-01-13", attended=False),
        session("e1", 3, held_on="2025-01-20", attended=None, rupture="confrontation", rupture_resolved=True),
        session("e1", 4, held_on="2025-03-10", attended=False),
        session("never", 1),
    ]
    enrolments = typed(
        "enrolments", [enrolment("e1"), enrolment("never", status="not_started"), enrolment("e3")]
    )
    table = derived(enrolments=enrolments, sessions=typed("sessions", rows)).enrolment
    assert column(table, "sessions_offered") == [2, None, None]
    assert column(table, "sessions_attended") == [1, None, None]
    assert column(table, "sessions_offered_after_first") == [1, None, None]
    assert column(table, "sessions_attended_after_first") == [0, None, None]
    assert column(table, "last_session") == [3, None, None]
    assert column(table, "ruptures") == [2, None, None]
    assert column(table, "ruptures_unrepaired") == [1, None, None]


def test_needs_count_what_the_cohort_recorded():
    rows = [
        enrolment("e1", need_literacy=True, need_cognitive=True),
        enrolment("e2", need_literacy=False, need_cognitive=False),
        enrolment("e3", need_literacy=True),
    ]
    assert column(derived(enrolments=typed("enrolments", rows)).enrolment, "needs") == [2, 0, None]


@pytest.mark.slow
def test_covariates_are_standardised_and_split_over_the_denominator():
    rows = [
        enrolment("e1", risk_score=10, mandated=True),
        enrolment("e2", risk_score=20, mandated=False),
        enrolment("e3", risk_score=30, mandated=True, practitioner_id="p2"),
        enrolment("e4", risk_score=90, mandated=True, status="not_started"),
    ]
    table = derived(enrolments=typed("enrolments", rows)).enrolment
    assert column(table, "risk_score_z") == [-1, 0, 1, 7]
    assert column(table, "risk_score_z_between") == [-0.5, -0.5, 1, -0.5]
    assert column(table, "mandated_between") == [0.5, 0.5, 1, 0.5]
    assert column(table, "mandated_within") == [0.5, -0.5, 0, 0.5]


@pytest.mark.slow
def test_first_inventories_and_the_lead_practitioner_stand_beside_the_enrolment():
    rows = [
        inventory("e1", (3,) * 4 + (5,) * 8, session_no=8, instrument="wai_sr"),
        inventory("e1", (1, 2, 3, 4) * 3, session_no=3, instrument="wai_sr"),
    ]
    found = derived(
        alliance=typed("alliance", rows), practitioner_survey=surveys(survey("p1", completed_on=BEFORE))
    )
    row = found.enrolment.iloc[0]
    assert row["client_session_first"] == 3
    assert row["client_bond_first"] == np.mean([3, 1, 3, 1])
    assert np.isnan(row["practitioner_total_first"])
    assert row["educative"] == found.practitioner["educative"].iloc[0]
    assert row["practitioner_enrolments"] == 1


def test_an_unrepaired_rupture_stays_until_the_next_rupture_and_counts_from_the_session_after():
    course = [
        ("none", None),
        ("withdrawal", False),
        ("none", None),
        (None, None),
        ("confrontation", True),
        ("none", None),
        ("withdrawal", None),
        ("none", None),
    ]
    rows = [
        session("e1", k, rupture=kind, rupture_resolved=fixed) for k, (kind, fixed) in enumerate(course, 1)
    ]
    rows += [session("e2", 1, rupture="none"), session("e2", 2, rupture="none")]
    enrolments = typed("enrolments", [enrolment("e1"), enrolment("e2")])
    table = derived(enrolments=enrolments, sessions=typed("sessions", rows)).session
    assert column(table, "unrepaired_before") == [0, 0, 1, 1, 1, 0, 0, None, 0, 0]


def test_ruptures_that_were_never_recorded_are_missing():
    table = derived(sessions=typed("sessions", [session("e1", 1), session("e1", 2)])).session
    assert column(table, "unrepaired_before") == [None, None]


def test_events_fall_on_the_last_session_while_enrolled_and_completion_is_censored():
    statuses = {
        "e1": "dropped_out",
        "e2": "completed",
        "e3": "administrative",
        "e4": None,
        "e5": "not_started",
    }
    enrolments = typed("enrolments", [enrolment(name, status=status) for name, status in statuses.items()])
    rows = [session(name, number) for name in statuses for number in (2, 1)]
    rows.append(session("e1", 3, attended=False, held_on="2025-03-10"))
    table = derived(enrolments=enrolments, sessions=typed("sessions", rows)).session
    assert column(table, "enrolment_id") == ["e1", "e1", "e2", "e2", "e3", "e3", "e4", "e4"]
    assert column(table, "session_no") == [1, 2] * 4
    assert column(table, "ended") == [0, 1, 0, 0, 0, 1, 0, None]
    assert column(table, "end_kind") == [None, "dropped_out", None, None, None, "administrative", None, None]
    assert (
        column(table, "status")
        == ["dropped_out"] * 2 + ["completed"] * 2 + ["administrative"] * 2 + [None] * 2
    )


def test_session_scores_time_and_mode_use_in_the_session():
    items = {f"session_engagement_{item}": value for item, value in enumerate((5, 4, 3, 2, 1), 1)}
    lines = {f"srs_{line}": 9 for line in range(1, 5)}
    rows = [
        session("e1", 1, use_educative=1, **items),
        session("e1", 11, use_educative=3, **lines),
        session("e2", 1, use_educative=4),
    ]
    enrolments = typed(
        "enrolments", [enrolment("e1", sessions_planned=12), enrolment("e2", practitioner_id="p2")]
    )
    table = derived(enrolments=enrolments, sessions=typed("sessions", rows)).session
    assert column(table, "time") == [0, 1, 0]
    assert column(table, "session_engagement") == [3, None, None]
    assert column(table, "srs_total") == [None, 36, None]
    assert column(table, "use_educative_between") == [2, 2, 4]
    assert column(table, "use_educative_within") == [-1, 1, 0]


def test_flexibility_is_variation_of_use_and_its_match_to_ruptures():
    rng = np.random.default_rng(5)
    rows, ruptured = [], False
    for number in range(1, 61):
        use = {
            "use_educative": int(rng.integers(0, 5)),
            "use_engagement": 2,
            "use_therapeutic": 3 if ruptured else 1,
        }
        ruptured = not ruptured and number % 3 == 0
        rows.append(session("e1", number, rupture="withdrawal" if ruptured else "none", **use))
    enrolments = typed("enrolments", [enrolment("e1", sessions_planned=60)])
    found = derived(enrolments=enrolments, sessions=typed("sessions", rows)).practitioner.iloc[0]
    use = pd.DataFrame(rows)[["use_educative", "use_engagement", "use_therapeutic"]]
    assert found["flexibility_variation"] == pytest.approx(use.std().mean())
    towards = use["use_engagement"] + use["use_therapeutic"]
    before = (pd.DataFrame(rows)["rupture"] == "withdrawal").shift(1)
    expected = np.corrcoef(towards.diff()[1:], before[1:].astype(float))[0, 1]
    assert found["flexibility_match"] == pytest.approx(expected)
    assert expected > 0.8
    few = derived(enrolments=enrolments, sessions=typed("sessions", rows[:25])).practitioner.iloc[0]
    assert few["flexibility_variation"] > 0 and np.isnan(few["flexibility_match"])


@pytest.mark.slow
def test_alliance_scales_stand_side_by_side_on_the_item_range():
    rows = [
        inventory("e1", (3, 4, 2, 5, 3, 4, 2, 5, 3, 4, 2, 1), session_no=11, instrument="wai_sr"),
        inventory("e1", (7,) * 36, session_no=3, instrument="wai_36", rater="practitioner"),
    ]
    found = derived(alliance=typed("alliance", rows)).alliance.set_index("rater")
    assert found.loc["client", ["goal", "task", "bond"]].tolist() == [4.0, 3.0, 2.5]
    assert found.loc["client", "total"] == pytest.approx(38 / 12)
    assert found.loc["client", "time"] == 1
    assert found.loc["practitioner", "bond"] == (7 * 9 + 1 * 3) / 12
    assert found["careless"].tolist() == [False, True]
    assert found["practitioner_id"].tolist() == ["p1", "p1"]


def test_a_cohort_of_enrolments_and_client_alliance_alone_has_every_table():
    enrolments = typed("enrolments", [{"enrolment_id": name} for name in ("e1", "e2")])
    rows = [inventory(name, (3, 4, 2, 5) * 3, instrument="wai_sr") for name in ("e1", "e2")]
    alliance = typed("alliance", rows)
    found = derived(enrolments=enrolments, alliance=alliance)
    assert len(found.alliance) == 2 and found.alliance["bond"].notna().all()
    assert found.alliance["time"].isna().all()
    assert len(found.enrolment) == 2 and not found.enrolment["denominator"].any()
    assert found.practitioner.empty and found.session.empty
    steps = found.flow.set_index("step")["n"]
    assert steps["status_unknown"] == 2 and steps["denominator"] == 0
    assert steps["with_client_alliance"] == 2 and steps["without_exposure"] == 2


@pytest.mark.slow
def test_a_survey_without_inventories_or_sessions_has_every_column_of_a_full_cohort():
    full = derived(
        sessions=typed("sessions", [session("e1", 1)]),
        alliance=typed("alliance", [inventory("e1", (3, 4, 2, 5) * 3, session_no=1)]),
        practitioner_survey=surveys(survey("p1", completed_on=BEFORE)),
    )
    bare = derived(
        practitioner_survey=surveys(survey("p1", completed_on=BEFORE)), sessions=empty_table("sessions")
    )
    for name in ("practitioner", "enrolment", "session", "alliance"):
        one, other = getattr(full, name), getattr(bare, name)
        assert one.columns.is_unique
        one = one[[column for column in one if not column.startswith("wai_s_")]]
        assert one.dtypes.astype(str).to_dict() == other.dtypes.astype(str).to_dict(), name
