"""From raw cells to typed tables: labels, missing codes, dates, numbers, items, identity."""

from __future__ import annotations

import datetime as dt
import json

import numpy as np
import pandas as pd
import pytest
from small_cohorts import ALLIANCE, COHORT, ENROLMENTS, ingest, only_problem, problems, write_cohort

from alliance_modes.cleaning.identity import DEMONSTRATION_KEY, keyed_id
from alliance_modes.dictionary.canonical import TABLES, table_columns
from alliance_modes.ground.files import read_tables, write_json, write_tables
from alliance_modes.ingest.stage import ingest_cohort

STARTED = "      started_on: started\n"


def with_columns(*lines: str) -> str:
    return COHORT.replace(STARTED, STARTED + "".join(f"      {line}\n" for line in lines))


def enrolments(*extra: tuple[str, ...]) -> str:
    """The enrolments with further columns, each given as (name, cell of row 2, cell of row 3)."""
    lines = ENROLMENTS.splitlines()
    return "".join(
        ",".join([line, *cells]) + "\n" for line, cells in zip(lines, zip(*extra, strict=True), strict=True)
    )


def column(folder, name: str, table: str = "enrolments") -> list:
    return ingest(folder).tables[table][name].tolist()


def test_every_table_is_there_typed_and_in_order(tmp_path):
    ingested = ingest(write_cohort(tmp_path))
    assert tuple(ingested.tables) == TABLES
    for name, table in ingested.tables.items():
        assert {column: str(dtype) for column, dtype in table.dtypes.items()} == table_columns(name)
        assert list(table) == list(table_columns(name))
    assert len(ingested.tables["sessions"]) == 0
    assert {name for name, source in ingested.sources.items() if source["declared"]} == {
        "enrolments",
        "alliance",
    }


def test_tables_survive_writing_and_reading(tmp_path):
    ingested = ingest(write_cohort(tmp_path))
    paths = [tmp_path / f"{name}.parquet" for name in TABLES]
    write_tables(ingested.tables, paths)
    write_json(ingested.sources, tmp_path / "sources.json")
    for name, table in read_tables(paths).items():
        pd.testing.assert_frame_equal(table, ingested.tables[name])
    assert json.loads((tmp_path / "sources.json").read_text()) == ingested.sources


def test_two_readings_are_equal(tmp_path):
    first, second = ingest(write_cohort(tmp_path)), ingest(tmp_path)
    for name in TABLES:
        pd.testing.assert_frame_equal(first.tables[name], second.tables[name])
    assert first.sources == second.sources


def test_labels_become_values_and_each_changed_cell_is_listed(tmp_path):
    cohort = with_columns(
        "mandated: {column: court, labels: {ja: true, nein: false}}",
        "setting: {column: where, labels: {1: custody}}",
    )
    write_cohort(
        tmp_path, cohort, enrolments__csv=enrolments(("court", "ja", "nein"), ("where", "1.0", "custody"))
    )
    ingested = ingest(tmp_path)
    assert ingested.tables["enrolments"]["mandated"].tolist() == [True, False]
    assert ingested.tables["enrolments"]["setting"].tolist() == ["custody", "custody"]
    expected = [
        ("enrolments", "enrolments.csv", 2, "setting", "1.0", "custody", "label"),
        ("enrolments", "enrolments.csv", 2, "mandated", "ja", "true", "label"),
        ("enrolments", "enrolments.csv", 3, "mandated", "nein", "false", "label"),
    ]
    assert list(ingested.changes.itertuples(index=False, name=None)) == expected


def test_missing_codes_keep_their_reason_and_the_most_specific_wins(tmp_path):
    cohort = with_columns(
        "risk_score: risk",
        "readiness: {column: ready, missing: {-99: not asked}}",
    ).replace("  alliance:\n", "    missing: {-99: refused, n/a: not applicable}\n  alliance:\n")
    write_cohort(tmp_path, cohort, enrolments__csv=enrolments(("risk", "-99", "n/a"), ("ready", "-99.0", "")))
    ingested = ingest(tmp_path)
    assert ingested.tables["enrolments"][["risk_score", "readiness"]].isna().all(axis=None)
    assert list(ingested.missing.iloc[:, :5].itertuples(index=False, name=None)) == [
        ("enrolments", "enrolments.csv", 2, "risk_score", "refused"),
        ("enrolments", "enrolments.csv", 2, "readiness", "not asked"),
        ("enrolments", "enrolments.csv", 3, "risk_score", "not applicable"),
    ]


