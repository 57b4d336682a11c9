"""A new user's way: three exports as their tools save them, questions in the terminal, a report."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pyreadstat
from projects import COHORT, Project

MOST_ANSWERS = 10
ANSWERS = ("North region", "", "site_id", *["right"] * 2, *["true"] * 3)


def three_exports(raw: Path, folder: Path) -> None:
    """Enrolments (CSV), the clients' forms (workbook) and the practitioners' survey (Qualtrics).

    Of the practitioners only those who answered the survey, so that nothing is lost by design.
    """
    folder.mkdir()
    survey = "survey_wave1_qualtrics.csv"
    (folder / survey).write_bytes((raw / survey).read_bytes())
    with (folder / survey).open(encoding="utf-8-sig", newline="") as stream:
        answered = {row["staff_no"].strip() for row in csv.DictReader(stream)}
    starts = pd.read_csv(raw / "enrolments_redcap.csv", dtype=str, keep_default_na=False)
    starts = starts[starts["facilitator"].str.strip().isin(answered)]
    starts.drop(columns="enrolment_complete").to_csv(folder / "starts.csv", index=False)
    forms, _ = pyreadstat.read_sav(raw / "alliance_client.sav", user_missing=True)
    forms = forms[forms["enrolment"].isin(starts["record_id"])]
    forms.to_excel(folder / "alliance_client.xlsx", index=False)


def test_three_exports_become_a_report_after_at_most_ten_answers(fresh: Project):
    three_exports(fresh.root / "data/raw" / COHORT, fresh.root / "exports")
    typed = "".join(f"{answer}\n" for answer in ANSWERS)
    asked = fresh.alliance_modes("new-cohort", "north", "exports", "--ask", typed=typed)
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert f"{len(ANSWERS)} answers written" in asked.stdout
    assert len(ANSWERS) <= MOST_ANSWERS
    assert "cohort north: no problems" in asked.stdout
    done = fresh.alliance_modes("run", "north")
    assert done.returncode == 0, done.stdout + done.stderr
    report = fresh.report("north").read_text(encoding="utf-8")
    assert "North region" in report
    estimates = pd.read_csv(fresh.root / "reports/north/internal/tables/estimates.csv")
    fitted = set(estimates.loc[estimates["estimate"].notna(), "model"])
    assert {"completion", "alliance"} <= fitted
    assert (fresh.root / "data/processed/north/typed/alliance.parquet").is_file()
