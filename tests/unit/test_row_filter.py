"""Rows kept by the value of a column: counted by reason, for every format, in sources.json."""

from __future__ import annotations

import pandas as pd
import pyreadstat
import pytest
from raw_exports import cells, read_export, refusal, texts, written
from small_cohorts import COHORT, ENROLMENTS, ingest, only_problem, write_cohort

from alliance_modes.ground.errors import ConfigurationError

FORMAT = "    format: csv\n"


def test_each_reason_counts_and_a_row_counts_once(tmp_path):
    path = written(tmp_path / "x.csv", "a,use,arm\n1,yes,1\n2,no,1\n3,no,2\n4,yes,2\n5,,1\n")
    table = read_export(path, "csv", ("a",), rows={"use": ["yes", ""], "arm": 1})
    assert texts(table, "a") == ["1", "5"] and list(table.rows) == [2, 6]
    assert table.detected["rows_left_out"] == 'use is not "yes" or empty: 2; arm is not "1": 1'
    assert table.used == ("use", "arm")


def test_a_column_that_is_also_mapped_stays(tmp_path):
    path = written(tmp_path / "x.csv", "a,b\n1,x\n2,y\n")
    table = read_export(path, "csv", ("a", "b"), rows={"b": "x"})
    assert texts(table, "b") == ["x"] and table.used == ()
    assert table.columns["a"].values == ("1",)


def test_composed_and_decomposed_letters_are_the_same_value(tmp_path):
    path = written(tmp_path / "x.csv", "a,gru\u0308n\n1,scho\u0308n\n2,y\n")
    table = read_export(path, "csv", ("a",), rows={"gr\u00fcn": "sch\u00f6n"})
    assert texts(table, "a") == ["1"]


def test_numbers_and_user_missing_values_of_an_spss_file(tmp_path):
    path = tmp_path / "x.sav"
    table = pd.DataFrame({"wave": [1.0, 2.0, 1.0], "a": [-99.0, -98.0, 3.0]})
    pyreadstat.write_sav(table, path, missing_ranges={"a": [-99, -98]})
    kept = read_export(path, "spss", ("a",), rows={"wave": [1]})
    assert cells(kept, "a") == [-99.0, 3.0]
    assert set(kept.columns["a"].user_missing) == {-99.0}


def test_a_column_that_the_file_lacks_is_named(tmp_path):
    path = written(tmp_path / "x.csv", "a,status\n1,x\n")
    problem = refusal(path, "csv", ("a",), rows={"Status": "x"})
    assert problem.column == "Status" and "status" in problem.hint


def test_left_out_rows_stand_in_the_sources(tmp_path):
    lines = ENROLMENTS.splitlines()
    enrolments = "\n".join(
        [f"{lines[0]},kind", f"{lines[1]},real", f"{lines[2]},real", "E9,C9,nonsense,test", ""]
    )
    cohort = COHORT.replace(FORMAT, f"{FORMAT}    rows: {{kind: real}}\n", 1)
    ingested = ingest(write_cohort(tmp_path, cohort, enrolments__csv=enrolments))
    source = ingested.sources["enrolments"]["files"][0]
    assert source["rows"] == 2 and source["columns_unused"] == []
    assert source["detected"]["rows_left_out"] == 'kind is not "real": 1'


def test_without_the_filter_the_same_row_is_a_problem(tmp_path):
    write_cohort(tmp_path, enrolments__csv=ENROLMENTS + "E9,C9,nonsense\n")
    assert only_problem(tmp_path).rows == (4,)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("rows: {kind: []}", "at least 1"),
        ("event: intake", "belongs to the format redcap"),
        ("sheet: Staff", "belongs to the format excel"),
    ],
)
def test_settings_that_cannot_be(tmp_path, setting, said):
    write_cohort(tmp_path, COHORT.replace(FORMAT, f"{FORMAT}    {setting}\n", 1))
    with pytest.raises(ConfigurationError) as caught:
        ingest(tmp_path)
    assert said in str(caught.value)


def test_parent_needs_a_repeat(tmp_path):
    write_cohort(tmp_path, COHORT.replace("client_id: client", "client_id: parent:client"))
    with pytest.raises(ConfigurationError) as caught:
        ingest(tmp_path)
    assert "parent: needs the format kobo" in str(caught.value)
