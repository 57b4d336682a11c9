"""A run says which places it may not use, before it starts anything."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from alliance_modes.ground.errors import AllianceModesError, WorkflowError
from alliance_modes.running.rights import MOST_NAMED, check_rights

NOBODY = 65534
AS_ROOT = os.geteuid() == 0


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """The working folder: a project after a run, every place of which this account may use."""
    for path in (
        ".snakemake/metadata/one",
        ".alliance_modes/lock",
        "data/processed/north/clean/sessions.csv",
        "reports/north/internal/report.html",
        "logs/snakemake.log",
        "logs/north/clean.log",
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    (tmp_path / "reports/north/less").symlink_to("nothing")
    os.mkfifo(tmp_path / "reports/north/pipe")
    if AS_ROOT:
        for path in (tmp_path, *tmp_path.rglob("*")):
            os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def closed(path: Path) -> None:
    """Take a place away: by its owner, or where only one account is at hand by its mode."""
    if AS_ROOT:
        os.chown(path, 0, 0)
    path.chmod(0o555 if path.is_dir() else 0o444)


def said(cohorts: Sequence[str] = ("north",)) -> str:
    """What ``check_rights`` says, asked by an account that is not the system's own."""
    if not AS_ROOT:
        return _asked(cohorts)
    reading, writing = os.pipe()
    if os.fork() == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.write(writing, _asked(cohorts).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        text = answer.read().decode()
    os.wait()
    return text


def _asked(cohorts: Sequence[str]) -> str:
    try:
        check_rights(cohorts)
    except AllianceModesError as error:
        return str(error)
    return "nothing"


def test_of_a_project_of_one_account_nothing_is_said(project):
    assert said() == "nothing"
    shutil.rmtree(project / "data")
    shutil.rmtree(project / "logs")
    assert said(["north", "south"]) == "nothing"


@pytest.mark.parametrize(
    "path",
    [
        ".snakemake",
        ".snakemake/metadata",
        ".snakemake/metadata/one",
        ".alliance_modes/lock",
        "data/processed",
        "data/processed/north",
        "data/processed/north/clean",
        "reports",
        "reports/north/internal",
        "logs",
        "logs/snakemake.log",
        "logs/north/clean.log",
    ],
)
def test_a_place_that_a_run_may_not_write_to_is_named_with_what_opens_it(project, path):
    closed(project / path)
    text = said()
    opened = f"chown -R {NOBODY} {path}" if AS_ROOT else f"chmod -R u+rwX {path}"
    assert text.count("\n    ") == 2 and f"\n    {path} (" in text and opened in text


def test_a_folder_that_is_not_there_is_made_in_one_that_may_be_written_to(project):
    shutil.rmtree(project / "reports")
    closed(project / "data")
    shutil.rmtree(project / "data/processed")
    assert "\n    data (" in said() and "\n    . (" not in said()
    closed(project)
    assert "\n    . (" in said() and "\n    data (" in said()


def test_a_result_that_may_be_read_is_replaced_and_one_that_may_not_is_named(project):
    result = project / "data/processed/north/clean/sessions.csv"
    closed(result)
    assert said() == "nothing"
    result.chmod(0)
    assert "\n    data/processed/north/clean/sessions.csv (" in said()


def test_results_of_a_cohort_that_is_not_run_may_be_another_account_s(project):
    for folder in ("data/processed/south", "reports/south", "logs/south"):
        (project / folder).mkdir()
        closed(project / folder)
    assert said() == "nothing" and said(["south"]).count("\n    ") == 4


def test_many_places_are_counted_and_none_is_named_twice(project):
    for number in range(MOST_NAMED + 3):
        (project / f"reports/north/{number}").mkdir()
        closed(project / f"reports/north/{number}")
    assert "\n    and 3 more\n" in said() and said().count("reports/north/0 ") == 1


def test_a_disk_that_is_mounted_read_only_is_called_that(project, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != "reports")
    monkeypatch.setattr(os, "statvfs", lambda path: os.statvfs_result((0,) * 8 + (os.ST_RDONLY, 0)))
    with pytest.raises(WorkflowError, match=r"\n    reports \(its disk is mounted read-only\)\n"):
        check_rights(["north"])
