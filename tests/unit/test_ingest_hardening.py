"""What is read all the same, what is refused, and how a message quotes what it found."""

from __future__ import annotations

import pytest
from small_cohorts import COHORT, ENROLMENTS, ingest, only_problem, write_cohort

from alliance_modes.ground.errors import SHOWN_PROBLEMS, ConfigurationError, Problem, shown
from alliance_modes.readers.raw_table import MOST_UNEVEN_ROWS, tidy_text

STAFF = """\
  practitioners:
    files: staff.csv
    format: csv
    columns:
      practitioner_id: id
      role: {column: rôle, labels: {öfters à: officer}}
"""


def test_labels_and_headers_are_compared_in_one_unicode_form(tmp_path):
    decomposed = "id,ro\u0302le\nP1,o\u0308fters a\u0300\n"
    write_cohort(tmp_path, COHORT + STAFF, staff__csv=decomposed)
    assert ingest(tmp_path).tables["practitioners"]["role"].tolist() == ["officer"]


@pytest.mark.parametrize(
    ("raw", "tidy"),
    [
        ("\u00a0a\u00a0b ", "a b"),
        ("\u200ba\ufeff", "a"),
        ("so\u00adft", "soft"),
        ("\u06cc\u200c\u06a9", "\u06cc\u200c\u06a9"),
        ("\u200c\u06a9\u200d", "\u06a9"),
        (" 1\t", "1"),
    ],
)
def test_signs_that_nobody_sees_do_not_tell_two_texts_apart(raw, tidy):
    assert tidy_text(raw) == tidy


def test_message_shows_escape_codes_and_does_not_obey_them():
    problem = Problem("it says \x1b[2J\u202e", file="a\nb.csv", column="\u200bx", hint="\x07")
    assert str(problem) == 'a\\nb.csv, column "\\u200bx": it says \\x1b[2J\\u202e\n    -> \\x07'


def test_text_in_any_script_is_quoted_as_it_is():
    assert shown("Öffnung 開始 \u00a0é") == "Öffnung 開始 \u00a0é"


def test_long_text_is_shortened_and_says_so():
    assert shown("x" * 100_080) == "x" * 80 + "… (100,000 characters more)"


def test_a_list_of_problems_that_nobody_reads_is_cut_on_the_terminal_only():
    error = ConfigurationError("many", [Problem(f"p{number}") for number in range(1000)])
    assert len(error.problems) == 1000
    assert str(error).endswith("and 800 more; mend the first ones and check again")
    assert f"{SHOWN_PROBLEMS}. p{SHOWN_PROBLEMS - 1}" in str(error)


def test_blank_rows_do_not_end_a_file(tmp_path):
    write_cohort(tmp_path, enrolments__csv=ENROLMENTS + ",,\n" * 120_000 + "E3,C3,2024-01-10\n")
    table = ingest(tmp_path).tables["enrolments"]
    assert table["source_row"].tolist() == [2, 3, 120_004]


def test_reading_stops_where_every_row_is_uneven(tmp_path):
    write_cohort(tmp_path, enrolments__csv=ENROLMENTS + "E3,C3\n" * 50_000)
    problem = only_problem(tmp_path)
    assert "fewer cells" in problem.message
    assert len(problem.rows) == MOST_UNEVEN_ROWS


def test_title_above_the_header_is_taken_for_it_and_that_is_said(tmp_path):
    write_cohort(tmp_path, enrolments__csv="Report of the north\n" + ENROLMENTS)
    problem = only_problem(tmp_path)
    assert problem.rows == (1,)
    assert "taken for the header" in problem.message and "above the header" in problem.hint
    assert "north" not in problem.message, "a first row may hold names of people"


@pytest.mark.slow
def test_one_wrong_record_among_many_is_read_for_what_it_is(tmp_path):
    rows = "".join(f"E{number},C{number},2024-01-08\n" for number in range(200_000))
    write_cohort(tmp_path, enrolments__csv="enrolment,client,started\n" + rows + "F1,D1,1899-01-08\n")
    problem = only_problem(tmp_path)
    assert problem.rows == (200_002,) and "before 1900" in problem.message
