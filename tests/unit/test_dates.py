"""Dates: what is written is read back, and what is open, mixed or impossible is asked, never another day."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from alliance_modes.drafting.date_cells import Dates, dates_of
from alliance_modes.ingest.dates import date_reading
from alliance_modes.ingest.readings import Meaning
from alliance_modes.words.date_forms import COUNTS, NAMED, formats_of, known_form, moment
from alliance_modes.words.vocabulary import month_numbers, vocabulary

DAYS = st.dates(dt.date(1995, 1, 1), dt.date(2035, 12, 31))
MANY_DAYS = st.lists(st.dates(dt.date(2021, 1, 1), dt.date(2024, 12, 31)), min_size=12, max_size=40)
LANGUAGES = tuple(vocabulary().months)
NUMERIC = (
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d/%m/%y",
    "%m/%d/%y",
)
WORDED = (
    "{d:02}-{m}-{y2}",
    "{d}. {m} {y}",
    "{d} {m}. {y}",
    "{m} {d}, {y}",
    "{d} de {m} de {y}",
    "{d:02}{m}{y}",
    "{y}-{m}-{d:02}",
)
CLOCKS = (
    "",
    " 09:30",
    "T09:30:15",
    " 09:30:15.250",
    "T23:30:00.000-05:00",
    "T09:30:00Z",
    " 9:05:12 am GMT+1",
    " 10:15 PM",
)


def read(cell: str | float | dt.datetime, *formats: str) -> dt.date | None:
    """The day that a cell is read as by formats; None where it is refused."""
    value = date_reading(cell, formats).value
    return value.date() if isinstance(value, dt.datetime) else None


def day_of(found: Dates, text: str) -> dt.date | None:
    """The day that a text of a column is read as by the formats found for it."""
    return read(text, *found.formats)


def test_no_name_is_the_name_of_two_months() -> None:
    places: dict[str, set[int]] = {}
    for months in vocabulary().months.values():
        assert len(months) == 12
        for number, names in enumerate(months, 1):
            for name in names:
                places.setdefault(name, set()).add(number)
    assert {name for name, numbers in places.items() if len(numbers) > 1} == set()
    assert all(name == name.lower() and name.isalpha() for name in places)


@pytest.mark.slow
@given(days=MANY_DAYS, form=st.sampled_from(NUMERIC), clock=st.sampled_from(CLOCKS))
def test_dates_written_in_numbers_are_read_back_or_asked(days: list[dt.date], form: str, clock: str) -> None:
    written = [(day, day.strftime(form) + clock) for day in days]
    found = dates_of(Counter(text for _, text in written))
    assert found is not None and found.strays == {}
    if not found.choices:
        assert all(day_of(found, text) == day for day, text in written)
    else:
        right = "day first" if form.startswith("%d") else "month first"
        assert not form.startswith("%Y") and right in found.choices
        assert all(read(text, right) == day for day, text in written)


@given(
    days=st.lists(DAYS, min_size=1, max_size=12),
    language=st.sampled_from(LANGUAGES),
    form=st.sampled_from(WORDED),
    spelling=st.integers(0, 5),
    case=st.sampled_from((str.lower, str.upper, str.title)),
)
def test_names_of_months_are_read_in_every_language(
    days: list[dt.date], language: str, form: str, spelling: int, case: Callable[[str], str]
) -> None:
    written = []
    for day in days:
        names = vocabulary().months[language][day.month - 1]
        name = case(names[spelling % len(names)])
        written.append((day, form.format(d=day.day, m=name, y=day.year, y2=f"{day:%y}")))
    found = dates_of(Counter(text for _, text in written))
    assert found is not None and found.strays == {}
    if found.choices:
        assert "{y2}" in form and set(found.choices) <= {"day first", "year first"}
    else:
        assert all(day_of(found, text) == day for day, text in written)


@pytest.mark.slow
@given(days=MANY_DAYS, odd=st.integers(0, 11))
def test_one_date_in_the_other_order_is_asked_or_no_date(days: list[dt.date], odd: int) -> None:
    texts = [f"{day:%d/%m/%Y}" for day in days]
    texts[odd] = f"{days[odd]:%m/%d/%Y}"
    assume(days[odd].day > 12)
    found = dates_of(Counter(texts))
    assert found is not None
    assert found.choices or all(day.day == day.month or day.day <= 12 for day in days[:odd] + days[odd + 1 :])


@pytest.mark.parametrize(
    "text",
    ["31.04.2024", "29/02/2023", "2023-02-29", "00/00/0000", "2024-06-31", "2024-05-05 24:00", "10:30", "0"],
)
def test_a_day_that_there_is_not_is_asked_and_refused(text: str) -> None:
    good = {f"{day}/05/2024" if "/" in text else f"{day}.05.2024": 1 for day in range(13, 29)}
    found = dates_of({**good, text: 1})
    assert found is not None and found.strays == {text: 1}
    assert date_reading(text, found.formats).problem
    assert all(date_reading(text, (name,)).problem for name in ("day first", "month first", "year first"))


def test_a_stray_text_leaves_the_others_dates() -> None:
    found = dates_of({**{f"2024-05-{day:02}": 1 for day in range(1, 29)}, "awaiting transfer": 1})
    assert found is not None and found.formats == ("%Y-%m-%d",) and found.strays == {"awaiting transfer": 1}


@pytest.mark.parametrize(
    "text", ["2024-03", "March 2024", "März 2024", "Q1 2024", "2024Q1", "03/2024", "mars 2024"]
)
def test_a_date_without_a_day_is_never_made_one_unasked(text: str) -> None:
    mixed = dates_of({**{f"2024-05-{day:02}": 1 for day in range(1, 29)}, text: 2})
    assert mixed is not None and dict(mixed.parts) == {text: 2}
    alone = dates_of({text: 5})
    assert alone is not None and alone.choices == ("first day of the part", "middle of the part")
    assert "has no day" in date_reading(text, ("%Y-%m-%d", "day first", "month first")).hint
    first = read(text, "first day of the part")
    assert first is not None and first.day == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", COUNTS)
@given(days=st.lists(st.dates(dt.date(2015, 1, 1), dt.date(2026, 1, 1)), min_size=3, unique=True))
def test_counts_of_days_are_asked_and_read_as_declared(name: str, days: list[dt.date]) -> None:
    count = COUNTS[name]
    numbers = [round((dt.datetime.combine(day, dt.time()) - count.since).days / count.days) for day in days]
    found = dates_of({str(number): 1 for number in numbers})
    assert found is not None and found.counted and name in found.choices and found.formats == ()
    for cell in (str, float):
        assert [read(cell(number), name) for number in numbers] == days


def test_serial_numbers_within_the_span_of_the_other_dates_are_days_of_a_spreadsheet() -> None:
    dates = {f"2024-05-{day:02}": 1 for day in range(1, 29)}
    found = dates_of({**dates, "45420": 1, "12": 1})
    assert found is not None and found.formats == ("%Y-%m-%d", "excel serial") and found.strays == {"12": 1}
    assert date_reading("45420", found.formats).value == dt.datetime(2024, 5, 8)
    assert date_reading("59", ("excel serial",)).problem


@given(
    days=st.lists(st.dates(dt.date(2023, 1, 1), dt.date(2024, 12, 31)), min_size=20, max_size=40),
    iso=st.booleans(),
)
def test_days_that_a_spreadsheet_swapped_are_asked_and_can_be_swapped_back(
    days: list[dt.date], iso: bool
) -> None:
    assume(any(day.day > 12 for day in days) and any(day.day <= 12 for day in days))
    cells: list[str | dt.datetime] = []
    for day in days:
        swapped = dt.datetime(day.year, day.day, day.month) if day.day <= 12 else None
        text = swapped.isoformat(" ") if swapped and iso else f"{day:%d/%m/%Y}"
        cells.append(text if iso or swapped is None else swapped)
    counts = Counter(cell if isinstance(cell, str) else cell.isoformat() for cell in cells)
    found = dates_of(counts, [cell for cell in cells if isinstance(cell, dt.datetime)])
    assert found is not None and found.choices == ("day first swapped", "day first")
    assert [read(cell, "day first swapped") for cell in cells] == days
    assert date_reading(dt.datetime(2024, 1, 13), ("day first swapped",)).problem


def test_the_local_day_of_a_zoned_time_is_read_and_utc_near_midnight_is_asked() -> None:
    local = {f"2024-03-{day:02}T23:30:00.000-05:00": 1 for day in range(1, 29)}
    found = dates_of(local)
    assert found is not None and not found.choices and not found.zone
    assert day_of(found, "2024-03-10T23:30:00.000-05:00") == dt.date(2024, 3, 10)
    utc = dates_of({f"2024-03-{day:02}T23:30:00Z": 1 for day in range(1, 29)})
    assert utc is not None and "28 of 28 times in UTC" in utc.zone
    reading = date_reading("2024-06-10T23:30:00Z", utc.formats, "Europe/London")
    assert reading.value == dt.datetime(2024, 6, 11) and reading.rule == "day in the time zone"
    noon = dates_of({f"2024-03-{day:02}T12:30:00Z": 1 for day in range(1, 29)})
    midnight = dates_of({f"2024-03-{day:02}T00:00:00Z": 1 for day in range(1, 29)})
    assert noon is not None and midnight is not None and not noon.zone and not midnight.zone


def test_few_cells_that_tell_day_from_month_are_not_enough() -> None:
    open_cells = {f"{day:02}/{month:02}/2024": 1 for day in (2, 3, 5, 7) for month in (8, 9, 11)}
    found = dates_of({**open_cells, "25/01/2024": 1})
    assert found is not None and found.choices == ("day first", "month first")
    assert "1 cells can only be day first" in found.evidence


def test_years_of_two_digits_in_front_are_told_by_their_spread_or_asked() -> None:
    days = [dt.date(2023, 1, 1) + dt.timedelta(17 * n) for n in range(40)]
    found = dates_of({f"{day:%y-%m-%d}": 1 for day in days})
    assert found is not None and found.formats == ("%y-%m-%d",)
    worded = dates_of({f"{day:%d-%b-%y}": 1 for day in days})
    assert worded is not None and worded.formats == ("%d-%b-%y",)
    few = dates_of({"24-03-05": 1})
    assert few is not None and "year first" in few.choices and "day first" in few.choices
    firsts = dates_of({f"01-Jan-{year}": 1 for year in range(10, 25)})
    assert firsts is not None and firsts.choices == ("day first", "year first")


def test_an_unseparated_date_needs_all_its_digits() -> None:
    assert date_reading("20240305", ("%Y%m%d",)).value == dt.datetime(2024, 3, 5)
    assert date_reading("1112024", ("%d%m%Y",)).problem
    found = dates_of({"20240305": 1, "20240412": 3})
    assert found is not None and found.formats == ("%Y%m%d",) and found.counted


def test_a_real_date_is_declared_missing_by_its_day() -> None:
    meaning = Meaning("date", missing={"1970-01-01": "not recorded"}, labels={"2024-01-02": "2024-02-01"})
    assert meaning.read(dt.datetime(1970, 1, 1)).missing == "not recorded"
    assert meaning.read(dt.datetime(2024, 1, 2)).value == dt.datetime(2024, 2, 1)


@pytest.mark.parametrize(
    "text", ["1970-01-01", "01/01/1970", "1900-01-01", "01.01.1960", "1970-01-01T00:00:00Z"]
)
def test_a_day_that_programs_fill_in_is_asked(text: str) -> None:
    found = dates_of({**{f"2024-05-{day:02}": 1 for day in range(1, 29)}, text: 800})
    assert found is not None and dict(found.filled_in) == {text: 800}


def test_every_name_of_a_form_can_be_declared() -> None:
    assert all(known_form(name) == name for name in (*NAMED, "%d. %B %Y", "%Y-%m-%dT%H:%M:%S.%f%z"))
    with pytest.raises(ValueError, match="needs day, month and year"):
        known_form("excel")


def test_months_in_any_language_are_numbered() -> None:
    numbers = month_numbers()
    assert (numbers["märz"], numbers["août"], numbers["mrt"], numbers["rhagfyr"]) == (3, 8, 3, 12)


@pytest.mark.parametrize(
    "text",
    [
        "Mon 3 Feb 2025",
        "Monday, February 3, 2025",
        "lundi 3 février 2025",
        "le lundi 3 février 2025",
        "Montag, den 3. Februar 2025",
        "Mo 03.02.2025",
        "lunes, 3 de febrero de 2025",
        "maandag 3 februari 2025 10:30",
        "Dydd Llun 3 Chwefror 2025",
    ],
)
def test_a_day_of_the_week_in_front_is_read_over(text: str) -> None:
    days = {found.date() for form in formats_of(text) if (found := moment(text, form)) is not None}
    assert days == {dt.date(2025, 2, 3)}


def test_another_day_of_the_week_is_no_date_and_decides_the_order() -> None:
    assert all(moment("Tue 3 Feb 2025", form) is None for form in formats_of("Tue 3 Feb 2025"))
    assert moment("Sun 03/02/2025", "%m/%d/%Y") == dt.datetime(2025, 3, 2)
    assert moment("Sun 03/02/2025", "%d/%m/%Y") is None


def test_a_month_that_is_also_a_day_of_the_week_is_the_month() -> None:
    assert [moment("Mar 5, 2024", form) for form in formats_of("Mar 5, 2024")] == [dt.datetime(2024, 3, 5)]
