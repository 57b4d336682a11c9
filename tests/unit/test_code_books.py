"""Code books: recognised by what they hold, read as their tools write them, never taken for data."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from alliance_modes.ground.errors import CohortError
from alliance_modes.readers.codebooks.book import CodeBook, plain_text
from alliance_modes.readers.codebooks.recognise import code_book, read_code_book
from alliance_modes.readers.codebooks.redcap_dictionary import NAMES, box_code, choices

COLUMNS = [
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note", "Text Validation Type OR Show Slider Number",
    "Text Validation Min", "Text Validation Max", "Identifier?",
    "Branching Logic (Show field only if...)", "Required Field?", "Custom Alignment",
    "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?", "Field Annotation",
]  # fmt: skip


def dictionary_rows(*rows: Sequence[str]) -> pd.DataFrame:
    """Rows as (name, type, label, choices, validation, min, max, identifier); what is left out is empty."""
    places = (0, 3, 4, 5, 7, 8, 9, 10)
    filled = []
    for row in rows:
        cells = [""] * len(COLUMNS)
        cells[1] = "intake"
        for place, cell in zip(places, row, strict=False):
            cells[place] = cell
        filled.append(cells)
    return pd.DataFrame(filled, columns=COLUMNS)


def book(path: Path) -> CodeBook:
    found = code_book(path, path.name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        ("1, Yes | 0, No", {"1": "Yes", "0": "No"}),
        ("1,Yes|0,No", {"1": "Yes", "0": "No"}),
        ("1, Left, moved away | 2, Left: own wish", {"1": "Left, moved away", "2": "Left: own wish"}),
        (
            "1, <b>Completed</b>, on time | 2, &lt; 5 sessions",
            {"1": "Completed, on time", "2": "< 5 sessions"},
        ),
        ("-99, Refused | -1, Ongoing", {"-99": "Refused", "-1": "Ongoing"}),
        ("a1, Low | HIGH, High | x.2, Other", {"a1": "Low", "HIGH": "High", "x.2": "Other"}),
        ("01, North | 1, South | 007, East", {"01": "North", "1": "South", "007": "East"}),
        ("1, with or | without notice | 2, no", {"1": "with or | without notice", "2": "no"}),
        ("1, one \\n 2, two", {"1": "one", "2": "two"}),
        ("1 | 2", {"1": "1", "2": "2"}),
        ("1, a | | 2, ", {"1": "a", "2": ""}),
        ("", {}),
    ],
)
def test_choices_of_redcap_are_parted_as_redcap_parts_them(listed, found):
    assert choices(listed) == found


def test_boxes_are_named_as_redcap_names_their_columns():
    assert [box_code(code) for code in ("1", "-99", "AB", "x.2")] == ["1", "_99", "ab", "x_2"]


@pytest.mark.parametrize("api", [False, True])
def test_a_data_dictionary_of_redcap_says_labels_limits_and_what_identifies(tmp_path, api):
    rows = dictionary_rows(
        ("case_no", "text", "Case number"),
        ("outcome", "radio", "<div>How did it end?</div>", "1, Completed | 2, Dropped out | 99, Unknown"),
        ("needs", "checkbox", "Needs", "1, Literacy | -9, None"),
        ("consent", "yesno", "Consent"),
        ("age", "text", "Age", "", "integer", "16", "90"),
        ("born", "text", "Born", "", "date_dmy", "1900-01-01", "", "y"),
        ("why", "notes", "Why?"),
        ("total", "calc", "Total", "sum([a], [b])"),
        ("head", "descriptive", "About you"),
    )
    if api:
        rows = rows.rename(columns={shown: own for own, shown in NAMES.items()})
    rows.to_csv(tmp_path / "anything.csv", index=False)
    found = book(tmp_path / "anything.csv")
    assert found.fields["outcome"].labels == {"1": "Completed", "2": "Dropped out", "99": "Unknown"}
    assert found.fields["outcome"].text == "How did it end?"
    assert found.heads["How did it end?"].labels == found.fields["outcome"].labels
    assert found.fields["needs____9"].box == "None"
    assert found.fields["needs___1"].labels == {"1": "Checked", "0": "Unchecked"}
    assert found.heads["Needs (choice=Literacy)"].box == "Literacy"
    assert found.fields["consent"].labels == {"1": "Yes", "0": "No"}
    assert found.fields["age"].limits == "16 to 90"
    assert (found.fields["born"].day_order, found.fields["born"].identifies) == ("day first", True)
    assert found.fields["born"].limits == ""
    assert found.fields["why"].free_text
    assert found.fields["total"].labels == {}
    assert "head" not in found.fields
    assert found.fields["intake_complete"].labels["2"] == "Complete"


def qualtrics(*payloads: dict) -> str:
    elements = [{"Element": "BL", "Payload": []}] + [
        {"Element": "SQ", "PrimaryAttribute": f"QID{place}", "Payload": payload}
        for place, payload in enumerate(payloads, 1)
    ]
    return json.dumps({"SurveyEntry": {"SurveyName": "Sessions"}, "SurveyElements": elements})


def shown_as(*labels: str) -> dict[str, dict[str, str]]:
    return {str(place): {"Display": label} for place, label in enumerate(labels, 1)}


MATRIX = {
    "QuestionText": "How often?", "DataExportTag": "Q3", "QuestionType": "Matrix", "Selector": "Likert",
    "SubSelector": "SingleAnswer", "Choices": shown_as("one", "two"),
    "Answers": shown_as("Seldom", "Sometimes", "Always"), "ChoiceDataExportTags": False,
}  # fmt: skip


def test_a_survey_definition_of_qualtrics_says_recodes_rows_and_limits(tmp_path):
    single = {"QuestionText": "End<br>of it", "DataExportTag": "Q1", "QuestionType": "MC", "Selector": "SAVR",
              "Choices": shown_as("Completed", "<b>Left</b> early"), "RecodeValues": {"1": "7", "2": "-99"},
              "VariableNaming": {"1": "done", "2": "left"}}  # fmt: skip
    several = {**single, "DataExportTag": "Q2", "Selector": "MAVR", "RecodeValues": [], "VariableNaming": []}
    turned = {**MATRIX, "DataExportTag": "Q4", "RecodeValues": {"1": "3", "2": "2", "3": "1"},
              "ChoiceDataExportTags": {"1": "wai_1", "2": "wai_2"}}  # fmt: skip
    number = {"QuestionText": "Age", "DataExportTag": "Q5", "QuestionType": "TE", "Selector": "SL",
              "Validation": {"Settings": {"ContentType": "ValidNumber",
                                          "ValidNumber": {"Min": "16", "Max": "90"}}}}  # fmt: skip
    slider = {"QuestionText": "Rate", "DataExportTag": "Q6", "QuestionType": "Slider",
              "Choices": shown_as("a"), "Configuration": {"CSSliderMin": 0, "CSSliderMax": 10}}  # fmt: skip
    text = {"QuestionText": "Why", "DataExportTag": "Q7", "QuestionType": "TE", "Selector": "ML"}
    path = tmp_path / "survey.qsf"
    path.write_text(qualtrics(single, several, MATRIX, turned, number, slider, text), encoding="utf-8")
    fields = book(path).fields
    assert fields["Q1"].labels == {"7": "Completed", "-99": "Left early"}
    assert fields["Q1"].knows("done") and fields["Q1"].knows("left EARLY") and not fields["Q1"].knows("1")
    assert fields["Q1"].text == "End of it"
    assert (fields["Q2_1"].box, fields["Q2_1"].labels) == ("Completed", {"1": "Completed"})
    assert fields["Q3_2"].labels == {"1": "Seldom", "2": "Sometimes", "3": "Always"}
    assert fields["wai_2"].labels == {"3": "Seldom", "2": "Sometimes", "1": "Always"}
    assert fields["Q5"].limits == "16 to 90"
    assert fields["Q6_1"].limits == "0 to 10"
    assert fields["Q7"].free_text


def xlsform(path: Path, survey: list[dict], choices: list[dict], settings: list[dict] | None = None) -> None:
    with pd.ExcelWriter(path) as writer:
        pd.DataFrame(survey).to_excel(writer, sheet_name="survey", index=False)
        pd.DataFrame(choices).to_excel(writer, sheet_name="choices", index=False)
        if settings:
            pd.DataFrame(settings).to_excel(writer, sheet_name="settings", index=False)


def test_an_xlsform_says_labels_in_every_language_boxes_and_limits(tmp_path):
    label, german = "label::English (en)", "label::Deutsch (de)"
    xlsform(
        tmp_path / "form.xlsx",
        [
            {"type": "begin group", "name": "person", german: "Person", label: "Person"},
            {"type": "select_one ends", "name": "ending", german: "Ende?", label: "How did it end?"},
            {"type": "select_multiple needs", "name": "needs", german: "Bedarf", label: "Needs"},
            {
                "type": "integer",
                "name": "age",
                german: "Alter",
                label: "Age",
                "constraint": ". >= 16 and . < 90",
            },
            {"type": "decimal", "name": "odd", label: "Odd", "constraint": ". > 1 or . = 0"},
            {"type": "end group", "name": ""},
        ],
        [
            {"list_name": "ends", "name": "1", german: "abgeschlossen", label: "Completed"},
            {"list_name": "ends", "name": "2", german: "abgebrochen", label: "Dropped out"},
            {"list_name": "needs", "name": "lit", german: "Lesen", label: "Literacy"},
        ],
        [{"form_title": "x", "default_language": "Deutsch (de)"}],
    )
    found = book(tmp_path / "form.xlsx")
    ending = found.of("person/ending")
    assert ending is not None and ending.labels == {"1": "Completed", "2": "Dropped out"}
    assert ending.knows("abgebrochen") and not ending.knows("3")
    box = found.of("person/needs/lit")
    assert box is not None and box.box == "Literacy"
    assert found.fields["age"].limits == "16 to 89"
    assert found.fields["odd"].limits == ""


def test_an_xlsform_is_known_with_other_spellings_and_without_choices(tmp_path):
    with pd.ExcelWriter(tmp_path / "a.xlsx") as writer:
        rows = [
            {"Type": "Select one from yn", "Name": "came", "Label": "Came?"},
            {"Type": "text", "Name": "x"},
        ]
        pd.DataFrame(rows).to_excel(writer, sheet_name="Survey", index=False)
        listed = [
            {"list name": "yn", "name": 1, "label": "Yes"},
            {"list name": "yn", "name": 0, "label": "No"},
        ]
        pd.DataFrame(listed).to_excel(writer, sheet_name="CHOICES", index=False)
    assert book(tmp_path / "a.xlsx").fields["came"].labels == {"1": "Yes", "0": "No"}
    with pd.ExcelWriter(tmp_path / "b.xlsx") as writer:
        pd.DataFrame({"type": ["today"], "name": ["d"]}).to_excel(writer, sheet_name="survey", index=False)
    assert set(book(tmp_path / "b.xlsx").fields) == {"d"}


@pytest.mark.parametrize("name", ["x.csv", "x.json", "x.qsf", "x.xlsx", "x.parquet"])
def test_what_is_no_code_book_is_none_and_is_refused_where_it_is_named_as_one(tmp_path, name):
    path = tmp_path / name
    if name.endswith("xlsx"):
        pd.DataFrame({"type": ["a"], "name": ["b"]}).to_excel(path, sheet_name="survey", index=False)
    else:
        path.write_text('{"a": [1]}' if "s" in path.suffix[1:3] else "a,b\n1,2\n", encoding="utf-8")
    assert code_book(path, name) is None
    with pytest.raises(CohortError, match="no code book"):
        read_code_book(path, name)


def test_the_digest_follows_codes_and_limits_and_not_the_wording_of_questions(tmp_path):
    def digest(*rows: Sequence[str]) -> str:
        dictionary_rows(*rows).to_csv(tmp_path / "d.csv", index=False)
        return book(tmp_path / "d.csv").digest

    first = digest(("a", "radio", "Which?", "1, x | 2, y"), ("b", "text", "", "", "integer", "1", "5"))
    assert first != digest(
        ("a", "radio", "Which?", "1, y | 2, x"), ("b", "text", "", "", "integer", "1", "5")
    )
    assert first != digest(
        ("a", "radio", "Which?", "1, x | 2, y"), ("b", "text", "", "", "integer", "1", "6")
    )
    assert first == digest(
        ("a", "radio", "Or which?", "1, x | 2, y"), ("b", "text", "B", "", "integer", "1", "5")
    )


def test_plain_text_keeps_what_only_looks_like_a_tag():
    assert plain_text("<p>fewer&nbsp;than <5 > 3</p><br/>or <i>so</i>") == "fewer than <5 > 3 or so"
