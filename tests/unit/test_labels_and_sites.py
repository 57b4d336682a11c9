"""Value labels in any language and spelling, and tables that come as one export per site."""

from __future__ import annotations

import unicodedata

import pandas as pd
import pyreadstat
import pytest
from small_cohorts import COHORT, ingest, only_problem, write_cohort

STARTED = "      started_on: started\n"
LANGUAGES = {
    "German": ("abgeschlossen, größtenteils", "ausgeschieden"),
    "Norwegian": ("fullført på egen hånd", "sluttet"),
    "Russian": ("завершил курс", "выбыл ё"),
    "Arabic": ("أكمل البرنامج", "انسحب"),
    "Greek": ("ολοκλήρωσε", "αποχώρησε"),
    "Hebrew": ("סיים", "נשר"),
    "Vietnamese": ("đã hoàn thành", "bỏ dở"),
    "Korean": ("수료함", "중도 탈락"),
    "Hindi": ("पूरा किया", "छोड़ दिया"),
}


OUTCOMES = ("completed", "dropped_out")


def cohort_with(labels: dict[str, str]) -> str:
    written = ", ".join(f'"{label}": {value}' for label, value in labels.items())
    return COHORT.replace(STARTED, f"{STARTED}      status: {{column: ende, labels: {{{written}}}}}\n")


def enrolments_with(*cells: str) -> str:
    rows = [f"E{row};C{row};2024-01-08;{cell}" for row, cell in enumerate(cells, 1)]
    return "\n".join(["enrolment;client;started;ende", *rows, ""])


@pytest.mark.parametrize(("declared", "in_file"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_labels_are_found_in_every_language_and_unicode_form(tmp_path, declared, in_file):
    labels = {
        unicodedata.normalize(declared, label): outcome
        for pair in LANGUAGES.values()
        for label, outcome in zip(pair, OUTCOMES, strict=True)
    }
    cells = [unicodedata.normalize(in_file, label) for pair in LANGUAGES.values() for label in pair]
    assert set(cells) != set(labels)
    write_cohort(tmp_path, cohort_with(labels), enrolments__csv=enrolments_with(*cells))
    ingested = ingest(tmp_path)
    assert ingested.tables["enrolments"]["status"].tolist() == list(OUTCOMES) * len(LANGUAGES)
    assert len(ingested.changes) == len(cells)


@pytest.mark.parametrize(
    ("encoding", "label"),
    [("cp1252", "größtenteils"), ("cp1251", "завершил"), ("cp1256", "أكمل"), ("utf-16", "завершил")],
)
def test_labels_are_found_in_the_encodings_of_old_programs(tmp_path, encoding, label):
    cohort = cohort_with({label: "completed"})
    if encoding.startswith("cp125") and encoding != "cp1252":
        cohort = cohort.replace("    format: csv\n", f"    format: csv\n    encoding: {encoding}\n", 1)
    cells = enrolments_with(label, label)
    write_cohort(tmp_path, cohort, enrolments__csv=cells.encode(encoding))
    assert ingest(tmp_path).tables["enrolments"]["status"].tolist() == ["completed"] * 2


@pytest.mark.slow
@pytest.mark.parametrize("form", ["spss", "stata"])
def test_reasons_of_missing_values_in_any_language(tmp_path, form):
    table = pd.DataFrame({"enrolment": ["E1", "E2"], "started": ["2024-01-08"] * 2})
    if form == "spss":
        table["risk"] = [-99.0, -98.0]
        labels: dict[str, dict] = {"risk": {-99.0: "отказался", -98.0: "لم يُسأل"}}
        pyreadstat.write_sav(
            table, tmp_path / "e.sav", missing_ranges={"risk": [-99, -98]}, variable_value_labels=labels
        )
    else:
        table["risk"] = ["a", "b"]
        labels = {"risk": {"a": "отказался", "b": "لم يُسأل"}}
        pyreadstat.write_dta(
            table, tmp_path / "e.dta", missing_user_values={"risk": ["a", "b"]}, variable_value_labels=labels
        )
    cohort = COHORT.replace("enrolments.csv", "e.sav" if form == "spss" else "e.dta", 1)
    cohort = cohort.replace("format: csv", f"format: {form}", 1).replace("      client_id: client\n", "")
    write_cohort(tmp_path, cohort.replace(STARTED, f"{STARTED}      risk_score: risk\n"))
    assert ingest(tmp_path).missing["reason"].tolist() == ["отказался", "لم يُسأل"]


NORTH = "enrolment,client,started\nE1,C1,2024-01-08\nE2,C2,2024-01-09\n"
SOUTH = "started;note;client;enrolment\n2024-02-01;Ada;C3;E3\n2024-02-02;;C4;E4\n"
SITES = COHORT.replace("files: enrolments.csv", "files: [north.csv, south.csv]")


def test_one_export_per_site_keeps_where_each_row_came_from(tmp_path):
    ingested = ingest(write_cohort(tmp_path, SITES, north__csv=NORTH, south__csv=SOUTH))
    table = ingested.tables["enrolments"]
    assert table[["source_file", "source_row"]].values.tolist() == [
        ["north.csv", 2],
        ["north.csv", 3],
        ["south.csv", 2],
        ["south.csv", 3],
    ]
    days = table["started_on"].dt.strftime("%Y-%m-%d").tolist()
    assert days == ["2024-01-08", "2024-01-09", "2024-02-01", "2024-02-02"]
    assert table["enrolment_id"].nunique() == table["client_id"].nunique() == 4
    files = ingested.sources["enrolments"]["files"]
    assert [file["columns_unused"] for file in files] == [[], ["note"]]
    assert [file["detected"]["delimiter"] for file in files] == [",", ";"]


def test_a_site_that_lacks_a_column_is_named(tmp_path):
    write_cohort(tmp_path, SITES, north__csv=NORTH, south__csv=SOUTH.replace("client", "klient"))
    problem = only_problem(tmp_path)
    assert problem.file == "south.csv" and problem.column == "client" and "klient" in problem.hint


def test_the_same_person_at_two_sites_stays_one(tmp_path):
    south = SOUTH.replace("C3", "C1")
    table = ingest(write_cohort(tmp_path, SITES, north__csv=NORTH, south__csv=south)).tables["enrolments"]
    assert table["client_id"][0] == table["client_id"][2]
