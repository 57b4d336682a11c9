"""Qualtrics' survey definition (.qsf): questions, choices, and the numbers that choices are recoded to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from alliance_modes.readers.codebooks.book import CodeBook, CodedField, book_of, number_or_none, plain_text

KIND = "a survey definition of Qualtrics"
LARGEST = 64 << 20
SEVERAL = ("MAVR", "MAHR", "MACOL", "MSB")
"""Selectors of multiple choice that take several answers."""

PARTS = ("SurveyEntry", "SurveyElements")


def read(path: Path, file: str) -> CodeBook | None:
    """The code book that a survey definition is; None where the file is none."""
    if path.stat().st_size > LARGEST:
        return None
    written = path.read_bytes()
    if any(part.encode() not in written for part in PARTS):
        return None
    try:
        content = json.loads(written.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or not all(part in content for part in PARTS):
        return None
    questions = [
        element["Payload"]
        for element in _entries(content["SurveyElements"]).values()
        if isinstance(element, dict)
        and element.get("Element") == "SQ"
        and isinstance(element.get("Payload"), dict)
    ]
    return book_of(file, KIND, [one for question in questions for one in _described(question)])


def _described(question: Mapping[str, Any]) -> Iterator[CodedField]:
    tag, kind = str(question.get("DataExportTag", "")), question.get("QuestionType")
    text = plain_text(str(question.get("QuestionText", "")))
    rows = _displayed(question.get("Choices"))
    if not tag or kind in ("DB", "Timing", "Captcha", "Meta"):
        return
    naming = _entries(question.get("VariableNaming"))
    for beside in _entries(question.get("AdditionalQuestions")).values():
        if isinstance(beside, dict):
            yield from _described(beside)
    if kind == "Matrix" and question.get("SubSelector") != "MultipleAnswer":
        answers = _displayed(question.get("Answers"))
        labels, also = _recoded(answers, question), _named(naming, answers)
        labels = labels if question.get("Selector") in ("Likert", "Profile", "Bipolar") else {}
        for row, said in rows.items():
            for name in _row_names(tag, row, question):
                yield CodedField(name, labels, said, also=also)
    elif kind == "MC" and question.get("Selector") in SEVERAL:
        recoded, also = _recodes(question), _named(naming, rows)
        for choice, label in rows.items():
            code = recoded.get(choice, choice)
            for name in _row_names(tag, choice, question) | {f"{tag}_{code}": None}:
                yield CodedField(name, {code: label}, text, box=label, also=also)
    elif kind == "MC":
        yield CodedField(tag, _recoded(rows, question), text, also=_named(naming, rows))
    elif kind in ("Slider", "TE", "CS"):
        yield from _typed(question, tag, text, rows)


def _typed(question: Mapping[str, Any], tag: str, text: str, rows: Mapping[str, str]) -> Iterator[CodedField]:
    """A question whose answer is typed or drawn, with the numbers that it takes."""
    shape = _entries(question.get("Configuration"))
    settings = _entries(_entries(question.get("Validation")).get("Settings"))
    ends: tuple[Any, Any] = (None, None)
    if question.get("QuestionType") == "Slider":
        ends = shape.get("CSSliderMin"), shape.get("CSSliderMax")
    elif settings.get("ContentType") == "ValidNumber":
        number = _entries(settings.get("ValidNumber"))
        ends = number.get("Min"), number.get("Max")
    low, high = (None if end is None else number_or_none(str(end)) for end in ends)
    long = question.get("Selector") in ("ML", "ESTB")
    yield CodedField(tag, {}, text, low, high, free_text=long)
    for row, said in rows.items():
        for name in _row_names(tag, row, question):
            yield CodedField(name, {}, said or text, low, high, free_text=long)


def _row_names(tag: str, row: str, question: Mapping[str, Any]) -> dict[str, None]:
    """What the column of a row or of a box can be called."""
    own = _entries(question.get("ChoiceDataExportTags")).get(row)
    return dict.fromkeys([f"{tag}_{row}"] if not own else [str(own), f"{tag}_{own}"])


def _displayed(listed: Any) -> dict[str, str]:
    """Ids of choices with what the form shows, without HTML."""
    return {
        str(key): plain_text(str(choice.get("Display", "")))
        for key, choice in _entries(listed).items()
        if isinstance(choice, dict)
    }


def _named(naming: Mapping[str, Any], shown: Mapping[str, str]) -> dict[str, str]:
    """What an export of texts calls choices that have a name of their own, with what the form shows."""
    return {str(name): shown[choice] for choice, name in naming.items() if choice in shown}


def _recodes(question: Mapping[str, Any]) -> dict[str, str]:
    return {str(key): str(code) for key, code in _entries(question.get("RecodeValues")).items()}


def _recoded(shown: Mapping[str, str], question: Mapping[str, Any]) -> dict[str, str]:
    """Labels by the number that stands in an export of numeric values: its recode, else the choice's id."""
    recodes = _recodes(question)
    return {recodes.get(choice, choice): label for choice, label in shown.items()}


def _entries(value: Any) -> dict[str, Any]:
    """What JSON from PHP holds as an object; a list is an object whose keys are 1, 2 … or an empty one."""
    if isinstance(value, dict):
        return value
    return {str(place): item for place, item in enumerate(value, 1)} if isinstance(value, list) else {}