def test_undeclared_missing_code_is_a_problem_not_a_missing_value(tmp_path):
    write_cohort(tmp_path, with_columns("readiness: ready"), enrolments__csv=enrolments(("ready", "NA", "5")))
    problem = only_problem(tmp_path)
    assert (problem.value, problem.rows) == ("NA", (2,)) and "missing" in problem.hint


def test_misspelt_label_is_a_problem_that_names_the_declared_one(tmp_path):
    cohort = with_columns("mandated: {column: court, labels: {öfters: true}}")
    write_cohort(tmp_path, cohort, enrolments__csv=enrolments(("court", "öfters", "Öfter")))
    assert '"öfters"' in only_problem(tmp_path).hint


def test_truth_without_labels_is_only_0_1_true_false(tmp_path):
    cohort = with_columns("mandated: court")
    write_cohort(tmp_path, cohort, enrolments__csv=enrolments(("court", "1", "FALSE")))
    assert column(tmp_path, "mandated") == [True, False]
    write_cohort(tmp_path, cohort, enrolments__csv=enrolments(("court", "yes", "0")))
    assert '"yes" is neither true nor false' in only_problem(tmp_path).message


def test_category_outside_its_list_is_refused(tmp_path):
    write_cohort(
        tmp_path, with_columns("setting: where"), enrolments__csv=enrolments(("where", "prison", "custody"))
    )
    assert "custody, community" in only_problem(tmp_path).message


def test_number_outside_its_range_is_refused(tmp_path):
    write_cohort(tmp_path, with_columns("age_years: age"), enrolments__csv=enrolments(("age", "7", "34.5")))
    problem = only_problem(tmp_path)
    assert "at least 10 and at most 110" in problem.message and problem.rows == (2,)


def test_count_with_a_fraction_is_refused(tmp_path):
    cohort = with_columns("sessions_planned: planned")
    write_cohort(tmp_path, cohort, enrolments__csv=enrolments(("planned", "24.0", "12.5")))
    assert only_problem(tmp_path).value == "12.5"


def test_decimal_comma_by_declaration_only(tmp_path):
    content = enrolments(("ready", "3,5", "4")).replace(",", ";").replace("3;5", "3,5")
    cohort = with_columns("readiness: ready")
    write_cohort(tmp_path, cohort, enrolments__csv=content)
    assert 'decimal: ","' in only_problem(tmp_path).hint
    declared = cohort.replace("format: csv", 'format: csv\n    decimal: ","', 1)
    write_cohort(tmp_path, declared, enrolments__csv=content)
    assert column(tmp_path, "readiness") == [3.5, 4.0]
    assert ingest(tmp_path).changes["rule"].tolist() == ["decimal comma"]
    write_cohort(tmp_path, declared, enrolments__csv=content.replace("3,5", "1.250"))
    assert "decimal point" in only_problem(tmp_path).message


def test_dates_follow_the_declared_formats_in_order(tmp_path):
    cohort = COHORT.replace("format: csv", 'format: csv\n    date_formats: ["%Y-%m-%d", "%d.%m.%Y"]', 1)
    write_cohort(tmp_path, cohort, enrolments__csv=ENROLMENTS.replace("2024-01-09", "3.2.2024"))
    ingested = ingest(tmp_path)
    assert ingested.tables["enrolments"]["started_on"].dt.date.tolist() == [
        dt.date(2024, 1, 8),
        dt.date(2024, 2, 3),
    ]
    assert ingested.changes[["source_row", "raw_value", "new_value"]].to_numpy().tolist() == [
        [3, "3.2.2024", "2024-02-03"]
    ]


def test_date_that_two_declared_formats_read_differently_is_refused(tmp_path):
    cohort = COHORT.replace("format: csv", 'format: csv\n    date_formats: ["%d/%m/%Y", "%m/%d/%Y"]', 1)
    content = ENROLMENTS.replace("2024-01-08", "03/04/2024").replace("2024-01-09", "05/05/2024")
    write_cohort(tmp_path, cohort, enrolments__csv=content)
    problem = only_problem(tmp_path)
    assert problem.value == "03/04/2024"
    assert "2024-04-03" in problem.message and "2024-03-04" in problem.message


def test_two_digit_year_needs_a_format_that_says_so(tmp_path):
    content = ENROLMENTS.replace("2024-01-08", "08.01.24").replace("2024-01-09", "09.01.24")
    declared = COHORT.replace("format: csv", 'format: csv\n    date_formats: "%d.%m.%Y"', 1)
    write_cohort(tmp_path, declared, enrolments__csv=content)
    assert all("%y" in problem.hint for problem in problems(tmp_path))
    write_cohort(tmp_path, declared.replace("%Y", "%y"), enrolments__csv=content)
    assert ingest(tmp_path).tables["enrolments"]["started_on"].dt.year.tolist() == [2024, 2024]


