"""A large table as CSV by columns: the bytes that pandas writes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alliance_modes.ground import csv_bytes as module
from alliance_modes.ground.files import write_csv


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FEWEST_ROWS", 1)
    monkeypatch.setattr(module, "ROWS_AT_ONCE", 7)


def table() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    odd = [
        0.0,
        -0.0,
        np.nan,
        np.inf,
        -np.inf,
        1.0,
        1e16,
        1e15,
        1e-5,
        1e-4,
        1e22,
        5e-324,
        0.1 + 0.2,
        -3.0,
        1e5,
    ]
    numbers = np.array([*odd, *(rng.normal(size=20) * 10.0 ** rng.integers(-12, 20, 20))])
    texts = [
        "a",
        "",
        None,
        'say "so"',
        "a,b",
        "two\nlines",
        "é 中",
        " ",
        "'",
        "NA",
        ";",
        "1.5",
        "-1",
        '"',
        "\t",
    ]
    size = len(numbers)
    days = pd.Series(pd.to_datetime(["2024-01-31", None, "1999-12-01"])).astype("datetime64[us]")
    return pd.DataFrame(
        {
            "number": numbers,
            "text, named": pd.Series([texts[place % len(texts)] for place in range(size)], dtype="str"),
            "whole": pd.array(
                [None if place % 4 == 0 else place - 9 for place in range(size)], dtype="Int64"
            ),
            "yes": pd.array(
                [None if place % 5 == 0 else place % 2 == 0 for place in range(size)], dtype="boolean"
            ),
            "plain": rng.integers(-5, 5, size),
            "flag": rng.uniform(size=size) < 0.5,
            "day": days.iloc[np.arange(size) % 3].to_numpy(),
            "nothing": np.full(size, np.nan),
            "none": pd.Series([None] * size, dtype="str"),
        }
    )


def test_the_bytes_are_those_of_pandas() -> None:
    found = table()
    assert module.by_column(found)
    written = b"".join(bytes(part) for part in module.csv_bytes(found))
    assert written == found.to_csv(index=False, lineterminator="\n").encode()


def test_what_it_does_not_know_is_left_to_pandas() -> None:
    found = table()
    hours = found.assign(at=pd.Timestamp("2024-01-01 10:00"))
    assert not module.by_column(hours)
    assert not module.by_column(found.assign(kind=pd.Categorical(["a"] * len(found))))
    assert not module.by_column(found[["number"]])


def test_files_are_the_same_either_way(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also with texts that a spreadsheet would compute."""
    found = table().assign(risky=pd.Series(["=1+1"] * len(table()), dtype="str"))
    write_csv(found, tmp_path / "quick.csv")
    monkeypatch.setattr(module, "FEWEST_ROWS", 10**9)
    write_csv(found, tmp_path / "plain.csv")
    assert (tmp_path / "quick.csv").read_bytes() == (tmp_path / "plain.csv").read_bytes()
