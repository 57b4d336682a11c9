"""What LimeSurvey takes as tab separated structure of a survey, and what is wrong with one.

References
----------
LimeSurvey manual, "Tab Separated Value survey structure"; "Question codes", "Answer codes" in "Questions".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from alliance_modes.ground.errors import Problem

COLUMNS = (
    "class", "type/scale", "name", "relevance", "text", "help", "language", "validation", "mandatory",
    "other", "default", "same_default", "em_validation_q", "em_validation_q_tip", "min_num_value_n",
    "max_num_value_n", "num_value_int_only", "date_format", "hidden", "equation",
)  # fmt: skip
"""The documented columns, then the attributes of questions that the project sets."""

LONGEST_CODE, LONGEST_ANSWER_CODE = 20, 5
QUESTION_CODE = re.compile(rf"[A-Za-z][A-Za-z0-9]{{0,{LONGEST_CODE - 1}}}")
ROW_CODE = re.compile(rf"[A-Za-z0-9]{{1,{LONGEST_CODE}}}")
ANSWER_CODE = re.compile(rf"[A-Za-z0-9]{{1,{LONGEST_ANSWER_CODE}}}")
RESERVED = frozenset({"time", "other", "comment", "count"})
"""Codes that LimeSurvey keeps for itself."""

TYPES = frozenset("LFNDSX*")
WITH_ANSWERS = frozenset("LF")
CLASSES = ("S", "SL", "G", "Q", "SQ", "A")
VARIABLE = re.compile(r"([A-Za-z][A-Za-z0-9_]*)\.NAOK")
ITSELF = "self"
ONCE_A_FORM = ("type/scale", "name", "relevance", "validation", "mandatory", "other")
"""Cells of a question that are the same in every language."""

HINT = "This is a fault of the project: report it with the instruments and the languages of the survey."

Row = Mapping[str, str]


def problems_in(rows: Sequence[Row], file: str) -> Iterator[Problem]:
    """What LimeSurvey would refuse in the structure of a survey, or take for something else.

    Parameters
    ----------
    rows : sequence of mapping
        The rows without the header, cells by column, in the order of the file.
    file : str
        Name for messages.
    """
    for number, row in enumerate(rows, 2):
        for message in _of_row(row):
            yield Problem(message, HINT, file=file, rows=(number,))
    for message in (*_of_languages(rows), *_of_order(rows), *_of_codes(rows), *_of_rules(rows)):
        yield Problem(message, HINT, file=file)


def _of_row(row: Row) -> Iterator[str]:
    kind, scale, name = row.get("class", ""), row.get("type/scale", ""), row.get("name", "")
    if kind not in CLASSES:
        yield f'there is no class of rows "{kind}"'
    if kind == "Q":
        if scale not in TYPES:
            yield f'"{scale}" is no type of question that the project writes'
        if not QUESTION_CODE.fullmatch(name) or name.lower() in RESERVED:
            yield f'"{name}" is no code of a question: a letter, letters and digits, {LONGEST_CODE} in all'
    if kind == "SQ" and (not ROW_CODE.fullmatch(name) or name.lower() in RESERVED):
        yield f'"{name}" is no code of a row of a grid: letters and digits, at most {LONGEST_CODE}'
    if kind == "A" and not ANSWER_CODE.fullmatch(name):
        yield f'"{name}" is no code of an answer: letters and digits, at most {LONGEST_ANSWER_CODE}'
    yield from _of_cells(row)


def _of_cells(row: Row) -> Iterator[str]:
    strange = [column for column in row if column not in COLUMNS]
    if strange:
        yield f"there are no columns {', '.join(strange)}"
    for column, cell in row.items():
        if any(sign in cell for sign in "\t\r\n"):
            yield f"{column} holds a tab or a line break"
        if len(cell) > 1 and cell[0] == cell[-1] == '"':
            yield f"{column} begins and ends with a quotation mark, which LimeSurvey takes away"
        if '\\"' in cell:
            yield f"{column} holds a backslash before a quotation mark, which ends the cell"
    if re.search(r"\{\S", row.get("text", "") + row.get("help", "")):
        yield "a text holds a brace, which LimeSurvey reads as a formula"
    if row.get("class") in ("G", "Q", "SQ", "A") and not row.get("language"):
        yield "the row has no language"
    if row.get("class") in ("Q", "SQ", "A") and not row.get("text"):
        yield "the row has no text"


def _languages(rows: Sequence[Row]) -> list[str]:
    settings = {row.get("name"): row.get("text", "") for row in rows if row.get("class") == "S"}
    return [settings.get("language", ""), *settings.get("additional_languages", "").split()]


def _of_languages(rows: Sequence[Row]) -> Iterator[str]:
    """Every language has a title and the same rows, the first language before the others."""
    languages = _languages(rows)
    if not languages[0] or len(set(languages)) < len(languages):
        yield "the survey names no language, or one twice"
    titled = {
        row.get("language")
        for row in rows
        if row.get("class") == "SL" and row.get("name") == "surveyls_title" and row.get("text")
    }
    bodies: dict[str, list[tuple[str, ...]]] = {code: [] for code in languages}
    order: list[str] = []
    for row in rows:
        if row.get("class") in ("S", "SL"):
            continue
        code = row.get("language", "")
        order += [code] if not order or order[-1] != code else []
        columns = ("type/scale", "relevance") if row.get("class") == "G" else ONCE_A_FORM
        same = tuple(row.get(column, "") for column in columns)
        bodies.setdefault(code, []).append((row.get("class", ""), *same))
    if order != languages:
        yield f"the languages stand in the order {', '.join(order)}, and are named {', '.join(languages)}"
    for code in languages:
        if code not in titled:
            yield f"the survey has no title in {code}"
        if bodies[code] != bodies[languages[0]]:
            yield f"the rows in {code} are not those in {languages[0]}"


def _of_order(rows: Sequence[Row]) -> Iterator[str]:
    """Settings first; questions in groups, rows and answers behind a question that has them."""
    kinds = [row.get("class", "") for row in rows]
    first = next((place for place, kind in enumerate(kinds) if kind not in ("S", "SL")), len(kinds))
    if any(kind in ("S", "SL") for kind in kinds[first:]):
        yield "a setting stands behind the questions"
    if first < len(kinds) and kinds[first] != "G":
        yield "the first question is in no group"
    for question, below in _questions(rows):
        scale, name = question.get("type/scale", ""), question.get("name", "")
        has = {row.get("class") for row in below}
        wanted = {"A", *(["SQ"] if scale == "F" else [])} if scale in WITH_ANSWERS else set()
        if has != wanted:
            found, needed = (", ".join(sorted(map(str, kinds))) or "nothing" for kinds in (has, wanted))
            yield f"below the question {name} of type {scale} stands {found}, not {needed}"


def _questions(rows: Sequence[Row]) -> list[tuple[Row, list[Row]]]:
    """Every question with the rows and answers below it."""
    found: list[tuple[Row, list[Row]]] = []
    for row in rows:
        if row.get("class") == "Q":
            found.append((row, []))
        elif row.get("class") in ("SQ", "A") and found:
            found[-1][1].append(row)
    return found


def _of_codes(rows: Sequence[Row]) -> Iterator[str]:
    """Codes stand once: of questions in the form and of rows and answers in their question."""
    counted = Counter((row.get("language"), row.get("name")) for row, _ in _questions(rows))
    yield from (f"the code of a question {name} stands twice" for (_, name), n in counted.items() if n > 1)
    for question, below in _questions(rows):
        inside = Counter((row.get("class"), row.get("name")) for row in below)
        for (_, name), times in inside.items():
            if times > 1:
                yield f"the code {name} stands twice in the question {question.get('name')}"


def _of_rules(rows: Sequence[Row]) -> Iterator[str]:
    """Rules name questions that stand before them, and rows of grids by both codes."""
    known: set[str] = set()
    language = ""
    for row in rows:
        if row.get("language", "") != language:
            language, known = row.get("language", ""), set()
        for column in ("relevance", "em_validation_q"):
            for name in VARIABLE.findall(row.get(column, "")):
                if name != ITSELF and name not in known:
                    yield f"{column} of {row.get('name')} names {name}, which is not asked before"
        if row.get("class") == "Q":
            question = row.get("name", "")
            known.add(question)
        elif row.get("class") == "SQ":
            known.add(f"{question}_{row.get('name', '')}")
