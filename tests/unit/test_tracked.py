"""Raw files of real people do not get into a repository unseen."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from small_cohorts import COHORT, write_cohort

from alliance_modes.cohort import load_cohort, raw_files
from alliance_modes.intake.tracked import tracked_files
from alliance_modes.running.checks import check_cohort_files

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="not run: git is not installed")
PROJECT = Path(__file__).parents[2]


def git(folder, *arguments):
    done = subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def refused(folder):
    found = check_cohort_files(folder, load_cohort(folder).cohort)
    return "" if found is None else str(found)


def test_raw_files_that_git_tracks_are_refused_but_of_a_demonstration(tmp_path):
    (tmp_path / "raw").mkdir()
    folder = write_cohort(tmp_path / "raw")
    git(tmp_path, "init", "-q")
    assert not tracked_files(raw_files(folder, load_cohort(folder)))
    assert "tracked by git" not in refused(folder)
    git(tmp_path, "add", "--force", ".")
    said = refused(folder)
    assert "tracked by git" in said and f"git rm -r --cached {folder}" in said
    write_cohort(tmp_path / "raw", COHORT + "demonstration: true\n")
    assert "tracked by git" not in refused(folder)


def test_of_raw_files_only_the_shipped_cohorts_are_committed_by_accident(tmp_path):
    git(tmp_path, "init", "-q")
    shutil.copy(PROJECT / ".gitignore", tmp_path / ".gitignore")
    for name in ("demo_2024", "north", "demo_2024/copies", "demo"):
        (tmp_path / "data/raw" / name).mkdir(parents=True, exist_ok=True)
        (tmp_path / "data/raw" / name / "sessions.csv").touch()
    git(tmp_path, "add", ".")
    added = git(tmp_path, "ls-files", "data").split()
    assert added == ["data/raw/demo_2024/copies/sessions.csv", "data/raw/demo_2024/sessions.csv"]
