"""The dictionary of result tables: what it refuses, and that what was written comes back the same."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from alliance_modes.dictionary import columns
from alliance_modes.dictionary.cleaning import TABLES as CLEANING
from alliance_modes.dictionary.columns import Column, Place, value_problems
from alliance_modes.dictionary.every import reported_tables
from alliance_modes.dictionary.named import CLIENT_ID, ENROLMENT_ID, PRACTITIONER_ID
from alliance_modes.dictionary.scoring import TABLES as SCORING
from alliance_modes.ground.errors import TableError

SCORING_COUNTS = SCORING["scoring"]


def counts() -> pd.DataFrame:
    return SCORING_COUNTS.typed(
        pd.DataFrame(
            {
                "table": "alliance",
                "rater": ["client", "practitioner", "client"],
                "instrument": ["wai_sr", "wai_sr", "=own"],
                "scale": "goal",
                "kind": "subscale",
                "items": 4,
                "administrations": [5, 6, 7],
                "scored": [5, 6, 6],
                "prorated": 0,
                "not_scored": [0, 0, 1],
            }
        )
    )


def refused(table: pd.DataFrame, path: Path, message: str, column: str = "", rows: tuple[int, ...] = ()):
    with pytest.raises(TableError) as caught:
        SCORING_COUNTS.write(table, path)
    assert not path.exists()
    (problem,) = caught.value.problems
    assert message in problem.message
    assert (problem.file, problem.column, problem.rows) == (str(path), column, rows)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_table_comes_back_as_it_was_written(tmp_path, suffix):
    path = tmp_path / f"scoring.{suffix}"
    SCORING_COUNTS.write(counts(), path)
    pd.testing.assert_frame_equal(SCORING_COUNTS.read(path), counts())
    SCORING_COUNTS.write(SCORING_COUNTS.empty(), path)
    pd.testing.assert_frame_equal(SCORING_COUNTS.read(path), SCORING_COUNTS.empty())


def test_empty_texts_come_back_missing_and_words_for_nothing_stay_words(tmp_path):
    account = CLEANING["account"].typed(
        pd.DataFrame(
            {"table": "sessions", "step": ["read", "excluded"], "reason": ["", "NA"], "rows": [3, 1]}
        )
    )
    CLEANING["account"].write(account, tmp_path / "account.csv")
    read = CLEANING["account"].read(tmp_path / "account.csv")
    assert read["reason"].isna().tolist() == [True, False] and read["reason"].iloc[1] == "NA"


def test_another_dtype_order_or_column_is_refused(tmp_path):
    path = tmp_path / "scoring.csv"
    refused(counts().astype({"scored": "float64"}), path, "dtype is float64, not Int64", "scored")
    refused(counts()[list(SCORING_COUNTS.columns)[::-1]], path, "out of order")
    refused(counts().drop(columns="kind"), path, "the column is missing", "kind")
    refused(counts().assign(kinds="a"), path, "not a column of the table", "kinds")


def test_a_value_out_of_range_or_list_and_a_gap_are_refused_with_their_rows(tmp_path):
    path = tmp_path / "scoring.csv"
    refused(
        counts().assign(items=pd.array([0, 4, -1], dtype="Int64")),
        path,
        "at least 1 (0, -1)",
        "items",
        (2, 4),
    )
    refused(counts().assign(kind=["facet", "sub", "total"]), path, "(sub)", "kind", (3,))
    refused(counts().assign(scale=["goal", "", "task"]), path, "a value in every row", "scale", (3,))


def test_rows_with_one_key_are_refused(tmp_path):
    again = pd.concat([counts(), counts().iloc[:1]], ignore_index=True)
    refused(again, tmp_path / "scoring.csv", "repeat another in table, rater", rows=(5,))


def test_all_failures_are_named_at_once_and_no_rows_where_there_must_be_some():
    wrong = counts().assign(items=pd.array([0, 4, 4], dtype="Int64"), kind="sub")
    with pytest.raises(TableError) as caught:
        SCORING_COUNTS.validate(wrong)
    assert {problem.column for problem in caught.value.problems} == {"items", "kind"}
    with pytest.raises(TableError, match="no rows"):
        CLEANING["account"].validate(CLEANING["account"].empty())


VALUES = {
    "number": ([], [None, None], [0.5, None], [0.0, 1.0], [-0.1, 0.5], [0.5, 1.1], [float("inf")]),
    "integer": ([], [None, None], [0, None], [0, 1], [-1, 0], [1, 2]),
    "boolean": ([None], [True, False]),
    "date": ([None], ["2024-01-31"]),
    "category": ([], [None], [""], ["a", "b"], ["a", None], ["a", ""], ["a", "c"]),
    "label": ([], [None], [""], ["a", None], ["a", ""], ["a"]),
}
RULES: dict[str, tuple[dict[str, object], ...]] = {
    "number": ({"low": 0}, {"high": 1}, {"low": 0, "high": 1}, {}),
    "integer": ({"low": 0}, {"high": 1}, {"low": 0, "high": 1}, {}),
    "category": ({"values": ("a", "b")},),
}


@pytest.mark.parametrize("kind", VALUES)
def test_the_first_look_at_a_column_finds_what_the_second_does(monkeypatch, kind):
    place = Place("scores.csv", "scores", lambda rows: rows + 2)

    def broken(values: pd.Series, column: Column) -> list[object]:
        return list(value_problems(values.to_frame("one"), {"one": column}, place))

    for rules in RULES.get(kind, ({},)):
        for filled in (False, True):
            column = Column.model_validate({"type": kind, "meaning": "", "filled": filled, **rules})
            for given in VALUES[kind]:
                values = pd.Series(given, dtype="object").astype(column.dtype)
                looked = broken(values, column)
                with monkeypatch.context() as patched:
                    patched.setattr(columns, "keeps_rules", lambda *_: False)
                    assert looked == broken(values, column)


def test_a_file_that_was_edited_is_refused_with_column_and_row(tmp_path):
    path = tmp_path / "scoring.csv"
    SCORING_COUNTS.write(counts(), path)
    path.write_text(path.read_text().replace(",7,6,0,1", ",7,six,0,1"))
    with pytest.raises(TableError) as caught:
        SCORING_COUNTS.read(path)
    (problem,) = caught.value.problems
    assert (problem.file, problem.column, problem.rows) == (str(path), "scored", (4,))
    assert "six" in problem.message
    path.write_text(path.read_text().replace("prorated", "pro rated"))
    with pytest.raises(TableError, match="is missing"):
        SCORING_COUNTS.read(path)


def test_patterns_stand_for_every_scale_and_keep_its_columns_together():
    wide = SCORING["scores_wide"]
    columns = wide.with_names(scale=["goal", "session_engagement"])
    table = pd.DataFrame({name: pd.Series(dtype=column.dtype) for name, column in columns.items()})
    assert list(table.columns)[11:15] == ["goal", "goal_item_mean", "goal_items_valid", "goal_prorated"]
    assert wide.validate(table) is table
    with pytest.raises(TableError, match='column "goal_prorated": the column is missing'):
        wide.validate(table.drop(columns="goal_prorated"))
    with pytest.raises(TableError, match="out of order"):
        wide.validate(table[["goal", *table.columns.drop("goal")]])
    with pytest.raises(TableError, match="not Int64"):
        wide.validate(table.astype({"goal_items_valid": "float64"}))
    with pytest.raises(TableError, match="not a column of the table"):
        wide.validate(table.assign(Goal=1.0))


def test_a_table_with_an_id_of_a_person_says_that_it_is_of_people():
    of_people = {ENROLMENT_ID, CLIENT_ID, PRACTITIONER_ID}
    named = {table.name for table in reported_tables() if of_people & set(table.columns)}
    assert named and named <= {table.name for table in reported_tables() if table.of_people}
