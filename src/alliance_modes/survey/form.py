"""What is asked of whom: forms as frozen values, the same for every tool that shows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from alliance_modes.cohort import Scalar
from alliance_modes.words.pseudonyms import Kind

QuestionKind = Literal[
    "note", "identifier", "text", "choice", "yes_no", "scale", "number", "date", "fixed"
]  # fmt: skip
"""``identifier`` is a pseudonym or a short code, ``text`` a few words, ``scale`` one answer on an ordered row
(items of one section with equal choices make a grid), ``fixed`` a value that nobody types."""

Text = Mapping[str, str]
"""A text by the code of its language; every language of the survey has one."""

NAME = r"[a-z][a-z0-9_]{0,25}"
"""Names of forms and questions: what every tool takes as it is (REDCap asks for at most 26 signs)."""


@dataclass(frozen=True)
class Choice:
    """One answer that can be chosen.

    Parameters
    ----------
    code : str
        A whole number as text: what a tool stores.
    text : Text
        What a person reads.
    value : Scalar, optional
        The canonical value; None where the answer says why there is none.
    missing : str
        The reason, for a choice without a value ("not known").
    """

    code: str
    text: Text
    value: Scalar | None = None
    missing: str = ""


@dataclass(frozen=True)
class Condition:
    """Something is asked only where ``question`` was answered by one of ``codes``."""

    question: str
    codes: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """One question.

    Parameters
    ----------
    name : str
        Of the form ``NAME``, once in a form.
    kind : QuestionKind
    text, hint : Text
        What is asked, and what stands below it.
    choices : tuple of Choice
        Of a choice, a yes-no question and a scale, in the order in which they are shown.
    low, high : float, optional
        Inclusive range of a number.
    whole : bool
        Whether a number must be a whole one.
    pseudonym : str
        Whose pseudonym an identifier is; '' for another short code.
    required : bool
        Whether the form cannot be sent without it. Never of an item of an inventory.
    expected : str
        The only code with which the form goes on (who fills it in); '' where any does.
    today : bool
        Whether a date starts with the day on which the form is filled in.
    only_if : Condition, optional
        Where it is asked; None: wherever its section is.
    fixed : str
        The value of a ``fixed`` question.
    """

    name: str
    kind: QuestionKind
    text: Text = field(default_factory=dict)
    hint: Text = field(default_factory=dict)
    choices: tuple[Choice, ...] = ()
    low: float | None = None
    high: float | None = None
    whole: bool = False
    pseudonym: Kind | Literal[""] = ""
    required: bool = False
    expected: str = ""
    today: bool = False
    only_if: Condition | None = None
    fixed: str = ""

    @property
    def answered(self) -> bool:
        """Whether an export has a column for it."""
        return self.kind != "note"


@dataclass(frozen=True)
class Section:
    """Questions that stand together, under a title.

    ``instructions`` stand above them; ``adds_up_to`` is what its numbers must add up to where all are
    given.
    """

    name: str
    title: Text
    questions: tuple[Question, ...]
    instructions: Text = field(default_factory=dict)
    only_if: Condition | None = None
    adds_up_to: float | None = None


@dataclass(frozen=True)
class Items:
    """The questions that are the items of one inventory, in the order of its items."""

    instrument: str
    rater: Literal["client", "practitioner", "observer"]
    questions: tuple[str, ...]


@dataclass(frozen=True)
class Feeds:
    """One canonical table that the answers to a form become: which question is which column."""

    table: str
    columns: Mapping[str, str]
    items: tuple[Items, ...] = ()


@dataclass(frozen=True)
class Form:
    """What one person fills in at one time.

    ``keeps`` are the codes that an answer must have for its form to be data at all: consent, and the rater
    for whom the form is.
    """

    name: str
    title: Text
    sections: tuple[Section, ...]
    feeds: tuple[Feeds, ...]
    keeps: tuple[Condition, ...] = ()

    def questions(self) -> Iterator[Question]:
        """Every question, in order."""
        for section in self.sections:
            yield from section.questions

    def question(self, name: str) -> Question:
        """The question called ``name``."""
        return next(one for one in self.questions() if one.name == name)

    def unread(self) -> tuple[str, ...]:
        """Names of the questions that no table takes."""
        read = {name for feeds in self.feeds for name in feeds.columns.values()}
        read |= {name for feeds in self.feeds for items in feeds.items for name in items.questions}
        return tuple(one.name for one in self.questions() if one.answered and one.name not in read)


@dataclass(frozen=True)
class Survey:
    """All forms of one study.

    ``languages`` maps codes to the names that people know, the first one shown first. ``said`` is what
    forms say of themselves (``target.told`` makes it what a slip is told). ``protocol`` is the digest of
    the study's protocol, '' where it has none. ``licensed`` says that wording is in it that belongs to
    others.
    """

    name: str
    title: str
    data_lock: date
    languages: Mapping[str, str]
    forms: tuple[Form, ...]
    said: Mapping[str, Text]
    protocol: str = ""
    licensed: bool = False

    @property
    def first(self) -> str:
        """The code of the language that is shown first."""
        return next(iter(self.languages))
