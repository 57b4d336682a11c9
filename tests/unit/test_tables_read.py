"""A table is read whole, or only some of its columns."""

from __future__ import annotations

import pandas as pd

from alliance_modes.ground.files import read_parquet, write_parquet


def test_a_table_is_read_whole_or_in_some_of_its_columns(tmp_path):
    table = pd.DataFrame({"a": [1, 2], "b": ["x", None], "c": [0.5, 1.5]})
    write_parquet(table, tmp_path / "table.parquet")
    assert list(read_parquet(tmp_path / "table.parquet")) == ["a", "b", "c"]
    some = read_parquet(tmp_path / "table.parquet", ["c", "a"])
    assert sorted(some) == ["a", "c"] and some["a"].tolist() == [1, 2]
