"""Forms as pages to print: what stands on them, for ``form.typ`` to lay out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import RootModel

from alliance_modes.ground.typeset import pdf, printable
from alliance_modes.ground.yaml_models import Closed, load_model
from alliance_modes.readers.carried import SHORTEST
from alliance_modes.survey.form import Condition, Form, Question, Section, Survey
from alliance_modes.words.pseudonyms import FIRST, LENGTH

HERE = Path(__file__).parent
POINTS, LARGE = 11.0, 14.0
"""Size of the letters of questions, as usual and in large print."""

MOST_BOXES = 6
"""Digits of a whole number up to which each has a box of its own."""

LONG = 80
"""Characters that items have on average above which they stand above their boxes, not beside them."""


class PrintedWords(Closed):
    """What a printed form says of itself, in one language."""

    cross: str
    line: str
    only_if: str
    go_on: str
    page: str
    date: str


class _All(RootModel[dict[str, PrintedWords]]):
    """The words by the code of the language."""


@cache
def _words() -> Mapping[str, PrintedWords]:
    return load_model(HERE / "words.yaml", _All).root


def printed_form(survey: Survey, form: Form, code: str, points: float = POINTS) -> bytes:
    """The PDF of one form in one language, tagged, on A4.

    Parameters
    ----------
    survey : Survey
    form : Form
        One of its forms.
    code : str
        One of its languages.
    points : float
        Size of the letters of questions.
    """
    page = _page(survey, form, code) | {"points": points}
    with TemporaryDirectory() as name:
        folder = Path(name)
        text = printable(json.dumps(page, ensure_ascii=False))
        (folder / "form.json").write_text(text, encoding="utf-8")
        return pdf((HERE / "form.typ").read_text(encoding="utf-8"), folder)


def _page(survey: Survey, form: Form, code: str) -> dict[str, Any]:
    """Everything that is read on the form, in the order in which it stands there."""
    words = _words().get(code) or _words()["en"]
    numbers = {name: n for f in form.feeds for items in f.items for n, name in enumerate(items.questions, 1)}
    person = next((one for one in form.questions() if one.pseudonym), None)
    return {
        "language": code,
        "study": survey.title,
        "title": form.title[code],
        "id": f"{survey.name} · {form.name} · {code}",
        "protocol": survey.protocol[:SHORTEST],
        "words": words.model_dump(),
        "person": _asked(survey, form, person, code, words) if person else None,
        "sections": [
            _section(survey, form, section, code, words, numbers)
            for section in form.sections
            if any(one.kind != "fixed" for one in section.questions)
        ],
    }


def _section(
    survey: Survey,
    form: Form,
    section: Section,
    code: str,
    words: PrintedWords,
    numbers: Mapping[str, int],
) -> dict[str, Any]:
    below = ""
    if section.adds_up_to is not None:
        below = survey.said["adds_up"][code].format(total=f"{section.adds_up_to:g}")
    return {
        "title": section.title[code],
        "told": section.instructions.get(code, ""),
        "below": below,
        "blocks": list(_blocks(survey, form, section, code, words, numbers)),
    }


def _blocks(
    survey: Survey,
    form: Form,
    section: Section,
    code: str,
    words: PrintedWords,
    numbers: Mapping[str, int],
) -> Iterator[dict[str, Any]]:
    """Questions by themselves, and tables of those that follow each other with the same answers."""
    shown = [one for one in section.questions if one.kind != "fixed"]
    for answers, group in groupby(shown, key=lambda one: _answers(one, code)):
        questions = list(group)
        items = [
            {**_asked(survey, form, one, code, words), "number": str(numbers.get(one.name, ""))}
            for one in questions
        ]
        if len(questions) > 1 and answers:
            length = sum(len(one["text"]) for one in items) / len(items)
            yield {"kind": "table", "answers": _told(answers), "items": items, "above": length > LONG}
        else:
            yield from items


def _answers(question: Question, code: str) -> tuple[tuple[str, str], ...]:
    return tuple((choice.code, choice.text[code]) for choice in question.choices)


def _told(answers: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"code": number, "text": text} for number, text in answers]


def _asked(survey: Survey, form: Form, question: Question, code: str, words: PrintedWords) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "kind": question.kind,
        "number": "",
        "text": question.text.get(code, ""),
        "hint": question.hint.get(code, ""),
        "only_if": _answers_said(form, question.only_if, code, words.only_if),
        "go_on": _answers_said(form, _kept(form, question), code, words.go_on),
        "answers": _told(_answers(question, code)),
        "boxes": 0,
        "first": "",
    }
    if question.pseudonym:
        return asked | {"kind": "pseudonym", "boxes": LENGTH, "first": FIRST[question.pseudonym]}
    if question.kind == "number" and question.low is not None and question.high is not None:
        if any(question.name in items.questions for feeds in form.feeds for items in feeds.items):
            return asked | {"kind": "line", "low": f"{question.low:g}", "high": f"{question.high:g}"}
        digits = len(f"{question.high:.0f}")
        if question.whole and digits <= MOST_BOXES:
            return asked | {"boxes": digits}
    return asked


def _kept(form: Form, question: Question) -> Condition | None:
    """What the answer must be for the rest of the form to be asked; nothing where it may be any."""
    return next((one for one in form.keeps if one.question == question.name), None)


def _answers_said(form: Form, condition: Condition | None, code: str, said: str) -> str:
    """A sentence with the answers of a condition in it."""
    if condition is None:
        return ""
    answers = (
        choice.text[code]
        for choice in form.question(condition.question).choices
        if choice.code in condition.codes
    )
    return said.format(answers="; ".join(answers))
