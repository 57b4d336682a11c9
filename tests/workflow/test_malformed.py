"""Malformed inputs: a message to act on, in time and in little memory, and nothing left behind.

Every case goes through ``check``, and through ``new-cohort`` or, where it is the declaration that is
wrong, ``run``; each command is a process of its own whose time and memory are measured. Those of ``RUN``
go through ``run`` as a person gives it, Snakemake included.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

import malformed
import malformed_binary
import malformed_yaml
import pytest
from malformed import READ, Case
from projects import Project, new_project
from warm_commands import Done, WarmCommands

SECONDS = 10
MEMORY = 1 << 30
PAGE = "reports/small/check.html"
"""The one file that a check writes."""
RESULT = "data/processed/small/clean/account.csv"
NEW = "fresh"
"""The cohort that ``new-cohort`` is asked to draft."""
CASES = (*malformed.FILES, *malformed.TEXTS, *malformed_binary.cases(), *malformed_yaml.cases())
RUN = (
    "line of 2 GB of text",
    "zip bomb of 1.5 GB",
    ".sav cut within its data",
    "billion laughs",
    "endless device",
    "the 30th of February",
)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\ufeff]")


@pytest.fixture(scope="module")
def _project(tmp_path_factory) -> Project:
    return new_project(tmp_path_factory.mktemp("malformed") / "project", "[small]")


@pytest.fixture
def project(_project, tmp_path) -> Project:
    """A project without data and with an earlier result."""
    project = _project.copy(tmp_path / "project")
    (project.root / "data/raw/small").mkdir()
    for name in (RESULT, "reports/small/internal/report.html"):
        (project.root / name).parent.mkdir(parents=True)
        (project.root / name).write_text("an earlier result\n")
    return project


def _requires_reading_of_devices(case: Case) -> None:
    needed = {
        "endless device": "/dev/zero",
        "endless cohort.yaml": "/dev/zero",
        "unreadable file": "/proc/self/mem",
    }
    if case.name in needed and not Path(needed[case.name]).exists():
        pytest.skip(f"not run: this system has no {needed[case.name]}")


def test_the_corpus_is_large_and_its_names_tell_its_cases_apart():
    assert len(CASES) >= 60
    assert len({case.name for case in CASES}) == len(CASES)
    assert set(RUN) <= {case.name for case in CASES}


@pytest.fixture(scope="module")
def command(_project):
    """Runs ``alliance-modes`` in a process of its own and measures it."""
    commands = WarmCommands(_project.environment())
    yield commands
    commands.close()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_check_says_what_is_wrong(case, project, command, tmp_path):
    _requires_reading_of_devices(case)
    case.write(project.root / "data/raw/small")
    before = _files(project)
    done = command(project.root, tmp_path / "said", "check", "small")
    _assert_said(case, done)
    _assert_quick_and_small(done)
    assert _files(project) == before


@pytest.mark.parametrize("case", [case for case in CASES if case.files], ids=lambda case: case.name)
def test_new_cohort_drafts_or_says_why_not(case, project, command, tmp_path):
    _requires_reading_of_devices(case)
    exports = tmp_path / "exports"
    exports.mkdir()
    case.write(exports)
    (exports / "cohort.yaml").unlink()
    names = sorted(path.name for path in exports.iterdir())
    before = _files(project)
    given = [f"{exports}/{name}" for name in names]
    done = command(project.root, tmp_path / "said", "new-cohort", NEW, *given)
    _assert_readable(done.output)
    _assert_quick_and_small(done)
    made = sorted(set(_files(project)) - set(before))
    if done.status == 0:
        assert made == sorted(
            [f"data/raw/{NEW}", *(f"data/raw/{NEW}/{name}" for name in (*names, "cohort.yaml"))]
        )
    else:
        assert done.status == 1 and "    -> " in done.output, done.output
        assert made == []


@pytest.mark.parametrize("case", [case for case in CASES if not case.files], ids=lambda case: case.name)
def test_run_refuses_a_declaration_that_is_wrong(case, project, command, tmp_path):
    _requires_reading_of_devices(case)
    case.write(project.root / "data/raw/small")
    done = command(project.root, tmp_path / "said", "run", "small")
    _assert_said(case, done)
    _assert_quick_and_small(done)
    _assert_nothing_partial(project)


@pytest.mark.parametrize("case", [case for case in CASES if case.name in RUN], ids=lambda case: case.name)
def test_run_leaves_no_partial_result(case, project, tmp_path):
    _requires_reading_of_devices(case)
    case.write(project.root / "data/raw/small")
    done = _measured(project, tmp_path / "said", "run", "small")
    _assert_said(case, done)
    _assert_quick_and_small(done)
    _assert_nothing_partial(project)


def _measured(project: Project, said: Path, *arguments: str) -> Done:
    """A command as a person gives it."""
    began = time.monotonic()
    with said.open("wb") as stream:
        process = subprocess.Popen(
            project.command(*arguments),
            cwd=project.root,
            env=project.environment(),
            stdout=stream,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    seconds = min(time.monotonic() - began, used.ru_utime + used.ru_stime)
    return Done(process.returncode, said.read_text("utf-8"), seconds, used.ru_maxrss * 1024)


def _assert_quick_and_small(done: Done) -> None:
    assert done.seconds < SECONDS
    assert done.memory < MEMORY


def _assert_nothing_partial(project: Project) -> None:
    left = {path for path in _files(project) if path.startswith(("data/processed", "reports"))}
    assert left <= {RESULT}, "what an earlier run made may stay, its report may not"


def _assert_said(case: Case, done: Done) -> None:
    _assert_readable(done.output)
    if case.says == (READ,):
        assert done.status == 0, done.output
        return
    assert done.status == 1, done.output
    for passage in case.says:
        assert passage in done.output, done.output


def _assert_readable(output: str) -> None:
    assert "Traceback" not in output, output
    assert not CONTROL.search(output), "control characters reach the terminal"
    assert max(map(len, output.splitlines()), default=0) < 4000, "a person cannot read a line that long"


def _files(project: Project) -> dict[str, bytes]:
    """Every file that a command could leave behind, with the content of those that existed."""
    found = {}
    for folder in ("data", "reports", "logs", "config"):
        for path in sorted((project.root / folder).rglob("*")):
            name = str(path.relative_to(project.root))
            raw = name.startswith("data/raw")
            found[name] = b"" if raw or not path.is_file() else path.read_bytes()
    found.pop(PAGE, None)
    return {
        name: content for name, content in found.items() if (project.root / name).is_file() or "raw" in name
    }
