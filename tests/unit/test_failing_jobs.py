"""What a person is told of a script that fails: the data's fault, the software's, or the machine's."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pyreadstat
import pytest
from click.testing import CliRunner

from alliance_modes.cli import main
from alliance_modes.cohort import load_cohort, raw_files
from alliance_modes.drafting.folder import new_cohort
from alliance_modes.ground.errors import CohortError, WorkflowError
from alliance_modes.ground.labelled_files import write_spss
from alliance_modes.ground.machine import HINTS, full_disk, machine_problem, not_there
from alliance_modes.running.checks import check_cohort_files, check_project
from alliance_modes.running.jobs import EVENT_MARK, Job, crashed
from alliance_modes.running.launch import failure
from alliance_modes.running.place import Here
from alliance_modes.running.progress import AtWork, Progress

DEMO = Path(__file__).parents[2] / "data/raw/demo_2024"

JOB = """
from types import SimpleNamespace
from alliance_modes.running.jobs import Job
of_model = {{"cohort": "north", "model": "alliance"}}
model = SimpleNamespace(rule="model", wildcards=of_model, log=["job.log"], input={inputs}, output=[])
with Job(model) as say:
    say("at work")
    {body}
"""


def _ended(folder, body: str, inputs: Sequence[str] = ()) -> tuple[int, str, str]:
    """Status of a script with this body, what it put on the terminal, and its log."""
    done = subprocess.run(
        [sys.executable, "-c", JOB.format(body=body, inputs=list(inputs))],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr, (folder / "job.log").read_text(errors="replace")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("import os; raise OSError(28, 'x', 'reports/a.csv')", "reports/a.csv: No space left on device"),
        ("open('/dev/full', 'w').write('a' * 100_000)", "No space left on device"),
        ("raise PermissionError(13, 'x', 'data')", "data: Permission denied"),
        ("raise MemoryError", "not enough memory"),
    ],
)
def test_a_fault_of_the_machine_is_not_called_a_defect(tmp_path, body, said):
    status, told, log = _ended(tmp_path, body)
    assert status == 1
    assert said in log
    assert "-> " in log
    assert "defect" not in log + told


@pytest.mark.parametrize("body", ["raise RuntimeError('x')", "open('not there')", "raise OSError('x')"])
def test_what_is_no_fault_of_the_machine_is_called_a_defect(tmp_path, body):
    status, _, log = _ended(tmp_path, body)
    assert status == 1
    assert "This is a defect of the software" in log
    assert "Traceback" in log


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT])
def test_a_crash_of_compiled_code_leaves_its_line_in_the_log(tmp_path, number):
    status, _, log = _ended(tmp_path, f"import os; os.kill(os.getpid(), {int(number)})")
    assert status == -number
    assert "at work" in log
    assert 'File "<string>", line 8' in log
    assert crashed(tmp_path / "job.log")


def test_a_crash_is_told_from_an_end_from_outside(tmp_path):
    log = tmp_path / "job.log"
    progress = Progress(print)
    progress.running["north · model alliance"] = AtWork(str(log), 0.0)
    log.write_text("at work\n")
    assert "ended from outside" in failure(progress, Here())
    log.write_text("at work\nFatal Python error: Segmentation fault\n")
    assert failure(progress, Here()).startswith("a compiled library crashed")
    assert str(log) in failure(progress, Here())
    log.unlink()
    assert "ended from outside" in failure(progress, Here())


def test_every_error_of_the_machine_has_a_name_and_a_hint():
    for number in HINTS:
        told = machine_problem(OSError(number, os.strerror(number), "a/file"))
        assert told.startswith(f"a/file: {os.strerror(number)}\n    -> ")
    assert machine_problem(OSError(errno.ENOENT, "x", "a/file")) == ""
    assert machine_problem(RuntimeError("x")) == ""


def test_a_command_that_misses_a_folder_says_which_and_a_disk_without_room_for_a_file_is_full(monkeypatch):
    told = not_there(FileNotFoundError(errno.ENOENT, "x", "data/processed/north"))
    assert told.startswith("data/processed/north: No such file or directory\n    -> It was taken away")
    assert not_there(OSError(errno.ENOENT, "x")) == not_there(OSError(errno.EIO, "x", "a")) == ""
    room = os.statvfs(".")
    for files, left, full in ((100, 0, True), (100, 1, False), (0, 0, False)):
        fields = [*[*room][:5], files, left, left, *[*room][8:]]
        monkeypatch.setattr(os, "statvfs", lambda _, fields=fields: os.statvfs_result(fields))
        assert bool(full_disk()) == full


def test_a_full_disk_is_told_where_a_library_does_not_say_what_the_system_said(monkeypatch):
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=100, f_frsize=4096))
    assert machine_problem(RuntimeError("cannot write")).startswith(f"{os.getcwd()}: No space left on device")
    progress = Progress(print)
    progress.running["north · model alliance"] = AtWork("nowhere.log", 0.0)
    assert failure(progress, Here()).startswith(f"{os.getcwd()}: No space left on device\n    -> Make room")


def test_what_the_system_said_is_found_below_what_a_library_made_of_it():
    error = RuntimeError("cannot write")
    error.__cause__ = OSError(errno.EDQUOT, "x", "a/file")
    assert machine_problem(error).startswith("a/file: Disk quota exceeded")


def test_a_job_tells_its_message_where_the_log_does_not_take_it(tmp_path):
    told: list[str] = []
    event = {"event": "fail", "cohort": "north", "step": "model", "log": "full.log", "seconds": 1.0}
    progress = Progress(told.append)
    progress.read(EVENT_MARK + json.dumps({**event, "text": "No space left on device"}))
    assert progress.failures == ["north · model failed\nNo space left on device"]


def test_an_input_that_was_taken_away_is_no_defect(tmp_path):
    status, _, log = _ended(tmp_path, "open('not there')", inputs=["data/typed.parquet"])
    assert status == 1
    assert "data/typed.parquet: taken away while the run was under way" in log
    assert "defect" not in log


def test_a_command_says_what_the_machine_refused(monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "x", "logs/snakemake.log")

    monkeypatch.setattr("alliance_modes.running.checks.check_project", full)
    done = CliRunner().invoke(main, ["run"])
    assert done.exit_code == 1
    assert "alliance-modes: logs/snakemake.log: No space left on device" in done.output
    assert "Traceback" not in done.output


def test_a_job_names_itself_by_rule_and_wildcards():
    wildcards = {"cohort": "north", "model": "alliance"}
    job = Job(SimpleNamespace(rule="model", wildcards=wildcards, log=["job.log"], input=[], output=[]))
    assert (job.cohort, job.step) == ("north", "model alliance")


def test_a_folder_in_which_snakemake_cannot_work_is_named(tmp_path, monkeypatch):
    folder = tmp_path / "north {2024}"
    (folder / "config").mkdir(parents=True)
    for name in ("Snakefile", "config/config.yaml"):
        (folder / name).touch()
    monkeypatch.chdir(folder)
    with pytest.raises(WorkflowError, match=r"braces in its path: .*north \{2024\}"):
        check_project(Path())


def _declared(folder: Path) -> None:
    """A cohort whose files are there, and empty."""
    folder.mkdir(parents=True)
    shutil.copy(DEMO / "cohort.yaml", folder)
    for path in raw_files(folder, load_cohort(folder)):
        path.touch()


@pytest.mark.parametrize("name", ["sessions {1}.csv", "sessions<a>.csv"])
def test_raw_files_that_snakemake_cannot_name_are_told_before_a_run(tmp_path, name):
    _declared(tmp_path / "demo_2024")
    assert check_cohort_files(tmp_path / "demo_2024", "demo_2024") is None
    text = (tmp_path / "demo_2024/cohort.yaml").read_text(encoding="utf-8")
    (tmp_path / "demo_2024/sessions.csv").rename(tmp_path / "demo_2024" / name)
    (tmp_path / "demo_2024/cohort.yaml").write_text(text.replace('"sessions.csv"', f'"{name}"'))
    refused = check_cohort_files(tmp_path / "demo_2024", "demo_2024")
    assert [(one.file, "braces" in one.message) for one in refused.problems] == [(name, True)]


def test_a_folder_that_snakemake_cannot_name_is_told_before_a_run(tmp_path):
    _declared(tmp_path / "of {us}/demo_2024")
    refused = check_cohort_files(tmp_path / "of {us}/demo_2024", "demo_2024")
    assert ["of {us}" in one.file for one in refused.problems] == [True]


def test_no_cohort_is_made_of_files_that_snakemake_cannot_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text("cohorts: [north]\nplan: config/plan.yaml\n")
    export = tmp_path / "visits {2024}.csv"
    export.write_text("client,day\na,2024-01-01\n")
    with pytest.raises(CohortError, match="braces"):
        new_cohort("north", [export])
    assert not (tmp_path / "data/raw/north").exists()


@pytest.mark.parametrize(("free", "full"), [(0, True), (1 << 30, False)])
def test_a_full_disk_is_told_where_a_library_says_only_that_it_cannot_write(
    tmp_path, monkeypatch, free, full
):
    """pyreadstat has no number of the system's error: seen with 100,000 rows on a disk of 200 kB."""

    def refuses(*_, **__):
        raise pyreadstat.ReadstatError("Unable to write data")

    monkeypatch.setattr(pyreadstat, "write_sav", refuses)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    with pytest.raises(OSError if full else pyreadstat.ReadstatError) as told:
        write_spss(pd.DataFrame({"x": [1.0]}), tmp_path / "a.sav", {}, {}, {}, {}, {})
    assert ("No space left on device" in machine_problem(told.value)) == full
