"""Where nothing changed a run says so without Snakemake; whatever has changed, Snakemake is asked."""

from __future__ import annotations

import os
import shutil

import pytest
from projects import COHORT

LOG = "logs/snakemake.log"
RAW = f"data/raw/{COHORT}"
TABLES = f"reports/{COHORT}/internal/tables"


@pytest.fixture
def settled(finished):
    """A finished project whose last run found nothing to do."""
    done = finished.alliance_modes("run")
    assert done.returncode == 0 and "nothing to do: up to date" in done.stdout
    return finished


def asked_snakemake(project) -> bool:
    """Whether a run starts Snakemake, which then writes its log anew."""
    log = project.root / LOG
    log.unlink(missing_ok=True)
    done = project.alliance_modes("run")
    assert done.returncode == 0, done.stdout + done.stderr
    return log.exists()


def with_its_times(path, change):
    about = path.stat()
    change(path)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))


def last_digit(path):
    """Another digit at the end, and the size and time that it had."""
    content = bytearray(path.read_bytes())
    place = max(place for place, sign in enumerate(content) if chr(sign).isdigit())
    content[place] = ord("1") if content[place] != ord("1") else ord("2")
    path.write_bytes(content)


def edited_result(project):
    with_its_times(project.root / TABLES / "estimates.csv", last_digit)


def result_gone(project):
    (project.root / f"reports/{COHORT}/internal/report.html").unlink()


def records_gone(project):
    shutil.rmtree(project.root / ".snakemake/metadata")


def file_put_into_a_release(project):
    (project.root / f"reports/{COHORT}/release/mine.txt").write_text("mine")


def note_gone(project):
    next((project.root / ".alliance_modes/made").glob("report.*.json")).unlink()


def unreadable_digest(project):
    (project.root / ".alliance_modes/settled.json").write_text("{")


def test_nothing_is_looked_at_twice_until_something_changes(settled):
    before = settled.digests()
    assert not asked_snakemake(settled)
    assert settled.digests() == before
    (settled.root / "logs/mine.log").write_text("no result")
    assert not asked_snakemake(settled)


@pytest.mark.parametrize(
    "change",
    [
        edited_result,
        result_gone,
        records_gone,
        file_put_into_a_release,
        note_gone,
        unreadable_digest,
    ],
)
def test_whatever_changed_is_left_to_snakemake(settled, change, reference_digests):
    change(settled)
    assert asked_snakemake(settled)
    assert settled.digests() == reference_digests
    assert not asked_snakemake(settled)


def test_another_plan_is_left_to_snakemake(settled):
    settled.edit("config/plan.yaml", "\n# a line more\n")
    assert asked_snakemake(settled)
    assert not asked_snakemake(settled)


def test_a_raw_file_that_changed_and_is_what_it_was_again_is_left_to_snakemake(settled):
    path = settled.root / RAW / "sessions.csv"
    was = path.read_bytes()
    with_its_times(path, lambda one: (one.write_bytes(was + b"\n"), one.write_bytes(was)))
    assert asked_snakemake(settled)
