"""A survey as survey definitions of Qualtrics, and its answers back through the exports of Qualtrics."""

from __future__ import annotations

import copy
import csv
import json
from pathlib import Path
from typing import Any

import pytest
from survey_answers import (
    Answers,
    answered,
    assert_none_yet,
    assert_same,
    come_back,
    draw_answers,
    expected,
    problems_of,
    survey,
)

from alliance_modes.readers.codebooks import qualtrics_survey
from alliance_modes.survey.form import Question, Survey
from alliance_modes.survey.targets import qualtrics
from alliance_modes.survey.targets.qualtrics_definition import problems_in

BEFORE = (
    "StartDate", "EndDate", "Status", "IPAddress", "Progress", "Duration (in seconds)", "Finished",
    "RecordedDate", "ResponseId", "RecipientLastName", "RecipientFirstName", "RecipientEmail",
    "ExternalReference", "LocationLatitude", "LocationLongitude", "DistributionChannel", "UserLanguage",
)  # fmt: skip
TEXTS = {"StartDate": "Start Date", "ResponseId": "Response ID", "Status": "Response Type"}


def questions_of(definition: dict[str, Any]) -> list[dict[str, Any]]:
    return [one["Payload"] for one in definition["SurveyElements"] if one["Element"] == "SQ"]


def columns_of(definition: dict[str, Any]) -> list[tuple[str, str, str, dict[str, Any]]]:
    """The columns of an export, as Qualtrics makes them of a definition: name, text, ImportId, question."""
    found: list[tuple[str, str, str, dict[str, Any]]] = []
    for one in questions_of(definition):
        tag, name, text = one["DataExportTag"], one["QuestionID"], one["QuestionText"]
        if one["QuestionType"] == "Matrix":
            for row in one["ChoiceOrder"]:
                said = one["Choices"][row]["Display"]
                found.append((f"{tag}_{row}", f"{text} - {said}", f"{name}_{row}", one))
        elif one["QuestionType"] != "DB":
            found.append((tag, text, f"{name}_TEXT" if one["QuestionType"] == "TE" else name, one))
    (flow,) = (one["Payload"] for one in definition["SurveyElements"] if one["Element"] == "FL")
    for part in flow["Flow"]:
        for one in part.get("EmbeddedData", ()):
            found.append((one["Field"], one["Field"], one["Field"], {}))
    return found


def shown(question: Question, payload: dict[str, Any], code: str, as_text: bool, language: str) -> str:
    """A cell: what was typed, the number of the answer, or its text."""
    if not question.choices or not code:
        return code
    place = [choice.code for choice in question.choices].index(code)
    part = "Answer" if payload["QuestionType"] == "Matrix" else "Choice"
    answer = payload[f"{part}Order"][place]
    if not as_text:
        return payload["RecodeValues"][answer]
    said = payload["Language"][language] if payload["Language"] and language != "DE" else payload
    return said[f"{part}s"][answer]["Display"]


def csv_export(as_text: bool, language: str):
    """Writes the export of every form, with a preview, a test and an unfinished response among the others."""

    def own(status: str, finished: str, number: int) -> list[str]:
        day = "2024-03-01 09:00:00"
        return [
            day,
            day,
            status,
            "*******",
            "100",
            "60",
            finished,
            day,
            f"R_{number}",
            *[""] * 6,
            "anonymous",
            "EN",
        ]

    kinds = ("IP Address", "Survey Preview", "Survey Test") if as_text else ("0", "1", "2")
    yes, no = ("True", "False") if as_text else ("1", "0")

    def write(folder: Path, asked: Survey, answers: Answers) -> None:
        for name, content in qualtrics.write(asked).items():
            form = next(one for one in asked.forms if name == f"form_{one.name}.qsf")
            columns = columns_of(json.loads(content))
            ids = [*(one[0].lower() + one[1:] for one in BEFORE), *(one[2] for one in columns)]
            lines = [
                [*BEFORE, *(one[0] for one in columns)],
                [*(TEXTS.get(one, one) for one in BEFORE), *(one[1] for one in columns)],
                [json.dumps({"ImportId": one}) for one in ids],
            ]
            table = answers[form.name]
            assert len(table.columns) == len(columns)
            for number, row in enumerate(table.itertuples(index=False), 1):
                cells = [
                    shown(form.question(str(asked_as)), payload, text, as_text, language)
                    or ("-99" if number % 2 else "")
                    for asked_as, text, (_, _, _, payload) in zip(table.columns, row, columns, strict=True)
                ]
                lines.append([*own(kinds[0], yes, number), *cells])
                if number < 4:
                    lines.append([*own(kinds[number % 3], no, 9000 + number), *cells])
            with (folder / f"{form.name}.csv").open("w", encoding="utf-8", newline="") as stream:
                csv.writer(stream).writerows(lines)

    return write


@pytest.mark.slow
@pytest.mark.parametrize(("as_text", "language"), [(False, "DE"), (True, "DE"), (True, "EN")])
def test_a_thousand_answers_come_back_as_they_were_given(as_text, language, tmp_path):
    asked = survey("de", "en", protocol="5e1f" * 16)
    answers = draw_answers(asked)
    assert answered(answers) > 1000
    read = come_back(tmp_path, asked, qualtrics.TARGET, answers, csv_export(as_text, language))
    assert_same(read, expected(asked, answers))
    assert problems_of(tmp_path, read) == ()


def test_forms_that_nobody_has_filled_in_are_read_as_none(tmp_path):
    asked = survey()
    assert_none_yet(tmp_path, asked, qualtrics.TARGET, csv_export(False, "EN"), draw_answers(asked))


