"""What the dates of one raw column are written as, and what in them only a person can decide."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache

from alliance_modes.readers.raw_table import Cell, cell_text
from alliance_modes.words.date_forms import (
    COUNTS,
    DAY_FIRST,
    DAY_FIRST_SWAPPED,
    EPOCHS,
    MONTH_FIRST,
    NUMBER,
    ORDERS,
    PARTS,
    UNIX,
    YEAR_FIRST,
    formats_of,
    moment,
    order_of,
    part_of,
    sure_order,
)

EARLIEST, LATEST = 1900, 2100
MOSTLY_DATES = 0.5
"""Share of the cells that are dates from which a column is one of dates."""

FEW_DECIDE = 0.2
"""Share of the cells that tell day and month apart below which, of ten or more, they may be odd ones."""

ENOUGH = 10
MONTH_END = 28
COUNTED_FROM, COUNTED_TO = datetime(1990, 1, 1), datetime(2040, 1, 1)
"""Where the days of a column of plain numbers lie, if they are dates at all."""

TIME_OF_DAY = re.compile(r"(?<=[ T])(?:[01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?(?=$|Z|[.+-])")
"""A time of the day whose hours count to 24, which says nothing of the day."""

COMPACT = "%Y%m%d"
BESIDE_DATES = ("excel serial", COMPACT)
"""What numbers among dates can be, where they lie within a year of the others."""

NEAR = timedelta(days=366)
UTC_ENDS = ("Z", "UTC", "GMT", "+00:00", "+0000")
LATE_HOUR, EARLY_HOUR = 22, 6
"""Times in UTC at which the day can be another where people were."""


@dataclass(frozen=True)
class Dates:
    """How a column's dates are read.

    Parameters
    ----------
    formats : tuple of str
        Formats and names that read every date held as text; none where a choice is open.
    choices : tuple of str
        What ``date_formats`` can be, where only a person can say which.
    evidence : str
        Why, in counts.
    order : str
        Which order of day, month and year the cells themselves decide, '' where it does not matter.
    strays : mapping of str to int
        Cells that are no date, or a day that there is not, and how often each stands.
    parts : mapping of str to int
        Cells with a month or a quarter and no day.
    filled_in : mapping of str to int
        Cells with a day that programs write where they have none.
    zone : str
        Why the day of a time in UTC may be another, in counts; else ''.
    note : str
        What was done that a person may want to know.
    counted : bool
        Whether the cells are plain numbers, which are dates only if their column is called so.
    """

    formats: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    evidence: str = ""
    order: str = ""
    strays: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, int] = field(default_factory=dict)
    filled_in: Mapping[str, int] = field(default_factory=dict)
    zone: str = ""
    note: str = ""
    counted: bool = False

    @property
    def found(self) -> bool:
        """Whether there is anything in the column that is read as a day."""
        return bool(self.formats or self.choices)


Readings = Mapping[str, Mapping[str, datetime]]
"""Text, and the day that each format makes of it."""


def dates_of(counts: Mapping[str, int], own: Iterable[Cell] = ()) -> Dates | None:
    """Find out how the cells of a column are dates; None where most of them are not.

    Parameters
    ----------
    counts : mapping of str to int
        Cells by text; missing codes left out.
    own : iterable of Cell
        Cells that the file itself holds as dates.
    """
    real = {cell_text(cell): cell for cell in own if isinstance(cell, date)}
    texts = {text: times for text, times in counts.items() if text not in real}
    read = {text: days for text in texts if (days := _days(text))}
    parts = {text: texts[text] for text in texts if text not in read and part_of(text) is not None}
    span = _span(read, real)
    numbers = {
        text: form
        for text in texts
        for form in (BESIDE_DATES if span else ())
        if text not in read and _near(moment(text, form), span)
    }
    held, whole = _total(counts, {**real, **read, **numbers}), sum(counts.values())
    if held + _total(counts, parts) < MOSTLY_DATES * whole or not whole:
        return _counts_of_days(counts)
    if _total(counts, parts) > held:
        return _partial(counts, parts)
    found = _ordered(counts, read, [cell for cell in real.values() if isinstance(cell, date)])
    if numbers and not found.choices:
        forms = tuple(dict.fromkeys(numbers.values()))
        read_as = f"{_total(counts, numbers):,} numbers read as {' and '.join(forms)}"
        note = f"{read_as} lie within a year of the other dates"
        found = replace(found, formats=(*found.formats, *forms), note=note)
    known = {*read, *parts, *numbers}
    strays = {text: times for text, times in texts.items() if text not in known}
    told = {text: {at.date() for at in reads.values()} for text, reads in read.items()}
    told |= {text: {_day(cell)} for text, cell in real.items() if isinstance(cell, date)}
    filled_in = {text: counts[text] for text, meant in told.items() if meant <= EPOCHS.keys()}
    return replace(found, strays=strays, parts=parts, filled_in=filled_in, zone=_zone(counts, read))


def _day(cell: date) -> date:
    return date(cell.year, cell.month, cell.day)


def _total(counts: Mapping[str, int], texts: Iterable[str]) -> int:
    return sum(counts[text] for text in texts)


def _days(text: str) -> Mapping[str, datetime]:
    """The day that each format of a text makes of it, the time of day left off."""
    return _days_of(TIME_OF_DAY.sub(_same_time, text))


def _same_time(match: re.Match[str]) -> str:
    return "10:00:00" if match[1] else "10:00"


@lru_cache(maxsize=1 << 14)
def _days_of(text: str) -> Mapping[str, datetime]:
    """The same, once for all the times of a day."""
    found = {}
    for form in () if text.isdigit() else formats_of(text):
        at = moment(text, form)
        if at is not None and (EARLIEST <= at.year <= LATEST or at.date() in EPOCHS):
            found[form] = datetime(at.year, at.month, at.day)
    return found


def is_date(text: str) -> bool:
    """Whether ``text`` is a day in any usual way of writing."""
    return bool(_days(text))


def _ordered(counts: Mapping[str, int], read: Readings, real: Sequence[date]) -> Dates:
    """Formats in the one order of day and month that all cells allow, or the orders to choose from."""
    sure = {text: days for text, days in read.items() if all(sure_order(form) for form in days)}
    open_texts = {text: days for text, days in read.items() if text not in sure}
    swapped = _swapped(counts, sure, open_texts, real)
    if swapped is not None:
        return swapped
    fits = {
        order: {text for text, days in open_texts.items() if any(order_of(form) == order for form in days)}
        for order in ORDERS.values()
    }
    whole = [order for order in ORDERS.values() if fits[order] == set(open_texts)]
    whole = _with_years_like_years(whole, open_texts)
    telling = {
        text for text, days in open_texts.items() if len(set(days.values())) > 1 or len(_orders(days)) == 1
    }
    different = any(len({_day_in(open_texts[text], order) for order in whole}) > 1 for text in open_texts)
    if open_texts and (not whole or different):
        return Dates(choices=_choices(whole, fits), evidence=_evidence(counts, open_texts, fits, whole))
    order = whole[0] if open_texts else ""
    decided = [text for text in telling if _only(open_texts[text], order)]
    share = _total(counts, decided) / max(1, _total(counts, telling))
    if order not in ("", YEAR_FIRST) and _total(counts, telling) >= ENOUGH and share < FEW_DECIDE:
        return Dates(
            choices=_choices([DAY_FIRST, MONTH_FIRST], fits),
            evidence=_evidence(counts, open_texts, fits, whole),
        )
    formats = _fewest({**sure, **{t: _in(days, order) for t, days in open_texts.items()}}, counts)
    return Dates(formats=formats, order=order if telling else "")


def _orders(days: Mapping[str, datetime]) -> set[str]:
    return {order_of(form) for form in days}


def _only(days: Mapping[str, datetime], order: str) -> bool:
    return {order_of(form) for form in days if order_of(form) != YEAR_FIRST} <= {order}


def _in(days: Mapping[str, datetime], order: str) -> dict[str, datetime]:
    return {form: day for form, day in days.items() if order_of(form) == order}


def _day_in(days: Mapping[str, datetime], order: str) -> datetime | None:
    return next(iter(_in(days, order).values()), None)


def _with_years_like_years(orders: list[str], texts: Readings) -> list[str]:
    """Orders without those whose years of two digits are spread as days of a month are, up to its end."""
    years = {
        order: {day.year % 100 for days in texts.values() if (day := _day_in(days, order)) is not None}
        for order in orders
    }
    short = all("%y" in form for days in texts.values() for form in days)
    kept = [order for order in orders if len(years[order]) < ENOUGH or max(years[order]) < MONTH_END]
    return kept if kept and short else orders


def _choices(whole: Sequence[str], fits: Mapping[str, set[str]]) -> tuple[str, ...]:
    return tuple(whole) or tuple(order for order, texts in fits.items() if texts)


def _evidence(
    counts: Mapping[str, int], texts: Readings, fits: Mapping[str, set[str]], whole: Sequence[str]
) -> str:
    """How many cells can be read in one order alone, how many in several, and what they would be."""
    several = [text for text, days in texts.items() if len(set(days.values())) > 1]
    said = []
    for order, fitting in fits.items():
        alone = [text for text in fitting if len(_orders(texts[text])) == 1]
        if alone:
            said.append(f"{_total(counts, alone):,} cells can only be {order}")
    if several:
        example = min(several)
        reads = " or ".join(f"{day:%d %b %Y} ({order_of(form)})" for form, day in texts[example].items())
        said.append(f"{_total(counts, several):,} can be either, such as {example}: {reads}")
    mixed = "" if whole else "the column mixes orders: "
    return mixed + ", ".join(said)


def _swapped(
    counts: Mapping[str, int], sure: Readings, texts: Readings, real: Sequence[date]
) -> Dates | None:
    """Real dates beside texts that a spreadsheet could not take for dates, as their first number is a day."""
    days = [*real, *(day for text in sure for form, day in sure[text].items() if form.startswith("%Y"))]
    if not days or not texts or any(day.day > 12 for day in days):
        return None
    if any(_orders(found) != {DAY_FIRST} for found in texts.values()):
        return None
    held = sum(counts[cell_text(cell)] for cell in real) + _total(counts, sure)
    evidence = (
        f"{held:,} dates held as dates all have a day up to 12, and {_total(counts, texts):,} held as text "
        "all begin with a number above 12: a spreadsheet that takes the month first has probably swapped day "
        "and month of the former"
    )
    return Dates(choices=(DAY_FIRST_SWAPPED, DAY_FIRST), evidence=evidence)


def _fewest(read: Readings, counts: Mapping[str, int]) -> tuple[str, ...]:
    """The fewest formats that read every text."""
    forms = list(dict.fromkeys(form for days in read.values() for form in days))
    covers: Mapping[str, set[str]] = {
        form: {t for t, days in read.items() if form in days or moment(t, form) is not None} for form in forms
    }
    left, chosen = set(read), []
    while left:
        best = max(forms, key=lambda form: _total(counts, covers[form] & left))
        chosen.append(best)
        left -= covers[best]
    return tuple(chosen)


def _span(read: Readings, real: Mapping[str, Cell]) -> tuple[datetime, datetime] | None:
    days = [day for found in read.values() for day in found.values()]
    days += [datetime(cell.year, cell.month, cell.day) for cell in real.values() if isinstance(cell, date)]
    return (min(days), max(days)) if days else None


def _near(day: datetime | None, span: tuple[datetime, datetime] | None) -> bool:
    return day is not None and span is not None and span[0] - NEAR <= day <= span[1] + NEAR


def _zone(counts: Mapping[str, int], read: Readings) -> str:
    """How many times in UTC lie at an hour at which the local day can be another."""
    utc = {text: days for text, days in read.items() if text.endswith(UTC_ENDS)}
    times = {text: at for text, days in utc.items() for form in days if (at := moment(text, form))}
    near = [text for text, at in times.items() if at.hour >= LATE_HOUR or at.hour < EARLY_HOUR]
    if not near or all((at.hour, at.minute, at.second) == (0, 0, 0) for at in times.values()):
        return ""
    return (
        f"{_total(counts, near):,} of {_total(counts, times):,} times in UTC lie between {LATE_HOUR}:00 and "
        f"{EARLY_HOUR:02}:00, where the day can be another in the people's own time zone"
    )


def _partial(counts: Mapping[str, int], parts: Mapping[str, int]) -> Dates:
    example = min(parts)
    evidence = f"{_total(counts, parts):,} of {sum(counts.values()):,} cells have no day, such as {example}"
    strays = {text: times for text, times in counts.items() if text not in parts and not _days(text)}
    return Dates(choices=tuple(PARTS), evidence=evidence, strays=strays)


def _counts_of_days(counts: Mapping[str, int]) -> Dates | None:
    """Numbers that are days or seconds since some day, if all of them lie in recent decades."""
    numbers = {text: times for text, times in counts.items() if NUMBER.fullmatch(text)}
    if sum(numbers.values()) <= MOSTLY_DATES * sum(counts.values()):
        return None
    strays = {text: times for text, times in counts.items() if text not in numbers}
    ends = [min(numbers, key=float), max(numbers, key=float)]
    plausible = {}
    for form in (COMPACT, *COUNTS):
        days = [at.replace(tzinfo=None) for text in ends if (at := moment(text, form)) is not None]
        if len(days) == len(ends) and min(days) >= COUNTED_FROM and max(days) <= COUNTED_TO:
            plausible[form] = (min(days), max(days))
    if COMPACT in plausible:
        strays |= {text: times for text, times in numbers.items() if moment(text, COMPACT) is None}
        return Dates(formats=(COMPACT,), strays=strays, counted=True)
    if not plausible:
        return None
    reads = "; ".join(
        f"as {form} ({COUNTS[form].meaning}) {first:%Y-%m-%d} to {last:%Y-%m-%d}"
        for form, (first, last) in plausible.items()
    )
    evidence = f"{sum(numbers.values()):,} numbers, {reads}"
    zone = " (days in UTC)" if any(form in UNIX for form in plausible) else ""
    return Dates(choices=tuple(plausible), evidence=evidence + zone, strays=strays, counted=True)
