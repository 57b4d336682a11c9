"""Qualtrics: one survey definition (``.qsf``) for each form, and its CSV export.

The text format of Qualtrics cannot say to which number an answer is recoded, how a question reads in another
language, or when it is asked; the definition can.
"""

from __future__ import annotations

import hashlib
import html
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from alliance_modes.ground.errors import ConfigurationError
from alliance_modes.survey.form import Choice, Condition, Form, Question, Section, Survey, Text
from alliance_modes.survey.grids import pieces
from alliance_modes.survey.target import Export, Target, plain_export, told
from alliance_modes.survey.targets import qualtrics_frame as frame
from alliance_modes.survey.targets.qualtrics_definition import OWN, problems_in
from alliance_modes.words.pseudonyms import FIRST, LENGTH, SIGNS

CODE = "^[A-Za-z0-9_-]{1,20}$"
DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
DATE_FORM = "YYYY-MM-DD"
DURATION = "Duration (in seconds)"
"""How long somebody was at the form, which is no answer."""

SETTINGS = {"responses": "finished", "missing": {"-99": "seen and not answered"}}
"""Previews, tests and unfinished responses are left out; -99 is what Qualtrics offers for questions that were
seen and not answered."""


def write(survey: Survey) -> dict[str, bytes]:
    """The definitions, ``form_<name>.qsf``, each in every language.

    Raises
    ------
    ConfigurationError
        A definition does not agree with itself, or a text would be read as something else.
    """
    written = {f"form_{form.name}.qsf": _Definition(survey, form).whole() for form in survey.forms}
    problems = [problem for name, whole in written.items() for problem in problems_in(whole, name)]
    if problems:
        raise ConfigurationError("survey", problems)
    return {
        name: json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
        for name, whole in written.items()
    }


def export(survey: Survey, form: Form) -> Export:
    """A CSV with three header rows, as numeric values or as choice text in any language."""
    columns = {name: place.column for name, place in _places(form).items()}
    changed = {"columns": columns, "headings": {}, "settings": SETTINGS, "drop": (DURATION,)}
    return plain_export(form, f"{form.name}.csv", "qualtrics", **changed)


@dataclass(frozen=True)
class Place:
    """Where a question stands: the tag of its question in Qualtrics, and its row, where that is a grid."""

    tag: str
    row: str = ""

    @property
    def column(self) -> str:
        """Its column in an export."""
        return f"{self.tag}_{self.row}" if self.row else self.tag


def _places(form: Form) -> dict[str, Place]:
    """The place of every question that is answered. Rows have the number of their item, others the next."""
    places: dict[str, Place] = {}
    for section in form.sections:
        for found in pieces(section):
            if len(found) == 1:
                places |= {one.name: Place(_tag(one.name)) for one in found if one.answered}
                continue
            numbers = {one.name: _number(section, one) for one in found}
            free = max(numbers.values()) + 1
            for one in found:
                row = numbers[one.name] or free
                free += not numbers[one.name]
                places[one.name] = Place(_tag(section.name), str(row))
    return places


def _number(section: Section, question: Question) -> int:
    """The number of an item, or 0."""
    last = question.name.removeprefix(f"{section.name}_")
    return int(last) if last.isdigit() else 0


def _tag(name: str) -> str:
    """A name that no column of Qualtrics itself has."""
    return f"{name}_asked" if name in OWN else name


