"""``cohort.yaml``: what it may say, and what it is told when it contradicts itself."""

from __future__ import annotations

import datetime as dt

import pytest
from small_cohorts import COHORT, write_cohort

from alliance_modes.cohort import load_cohort, raw_files
from alliance_modes.ground.errors import ConfigurationError, Problem

FIRST_FORMAT = "format: csv"


def refusals(folder, cohort: str) -> tuple[Problem, ...]:
    write_cohort(folder, cohort)
    with pytest.raises(ConfigurationError) as caught:
        load_cohort(folder)
    return caught.value.problems


def only_refusal(folder, cohort: str) -> Problem:
    found = refusals(folder, cohort)
    assert len(found) == 1, [str(problem) for problem in found]
    return found[0]


def test_what_is_declared(tmp_path):
    cohort = load_cohort(write_cohort(tmp_path))
    assert cohort.cohort == "small" and cohort.data_lock == dt.date(2024, 12, 31)
    assert cohort.declared() == ("enrolments", "alliance")
    assert [name for name, _ in cohort.sources()] == ["enrolments", "alliance"]
    assert raw_files(tmp_path, cohort) == (tmp_path / "enrolments.csv", tmp_path / "alliance.csv")
    enrolments = cohort.tables.enrolments[0]
    assert enrolments.columns["client_id"].column == "client"
    assert enrolments.date_formats == ("%Y-%m-%d",)


def test_codes_are_text_whatever_yaml_makes_of_them(tmp_path):
    cohort = COHORT.replace(
        "client_id: client",
        "mandated: {column: c, labels: {1: true, 2.5: false, no: false}, missing: {-99: x}}",
    )
    mandated = load_cohort(write_cohort(tmp_path, cohort)).tables.enrolments[0].columns["mandated"]
    assert set(mandated.labels) == {"1", "2.5", "no"} and set(mandated.missing) == {"-99"}
    assert mandated.labels["1"] is True


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ('date_formats: "%d.%m"', "needs day, month and year"),
        ("date_formats: [later]", "needs day, month and year"),
        ('delimiter: ";;"', "one character"),
        ("encoding: klingon", "no encoding of this name"),
        ("encoding: base64", "no encoding of this name"),
        ("sheet: Staff", "belongs to the format excel"),
        ("repeat_instrument: session", "belongs to the format redcap"),
        ("drop: [client]", "both mapped and dropped"),
    ],
)
def test_setting_that_cannot_be_is_refused_with_its_line(tmp_path, setting, said):
    problem = only_refusal(tmp_path, COHORT.replace(FIRST_FORMAT, f"{FIRST_FORMAT}\n    {setting}", 1))
    assert said in problem.message
    assert problem.line == (11 if setting.startswith("drop") else 8)


@pytest.mark.parametrize(("written", "meant"), [("tab", "\t"), ('"\\t"', "\t"), ('";"', ";")])
def test_delimiter(tmp_path, written, meant):
    cohort = COHORT.replace(FIRST_FORMAT, f"{FIRST_FORMAT}\n    delimiter: {written}", 1)
    assert load_cohort(write_cohort(tmp_path, cohort)).tables.enrolments[0].delimiter == meant


def test_unknown_canonical_column_and_unmapped_required_one(tmp_path):
    found = refusals(tmp_path, COHORT.replace("enrolment_id: enrolment\n", "enrolmentid: enrolment\n"))
    assert [problem.line for problem in found] == [9, 8]
    assert 'did you mean "enrolment_id"' in found[0].message
    assert "required column enrolment_id is not mapped" in found[1].message


def test_both_or_neither_origin(tmp_path):
    assert (
        "either column"
        in only_refusal(tmp_path, COHORT.replace("client_id: client", "client_id: {}")).message
    )
    both = COHORT.replace("client_id: client", "client_id: {column: a, constant: b}")
    assert "either column" in only_refusal(tmp_path, both).message


def test_code_that_is_label_and_missing_at_once(tmp_path):
    cohort = COHORT.replace(
        "client_id: client", "mandated: {column: c, labels: {9: true}, missing: {9: unknown}}"
    )
    assert '"9" is declared both' in only_refusal(tmp_path, cohort).message


def test_required_tables(tmp_path):
    start = COHORT.index("  enrolments:")
    alliance = COHORT.index("  alliance:")
    without_enrolments = COHORT[:start] + COHORT[alliance:]
    assert "enrolments is required" in only_refusal(tmp_path, without_enrolments).message
    assert "alliance and practitioner_survey" in only_refusal(tmp_path, COHORT[:alliance]).message


def test_alliance_source_has_one_inventory_with_its_rater(tmp_path):
    without = COHORT.partition("    inventories:")[0]
    assert "exactly one inventory" in only_refusal(tmp_path, without).message
    mapped = COHORT.replace(
        "columns: {enrolment_id: enrolment}", "columns: {enrolment_id: enrolment, rater: who}"
    )
    assert "said by the inventory" in only_refusal(tmp_path, mapped).message


def test_item_pattern_needs_a_place_for_the_number(tmp_path):
    assert "{item}" in only_refusal(tmp_path, COHORT.replace("w{item}", "w")).message


@pytest.mark.parametrize("value", ["31.12.2024", "2024", "soon", "2024-02-30"])
def test_data_lock_is_a_whole_date(tmp_path, value):
    problem = only_refusal(tmp_path, COHORT.replace("2024-12-31", value))
    assert problem.line == 3 and "year-month-day" in problem.message


def test_cohort_name_and_other_problems_together(tmp_path):
    found = refusals(
        tmp_path, COHORT.replace("cohort: small", "cohort: ../small").replace("2024-12-31", "soon")
    )
    assert [problem.line for problem in found] == [1, 3]


def test_same_file_twice(tmp_path):
    cohort = COHORT.replace("files: alliance.csv", "files: [alliance.csv, alliance.csv]")
    assert "listed twice" in only_refusal(tmp_path, cohort).message
