"""What a code book says of the columns of an export, whichever tool wrote it."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from alliance_modes.readers.declaration import PARENT
from alliance_modes.readers.raw_table import tidy_text

TAG = re.compile(r"</?[A-Za-z][^>]*>")
BREAK = re.compile(r"</?(?:br|p|div|li|ul|ol|td|tr|table|h[1-6])\b[^>]*>", re.IGNORECASE)
GROUP = "/"
SHOWN_DIGITS = 12
TICKED: Mapping[str, str] = {"1": "Checked", "0": "Unchecked"}
"""What the cells of one box of a question with several answers say."""


@dataclass(frozen=True)
class CodedField:
    """One column as its code book describes it.

    Parameters
    ----------
    name : str
        Name of the column in the export.
    labels : mapping of str to str
        Every code that the form offers, with its label; none where an answer is typed.
    text : str
        The question, to recognise the column by; it belongs to its owner and is written nowhere.
    low, high : float, optional
        The least and the greatest number that the form takes.
    day_order : str
        How the form shows dates ("day first"), '' where it does not say.
    identifies : bool
        Whether the code book marks the column as identifying somebody.
    free_text : bool
        Whether the answer is a text of several lines.
    box : str
        Of one box of a question with several answers: the label of the box.
    also : mapping of str to str
        Other words in which an export can say an answer, such as labels in another language, with the label.
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    low: float | None = None
    high: float | None = None
    day_order: str = ""
    identifies: bool = False
    free_text: bool = False
    box: str = ""
    also: Mapping[str, str] = field(default_factory=dict)

    def knows(self, cell: str) -> bool:
        """Whether a cell is one of the codes, or one of their labels; anything where there are none."""
        said = usual_label(cell)
        return (
            not self.labels
            or cell in self.labels
            or any(said == usual_label(label) for label in (*self.labels.values(), *self.also))
        )

    def outside(self, number: float) -> bool:
        """Whether the form would not take a number."""
        below = self.low is not None and number < self.low
        return below or (self.high is not None and number > self.high)

    @property
    def limits(self) -> str:
        """The numbers that the form takes, in words; '' where it takes any."""
        if self.low is None and self.high is None:
            return ""
        if self.low is None or self.high is None:
            return f"{self.low:g} or more" if self.low is not None else f"{self.high:g} or less"
        return f"{self.low:g} to {self.high:g}"


@dataclass(frozen=True)
class CodeBook:
    """A code book.

    Parameters
    ----------
    file : str
        Its name.
    kind : str
        What it is, in words.
    fields : mapping of str to CodedField
        By every name that an export can give a column.
    heads : mapping of str to CodedField
        By the text of the question, where that can be the header.
    """

    file: str
    kind: str
    fields: Mapping[str, CodedField]
    heads: Mapping[str, CodedField] = field(default_factory=dict)

    def of(self, column: str) -> CodedField | None:
        """What it says of a column of an export; groups before its name do not count."""
        bare = column.replace(PARENT, "")
        found = self.fields.get(bare) or self.heads.get(bare)
        if found is None and GROUP in bare:
            short = bare.split(GROUP)
            found = self.fields.get(GROUP.join(short[-2:])) or self.fields.get(short[-1])
        return found

    def known(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Those of some columns that it describes."""
        return tuple(column for column in columns if self.of(column) is not None)

    @cached_property
    def digest(self) -> str:
        """The first digits of a SHA-256 over all that it says but the questions' texts."""
        said = {
            name: [dict(one.labels), one.low, one.high, one.day_order, one.identifies, one.box]
            for name, one in sorted(self.fields.items())
        }
        written = json.dumps(said, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(written.encode()).hexdigest()[:SHOWN_DIGITS]


def book_of(file: str, kind: str, described: Iterable[CodedField]) -> CodeBook:
    """A code book of fields; where the text of a question stands once, it names the column as well.

    An export with labels as headers has those texts in place of the names; REDCap's names a box after both.
    """
    fields = {one.name: one for one in described}
    texts: dict[str, list[CodedField]] = {}
    for one in fields.values():
        texts.setdefault(f"{one.text} (choice={one.box})" if one.box else one.text, []).append(one)
    heads = {text: same[0] for text, same in texts.items() if text and len(same) == 1}
    return CodeBook(file, kind, fields, heads)


def plain_text(said: str) -> str:
    """A label or a question as a reader of the form sees it: without HTML, in one line."""
    return tidy_text(" ".join(html.unescape(TAG.sub("", BREAK.sub(" ", said))).split()))


def usual_label(label: str) -> str:
    """A label as it is compared: in small letters, one space between words."""
    return " ".join(label.lower().split())


def number_or_none(text: str) -> float | None:
    """The number that a cell of a code book is, None where it is none (a formula, a date)."""
    try:
        return float(text)
    except ValueError:
        return None
