"""Drafts of sheets with titles, totals, notes and a second header: found from the cells, and asked."""

from __future__ import annotations

import random
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alliance_modes.drafting.recognise import RawFile, recognise

HEADER = ["case no", "lead", "group", "first session", "outcome", "age"]


def records(count: int) -> list[list[str]]:
    draw = random.Random(count)
    return [
        [f"C{place:03}", f"P{draw.randrange(4)}", f"G{draw.randrange(6)}", f"2024-03-{1 + place % 28:02}",
         draw.choice(["finished", "left"]), str(draw.randrange(20, 60))]
        for place in range(count)
    ]  # fmt: skip


def saved(folder: Path, form: str, rows: list[list[str]], padded: bool = True) -> RawFile:
    width = max(map(len, rows)) if padded else 0
    rows = [row + [""] * (width - len(row)) for row in rows]
    if form == "csv":
        path = folder / "enrolments.csv"
        path.write_text("".join(",".join(f'"{cell}"' if cell else "" for cell in row) + "\n" for row in rows))
        return recognise(path, path.name)
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append([cell or None for cell in row])
    book.save(folder / "enrolments.xlsx")
    return recognise(folder / "enrolments.xlsx", "enrolments.xlsx")


@pytest.mark.parametrize("form", ["csv", "excel"])
@pytest.mark.parametrize("padded", [True, False])
def test_header_below_a_title_is_found(tmp_path, form, padded):
    file = saved(tmp_path, form, [["Enrolments"], ["of the north, 2024"], [], HEADER, *records(12)], padded)
    assert file.settings["header_row"] == "4"
    assert list(file.facts) == HEADER and file.rows == 12 and not file.odd


@pytest.mark.parametrize("form", ["csv", "excel"])
def test_an_ordinary_file_has_no_odd_row_and_no_header_row(tmp_path, form):
    file = saved(tmp_path, form, [HEADER, *records(12)])
    assert not file.odd and "header_row" not in file.settings


@pytest.mark.parametrize("form", ["csv", "excel"])
def test_header_again_below_a_title_is_left_out_and_the_title_asked(tmp_path, form):
    rows = records(12)
    file = saved(tmp_path, form, [HEADER, *rows[:7], ["Site B"], HEADER, *rows[7:]])
    assert [(odd.row, odd.is_header) for odd in file.odd] == [(9, False), (10, True)]
    assert file.rows == 12
    assert "Site B" not in file.odd[0].asked("x").text, "it could be the name of a person"


@pytest.mark.parametrize("padded", [True, False])
@pytest.mark.parametrize("line", [["Total", "", "", "", "", "38"], ["Extracted 12/03/2025"], ["Summe: 12"]])
def test_footer_is_asked_and_not_among_the_facts(tmp_path, line, padded):
    file = saved(tmp_path, "csv", [HEADER, *records(12), [], line], padded)
    assert [odd.row for odd in file.odd] == [15]
    assert file.odd[0].word in line[0]
    assert file.rows == 12 and set(file.facts["case no"].counts) == {f"C{place:03}" for place in range(12)}


def test_sum_without_a_word_is_asked(tmp_path):
    file = saved(tmp_path, "csv", [HEADER, *records(12), ["", "", "", "", "12", "460"]])
    assert [odd.row for odd in file.odd] == [14]


def test_form_of_which_nothing_was_answered_is_a_record(tmp_path):
    rows = records(12)
    rows[4] = [rows[4][0]]
    assert not saved(tmp_path, "csv", [HEADER, *rows]).odd


FURNITURE = (["Total", "", "3"], ["Site B"], HEADER, ["Printed on 3 May"], ["Mean", "", "", "", "", "33"])


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_furniture_put_anywhere_is_found_and_no_record_is(tmp_path_factory, data):
    rows = records(data.draw(st.integers(24, 40)))
    put = data.draw(st.lists(st.sampled_from(FURNITURE), max_size=3, unique_by=str))
    places = data.draw(st.lists(st.integers(1, len(rows)), min_size=len(put), max_size=len(put)))
    for line, place in zip(put, places, strict=True):
        rows.insert(place, line)
    title = data.draw(st.sampled_from(([], [["Enrolments 2024"], []])))
    file = saved(tmp_path_factory.mktemp("sheet"), "csv", [*title, HEADER, *rows])
    expected = [len(title) + 2 + place for place, row in enumerate(rows) if row in FURNITURE]
    assert [odd.row for odd in file.odd] == expected
