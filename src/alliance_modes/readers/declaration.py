"""How a format declares itself: what ``cohort.yaml`` may say of it, how a draft knows it, who reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from alliance_modes.readers.raw_table import RawTable
from alliance_modes.readers.source import RawSource

Option = Literal[
    "sheet", "repeat_instrument", "event", "delimiter", "responses", "header_row", "leave_out_rows",
    "hidden_rows", "second_entry",
]  # fmt: skip
"""A key of a source that only some formats take."""

Read = Callable[[RawSource, Path, str, frozenset[str]], RawTable]
Mark = Callable[[Path, str, Sequence[str]], str]
"""From a file, its name and its header: what shows that it is of the format, or ''."""

PartSetting = str | tuple[str, ...]
"""What a source says to read one part of a file: a sheet, a repeating instrument, events."""

ValueLabels = Mapping[str, Mapping[object, object]]
PARENT = "parent:"
"""Before the name of a raw column: it stands on the sheet above the repeat sheet that is read."""


@dataclass(frozen=True)
class Parts:
    """The parts of a file that can each be a source of its own.

    Parameters
    ----------
    find : callable
        From a file and its name: the settings of each part, none where the file is one part.
    why : str
        What the parts are recognised by.
    any_table : bool
        Whether a part may also be no table (a sheet of notes), which is then passed over.
    """

    find: Callable[[Path, str], Sequence[Mapping[str, PartSetting]]]
    why: str
    any_table: bool = False


def _nothing_above(source: RawSource, path: Path, file: str) -> tuple[str, ...]:
    return ()


def _no_labels(path: Path) -> ValueLabels:
    return {}


def _no_texts(path: Path) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Format:
    """One export format.

    Parameters
    ----------
    name : str
        What ``format`` of a source says.
    read : callable
        Reads one file; see ``readers.read``.
    suffixes : tuple of str
        Endings of files that are of this format if no mark says that they are of another.
    why : str
        What a draft says where the suffix alone decides; ``{suffix}`` is the ending.
    marks : mapping of str to callable
        How the format is recognised inside a file whose suffix is that of another: by the name of
        that other format.
    options : tuple of str
        Which of the keys that only some formats take it takes.
    decimal_comma : bool
        Whether a draft looks for numbers with a decimal comma.
    parents : bool
        Whether ``parent:`` names columns of the sheet above the one that is read.
    names_above : callable
        From a source, a file and its name: the columns of the sheets above, each as ``parent:`` names it.
    unfinished : mapping of str to frozenset of str
        Columns by which the tool says that a response is unfinished, a preview or a test, and the cells
        that say so (lower case; '' is an empty cell).
    parts : Parts, optional
        What divides a file into several sources.
    value_labels : callable
        What a file says its codes mean, by column.
    column_texts : callable
        The question behind each column, or its label, by column; none where the file has only names.
    answers_apart : bool
        Whether ``question/option`` names one answer of a column that holds several of them.
    """

    name: str
    read: Read
    suffixes: tuple[str, ...] = ()
    why: str = "by its suffix {suffix}"
    marks: Mapping[str, Mark] = field(default_factory=lambda: MappingProxyType({}))
    options: tuple[Option, ...] = ()
    decimal_comma: bool = False
    parents: bool = False
    names_above: Callable[[RawSource, Path, str], tuple[str, ...]] = _nothing_above
    unfinished: Mapping[str, frozenset[str]] = field(default_factory=lambda: MappingProxyType({}))
    parts: Parts | None = None
    value_labels: Callable[[Path], ValueLabels] = _no_labels
    column_texts: Callable[[Path], Mapping[str, str]] = _no_texts
    answers_apart: bool = False

    @property
    def has_labels(self) -> bool:
        """Whether files of the format can say what their codes mean."""
        return self.value_labels is not _no_labels


def has_columns(why: str, *needed: str) -> Mark:
    """The mark of a format whose own columns stand in the header, all of ``needed``."""

    def mark(path: Path, file: str, header: Sequence[str]) -> str:
        return why if all(column in header for column in needed) else ""

    return mark
