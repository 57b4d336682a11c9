"""What a draft consists of: entries, each with how sure it is and why, and questions to a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Sure = Literal["sure", "likely", "guess"]
Scalar = str | int | float | bool


@dataclass(frozen=True)
class ColumnDraft:
    """One canonical column; ``left_out`` where the person has to decide before it can be read."""

    raw: str | None
    why: str
    sure: Sure = "sure"
    constant: Scalar | None = None
    labels: Mapping[str, Scalar] = field(default_factory=dict)
    date_formats: tuple[str, ...] = ()
    left_out: bool = False


@dataclass(frozen=True)
class InventoryDraft:
    """One block of items."""

    instrument: str
    rater: str | None
    columns: tuple[str, ...]
    why: str
    sure: Sure = "sure"
    labels: Mapping[str, Scalar] = field(default_factory=dict)
    unordered: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceDraft:
    """One source of one table; ``further`` files have the form of ``file`` and are read after it."""

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

    @property
    def key(self) -> tuple[str, ...]:
        """Which part of which file it reads, as ``RawFile.key``."""
        return self.file, self.settings.get("sheet", ""), self.settings.get("repeat_instrument", "")


@dataclass(frozen=True)
class Draft:
    """A proposed ``cohort.yaml``."""

    cohort: str
    data_lock: str
    sources: tuple[SourceDraft, ...]
    questions: tuple[str, ...]
    data_folder: str | None = None
