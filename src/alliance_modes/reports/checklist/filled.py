"""Each item of the checklists, and where the reports of a cohort answer it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from alliance_modes.dictionary.checklist import TABLES
from alliance_modes.reports.answering import Answer
from alliance_modes.reports.checklist.items import Checklist, Item, checklists
from alliance_modes.reports.checklist.rendered import Held, Rendered
from alliance_modes.reports.programme.report import SECTIONS as PROGRAMME
from alliance_modes.reports.research.report import SECTIONS as RESEARCH

if TYPE_CHECKING:
    import pandas as pd

Status = Literal["answered", "in part", "not here", "does not apply"]
REPORTS = ("research.html", "report.html")
"""The reports that are looked through, the research report first."""

NAMES: Mapping[str, str] = {"research.html": "", "report.html": "Programme report: "}
"""What stands before a place, by report."""


HARD_SPACE = "\u00a0"


@dataclass(frozen=True)
class Place:
    """Where an item is answered: the report, what a reader looks for there, and the id in its page."""

    file: str
    said: str
    id: str


@dataclass(frozen=True)
class Filled:
    """One item with its places, how far they answer it, and what is left to write."""

    item: Item
    status: Status
    places: tuple[Place, ...]
    to_write: str


def declared() -> Mapping[str, tuple[Answer, ...]]:
    """What the sections of each report say that they answer, in their order, by report."""
    return {
        "research.html": tuple(one for section in RESEARCH for one in section.answers),
        "report.html": tuple(one for section in PROGRAMME for one in section.answers),
    }


def filled(reports: Iterable[Rendered]) -> dict[str, tuple[Filled, ...]]:
    """The checklists, each item with what these reports hold of it.

    Parameters
    ----------
    reports : iterable of Rendered
        The research report and the programme report, as they were made.

    Returns
    -------
    dict
        By checklist, its items in their order. An answer that a section declares counts only where the
        report holds what it names: a passage, a table, a drawn figure.
    """
    places = _places(reports)
    return {
        name: tuple(_filled(item, places.get(f"{name} {item.item}", ())) for item in each.items)
        for name, each in checklists().items()
    }


def _places(reports: Iterable[Rendered]) -> dict[str, tuple[Place, ...]]:
    """By checklist and item, each place once, in the order of the reports."""
    found: dict[str, dict[Place, None]] = {}
    for report in sorted(reports, key=lambda one: REPORTS.index(one.file)):
        for answer in declared()[report.file]:
            held = report.find(answer)
            if held is None:
                continue
            for item in answer.items:
                found.setdefault(item, {})[_place(held, report.file)] = None
    return {item: tuple(each) for item, each in found.items()}


def _place(held: Held, file: str) -> Place:
    said = f"{held.number}, {held.section}" if held.number else held.section
    page = "" if held.page is None else f", p.{HARD_SPACE}{held.page}"
    return Place(file, f"{NAMES[file]}{said}{page}", held.id)


def _filled(item: Item, places: tuple[Place, ...]) -> Filled:
    if places:
        return Filled(item, "in part" if item.more else "answered", places, item.more)
    if item.unneeded:
        return Filled(item, "does not apply", (), "")
    return Filled(item, "not here", (), item.write)


def checklist_table(found: Mapping[str, tuple[Filled, ...]]) -> pd.DataFrame:
    """``checklist.csv``: one row per checklist and item."""
    return TABLES["checklist"].from_rows(_rows(found))


def _rows(found: Mapping[str, tuple[Filled, ...]]) -> Iterator[dict[str, object]]:
    for name, items in found.items():
        for one in items:
            yield {
                "checklist": name,
                "item": one.item.item,
                "part": one.item.part,
                "topic": one.item.topic,
                "status": one.status.replace(" ", "_"),
                "where": "; ".join(place.said for place in one.places),
                "link": "; ".join(f"{place.file}#{place.id}" for place in one.places),
                "to_write": one.to_write,
            }


def summary(checklist: Checklist, items: Iterable[Filled]) -> str:
    """How many items are answered, in part, not here, and do not apply, in a sentence."""
    every = list(items)
    of = {
        status: sum(one.status == status for one in every) for status in ("answered", "in part", "not here")
    }
    beside = len(every) - sum(of.values())
    unneeded = f", {beside} {'does' if beside == 1 else 'do'} not apply" if beside else ""
    return (
        f"Of the {len(every)} items {of['answered']} are answered, {of['in part']} in part, "
        f"{of['not here']} {'is' if of['not here'] == 1 else 'are'} yours to write{unneeded}."
    )
