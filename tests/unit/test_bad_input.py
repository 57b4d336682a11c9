"""Bad input: one clear message each, every problem of a cohort together, nothing written."""

from __future__ import annotations

import pytest
from small_cohorts import ALLIANCE, COHORT, ENROLMENTS, ingest, only_problem, problems, write_cohort

from alliance_modes.cohort import check_name
from alliance_modes.ground.errors import CohortError, ConfigurationError
from alliance_modes.ingest.stage import check_cohort
from alliance_modes.running.config import load_config

PRACTITIONERS = """\
  practitioners:
    files: staff.csv
    format: csv
    columns: {practitioner_id: id, role: role, experience_years: years, site_id: site}
"""


def test_the_small_cohort_itself_is_good(tmp_path):
    write_cohort(tmp_path)
    assert check_cohort(tmp_path) == ()
    assert len(ingest(tmp_path).tables["enrolments"]) == 2


def test_missing_file_is_named_with_the_files_that_exist(tmp_path):
    write_cohort(tmp_path, COHORT.replace("alliance.csv", "aliance.csv"))
    problem = only_problem(tmp_path)
    assert problem.file == "aliance.csv"
    assert "does not exist" in problem.message
    assert "Files there: alliance.csv" in problem.hint


def test_missing_column_is_named_with_the_columns_that_exist_nearest_first(tmp_path):
    write_cohort(tmp_path, COHORT.replace("started_on: started", "started_on: start"))
    problem = only_problem(tmp_path)
    assert (problem.file, problem.column) == ("enrolments.csv", "start")
    assert "The file has: started, " in problem.hint
    assert "enrolment" in problem.hint and "client" in problem.hint


def test_missing_item_columns_are_one_problem(tmp_path):
    write_cohort(tmp_path, COHORT.replace("w{item}", "wai_{item}"))
    problem = only_problem(tmp_path)
    assert "wai_1, wai_2" in problem.message and "wai_12" in problem.message


def test_response_out_of_range_gives_file_row_column_value_and_the_likely_version(tmp_path):
    write_cohort(tmp_path, alliance__csv=ALLIANCE.replace("E2,4", "E2,7"))
    problem = only_problem(tmp_path)
    assert (problem.file, problem.rows, problem.column, problem.value) == ("alliance.csv", (3,), "w1", "7")
    assert "wai_sr" in problem.message and "wai_s (12 items, 1 to 7)" in problem.hint


def test_low_response_gets_no_version_hint(tmp_path):
    write_cohort(tmp_path, alliance__csv=ALLIANCE.replace("E2,4", "E2,0"))
    assert "wai_s " not in only_problem(tmp_path).hint


def test_response_between_two_numbers_is_refused(tmp_path):
    write_cohort(tmp_path, alliance__csv=ALLIANCE.replace("E2,4", "E2,3.5"))
    assert "whole number" in only_problem(tmp_path).message


@pytest.mark.parametrize(
    ("old", "new", "key", "line"),
    [
        ("title:", "titel:", "titel", 2),
        ("    format: csv\n    columns:\n", "    formatt: csv\n    columns:\n", "formatt", 7),
        ("rater: client", "raiter: client", "raiter", 17),
    ],
)
def test_unknown_key_is_named_with_its_line_and_the_nearest_known_one(tmp_path, old, new, key, line):
    write_cohort(tmp_path, COHORT.replace(old, new, 1))
    with pytest.raises(ConfigurationError) as caught:
        ingest(tmp_path)
    unknown = [problem for problem in caught.value.problems if "unknown key" in problem.message]
    assert len(unknown) == 1
    assert key in unknown[0].message and "Did you mean" in unknown[0].hint
    assert unknown[0].line == line
    assert check_cohort(tmp_path) == caught.value.problems