def test_items_are_in_instrument_order_and_unused_ones_missing(tmp_path):
    header = "enrolment," + ",".join(f"w{item}" for item in range(12, 0, -1))
    row = "E1," + ",".join(str(1 + item % 5) for item in range(12, 0, -1))
    table = ingest(write_cohort(tmp_path, alliance__csv=f"{header}\n{row}\n")).tables["alliance"]
    assert [table[f"item_{item}"][0] for item in range(1, 13)] == [1 + item % 5 for item in range(1, 13)]
    assert np.isnan(table["item_13"][0]) and np.isnan(table["item_36"][0])
    assert table[["rater", "instrument"]].iloc[0].tolist() == ["client", "wai_sr"]


def test_inventory_labels_and_missing_codes(tmp_path):
    cohort = COHORT.replace(
        'items: "w{item}"', 'items: "w{item}", labels: {often: 4}, missing: {"-": skipped}'
    )
    ingested = ingest(write_cohort(tmp_path, cohort, alliance__csv=ALLIANCE.replace("E1,3,3", "E1,often,-")))
    assert ingested.tables["alliance"]["item_1"].tolist() == [4.0, 4.0]
    assert np.isnan(ingested.tables["alliance"]["item_2"][0])
    assert ingested.missing[["source_row", "column", "reason"]].to_numpy().tolist() == [
        [2, "item_2", "skipped"]
    ]


def test_constant_holds_in_every_row_and_is_no_change(tmp_path):
    ingested = ingest(
        write_cohort(tmp_path, with_columns("sessions_planned: {constant: 24}", "mandated: {constant: true}"))
    )
    assert ingested.tables["enrolments"]["sessions_planned"].tolist() == [24, 24]
    assert ingested.tables["enrolments"]["mandated"].tolist() == [True, True]
    assert len(ingested.changes) == 0


def test_sources_of_one_table_stand_below_each_other_with_their_own_rows(tmp_path):
    cohort = COHORT.replace("files: alliance.csv", "files: [alliance.csv, later.csv]")
    ingested = ingest(write_cohort(tmp_path, cohort, later__csv=ALLIANCE))
    where = ingested.tables["alliance"][["source_file", "source_row"]].to_numpy().tolist()
    assert where == [["alliance.csv", 2], ["alliance.csv", 3], ["later.csv", 2], ["later.csv", 3]]


def test_ids_are_keyed_alike_in_every_table_whatever_the_file_made_of_them(tmp_path):
    write_cohort(
        tmp_path,
        enrolments__csv=ENROLMENTS.replace("E1", "12"),
        alliance__csv=ALLIANCE.replace("E1", " 12.0 "),
    )
    tables = ingest(tmp_path).tables
    expected = keyed_id(DEMONSTRATION_KEY, "enrolment_id", "12")
    assert tables["enrolments"]["enrolment_id"][0] == tables["alliance"]["enrolment_id"][0] == expected


def test_leading_zeros_make_another_id(tmp_path):
    content = "enrolment,client,started\n007,C1,2024-01-08\n7,C2,2024-01-08\n"
    assert (
        ingest(write_cohort(tmp_path, enrolments__csv=content)).tables["enrolments"]["enrolment_id"].nunique()
        == 2
    )


def test_second_practitioner_shares_the_ids_of_the_first(tmp_path):
    cohort = with_columns("practitioner_id: lead", "co_practitioner_id: second", "site_id: site")
    write_cohort(
        tmp_path,
        cohort,
        enrolments__csv=enrolments(("lead", "P1", "P2"), ("second", "P2", ""), ("site", "Leeds", "York")),
    )
    table = ingest(tmp_path).tables["enrolments"]
    assert table["co_practitioner_id"][0] == table["practitioner_id"][1] != table["practitioner_id"][0]
    assert table["co_practitioner_id"].isna().tolist() == [False, True]
    assert "Leeds" not in table["site_id"].tolist()


def test_readable_ids_stay_as_they_are(tmp_path):
    cohort = with_columns("site_id: site") + "readable_ids: [site_id]\n"
    assert column(
        write_cohort(tmp_path, cohort, enrolments__csv=enrolments(("site", "Leeds", "York"))), "site_id"
    ) == ["Leeds", "York"]


