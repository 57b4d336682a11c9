"""Single cells: every one ends as a value, missing with its reason, empty, or a problem."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance_modes.ingest.dates import date_reading
from alliance_modes.ingest.readings import Meaning, code_text
from alliance_modes.readers.raw_table import cell_text, tidy_cell

KINDS = ("identifier", "label", "category", "boolean", "integer", "number", "item", "date")
DAYS = st.dates(dt.date(1900, 1, 1), dt.date(2100, 12, 31))
CELLS = st.one_of(
    st.text(max_size=12).map(tidy_cell),
    st.sampled_from(
        ["öfters", "-99", "-99.0", "1", "true", "custody", "2024-01-08", "1e400", "NaN", "inf", "٣", "1,5"]
    ),
    st.floats().map(tidy_cell),
    st.datetimes(dt.datetime(1, 1, 1), dt.datetime(9999, 1, 1)),
    DAYS,
    st.times(),
    st.none(),
)


def meaning(kind: str, **further) -> Meaning:
    return Meaning(
        kind,
        low=0 if kind in ("integer", "number", "item") else None,
        high=10 if kind in ("integer", "number", "item") else None,
        whole=kind == "integer",
        values=("custody", "community") if kind == "category" else (),
        missing={"-99": "refused"},
        date_formats=("%Y-%m-%d", "%d.%m.%Y"),
        **further,
    )


@pytest.mark.slow
@given(st.sampled_from(KINDS), CELLS)
def test_every_cell_ends_in_exactly_one_way(kind, cell):
    reading = meaning(kind).read(cell)
    ways = (reading.value is not None, bool(reading.missing), bool(reading.problem))
    if sum(ways) == 0:
        assert cell == ""
    else:
        assert sum(ways) == 1
    assert bool(reading.problem) == bool(reading.hint)


@given(st.sampled_from(("integer", "number", "item")), CELLS)
def test_a_number_is_read_only_inside_its_range(kind, cell):
    value = meaning(kind).read(cell).value
    assert value is None or (isinstance(value, int | float) and 0 <= value <= 10)


@given(st.dictionaries(st.text(min_size=1, max_size=4), st.integers(0, 10), max_size=5), CELLS)
def test_a_label_is_read_as_what_it_stands_for(labels, cell):
    codes = {code_text(label): value for label, value in labels.items()}
    reading = meaning("item", labels=codes).read(cell)
    code = code_text(cell_text(cell))
    if cell is not None and code in codes:
        assert reading.value == codes[code]
    elif cell is not None and code == "-99":
        assert reading.missing == "refused"


@given(DAYS, st.sampled_from(("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d %b %Y", "%Y%m%d")))
def test_a_written_date_is_read_back(day, form):
    written = day.strftime(form)
    assert date_reading(written, (form,)).value == dt.datetime(day.year, day.month, day.day)


@given(DAYS)
def test_two_formats_never_decide_between_two_days(day):
    reading = date_reading(f"{day:%d/%m/}{day.year}", ("%m/%d/%Y", "%d/%m/%Y"))
    if day.day <= 12 and day.day != day.month:
        assert "different day" in reading.problem
    else:
        assert reading.value == dt.datetime.combine(day, dt.time())


@given(st.decimals(0, 10, places=3))
def test_decimal_comma_and_point_give_the_same_number(number):
    text = str(number)
    comma = Meaning("number", decimal=",").read(text.replace(".", ","))
    assert comma.value == Meaning("number").read(text).value == float(number)


@pytest.mark.parametrize("text", ["", "  ", "\u00a0"])
def test_blank_is_empty_for_every_kind(text):
    for kind in KINDS:
        reading = meaning(kind).read(tidy_cell(text))
        assert reading.value is None and not reading.missing and not reading.problem


def test_system_missing_has_its_reason():
    assert meaning("item").read(None).missing == "system missing"


def test_a_blank_cell_can_be_declared_missing_for_a_reason():
    assert Meaning("number", missing={"": "not asked"}).read("").missing == "not asked"


@pytest.mark.parametrize(
    "text", ["1.000,5", "1 000", "45 %", "0x10", "1e400", "NaN", "inf", "--1", "1.2.3", "٣"]
)
def test_what_is_not_plainly_a_number_is_refused(text):
    assert "not a number" in Meaning("number").read(text).problem


@pytest.mark.parametrize(
    "text", ["2024-02-30", "2024-13-01", "24-01-08", "2024-01-08 10:00", "today", "45299"]
)
def test_what_no_declared_format_fits_is_no_date(text):
    assert "not a date" in date_reading(text, ("%Y-%m-%d",)).problem
