"""The forms in which days are written: strptime formats, month names in words, counts of days or seconds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from alliance_modes.words.vocabulary import month_numbers, weekday_numbers

LONGEST_DATE, SHORT_NAME = 60, 4
DAY_FIRST, MONTH_FIRST, YEAR_FIRST = "day first", "month first", "year first"
DAY_FIRST_SWAPPED = "day first swapped"
ORDERS: Mapping[str, str] = MappingProxyType({"dmY": DAY_FIRST, "mdY": MONTH_FIRST, "Ymd": YEAR_FIRST})

WORD = r"[^\W\d_]+"
MONTH_NAME = re.compile(WORD)
ORDINAL = re.compile(r"(?<=[0-9])(?:st|nd|rd|th|er|ste|de|e|º|\u1d49\u02b3)(?![^\W_])", re.IGNORECASE)
WEEKDAY = re.compile(
    rf"(?:le |el )?(?P<name>(?:dydd )?{WORD})\.?,? +(?:den |dem |le |el )?(?P<rest>\S.*)", re.IGNORECASE
)
OFFSET = re.compile(r"(?:GMT|UTC)(?P<sign>[+-])(?P<hours>[0-9]{1,2})(?::?(?P<minutes>[0-9]{2}))?$")
MONTH_POINT = re.compile(r"(?<=[^\W\d_])\.(?=[ ,])")
FINE_FRACTION = re.compile(r"(\.[0-9]{6})[0-9]+")
DIRECTIVE = re.compile(r"%([a-zA-Z])")
UNSEPARATED = re.compile(r"%[dmyY]%[dmyY]")
FULL = re.compile(
    rf"(?P<a>[0-9]{{4}}|[0-9]{{1,2}}|{WORD})(?P<p>[-./ ,]{{1,2}}|\. ?| de |)(?P<b>[0-9]{{1,2}}|{WORD})"
    r"(?P<q>[-./ ,]{1,2}|\. ?| de |)(?P<c>[0-9]{4}|[0-9]{1,2})(?P<time>[T ,].*)?"
)
TIME = re.compile(
    r"(?P<start>T|, ?| )(?P<clock>[0-9]{1,2}:[0-9]{2}(?P<seconds>:[0-9]{2}(?P<fraction>\.[0-9]+)?)?)"
    r"(?P<half> ?[AaPp][Mm])?"
    r"(?P<zone> ?(?:Z|(?:GMT|UTC)?[+-][0-9]{2}:?[0-9]{2}|(?:GMT|UTC)[+-][0-9]{1,2})| UTC| GMT)?"
)
EXAMPLE = datetime(1999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True)
class Count:
    """Days or seconds since a day, as a number: what it is called, the unit in days, and what is day 0."""

    since: datetime
    days: float
    meaning: str


COUNTS: Mapping[str, Count] = MappingProxyType(
    {
        "excel serial": Count(datetime(1899, 12, 30), 1.0, "days of a spreadsheet, counted from 1900"),
        "excel serial 1904": Count(datetime(1904, 1, 1), 1.0, "days of a spreadsheet, counted from 1904"),
        "days since 1960": Count(datetime(1960, 1, 1), 1.0, "Stata or SAS days"),
        "days since 1970": Count(datetime(1970, 1, 1), 1.0, "days of R"),
        "seconds since 1970": Count(datetime(1970, 1, 1), 1 / 86_400, "Unix seconds, UTC"),
        "milliseconds since 1970": Count(datetime(1970, 1, 1), 1 / 86_400_000, "Unix milliseconds, UTC"),
        "seconds since 1960": Count(datetime(1960, 1, 1), 1 / 86_400, "SAS seconds"),
        "milliseconds since 1960": Count(datetime(1960, 1, 1), 1 / 86_400_000, "Stata milliseconds"),
        "seconds since 1582": Count(datetime(1582, 10, 14), 1 / 86_400, "SPSS seconds"),
    }
)
"""Numbers that are days, by the name under which ``date_formats`` declares them."""

EPOCHS: Mapping[date, str] = MappingProxyType(
    {
        date(1, 1, 1): "the first day that databases know",
        date(1582, 10, 14): "day 0 of SPSS",
        date(1601, 1, 1): "day 0 of Windows",
        date(1753, 1, 1): "the first day that databases know",
        date(1858, 11, 17): "day 0 of some databases",
        date(1899, 12, 30): "day 0 of a spreadsheet",
        date(1899, 12, 31): "day 0 or 1 of a spreadsheet",
        date(1900, 1, 1): "day 1 of a spreadsheet, and what databases fill in",
        date(1901, 1, 1): "what some programs fill in",
        date(1904, 1, 1): "day 0 of a spreadsheet that counts from 1904",
        date(1960, 1, 1): "day 0 of Stata and SAS",
        date(1969, 12, 31): "day 0 of Unix and R, west of Greenwich",
        date(1970, 1, 1): "day 0 of Unix and R",
        date(1980, 1, 1): "what anonymised surveys and old file systems fill in",
        date(2099, 12, 31): "what databases fill in for never",
        date(2999, 12, 31): "what databases fill in for never",
        date(9999, 12, 31): "what databases fill in for never",
    }
)
"""Days that programs write where they have none."""

UNIX = ("seconds since 1970", "milliseconds since 1970")
FIRST_SERIAL = 61.0
"""From here (1 March 1900) spreadsheets that count the 29 February 1900, which never was, are right."""

NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]+)?")

PARTS: Mapping[str, int] = MappingProxyType({"first day of the part": 0, "middle of the part": 1})
"""How a date without a day becomes one, where a cohort declares it."""

PART_FORMS = (
    re.compile(r"(?P<year>[0-9]{4})[-/. ]?(?P<quarter>Q[1-4])", re.IGNORECASE),
    re.compile(r"(?P<quarter>Q[1-4])[-/. ]?(?P<year>[0-9]{4})", re.IGNORECASE),
    re.compile(r"(?P<year>[0-9]{4})[-/](?P<month>[0-9]{1,2})"),
    re.compile(r"(?P<month>[0-9]{1,2})[-/](?P<year>[0-9]{4})"),
    re.compile(rf"(?P<name>{WORD})\.?[-/. ,]{{1,2}}(?:de )?(?P<year>[0-9]{{4}})"),
    re.compile(rf"(?P<year>[0-9]{{4}})[-/. ,]{{1,2}}(?P<name>{WORD})\.?"),
)

NAMED = (*ORDERS.values(), DAY_FIRST_SWAPPED, *COUNTS, *PARTS)
"""Every form that has a name in place of a strptime format."""


@lru_cache(maxsize=1 << 16)
def moment(text: str, form: str) -> datetime | None:
    """What ``text`` is in ``form``, a strptime format or a name of ``NAMED``; with its zone, if it has one.

    Notes
    -----
    ``%b`` and ``%B`` read the names of months in every language of the vocabulary, in full or
    shortened, with or without a point; ordinals ("1st", "1er") are taken as the day. A day of the week in
    front is no part of the form; a text whose day is another day of the week is none.
    """
    if len(text) > LONGEST_DATE or not text:
        return None
    if form in COUNTS:
        return _counted(text, COUNTS[form], form)
    if form in PARTS:
        return _part(text, PARTS[form])
    if form in (*ORDERS.values(), DAY_FIRST_SWAPPED):
        return _in_order(text, DAY_FIRST if form == DAY_FIRST_SWAPPED else form)
    return _strptime(text, form)


def _strptime(text: str, form: str) -> datetime | None:
    text, weekdays = (text, None) if "%a" in form or "%A" in form else _without_weekday(text)
    found = _strictly(text, form)
    return found if found is None or weekdays is None or found.weekday() in weekdays else None


def _without_weekday(text: str) -> tuple[str, frozenset[int] | None]:
    """A date without the day of the week in front of it, and which that can be; None where there is none."""
    match = WEEKDAY.fullmatch(text)
    named = weekday_numbers().get(match["name"].lower()) if match else None
    if match is None or named is None or not _formats_of_shape(_shape(match["rest"])):
        return text, None
    return match["rest"], named


def _strictly(text: str, form: str) -> datetime | None:
    text = OFFSET.sub(_plain_offset, FINE_FRACTION.sub(r"\1", text))
    forms = [(text, form)]
    if "%b" in form or "%B" in form:
        plain = ORDINAL.sub("", text)
        bare = form.replace("%B", "<%m>").replace("%b", "<%m>")
        forms = [(written, bare) for written in _months_as_numbers(plain)]
    for written, plain_form in forms:
        try:
            found = datetime.strptime(written, plain_form)
        except ValueError:
            continue
        if not UNSEPARATED.search(form) or datetime.strftime(found, form).lower() == text.lower():
            return found
    return None


def _plain_offset(match: re.Match[str]) -> str:
    """``GMT+1`` as ``+0100``."""
    return f"{match['sign']}{int(match['hours']):02}{match['minutes'] or '00'}"


def _months_as_numbers(text: str) -> Iterator[str]:
    """``text`` with the name of its month as ``<03>``, the point after it taken as its own or not."""
    months = month_numbers()
    for match in MONTH_NAME.finditer(text):
        number = months.get(match[0].lower())
        if number is not None:
            before, after = text[: match.start()], text[match.end() :]
            yield f"{before}<{number:02}>{after}"
            if after.startswith("."):
                yield f"{before}<{number:02}>{after[1:]}"


def _counted(text: str, count: Count, form: str) -> datetime | None:
    if not NUMBER.fullmatch(text):
        return None
    number = float(text)
    if form == "excel serial" and number < FIRST_SERIAL:
        return None
    try:
        found = count.since + timedelta(days=number * count.days)
    except OverflowError:
        return None
    return found.replace(tzinfo=UTC) if form in UNIX else found


def part_of(text: str) -> tuple[datetime, datetime] | None:
    """First day and middle of the month or quarter that ``text`` is, or None."""
    for form in PART_FORMS:
        match = form.fullmatch(text)
        if match is None:
            continue
        said = match.groupdict()
        year = int(said["year"])
        if said.get("quarter"):
            month = 3 * int(said["quarter"][1]) - 2
            return datetime(year, month, 1), datetime(year, month + 1, 15)
        month = month_numbers().get(said["name"].lower(), 0) if said.get("name") else int(said["month"])
        if 1 <= month <= 12 and year >= 1:
            return datetime(year, month, 1), datetime(year, month, 15)
    return None


def _part(text: str, place: int) -> datetime | None:
    found = part_of(text)
    return None if found is None else found[place]


def _in_order(text: str, name: str) -> datetime | None:
    """``text`` with its fields in the order ``name``; what can be told apart anyway is read in any."""
    forms = tuple(formats_of(text))
    for form in forms:
        if order_of(form) == name and (found := _strptime(text, form)) is not None:
            return found
    days = [day for form in forms if sure_order(form) and (day := _strptime(text, form)) is not None]
    return days[0] if days else None


@lru_cache(maxsize=1 << 10)
def order_of(form: str) -> str:
    """The order of day, month and year in a strptime format, as its name in ``ORDERS``, or ''."""
    letters = "".join(letter for letter in DIRECTIVE.findall(form) if letter in "dmbByY")
    return ORDERS.get(re.sub("[bB]", "m", letters).replace("y", "Y"), "")


def named_month(form: str) -> bool:
    """Whether a format has the month in words."""
    return "%b" in form or "%B" in form


@lru_cache(maxsize=1 << 10)
def sure_order(form: str) -> bool:
    """Whether a format leaves no doubt which field is which: year of four digits first, or month in words."""
    return "%y" not in form and (named_month(form) or form.startswith("%Y"))


def formats_of(text: str) -> Iterator[str]:
    """Strptime formats that the fields of ``text`` can have, each order of day, month and year apart."""
    short = len(text) <= LONGEST_DATE
    yield from _formats_of_shape(_shape(_without_weekday(text)[0])) if short else ()


def _shape(text: str) -> str:
    """``text`` with every digit as 1, so that cells written alike are looked at once."""
    return re.sub("[0-9]", "1", MONTH_POINT.sub("", ORDINAL.sub("", text)))


@lru_cache(maxsize=1 << 14)
def _formats_of_shape(text: str) -> tuple[str, ...]:
    if re.fullmatch("1{8}", text):
        return ("%Y%m%d",)
    match = FULL.fullmatch(text)
    time = "" if match is None else _time_format(match["time"] or "")
    if match is None or time is None:
        return ()
    kinds = tuple(
        "w" if part[0] != "1" else "Y" if len(part) == 4 else "n" for part in match.group("a", "b", "c")
    )
    if "w" in kinds and (kinds.count("w") > 1 or match[kinds.index("w") + 1].lower() == "t"):
        return ()
    between = match["p"], match["q"]
    if any(not sign and "w" not in kinds[place : place + 2] for place, sign in enumerate(between)):
        return ()
    month = "%B" if any(len(part) > SHORT_NAME for part in match.group("a", "b")) else "%b"
    fields = FIELDS.get("".join(kinds), ())
    return tuple(f"{a}{between[0]}{b}{between[1]}{c}{time}".replace("%b", month) for a, b, c in fields)


FIELDS: Mapping[str, tuple[tuple[str, str, str], ...]] = MappingProxyType(
    {
        "Ynn": (("%Y", "%m", "%d"),),
        "Ywn": (("%Y", "%b", "%d"),),
        "nnY": (("%d", "%m", "%Y"), ("%m", "%d", "%Y")),
        "nwY": (("%d", "%b", "%Y"),),
        "wnY": (("%b", "%d", "%Y"),),
        "nnn": (("%d", "%m", "%y"), ("%m", "%d", "%y"), ("%y", "%m", "%d")),
        "nwn": (("%d", "%b", "%y"), ("%y", "%b", "%d")),
        "wnn": (("%b", "%d", "%y"),),
    }
)
"""What three fields can be: n of one or two digits, Y of four, w a word."""


def _time_format(time: str) -> str | None:
    """The format of what follows a day, or None where it is no time of day."""
    if not time:
        return ""
    match = TIME.fullmatch(time)
    if match is None:
        return None
    clock = ("%I" if match["half"] else "%H") + ":%M" + (":%S" if match["seconds"] else "")
    fraction = ".%f" if match["fraction"] else ""
    half = re.sub("[AaPp][Mm]", "%p", match["half"] or "")
    zone = match["zone"] or ""
    zone = zone if zone.strip() in ("", "UTC", "GMT") else " %z" if zone.startswith(" ") else "%z"
    return match["start"] + clock + fraction + half + zone


def known_form(value: str) -> str:
    """Return ``value`` if it is a name of ``NAMED``, or a strptime format of a whole date.

    Raises
    ------
    ValueError
        It is neither.
    """
    try:
        same = value in NAMED or datetime.strptime(EXAMPLE.strftime(value), value).date() == EXAMPLE.date()
    except (ValueError, re.error):
        same = False
    if not same:
        raise ValueError(
            "a date format needs day, month and year, e.g. %d.%m.%Y or %Y-%m-%d (%y: two digits); or it is "
            f"one of: {', '.join(NAMED)}"
        )
    return value


def known_zone(value: str) -> str:
    """Return ``value`` if it is the name of a time zone.

    Raises
    ------
    ValueError
        It is not.
    """
    try:
        ZoneInfo(value)
    except (OSError, ValueError, LookupError):
        raise ValueError(f'"{value}" is not a time zone, such as Europe/London or UTC') from None
    return value