def test_what_identifies_and_what_is_not_mapped_goes_nowhere(tmp_path):
    cohort = COHORT.replace("    columns:\n", "    drop: [name]\n    columns:\n", 1).replace(
        "client_id: client", "client_id: {column: client, labels: {C2: C1x}}"
    )
    content = enrolments(("name", "Ada Lovelace", "Grace Hopper"), ("remark", "secret one", "secret two"))
    ingested = ingest(write_cohort(tmp_path, cohort, enrolments__csv=content))
    written = "".join(
        table.to_csv() for table in (*ingested.tables.values(), ingested.missing, ingested.changes)
    )
    for secret in ("Ada", "Hopper", "secret", "E1", "C1", "C2"):
        assert secret not in written.replace("NaN", "")
        assert secret not in json.dumps(ingested.sources)
    assert ingested.sources["enrolments"]["files"][0]["columns_unused"] == ["remark"]


def test_another_key_gives_ids_that_do_not_link(tmp_path):
    write_cohort(tmp_path)
    one = ingest_cohort(tmp_path, b"1" * 32).tables["enrolments"]["client_id"]
    other = ingest_cohort(tmp_path, b"2" * 32).tables["enrolments"]["client_id"]
    assert not set(one) & set(other)


def test_excel_and_spss_cells(tmp_path):
    import pyreadstat
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["enrolment", "client", "started"])
    book.active.append([1, "C1", dt.datetime(2024, 1, 8, 9, 30)])
    book.active.append([2, "C2", "09.01.2024"])
    book.save(tmp_path / "e.xlsx")
    items = pd.DataFrame({"enrolment": [1.0, 2.0], **{f"w{item}": [3.0, 4.0] for item in range(1, 13)}})
    items.loc[0, "w1"] = -99
    items.loc[1, "w2"] = None
    items.loc[1, "w3"] = -98
    pyreadstat.write_sav(
        items,
        tmp_path / "a.sav",
        missing_ranges={"w3": [{"lo": -98, "hi": -98}]},
        variable_value_labels={"w3": {-98: "left blank"}},
    )
    cohort = COHORT.replace(
        "enrolments.csv\n    format: csv", 'e.xlsx\n    format: excel\n    date_formats: "%d.%m.%Y"'
    )
    cohort = cohort.replace(
        "alliance.csv\n    format: csv", "a.sav\n    format: spss\n    missing: {-99: refused}"
    )
    ingested = ingest(write_cohort(tmp_path, cohort))
    tables = ingested.tables
    assert tables["enrolments"]["started_on"].tolist() == [
        pd.Timestamp("2024-01-08"),
        pd.Timestamp("2024-01-09"),
    ]
    assert tables["enrolments"]["enrolment_id"].tolist() == tables["alliance"]["enrolment_id"].tolist()
    assert ingested.missing[["source_row", "column", "reason"]].to_numpy().tolist() == [
        [1, "item_1", "refused"],
        [2, "item_2", "system missing"],
        [2, "item_3", "left blank"],
    ]


def test_number_that_a_spreadsheet_made_a_date_of_is_refused(tmp_path):
    from openpyxl import Workbook

    book = Workbook()
    book.active.append(["enrolment", "client", "started", "ready"])
    book.active.append(["E1", "C1", dt.datetime(2024, 1, 8), dt.datetime(2024, 5, 3)])
    book.save(tmp_path / "e.xlsx")
    cohort = with_columns("readiness: ready").replace(
        "enrolments.csv\n    format: csv", "e.xlsx\n    format: excel"
    )
    problem = only_problem(write_cohort(tmp_path, cohort))
    assert "a date where a number is expected" in problem.message


@pytest.mark.parametrize("instrument", ["srs", "session_engagement"])
def test_session_items_carry_the_name_of_their_instrument(tmp_path, instrument):
    count = 4 if instrument == "srs" else 5
    cohort = COHORT + (
        "  sessions:\n    files: s.csv\n    format: csv\n    columns: {enrolment_id: e, session_no: n}\n"
        f'    inventories: [{{instrument: {instrument}, items: "q{{item}}"}}]\n'
    )
    header = "e,n," + ",".join(f"q{item}" for item in range(1, count + 1))
    write_cohort(tmp_path, cohort, s__csv=f"{header}\nE1,1" + ",2" * count + "\n")
    table = ingest(tmp_path).tables["sessions"]
    assert table[f"{instrument}_{count}"].tolist() == [2.0]
    other = "session_engagement_1" if instrument == "srs" else "srs_1"
    assert table[other].isna().all()
