"""Codes: what empty cells stand for, units, shifted and reversed answers, keys that contradict themselves."""

from __future__ import annotations

import pytest
from small_cohorts import ALLIANCE, COHORT, ENROLMENTS, ingest, only_problem, write_cohort

from alliance_modes.cohort import Inventory
from alliance_modes.ingest.stage import check_cohort

STARTED = "      started_on: started\n"
WAI = '{instrument: wai_sr, rater: client, items: "w{item}"}'


def with_wai(rest: str) -> str:
    return COHORT.replace(WAI, '{instrument: wai_sr, items: "w{item}", ' + rest + "}")


def with_column(line: str) -> str:
    return COHORT.replace(STARTED, f"{STARTED}      {line}\n")


def enrolments(name: str, *cells: str) -> str:
    lines = zip(ENROLMENTS.splitlines(), (name, *cells), strict=True)
    return "".join(f"{line},{cell}\n" for line, cell in lines)


def read(folder, line: str, *cells: str) -> list:
    """The values of the one canonical column that ``line`` declares, with the raw column ``x``."""
    write_cohort(folder, with_column(line), enrolments__csv=enrolments("x", *cells))
    return ingest(folder).tables["enrolments"][line.partition(":")[0]].tolist()


def test_an_empty_cell_stands_for_what_is_declared(tmp_path):
    write_cohort(
        tmp_path,
        with_column('mandated: {column: x, labels: {"x": true}, empty: false}'),
        enrolments__csv=enrolments("x", "x", ""),
    )
    ingested = ingest(tmp_path)
    assert ingested.tables["enrolments"]["mandated"].tolist() == [True, False]
    rules = ingested.changes.set_index("raw_value")["rule"].to_dict()
    assert rules == {"x": "label", "": "what an empty cell stands for"}


@pytest.mark.parametrize(
    ("line", "cells", "values"),
    [
        ("sessions_planned: {column: x, unit: sessions}", ("12 sessions", "1 session"), [12, 1]),
        ("sessions_planned: {column: x, unit: sessions}", ("12", "9 Sessions"), [12, 9]),
        ("risk_score: {column: x, times: 100}", ("0.29", "0.43"), [29.0, 43.0]),
        ('risk_score: {column: x, unit: "%"}', ("29%", "43 %"), [29.0, 43.0]),
    ],
)
def test_numbers_in_other_units_are_read(tmp_path, line, cells, values):
    assert read(tmp_path, line, *cells) == values


def test_another_unit_than_the_declared_one_is_refused(tmp_path):
    write_cohort(
        tmp_path,
        with_column("sessions_planned: {column: x, unit: sessions}"),
        enrolments__csv=enrolments("x", "12 sessions", "12 weeks"),
    )
    assert [problem.value for problem in check_cohort(tmp_path)] == ["12 weeks"]


def rated(folder, inventory: str, *rows: str) -> list[list[float]]:
    """The answers of each row, from rows of twelve cells."""
    header = ALLIANCE.splitlines()[0]
    cells = "".join(f"E{place},{row}\n" for place, row in enumerate(rows, 1))
    write_cohort(folder, COHORT.replace(WAI, inventory), alliance__csv=f"{header}\n{cells}")
    table = ingest(folder).tables["alliance"]
    return table[[f"item_{item}" for item in range(1, 13)]].to_numpy(dtype=float).tolist()


def test_answers_that_start_at_another_number_are_moved_and_labels_are_not(tmp_path):
    inventory = '{instrument: wai_sr, items: "w{item}", starts_at: 0, labels: {most: 5}}'
    answers = rated(tmp_path, inventory, "0,1,2,3,4,most,0,1,2,3,4,most", "4,4,4,4,4,4,4,4,4,4,4,4")
    assert answers[0] == [1, 2, 3, 4, 5, 5, 1, 2, 3, 4, 5, 5]
    assert answers[1] == [5.0] * 12


def test_an_item_that_the_file_holds_reversed_is_turned_back_once_with_its_labels(tmp_path):
    inventory = '{instrument: wai_sr, items: "w{item}", already_reversed: [2, 12], labels: {low: 1}}'
    answers = rated(tmp_path, inventory, "5,5,3,3,3,3,3,3,3,3,3,low", "1,2,3,3,3,3,3,3,3,3,3,3")
    assert (answers[0][0], answers[0][1], answers[0][11]) == (5, 1, 5)
    assert (answers[1][0], answers[1][1]) == (1, 4)


@pytest.mark.parametrize(
    ("written", "items"), [("none", ()), ("4 and 10", (4, 10)), (4, (4,)), ([4, 10], (4, 10))]
)
def test_reversed_items_can_be_written_as_an_answer(written, items):
    inventory = Inventory(instrument="wai_s", items="w{item}", already_reversed=written)
    assert inventory.already_reversed == items


@pytest.mark.parametrize(
    ("cohort", "said"),
    [
        (with_column('mandated: {column: x, labels: {1: true, 1.0: false}}'), '"1" and "1.0" are one'),
        (with_column('mandated: {column: x, missing: {8: a, "8 ": b}}'), '"8" and "8 " are'),
        (with_column('mandated: {column: x, labels: {1: true}, missing: {1.0: a}}'), '"1" is both a label'),
        (with_column('mandated: {column: x, missing: {0: unknown}}'), '"0" is a valid value'),
        (with_column("age_years: {column: x, empty: old}"), "the value of empty is not valid"),
        (with_wai('labels: {a: 1, "a ": 5}'), '"a" and "a "'),
        (with_wai('missing: {"3": no}'), '"3" is a valid'),
        (with_wai("missing: {0: no}, starts_at: 0"), '"0" is a'),
        (with_wai("already_reversed: [13]"), "items [13]"),
        (COHORT.replace(WAI, '{instrument: wai_36, items: "w{item}"}'), "several forms"),
    ],
)  # fmt: skip
def test_a_declaration_that_contradicts_itself_is_refused(tmp_path, cohort, said):
    write_cohort(tmp_path, cohort, enrolments__csv=enrolments("x", "1", "1"))
    assert any(said in problem.message for problem in check_cohort(tmp_path))


def test_units_of_what_is_no_number_and_empty_ids_are_refused(tmp_path):
    write_cohort(tmp_path, with_column("mandated: {column: x, times: 100}"))
    assert any("are for numbers" in problem.message for problem in check_cohort(tmp_path))
    write_cohort(tmp_path, with_column("group_id: {column: x, empty: none}"))
    assert any("stands for nothing" in problem.message for problem in check_cohort(tmp_path))


def test_ids_whose_digits_a_spreadsheet_has_rounded_are_refused(tmp_path):
    long = ENROLMENTS.replace("C1", "12345678901234500").replace("C2", "12345678901234600")
    assert "ends in zeros" in only_problem(write_cohort(tmp_path, enrolments__csv=long)).message
    exact = ENROLMENTS.replace("C1", "12345678901234567").replace("C2", "12345678901234600")
    assert len(ingest(write_cohort(tmp_path, enrolments__csv=exact)).tables["enrolments"]) == 2
    held = ENROLMENTS.replace("C1", "1234567890123456.0")
    assert "last digits are lost" in only_problem(write_cohort(tmp_path, enrolments__csv=held)).message
