"""Text exports: row numbers, delimiters, encodings, REDCap and Qualtrics."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_modes.cohort import Source
from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.readers import RawTable, read
from alliance_modes.readers.raw_table import cell_text


def source(form: str = "csv", **settings) -> Source:
    return Source.model_validate({"files": "x", "format": form, "columns": {}, **settings})


def read_text(
    folder: Path, content: str | bytes, form: str = "csv", wanted=("a", "b"), **settings
) -> RawTable:
    path = folder / "export.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read(source(form, **settings), path, "export.csv", frozenset(wanted))


def cells(table: RawTable, name: str) -> list[str]:
    column = table.columns[name]
    return [cell_text(column.values[code]) for code in column.codes]


def refusal(folder: Path, content: str | bytes, form: str = "csv", **settings) -> Problem:
    with pytest.raises(CohortError) as caught:
        read_text(folder, content, form, **settings)
    assert len(caught.value.problems) == 1
    return caught.value.problems[0]


def test_cells_are_text_without_surrounding_spaces(tmp_path):
    table = read_text(tmp_path, "a,b\n 01 ,NA\n\t2.50,\xa0x\n")
    assert cells(table, "a") == ["01", "2.50"]
    assert cells(table, "b") == ["NA", "x"]
    assert list(table.rows) == [2, 3]


def test_unwanted_columns_are_named_but_not_kept(tmp_path):
    table = read_text(tmp_path, "a,name,b\n1,Ada,2\n")
    assert table.names == ("a", "name", "b")
    assert set(table.columns) == {"a", "b"}


@pytest.mark.parametrize("first", ["sep=;\r\n", '"sep=;"\n', "SEP=;\n", "\ufeffsep=;\n"])
def test_a_first_line_that_tells_excel_the_delimiter_is_no_row(tmp_path, first):
    """Excel shows the header as row 1; the commas of the cells would speak for another delimiter."""
    table = read_text(tmp_path, f'{first}a;b\r\n"1,5";x,y,z\r\n')
    assert table.names == ("a", "b")
    assert cells(table, "b") == ["x,y,z"]
    assert list(table.rows) == [2]
    assert table.detected["delimiter"] == ";"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found_out_and_stated(tmp_path, delimiter):
    table = read_text(tmp_path, f"a{delimiter}b\n1{delimiter}2\n")
    assert cells(table, "b") == ["2"]
    assert table.detected["delimiter"] == ("tab" if delimiter == "\t" else delimiter)


def test_decimal_commas_do_not_pass_for_delimiters(tmp_path):
    table = read_text(tmp_path, "a;b\n1,5;2,5\n3,5;4,5\n")
    assert cells(table, "b") == ["2,5", "4,5"]


def test_declared_settings_are_not_reported_as_detected(tmp_path):
    table = read_text(tmp_path, "a;b\n1;2\n", delimiter=";", encoding="utf-8")
    assert dict(table.detected) == {}


@pytest.mark.parametrize(
    ("encoding", "detected"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("cp1252", "cp1252"), ("utf-16", "utf-16")],
)
def test_encoding_is_found_out_and_stated(tmp_path, encoding, detected):
    table = read_text(tmp_path, "a,b\nöfters,x\n".encode(encoding))
    assert cells(table, "a") == ["öfters"]
    assert table.detected["encoding"] == detected


def test_bytes_that_windows_does_not_know_are_latin_1(tmp_path):
    assert read_text(tmp_path, b"a,b\n\x81\xf6,x\n").detected["encoding"] == "latin-1"


def test_text_of_another_encoding_than_declared_names_the_line(tmp_path):
    problem = refusal(tmp_path, "a,b\n1,2\nöfters,x\n".encode("cp1252"), encoding="utf-8")
    assert problem.line == 3 and "utf-8" in problem.message


def test_decomposed_letters_are_composed(tmp_path):
    assert cells(read_text(tmp_path, "a,b\no\u0308fters,x\n"), "a") == ["öfters"]


def test_quoted_line_break_does_not_begin_a_row_and_an_empty_row_is_counted(tmp_path):
    table = read_text(tmp_path, 'a,b\n"one\ntwo",1\n\n,\nthree,2\n')
    assert cells(table, "a") == ["one\ntwo", "three"]
    assert list(table.rows) == [2, 5]


def test_windows_and_old_mac_line_ends(tmp_path):
    assert list(read_text(tmp_path, "a,b\r\n1,2\r\n3,4\r\n").rows) == [2, 3]
    assert cells(read_text(tmp_path, "a,b\r1,2\r3,4"), "a") == ["1", "3"]


def test_wanted_name_that_stands_twice(tmp_path):
    problem = refusal(tmp_path, "a,b,a\n1,2,3\n")
    assert problem.column == "a" and "columns 1, 3" in problem.message


def test_other_names_may_stand_twice(tmp_path):
    assert cells(read_text(tmp_path, "a,x,x,b\n1,2,3,4\n"), "b") == ["4"]


def test_rows_with_too_few_or_too_many_cells(tmp_path):
    with pytest.raises(CohortError) as caught:
        read_text(tmp_path, "a,b\n1\n1,2\n1,2,3\n1,2,\n")
    short, long = caught.value.problems
    assert "fewer" in short.message and short.rows == (2,)
    assert "beyond" in long.message and long.rows == (4,)


def test_nul_bytes(tmp_path):
    problem = refusal(tmp_path, b"a,b\n1,2\n1,\x002\n")
    assert "NUL" in problem.message and problem.line == 3


def test_unclosed_quote(tmp_path):
    problem = refusal(tmp_path, 'a,b\n1,2\n"3,4\n5,6\n')
    assert "quotation mark" in problem.hint and problem.rows == (3,)


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_empty_file(tmp_path, content):
    assert "empty" in refusal(tmp_path, content).message


def test_header_without_rows(tmp_path):
    assert "no data rows" in refusal(tmp_path, "a,b\n").message
    assert "no data rows" in refusal(tmp_path, "a,b\n,\n\n").message


def test_folder_in_place_of_a_file(tmp_path):
    with pytest.raises(CohortError, match="a folder"):
        read(source(), tmp_path, "export", frozenset("a"))


@given(
    st.lists(
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5), min_size=2, max_size=2
        ),
        min_size=1,
        max_size=8,
    )
)
def test_every_cell_comes_back_in_its_row(tmp_path_factory, records):
    import csv
    import io

    stream = io.StringIO(newline="")
    writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
    writer.writerows([["a", "b"], *records])
    kept = [(row, record) for row, record in enumerate(records, 2) if any(record)]
    folder = tmp_path_factory.mktemp("cells")
    if not kept:
        assert "no data rows" in refusal(folder, stream.getvalue(), delimiter=",", encoding="utf-8").message
        return
    table = read_text(folder, stream.getvalue(), delimiter=",", encoding="utf-8")
    from alliance_modes.readers.raw_table import tidy_text

    assert list(table.rows) == [row for row, _ in kept]
    assert cells(table, "a") == [tidy_text(record[0]) for _, record in kept]
    assert cells(table, "b") == [tidy_text(record[1]) for _, record in kept]


REDCAP = """\
record_id,redcap_repeat_instrument,redcap_repeat_instance,a,b,need___1
1,,,x,,1
1,session,1,,5,
1,session,2,,6,
2,,,y,,0
2,alliance,1,,7,
"""


def test_redcap_rows_of_one_repeating_instrument(tmp_path):
    wanted = ("record_id", "redcap_repeat_instance", "b")
    table = read_text(tmp_path, REDCAP, "redcap", wanted, repeat_instrument="session")
    assert cells(table, "b") == ["5", "6"]
    assert cells(table, "redcap_repeat_instance") == ["1", "2"]
    assert list(table.rows) == [3, 4]


def test_redcap_rows_of_no_repeating_instrument(tmp_path):
    table = read_text(tmp_path, REDCAP, "redcap", ("a", "need___1"))
    assert cells(table, "a") == ["x", "y"]
    assert cells(table, "need___1") == ["1", "0"]
    assert list(table.rows) == [2, 5]


def test_redcap_unknown_repeating_instrument_lists_the_known_ones(tmp_path):
    problem = refusal(tmp_path, REDCAP, "redcap", repeat_instrument="sessions")
    assert "alliance, session" in problem.hint


def test_redcap_file_without_repeats(tmp_path):
    assert cells(read_text(tmp_path, "a,b\n1,2\n", "redcap"), "a") == ["1"]
    assert (
        "no repeating instruments" in refusal(tmp_path, "a,b\n1,2\n", "redcap", repeat_instrument="s").message
    )


NAMES = "EndDate,a,b\n"
TEXTS = 'End Date,"First question,\nsecond line",Other\n'
IMPORT_IDS = (
    '"{""ImportId"":""endDate"",""timeZone"":""UTC""}","{""ImportId"":""QID1""}","{""ImportId"":""QID2""}"\n'
)
ANSWERS = "2024-01-08 10:00:00,3,4\n2024-01-09 10:00:00,5,6\n"


def test_qualtrics_three_header_rows(tmp_path):
    table = read_text(tmp_path, NAMES + TEXTS + IMPORT_IDS + ANSWERS, "qualtrics")
    assert cells(table, "a") == ["3", "5"]
    assert list(table.rows) == [4, 5]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (NAMES + TEXTS, "the row of ImportIds is missing"),
        (NAMES + IMPORT_IDS, "the row of question texts is missing"),
        (NAMES, "a single header row"),
    ],
)
def test_qualtrics_with_other_header_rows_is_refused(tmp_path, header, said):
    problem = refusal(tmp_path, header + ANSWERS, "qualtrics")
    assert said in problem.message and "three" in problem.message + problem.hint


def test_qualtrics_without_answers(tmp_path):
    assert "no data rows" in refusal(tmp_path, NAMES + TEXTS + IMPORT_IDS, "qualtrics").message
