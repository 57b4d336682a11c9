"""What a section of a report can show, and the items of reporting checklists that it answers so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["words", "heading", "table", "figure", "results"]


@dataclass(frozen=True)
class Answer:
    """One thing that a report may hold, by which it is found there.

    Parameters
    ----------
    kind : {"words", "heading", "table", "figure", "results"}
        ``words`` is a passage that holds ``sought``; ``heading`` one that stands only above what it promises;
        ``table`` a table whose caption holds it; ``figure`` the
        drawn figure of that name; ``results`` a table anywhere below the heading ``sought``.
    sought : str
        What is looked for, as a reader sees it.
    items : tuple of str
        Checklist and item, ``strobe 13a``: see ``reports/checklist/lists/``.
    """

    kind: Kind
    sought: str
    items: tuple[str, ...]


def by_words(sought: str, *items: str) -> Answer:
    """A passage answers these items."""
    return Answer("words", sought, items)


def by_heading(sought: str, *items: str) -> Answer:
    """A heading answers these items, where it stands only above what it promises."""
    return Answer("heading", sought, items)


def by_table(sought: str, *items: str) -> Answer:
    """A table answers these items."""
    return Answer("table", sought, items)


def by_figure(sought: str, *items: str) -> Answer:
    """A figure answers these items where it is drawn."""
    return Answer("figure", sought, items)


def by_results(sought: str, *items: str) -> Answer:
    """Tables under a heading answer these items; the heading alone does not."""
    return Answer("results", sought, items)
