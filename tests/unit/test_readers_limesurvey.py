"""LimeSurvey exports: headers by code, by text and by both; answers by code and by text."""

from __future__ import annotations

import pytest
from raw_exports import read_export, refusal, texts, written
from small_cohorts import COHORT, ingest, write_cohort

CODES = (
    '"id","submitdate","lastpage","startlanguage","G01Q01","G01Q01[other]","Q2[SQ001]","Q2[SQ002]","Q3"\n'
    '"1","2024-03-01 10:00:00","4","de","A1","","3","4","Y"\n'
    '"2","","2","de","-oth-","im Gruppenraum","","",""\n'
)

BOTH = (
    '"id. Response ID";"submitdate. Date submitted";"G01Q01. Wo fand es statt?";'
    '"Q2[SQ001]. Wie oft … [Ziele]";"Q2[SQ002]. Wie oft … [Aufgaben]"\n'
    '"1";"2024-03-01 10:00:00";"Haft";"öfters";"nie"\n'
)

FULL = (
    '"Antwort-ID","Datum Abgeschickt","Wo fand es statt?","Wie oft … [Ziele]","Wie oft … [Aufgaben]"\n'
    '"1","2024-03-01 10:00:00","Haft","öfters","nie"\n'
)


def test_headers_by_code(tmp_path):
    path = written(tmp_path / "x.csv", CODES, "utf-8-sig")
    table = read_export(path, "limesurvey", ("G01Q01", "G01Q01[other]", "Q2[SQ002]", "Q3"))
    assert texts(table, "G01Q01") == ["A1", "-oth-"]
    assert texts(table, "G01Q01[other]") == ["", "im Gruppenraum"]
    assert texts(table, "Q2[SQ002]") == ["4", ""]
    assert texts(table, "Q3") == ["Y", ""]


def test_incomplete_responses_are_kept_and_counted(tmp_path):
    table = read_export(written(tmp_path / "x.csv", CODES), "limesurvey", ("id",))
    assert texts(table, "id") == ["1", "2"]
    assert table.detected["incomplete_responses"] == "1 of 2 (kept)"
    assert table.used == ("submitdate",) and set(table.columns) == {"id"}


def test_incomplete_responses_can_be_left_out_and_are_counted(tmp_path):
    path = written(tmp_path / "x.csv", CODES)
    table = read_export(path, "limesurvey", ("id",), rows={"submitdate": "*"})
    assert texts(table, "id") == ["1"] and list(table.rows) == [2]
    assert table.detected["rows_left_out"] == "submitdate is not filled in: 1 (1 of them empty)"


def test_without_submitdate_nobody_claims_that_all_are_complete(tmp_path):
    table = read_export(written(tmp_path / "x.csv", FULL), "limesurvey", ("Wo fand es statt?",))
    assert table.detected["incomplete_responses"].startswith("not known")


def test_headers_with_code_and_text_go_by_the_code(tmp_path):
    path = written(tmp_path / "x.csv", BOTH)
    table = read_export(path, "limesurvey", ("id", "G01Q01", "Q2[SQ001]", "Q2[SQ002]"))
    assert texts(table, "G01Q01") == ["Haft"]
    assert texts(table, "Q2[SQ001]") == ["öfters"] and texts(table, "Q2[SQ002]") == ["nie"]
    assert table.detected["delimiter"] == ";"
    assert table.detected["incomplete_responses"] == "0 of 1 (kept)"


def test_the_whole_header_names_the_column_too(tmp_path):
    name = "Q2[SQ001]. Wie oft … [Ziele]"
    assert texts(read_export(written(tmp_path / "x.csv", BOTH), "limesurvey", (name,)), name) == ["öfters"]
    table = read_export(written(tmp_path / "y.csv", FULL), "limesurvey", ("Wie oft … [Aufgaben]",))
    assert texts(table, "Wie oft … [Aufgaben]") == ["nie"]


def test_one_declaration_reads_every_way_of_writing_a_subquestion(tmp_path):
    for number, header in enumerate(("Q2[SQ001]", "Q2 [SQ001]", "Q2_SQ001", "Q2[SQ001]. Text: with [x]")):
        path = written(tmp_path / f"{number}.csv", f'"id","{header}"\n"1","5"\n')
        assert texts(read_export(path, "limesurvey", ("Q2[SQ001]",)), "Q2[SQ001]") == ["5"]


def test_two_columns_of_one_code_are_refused(tmp_path):
    path = written(tmp_path / "x.csv", '"id","Q2[SQ001]. a","Q2[SQ001]. b"\n"1","2","3"\n')
    problem = refusal(path, "limesurvey", ("Q2[SQ001]",))
    assert "more than once (columns 2, 3" in problem.message


def test_a_question_that_is_not_there_is_not_found_by_accident(tmp_path):
    table = read_export(written(tmp_path / "x.csv", CODES), "limesurvey", ("Q2", "Q2[SQ003]"))
    assert dict(table.columns) == {}


@pytest.mark.parametrize("header", ["Zeit-Nutzung", "Zeit.Nutzung", "Zeit für Übungen. Minuten", "Zeiten. x"])
def test_a_text_that_begins_like_a_code_is_not_taken_for_it(tmp_path, header):
    path = written(tmp_path / "x.csv", f'"id","{header}"\n"1","5"\n')
    assert dict(read_export(path, "limesurvey", ("Zeit",)).columns) == {}


@pytest.mark.parametrize(
    "header", ["Zeit. Minuten", "Zeit: Minuten", "Zeit - Minuten", "Zeit|Minuten", "Zeit."]
)
def test_other_separators_of_code_and_text(tmp_path, header):
    path = written(tmp_path / "x.csv", f'"id","{header}"\n"1","5"\n')
    assert texts(read_export(path, "limesurvey", ("Zeit",), delimiter=","), "Zeit") == ["5"]


def test_the_vv_export_is_refused(tmp_path):
    path = written(tmp_path / "x.csv", "Response ID\tDate submitted\tWo?\nid\tsubmitdate\tQ1\n1\t\tA1\n")
    problem = refusal(path, "limesurvey", ("Q1",))
    assert "VV export" in problem.message and problem.rows == (2,)


def test_a_text_export_in_german_becomes_numbers(tmp_path):
    header = '"id. Antwort-ID","submitdate. Datum","Fall. Fallnummer"' + "".join(
        f',"W[SQ{item:03d}]. Wie oft … [Aussage {item}]"' for item in range(1, 13)
    )
    rows = "".join(
        f'\n"{row}","{day}","{case}"' + f',"{answer}"' * 12
        for row, (day, case, answer) in enumerate(
            [("2024-03-01 10:00:00", "E1", "o\u0308fters"), ("", "E2", "N/A")], 1
        )
    )
    cohort = COHORT.replace(
        "files: alliance.csv\n    format: csv", "files: alliance.csv\n    format: limesurvey"
    )
    cohort = cohort.replace("{enrolment_id: enrolment}", "{enrolment_id: Fall}")
    labels = 'labels: {selten: 1, öfters: 3}, missing: {"N/A": not shown}'
    cohort = cohort.replace('items: "w{item}"', f'items: "W[SQ{{item:03}}]", {labels}')
    write_cohort(tmp_path, cohort, alliance__csv=header + rows + "\n")
    ingested = ingest(tmp_path)
    assert ingested.tables["alliance"]["item_12"].tolist()[:1] == [3.0]
    assert ingested.missing.query("table == 'alliance'")["reason"].tolist() == ["not shown"] * 12
    assert ingested.sources["alliance"]["files"][0]["detected"]["incomplete_responses"] == "1 of 2 (kept)"
