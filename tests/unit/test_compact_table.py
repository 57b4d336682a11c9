"""Tables held by column: what comes out whole is what went in, whatever was taken away between."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alliance_modes.ground.compact_table import (
    CompactColumn,
    CompactTable,
    compact,
    nothing_held,
    smallest,
    stacked,
)

DAYS = pd.to_datetime(["2024-01-02", None, "2024-03-04"]).as_unit("us")


def held() -> CompactTable:
    """Five rows: ids of which two places hold the same, ratings, days, and a number of its own for each."""
    columns = {
        "id": CompactColumn(pd.array(["a", "b", "a", None], dtype="str"), np.array([0, 1, 2, 3, 1], "int8")),
        "rating": CompactColumn(pd.Series([3.0, np.nan, 4.5]).array, np.array([2, 0, 1, 0, 0], "int8")),
        "day": CompactColumn(pd.Series(DAYS).array, np.array([0, 1, 2, 2, 0], "int8")),
        "row": CompactColumn(pd.array([2, 3, 4, 5, 6], dtype="Int64")),
    }
    return CompactTable(columns, pd.RangeIndex(5))


def whole() -> pd.DataFrame:
    """The same as a DataFrame."""
    return pd.DataFrame(
        {
            "id": pd.array(["a", "b", "a", None, "b"], dtype="str"),
            "rating": [4.5, 3.0, np.nan, 3.0, 3.0],
            "day": pd.Series(DAYS).take([0, 1, 2, 2, 0]).array,
            "row": pd.array([2, 3, 4, 5, 6], dtype="Int64"),
        }
    )


@pytest.fixture(params=[held, lambda: compact(whole())], ids=["coded", "dense"])
def table(request) -> CompactTable:
    """The rows, held both ways."""
    return request.param()


def test_a_table_and_some_of_its_rows_come_out_whole(table):
    pd.testing.assert_frame_equal(table.frame(), whole())
    some = np.array([True, False, True, False, True])
    kept = table.rows(some)
    pd.testing.assert_frame_equal(kept.frame(), whole()[some])
    pd.testing.assert_frame_equal(kept.rows(np.array([2, 0])).frame(), whole().iloc[[4, 0]])
    pd.testing.assert_frame_equal(
        kept.counted_anew().frame(["row"]), whole()[some][["row"]].reset_index(drop=True)
    )
    pd.testing.assert_series_equal(kept["day"], whole()[some]["day"])


def test_cells_are_blanked_in_the_rows_that_are_kept_and_nowhere_else(table):
    kept = table.rows(np.array([1, 2, 4]))
    blanked = kept.blanked("id", np.array([True, False, False]))
    assert blanked["id"].isna().tolist() == [True, False, False]
    assert table["id"].isna().tolist() == [False, False, False, True, False]
    days = kept.blanked("day", np.array([False, True, False]))["day"]
    assert days.isna().tolist() == [True, True, False] and days.dtype == "datetime64[us]"
    assert kept.blanked("row", np.array([False, False, True]))["row"].tolist() == [3, 4, pd.NA]


def test_equal_values_have_equal_numbers_and_missing_ones_none(table):
    numbers = table.numbered(["id", "rating"])
    assert numbers["id"].tolist() == [0, 1, 0, -1, 1]
    assert numbers["rating"].nunique() == 3 and numbers["rating"].tolist()[2] == -1
    assert table.given("rating").tolist() == [True, True, False, True, True]
    assert sorted(table.rows(np.array([1, 4])).distinct("id")) in (["b"], ["b", "b"])


def test_ids_are_met_and_looked_up_and_a_missing_one_meets_nothing(table):
    known = CompactColumn(pd.array(["b", None, "c"], dtype="str"), np.array([0, 1, 1], "int8"))
    assert table.among("id", known).tolist() == [False, True, False, False, True]
    found = table.looked_up("id", pd.Series([7, 8], index=["a", "x"], dtype="Int64", name="planned"))
    assert found.isna().tolist() == [False, True, False, True, True] and found.dtype == "Int64"


def test_numbers_of_absent_columns_are_missing(table):
    numbers = table.numbers(["rating", "other", "row"], np.array([0, 2]))
    np.testing.assert_array_equal(numbers, [[4.5, np.nan, 2], [np.nan, np.nan, 4]])


def test_tables_are_stacked_in_their_order_and_codes_grow_with_the_values():
    many = pd.Series([f"id {number}" for number in range(200)]).array
    columns = {
        "id": CompactColumn(many, np.arange(200, dtype="int16")),
        "rating": nothing_held(200, "float64"),
        "day": nothing_held(200, "datetime64[us]"),
        "row": CompactColumn(pd.array(range(200), dtype="Int64")),
    }
    found = stacked([held().rows(np.array([0, 4])), CompactTable(columns, pd.RangeIndex(200))])
    expected = pd.concat([whole().iloc[[0, 4]], CompactTable(columns, pd.RangeIndex(200)).frame()])
    pd.testing.assert_frame_equal(found.frame(), expected.reset_index(drop=True))


@pytest.mark.parametrize("values, kind", [(0, "int8"), (127, "int8"), (129, "int16"), (40_000, "int32")])
def test_codes_take_as_few_bytes_as_hold_them(values, kind):
    assert smallest(values) == kind
