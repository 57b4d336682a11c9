"""LimeSurvey: one survey for each form, as tab separated structure (``.txt``), and its CSV export.

References
----------
LimeSurvey manual, "Tab Separated Value survey structure" and "Export responses".
"""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from alliance_modes.ground.errors import ConfigurationError
from alliance_modes.readers.raw_table import tidy_text
from alliance_modes.survey.form import Condition, Form, Question, Section, Survey, Text
from alliance_modes.survey.grids import pieces
from alliance_modes.survey.target import Export, Target, plain_export, told
from alliance_modes.survey.targets.limesurvey_structure import COLUMNS, LONGEST_CODE, problems_in
from alliance_modes.words.pseudonyms import FIRST, LENGTH, MODULUS, SIGNS, VALUES, weights

CODE = "/^[A-Za-z0-9_-]{1,20}$/"
ISO_DATE = "6"
"""LimeSurvey's number of the form YYYY-MM-DD."""

TYPES = {"note": "X", "identifier": "S", "text": "S", "number": "N", "date": "D", "fixed": "*"}
LIST, GRID = "L", "F"
SUBMITTED_IN: Mapping[str, str] = {"de": "Datum Abgeschickt"}
"""How the column ``submitdate`` is headed by its text; the reader knows the English one."""

DATES = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d")
"""A day is kept with a time, and shown without it by some versions."""

NOT_ANSWERED = {"N/A": "not shown or not answered"}

Row = Mapping[str, str]


@dataclass(frozen=True)
class Place:
    """Where a question stands in LimeSurvey: its code, that of its row in a grid, and the grid's text."""

    code: str
    row: str = ""
    above: Text | None = None

    @property
    def column(self) -> str:
        """Its column by the code of the expression manager; the reader knows ``code[row]`` by it too."""
        return f"{self.code}_{self.row}" if self.row else self.code


def write(survey: Survey) -> dict[str, bytes]:
    """The structures, ``form_<name>.txt``: every row once in each language.

    Raises
    ------
    ConfigurationError
        LimeSurvey would not take what was written, or read something else.
    """
    written = {f"form_{form.name}.txt": _structure(survey, form) for form in survey.forms}
    problems = [problem for name, rows in written.items() for problem in problems_in(rows, name)]
    if problems:
        raise ConfigurationError("survey", problems)
    return {name: _bytes(rows) for name, rows in written.items()}


def export(survey: Survey, form: Form) -> Export:
    """A CSV: columns headed by code, by text or by both; answers as codes or as texts of any language."""
    places = _places(form)
    columns = {name: place.column for name, place in places.items()}
    headings = {
        tidy_text(f"{place.above[code]} [{text}]" if place.above else text): place.column
        for name, place in places.items()
        for code, text in form.question(name).text.items()
    }
    headings |= {text: "submitdate" for code, text in SUBMITTED_IN.items() if code in survey.languages}
    settings = {"responses": "finished", "missing": NOT_ANSWERED, "date_formats": list(DATES)}
    file = f"{form.name}.csv"
    return plain_export(form, file, "limesurvey", columns=columns, headings=headings, settings=settings)


def _places(form: Form) -> dict[str, Place]:
    """The place of every question that is answered; codes are letters and digits alone."""
    used: set[str] = set()
    places: dict[str, Place] = {}
    for section in form.sections:
        for found in pieces(section):
            if len(found) == 1:
                places[found[0].name] = Place(_unused(found[0].name, used))
                continue
            code, above = _unused(section.name, used), _above(section)
            rows: set[str] = set()
            for one in found:
                row = _unused(one.name.removeprefix(f"{section.name}_"), rows)
                places[one.name] = Place(code, row, above)
    return {name: place for name, place in places.items() if form.question(name).answered}


def _above(section: Section) -> Text:
    """What stands above a grid."""
    return section.instructions if any(section.instructions.values()) else section.title


def _unused(name: str, used: set[str]) -> str:
    plain = name.replace("_", "")
    code, number = plain[:LONGEST_CODE], 1
    while code in used:
        number += 1
        code = f"{plain[: LONGEST_CODE - len(str(number))]}{number}"
    used.add(code)
    return code


