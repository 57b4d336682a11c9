"""Parquet files: typed columns arrive as what they hold; nested and damaged ones are refused with a hint."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet as pq
from raw_exports import cells, read_export, refusal

from alliance_modes.drafting.recognise import recognise
from alliance_modes.readers import apart

DAY = dt.date(2024, 2, 29)
NOON = dt.datetime(2024, 2, 29, 12, 30)
UTC = dt.UTC


def saved(folder: Path, columns: dict[str, pa.Array] | pa.Table, **choices) -> Path:
    path = folder / "x.parquet"
    pq.write_table(columns if isinstance(columns, pa.Table) else pa.table(columns), path, **choices)
    return path


def read_one(folder: Path, column: pa.Array) -> list:
    return cells(read_export(saved(folder, {"a": column}), "parquet", ("a",)), "a")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pa.array(["ja", " nein ", None, ""]), ["ja", "nein", None, ""]),
        (pa.array(["a", None], pa.large_string()), ["a", None]),
        (pa.array([b"caf\xc3\xa9"], pa.binary()), ["café"]),
        (pa.array([1, None, 3], pa.int8()), [1.0, None, 3.0]),
        (pa.array([2**53 + 1, 7], pa.int64()), ["9007199254740993", 7.0]),
        (pa.array([0.1, float("nan"), None], pa.float64()), [0.1, None, None]),
        (pa.array([0.1, 2.5], pa.float32()), [0.1, 2.5]),
        (pa.array([np.float16(0.5)], pa.float16()), [0.5]),
        (pa.array([True, None, False]), ["true", None, "false"]),
        (pa.array([DAY, None], pa.date32()), [DAY, None]),
        (pa.array([DAY], pa.date64()), [DAY]),
        (pa.array([NOON], pa.timestamp("ns")), [NOON]),
        (pa.array([NOON.replace(tzinfo=UTC)], pa.timestamp("us", "UTC")), [NOON]),
        (pa.array([dt.time(9, 15)], pa.time64("ns")), [dt.time(9, 15)]),
        (pa.array([dt.timedelta(minutes=2)], pa.duration("ms")), [120.0]),
        (pa.array([Decimal("1.10"), None], pa.decimal128(5, 2)), [1.1, None]),
        (pa.array([Decimal("12345678901234567.89")], pa.decimal128(20, 2)), ["12345678901234567.89"]),
        (pa.array([None, None], pa.null()), [None, None]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_a_typed_column_arrives_as_what_it_holds(tmp_path, column, expected):
    assert read_one(tmp_path, column) == expected


def test_a_time_with_a_zone_is_what_the_clock_there_showed(tmp_path):
    late = dt.datetime(2024, 6, 30, 23, 30, tzinfo=UTC)
    berlin = pa.array([late], pa.timestamp("us", "Europe/Berlin"))
    assert read_one(tmp_path, berlin) == [dt.datetime(2024, 7, 1, 1, 30)]


def test_categories_arrive_as_their_text_in_order_of_appearance(tmp_path):
    status = pd.Categorical(["left", "completed", None, "left"], ["completed", "left", "never used"])
    path = tmp_path / "x.parquet"
    pd.DataFrame({"status": status}).to_parquet(path)
    column = read_export(path, "parquet", ("status",)).columns["status"]
    assert column.values == ("left", "completed", None) and column.codes.tolist() == [0, 1, 2, 0]


def test_nullable_columns_of_pandas_keep_their_missing_values(tmp_path):
    table = pd.DataFrame({"n": pd.array([1, None], "Int64"), "b": pd.array([None, True], "boolean")})
    table.to_parquet(tmp_path / "x.parquet")
    raw = read_export(tmp_path / "x.parquet", "parquet", ("n", "b"))
    assert cells(raw, "n") == [1.0, None] and cells(raw, "b") == [None, "true"]


def test_row_groups_follow_each_other_and_other_columns_are_passed_over(tmp_path):
    path = saved(tmp_path, {"a": pa.array(range(10)), "b": pa.array(["x"] * 10)}, row_group_size=3)
    raw = read_export(path, "parquet", ("a",))
    assert cells(raw, "a") == [float(row) for row in range(10)]
    assert raw.names == ("a", "b") and list(raw.columns) == ["a"] and raw.rows.tolist() == list(range(1, 11))


NESTED = {
    "list": pa.array([[1, 2], []]),
    "struct": pa.array([{"x": 1}, None]),
    "map": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int8())),
}


def test_a_nested_column_is_refused_where_it_is_wanted_only(tmp_path):
    path = saved(tmp_path, {"id": pa.array(["p", "q"]), **NESTED})
    assert cells(read_export(path, "parquet", ("id",)), "id") == ["p", "q"]
    for name in NESTED:
        problem = refusal(path, "parquet", ("id", name))
        assert "nested" in problem.message and problem.column == name and "flatten" in problem.hint


def test_a_name_that_stands_twice_is_refused(tmp_path):
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a "])
    problem = refusal(saved(tmp_path, table), "parquet", ("a",))
    assert "more than one column" in problem.message and problem.column == "a"


def test_bytes_that_are_no_text_are_refused(tmp_path):
    problem = refusal(saved(tmp_path, {"a": pa.array([b"\xff\xfe"], pa.binary())}), "parquet", ("a",))
    assert "cannot be read" in problem.message and "CSV" in problem.hint


def test_a_file_without_rows_is_refused(tmp_path):
    problem = refusal(saved(tmp_path, {"a": pa.array([], pa.int8())}), "parquet", ("a",))
    assert "columns but no rows" in problem.message


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
def test_a_cut_file_is_refused_with_a_hint(tmp_path, share):
    path = saved(tmp_path, {"a": pa.array([f"case {row}" for row in range(500)])})
    whole = path.read_bytes()
    path.write_bytes(whole[: max(1, int(len(whole) * share))])
    problem = refusal(path, "parquet", ("a",))
    assert "this Parquet file cannot be read" in problem.message and "Write it again" in problem.hint


@pytest.mark.slow
def test_bytes_that_were_changed_never_end_this_process(tmp_path):
    path = saved(tmp_path, {"a": pa.array(range(500)), "b": pa.array([f"{row}" for row in range(500)])})
    whole = bytearray(path.read_bytes())
    places = np.random.default_rng(5).integers(4, len(whole) - 8, 6)
    for place in places:
        damaged = whole.copy()
        damaged[place : place + 4] = b"\xff\xff\xff\x7f"
        path.write_bytes(damaged)
        try:
            raw = read_export(path, "parquet", ("a", "b"))
        except apart.CohortError as error:
            assert "Parquet" in str(error)
        else:
            assert len(raw.rows) == 500


def test_text_that_is_called_parquet_is_refused(tmp_path):
    path = tmp_path / "x.parquet"
    path.write_text("id,answer\n1,2\n")
    assert "cannot be read" in refusal(path, "parquet", ("id",)).message


@pytest.mark.slow
def test_a_file_that_unpacks_to_more_than_its_size_allows_is_refused(tmp_path):
    rows = 60_000_000
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype="int8")), ["x" * 40])
    path = saved(tmp_path, {"a": column})
    assert path.stat().st_size < 1_000_000
    message = refusal(path, "parquet", ("a",)).message
    assert "more memory" in message or "did not end" in message


@pytest.mark.slow
def test_a_draft_recognises_it_and_knows_its_types(tmp_path):
    table = {"enrolment_id": pa.array(["E1", "E2"]), "started_on": pa.array([DAY, DAY])}
    found = recognise(saved(tmp_path, table), "x.parquet")
    assert (found.format, found.why, found.rows) == ("parquet", "by its suffix .parquet", 2)
    assert found.facts["started_on"].kind == "date"
