"""A survey on paper: pages, and answers back through the workbook into which they are entered."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pypdfium2
import pytest
from openpyxl import load_workbook
from openpyxl.utils.datetime import to_excel
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

from alliance_modes.cleaning.identity import DEMONSTRATION_KEY
from alliance_modes.ground.errors import CohortError
from alliance_modes.ingest.stage import Ingested, ingest_cohort
from alliance_modes.readers import SECOND_ENTRY
from alliance_modes.survey.form import Form, Question, Survey
from alliance_modes.survey.labels import new_labels
from alliance_modes.survey.languages import shipped
from alliance_modes.survey.targets.paper import printed, sheet, target
from alliance_modes.survey.wording import Worded
from alliance_modes.words.pseudonyms import SIGNS

MARGIN = 14 / 25.4 * 72
"""Points beside the text of a page."""


def typed(question: Question, text: str, row: int) -> object:
    """One answer as somebody types it: numbers as numbers or as text, days as days, texts or serials, and
    spaces around; a code where an answer of the form itself cannot be read."""
    if text == "" and question.kind in ("scale", "number") and row % 2:
        return int(sheet.UNREADABLE) if row % 3 else sheet.REFUSED
    if text == "" or question.kind == "fixed":
        return text or None
    if question.kind == "date":
        day = date.fromisoformat(text)
        return (day, text, to_excel(day))[row % 3]
    if question.pseudonym:
        return (text, f"{text} ", text.lower())[row % 3]
    if question.kind == "number" or question.choices:
        number = float(text) if "." in text else int(text)
        return (number, text, f" {text} ")[row % 3]
    return text


def entered(untidy: bool):
    """Enters answers into the workbooks of the survey itself."""

    def write(folder: Path, asked: Survey, answers: Answers) -> None:
        for form in asked.forms:
            name = target.entry_file(form)
            book = load_workbook(io.BytesIO(sheet.entry_workbook(asked, form)))
            enter(book[sheet.ENTRY], form, answers[form.name], untidy)
            enter(book[sheet.SECOND], form, answers[form.name].head(3), untidy=False)
            book.save(folder / name)

    return write


def enter(page, form: Form, answers: pd.DataFrame, untidy: bool) -> None:
    row = 2
    places = {cell.value: cell.column for cell in page[1]}
    for number, given in enumerate(answers.to_dict("records")):
        for name, text in given.items():
            kept = typed(form.question(str(name)), text, number if untidy else 0)
            if kept is not None:
                page.cell(row, places[name]).value = kept
        row += 2 if untidy and number % 50 == 49 else 1


@pytest.mark.slow
@pytest.mark.parametrize("untidy", [False, True], ids=["as the sheet asks", "as people type"])
def test_a_thousand_answers_entered_come_back_as_they_were_given(untidy, tmp_path):
    asked = survey("de", "en")
    answers = draw_answers(asked)
    assert answered(answers) > 1000
    read = come_back(tmp_path, asked, target.PAPER, answers, entered(untidy))
    assert_same(read, expected(asked, answers))
    assert problems_of(tmp_path, read) == ()


def test_forms_that_nobody_has_filled_in_are_read_as_none(tmp_path):
    asked = survey()
    assert_none_yet(tmp_path, asked, target.PAPER, entered(False), draw_answers(asked))


def the_form(asked: Survey, name: str) -> Form:
    return next(form for form in asked.forms if form.name == name)


def squeezed(text: str) -> str:
    """Letters and digits alone: lines end anywhere."""
    return re.sub(r"[\W_]+", "", text)


def page_text(content: bytes) -> str:
    """All text of a PDF."""
    with pypdfium2.PdfDocument(content) as document:
        return "".join(page.get_textpage().get_text_range() for page in document)


def assert_all_on_paper(asked: Survey, form: Form, code: str, points: float = printed.POINTS) -> int:
    """Every word of the form is on its pages, and no letter beside them; how many pages there are."""
    with pypdfium2.PdfDocument(printed.printed_form(asked, form, code, points)) as document:
        pages = [page.get_textpage() for page in document]
        found = squeezed("".join(page.get_text_range() for page in pages))
        for page, text in zip(document, pages, strict=True):
            wide, high = page.get_size()
            for place in range(text.count_chars()):
                left, bottom, right, top = text.get_charbox(place)
                inside = left > MARGIN - 1 and right < wide - MARGIN + 1 and bottom > 0 and top < high
                assert inside or text.get_text_range(place, 1).isspace(), (form.name, code, place)
        for section in form.sections:
            for question in section.questions:
                said = [question.text.get(code, ""), question.hint.get(code, "")]
                for text in (*said, *(choice.text[code] for choice in question.choices)):
                    assert squeezed(text) in found, (form.name, code, text)
        return len(document)


@pytest.mark.slow
@pytest.mark.parametrize("code", shipped())
@pytest.mark.parametrize("points", [printed.POINTS, printed.LARGE])
def test_every_word_of_every_form_is_on_its_pages(code, points):
    asked = survey(code)
    for form in asked.forms:
        assert assert_all_on_paper(asked, form, code, points) >= 1


@pytest.mark.parametrize("longest", ["gelegentlich", "Verantwortungsübernahmebereitschaft"])
def test_long_items_and_long_answers_are_never_cut_off(longest):
    answers = dict(enumerate(["nie", longest, "selten", "manchmal", "oft", "meist", "ausnahmslos immer"], 1))
    items = {item: f"{item} {'Donaudampfschifffahrt und mehr ' * 8}".strip() for item in range(1, 37)}
    worded = {("de", "wai_36", "client"): Worded(items=items, responses=answers)}
    asked = survey("de", instruments=["wai_36@alliance"], wordings=worded)
    assert assert_all_on_paper(asked, the_form(asked, "alliance_client"), "de") > 1


def test_the_same_form_is_the_same_bytes():
    asked = survey()
    form = the_form(asked, "practitioner_survey")
    assert printed.printed_form(asked, form, "en") == printed.printed_form(asked, form, "en")
    assert sheet.entry_workbook(asked, form) == sheet.entry_workbook(asked, form)


def test_a_sheet_takes_every_answer_of_its_form_and_what_is_none():
    asked = survey()
    for form in asked.forms:
        page = load_workbook(io.BytesIO(sheet.entry_workbook(asked, form)))[sheet.ENTRY]
        checks = {str(check.sqref).split(":")[0]: check for check in page.data_validations.dataValidation}
        for cell in page[1]:
            question, check = form.question(str(cell.value)), checks[f"{cell.column_letter}2"]
            assert len(check.formula1) <= 255
            if question.choices:
                codes = [choice.code for choice in question.choices]
                assert check.formula1.strip('"').split(",") == [*codes, sheet.REFUSED, sheet.UNREADABLE]


def mistyped(label: str) -> list[str]:
    """A label with one other sign at each place, and with each two neighbours exchanged."""
    found = [
        label[:place] + SIGNS[(SIGNS.index(sign) + 5) % len(SIGNS)] + label[place + 1 :]
        for place, sign in enumerate(label)
    ]
    found += [f"{label[:n]}{label[n + 1]}{label[n]}{label[n + 2 :]}" for n in range(len(label) - 1)]
    return [other for other in found if other != label]


def computed(formula: str) -> bool:
    """What a spreadsheet makes of a formula of the few functions that the rule of labels has."""
    functions = {
        "AND": lambda *parts: all(parts),
        "LEN": len,
        "UPPER": str.upper,
        "LEFT": lambda text, number: text[:number],
        "MID": lambda text, places, number: [text[place - 1 : place - 1 + number] for place in places],
        "FIND": lambda signs, text: np.array([text.index(sign) + 1 for sign in signs]),
        "SUMPRODUCT": sum,
        "MOD": lambda number, divisor: number % divisor,
        "ROW": lambda first, last: np.arange(first, last + 1),
    }
    python = re.sub(r"ROW\(\$(\d+):\$(\d+)\)", r"ROW(\1, \2)", formula).replace("^", "**")
    return bool(eval(python.replace("=", "=="), {**functions, "__builtins__": {}}))


def test_a_sheet_finds_every_mistyped_label():
    question = next(one for one in survey().forms[1].questions() if one.pseudonym == "client")
    right = [*new_labels(20, "client", seed=5), new_labels(1, "client", seed=6)[0].lower()]
    wrong = [other for label in right[:5] for other in mistyped(label)]
    wrong += [f"{right[0]}2", *new_labels(3, "practitioner", seed=7)]
    found = {label: computed(sheet.label_rule(question, f'"{label}"')) for label in [*right, *wrong]}
    assert found == dict.fromkeys(right, True) | dict.fromkeys(wrong, False)


def twice(folder: Path, changed: Mapping[tuple[int, str], object], second: int = 3) -> Ingested:
    """What is read of records of sessions that a second person entered too, some cells otherwise."""
    asked = survey(instruments=["modes_of_practice", "session_engagement"])
    answers = {name: rows.head(6) for name, rows in draw_answers(asked).items()}

    def write(folder: Path, asked: Survey, answers: Answers) -> None:
        entered(untidy=False)(folder, asked, answers)
        path = folder / "entry_sessions.xlsx"
        book = load_workbook(path)
        form = the_form(asked, "sessions")
        page = book[sheet.SECOND]
        enter(page, form, answers["sessions"].head(second), untidy=False)
        places = {cell.value: cell.column for cell in page[1]}
        for (row, name), value in changed.items():
            page.cell(row, places[name]).value = value
        book.save(path)

    return come_back(folder, asked, target.PAPER, answers, write)


def said_of_second(read: Ingested) -> str:
    (file,) = read.sources["sessions"]["files"]
    return file["detected"][SECOND_ENTRY]


def test_what_two_people_entered_is_compared_where_both_did(tmp_path):
    (tmp_path / "same").mkdir()
    same = said_of_second(twice(tmp_path / "same", {}))
    assert same.startswith("3 rows, ") and same.endswith(" cells compared, 0 differ")
    changed = {(2, "session_engagement_1"): 77, (3, "session_engagement_1"): 77, (3, "session_no"): 88}
    (tmp_path / "other").mkdir()
    other = said_of_second(twice(tmp_path / "other", changed))
    assert other.endswith("3 differ (session_engagement_1: 2, session_no: 1)")


def test_a_form_that_only_the_second_person_entered_is_refused_by_its_row(tmp_path):
    with pytest.raises(CohortError) as told:
        twice(tmp_path, {(40, "session_no"): 3})
    (problem,) = told.value.problems
    assert problem.rows == (40,) and "1 row of the sheet second_entry" in problem.message


def test_a_workbook_that_kept_the_first_entry_alone_is_read(tmp_path):
    twice(tmp_path, {})
    book = load_workbook(tmp_path / "entry_sessions.xlsx")
    for name in (sheet.COMPARED, sheet.SECOND):
        del book[name]
    book.save(tmp_path / "entry_sessions.xlsx")
    (file,) = ingest_cohort(tmp_path, DEMONSTRATION_KEY).sources["sessions"]["files"]
    assert file["rows"] and SECOND_ENTRY not in file["detected"]


def test_a_printed_form_says_when_to_go_on():
    asked = survey("en", "de")
    form = the_form(asked, "alliance_practitioner")
    english, german = (squeezed(page_text(printed.printed_form(asked, form, code))) for code in ("en", "de"))
    for answer in ("Yes", "The practitioner"):
        assert squeezed(f"Go on only if you crossed: {answer}. Otherwise") in english
    assert squeezed("Weiter nur, wenn Sie angekreuzt haben: Die Fachkraft.") in german
    assert english.count("Goononly") == 2
