"""Dates by declared formats only: never guessed, and refused where two formats disagree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from alliance_modes.ground.errors import shown
from alliance_modes.ingest.reading import Reading, refused
from alliance_modes.readers.raw_table import Cell, cell_text

FIRST_YEAR = 1900
FURTHER_FORMAT = "date format"
USUAL_FORMATS = tuple(
    day + time
    for day in (
        "%Y-%m-%d",
        "%d.%m.%Y",
        "%d/%m/%Y",
        "%m/%d/%Y",
        "%d-%m-%Y",
        "%Y/%m/%d",
        "%d %b %Y",
        "%d %B %Y",
    )
    for time in ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S")
)  # fmt: skip
"""Formats that a hint can name; nothing is read by them unless they are declared."""

LONGEST_DATE = 30
TWO_DIGIT_YEAR = re.compile(r"[0-9]{1,2}[./ -][0-9]{1,2}[./ -][0-9]{2}(?= |$)")


def date_reading(cell: Cell, formats: Sequence[str]) -> Reading:
    """Read a day (the time of day, if any, is left off).

    Parameters
    ----------
    cell : Cell
        A date or date and time (Excel, SPSS), which is taken as it is; or text.
    formats : sequence of str
        ``strptime`` formats in order of preference.

    Returns
    -------
    Reading
        A ``datetime`` at midnight; with a rule where another than the first format fits. A
        problem where no format fits, or two fit with different days.
    """
    if isinstance(cell, date):
        return _in_time(datetime(cell.year, cell.month, cell.day))
    text = cell_text(cell)
    fits = [(place, day) for place, form in enumerate(formats) if (day := _day(text, form)) is not None]
    days = {day for _, day in fits}
    if not days:
        return refused(
            f'"{shown(text)}" is not a date in the declared format ({_listed(formats)})', _hint(text)
        )
    if len(days) > 1:
        named = ", ".join(f"{day:%Y-%m-%d} as {formats[place]}" for place, day in fits)
        message = f'"{shown(text)}" is a different day in each of the declared formats ({named})'
        return refused(
            message, "Only the right format can stay: declare it for this column, or split the files."
        )
    place, day = fits[0]
    return _in_time(day, rule="" if place == 0 else FURTHER_FORMAT)


def _in_time(day: datetime, rule: str = "") -> Reading:
    if day.year >= FIRST_YEAR:
        return Reading(value=day, rule=rule)
    hint = "Correct it; a year of two digits, or a number taken for a date, may stand behind it."
    return refused(f"{day.isoformat()[:10]} is before {FIRST_YEAR}", hint)


def _day(text: str, form: str) -> datetime | None:
    try:
        found = datetime.strptime(text, form)
    except ValueError:
        return None
    return datetime(found.year, found.month, found.day)


def _listed(formats: Sequence[str]) -> str:
    return " or ".join(formats) or "none is declared"


def _hint(text: str) -> str:
    if TWO_DIGIT_YEAR.match(text):
        return "A year of two digits is read only by a declared format with %y; better export four digits."
    fits = _usual_formats(text) if len(text) <= LONGEST_DATE else []
    which = ", whichever the file means" if len(fits) > 1 else ""
    named = f" ({' or '.join(fits)}{which})" if fits else ""
    return f"Add its format{named} to date_formats, or declare it under missing with its reason."


def _usual_formats(text: str) -> list[str]:
    """The usual formats that read ``text``; those of another shape are not tried."""
    return [form for form in _SHAPES.get(_shape(text), ()) if _day(text, form) is not None]


def _shape(text: str) -> str:
    """``text`` with digits as 9 and every run of letters as a."""
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"[0-9]", "9", text))


_SHAPES: dict[str, list[str]] = {}
for _form in USUAL_FORMATS:
    _SHAPES.setdefault(_shape(datetime(2000, 12, 31).strftime(_form)), []).append(_form)
