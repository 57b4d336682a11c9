"""Between and within, standardised values, and what a practitioner's sessions say of flexibility."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alliance_modes.derive.flexibility import flexibility
from alliance_modes.derive.levels import as_number, split_levels, standardise
from alliance_modes.derive.person_period import previous, ruptured, unrepaired, unrepaired_before


def periods(numbers: list[int], place: list[int] | None = None, **columns: list) -> pd.DataFrame:
    """Sessions of one practitioner, in order; mode use 2 unless given."""
    table = pd.DataFrame(
        {"session_no": pd.array(numbers, dtype="Int64"), "place": place or [0] * len(numbers)}
    )
    table["practitioner_id"] = "p1"
    for column in ("use_educative", "use_engagement", "use_therapeutic"):
        table[column] = pd.array(columns.pop(column, [2] * len(numbers)), dtype="Int64")
    table["rupture"] = pd.array(columns.pop("rupture", ["none"] * len(numbers)), dtype="str")
    table["rupture_resolved"] = pd.array(columns.pop("resolved", [None] * len(numbers)), dtype="boolean")
    return table


def test_the_between_part_is_the_mean_and_not_the_median():
    table = pd.DataFrame({"x": [0.0, 1.0, 8.0], "who": ["a"] * 3})
    assert split_levels(table, "x", "who")["x_between"].tolist() == [3.0] * 3


def test_a_cluster_of_which_no_row_counts_has_neither_part():
    table = pd.DataFrame({"x": [1.0, 2.0, 3.0], "who": ["a", "b", "b"]})
    parts = split_levels(table, "x", "who", rows=np.array([False, True, False]))
    assert parts["x_between"].fillna(-9).tolist() == [-9, 2, 2]
    assert parts["x_within"].fillna(-9).tolist() == [-9, 0, 1]


def test_standardising_takes_the_mean_and_needs_two_values_that_differ():
    assert standardise(pd.Series([0.0, 0.0, 3.0])).tolist() == pytest.approx(
        np.array([-1, -1, 2]) / np.sqrt(3)
    )
    assert standardise(pd.Series([4.0])).isna().all()
    assert standardise(pd.Series([1.0, 2.0, 5.0]), [True, False, False]).isna().all()
    small = standardise(pd.Series([0.0, 0.5]))
    assert small.tolist() == pytest.approx([-np.sqrt(0.5), np.sqrt(0.5)])


def test_a_truth_becomes_1_and_a_missing_one_nan():
    values = as_number(pd.Series([True, False, None], dtype="boolean", index=[4, 7, 9]))
    assert values.index.tolist() == [4, 7, 9] and values.dtype == "float64"
    assert values.fillna(-1).tolist() == [1, 0, -1]


def test_a_rupture_is_either_kind_and_not_known_where_not_recorded():
    table = periods([1, 2, 3, 4], rupture=["withdrawal", "confrontation", "none", None])
    assert ruptured(table).fillna(-1).tolist() == [1, 1, 0, -1]


def test_a_rupture_is_unrepaired_repaired_or_not_known():
    kinds = ["withdrawal", "confrontation", "withdrawal", "none", None]
    table = periods([1, 2, 3, 4, 5], rupture=kinds, resolved=[False, True, None, None, None])
    assert unrepaired(table).fillna(-1).tolist() == [1, 0, -1, 0, -1]


def test_the_state_before_a_session_is_that_of_the_last_rupture_of_the_same_enrolment():
    kinds = ["withdrawal", "none", "confrontation", "none", "none", "withdrawal", "none"]
    resolved = [False, None, None, None, None, True, None]
    table = periods([1, 2, 3, 4, 1, 2, 3], [0, 0, 0, 0, 1, 1, 1], rupture=kinds, resolved=resolved)
    assert unrepaired_before(table).fillna(-1).tolist() == [0, 1, 1, -1, 0, 0, 0]


def test_the_session_before_is_the_one_numbered_one_less_of_the_same_enrolment():
    table = periods([1, 2, 4, 5, 6, 7], [0, 0, 0, 0, 1, 1])
    values = pd.Series([10.0, 20.0, 30.0, 40.0, 50.0, 60.0])
    assert previous(values, table).fillna(-1).tolist() == [-1, 10, -1, 30, -1, 50]


def test_variation_is_the_mean_sd_of_the_modes_from_ten_sessions_on():
    """SD of 0, 4 in equal numbers over ten sessions: sqrt(10 * 4 / 9); 0 for the other two modes."""
    ten = periods(list(range(1, 11)), use_educative=[0, 4] * 5)
    found = flexibility(ten)["flexibility_variation"]
    assert found.to_dict() == {"p1": pytest.approx(np.sqrt(40 / 9) / 3)}
    nine = flexibility(ten.head(9))["flexibility_variation"]
    assert nine.isna().all()


def test_variation_is_missing_where_one_mode_was_not_recorded():
    ten = periods(list(range(1, 11)), use_educative=[0, 4] * 5, use_therapeutic=[None] * 10)
    assert flexibility(ten)["flexibility_variation"].isna().all()


def ruptures_and_use(ruptures: int) -> pd.DataFrame:
    """Every other session has a rupture, after which therapeutic use is 3 and engagement 2 in place of 1."""
    numbers = list(range(1, 2 * ruptures + 2))
    kinds = ["withdrawal" if number % 2 else "none" for number in numbers[:-1]] + ["none"]
    return periods(
        numbers,
        rupture=kinds,
        use_engagement=[2 if number % 2 == 0 else 1 for number in numbers],
        use_therapeutic=[3 if number % 2 == 0 else 1 for number in numbers],
    )


def test_a_perfect_match_to_ten_ruptures_is_1_and_nine_are_too_few():
    assert flexibility(ruptures_and_use(10))["flexibility_match"].to_dict() == {"p1": pytest.approx(1.0)}
    assert flexibility(ruptures_and_use(9))["flexibility_match"].isna().all()


def test_a_match_of_use_that_never_changes_is_missing():
    table = ruptures_and_use(12).assign(
        use_engagement=pd.array([2] * 25, dtype="Int64"), use_therapeutic=pd.array([2] * 25, dtype="Int64")
    )
    assert flexibility(table)["flexibility_match"].isna().all()


def test_the_match_is_the_correlation_over_all_pairs_of_sessions_of_a_practitioner():
    rng = np.random.default_rng(8)
    table = periods(
        [*range(1, 41), *range(1, 41)],
        [0] * 40 + [1] * 40,
        rupture=rng.choice(np.array(["withdrawal", "none", None]), size=80, p=[0.4, 0.5, 0.1]).tolist(),
        use_engagement=rng.integers(0, 5, 80).tolist(),
        use_therapeutic=rng.integers(0, 5, 80).tolist(),
    )
    table["practitioner_id"] = ["p1"] * 40 + ["p2"] * 40
    found = flexibility(table)["flexibility_match"]
    for who, of in table.groupby("practitioner_id"):
        towards = (of["use_engagement"] + of["use_therapeutic"]).astype(float).to_numpy()
        kinds = of["rupture"].to_numpy(dtype=object, na_value=None)
        pairs = [
            (kinds[at] == "withdrawal", towards[at + 1] - towards[at])
            for at in range(39)
            if kinds[at] is not None
        ]
        assert found[who] == pytest.approx(np.corrcoef(np.array(pairs, dtype=float).T)[0, 1])
