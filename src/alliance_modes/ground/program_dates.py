"""Dates and times as SPSS, Stata and SAS store them: a number, and a display format that says of what."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

GREGORIAN, SIXTIES = datetime(1582, 10, 14), datetime(1960, 1, 1)
DAY = 86_400

SPSS_KINDS = (
    ("day", re.compile(r"(?:DATE|ADATE|EDATE|SDATE|JDATE)\d")),
    ("moment", re.compile(r"(?:DATETIME|YMDHMS)\d")),
    ("length", re.compile(r"(?:DTIME|TIME|MTIME)\d")),
    ("month", re.compile(r"MOYR\d")),
    ("quarter", re.compile(r"QYR\d")),
    ("week", re.compile(r"WKYR\d")),
)
SAS_KINDS = (
    (
        "moment",
        re.compile(
            r"(?:DATETIME|DATEAMPM|DTDATE|DTMONYY|DTWKDATX|DTYEAR|DTYYQC|MDYAMPM|NLDATM|EURDFDT|EURDFMN"
            r"|(?:E8601|B8601|IS8601)D[TNZX]|NLDATMT)"
        ),
    ),
    ("length", re.compile(r"(?:TIME|TOD|HHMM|HOUR|MMSS|NLTIM|(?:E8601|B8601|IS8601)(?:TM|TZ|LZ))")),
    (
        "day",
        re.compile(
            r"(?:DATE|DDMMYY|MMDDYY|YYMMDD|MMYY|YYMM|YYMON|MONYY|MONNAME|MONTH|QTR|YYQ|YEAR|JULDAY|JULIAN"
            r"|WEEKD|WEEKU|WEEKV|WEEKW|WORDDAT|DOWNAME|DAY|NLDATE|MINGUO|NENGO|EURDF|HDATE|PDJUL"
            r"|(?:E8601|B8601|IS8601)DA)"
        ),
    ),
)
LEAP_SECONDS = tuple(
    datetime(year, month, 1)
    for year, month in (
        (1972, 7), (1973, 1), (1974, 1), (1975, 1), (1976, 1), (1977, 1), (1978, 1), (1979, 1), (1980, 1),
        (1981, 7), (1982, 7), (1983, 7), (1985, 7), (1988, 1), (1990, 1), (1991, 1), (1992, 7), (1993, 7),
        (1994, 7), (1996, 1), (1997, 7), (1999, 1), (2006, 1), (2009, 1), (2012, 7), (2015, 7), (2017, 1),
    )
)  # fmt: skip
"""What Stata's %tC counts and %tc does not: the days that began one second late."""
COUNTED = tuple(
    (day - SIXTIES).total_seconds() * 1000 + 1000 * before for before, day in enumerate(LEAP_SECONDS)
)

Moment = Callable[[float], Any]


def spss_moment(display: str) -> Moment | None:
    """What turns a number into what SPSS shows for it by this format; None where that is the number.

    Notes
    -----
    Days and moments arrive as such. A length of time (TIME, DTIME) is the text that SPSS shows
    (``26:30:00``), because a reader would have to guess its unit; so is a month (``2024-03``), a quarter
    (``2024-Q1``) and a week (``2024-W10``, the first beginning on 1 January), which are no days.
    """
    kind = next((kind for kind, form in SPSS_KINDS if form.match(display.upper())), None)
    if kind == "length":
        return partial(length_of_time, days=display.upper().startswith("DTIME"))
    found: dict[str | None, Moment | None] = {
        None: None,
        "day": partial(_day, GREGORIAN, 1.0),
        "moment": partial(_moment, GREGORIAN, 1.0),
        "month": partial(_period, "month"),
        "quarter": partial(_period, "quarter"),
        "week": partial(_period, "week"),
    }
    return found[kind]


def stata_moment(display: str) -> Moment | None:
    """What turns a number into what Stata shows for it by this format; None where that is the number.

    Notes
    -----
    Whatever follows ``%td`` or ``%tc`` changes only how a day is shown. Weeks, months, quarters and
    half-years are text (``2024-W10``, ``2024-03``, ``2024-Q1``, ``2024-H1``), because they are no days;
    so are days of a business calendar, which the file does not hold. ``%tC`` counts leap seconds.
    """
    match = re.match(r"%-?(?:t([cCdwmqhyb])|(d))", display)
    if match is None:
        return None
    found: dict[str, Moment] = {
        "d": partial(_day, SIXTIES, float(DAY)),
        "c": partial(_moment, SIXTIES, 0.001),
        "C": _leaping,
        "w": partial(_counted, "W", 52),
        "m": partial(_counted, "", 12),
        "q": partial(_counted, "Q", 4),
        "h": partial(_counted, "H", 2),
        "b": _business_day,
    }
    return found.get(match[1] or match[2])


def sas_moment(display: str) -> Moment | None:
    """What turns a number into the day, moment or length of time that SAS stores with this format.

    Notes
    -----
    All formats of days count days since 1960, whatever part of the day they show; those of moments
    count seconds. Lengths of time and times of day are text, as those of SPSS.
    """
    kind = next((kind for kind, form in SAS_KINDS if form.match(display.upper().lstrip("$"))), None)
    found: dict[str | None, Moment | None] = {
        None: None,
        "day": partial(_day, SIXTIES, float(DAY)),
        "moment": partial(_moment, SIXTIES, 1.0),
        "length": length_of_time,
    }
    return found[kind]


def length_of_time(seconds: float, days: bool = False) -> str:
    """Hours, minutes and seconds (``26:30:00``), after the days where they are counted (``1 02:30:00``)."""
    sign, left = ("-" if seconds < 0 else ""), abs(seconds)
    whole, rest = divmod(round(left * 1000), 1000)
    hours, below = divmod(whole, 3600)
    fraction = f".{rest:03}" if rest else ""
    clock = f"{below // 60:02}:{below % 60:02}{fraction}"
    if days:
        return f"{sign}{hours // 24} {hours % 24:02}:{clock}"
    return f"{sign}{hours:02}:{clock}"


def _moment(origin: datetime, unit: float, number: float) -> datetime:
    return origin + timedelta(milliseconds=round(number * unit * 1000))


def _day(origin: datetime, unit: float, number: float) -> date:
    return (origin + timedelta(seconds=number * unit)).date()


def _leaping(number: float) -> datetime:
    return _moment(SIXTIES, 0.001, number - 1000 * bisect_left(COUNTED, number))


def _period(what: str, number: float) -> str:
    day = _day(GREGORIAN, 1.0, number)
    if what == "month":
        return f"{day.year}-{day.month:02}"
    if what == "quarter":
        return f"{day.year}-Q{(day.month + 2) // 3}"
    return f"{day.year}-W{(day.timetuple().tm_yday + 6) // 7:02}"


def _counted(letter: str, per_year: int, number: float) -> str:
    year, place = divmod(int(number // 1), per_year)
    return f"{1960 + year}-{letter}{place + 1:0{1 if per_year < 10 else 2}}"


def _business_day(number: float) -> str:
    return f"business day {number:g}"
