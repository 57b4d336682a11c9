"""Files among the raw files that no source reads: said before a run, never passed over."""

from __future__ import annotations

import shutil
from pathlib import Path

from small_cohorts import COHORT, write_cohort

from alliance_modes.cohort import load_cohort
from alliance_modes.ground.layout import RAW
from alliance_modes.intake.beside import files_beside
from alliance_modes.running.checks import check_data

PLAN = Path(__file__).parents[2] / "config/plan.yaml"
LEFT_OUT = COHORT.replace("tables:\n", 'left_out: {rooms.csv: "rooms, not people"}\ntables:\n')


def test_every_file_that_could_be_read_and_is_not(tmp_path):
    folder = write_cohort(tmp_path, LEFT_OUT, rooms__csv="a\n")
    for name in ("alliance (1).csv", "South.XLSX", "old.zip", "~$south.xlsx", ".hidden.csv", "notes.md"):
        (folder / name).write_text("x")
    (folder / "further").mkdir()
    (folder / "further/more.csv").write_text("x")
    assert files_beside(folder, load_cohort(folder)) == ("South.XLSX", "alliance (1).csv", "old.zip")


def test_what_was_planted_in_a_simulated_cohort_is_no_export(tmp_path):
    folder = write_cohort(tmp_path, COHORT.replace("tables:\n", "demonstration: true\ntables:\n"))
    (folder / "planted.csv").write_text("x")
    assert files_beside(folder, load_cohort(folder)) == ()


def test_files_are_looked_for_where_others_are_read(tmp_path):
    cohort = COHORT.replace("files: alliance.csv", "files: further/alliance.csv")
    folder = write_cohort(tmp_path, cohort)
    (folder / "further").mkdir()
    (folder / "alliance.csv").rename(folder / "further/alliance.csv")
    (folder / "further/alliance_2.csv").write_text("x")
    assert files_beside(folder, load_cohort(folder)) == ("further/alliance_2.csv",)


def test_check_says_so_on_the_terminal_and_on_its_page(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    shutil.copy(PLAN, tmp_path / "config")
    (tmp_path / "config/config.yaml").write_text("cohorts: [small]\nplan: config/plan.yaml\n")
    folder = RAW / "small"
    folder.mkdir(parents=True)
    write_cohort(folder)
    (folder / "alliance (1).csv").write_text("x")
    page = tmp_path / "check.html"
    said = check_data("small", page)
    assert "  in the folder, and read by no source: alliance (1).csv" in said.lines
    assert "alliance (1).csv</span>" in page.read_text()
