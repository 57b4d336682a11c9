"""The workbook into which answers on paper are entered: a row for each form, and what may stand in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from alliance_modes.readers.carried import SHORTEST
from alliance_modes.simulate.file_bytes import saved
from alliance_modes.survey.form import Form, Question, Survey
from alliance_modes.words.pseudonyms import FIRST, LENGTH, MODULUS, RADIX, VALUES

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.datavalidation import DataValidation
    from openpyxl.worksheet.worksheet import Worksheet

ENTRY, SECOND, COMPARED, CODES = "entry", "second_entry", "differences", "codes"
"""The sheets, in their order."""

REFUSED, UNREADABLE = "-99", "-98"
MISSING = {REFUSED: "refused", UNREADABLE: "unreadable, or two boxes crossed"}
"""What is entered where there is no one answer; an answer that was left out is an empty cell."""

ROWS = 20_000
"""Forms for which a sheet has its checks."""

LONGEST_NOTE, LONGEST_TITLE, LONGEST_LIST = 255, 32, 255
"""Characters that a spreadsheet takes of a note beside a cell, of its title, and of a list of answers."""

DAY, AS_TEXT = "yyyy-mm-dd", "@"
WIDTH, WIDE = 15, 60


def entry_workbook(survey: Survey, form: Form) -> bytes:
    """The workbook of one form.

    Parameters
    ----------
    survey : Survey
        Notes and codes are in its first language.
    form : Form
        Its columns are called as its questions.

    Notes
    -----
    A cell that cannot be an answer is refused while it is typed: a code that no answer has, a number outside
    its range, a label whose check character does not fit. ``second_entry`` is for a second person; cells
    that differ turn red in both sheets, and ``differences`` counts them by column.
    """
    from openpyxl import Workbook

    book = Workbook()
    first = book.active
    first.title = ENTRY
    asked = tuple(one for one in form.questions() if one.answered)
    for sheet, other in ((first, SECOND), (book.create_sheet(SECOND), ENTRY)):
        _to_enter(sheet, survey, asked, other)
    _differences(book, asked)
    _codes(book, survey, asked)
    return saved(book)


def _to_enter(sheet: Worksheet, survey: Survey, asked: tuple[Question, ...], other: str) -> None:
    from openpyxl.formatting.rule import FormulaRule
    from openpyxl.styles import Font, PatternFill
    from openpyxl.utils import get_column_letter

    sheet.append([one.name for one in asked])
    sheet.freeze_panes = "A2"
    for place, question in enumerate(asked, 1):
        letter = get_column_letter(place)
        sheet.cell(1, place).font = Font(bold=True)
        sheet.column_dimensions[letter].width = max(WIDTH, len(question.name) + 3)
        if question.kind == "date":
            sheet.column_dimensions[letter].number_format = DAY
        elif question.kind in ("identifier", "text", "fixed"):
            sheet.column_dimensions[letter].number_format = AS_TEXT
        check = _check(survey, question, f"{letter}2")
        check.add(f"{letter}2:{letter}{ROWS + 1}")
        sheet.add_data_validation(check)
    red = PatternFill(bgColor="FFC7CE", fill_type="solid")
    differs = FormulaRule(formula=[f"AND($A2<>\"\",'{other}'!$A2<>\"\",A2<>'{other}'!A2)"], fill=red)
    sheet.conditional_formatting.add(f"A2:{get_column_letter(len(asked))}{ROWS + 1}", differs)


def _check(survey: Survey, question: Question, cell: str) -> DataValidation:
    from openpyxl.worksheet.datavalidation import DataValidation

    code = survey.first
    codes = [*(choice.code for choice in question.choices), *MISSING]
    listed = question.fixed[:SHORTEST] or ",".join(codes)
    is_list = bool(question.choices or question.fixed) and len(listed) <= LONGEST_LIST
    return DataValidation(
        type="list" if is_list else "custom",
        formula1=f'"{listed}"' if is_list else _rule(question, cell),
        allow_blank=True,
        promptTitle=question.name[:LONGEST_TITLE],
        prompt=_note(question, code) or None,
        errorTitle=question.name[:LONGEST_TITLE],
        error=_allowed(question, code)[:LONGEST_NOTE],
        showInputMessage=True,
        showErrorMessage=True,
    )


def _rule(question: Question, cell: str) -> str:
    """What an entry must be, as a formula."""
    missing = "".join(f",{cell}={code}" for code in MISSING)
    if question.pseudonym:
        return label_rule(question, cell)
    if question.kind == "number":
        within = [f"ISNUMBER({cell})"]
        within += [f"{cell}>={question.low:g}"] if question.low is not None else []
        within += [f"{cell}<={question.high:g}"] if question.high is not None else []
        within += [f"{cell}=INT({cell})"] if question.whole else []
        return f"OR(AND({','.join(within)}){missing})"
    if question.kind == "date":
        return f"AND(ISNUMBER({cell}),{cell}=INT({cell}))"
    if question.choices:
        codes = "".join(f",{cell}={choice.code}" for choice in question.choices)
        return f"OR({codes[1:]}{missing})"
    longest = 20 if question.kind == "identifier" else LONGEST_NOTE
    return f"LEN({cell})<={longest}"


def label_rule(question: Question, cell: str) -> str:
    """Whether a cell holds a label of this kind whose check character fits (``words.pseudonyms``)."""
    first = FIRST[question.pseudonym] if question.pseudonym else ""
    values = f'FIND(MID(UPPER({cell}),ROW($1:${LENGTH}),1),"{VALUES}")-1'
    weighted = f"SUMPRODUCT(({values})*{RADIX}^({LENGTH}-ROW($1:${LENGTH})))"
    return f'AND(LEN({cell})={LENGTH},UPPER(LEFT({cell},1))="{first}",MOD({weighted},{MODULUS})=1)'


def _allowed(question: Question, code: str) -> str:
    """What may be entered, for a person."""
    if question.choices:
        return "; ".join(f"{choice.code} {choice.text[code]}" for choice in question.choices)
    if question.kind == "number":
        ends = [f"{end:g}" for end in (question.low, question.high) if end is not None]
        return " – ".join(ends)
    if question.kind == "date":
        return DAY
    if question.pseudonym:
        return f"{FIRST[question.pseudonym]}{'·' * (LENGTH - 1)}"
    return question.fixed[:SHORTEST]


def _note(question: Question, code: str) -> str:
    """The question and what may be entered, as long as a spreadsheet takes it."""
    said = "\n".join(part for part in (question.text.get(code, ""), _allowed(question, code)) if part)
    return said if len(said) <= LONGEST_NOTE else f"{said[: LONGEST_NOTE - 1]}…"


def _differences(book: Workbook, asked: tuple[Question, ...]) -> None:
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(COMPARED)
    sheet.append(["column", "cells that differ between the entries"])
    for place, question in enumerate(asked, 1):
        letter = get_column_letter(place)
        ends = [f"{name}!${letter}$2:${letter}${ROWS + 1}" for name in (ENTRY, SECOND)]
        entered = "*".join(f'({name}!$A$2:$A${ROWS + 1}<>"")' for name in (ENTRY, SECOND))
        sheet.append([question.name, f"=SUMPRODUCT({entered}*({ends[0]}<>{ends[1]}))"])
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = WIDTH, WIDE


def _codes(book: Workbook, survey: Survey, asked: tuple[Question, ...]) -> None:
    sheet = book.create_sheet(CODES)
    for row in _legend(survey, asked):
        sheet.append(row)
    for letter, width in zip("ABCD", (WIDTH, WIDE, WIDTH, WIDE), strict=True):
        sheet.column_dimensions[letter].width = width


def _legend(survey: Survey, asked: tuple[Question, ...]) -> Iterator[list[str]]:
    code = survey.first
    yield ["column", "question", "entry", "meaning"]
    for missing, meaning in MISSING.items():
        yield ["", "", missing, meaning]
    yield ["", "", "(empty)", "not answered"]
    for question in asked:
        text = question.text.get(code, "")
        if question.choices:
            for choice in question.choices:
                yield [question.name, text, choice.code, choice.text[code]]
        else:
            yield [question.name, text, _allowed(question, code), ""]
