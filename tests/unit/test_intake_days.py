"""Days that tell of something else are problems until somebody agrees: defaults, one day for all, births."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from test_intake import BOTH, IDS, seen, write

from alliance_modes.dictionary.canonical import TABLES, empty_table
from alliance_modes.intake.days import day_losses
from alliance_modes.intake.view import view_lines


def tables(**columns: list[str]) -> dict[str, pd.DataFrame]:
    """Canonical tables, empty but for dates of enrolments."""
    found = {table: empty_table(table) for table in TABLES}
    count = len(next(iter(columns.values())))
    dated = {name: pd.Series(days, dtype="datetime64[us]") for name, days in columns.items()}
    found["enrolments"] = found["enrolments"].reindex(range(count)).assign(**dated)
    return found


def losses(**columns: list[str]) -> dict[tuple[str, str], tuple[int, int]]:
    """Reason and column, with how many of how many cells."""
    found = day_losses("enrolments", tables(**columns))
    return {(loss.reason, loss.column): (loss.count, loss.of) for loss in found}


MONTH = [f"2024-05-{day:02}" for day in range(1, 31)]


def test_plausible_days_are_nothing() -> None:
    assert losses(referred_on=MONTH, started_on=MONTH, ended_on=MONTH[10:] + MONTH[20:]) == {}


@pytest.mark.parametrize(
    "day", ["1970-01-01", "1960-01-01", "1904-01-01", "1900-01-01", "1969-12-31", "9999-12-31"]
)
def test_a_day_that_programs_fill_in_is_a_loss_even_once(day: str) -> None:
    found = losses(started_on=[*MONTH, day])
    assert found == {("filled_in_day", "started_on"): (1, 31)}
    assert losses(started_on=[day] * 9) == {("filled_in_day", "started_on"): (9, 9)}


def test_one_day_in_most_rows_is_a_loss_and_in_half_of_them_is_none() -> None:
    assert losses(ended_on=[*MONTH[:9], *["2024-06-30"] * 10]) == {("one_day", "ended_on"): (10, 19)}
    assert losses(ended_on=[*MONTH[:10], *["2024-06-30"] * 10]) == {}
    assert losses(ended_on=["2024-06-30"] * 9) == {}


def test_first_of_january_that_stands_for_a_year_is_a_loss_and_a_day_on_which_a_group_starts_is_none() -> (
    None
):
    years = ["2023-01-01"] * 6 + ["2024-01-01"] * 6
    assert losses(started_on=[*MONTH, *years]) == {("filled_in_day", "started_on"): (12, 42)}
    groups = [f"2024-{month:02}-01" for month in range(1, 9) for _ in range(6)]
    assert losses(started_on=groups) == {}
    assert losses(started_on=[*MONTH, *["2024-01-01"] * 3]) == {}


def test_births_for_starts_and_starts_before_the_referral_are_told() -> None:
    births = [f"{1960 + year}-03-04" for year in range(30)]
    found = losses(started_on=births, ended_on=MONTH)
    assert found == {("long_ago", "started_on"): (30, 30)}
    found = losses(referred_on=MONTH[1:], started_on=MONTH[:-1])
    assert found == {("before_referral", "started_on"): (29, 29)}


def test_every_start_on_day_zero_of_unix_stands_in_the_way_until_agreed_to_or_missing(tmp_path: Path) -> None:
    write(tmp_path, IDS, BOTH)
    rows = [f"{name},1970-01-01,2024-06-{place % 28 + 1:02},P1" for place, name in enumerate(IDS)]
    (tmp_path / "e.csv").write_text("\n".join(["id,start,end,staff", *rows]) + "\n")
    (problem,) = seen(tmp_path).judged.problems
    assert "50 of 50 cells (100%) hold 1970-01-01 (day 0 of Unix and R)" in problem.message
    assert "under missing" in problem.hint and "reason: filled_in_day" in problem.hint
    path = tmp_path / "cohort.yaml"
    declared = path.read_text()
    loss = "table: enrolments, reason: filled_in_day, column: started_on, rows: 50, why: not kept there"
    path.write_text(declared.replace("tables:", f"accepted: [{{{loss}}}]\ntables:"))
    assert seen(tmp_path).judged.problems == ()
    missing = "started_on: {column: start, missing: {'1970-01-01': not recorded}}"
    path.write_text(declared.replace("started_on: start", missing))
    view = seen(tmp_path)
    assert view.judged.problems == ()
    said = "ended_on (e.csv): 2024-06-01 to 2024-06-28, most often 2024-06-01 (2)"
    assert any(said in line for line in view_lines(view))
