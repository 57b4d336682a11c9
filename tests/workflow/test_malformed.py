"""Malformed inputs: a message to act on, in time and in little memory, and nothing left behind."""

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
from click.testing import CliRunner
from malformed import READ, Case
from projects import Project, new_project

SECONDS = 10
MEMORY = 1 << 30
PAGE = "reports/small/check.html"
"""The one file that a check writes."""
RESULT = "data/processed/small/clean/account.csv"
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


@pytest.mark.parametrize("case", [case for case in CASES if not case.alone], ids=lambda case: case.name)
def test_check_says_what_is_wrong(case, project, monkeypatch):
    from alliance_modes.cli import main

    _requires_reading_of_devices(case)
    case.write(project.root / "data/raw/small")
    before = _files(project)
    monkeypatch.chdir(project.root)
    began = time.monotonic()
    done = CliRunner().invoke(main, ["check", "small"])
    seconds = time.monotonic() - began
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    _assert_said(case, done.exit_code, done.output)
    assert seconds < SECONDS
    assert _files(project) == before


@pytest.mark.parametrize("case", [case for case in CASES if case.alone], ids=lambda case: case.name)
def test_check_of_a_dangerous_input_stays_small(case, project, tmp_path):
    _requires_reading_of_devices(case)
    case.write(project.root / "data/raw/small")
    before = _files(project)
    status, output, seconds, memory = _measured(project, tmp_path / "said", "check", "small")
    _assert_said(case, status, output)
    assert seconds < SECONDS
    assert memory < MEMORY
    assert _files(project) == before


@pytest.mark.parametrize("case", [case for case in CASES if case.name in RUN], ids=lambda case: case.name)
def test_run_leaves_no_partial_result(case, project, tmp_path):
    _requires_reading_of_devices(case)
    case.write(project.root / "data/raw/small")
    status, output, _, memory = _measured(project, tmp_path / "said", "run", "small")
    _assert_said(case, status, output)
    assert memory < MEMORY
    left = {path for path in _files(project) if path.startswith(("data/processed", "reports"))}
    assert left <= {RESULT}, "what an earlier run made may stay, its report may not"


def _measured(project: Project, said: Path, *arguments: str) -> tuple[int, str, float, int]:
    """Exit status, output, seconds and largest resident memory of any process of a command."""
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
    seconds = time.monotonic() - began
    return process.returncode, said.read_text("utf-8"), seconds, used.ru_maxrss * 1024


def _assert_said(case: Case, status: int, output: str) -> None:
    assert "Traceback" not in output, output
    assert not CONTROL.search(output), "control characters reach the terminal"
    if case.says == (READ,):
        assert status == 0, output
        return
    assert status == 1, output
    for passage in case.says:
        assert passage in output, output
    assert max(map(len, output.splitlines())) < 4000, "a person cannot read a line that long"


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
