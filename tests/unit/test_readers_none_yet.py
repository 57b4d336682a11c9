"""Exports of forms that nobody has filled in: none where the source may be empty, and never by mistake."""

from __future__ import annotations

import pytest
from raw_exports import read_export, refusal, written
from small_cohorts import COHORT, ingest, only_problem, write_cohort

from alliance_modes.readers import NO_ROWS

HEADER = "enrolment," + ",".join(f"w{item}" for item in range(1, 13)) + "\n"
EMPTY = COHORT.replace("files: alliance.csv\n", "files: alliance.csv\n    may_be_empty: true\n")


def test_a_header_alone_is_no_rows_where_the_source_may_be_empty(tmp_path):
    read = ingest(write_cohort(tmp_path, EMPTY, alliance__csv=HEADER))
    assert len(read.tables["alliance"]) == 0 and len(read.tables["enrolments"]) == 2
    (file,) = read.sources["alliance"]["files"]
    assert (file["rows"], file["detected"][NO_ROWS]) == (0, "the file has a header but no data rows")


def test_elsewhere_it_is_refused_and_the_message_names_the_key(tmp_path):
    problem = only_problem(write_cohort(tmp_path, alliance__csv=HEADER))
    assert "no data rows" in problem.message and "may_be_empty: true" in problem.hint


def test_the_header_of_another_form_is_found_without_a_row(tmp_path):
    problem = only_problem(write_cohort(tmp_path, EMPTY, alliance__csv=HEADER.replace("w3,", "x3,")))
    assert problem.column == "w3" and problem.file == "alliance.csv"


def test_a_file_that_is_not_there_is_no_empty_one(tmp_path):
    write_cohort(tmp_path, EMPTY)
    (tmp_path / "alliance.csv").unlink()
    assert "does not exist" in only_problem(tmp_path).message


def test_answers_that_the_values_of_rows_do_not_know_are_never_none(tmp_path):
    path = written(tmp_path / "x.csv", "a,consent\n1,Oui\n2,Oui\n")
    problem = refusal(path, "csv", ("a",), rows={"consent": ["1", "Yes"]}, may_be_empty=True)
    assert 'consent is not "1" or "Yes": 2' in problem.message


def test_previews_alone_are_none_yet(tmp_path):
    head = 'Status,a\nResponse Type,How\n"{""ImportId"":""status""}","{""ImportId"":""QID1""}"\n'
    path = written(tmp_path / "x.csv", f"{head}Survey Preview,1\n")
    table = read_export(path, "qualtrics", ("a",), responses="finished", may_be_empty=True)
    assert len(table.rows) == 0 and "Status says" in table.detected[NO_ROWS]
    assert "no row is kept" in refusal(path, "qualtrics", ("a",), responses="finished").message


REDCAP = """\
cohort: small
title: a small cohort
data_lock: 2024-12-31
tables:
  enrolments:
    files: enrolments.csv
    format: csv
    columns: {enrolment_id: enrolment, client_id: client, started_on: started}
  practitioner_survey:
    files: redcap.csv
    format: redcap
    repeat_instrument: survey
    columns: {practitioner_id: who, wave: "no"}
  sessions:
    files: redcap.csv
    format: redcap
    may_be_empty: true
    event: visits
    repeat_instrument: sessions
    columns: {enrolment_id: who, session_no: "no"}
"""
RECORDS = "who,redcap_event_name,redcap_repeat_instrument,no\nP1,rounds,survey,\n"


def test_a_part_of_a_file_without_a_row_is_none_where_all_others_are_read(tmp_path):
    read = ingest(write_cohort(tmp_path, REDCAP, redcap__csv=RECORDS))
    assert len(read.tables["sessions"]) == 0 and len(read.tables["practitioner_survey"]) == 1


@pytest.mark.parametrize("row", ["E1,visits,Session log,1", "E1,meetings,sessions,1"])
def test_a_part_that_somebody_renamed_is_not_taken_for_one_without_rows(row, tmp_path):
    problem = only_problem(write_cohort(tmp_path, REDCAP, redcap__csv=f"{RECORDS}{row}\n"))
    assert "no source reads those of" in problem.message and problem.table == "sessions"
    assert any(name in problem.message for name in ("Session log", "meetings"))
