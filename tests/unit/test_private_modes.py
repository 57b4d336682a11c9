"""Whose files are: what a run writes is its owner's alone, what is made to leave can be read by others."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from releases import release

from alliance_modes.release.folder import write_release
from alliance_modes.running.jobs import MARK_OF_FOLDER, Job, remove_marks, withdraw_outputs, withdraw_reports
from alliance_modes.running.modes import keep_way_open, make_private

PRIVATE = (
    "data/processed/north/scores.parquet",
    "data/released/north/001.json",
    "reports/north/internal/report.html",
    "reports/north/internal/tables/scales.csv",
    "reports/north/internal/release_record/files.csv",
    "reports/north/internal/release_record/attack.csv",
    "reports/north/check.html",
    "reports/_cohorts/internal/tables/invariance.csv",
    "logs/north/ingest.log",
)
OPEN = ("reports/north/release/report.html", "data/raw/north/cohort.yaml", "config/plan.yaml")

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes of files are those of POSIX")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def project(tmp_path):
    for name in (*PRIVATE, *OPEN):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
        path.chmod(0o664)
    for folder in (path for path in tmp_path.rglob("*") if path.is_dir()):
        folder.chmod(0o755)
    return tmp_path


def test_what_earlier_runs_wrote_becomes_private(project):
    make_private(project)
    for name in PRIVATE:
        assert mode(project / name) == 0o600, name
    for folder in ("data/processed", "data/processed/north", "reports/north/internal/tables", "logs"):
        assert mode(project / folder) == 0o700, folder
    for name in OPEN:
        assert mode(project / name) == 0o664, name


def test_a_link_out_of_the_project_is_not_followed(project):
    outside = project.parent / "outside.txt"
    outside.write_text("x")
    outside.chmod(0o644)
    (project / "data/processed/north/link").symlink_to(outside)
    make_private(project)
    assert mode(outside) == 0o644


def test_the_way_to_a_release_stays_open(project):
    (project / "reports/north").chmod(0o700)
    keep_way_open("north", project)
    assert mode(project / "reports/north") == 0o755


def test_what_a_job_writes_is_its_owners(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before, log = os.umask(0o022), ["logs/north/clean.log"]
    script = SimpleNamespace(rule="clean", wildcards={"cohort": "north"}, log=log, input=[], output=[])
    try:
        with Job(script):
            Path("written").mkdir()
            Path("written/table.csv").write_text("x")
    finally:
        os.umask(before)
    assert [mode(Path(name)) for name in ("written", "written/table.csv", "logs/north/clean.log")] == [
        0o700, 0o600, 0o600,
    ]  # fmt: skip


def test_a_process_of_snakemake_started_by_hand_writes_for_its_owner(tmp_path):
    code = (
        "from alliance_modes.running.jobs import set_job_environment; set_job_environment();"
        " import pathlib; pathlib.Path('x').write_text('y')"
    )
    subprocess.run([sys.executable, "-P", "-c", code], cwd=tmp_path, check=True, timeout=60)
    assert mode(tmp_path / "x") == 0o600


def test_a_release_is_open_and_what_is_behind_it_private_whatever_the_umask(tmp_path):
    before = os.umask(0o077)
    try:
        written = write_release(release(), tmp_path)
    finally:
        os.umask(before)
    assert {mode(path) for path in written.folder.rglob("*.*")} == {0o644}
    assert mode(written.folder) == mode(written.folder / "checksums") == 0o755
    assert {mode(path) for path in written.inside.rglob("*.*")} == {0o600}
    assert mode(written.inside) == mode(written.inside / "checksums") == 0o700


def test_only_what_is_made_again_for_readers_is_withdrawn(project):
    kept, gone = project / "reports/north/internal/report.html", project / "reports/north/release"
    behind = project / "reports/north/internal/release_record"
    jobs = [
        SimpleNamespace(rule=SimpleNamespace(name="export"), output=[str(kept)]),
        SimpleNamespace(
            rule=SimpleNamespace(name="release"),
            output=[str(gone / "results.json"), str(behind / "files.csv"), str(project / "nothing")],
        ),
    ]
    withdraw_outputs(jobs)
    assert kept.is_file() and not gone.exists() and not behind.exists()


def test_folders_that_people_open_hold_no_file_of_snakemake(project):
    parts = project / "reports/north/internal/parts"
    parts.mkdir()
    for name in (MARK_OF_FOLDER, "site_hill.html"):
        (parts / name).write_text("")
    remove_marks(project)
    assert [path.name for path in parts.iterdir()] == ["site_hill.html"]


def test_a_cohort_that_cannot_be_analysed_keeps_neither_report_nor_release(project):
    (project / "reports/north/internal/checklist.pdf").write_text("")
    withdraw_reports("north", project)
    assert not (project / "reports/north/internal/checklist.pdf").exists()
    assert not (project / "reports/north/internal/report.html").exists()
    assert not (project / "reports/north/release").exists()
    assert not (project / "reports/north/internal/release_record").exists()
    assert (project / "reports/north/internal/tables/scales.csv").exists()
