"""Which data dictionaries REDCap would refuse, or make something else of."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from alliance_modes.cli import main
from alliance_modes.survey.redcap.dictionary import Field, dictionary_bytes
from alliance_modes.survey.redcap.rules import faults

FILE = "data_dictionary.csv"
CODES = ("UNK",)
ROWS = {
    one.name: one
    for one in (
        Field("record_id", "start", label="Record"),
        Field("consent", "start", kind="radio", label="Consent", choices="1, Yes | 0, No", required="y"),
        Field("born", "start", label="Born", validation="date_ymd", low="1930-01-01", high="2010-12-31"),
        Field("height", "start", label="Height", validation="integer", low="50", high="230"),
        Field("smokes", "start", kind="yesno", label="Smokes", branching="[consent] = '1'"),
        Field("needs", "start", kind="checkbox", label="Needs", choices="1, Reading | 2, Work"),
        Field("bmi", "start", kind="calc", label="Index", choices="round([height] * 2, 1)"),
        Field("item_1", "scale", kind="radio", label="One", choices="1, no | 2, yes", matrix="grid"),
        Field("item_2", "scale", kind="radio", label="Two", choices="1, no | 2, yes", matrix="grid"),
        Field("remark", "scale", kind="notes", label="Remark", branching="[needs(2)] = '1'"),
        Field("thanks", "scale", kind="descriptive", label="Thank you."),
    )
}


def told(content: bytes, missing=CODES) -> list[str]:
    return [str(problem) for problem in faults(content, FILE, missing)]


def with_changed(variable: str, **cells: Any) -> bytes:
    rows = [replace(row, **cells) if name == variable else row for name, row in ROWS.items()]
    return dictionary_bytes(rows)


def moved(name: str, place: int) -> bytes:
    rows = [row for row in ROWS.values() if row.name != name]
    return dictionary_bytes([*rows[:place], ROWS[name], *rows[place:]])


def test_a_dictionary_that_keeps_every_rule_has_no_fault():
    assert told(dictionary_bytes(ROWS.values())) == []
    assert told(b"\xef\xbb\xbf" + dictionary_bytes(ROWS.values())) == []


CHANGED = {
    "capital letter": ("born", {"name": "Born"}, "Born: a variable has small letters"),
    "digit in front": ("born", {"name": "2nd"}, "2nd: a variable has small letters"),
    "no name": ("born", {"name": ""}, "a field without a name: a variable has small letters"),
    "trailing _": ("born", {"name": "born_"}, "born_: a variable neither ends with _"),
    "two _": ("born", {"name": "bo__rn"}, "bo__rn: a variable neither ends with _ nor has two"),
    "long name": ("born", {"name": "b" * 101}, "a variable has at most 100 signs, and this one has 101"),
    "advised length": (
        "born",
        {"name": "b" * 27},
        "advises against more than 26 signs, and this variable has 27",
    ),
    "twice": ("born", {"name": "height"}, "height: the variable stands in row 4 already"),
    "reserved": ("born", {"name": "redcap_event_name"}, "redcap_event_name: REDCap keeps this name"),
    "of a form": (
        "born",
        {"name": "scale_complete"},
        "scale_complete: REDCap keeps this name for a column of a form",
    ),
    "form name": ("thanks", {"form": "The End"}, 'thanks: "The End" is no name of a form'),
    "form apart": ("height", {"form": "scale"}, "smokes: the fields of the form start do not stand together"),
    "first field": (
        "record_id",
        {"kind": "calc", "choices": "1"},
        "record_id: the first field names the record",
    ),
    "first hidden": (
        "record_id",
        {"branching": "[consent] = '1'"},
        "record_id: the first field names the record",
    ),
    "type": ("born", {"kind": "date"}, 'born: "date" is no type of field'),
    "no label": ("height", {"label": ""}, "height: a field needs a label"),
    "no choices": ("consent", {"choices": ""}, "consent: a field of type radio needs choices"),
    "no formula": ("bmi", {"choices": ""}, "bmi: a field of type calc needs a formula"),
    "code twice": (
        "consent",
        {"choices": "1, Yes | 1, No | 0, x"},
        "consent: the code 1 stands for two choices",
    ),
    "pipe in label": (
        "needs",
        {"choices": "1, Reading | writing | 2, Work"},
        "needs: the choice writing has no label",
    ),
    "blank in code": ("needs", {"choices": "a b, Reading | 2, Work"}, 'needs: "a b" is no code'),
    "empty choice": ("needs", {"choices": "1, Reading | 2, Work |"}, "needs: a choice is empty"),
    "one column": (
        "needs",
        {"choices": "a, Reading | A, x | 2, Work"},
        "needs: the boxes a and A would be one column",
    ),
    "choices of a descriptive": (
        "thanks",
        {"choices": "1, x"},
        "thanks: a field of type descriptive has no choices",
    ),
    "choices of text": ("born", {"choices": "1, x"}, "born: a field of type text has no choices"),
    "labels of a slider": (
        "remark",
        {"kind": "slider", "choices": "a|b|c|d"},
        "remark: a slider has at most three",
    ),
    "validated radio": ("consent", {"validation": "integer"}, "consent: only text is validated"),
    "validation": ("born", {"validation": "date"}, 'born: "date" is no validation'),
    "limit of text": (
        "height",
        {"validation": "email"},
        "height: 50 is a limit of a field that has no numbers",
    ),
    "limit no number": ("height", {"low": "low"}, 'height: "low" is no limit of integer'),
    "limit no date": ("born", {"low": "01.01.1930"}, 'born: "01.01.1930" is no limit of date_ymd'),
    "limits exchanged": (
        "height",
        {"low": "300"},
        "height: the lowest answer, 300, lies above the highest, 230",
    ),
    "dates exchanged": ("born", {"low": "2011-01-01"}, "born: the lowest answer, 2011-01-01, lies above"),
    "identifier": ("born", {"identifier": "yes"}, 'born: "yes" is neither y nor empty'),
    "required": ("born", {"required": "1"}, 'born: "1" is neither y nor empty'),
    "required calc": ("bmi", {"required": "y"}, "bmi: nobody can answer a field of type calc"),
    "alignment": ("born", {"alignment": "XX"}, 'born: "XX" is no alignment'),
    "matrix of text": ("remark", {"matrix": "grid"}, "remark: a matrix has fields of type radio or checkbox"),
    "matrix of two types": (
        "item_2",
        {"kind": "checkbox"},
        "item_2: item_1 of the same matrix is of type radio",
    ),
    "other choices": ("item_2", {"choices": "1, no | 3, yes"}, "item_2: it has other choices than item_1"),
    "matrix over forms": (
        "needs",
        {"kind": "radio", "matrix": "grid"},
        "the matrix grid goes over two forms",
    ),
    "matrix called as a field": (
        "item_1",
        {"matrix": "remark"},
        "item_1: the matrix remark is called as a variable",
    ),
    "matrix name": ("item_1", {"matrix": "My Grid"}, 'item_1: "My Grid" is no name of a matrix'),
    "ranking alone": ("consent", {"ranking": "y"}, "consent: only a matrix is ranked"),
    "unknown field": ("smokes", {"branching": "[consnt] = '1'"}, "smokes: there is no field consnt"),
    "unknown code": ("smokes", {"branching": "[consent] = '2'"}, "smokes: consent is compared with 2"),
    "unknown box": ("remark", {"branching": "[needs(3)] = '1'"}, "remark: needs has no choice 3"),
    "open bracket": ("smokes", {"branching": "([consent] = '1'"}, "smokes: a bracket or a quote is opened"),
    "open quote": ("smokes", {"branching": "[consent] = '1"}, "smokes: a bracket or a quote is opened"),
    "descriptive asked": ("smokes", {"branching": "[thanks] <> ''"}, "smokes: thanks is descriptive"),
    "field of a formula": ("bmi", {"choices": "[weight] / 2"}, "bmi: there is no field weight"),
    "tag": ("smokes", {"annotation": "@CALCTEXT(1)"}, "smokes: @CALCTEXT fills text alone"),
    "tag of a date": (
        "height",
        {"annotation": "@CALCDATE([born], 1, 'd')"},
        "height: @CALCDATE fills a date alone",
    ),
    "missing code": (
        "consent",
        {"choices": "1, Yes | 0, No | UNK, x"},
        "consent: the missing data code UNK is an answer",
    ),
    "long cell": ("remark", {"note": "x" * 32_768}, "remark: the cell has 32,768 signs"),
}


@pytest.mark.parametrize("fault", CHANGED)
def test_a_planted_fault_is_told_by_variable_and_rule(fault):
    variable, cells, message = CHANGED[fault]
    found = told(with_changed(variable, **cells))
    right = [line for line in found if message in line]
    assert right, found
    assert right[0].startswith(f"{FILE}, row ") and "\n    -> " in right[0]


def test_a_matrix_stands_together():
    found = told(moved("remark", 8))
    assert any("remark: it stands between fields of the matrix grid" in line for line in found)


def test_a_missing_data_code_within_limits_is_an_answer():
    found = told(dictionary_bytes(ROWS.values()), ("99",))
    assert len(found) == 1 and "height: the missing data code 99 lies within the limits" in found[0]
    assert told(dictionary_bytes(ROWS.values()), ("-99",)) == []


def test_a_missing_data_code_has_letters_and_digits():
    found = told(dictionary_bytes(ROWS.values()), ("not asked",))
    assert len(found) == 1 and '"not asked" is no missing data code' in found[0]


def test_a_file_that_is_no_dictionary_is_told_as_one_thing():
    content = with_changed("thanks", label="Schöner Dank")
    assert "line 12: the file is not UTF-8" in told(content.decode().encode("cp1252"))[0]
    assert "the file is no CSV" in told(content + b'"open')[0]
    assert "the header has 0 columns, not 18" in told(b"")[0]
    shorter = content.replace(b"Section Header,", b"", 1)
    assert "the header has 17 columns, not 18" in told(shorter)[0]
    renamed = content.replace(b"Section Header", b"Header", 1)
    assert 'row 1: the header is "Header", not "Section Header"' in told(renamed)[0]


def test_rows_of_another_length_are_told_by_number():
    lines = io.StringIO(dictionary_bytes(ROWS.values()).decode()).readlines()
    found = told("".join([*lines, "more,scale\n", ",,,\n"]).encode())
    assert found[0].startswith(f"{FILE}, row 13: the row has 2 cells, not 18")
    assert found[1].startswith(f"{FILE}, row 14: the row is empty")


def test_the_command_tells_what_is_broken_and_what_is_kept(tmp_path):
    path, runner = tmp_path / "dictionary.csv", CliRunner()
    path.write_bytes(dictionary_bytes(ROWS.values()))
    done = runner.invoke(main, ["check-dictionary", str(path)])
    assert done.exit_code == 0 and "11 fields of 2 forms keep the rules of REDCap" in done.output
    broken = runner.invoke(main, ["check-dictionary", str(path), "--missing-code", "99"])
    assert broken.exit_code != 0 and "the missing data code 99 lies within" in broken.output
    path.write_bytes(with_changed("born", name="Born"))
    broken = runner.invoke(main, ["check-dictionary", str(path)])
    assert broken.exit_code != 0 and "data dictionary: 1 problem" in broken.output
    absent = runner.invoke(main, ["check-dictionary", str(tmp_path / "none.csv")])
    assert absent.exit_code != 0 and "the file cannot be read (No such file or directory)" in absent.output
