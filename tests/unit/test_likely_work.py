"""Whether a run will have work is guessed by time stamps before Snakemake knows."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from alliance_modes.running.launch import work_is_likely

SOURCES = ("config/config.yaml", "plan.yaml", "north/cohort.yaml", "north/sessions.csv", "own.yaml")
REPORT = Path("reports/north/internal/report.html")


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in (*SOURCES, str(REPORT)):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
        os.utime(name, (1000, 1000))
    return SimpleNamespace(
        cohorts=("north",),
        cohort_file=lambda name: f"{name}/cohort.yaml",
        raw_files=lambda name: [f"{name}/sessions.csv"],
        plan_files=lambda name: ["plan.yaml"],
        instrument_files=lambda: ["own.yaml"],
    )


def test_nothing_was_written_since_the_reports(study):
    assert not work_is_likely(study)


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_was_written_since(study, name):
    os.utime(name, (2000, 2000))
    assert work_is_likely(study)


def test_a_report_is_missing(study):
    study.cohorts = ("north", "south")
    assert work_is_likely(study)
    REPORT.unlink()
    assert work_is_likely(study)