def test_two_cohorts_that_are_one_folder_on_some_disks_are_refused(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("cohorts: [north, North]\nplan: config/plan.yaml\n")
    with pytest.raises(ConfigurationError, match="give one of them another name"):
        load_config(path)


@pytest.mark.parametrize(
    "name", ["..", "../x", "a/b", "/etc", "a\\b", "", "a b", ".hidden", "1st", "x\n", "é"]
)
def test_cohort_name_that_is_a_path_is_refused(name):
    with pytest.raises(ConfigurationError, match="cannot be the name"):
        check_name(name)


@pytest.mark.parametrize("name", ["demo_2024", "North-2", "x"])
def test_plain_cohort_name_is_accepted(name):
    assert check_name(name) == name


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "a\\..\\b", "~/x"])
def test_raw_file_outside_the_data_folder_is_refused(tmp_path, name):
    write_cohort(tmp_path, COHORT.replace("files: alliance.csv", f"files: '{name}'"))
    with pytest.raises(ConfigurationError, match="relative to the data folder"):
        ingest(tmp_path)


def test_empty_table_is_refused(tmp_path):
    write_cohort(tmp_path, enrolments__csv=ENROLMENTS.splitlines()[0] + "\n")
    assert "no data rows" in only_problem(tmp_path).message


def test_empty_file_is_refused(tmp_path):
    write_cohort(tmp_path, enrolments__csv="")
    assert "is empty" in only_problem(tmp_path).message


def test_enrolment_id_used_for_two_people_names_both_rows_and_no_id(tmp_path):
    write_cohort(tmp_path, enrolments__csv=ENROLMENTS + "E1,C7,2024-02-01\n")
    problem = only_problem(tmp_path)
    assert "two people" in problem.message
    assert (problem.file, problem.rows) == ("enrolments.csv", (2, 4))
    assert "E1" not in str(problem) and "C7" not in str(problem)


def test_repeated_enrolment_of_the_same_person_is_left_to_cleaning(tmp_path):
    write_cohort(tmp_path, enrolments__csv=ENROLMENTS + "E1,C1,2024-01-08\nE2,,2024-01-09\n")
    assert len(ingest(tmp_path).tables["enrolments"]) == 4


def test_practitioner_id_used_for_two_people(tmp_path):
    staff = "id,role,years,site\nP1,psychologist,3,north\nP2,officer,5,south\nP1,officer,12,north\n"
    write_cohort(tmp_path, COHORT + PRACTITIONERS, staff__csv=staff)
    problem = only_problem(tmp_path)
    assert "two people" in problem.message
    assert problem.rows == (2, 4)


def test_practitioner_record_corrected_in_one_fact_is_left_to_cleaning(tmp_path):
    staff = "id,role,years,site\nP1,psychologist,3,north\nP1,psychologist,4,north\nP1,,3,north\n"
    write_cohort(tmp_path, COHORT + PRACTITIONERS, staff__csv=staff)
    assert len(ingest(tmp_path).tables["practitioners"]) == 3


def test_all_problems_of_a_cohort_are_listed_together(tmp_path):
    enrolments = "enrolment,client,started\nE1,C1,8.1.2024\nE2,C2,2024-01-09\nE1,C9,2024-01-08\n"
    alliance = ALLIANCE.replace("E2,4", "E2,9").replace("E1,3", "E1,often")
    cohort = (
        COHORT + "  sessions: {files: none.csv, format: csv, columns: {enrolment_id: a, session_no: b}}\n"
    )
    write_cohort(tmp_path, cohort, enrolments__csv=enrolments, alliance__csv=alliance)
    found = problems(tmp_path)
    text = "\n".join(str(problem) for problem in found)
    for expected in ("8.1.2024", "two people", "none.csv", '"often" is not a number', "9 is not a response"):
        assert expected in text
    assert len(found) == 5
    assert check_cohort(tmp_path) == found


def test_problems_of_the_files_are_told_beside_those_of_the_declaration(tmp_path):
    """One wrong source does not hide what is wrong with the others; lines are those of the file."""
    source = """\
    - files: alliance.csv
      format: csv
      columns: {enrolment_id: enrolment}
      inventories: [{instrument: INSTRUMENT, rater: RATER, items: "w{item}"}]
"""
    cohort = COHORT[: COHORT.index("    files: alliance.csv")].replace("title:", "titel:")
    cohort += source.replace("INSTRUMENT", "wai_sr").replace("RATER", "clinet")
    cohort += source.replace("INSTRUMENT", "wai_srt").replace("RATER", "client")
    write_cohort(tmp_path, cohort, enrolments__csv=ENROLMENTS.replace("2024-01-09", "soon"))
    found = check_cohort(tmp_path)
    text = "\n".join(str(problem) for problem in found)
    for expected in ("titel", "clinet", '"soon" is not a date', "wai_srt"):
        assert expected in text
    (line,) = (problem.line for problem in found if "wai_srt" in problem.message)
    assert "wai_srt" in cohort.splitlines()[line - 1]


