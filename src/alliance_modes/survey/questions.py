"""The questions that the forms share, and those of canonical columns, in every language of the survey."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from alliance_modes.dictionary.canonical import CanonicalColumn, dictionary
from alliance_modes.domain import RATERS, Rater
from alliance_modes.survey.form import Choice, Condition, Question, QuestionKind, Section, Text
from alliance_modes.survey.languages import Language
from alliance_modes.survey.layout import AskedAs, asked_as, layout

CONSENT, RATER = "consent", "rater"
YES, NOT_KNOWN = "1", "98"


@dataclass(frozen=True)
class Words:
    """The words of all languages of a survey at once."""

    languages: Mapping[str, Language]

    def text(self, said: Callable[[Language], str]) -> Text:
        """What ``said`` takes from each language."""
        return {code: said(language) for code, language in self.languages.items()}

    def choices(self, name: str) -> dict[str, Text]:
        """The choices called ``name``: key and text, in the order of the first language."""
        first = next(iter(self.languages.values()))
        return {key: self.text(lambda one, key=key: one.choices[name][key]) for key in first.choices[name]}  # type: ignore[misc]

    def said(self) -> dict[str, Text]:
        """What forms say of themselves."""
        first = next(iter(self.languages.values()))
        return {key: self.text(lambda one, key=key: one.said[key]) for key in first.said}  # type: ignore[misc]


def column_question(words: Words, table: str, column: str) -> Question:
    """The question whose answer is a canonical column.

    Parameters
    ----------
    words : Words
    table, column : str
        As the dictionary has them; ``forms.yaml`` says what it is asked as.
    """
    declared, how = dictionary().table(table).columns[column], asked_as(column)
    question = Question(
        column,
        _kind(declared, how),
        words.text(lambda language: language.questions[column].text),
        words.text(lambda language: language.questions[column].hint),
        _choices(words, column, declared, how),
        pseudonym=how.pseudonym or "",
        required=how.required,
        today=how.today,
        only_if=_only_if(table, how),
    )
    if question.kind != "number":
        return question
    return replace(question, low=declared.low, high=declared.high, whole=declared.type == "integer")


def _kind(declared: CanonicalColumn, how: AskedAs) -> QuestionKind:
    if how.choices:
        return "scale"
    if how.code or declared.type == "identifier":
        return "identifier"
    kinds: dict[str, QuestionKind] = {
        "boolean": "yes_no",
        "category": "choice",
        "date": "date",
        "label": "text",
        "integer": "number",
        "number": "number",
    }
    return kinds[declared.type]


def _choices(words: Words, column: str, declared: CanonicalColumn, how: AskedAs) -> tuple[Choice, ...]:
    if how.choices:
        return tuple(Choice(code, text, int(code)) for code, text in words.choices(how.choices).items())
    if declared.type not in ("boolean", "category"):
        return ()
    choices = _yes_no(words) if declared.type == "boolean" else _category(words, column, declared)
    not_known = Choice(NOT_KNOWN, words.choices("not_known")[NOT_KNOWN], missing="not known")
    return choices if how.seen else (*choices, not_known)


def _yes_no(words: Words) -> tuple[Choice, ...]:
    return tuple(Choice(code, text, code == YES) for code, text in words.choices("yes_no").items())


def _category(words: Words, column: str, declared: CanonicalColumn) -> tuple[Choice, ...]:
    texts = words.choices(column)
    return tuple(Choice(str(code), texts[value], value) for code, value in enumerate(declared.values, 1))


def _only_if(table: str, how: AskedAs) -> Condition | None:
    for column, values in how.only_if.items():
        listed = dictionary().table(table).columns[column].values
        return Condition(column, tuple(str(listed.index(value) + 1) for value in values))
    return None


def consent(words: Words, own: bool) -> Question:
    """Whether the answers may be used: of the person who answers, or of the one whom a record is about."""
    name = "consent_own" if own else "consent_other"
    return Question(
        CONSENT,
        "yes_no",
        words.text(lambda language: language.questions[name].text),
        words.text(lambda language: language.questions[name].hint),
        _yes_no(words),
        required=True,
    )


def rater_question(words: Words, rater: Rater) -> Question:
    """Who fills in the form; the form goes on for ``rater`` alone."""
    texts = words.choices(RATER)
    choices = tuple(Choice(str(code), texts[who], who) for code, who in enumerate(RATERS, 1))
    expected = str(RATERS.index(rater) + 1)
    text = words.text(lambda language: language.questions[RATER].text)
    return Question(RATER, "choice", text, choices=choices, required=True, expected=expected)


def section(words: Words, name: str, questions: Sequence[Question]) -> Section:
    """Questions that are asked where consent is given."""
    title = words.text(lambda language: language.sections[name])
    total = layout().adds_up_to.get(name)
    return Section(name, title, tuple(questions), only_if=Condition(CONSENT, (YES,)), adds_up_to=total)