@dataclass
class _Definition:
    """One form as a definition, question by question."""

    survey: Survey
    form: Form
    questions: list[dict[str, Any]] = field(default_factory=list)
    blocks: list[dict[str, Any]] = field(default_factory=list)
    asked: dict[str, dict[str, Any]] = field(default_factory=dict)

    def whole(self) -> dict[str, Any]:
        """The definition."""
        seed = hashlib.sha256(f"{self.survey.name} {self.form.name}".encode()).hexdigest()[:15]
        flow = list(self._flow())
        title = f"{self.survey.title}: {self.form.title[self.survey.first]}"
        languages = [code.upper() for code in self.survey.languages]
        return frame.definition(f"SV_{seed}", title, languages, self.blocks, flow, self.questions)

    def _flow(self) -> Iterator[dict[str, Any]]:
        """Blocks in order, each where its conditions hold; who should not go on is told, and ends."""
        expected: tuple[Condition, ...] = ()
        for section in self.form.sections:
            fixed = {one.name: one.fixed for one in section.questions if one.kind == "fixed"}
            if fixed:
                yield frame.embedded({_tag(name): value for name, value in fixed.items()})
            if len(fixed) == len(section.questions):
                continue
            conditions = (*([section.only_if] if section.only_if else []), *expected)
            block = self._block(section.title[self.survey.first], self._questions(section))
            yield self._where(conditions, [block])
            for one in section.questions:
                if one.expected:
                    expected += (Condition(one.name, (one.expected,)),)
                    others = tuple(choice.code for choice in one.choices if choice.code != one.expected)
                    text = told(self.survey, one)
                    other = self._block(f"{one.name}: other", [self._note(f"{one.name}_other", text)])
                    yield self._where((Condition(one.name, others),), [other, {"Type": "EndSurvey"}])

    def _where(self, conditions: tuple[Condition, ...], flow: list[dict[str, Any]]) -> dict[str, Any]:
        for condition in reversed(conditions):
            flow = [
                {"Type": "Branch", "Description": "", "BranchLogic": self._logic(condition), "Flow": flow}
            ]
        return flow[0]

    def _logic(self, condition: Condition) -> dict[str, Any]:
        """A condition: any of its answers is chosen."""
        payload, question = self.asked[condition.question], self.form.question(condition.question)
        ids = {choice.code: str(place) for place, choice in enumerate(question.choices, 1)}
        chosen = [frame.chosen(payload["QuestionID"], ids[code]) for code in condition.codes]
        return frame.any_of(chosen)

    def _block(self, title: str, questions: Iterator[str] | list[str]) -> dict[str, Any]:
        number = len(self.blocks) + 1
        elements = [{"Type": "Question", "QuestionID": one} for one in questions]
        kind = "Default" if number == 1 else "Standard"
        block = {"Type": kind, "Description": title, "ID": f"BL_{number}", "BlockElements": elements}
        self.blocks.append(block)
        return {"Type": kind, "ID": block["ID"]}

    def _questions(self, section: Section) -> Iterator[str]:
        found = [one for one in pieces(section) if one[0].kind != "fixed"]
        instructed = any(section.instructions.values())
        if instructed and all(len(one) == 1 for one in found):
            yield self._note(f"{section.name}_told", section.instructions)
        for questions in found:
            if len(questions) > 1:
                yield self._grid(section, questions)
            elif questions[0].answered:
                yield self._one(questions[0])
            else:
                yield self._note(questions[0].name, questions[0].text)

    def _note(self, tag: str, text: Text) -> str:
        shape = {"QuestionType": "DB", "Selector": "TB", "ChoiceOrder": []}
        return self._add(tag, text, {**shape, "Validation": {"Settings": {"Type": "None"}}})

    def _grid(self, section: Section, questions: tuple[Question, ...]) -> str:
        places, title = _places(self.form), section.title
        rows = {places[one.name].row: one.text for one in questions}
        text = section.instructions if any(section.instructions.values()) else title
        choices = questions[0].choices
        return self._add(
            places[questions[0].name].tag,
            text,
            {
                "QuestionType": "Matrix",
                "Selector": "Likert",
                "SubSelector": "SingleAnswer",
                **self._shown("Choice", rows),
                **self._shown("Answer", _by_id(choices)),
                "RecodeValues": _recodes(choices),
                "ChoiceDataExportTags": False,
                "Validation": frame.validation(required=False),
            },
            {"Choices": rows, "Answers": _by_id(choices)},
        )

    def _one(self, question: Question) -> str:
        text = self._with_hint(question)
        more: dict[str, Any] = {"Validation": frame.validation(question.required)}
        if question.only_if:
            more["DisplayLogic"] = {**self._logic(question.only_if), "inPage": True}
        if question.choices:
            more |= {"QuestionType": "MC", "Selector": "SAVR", "SubSelector": "TX"}
            more |= self._shown("Choice", _by_id(question.choices))
            more["RecodeValues"] = _recodes(question.choices)
            shown = {"Choices": _by_id(question.choices)}
        else:
            more |= {"QuestionType": "TE", "Selector": "SL", "Validation": self._typed(question)}
            shown = {}
        name = self._add(_places(self.form)[question.name].tag, text, more, shown)
        self.asked[question.name] = self.questions[-1]
        return name

    def _with_hint(self, question: Question) -> Text:
        date = f" ({DATE_FORM})" if question.kind == "date" else ""
        return {
            code: f"{text}{date}" + (f"\n{question.hint[code]}" if question.hint.get(code) else "")
            for code, text in question.text.items()
        }

    def _typed(self, question: Question) -> dict[str, Any]:
        """What an answer that is typed must be."""
        if question.kind == "number":
            return frame.number(question.required, question.low, question.high, question.whole)
        form = {"identifier": CODE, "date": DATE}.get(question.kind, "")
        if question.pseudonym:
            first = FIRST[question.pseudonym]
            form = f"^[{first}{first.lower()}][{SIGNS}{SIGNS.lower()}]{{{LENGTH - 1}}}$"
        name = f"QID{len(self.questions) + 1}"
        return frame.matching(name, question.required, form) if form else frame.validation(question.required)

    def _shown(self, part: str, texts: Mapping[str, Text]) -> dict[str, Any]:
        """Choices (of a grid: rows) or answers, in the first language."""
        shown = {one: {"Display": text[self.survey.first]} for one, text in texts.items()}
        return {f"{part}s": shown, f"{part}Order": list(shown)}

    def _add(
        self,
        tag: str,
        text: Text,
        shape: Mapping[str, Any],
        shown: Mapping[str, Mapping[str, Text]] | None = None,
    ) -> str:
        """Add a question in all languages; return its id."""
        name = f"QID{len(self.questions) + 1}"
        others = {
            code.upper(): {
                "QuestionText": _escaped(text[code]),
                **{
                    part: {one: {"Display": said[code]} for one, said in texts.items()}
                    for part, texts in (shown or {}).items()
                },
            }
            for code in self.survey.languages
            if code != self.survey.first
        }
        written = _escaped(text[self.survey.first])
        self.questions.append(frame.question(name, tag, written, {**shape, "Language": others or []}))
        return name


def _escaped(text: str) -> str:
    """Text as HTML, in which nothing is piped in."""
    return html.escape(text, quote=False).replace("${", "&#36;{").replace("\n", "<br>")


def _by_id(choices: tuple[Choice, ...]) -> dict[str, Text]:
    return {str(place): choice.text for place, choice in enumerate(choices, 1)}


def _recodes(choices: tuple[Choice, ...]) -> dict[str, str]:
    return {str(place): choice.code for place, choice in enumerate(choices, 1)}


TARGET = Target(
    "qualtrics",
    "Qualtrics",
    write,
    export,
    "Import each form_….qsf as a project of its own. Export the data of each as CSV, with all three "
    "header rows, and keep it under the name that cohort.yaml says.",
)
