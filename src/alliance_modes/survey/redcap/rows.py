"""A survey as rows of a data dictionary, in one language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from alliance_modes.survey.form import Condition, Form, Question, Section, Survey
from alliance_modes.survey.redcap.dictionary import Field
from alliance_modes.survey.redcap.project import RECORD_ID, labels, variables, whose
from alliance_modes.survey.target import told
from alliance_modes.words.pseudonyms import FIRST, LENGTH, MODULUS, SIGNS, VALUES, weights

TOLD = "told"
GRID = "grid"
GRID_KINDS = ("scale", "choice", "yes_no")


def fields(survey: Survey, language: str) -> list[Field]:
    """Every field of the project; the first is the record's.

    Parameters
    ----------
    survey : Survey
    language : str
        The code of a language of the survey.
    """
    writing = _Writing(survey, language)
    rows = [row for form in survey.forms for row in writing.form(form)]
    record = Field(RECORD_ID, rows[0].form, label="Record: the label of the person", identifier="y")
    return [record, *rows]


class _Writing:
    """What all rows of one dictionary share."""

    def __init__(self, survey: Survey, language: str) -> None:
        self.survey, self.language = survey, language
        self.variables, self.labels = variables(survey), labels(survey, language)

    def form(self, form: Form) -> Iterator[Field]:
        """The rows of a form; behind who must fill it in, nothing is shown to anybody else."""
        goes_on: list[Condition] = []
        for section in form.sections:
            yield from self._section(form, section, goes_on)
            goes_on += [Condition(one.name, (one.expected,)) for one in section.questions if one.expected]

    def _section(self, form: Form, section: Section, goes_on: Sequence[Condition]) -> Iterator[Field]:
        shown = [*([section.only_if] if section.only_if else []), *goes_on]
        header = self._header(section)
        for matrix, question in _with_matrix(section):
            grid = f"{self.variables[form.name, matrix]}_{GRID}" if matrix else ""
            yield replace(self._question(form, question, shown), header=header, matrix=grid)
            header = ""
            yield from self._slip(form, question, shown)
        if section.adds_up_to is not None:
            yield self._sum(form, section, shown)

    def _header(self, section: Section) -> str:
        if all(question.kind == "fixed" for question in section.questions):
            return ""
        title, text = section.title[self.language], section.instructions.get(self.language, "")
        return f"{title}<br><br>{text}" if text else title

    def _question(self, form: Form, question: Question, shown: Sequence[Condition]) -> Field:
        kind, validation = _kind(question)
        return Field(
            self.variables[form.name, question.name],
            form.name,
            kind=kind,
            label=self.labels[form.name, question.name],
            choices=" | ".join(f"{one.code}, {one.text[self.language]}" for one in question.choices),
            note=question.hint.get(self.language, ""),
            validation=validation,
            low=_limit(question.low) if validation else "",
            high=_limit(question.high) if validation else "",
            identifier="y" if question.pseudonym else "",
            branching=self._branching(form, question, shown),
            required="y" if question.required else "",
            annotation=_annotation(form, question),
        )

    def _branching(self, form: Form, question: Question, shown: Sequence[Condition]) -> str:
        conditions = [*shown, *([question.only_if] if question.only_if else [])]
        return " and ".join(self._is(form, one) for one in conditions)

    def _is(self, form: Form, condition: Condition) -> str:
        name = self._asked(form, condition.question)
        parts = [f"{name} = '{code}'" for code in condition.codes]
        return parts[0] if len(parts) == 1 else f"({' or '.join(parts)})"

    def _asked(self, form: Form, name: str) -> str:
        return f"[{self.variables[form.name, name]}]"

    def _slip(self, form: Form, question: Question, shown: Sequence[Condition]) -> Iterator[Field]:
        """A line that is shown where an answer cannot be one, of which REDCap itself does not see it."""
        name = self._asked(form, question.name)
        if question.pseudonym:
            wrong = f"{name} <> '' and {is_no_pseudonym(name, FIRST[question.pseudonym])}"
        elif question.expected:
            wrong = f"{name} <> '' and {name} <> '{question.expected}'"
        else:
            return
        branching = " and ".join([*(self._is(form, one) for one in shown), wrong])
        text = told(self.survey, question)[self.language]
        yield self._line(form, question, text, branching)

    def _sum(self, form: Form, section: Section, shown: Sequence[Condition]) -> Field:
        names = [self._asked(form, question.name) for question in section.questions]
        given = " and ".join(f"{name} <> ''" for name in names)
        total = f"{section.adds_up_to:g}"
        wrong = f"{given} and {' + '.join(names)} <> {total}"
        text = self.survey.said["adds_up"][self.language].format(total=total)
        branching = " and ".join([*(self._is(form, one) for one in shown), wrong])
        return self._line(form, section.questions[-1], text, branching)

    def _line(self, form: Form, question: Question, text: str, branching: str) -> Field:
        name = f"{self.variables[form.name, question.name]}_{TOLD}"
        return Field(name, form.name, kind="descriptive", label=text, branching=branching)


def _with_matrix(section: Section) -> Iterator[tuple[str, Question]]:
    """Each question, behind the first of those in a row with the same choices; '' where it is alone."""
    for _, together in groupby(section.questions, key=_same):
        group = list(together)
        grid = len(group) > 1 and group[0].kind in GRID_KINDS and bool(group[0].choices)
        yield from ((group[0].name if grid else "", question) for question in group)


def _same(question: Question) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What questions of one matrix share; a question with a condition of its own stands alone."""
    if question.only_if or question.expected:
        return ((question.name, ()),)
    return tuple((choice.code, tuple(choice.text.values())) for choice in question.choices)


def _kind(question: Question) -> tuple[str, str]:
    """Type and validation of a field."""
    if question.choices:
        return "radio", ""
    if question.kind == "number":
        return "text", "integer" if question.whole else "number"
    if question.kind == "date":
        return "text", "date_ymd"
    return ("descriptive" if question.kind == "note" else "text"), ""


def _limit(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


def _annotation(form: Form, question: Question) -> str:
    if question.kind == "fixed":
        return f"@HIDDEN @READONLY @DEFAULT='{question.fixed}'"
    if question.today:
        return "@TODAY"
    return "@DEFAULT='[record-name]'" if question is whose(form) else ""


def is_no_pseudonym(name: str, first: str) -> str:
    """Whether a label is none, as logic of REDCap, which has no regular expressions.

    ``find`` counts from 1 and takes small letters as capitals. It is 0 for a sign that no label has, and 1
    for an empty text.
    """
    signs = [f"mid({name}, {place}, 1)" for place in range(1, LENGTH + 1)]
    strange = " or ".join(f"find({sign}, '{SIGNS}') = 0" for sign in signs[1:])
    total = " + ".join(
        f"{weight} * (find({sign}, '{VALUES}') - 1)" for weight, sign in zip(weights(), signs, strict=True)
    )
    length = f"length({name}) <> {LENGTH}"
    return f"({length} or find({signs[0]}, '{first}') = 0 or {strange} or mod({total}, {MODULUS}) <> 1)"
