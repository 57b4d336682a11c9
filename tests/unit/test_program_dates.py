"""Dates of SPSS, Stata and SAS by their display formats, and numbers in single precision."""

from __future__ import annotations

import datetime as dt
import struct

import pandas as pd
import pyreadstat
import pytest
from raw_exports import cells, read_export

from alliance_modes.ground.program_dates import sas_moment, spss_moment, stata_moment
from alliance_modes.readers.statistical_file import shortest

DAY, MOMENT = dt.date(2024, 3, 5), dt.datetime(2024, 3, 5, 13, 45)
SINCE_1960 = (DAY - dt.date(1960, 1, 1)).days
SINCE_1582 = (DAY - dt.date(1582, 10, 14)).days * 86_400
CLOCK = 13 * 3600 + 45 * 60


@pytest.mark.parametrize(
    ("display", "number", "shown"),
    [
        ("%td", SINCE_1960, DAY),
        ("%tdDD/NN/CCYY", SINCE_1960, DAY),
        ("%-tdD_m_Y", SINCE_1960, DAY),
        ("%dD_m_Y", SINCE_1960, DAY),
        ("%tcCCYY-NN-DD_HH:MM", (SINCE_1960 * 86_400 + CLOCK) * 1000.0, MOMENT),
        ("%tCHH:MM", (SINCE_1960 * 86_400 + CLOCK + 27) * 1000.0, MOMENT),
        ("%tm", 770.0, "2024-03"),
        ("%tmMon_CCYY", -1.0, "1959-12"),
        ("%tq", 256.0, "2024-Q1"),
        ("%tw", 3337.0, "2024-W10"),
        ("%th", 129.0, "2024-H2"),
        ("%tbnyse", 12.0, "business day 12"),
    ],
)
def test_stata_shows_the_same_number_as(display, number, shown):
    found = stata_moment(display)
    assert found and found(number) == shown


@pytest.mark.parametrize("display", ["%9.0g", "%10s", "%ty", "%-9s", "%12.2f"])
def test_other_formats_of_stata_leave_the_number(display):
    assert stata_moment(display) is None


@pytest.mark.parametrize(
    ("display", "number", "shown"),
    [
        ("DATE11", SINCE_1582, DAY),
        ("ADATE10", SINCE_1582, DAY),
        ("JDATE7", SINCE_1582, DAY),
        ("DATETIME20", SINCE_1582 + CLOCK, MOMENT),
        ("YMDHMS19", SINCE_1582 + CLOCK, MOMENT),
        ("TIME8", 26 * 3600 + 30 * 60, "26:30:00"),
        ("TIME11.2", -90.5, "-00:01:30.500"),
        ("DTIME12", 26 * 3600 + 30 * 60, "1 02:30:00"),
        ("MOYR8", SINCE_1582, "2024-03"),
        ("QYR6", SINCE_1582, "2024-Q1"),
        ("WKYR8", SINCE_1582, "2024-W10"),
    ],
)
def test_spss_shows_the_same_number_as(display, number, shown):
    found = spss_moment(display)
    assert found and found(number) == shown


@pytest.mark.parametrize(
    ("display", "number", "shown"),
    [
        ("DATE", SINCE_1960, DAY),
        ("YYMMDD", SINCE_1960, DAY),
        ("E8601DA", SINCE_1960, DAY),
        ("MONYY", SINCE_1960, DAY),
        ("DATETIME", SINCE_1960 * 86_400 + CLOCK, MOMENT),
        ("E8601DT", SINCE_1960 * 86_400 + CLOCK, MOMENT),
        ("DTMONYY", SINCE_1960 * 86_400 + CLOCK, MOMENT),
        ("TIME", CLOCK, "13:45:00"),
        ("TOD", CLOCK, "13:45:00"),
    ],
)
def test_sas_stores_the_same_number_as(display, number, shown):
    found = sas_moment(display)
    assert found and found(number) == shown


@pytest.mark.parametrize("display", ["", "BEST", "F", "COMMA", "$CHAR", "PERCENT", "YESNO"])
def test_other_formats_of_sas_leave_the_number(display):
    assert sas_moment(display) is None


