"""Dates by declared formats only: never guessed, and refused where two formats disagree."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from alliance_modes.ground.errors import shown
from alliance_modes.ingest.reading import Reading, refused
from alliance_modes.readers.raw_table import Cell, cell_text
from alliance_modes.words.date_forms import (
    COUNTS,
    DAY_FIRST_SWAPPED,
    PARTS,
    formats_of,
    moment,
    part_of,
)

FIRST_YEAR = 1900
FURTHER_FORMAT = "date format"
SWAPPED = "day and month swapped"
LOCAL_DAY = "day in the time zone"
TWELVE = 12


def date_reading(cell: Cell, formats: Sequence[str], zone: str = "") -> Reading:
    """Read a day (the time of day, if any, is left off).

    Parameters
    ----------
    cell : Cell
        A date or date and time (Excel, SPSS), which is taken as it is; or text, or a number.
    formats : sequence of str
        ``strptime`` formats or names of ``date_forms.NAMED`` in order of preference.
    zone : str
        Time zone whose day is meant where the text has a zone; '' for the day as it is written.

    Returns
    -------
    Reading
        A ``datetime`` at midnight; with a rule where another than the first format fits, or the
        day is not the one written. A problem where no format fits, or two fit with different days.
    """
    if isinstance(cell, date):
        day = datetime(cell.year, cell.month, cell.day)
        return _swapped(day) if DAY_FIRST_SWAPPED in formats else _in_time(day)
    text = cell_text(cell)
    fits = [(place, at) for place, form in enumerate(formats) if (at := moment(text, form)) is not None]
    days = {_day(at) for _, at in fits}
    if not days:
        return refused(
            f'"{shown(text)}" is not a date in the declared format ({_listed(formats)})', _hint(text)
        )
    if len(days) > 1:
        named = ", ".join(f"{at:%Y-%m-%d} as {formats[place]}" for place, at in fits)
        message = f'"{shown(text)}" is a different day in each of the declared formats ({named})'
        return refused(
            message, "Only the right format can stay: declare it for this column, or split the files."
        )
    place, at = fits[0]
    if formats[place] == DAY_FIRST_SWAPPED and _year_first(text):
        return _swapped(_day(at))
    local = _local(at, zone)
    rule = LOCAL_DAY if local != _day(at) else FURTHER_FORMAT if place else ""
    return _in_time(local, rule)


def _day(at: datetime) -> datetime:
    return datetime(at.year, at.month, at.day)


def _local(at: datetime, zone: str) -> datetime:
    try:
        return _day(at.astimezone(ZoneInfo(zone)) if zone and at.tzinfo is not None else at)
    except OverflowError:
        return _day(at)


def _year_first(text: str) -> bool:
    return any(form.startswith("%Y") for form in formats_of(text))


def _swapped(day: datetime) -> Reading:
    """The day whose day and month a spreadsheet has taken for each other."""
    if day.day > TWELVE:
        hint = "A spreadsheet swaps only days up to 12: look at the file, and declare the date as a label."
        return refused(f"{day:%Y-%m-%d} cannot have day and month swapped", hint)
    right = datetime(day.year, day.day, day.month)
    return _in_time(right, SWAPPED if right != day else "")


def _in_time(day: datetime, rule: str = "") -> Reading:
    if day.year >= FIRST_YEAR:
        return Reading(value=day, rule=rule)
    hint = (
        "Correct it, or declare it under missing with its reason; day 0 of a program, a year of two "
        "digits, or a number taken for a date, may stand behind it."
    )
    return refused(f"{day.isoformat()[:10]} is before {FIRST_YEAR}", hint)


def _listed(formats: Sequence[str]) -> str:
    return " or ".join(formats) or "none is declared"


def _hint(text: str) -> str:
    declare = "or declare it under missing with its reason."
    if part_of(text) is not None:
        ways = " or ".join(f'"{name}"' for name in PARTS)
        return f"It has no day. Write the day under labels, declare {ways} in date_formats, {declare}"
    fits = [form for form in formats_of(text) if moment(text, form) is not None]
    if fits and all("%y" in form for form in fits):
        named = " or ".join(fits)
        return (
            f"A year of two digits is read only by a declared format with %y ({named}); "
            "better export four digits."
        )
    if not fits and moment(text, "excel serial") is not None:
        return (
            f"If it is a count of days or seconds, add which ({', '.join(COUNTS)}) to date_formats, {declare}"
        )
    which = ", whichever the file means" if len(fits) > 1 else ""
    named = f" ({' or '.join(fits)}{which})" if fits else ""
    if not fits and any(True for _ in formats_of(text)):
        return f"There is no such day: write the right one under labels, {declare}"
    return f"Add its format{named} to date_formats, {declare}"
