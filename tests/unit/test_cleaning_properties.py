"""Over generated tables: accounts balance, no row disappears, and cleaning twice equals cleaning once."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typed_tables import DATA_LOCK, data_columns, typed

from alliance_modes.cleaning.clean import Cleaned, clean_cohort
from alliance_modes.cleaning.ledger import RECORD_COLUMNS
from alliance_modes.dictionary.canonical import TABLES
from alliance_modes.instruments.model import load_instruments
from alliance_modes.missingness.missing_map import missing_map
from alliance_modes.plan.plan import CleaningRules

ENROLMENT = st.sampled_from([None, "e1", "e2", "e3", "gone"])
PRACTITIONER = st.sampled_from([None, "p1", "p2"])
DAY = st.sampled_from(
    [None, "2024-12-31", "2025-01-06", "2025-03-03", "2025-06-30", "2025-07-01", "2026-01-01"]
)
NUMBER = st.sampled_from([None, 1, 2, 9])
TRUTH = st.sampled_from([None, True, False])
SHARE = st.sampled_from([None, 20, 30, 50])


def records(most: int = 8, **columns: st.SearchStrategy) -> st.SearchStrategy:
    return st.lists(st.fixed_dictionaries(columns), max_size=most)


PATTERNS = st.sampled_from([(), (3,) * 18, (1, 2, 5) * 6, (None, 2, 2) * 6, (5, 4, 1) * 4])
"""Answers to the first items of an inventory; expanded into item columns by ``tables_of``."""
NEAR_DUPLICATES = ("two_client_ids", "enrolled_twice_at_once", "entered_twice", "ratings_repeated")
RATED = (
    "srs_1",
    "srs_2",
    "use_educative",
    "session_engagement_2",
    "session_engagement_3",
    "session_engagement_4",
)
PREFIX = {"practitioner_survey": "modes_of_practice", "alliance": "item", "group_climate": "gcq_s"}


COHORTS = st.fixed_dictionaries(
    {
        "practitioners": records(practitioner_id=PRACTITIONER, role=st.sampled_from([None, "officer"])),
        "practitioner_survey": records(
            practitioner_id=PRACTITIONER,
            wave=NUMBER,
            completed_on=DAY,
            attention_check=TRUTH,
            duration_seconds=st.sampled_from([None, 5, 300]),
            time_educative=SHARE,
            time_engagement=SHARE,
            time_therapeutic=SHARE,
            answers=PATTERNS,
        ),
        "enrolments": records(
            enrolment_id=ENROLMENT,
            client_id=st.sampled_from([None, "c1", "c2"]),
            group_id=st.sampled_from([None, "g1"]),
            practitioner_id=PRACTITIONER,
            referred_on=DAY,
            started_on=DAY,
            ended_on=DAY,
            sessions_planned=st.sampled_from([None, 8]),
            status=st.sampled_from([None, "completed", "not_started", "dropped_out", "ongoing"]),
            age_years=st.sampled_from([None, 20, 40]),
            risk_score=st.sampled_from([None, 7]),
            readiness=st.sampled_from([None, 50]),
            programme_id=st.sampled_from([None, "q"]),
            prior_convictions=st.sampled_from([None, 1, 4]),
        ),
        "sessions": records(
            enrolment_id=ENROLMENT,
            session_no=NUMBER,
            held_on=DAY,
            attended=TRUTH,
            session_engagement_1=SHARE.map(lambda share: share and 3),
            ratings=st.sampled_from([(), (8.1, 7, 2, 3, 4, 5), (8.1, 7, None, 3, 4, 5)]),
        ),
        "alliance": records(
            enrolment_id=ENROLMENT,
            session_no=NUMBER,
            completed_on=DAY,
            rater=st.sampled_from(["client", "practitioner"]),
            instrument=st.just("wai_s"),
            attention_check=TRUTH,
            answers=PATTERNS.map(lambda given: given[:12]),
        ),
        "group_climate": records(
            enrolment_id=ENROLMENT,
            group_id=st.sampled_from([None, "g1", "g2"]),
            session_no=NUMBER,
            completed_on=DAY,
            answers=PATTERNS.map(lambda given: given[:2]),
        ),
    }
)
RULES = st.sampled_from(
    [
        CleaningRules(),
        CleaningRules(exclude_flags=("longstring", "irv", "completion_time", "failed_attention_check")),
        CleaningRules(exclude_flags=("mahalanobis",), mahalanobis_p=0.5),
    ]
)


def tables_of(cohort: dict[str, list[dict]]) -> dict[str, pd.DataFrame]:
    tables = {}
    for name, rows in cohort.items():
        rows = [row | dict(zip(RATED, row.get("ratings", ()), strict=False)) for row in rows]
        items = [
            {f"{PREFIX[name]}_{item}": answer for item, answer in enumerate(row.get("answers", ()), 1)}
            for row in (rows if name in PREFIX else ())
        ]
        tables[name] = typed(
            name, [row | more for row, more in zip(rows, items, strict=True)] if items else rows
        )
    return tables


def clean(tables: Mapping[str, pd.DataFrame], rules: CleaningRules) -> Cleaned:
    return clean_cohort(tables, None, rules, DATA_LOCK, load_instruments())


def near_duplicates(cleaned: Cleaned) -> list[tuple]:
    flags = cleaned.flags[cleaned.flags["kind"] == "near_duplicate"]
    return list(flags[["table", "source_row", "flag", "value"]].itertuples(index=False, name=None))


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(cohort=COHORTS, rules=RULES)
def test_accounts_balance_no_row_disappears_and_cleaning_is_idempotent(cohort, rules):
    tables = tables_of(cohort)
    once = clean(tables, rules)
    for name in TABLES:
        lines = once.account[once.account["table"] == name].groupby("step")["rows"].sum()
        read, kept = tables[name]["source_row"].tolist(), once.tables[name]["source_row"].tolist()
        excluded = once.excluded.loc[once.excluded["table"] == name]
        assert lines["read"] == len(read) and lines["kept"] == len(kept)
        assert lines.get("excluded", 0) == len(excluded)
        assert sorted(kept + excluded["source_row"].tolist()) == read
        assert excluded["reason"].str.len().gt(0).all()
        assert kept == sorted(kept)
    twice = clean(once.tables, rules)
    assert twice.excluded.empty and twice.changes.empty
    assert near_duplicates(twice) == near_duplicates(once)
    for name in TABLES:
        pd.testing.assert_frame_equal(once.tables[name], twice.tables[name])


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(cohort=COHORTS)
def test_a_near_duplicate_is_kept_and_names_a_record_that_is_kept(cohort):
    tables = tables_of(cohort)
    cleaned = clean(tables, CleaningRules())
    for table, row, flag, value in near_duplicates(cleaned):
        kept = cleaned.tables[table].set_index("source_row")
        assert row in kept.index
        if flag == "ratings_repeated":
            one = kept[kept["enrolment_id"] == kept.loc[row, "enrolment_id"]].set_index("session_no")
            assert kept.loc[row, "session_no"] - 1 == int(value) and int(value) in one.index
        else:
            assert int(value) in kept.index
    looked = cleaned.checks[cleaned.checks["check"].isin(NEAR_DUPLICATES)]
    counts = looked.groupby("check")["found"].sum()
    found = pd.Series([flag for _, _, flag, _ in near_duplicates(cleaned)], dtype="str").value_counts()
    assert found.to_dict() == counts[counts > 0].to_dict()
    assert (looked["found"].fillna(0) <= looked["records"].fillna(0)).all()
    assert (looked["detail"].str.len() > 0).eq(looked["result"] == "not_checked").all()


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(cohort=COHORTS)
def test_the_missing_data_map_accounts_for_every_cell(cohort):
    cleaned = clean(tables_of(cohort), CleaningRules())
    none = pd.DataFrame(columns=["table", "source_file", "source_row", "column", "reason"])
    found = missing_map(cleaned.tables, none, cleaned.changes, cleaned.excluded, load_instruments())
    sums = found[(found["view"] == "item") & (found["reason"] == "") & (found["instrument"] == "")]
    for line in sums[sums["result"] == "counted"].itertuples():
        column = cleaned.tables[line.table][line.variable]
        assert line.of + line.not_applicable == len(column)
        assert sums.loc[line.Index, "count"] + line.not_applicable == column.isna().sum()
    for view in ("practitioner", "occasion", "quarter"):
        of_view = found[(found["view"] == view) & (found["reason"] == "")]
        whole = found[(found["view"] == "table") & (found["reason"] == "")]
        key = ["table", "instrument", "rater"]
        split = of_view.groupby(key)[["of", "count"]].sum()
        pd.testing.assert_frame_equal(split, whole.set_index(key)[["of", "count"]].loc[split.index])


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(cohort=COHORTS)
def test_every_changed_cell_is_listed_and_every_listed_cell_changed(cohort):
    tables = tables_of(cohort)
    cleaned = clean(tables, CleaningRules())
    changed = set()
    for name in TABLES:
        before = tables[name].set_index("source_row").loc[cleaned.tables[name]["source_row"]]
        after = cleaned.tables[name].set_index("source_row")
        for column in data_columns(before):
            differs = ~(
                (before[column] == after[column]).fillna(False)
                | (before[column].isna() & after[column].isna())
            )
            changed |= {(name, int(row), column) for row in before.index[differs.to_numpy(dtype=bool)]}
    listed = cleaned.changes[["table", "source_row", "column"]]
    listed = {(table, int(row), column) for table, row, column in listed.itertuples(index=False)}
    excluded = set(cleaned.excluded[["table", "source_row"]].itertuples(index=False, name=None))
    assert {cell for cell in listed if (cell[0], cell[1]) not in excluded} == changed
    assert list(cleaned.excluded.columns) == [*RECORD_COLUMNS, "reason"]
