"""The dictionary of columns and the check at every boundary."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alliance_modes.dictionary.canonical import (
    TABLES,
    dictionary,
    empty_table,
    item_columns,
    table_columns,
    validate,
)
from alliance_modes.dictionary.columns import DTYPES
from alliance_modes.ground.errors import TableError


def sessions() -> pd.DataFrame:
    table = empty_table("sessions").reindex(range(3))
    for name, dtype in table_columns("sessions").items():
        table[name] = table[name].astype(dtype)
    table["enrolment_id"] = pd.array(["a", "a", None], dtype="str")
    table["session_no"] = pd.array([1, 2, None], dtype="Int64")
    table["rupture"] = pd.array(["none", "withdrawal", None], dtype="str")
    table["source_file"] = pd.array(["s.csv"] * 3, dtype="str")
    table["source_row"] = pd.array([2, 3, 4], dtype="Int64")
    return table


def refusals(table: pd.DataFrame, name: str = "sessions"):
    with pytest.raises(TableError) as caught:
        validate(name, table)
    return caught.value.problems


def test_dictionary_is_consistent():
    for name in TABLES:
        table = dictionary().table(name)
        assert set(table.key) <= set(table.columns)
        for column in table.columns.values():
            assert (column.type == "category") == bool(column.values)
            assert column.meaning and column.type in DTYPES
            if column.low is not None:
                assert column.low < column.high


def test_tables_have_the_item_columns_of_the_contract():
    assert len(item_columns("practitioner_survey")) == 18
    assert item_columns("sessions")[-1] == "srs_4" and len(item_columns("sessions")) == 9
    assert item_columns("alliance")[0] == "item_1" and len(item_columns("alliance")) == 36
    assert len(item_columns("group_climate")) == 12
    assert list(table_columns("alliance"))[-2:] == ["source_file", "source_row"]


@pytest.mark.parametrize("name", TABLES)
def test_empty_table_is_valid(name):
    assert len(validate(name, empty_table(name))) == 0


def test_valid_table_is_returned_as_it_is_whatever_its_index():
    table = sessions()
    assert validate("sessions", table) is table
    validate("sessions", table.set_index(pd.Index([7, 7, 9])))


def test_items_of_a_study_s_own_instrument_are_welcome():
    table = sessions()
    table.insert(len(table.columns) - 2, "own_scale_1", np.nan)
    validate("sessions", table)


@pytest.mark.parametrize(
    ("column", "dtype"),
    [
        ("held_on", "datetime64[ns]"),
        ("session_no", "float64"),
        ("attended", "object"),
        ("srs_1", "Float64"),
        ("rupture", "object"),
    ],
)
def test_other_dtypes_are_refused_nanoseconds_too(column, dtype):
    table = sessions()
    table[column] = table[column].astype(dtype)
    (problem,) = refusals(table)
    assert problem.column == column and dtype in problem.message


def test_missing_unknown_and_displaced_columns_are_all_named():
    table = sessions().drop(columns=["held_on"]).rename(columns={"attended": "atended"})
    assert {problem.column for problem in refusals(table)} == {"held_on", "attended", "atended"}
    displaced = sessions()[list(reversed(table_columns("sessions")))]
    assert "out of order" in refusals(displaced)[0].message


def test_all_values_that_break_a_rule_are_named_with_their_rows():
    table = sessions()
    table["use_educative"] = pd.array([5, 2, 9], dtype="Int64")
    table["rupture"] = pd.array(["none", "storm", None], dtype="str")
    found = {problem.column: problem for problem in refusals(table)}
    assert set(found) == {"use_educative", "rupture"}
    assert found["use_educative"].rows == (2, 4) and "5, 9" in found["use_educative"].message
    assert found["rupture"].rows == (3,) and "storm" in found["rupture"].message


def test_every_row_has_a_source():
    table = sessions()
    table["source_row"] = pd.array([0, 3, None], dtype="Int64")
    table["source_file"] = pd.array(["s.csv", None, "s.csv"], dtype="str")
    assert {problem.column for problem in refusals(table)} == {"source_row", "source_file"}
