"""Paper: a PDF of each form in each language, and a workbook into which its answers are entered."""

from __future__ import annotations

from functools import partial

from alliance_modes.survey.form import Form, Survey
from alliance_modes.survey.target import Export, Target, plain_export
from alliance_modes.survey.targets.paper.printed import LARGE, POINTS, printed_form
from alliance_modes.survey.targets.paper.sheet import ENTRY, MISSING, SECOND, entry_workbook

DATES = ["%Y-%m-%d", "excel serial"]


def entry_file(form: Form) -> str:
    """The workbook of a form: what is filled in is what is read."""
    return f"entry_{form.name}.xlsx"


def write(survey: Survey, points: float) -> dict[str, bytes]:
    """``form_<name>.<language>.pdf``, and ``entry_<name>.xlsx``."""
    pages = {
        f"form_{form.name}.{code}.pdf": printed_form(survey, form, code, points)
        for form in survey.forms
        for code in survey.languages
    }
    return pages | {entry_file(form): entry_workbook(survey, form) for form in survey.forms}


def export(survey: Survey, form: Form) -> Export:
    """The sheet ``entry`` of the workbook, with codes, or with the words of any language."""
    settings = {"sheet": ENTRY, "second_entry": SECOND, "date_formats": DATES, "missing": MISSING}
    return plain_export(form, entry_file(form), "excel", settings=settings)


NEXT = (
    "Print each form_….pdf at its real size, and enter each answered form as a row of its entry_….xlsx; the "
    "sheet second_entry takes the entries of a second person."
)
PAPER = Target("paper", "paper", partial(write, points=POINTS), export, NEXT)
LARGE_PRINT = Target("paper_large", "paper in large print", partial(write, points=LARGE), export, NEXT)
