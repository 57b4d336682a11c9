"""What the cells of one raw column are like: dates, numbers, words, missing codes, personal content."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from alliance_modes.drafting.date_cells import Dates, dates_of, is_date
from alliance_modes.drafting.stated import Stated, stated_labels
from alliance_modes.ingest.readings import NUMBER, code_text
from alliance_modes.readers import RawColumn
from alliance_modes.readers.codebooks.book import CodedField
from alliance_modes.readers.raw_table import Cell, cell_text
from alliance_modes.words.vocabulary import has_words, plain, usual_signs, vocabulary

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
PHONE = re.compile(r"\+?[0-9][0-9 ()/-]{7,}[0-9]")
DATE_LIKE = re.compile(
    r"(?:[0-9]{4}[-/. ][0-9]{1,2}[-/. ][0-9]{1,2}|[0-9]{1,2}[-/. ][0-9]{1,2}[-/. ][0-9]{4})(?:[ T].*)?"
)
"""Three numbers that are no phone number, though no year of the column may be one of a programme."""

IP = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
BY_NAME = "named like a direct identifier"
NAMED_THINGS = (
    "programme",
    "program",
    "site",
    "group",
    "course",
    "prison",
    "office",
    "event",
    "table",
    "form",
    "file",
    "sheet",
)
"""What may have a name without being a person."""

MOSTLY = 0.9
QUESTION_WORDS = 5
"""Words of a header from which it is a question; with few answers, its words name no identifier."""

LONG_TEXT = 25
"""Mean number of characters from which a column of different texts is taken for free text."""


@dataclass(frozen=True)
class Facts:
    """What is known of one raw column.

    Parameters
    ----------
    name : str
        The raw column's name.
    counts : mapping of str to int
        Cells by text, blank and missing ones left out.
    rows : int
        All rows, blank ones included.
    missing : mapping of str to str
        Codes found in the column that are no answer, with the reason.
    kind : {'date', 'number', 'text', 'empty'}
        What nearly all cells are; most cells of a column of dates are dates (``dates.strays`` are not).
    dates : Dates
        How its dates are read (a spreadsheet's own need no format); of numbers, what days they can be.
    numbers : tuple of float
        The distinct numbers.
    words : tuple of str
        The distinct cells that are not numbers, the most frequent first.
    personal : str
        Why the column seems to say who somebody is, or ''.
    value_labels : mapping of str to str
        What the file itself or its code book says the codes mean.
    labelled_missing : mapping of str to str
        Codes whose label is a word for no answer (99 "Unknown"), with the label.
    blank : int
        Cells that hold nothing.
    coded : CodedField, optional
        What the code book says of the column.
    contradicted : mapping of str to str
        Codes whose label in the file is another than in the code book, with that of the code book.
    said : str
        The question behind the column, or its label, in the file itself; '' where it has only a name.
    """

    name: str
    counts: Mapping[str, int]
    rows: int
    missing: Mapping[str, str]
    kind: str
    dates: Dates = field(default_factory=Dates)
    numbers: tuple[float, ...] = ()
    words: tuple[str, ...] = ()
    personal: str = ""
    value_labels: Mapping[str, str] = field(default_factory=dict)
    labelled_missing: Mapping[str, str] = field(default_factory=dict)
    blank: int = 0
    coded: CodedField | None = None
    contradicted: Mapping[str, str] = field(default_factory=dict)
    said: str = ""

    @property
    def text(self) -> str:
        """The question behind the column as its code book has it, else as the file does, else its name."""
        by_book = "" if self.coded is None else self.coded.box or self.coded.text
        return by_book or self.said or self.name

    @property
    def answered(self) -> int:
        """Cells that hold something."""
        return sum(self.counts.values())

    @property
    def unique(self) -> float:
        """Distinct cells per cell that holds something."""
        return len(self.counts) / self.answered if self.answered else 0.0

    @property
    def whole(self) -> bool:
        """Whether every number is whole."""
        return all(number.is_integer() for number in self.numbers)

    @property
    def not_kept(self) -> str:
        """Why the column is to be dropped where nothing maps it, by its cells or its code book; or ''."""
        if self.coded is not None and not self.personal:
            marked = "marked in the code book as identifying" if self.coded.identifies else ""
            return marked or ("free text by the code book" if self.coded.free_text else "")
        return self.personal

    def strange(self, text: str) -> bool:
        """Whether the code book lists the answers of the column, and a cell is none of them."""
        return self.coded is not None and not self.coded.knows(text)


def column_facts(
    name: str,
    column: RawColumn,
    decimal: str,
    value_labels: Mapping[str, str],
    coded: CodedField | None = None,
    said: str = "",
) -> Facts:
    """Look at every cell of one column.

    Parameters
    ----------
    name : str
        The raw column's name.
    column : RawColumn
        Its cells.
    decimal : {'.', ','}
        Decimal sign of the file.
    value_labels : mapping of str to str
        Labels that the file declares for codes.
    coded : CodedField, optional
        What its code book says of it. Its labels count like those of the file.
    said : str
        The question behind it, or its label, in the file itself.
    """
    stated = stated_labels(value_labels, coded)
    places = np.bincount(column.codes, minlength=len(column.values))
    counts: dict[str, int] = {}
    for value, times in zip(column.values, places, strict=True):
        if value is not None and cell_text(value) != "":
            text = code_text(cell_text(value))
            counts[text] = counts.get(text, 0) + int(times)
    missing = {code_text(cell_text(value)): reason for value, reason in column.user_missing.items()}
    missing |= {
        code: reason
        for code, reason in missing_codes(counts, decimal).items()
        if code not in missing and not _is_answer(code, counts, stated)
    }
    labelled = {
        code: label.strip().lower()
        for code, label in stated.labels.items()
        if code in counts
        and (usual_signs(label) in vocabulary().missing or missing.get(code) == "")
        and not missing.get(code)
    }
    missing = {code: reason for code, reason in missing.items() if code not in labelled}
    answers = {text: n for text, n in counts.items() if text not in missing and text not in labelled}
    own_dates = tuple(value for value in column.values if isinstance(value, date))
    facts = _facts(name, answers, len(column.codes), missing, decimal, stated.labels, own_dates)
    return replace(
        facts,
        labelled_missing=labelled,
        blank=len(column.codes) - sum(counts.values()),
        coded=coded,
        contradicted=stated.contradicted,
        said=said,
    )


def _is_answer(code: str, counts: Mapping[str, int], stated: Stated) -> bool:
    """Whether a label says that a code such as -1 is an answer: all have labels, and its own is no reason."""
    label = stated.labels.get(code, "")
    others = [text for text in counts if text != code and text not in stated.labels]
    return bool(label) and not others and usual_signs(label) not in vocabulary().missing


def _facts(
    name: str,
    counts: dict[str, int],
    rows: int,
    missing: Mapping[str, str],
    decimal: str,
    value_labels: Mapping[str, str],
    own_dates: Sequence[Cell],
) -> Facts:
    numeric = {text: number for text in counts if (number := number_of(text, decimal)) is not None}
    words = sorted((text for text in counts if text not in numeric), key=lambda text: -counts[text])
    answered = sum(counts.values())
    dates = dates_of(counts, own_dates)
    if not answered:
        kind = "empty"
    elif dates is not None and not dates.counted:
        kind = "date"
    else:
        kind = "number" if sum(counts[text] for text in numeric) >= answered / 2 else "text"
    numbers = tuple(sorted(set(numeric.values())))
    personal = personal_content(name, counts, kind)
    return Facts(
        name, counts, rows, missing, kind, dates or Dates(), numbers, tuple(words), personal, value_labels
    )


def number_of(text: str, decimal: str = ".") -> float | None:
    """The number that ``text`` is, or None."""
    shown = text.replace(",", ".") if decimal == "," and "." not in text else text
    return float(shown) if NUMBER.fullmatch(shown) else None


def missing_codes(counts: Mapping[str, int], decimal: str) -> dict[str, str]:
    """Codes among the cells that are no answer, with what they seem to say.

    A word counts by the vocabulary; a number such as -99 where no other negative number but such
    codes stands in the column. Reasons of numbers are left blank: the context decides.
    """
    words = vocabulary()
    found = {text: words.missing[said] for text in counts if (said := usual_signs(text)) in words.missing}
    negative = {text for text in counts if (number := number_of(text, decimal)) is not None and number < 0}
    if all(number_of(text, decimal) in words.missing_numbers for text in negative):
        found |= dict.fromkeys(sorted(negative), "")
    return found


def personal_content(name: str, counts: Mapping[str, int], kind: str) -> str:
    """Why a column seems to say who somebody is: its name, or what its cells look like."""
    words = vocabulary()
    answered = sum(counts.values())
    if len(plain(name).split()) >= QUESTION_WORDS and len(counts) * 3 <= answered and len(counts) <= 11:
        return ""
    named = next((word for word in words.personal if has_words(name, word)), "")
    if named == "name" and any(has_words(name, thing) for thing in NAMED_THINGS):
        named = ""
    if named:
        return f"{BY_NAME} ({named})"
    if any(has_words(name, word) for word in words.free_text) and kind != "number":
        return "free text by its name"
    if not answered:
        return ""
    for pattern, what in ((EMAIL, "e-mail addresses"), (IP, "IP addresses"), (PHONE, "phone numbers")):
        such = (text for text in counts if pattern.fullmatch(text) and not _dated(text))
        if kind == "text" and _share(counts, such) >= MOSTLY / 3:
            return f"holds {what}"
    length = sum(len(text) * times for text, times in counts.items()) / answered
    spaced = _share(counts, (text for text in counts if text.count(" ") >= 3))
    if kind == "text" and length > LONG_TEXT and spaced > 0.5 and len(counts) > max(10, answered / 4):
        return "holds free text"
    return ""


def _dated(text: str) -> bool:
    return bool(DATE_LIKE.fullmatch(text)) or is_date(text)


def _share(counts: Mapping[str, int], texts: Iterable[str]) -> float:
    return sum(counts[text] for text in texts) / sum(counts.values())