@pytest.mark.parametrize("value", [99.9, 0.1, 1 / 3, 1e-7, 123456.7, -2.55, 16777216.0, 0.0, 3e38])
def test_single_precision_has_its_shortest_number(value):
    (single,) = struct.unpack("f", struct.pack("f", value))
    short = shortest(single)
    assert struct.pack("f", short) == struct.pack("f", single)
    assert len(repr(short)) <= len(repr(float(f"{value:.9g}")))


def test_a_missing_code_of_a_stata_float_is_the_number_that_was_typed(tmp_path):
    path = tmp_path / "x.dta"
    written = pd.DataFrame({"a": pd.Series([99.9, 51.0], dtype="float32")})
    written.to_stata(path, write_index=False)
    assert cells(read_export(path, "stata", ("a",)), "a") == [99.9, 51.0]


def test_stata_days_in_a_display_format_of_their_own(tmp_path):
    path = tmp_path / "x.dta"
    table = pd.DataFrame({"day": [float(SINCE_1960), None], "month": [770.0, None]})
    pyreadstat.write_dta(table, path, variable_format={"day": "%tdDD/NN/CCYY", "month": "%tmMon_CCYY"})
    raw = read_export(path, "stata", ("day", "month"))
    assert cells(raw, "day") == [DAY, None] and cells(raw, "month") == ["2024-03", None]


def test_spss_lengths_of_time_and_declared_missing_days(tmp_path):
    path = tmp_path / "x.sav"
    table = pd.DataFrame({"took": [95_400.0, None], "day": [float(SINCE_1582), 99.0]})
    pyreadstat.write_sav(
        table,
        path,
        variable_format={"took": "TIME8", "day": "DATE11"},
        missing_ranges={"day": [99]},
        variable_value_labels={"day": {99: "unknown"}},
    )
    raw = read_export(path, "spss", ("took", "day"))
    assert cells(raw, "took") == ["26:30:00", None]
    assert cells(raw, "day") == [DAY, 99.0] and dict(raw.columns["day"].user_missing) == {99.0: "unknown"}


KNOWN = pd.DataFrame(
    {
        "id": ["A", "B", "C"],
        "num": [1.5, None, 99.0],
        "day": [DAY, None, dt.date(1959, 12, 31)],
        "at": [MOMENT, None, dt.datetime(2024, 1, 1)],
    }
)


@pytest.mark.parametrize("ending", ["por", "xpt", "v5.xpt"])
def test_portable_and_transport_files_hold_what_was_written(tmp_path, ending):
    path = tmp_path / f"x.{ending}"
    if ending == "por":
        pyreadstat.write_por(KNOWN, path)
    else:
        pyreadstat.write_xport(KNOWN, path, file_format_version=5 if ending == "v5.xpt" else 8)
    form, names = ("spss", ("ID", "NUM", "DAY", "AT")) if ending == "por" else ("sas", tuple(KNOWN.columns))
    raw = read_export(path, form, names)
    assert raw.names == names
    for name, original in zip(names, KNOWN.columns, strict=True):
        expected = [None if pd.isna(cell) else cell for cell in KNOWN[original]]
        assert cells(raw, name) == expected


def test_special_missing_values_of_a_transport_file_are_missing(tmp_path):
    path = tmp_path / "x.xpt"
    pyreadstat.write_xport(pd.DataFrame({"a": [1.0, None, 3.0], "b": ["x", "y", "z"]}), path)
    content = path.read_bytes()
    lettered = content.replace(b"." + bytes(7), b"A" + bytes(7))
    assert lettered != content
    path.write_bytes(lettered)
    read = read_export(path, "sas", ("a",))
    assert cells(read, "a") == [1.0, None, 3.0]
    assert "export the data set (.sas7bdat)" in read.detected["unseen_reasons"]


@pytest.mark.parametrize("numbers", [[1.0, None, 3.0], [1.0, 2.0, 3.0]])
def test_a_portable_file_says_that_its_reasons_are_lost_where_a_number_is_missing(tmp_path, numbers):
    path = tmp_path / "x.por"
    pyreadstat.write_por(pd.DataFrame({"A": numbers}), path)
    read = read_export(path, "spss", ("A",))
    assert ("unseen_reasons" in read.detected) is (None in numbers)