def definition(*languages: str, form: str = "practitioner_survey") -> dict[str, Any]:
    return json.loads(qualtrics.write(survey(*languages))[f"form_{form}.qsf"])


def test_what_is_written_agrees_with_itself_and_is_the_same_each_time():
    asked = survey("en", "de", "cy", protocol="5e1f" * 16)
    written = qualtrics.write(asked)
    assert written == qualtrics.write(asked)
    for name, content in written.items():
        assert list(problems_in(json.loads(content), name)) == []


def test_the_code_book_reader_finds_every_question_with_its_numbers(tmp_path):
    asked = survey("en")
    for name, content in qualtrics.write(asked).items():
        (tmp_path / name).write_bytes(content)
        book = qualtrics_survey.read(tmp_path / name, name)
        form = next(one for one in asked.forms if name == f"form_{one.name}.qsf")
        columns = qualtrics.export(asked, form).columns
        assert book is not None
        for question in form.questions():
            found = book.fields[columns[question.name]]
            assert dict(found.labels) == {choice.code: choice.text["en"] for choice in question.choices}


def test_items_are_one_matrix_whose_rows_have_their_numbers_and_none_must_be_answered():
    (matrix,) = (one for one in questions_of(definition("en")) if one["DataExportTag"] == "modes_of_practice")
    assert matrix["QuestionType"] == "Matrix"
    assert matrix["Validation"]["Settings"]["ForceResponse"] == "OFF"
    assert list(matrix["RecodeValues"].values()) == ["1", "2", "3", "4", "5"]
    assert "13" in matrix["ChoiceOrder"] and matrix["ChoiceOrder"][0] == "1"


def test_without_consent_or_for_another_rater_nothing_more_is_asked():
    whole = definition("en", form="alliance_client")
    (flow,) = (one["Payload"]["Flow"] for one in whole["SurveyElements"] if one["Element"] == "FL")
    first, *others = flow
    assert first["Type"] == "Default" and {one["Type"] for one in others} == {"Branch"}
    assert sum(one["Flow"][-1]["Type"] == "EndSurvey" for one in others) == 1


def test_a_column_of_qualtrics_itself_is_not_called_again():
    tags = [one["DataExportTag"] for one in questions_of(definition("en", form="enrolments"))]
    assert "status_asked" in tags and "status" not in tags


def payload(whole: dict[str, Any], element: str) -> Any:
    return next(one["Payload"] for one in whole["SurveyElements"] if one["Element"] == element)


def first(whole: dict[str, Any], kind: str) -> Any:
    return next(one for one in questions_of(whole) if one["QuestionType"] == kind)


def count(whole: dict[str, Any]) -> Any:
    return next(one for one in whole["SurveyElements"] if one["Element"] == "QC")


FAULTS = {
    "no elements": (lambda whole: whole.pop("SurveyElements"), "there is no SurveyElements"),
    "no flow": (lambda whole: whole["SurveyElements"].pop(1), "not once: FL"),
    "no name": (lambda whole: whole["SurveyEntry"].update(SurveyName=""), "SurveyName"),
    "count": (lambda whole: count(whole).update(SecondaryAttribute="3"), "3 questions are counted"),
    "id": (lambda whole: first(whole, "MC").update(QuestionID="QID99"), "holds QID99"),
    "tag twice": (lambda whole: questions_of(whole)[1].update(DataExportTag="Consent"), "stands twice"),
    "own column": (lambda whole: first(whole, "TE").update(DataExportTag="Finished"), "can be called"),
    "tag with a hyphen": (lambda whole: first(whole, "TE").update(DataExportTag="a-b"), "can be called"),
    "in no block": (lambda whole: payload(whole, "BL")[0]["BlockElements"].pop(), "in one block"),
    "block not in the flow": (lambda whole: payload(whole, "FL")["Flow"].pop(0), "once in the flow"),
    "flow id": (lambda whole: payload(whole, "FL")["Flow"][0].update(FlowID="FL_3"), "FL_3 of the flow"),
    "selector": (lambda whole: first(whole, "MC").update(Selector="MAVR"), "selector MAVR"),
    "order": (lambda whole: first(whole, "MC")["ChoiceOrder"].pop(), "the order of its choices"),
    "answers": (lambda whole: first(whole, "Matrix")["AnswerOrder"].pop(), "the order of its answers"),
    "no number": (lambda whole: first(whole, "MC")["RecodeValues"].pop("1"), "not every answer"),
    "same number": (lambda whole: first(whole, "MC")["RecodeValues"].update({"1": "0"}), "same number"),
    "no text": (lambda whole: first(whole, "MC").update(QuestionText=""), "has no text"),
    "language": (lambda whole: first(whole, "MC").update(Language=[]), "other languages"),
    "part of a language": (
        lambda whole: first(whole, "Matrix")["Language"]["DE"]["Answers"].pop("1"),
        "not whole in DE",
    ),
    "rule": (
        lambda whole: payload(whole, "FL")["Flow"][1]["BranchLogic"]["0"]["0"].update(
            ChoiceLocator="q://QID1/SelectableChoice/7"
        ),
        "a rule names q://QID1/SelectableChoice/7",
    ),
    "sign": (lambda whole: first(whole, "MC")["Choices"]["1"].update(Display="a < b"), 'holds "<"'),
}


@pytest.fixture(scope="module")
def sound():
    return definition("en", "de")


@pytest.mark.parametrize("fault", FAULTS)
def test_what_does_not_agree_is_found(sound, fault):
    plant, message = FAULTS[fault]
    whole = copy.deepcopy(sound)
    assert list(problems_in(whole, "form.qsf")) == []
    plant(whole)
    assert any(message in problem.message for problem in problems_in(whole, "form.qsf"))
