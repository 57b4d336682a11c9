"""Stata files: codes kept, missing values by reason, dates."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from raw_exports import cells, read_export, refusal
from small_cohorts import COHORT, ingest, write_cohort


def stata(path: Path, table: pd.DataFrame, **settings) -> Path:
    pyreadstat.write_dta(table, path, **{"version": 15, **settings})
    return path


def test_codes_are_kept_and_labels_do_not_replace_them(tmp_path):
    table = pd.DataFrame({"status": [1.0, 2.0], "site": ["Nord", " Süd "]})
    path = stata(tmp_path / "x.dta", table, variable_value_labels={"status": {1: "fullført", 2: "avbrutt"}})
    raw = read_export(path, "stata", ("status", "site"))
    assert cells(raw, "status") == [1.0, 2.0]
    assert cells(raw, "site") == ["Nord", "Süd"]
    assert list(raw.rows) == [1, 2] and raw.names == ("status", "site")


def test_extended_missing_values_are_told_apart(tmp_path):
    table = pd.DataFrame({"a": [3.0, "a", "b", None]})
    path = stata(
        tmp_path / "x.dta",
        table,
        missing_user_values={"a": ["a", "b"]},
        variable_value_labels={"a": {1: "never", "a": "verweigert"}},
    )
    raw = read_export(path, "stata", ("a",))
    assert cells(raw, "a") == [3.0, ".a", ".b", None]
    assert dict(raw.columns["a"].user_missing) == {".a": "verweigert", ".b": ".b"}


def test_a_missing_value_after_one_with_a_reason_is_no_number(tmp_path):
    """As a pandas table, pyreadstat gives any number for a "." of whole numbers that comes after an .a."""
    answers = pd.Series([4, "a", None, 7, None], dtype=object)
    path = stata(tmp_path / "x.dta", pd.DataFrame({"a": answers}), missing_user_values={"a": ["a"]})
    assert pyreadstat.read_dta(path)[1].readstat_variable_types["a"] == "int32"
    raw = read_export(path, "stata", ("a",))
    assert cells(raw, "a") == [4, ".a", None, 7, None]


def test_text_that_looks_like_a_missing_letter_stays_text(tmp_path):
    table = pd.DataFrame({"a": ["a", "b"], "n": [1.0, "a"]})
    raw = read_export(stata(tmp_path / "x.dta", table, missing_user_values={"n": ["a"]}), "stata", ("a", "n"))
    assert cells(raw, "a") == ["a", "b"]
    assert cells(raw, "n") == [1.0, ".a"]


def test_dates_and_times_are_dates(tmp_path):
    table = pd.DataFrame(
        {
            "day": [dt.date(2024, 1, 8), None, dt.date(1959, 12, 31)],
            "moment": [dt.datetime(2024, 1, 8, 9, 30), None, None],
        }
    )
    raw = read_export(stata(tmp_path / "x.dta", table), "stata", ("day", "moment"))
    assert cells(raw, "day") == [dt.date(2024, 1, 8), None, dt.date(1959, 12, 31)]
    assert cells(raw, "moment") == [dt.datetime(2024, 1, 8, 9, 30), None, None]


@pytest.mark.parametrize("version", [8, 10, 12, 13, 14, 15])
def test_files_of_old_and_new_versions(tmp_path, version):
    raw = read_export(
        stata(tmp_path / "x.dta", pd.DataFrame({"a": [1.0], "b": ["x"]}), version=version),
        "stata",
        ("a", "b"),
    )
    assert cells(raw, "a") == [1.0] and cells(raw, "b") == ["x"]


def test_columns_that_are_not_wanted_are_not_kept(tmp_path):
    path = stata(tmp_path / "x.dta", pd.DataFrame({"name": ["Ada"], "a": [1.0]}))
    raw = read_export(path, "stata", ("a",))
    assert raw.names == ("name", "a") and set(raw.columns) == {"a"}


def test_what_is_no_stata_file_is_refused(tmp_path):
    path = tmp_path / "x.dta"
    path.write_bytes(b"a,b\n1,2\n")
    problem = refusal(path, "stata", ("a",))
    assert "Stata file cannot be read" in problem.message and "save it as .dta" in problem.hint
    empty = stata(tmp_path / "y.dta", pd.DataFrame({"a": pd.Series(dtype="float64")}))
    assert "no cases" in refusal(empty, "stata", ("a",)).message


def test_a_cohort_from_a_stata_file(tmp_path):
    table = pd.DataFrame(
        {
            "enrolment": ["E1", "E2", "E3", "E4"],
            "client": ["C1", "C2", "C3", "C4"],
            "started": [dt.date(2024, 1, 8)] * 4,
            "risk": [7.0, "a", "b", None],
        }
    )
    stata(
        tmp_path / "enrolments.dta",
        table,
        missing_user_values={"risk": ["a", "b"]},
        variable_value_labels={"risk": {"a": "nicht erhoben"}},
    )
    declared = 'started_on: started\n      risk_score: {column: risk, missing: {".b": refused}}\n'
    cohort = COHORT.replace(
        "files: enrolments.csv\n    format: csv", "files: enrolments.dta\n    format: stata"
    )
    write_cohort(tmp_path, cohort.replace("started_on: started\n", declared))
    ingested = ingest(tmp_path)
    assert ingested.tables["enrolments"]["risk_score"].tolist()[:1] == [7.0]
    reasons = ingested.missing.query("column == 'risk_score'")[["source_row", "reason"]]
    assert reasons.values.tolist() == [[2, "nicht erhoben"], [3, "refused"], [4, "system missing"]]
