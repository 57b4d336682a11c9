"""A survey as XLSForms, and its answers back through the exports of KoboToolbox and ODK Central."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook
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

from alliance_modes.survey.form import Form, Survey
from alliance_modes.survey.targets import xlsform

OWN = (
    "_id",
    "_uuid",
    "_submission_time",
    "_validation_status",
    "_notes",
    "_status",
    "_submitted_by",
    "_tags",
    "_index",
)


def header(form: Form, name: str, language: str, groups: bool) -> str:
    """As Kobo heads a column: by name, or in a language; behind its group, where groups are asked for."""
    for section in form.sections:
        for question in section.questions:
            if question.name == name:
                own = question.text.get(language) or name
                group = section.title.get(language, f"{section.name}_page")
                grouped = groups and question.kind != "fixed"
                return f"{group}/{own}" if grouped else own
    raise LookupError(name)


def laid_out(form: Form, answers: pd.DataFrame, language: str, groups: bool) -> list[list[str]]:
    """The rows of an export, the header first: names and codes, or the texts of one language."""
    rows = [["start", "end", *(header(form, name, language, groups) for name in answers.columns), *OWN]]
    labels = {
        one.name: {choice.code: choice.text.get(language, choice.code) for choice in one.choices}
        for one in form.questions()
    }
    for number, row in enumerate(answers.to_dict("records"), 1):
        cells = [labels[str(name)].get(text, text) for name, text in row.items()]
        day = "2024-03-01T09:00:00.000+01:00"
        own = [number, f"u-{number}", "2024-03-01T09:05:00", "", "", "submitted_via_web", "", "", number]
        rows.append([day, day, *cells, *map(str, own)])
    return rows


def kobo(language: str = "", groups: bool = False):
    """Writes a workbook for each form, as Kobo does."""

    def write(folder: Path, asked: Survey, answers: Answers) -> None:
        for form in asked.forms:
            book = Workbook()
            sheet = book.active
            sheet.title = f"{asked.title} {form.name}"[:31]
            for row in laid_out(form, answers[form.name], language, groups):
                sheet.append(row)
            book.save(folder / f"{form.name}.xlsx")

    return write


def central(folder: Path, asked: Survey, answers: Answers) -> None:
    """Writes a CSV for each form, as ODK Central does: groups before a hyphen, its own columns around."""
    for form in asked.forms:
        table = answers[form.name]
        names = [
            f"{section.name}_page-{one.name}" if one.kind != "fixed" else one.name
            for section in form.sections
            for one in section.questions
            if one.answered
        ]
        with (folder / f"{form.name}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(
                ["SubmissionDate", *names, "meta-instanceID", "KEY", "SubmitterID", "ReviewState"]
            )
            for number, row in enumerate(table.itertuples(index=False), 1):
                writer.writerow(
                    ["2024-03-01T09:05:00.000Z", *row, f"uuid:{number}", f"uuid:{number}", "7", ""]
                )


EXPORTS = {
    "names": kobo(),
    "names and groups": kobo(groups=True),
    "English": kobo("en"),
    "English and groups": kobo("en", groups=True),
    "German and groups": kobo("de", groups=True),
}


@pytest.mark.slow
@pytest.mark.parametrize("export", EXPORTS)
def test_a_thousand_answers_come_back_as_they_were_given(export, tmp_path):
    asked = survey("de", "en", protocol="ab" * 32)
    answers = draw_answers(asked)
    assert answered(answers) > 1000
    read = come_back(tmp_path, asked, xlsform.KOBO, answers, EXPORTS[export])
    assert_same(read, expected(asked, answers))
    assert problems_of(tmp_path, read) == ()


@pytest.mark.parametrize("groups", [False, True])
def test_forms_that_nobody_has_filled_in_are_read_as_none(groups, tmp_path):
    asked = survey()
    assert_none_yet(tmp_path, asked, xlsform.KOBO, kobo("en", groups), draw_answers(asked))


@pytest.mark.slow
def test_a_thousand_answers_come_back_from_central(tmp_path):
    asked = survey()
    answers = draw_answers(asked)
    read = come_back(tmp_path, asked, xlsform.ODK, answers, central)
    assert_same(read, expected(asked, answers))
    assert problems_of(tmp_path, read) == ()
