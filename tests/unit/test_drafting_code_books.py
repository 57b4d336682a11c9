"""What a draft takes from a code book, and what check holds against it at each run."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from small_drafts import PEOPLE, answers
from test_code_books import MATRIX, dictionary_rows, qualtrics, shown_as, xlsform

from alliance_modes.drafting.book_questions import book_questions
from alliance_modes.drafting.draft import draft_cohort
from alliance_modes.drafting.folder import new_cohort
from alliance_modes.drafting.joining import join_equal_forms
from alliance_modes.drafting.recognise import recognise_parts
from alliance_modes.drafting.writing import draft_yaml
from alliance_modes.ground.errors import CohortError
from alliance_modes.ground.yaml_models import read_yaml
from alliance_modes.ingest.stage import check_cohort, ingest_cohort
from alliance_modes.instruments.model import load_instruments
from alliance_modes.readers.codebooks.recognise import code_book

OFTEN = ("Seldom", "Sometimes", "Fairly often", "Very often", "Always")
SCALE = " | ".join(f"{number}, {label}" for number, label in enumerate(OFTEN, 1))
TURNED = " | ".join(f"{6 - number}, {label}" for number, label in enumerate(OFTEN, 1))
DICTIONARY = "codes.csv"


def people(**cells: object) -> pd.DataFrame:
    """24 enrolments with further columns, each a list that is repeated."""
    rows = range(PEOPLE)
    columns: dict[str, list] = {
        "record_id": [f"K{row:03}" for row in rows],
        "start_date": [f"2024-0{row % 9 + 1}-11" for row in rows],
    }
    for name, values in cells.items():
        listed = list(values) if isinstance(values, list | tuple) else [values]
        columns[name] = [listed[row % len(listed)] for row in rows]
    return pd.DataFrame(columns)


def drafted(folder: Path, *files: str) -> tuple[str, Mapping[tuple, str]]:
    """The draft of the files with the code books among them, and its open answers by where they stand."""
    books = [found for file in files if (found := code_book(folder / file, file))]
    exports = [file for file in files if file not in {found.file for found in books}]
    parts = [part for file in exports for part in recognise_parts(folder / file, file, books)]
    joined = join_equal_forms(parts)
    text = draft_yaml(draft_cohort("north", joined, load_instruments()))
    (folder / "cohort.yaml").write_text(text, encoding="utf-8")
    return text, {one.location: one.question for one in read_yaml(folder / "cohort.yaml").open}


def write(folder: Path, frame: pd.DataFrame, *described: tuple[str, ...], forms: pd.DataFrame | None = None):
    frame.to_csv(folder / "people.csv", index=False)
    dictionary_rows(*described).to_csv(folder / DICTIONARY, index=False)
    (answers() if forms is None else forms).to_csv(folder / "wai_client.csv", index=False)


OWN = (("record_id", "text", "Record ID"), ("start_date", "text", "First day", "", "date_ymd"))


def test_codes_boxes_and_yes_or_no_are_settled_by_the_dictionary_and_nothing_is_asked(tmp_path):
    boxes = ["cognitive", "Literacy", "Mental health", "Anti-authoritarian", "Entitlement", "Interpersonal"]
    frame = people(
        outcome=[2, 1, 3, 99], mandated=[1, 0], age=[22, 31, 45, 60, 99],
        **{f"q7___{place}": [place % 2, 1, 0] for place in range(1, 7)},
    )  # fmt: skip
    listed = " | ".join(f"{place}, {label}" for place, label in enumerate(boxes, 1))
    write(
        tmp_path, frame, *OWN,
        ("outcome", "radio", "How did it end?", "1, Dropped out | 2, Completed | 3, Ongoing | 99, Unknown"),
        ("mandated", "yesno", "Ordered by a court?"),
        ("age", "text", "Age", "", "integer", "16", "90"),
        ("q7", "checkbox", "Needs", listed),
    )  # fmt: skip
    text, still = drafted(tmp_path, "people.csv", "wai_client.csv", DICTIONARY)
    assert DICTIONARY not in re.findall(r"files: (\S+)", text)
    (asked,) = still.values()
    assert "is 99 (4 of 24 cells) a code for no answer" in asked and "the code book takes 16 to 90" in asked
    assert "which the code book labels" not in text
    (tmp_path / "cohort.yaml").write_text(text.replace('"?"', '"not recorded"'), encoding="utf-8")
    assert check_cohort(tmp_path) == ()
    table = ingest_cohort(tmp_path, b"k" * 32).tables["enrolments"]
    assert list(table["status"][:3]) == ["completed", "dropped_out", "ongoing"]
    assert table["status"][3:4].isna().all()
    assert list(table["mandated"][:2]) == [True, False]
    assert list(table["need_literacy"][:2]) == [False, True]
    assert list(table["need_cognitive"][:2]) == [True, True]
    assert table["age_years"].max() == 60


def test_boxes_that_are_called_otherwise_are_asked_and_none_is_lost(tmp_path):
    labels = ("Literacy", "Thinking skills", "Mental health", "Authority", "Entitlement", "Interpersonal")
    frame = people(**{f"need___{place}": [place % 2, 1, 0] for place in range(1, 7)})
    listed = " | ".join(f"{place}, {label}" for place, label in enumerate(labels, 1))
    write(tmp_path, frame, *OWN, ("need", "checkbox", "Needs", listed))
    text, still = drafted(tmp_path, "people.csv", "wai_client.csv", DICTIONARY)
    assert [place[-1] for place in still] == ["need_cognitive", "need_anti_authoritarian"]
    assert all('need___2 "Thinking skills", need___4 "Authority"' in said for said in still.values())
    assert "need_entitlement: need___5" in text


def test_a_column_is_found_by_its_question_and_one_that_identifies_is_dropped(tmp_path):
    frame = people(v12=["1", "2"], v13=["a b", "c d", "e f"], v14=["x", "y"])
    write(
        tmp_path, frame, *OWN,
        ("v12", "radio", "Status", "1, Completed | 2, Dropped out"),
        ("v13", "text", "Known as", "", "", "", "", "y"),
        ("v14", "notes", "Anything else"),
    )  # fmt: skip
    text, still = drafted(tmp_path, "people.csv", "wai_client.csv", DICTIONARY)
    assert "column: v12" in text and "its question in the code book" in text
    assert "drop: [v13, v14]" in text
    assert not still
    assert "Anything else" not in text and "Known as" not in text


def test_a_day_that_is_marked_as_identifying_is_read_all_the_same(tmp_path):
    marked = ("start_date", "text", "First day", "", "date_ymd", "", "", "y")
    write(tmp_path, people(phone_home=["0151 23456789"]), OWN[0], marked, ("phone_home", "text", "Phone"))
    text, still = drafted(tmp_path, "people.csv", "wai_client.csv", DICTIONARY)
    assert "started_on: start_date" in text and "drop: [phone_home]" in text
    assert not still


def test_the_dictionary_says_which_items_run_the_other_way(tmp_path):
    forms = answers().rename(columns={"case no": "record_id"})
    for item in (4, 10):
        forms[f"wai_{item}"] = 6 - forms[f"wai_{item}"]
    described = [
        (f"wai_{item}", "radio", f"line {item}", TURNED if item in (4, 10) else SCALE)
        for item in range(1, 13)
    ]
    write(tmp_path, people(), *OWN, *described, forms=forms)
    text, still = drafted(tmp_path, "people.csv", "wai_client.csv", DICTIONARY)
    assert "the code book's labels run the other way for items 4 and 10" in text
    assert re.search(r"already_reversed: .*4 and 10", text)
    assert not [place for place in still if place[-1] == "already_reversed"]


@pytest.mark.parametrize("odd", [(), (4, 10), tuple(range(3, 13))])
def test_words_are_read_by_what_they_mean_where_the_recodes_fall(tmp_path, odd):
    lines = {str(item): {"Display": f"line {item}"} for item in range(1, 13) if item not in odd}
    straight = {**MATRIX, "DataExportTag": "wai", "Choices": lines, "Answers": shown_as(*OFTEN)}
    turned = {**straight, "RecodeValues": {str(number): str(6 - number) for number in range(1, 6)}}
    other = {**straight, "Choices": {str(item): {"Display": "x"} for item in odd}}
    (tmp_path / "survey.qsf").write_text(qualtrics(turned, other), encoding="utf-8")
    forms = answers().rename(columns={"case no": "record_id"})
    spoken = forms.copy()
    for item in range(1, 13):
        spoken[f"wai_{item}"] = [OFTEN[number - 1] for number in forms[f"wai_{item}"]]
    people().to_csv(tmp_path / "people.csv", index=False)
    spoken.to_csv(tmp_path / "wai_client.csv", index=False)
    text, still = drafted(tmp_path, "people.csv", "wai_client.csv", "survey.qsf")
    assert not still
    (tmp_path / "cohort.yaml").write_text(text, encoding="utf-8")
    assert check_cohort(tmp_path) == ()
    read = ingest_cohort(tmp_path, b"k" * 32).tables["alliance"]
    assert list(read["item_3"]) == list(forms["wai_3"].astype(float))


def test_a_file_whose_labels_contradict_the_code_book_is_asked(tmp_path):
    frame = people(outcome=[1.0, 2.0])
    labels = {"outcome": {1.0: "Completed", 2.0: "Dropped out"}}
    pyreadstat.write_sav(frame, tmp_path / "people.sav", variable_value_labels=labels)
    described = (("outcome", "radio", "End", "1, Dropped out | 2, Completed"), *OWN)
    dictionary_rows(*described).to_csv(tmp_path / DICTIONARY, index=False)
    _, still = drafted(tmp_path, "people.sav", DICTIONARY)
    asked = [said for place, said in still.items() if place[-2:-1] == ("labels",)]
    assert len(asked) == 2
    assert 'the file labels it "Completed", the code book "Dropped out"' in asked[0]


@pytest.mark.parametrize(("turned", "asked"), [(range(1, 13), "labels_rising"), ((2, 5), "already_reversed")])
def test_items_that_file_and_code_book_label_in_two_directions_are_asked(tmp_path, turned, asked):
    forms = answers().rename(columns={"case no": "record_id"}).astype({"session": float})
    labels = {f"wai_{item}": {float(n): word for n, word in enumerate(OFTEN, 1)} for item in range(1, 13)}
    pyreadstat.write_sav(forms, tmp_path / "wai_client.sav", variable_value_labels=labels)
    people().to_csv(tmp_path / "people.csv", index=False)
    described = [
        (f"wai_{item}", "radio", f"line {item}", TURNED if item in turned else SCALE) for item in range(1, 13)
    ]
    dictionary_rows(*OWN, *described).to_csv(tmp_path / DICTIONARY, index=False)
    _, still = drafted(tmp_path, "people.csv", "wai_client.sav", DICTIONARY)
    (said,) = [question for place, question in still.items() if place[-1] == asked]
    assert "file and code book label the answers" in said
    assert len(still) == 1


def test_cells_that_the_code_book_does_not_know_are_asked_and_refused_until_declared(tmp_path):
    frame = people(outcome=[1, 2, 7], mandated=[1, 0, 3], sessions_planned=[10, 12, 40, 14, 16])
    write(
        tmp_path, frame, *OWN,
        ("outcome", "radio", "End", "1, Completed | 2, Dropped out"),
        ("mandated", "yesno", "Ordered?"),
        ("sessions_planned", "text", "Sessions", "", "integer", "1", "30"),
    )  # fmt: skip
    text, still = drafted(tmp_path, "people.csv", "wai_client.csv", DICTIONARY)
    assert {place[-1] for place in still} == {"7", "3", "40"}
    assert all("does not know" in said for place, said in still.items() if place[-1] != "40")
    settled = {"7": "administrative", "3": "false", "40": "a real value"}
    right = text
    for place in still:
        right = re.sub(
            rf'(^ +"{place[-1]}": )"\?"', rf'\g<1>"{settled[place[-1]]}"', right, flags=re.MULTILINE
        )
    right = right.replace('"false"', "false")
    (tmp_path / "cohort.yaml").write_text(right, encoding="utf-8")
    assert check_cohort(tmp_path) == ()
    frame.loc[0, "outcome"], frame.loc[1, "sessions_planned"] = 8, 35
    frame.to_csv(tmp_path / "people.csv", index=False)
    found = [problem.message for problem in check_cohort(tmp_path)]
    assert any('does not know "35" (1 cells); it has 1 to 30' in message for message in found)
    assert any('does not know "8" (1 cells)' in message for message in found)


@pytest.mark.parametrize("change", ["other codes", "gone", "an export"])
def test_a_code_book_that_changed_is_a_problem_until_it_is_looked_at(tmp_path, change):
    described = [("outcome", "radio", "End", "1, Completed | 2, Dropped out")]
    write(tmp_path, people(outcome=[1, 2]), *OWN, *described)
    text, _ = drafted(tmp_path, "people.csv", "wai_client.csv", DICTIONARY)
    assert check_cohort(tmp_path) == ()
    described = [("outcome", "radio", "End", "2, Completed | 1, Dropped out")]
    (tmp_path / DICTIONARY).unlink()
    if change == "other codes":
        dictionary_rows(*OWN, *described).to_csv(tmp_path / DICTIONARY, index=False)
    elif change == "an export":
        people().to_csv(tmp_path / DICTIONARY, index=False)
    problems = check_cohort(tmp_path)
    assert len(problems) == 1
    if change == "other codes":
        assert "does not say what it said" in problems[0].message
        said = re.search(r"write says: (\w+) in place of (\w+)", problems[0].hint)
        assert said is not None
        (tmp_path / "cohort.yaml").write_text(text.replace(said[2], said[1]), encoding="utf-8")
        assert check_cohort(tmp_path) == ()


def test_code_books_that_fit_no_file_or_one_beside_another_are_asked_about(tmp_path):
    write(tmp_path, people(outcome=[1, 2]), *OWN, ("outcome", "radio", "End", "1, Completed | 2, Left"))
    dictionary_rows(*OWN, ("outcome", "radio", "End", "2, Completed | 1, Left")).to_csv(
        tmp_path / "older.csv", index=False
    )
    dictionary_rows(("depth", "text", "Depth"), ("salt", "text", "Salt")).to_csv(
        tmp_path / "sea.csv", index=False
    )
    books = [code_book(tmp_path / name, name) for name in (DICTIONARY, "older.csv", "sea.csv")]
    parts = recognise_parts(tmp_path / "people.csv", "people.csv", [one for one in books if one])
    asked = book_questions([one for one in books if one], parts)
    assert any(said.startswith("sea.csv") and "none of the files" in said for said in asked)
    assert any("older.csv name its columns and do not say the same" in said for said in asked)


@pytest.mark.parametrize("said", [("2", "1"), ("abgeschlossen", "abgebrochen"), ("Completed", "Dropped out")])
def test_codes_and_labels_in_any_language_of_a_form_are_known(tmp_path, said):
    label, german = "label::English (en)", "label::Deutsch (de)"
    xlsform(
        tmp_path / "form.xlsx",
        [{"type": "text", "name": "record_id", label: "ID"},
         {"type": "date", "name": "start_date", label: "On"},
         {"type": "select_one ends", "name": "outcome", label: "End"}],
        [{"list_name": "ends", "name": "1", german: "abgebrochen", label: "Dropped out"},
         {"list_name": "ends", "name": "2", german: "abgeschlossen", label: "Completed"}],
    )  # fmt: skip
    people(outcome=list(said)).to_csv(tmp_path / "people.csv", index=False)
    answers().to_csv(tmp_path / "wai_client.csv", index=False)
    _, still = drafted(tmp_path, "people.csv", "wai_client.csv", "form.xlsx")
    assert not still
    assert check_cohort(tmp_path) == ()
    read = ingest_cohort(tmp_path, b"k" * 32).tables["enrolments"]
    assert list(read["status"][:2]) == ["completed", "dropped_out"]


def test_several_answers_in_one_column_are_taken_apart_by_the_form(tmp_path):
    label = "label::English (en)"
    xlsform(
        tmp_path / "form.xlsx",
        [{"type": "text", "name": "record_id", label: "ID"},
         {"type": "date", "name": "start_date", label: "On"},
         {"type": "select_multiple wants", "name": "x5", label: "Needs"}],
        [{"list_name": "wants", "name": code, label: name}
         for code, name in (("1", "Literacy"), ("2", "Mental health"), ("3", "Other"))],
    )  # fmt: skip
    rows = people(x5=["1 2", "2", "", "3"]).rename(columns=lambda name: f"p/{name}").to_dict("records")
    own = {"_uuid": "u", "_submission_time": "2024-05-01T10:00:00"}
    forms = [{**row, **own, "_id": place} for place, row in enumerate(rows)]
    (tmp_path / "forms.json").write_text(json.dumps(forms), encoding="utf-8")
    answers().rename(columns={"case no": "record_id"}).to_csv(tmp_path / "wai_client.csv", index=False)
    text, still = drafted(tmp_path, "forms.json", "wai_client.csv", "form.xlsx")
    assert 'need_literacy: "p/x5/1"' in text
    for place in still:
        assert place[-1].startswith("need_")
        text = text.replace(f'{place[-1]}: "?"', f"{place[-1]}: none")
    (tmp_path / "cohort.yaml").write_text(text, encoding="utf-8")
    assert check_cohort(tmp_path) == ()
    read = ingest_cohort(tmp_path, b"k" * 32).tables["enrolments"]
    assert list(read["need_literacy"][:2]) == [True, False]
    assert list(read["need_mental_health"][:2]) == [True, True]
    assert read["need_literacy"][2:3].isna().all()


def test_a_new_cohort_of_a_folder_takes_the_code_book_along(tmp_path, monkeypatch):
    shutil.copytree(Path(__file__).parents[2] / "config", tmp_path / "config")
    exports = tmp_path / "exports"
    exports.mkdir()
    write(exports, people(outcome=[1, 2]), *OWN, ("outcome", "radio", "End", "1, Completed | 2, Dropped out"))
    (exports / "survey.qsf").write_text(qualtrics(MATRIX), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    told = new_cohort("north", [exports])
    assert "  codes.csv: a data dictionary of REDCap: describes people.csv" in told.files
    assert "  survey.qsf: a survey definition of Qualtrics: not used" in told.files
    assert any(said.startswith("survey.qsf") for said in told.questions)
    assert check_cohort(tmp_path / "data/raw/north") == ()
    with pytest.raises(CohortError, match="only code books were named"):
        new_cohort("south", [exports / DICTIONARY])


def test_a_code_of_minus_one_that_is_an_answer_by_its_label_is_none_for_missing(tmp_path):
    described = ("outcome", "radio", "End", "-1, Dropped out | 1, Completed | -99, Moved | -98, Refused")
    write(tmp_path, people(outcome=[-1, 1, -98]), *OWN, described)
    _, still = drafted(tmp_path, "people.csv", "wai_client.csv", DICTIONARY)
    assert not still
    assert check_cohort(tmp_path) == ()
    read = ingest_cohort(tmp_path, b"k" * 32)
    assert list(read.tables["enrolments"]["status"][:2]) == ["dropped_out", "completed"]
    assert set(read.missing.loc[read.missing["column"] == "status", "reason"]) == {"refused"}


def test_shares_of_time_are_told_by_their_lines_in_the_survey(tmp_path):
    lines = ("Percent therapeutic", "Percent educative", "Percent engagement")
    shares = {"QuestionText": "Your time", "DataExportTag": "time", "QuestionType": "CS", "Selector": "VRTL",
              "Choices": shown_as(*lines)}  # fmt: skip
    items = {**MATRIX, "DataExportTag": "mop", "Choices": shown_as(*map(str, range(18)))}
    items["Answers"] = shown_as(*OFTEN)
    (tmp_path / "survey.qsf").write_text(qualtrics(items, shares), encoding="utf-8")
    rows = range(12)
    frame = pd.DataFrame({"staff_no": [f"P{row}" for row in rows]})
    for item in range(1, 19):
        frame[f"mop_{item}"] = [(row + item) % 5 + 1 for row in rows]
    frame["time_1"] = 50
    frame["time_2"], frame["time_3"] = [row + 10 for row in rows], [40 - row for row in rows]
    frame.to_csv(tmp_path / "wave1.csv", index=False)
    people(facilitator=[f"P{row}" for row in rows]).to_csv(tmp_path / "people.csv", index=False)
    text, still = drafted(tmp_path, "people.csv", "wave1.csv", "survey.qsf")
    assert not [place for place in still if place[-1] == "looked_up"]
    assert re.findall(r"time_educative: (\S+)", text) == ["time_2"]
    assert re.findall(r"time_therapeutic: (\S+)", text) == ["time_1"]
