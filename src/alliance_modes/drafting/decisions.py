"""What a draft consists of: entries, each with how sure it is and why, and questions to a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from alliance_modes.ground.yaml_models import OPEN

Sure = Literal["sure", "likely", "guess"]
Scalar = str | int | float | bool
Key = tuple[str, ...]
"""Keys below an entry: ``("empty",)``, ``("labels", "1")``."""

LOOKED_UP = "looked_up"
"""Key that confirms what the export does not say: what codes mean, or which column is which."""


@dataclass(frozen=True)
class Asked:
    """One answer that a person has to give: the value at its key is ``OPEN`` until then.

    Parameters
    ----------
    question : str
        What is asked, with the evidence in counts.
    choices : tuple of str
        Answers that can be given, as they are written in ``cohort.yaml``; none where any can.
    """

    question: str
    choices: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The question in one line, the choices after ``one of:``."""
        question = " ".join(self.question.split()).replace(f'"{OPEN}"', OPEN)
        return f"{question.rstrip('?.')}; one of: {', '.join(self.choices)}" if self.choices else question


@dataclass(frozen=True)
class ColumnDraft:
    """One canonical column; ``left_out`` where the person has to decide before it can be read.

    ``settings`` are further keys with one value (``empty``); ``asked`` says by key what an open value asks.
    ``parts`` are the raw columns that make up an id together. ``contrary``: the raw column is called after
    the opposite.
    """

    raw: str | None
    why: str
    sure: Sure = "sure"
    constant: Scalar | None = None
    labels: Mapping[str, Scalar] = field(default_factory=dict)
    date_formats: tuple[str, ...] = ()
    left_out: bool = False
    missing: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Scalar] = field(default_factory=dict)
    asked: Mapping[Key, Asked] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    contrary: bool = False


def put(draft: ColumnDraft, asked: Mapping[Key, Asked], questions: list[str]) -> ColumnDraft:
    """``draft`` with open answers, whose questions are added to ``questions``; then it is a guess."""
    if not asked:
        return draft
    questions += [question.text for question in asked.values() if question.text not in questions]
    return replace(draft, asked={**draft.asked, **asked}, sure="guess")


@dataclass(frozen=True)
class InventoryDraft:
    """One block of items; ``settings`` and ``asked`` as of a column.

    ``occasion`` is what the names of its columns say of when it was filled in.
    """

    instrument: str
    rater: str | None
    columns: tuple[str, ...]
    why: str
    sure: Sure = "sure"
    labels: Mapping[str, Scalar] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Scalar] = field(default_factory=dict)
    asked: Mapping[Key, Asked] = field(default_factory=dict)
    occasion: str = ""


@dataclass(frozen=True)
class ShapeLine:
    """One line of the shape of a source: its text, and the question or the comment behind it."""

    text: str
    asked: Asked | None = None
    why: str = ""


@dataclass(frozen=True)
class SourceDraft:
    """One source of one table; ``further`` files have the form of ``file`` and are read after it.

    ``shape`` are the lines of further keys that have keys of their own (``drafting.shapes``), ``key`` is
    which part of which file it reads, as ``RawFile.key``, ``note`` a comment of its own line.
    """

    table: str
    file: str
    format: str
    why: str
    settings: Mapping[str, str]
    columns: Mapping[str, ColumnDraft]
    inventories: tuple[InventoryDraft, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    drop: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    further: tuple[str, ...] = ()
    shape: tuple[ShapeLine, ...] = ()
    key: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Draft:
    """A proposed ``cohort.yaml``; ``left_out`` are files, or columns of one, that no source reads."""

    cohort: str
    data_lock: str
    sources: tuple[SourceDraft, ...]
    questions: tuple[str, ...]
    data_folder: str | None = None
    left_out: Mapping[str, Asked] = field(default_factory=dict)