def test_many_unreadable_values_of_one_column_are_summarised(tmp_path):
    rows = "".join(f"E{n},C{n},soon{n}\n" for n in range(200))
    write_cohort(tmp_path, enrolments__csv="enrolment,client,started\n" + rows)
    found = problems(tmp_path)
    assert len(found) == 6
    assert "195 further values that cannot be read, in 195 cells" in found[-1].message
    assert len(found[-1].rows) == 195


def test_same_unreadable_value_is_one_problem_with_its_rows(tmp_path):
    write_cohort(tmp_path, enrolments__csv="enrolment,client,started\nE1,C1,soon\nE2,C2,soon\n")
    problem = only_problem(tmp_path)
    assert problem.rows == (2, 3) and problem.value == "soon"


@pytest.mark.parametrize(
    ("text", "formats"),
    [
        ("31.12.2024", "(%d.%m.%Y)"),
        ("01/02/2024", "(%d/%m/%Y or %m/%d/%Y, whichever the file means)"),
        ("2024-01-09 10:30:00", "(%Y-%m-%d %H:%M:%S)"),
        ("soon", "Add its format to"),
        ("2024-13-45", "There is no such day"),
    ],
)
def test_the_hint_of_a_date_names_the_formats_that_read_it(tmp_path, text, formats):
    write_cohort(tmp_path, enrolments__csv=ENROLMENTS.replace("2024-01-09", text))
    assert formats in only_problem(tmp_path).hint


def test_absent_data_folder_is_one_problem(tmp_path):
    write_cohort(tmp_path, COHORT + "data_folder: elsewhere\n")
    problem = only_problem(tmp_path)
    assert "elsewhere" in problem.message and str(tmp_path / "elsewhere") in problem.hint


def test_absent_cohort_yaml_is_a_problem(tmp_path):
    (found,) = check_cohort(tmp_path)
    assert "does not exist" in found.message


def test_unknown_instrument_lists_the_known_ones(tmp_path):
    write_cohort(tmp_path, COHORT.replace("wai_sr", "wai_srt"))
    problem = only_problem(tmp_path)
    assert problem.line == 17 and problem.file == "cohort.yaml"
    assert "wai_36" in problem.hint and "wai_sr" in problem.hint


def test_item_list_of_the_wrong_length_is_refused(tmp_path):
    write_cohort(tmp_path, COHORT.replace('"w{item}"', "[w1, w2, w3]"))
    assert "3 item columns are listed, but wai_sr has 12 items" in only_problem(tmp_path).message


def test_instrument_without_a_form_for_the_rater_is_refused(tmp_path):
    write_cohort(tmp_path, COHORT.replace("rater: client", "rater: practitioner"))
    assert "no form for the practitioner" in only_problem(tmp_path).message


def test_label_that_stands_for_an_impossible_value_is_refused(tmp_path):
    write_cohort(tmp_path, COHORT.replace('items: "w{item}"', 'items: "w{item}", labels: {often: 6}'))
    problem = only_problem(tmp_path)
    assert problem.line == 17 and '"often"' in problem.message


def test_an_unreadable_id_cell_is_not_shown(tmp_path):
    from openpyxl import Workbook

    workbook = Workbook()
    workbook.active.append(["enrolment", "client", "started"])
    import datetime as dt

    workbook.active.append([dt.datetime(1961, 5, 4), "C1", dt.datetime(2024, 1, 8)])
    workbook.save(tmp_path / "enrolments.xlsx")
    excel = COHORT.replace("enrolments.csv\n    format: csv", "enrolments.xlsx\n    format: excel")
    write_cohort(tmp_path, excel)
    problem = only_problem(tmp_path)
    assert problem.column == "enrolment" and problem.rows == (2,)
    assert "1961" not in str(problem) and problem.value == ""


def test_nothing_is_written_into_the_cohort_folder(tmp_path):
    write_cohort(tmp_path, alliance__csv=ALLIANCE.replace("E2,4", "E2,9"))
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(CohortError):
        ingest(tmp_path)
    check_cohort(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == before
