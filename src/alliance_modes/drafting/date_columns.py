"""What the draft says of a column of dates, and what it asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from alliance_modes.cohort import REAL_VALUE
from alliance_modes.drafting.date_cells import Dates
from alliance_modes.drafting.decisions import Asked, ColumnDraft, Key, Scalar
from alliance_modes.ground.yaml_models import OPEN

REASONS = ("not recorded", "not applicable", "not known")
MOST_ASKED, LONGEST_ASKED = 12, 40
"""Cells that are no date and are asked about one by one, and their length; ``check`` refuses the others."""


def with_dates(
    dates: Dates,
    draft: ColumnDraft,
    place: str,
    others: Mapping[str, str],
    questions: list[str],
    shown_as: str = "",
) -> ColumnDraft:
    """``draft`` with its date formats; what has to be decided is open and goes to ``questions``.

    Parameters
    ----------
    dates : Dates
        What its cells are.
    draft : ColumnDraft
        Its mapping so far.
    place : str
        File and column for the question.
    others : mapping of str to str
        Files of the same columns whose own cells decide the order of day and month, and which.
    questions : list of str
        Questions so far.
    shown_as : str
        In which order the form shows days, by the code book; an export may write them otherwise.
    """
    asked: dict[Key, Asked] = {}
    settings: dict[str, Scalar] = dict(draft.settings)
    labels: dict[str, Scalar] = dict(draft.labels)
    missing = dict(draft.missing)
    if dates.choices:
        settings["date_formats"] = OPEN
        asked[("date_formats",)] = Asked(_which(dates, place, others, shown_as), dates.choices)
    if dates.zone:
        settings["time_zone"] = OPEN
        question = f"{place}: {dates.zone}. Which zone's day is meant? UTC is the day as written"
        asked[("time_zone",)] = Asked(f"{question}; others are called like Europe/London, America/New_York")
    for text, times in _first(dates.parts):
        labels[text] = OPEN
        question = (
            f'{place}: "{text}" ({times} cells) has no day. Which day is it, as year-month-day? (If none '
        )
        asked["labels", text] = Asked(f"{question}can be said, put it under missing with its reason)")
    for text, times in _first(dates.strays):
        missing[text] = OPEN
        question = (
            f'{place}: "{text}" ({times} cells) is not a date. Why is the date missing there? (If it is one '
            "after all, write the day under labels instead)"
        )
        asked["missing", text] = Asked(question, REASONS)
    for text, times in _first(dates.filled_in):
        missing[text] = OPEN
        question = f'{place}: "{text}" ({times} cells) is a day that programs write where they have none'
        asked["missing", text] = Asked(
            f"{question}. Why is the date missing there, if it is", (*REASONS, REAL_VALUE)
        )
    questions += [entry.text for entry in asked.values()]
    why = "; ".join(part for part in (draft.why, dates.note) if part)
    sure = "guess" if asked else "likely" if dates.note and draft.sure == "sure" else draft.sure
    return replace(
        draft,
        date_formats=dates.formats,
        settings=settings,
        labels=labels,
        missing=missing,
        asked={**draft.asked, **asked},
        why=why,
        sure=sure,
    )


def _first(cells: Mapping[str, int]) -> Iterable[tuple[str, int]]:
    """The most frequent of some cells, as many as are asked about."""
    short = ((text, times) for text, times in cells.items() if len(text) <= LONGEST_ASKED)
    return sorted(short, key=lambda cell: (-cell[1], cell[0]))[:MOST_ASKED]


def _which(dates: Dates, place: str, others: Mapping[str, str], shown_as: str) -> str:
    beside = "".join(f". {file} is {order}; this file may be otherwise" for file, order in others.items())
    beside += f". The form shows the {shown_as}, by the code book" if shown_as else ""
    return f"{place}: which days are these? {dates.evidence}{beside}"