def _bytes(rows: list[Row]) -> bytes:
    written = io.StringIO()
    writer = csv.DictWriter(written, COLUMNS, restval="", delimiter="\t", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + written.getvalue().encode()


def _structure(survey: Survey, form: Form) -> list[Row]:
    """The settings, then all of the form in one language after the other."""
    others = [code for code in survey.languages if code != survey.first]
    settings = {
        "language": survey.first,
        "additional_languages": " ".join(others),
        "format": "G",
        "anonymized": "Y",
        "datestamp": "N",
        "ipaddr": "N",
        "savetimings": "N",
    }
    rows: list[Row] = [{"class": "S", "name": name, "text": text} for name, text in settings.items()]
    for code in survey.languages:
        said = {
            "surveyls_title": f"{survey.title}: {form.title[code]}",
            "surveyls_dateformat": ISO_DATE,
            "surveyls_numberformat": "0",
        }
        rows += [{"class": "SL", "name": name, "text": text, "language": code} for name, text in said.items()]
    for code in survey.languages:
        rows += _InLanguage(survey, form, code).rows()
    return rows


@dataclass(frozen=True)
class _InLanguage:
    """All rows of one form in one language."""

    survey: Survey
    form: Form
    language: str

    def rows(self) -> Iterator[Row]:
        """Groups, questions, rows of grids and answers."""
        expected: tuple[Condition, ...] = ()
        for number, section in enumerate(self.form.sections, 1):
            conditions = (*([section.only_if] if section.only_if else []), *expected)
            group = {"class": "G", "type/scale": str(number), "name": section.title[self.language]}
            yield {**group, "relevance": self._relevance(conditions), "language": self.language}
            found = list(pieces(section))
            if any(section.instructions.values()) and all(len(one) == 1 for one in found):
                yield self._row("Q", "X", f"{section.name.replace('_', '')}told", section.instructions)
            for questions in found:
                yield from self._grid(section, questions) if questions[1:] else self._one(section, *questions)
            expected += tuple(
                Condition(one.name, (one.expected,)) for one in section.questions if one.expected
            )

    def _row(self, kind: str, scale: str, name: str, text: Text, **more: str) -> Row:
        said = html.escape(text.get(self.language, ""), quote=False).replace("{", "&#123;")
        row = {"class": kind, "type/scale": scale, "name": name, "text": said, "language": self.language}
        return {**row, **({"mandatory": "N", "other": "N", "relevance": "1"} if kind == "Q" else {}), **more}

    def _relevance(self, conditions: tuple[Condition, ...]) -> str:
        places = _places(self.form)
        parts = [
            "(" + " or ".join(f'{places[one.question].column}.NAOK == "{code}"' for code in one.codes) + ")"
            for one in conditions
        ]
        return " and ".join(parts) or "1"

    def _grid(self, section: Section, questions: tuple[Question, ...]) -> Iterator[Row]:
        places = _places(self.form)
        yield self._row("Q", GRID, places[questions[0].name].code, _above(section))
        for one in questions:
            yield self._row("SQ", "0", places[one.name].row, one.text, relevance="1")
        yield from self._answers(questions[0])

    def _answers(self, question: Question) -> Iterator[Row]:
        for choice in question.choices:
            yield self._row("A", "0", choice.code, choice.text)

    def _one(self, section: Section, question: Question) -> Iterator[Row]:
        places = _places(self.form)
        code = places[question.name].code if question.answered else question.name.replace("_", "")
        conditions = (question.only_if,) if question.only_if else ()
        more = {
            "relevance": self._relevance(conditions),
            "help": html.escape(question.hint.get(self.language, ""), quote=False),
            "mandatory": "Y" if question.required else "N",
            **self._asked_as(section, question),
        }
        text = question.text or dict.fromkeys(self.survey.languages, question.name)
        yield self._row("Q", LIST if question.choices else TYPES[question.kind], code, text, **more)
        yield from self._answers(question)
        if question.expected:
            other = f'{code}.NAOK != "" and {code}.NAOK != "{question.expected}"'
            yield self._row("Q", "X", f"{code}other", told(self.survey, question), relevance=other)

    def _asked_as(self, section: Section, question: Question) -> Row:
        """The attributes of a question: its form, its range and what is said of a slip."""
        tip = told(self.survey, question).get(self.language, "")
        if question.pseudonym:
            first = FIRST[question.pseudonym]
            form = f"/^[{first}][{SIGNS}]{{{LENGTH - 1}}}$/i"
            return {"validation": form, "em_validation_q": check_rule(), "em_validation_q_tip": tip}
        if question.kind == "identifier":
            return {"validation": CODE}
        if question.kind == "date":
            today = "{date('Y-m-d')}" if question.today else ""
            return {"date_format": "yyyy-mm-dd", "default": today}
        if question.kind == "fixed":
            return {"hidden": "1", "equation": question.fixed}
        return self._number(section, question) if question.kind == "number" else {}

    def _number(self, section: Section, question: Question) -> Row:
        row = {"num_value_int_only": "1" if question.whole else "0"}
        row |= {} if question.low is None else {"min_num_value_n": f"{question.low:g}"}
        row |= {} if question.high is None else {"max_num_value_n": f"{question.high:g}"}
        if section.adds_up_to is None or question is not section.questions[-1]:
            return row
        places, total = _places(self.form), f"{section.adds_up_to:g}"
        all_of = [f"{places[one.name].column}.NAOK" for one in section.questions[:-1]] + ["self.NAOK"]
        some = " or ".join(f"is_empty({one})" for one in all_of)
        tip = self.survey.said["adds_up"][self.language].format(total=total)
        rule = f"{some} or sum({', '.join(all_of)}) == {total}"
        return {**row, "em_validation_q": rule, "em_validation_q_tip": tip}


def check_rule() -> str:
    """That the check character of an answer fits, in the language of the expression manager.

    The value of a sign is its place in ``VALUES``. There is no remainder in that language, so that it is
    what is left above the largest multiple.
    """
    answer = "strtoupper(self.NAOK)"
    values = (
        f'{weight} * strpos("{VALUES}", substr({answer}, {place}, 1))'
        for place, weight in enumerate(weights())
    )
    total = f"({' + '.join(values)})"
    return f"is_empty(self.NAOK) or {total} - {MODULUS} * floor({total} / {MODULUS}) == 1"


TARGET = Target(
    "limesurvey",
    "LimeSurvey",
    write,
    export,
    "Import each form_….txt as a survey of its own. Export the responses of each as CSV, headed by question "
    "codes or codes and texts, and keep it under the name that cohort.yaml says.",
)
