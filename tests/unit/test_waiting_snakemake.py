"""Snakemake waits as a process to be told what to make, and ends with whoever does not tell it."""

from __future__ import annotations

import subprocess
import sys
import time

import psutil
import pytest

from alliance_modes.running.workflow import Waiting, snakemake

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")
TELLS = """
import os, sys
from alliance_modes.running.workflow import snakemake
with snakemake() as start:
    process = start(sys.argv[1:], {**os.environ, "TOLD": "so"}, lambda pid: None)
    print(b"".join(process.stdout).decode())
    sys.exit(process.wait())
"""
SNAKEFILE = "rule all:\n    output: 'made.txt'\n    shell: 'echo $TOLD > {output}'\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "workflow/profiles/default").mkdir(parents=True)
    (tmp_path / "workflow/profiles/default/config.yaml").write_text("cores: 1\nscheduler: greedy\n")
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(folder, *arguments):
    """In a process of its own: the streams of this one are pytest's."""
    return subprocess.run(
        [sys.executable, "-P", "-c", TELLS, *arguments], cwd=folder, capture_output=True, text=True
    )


def test_it_runs_what_it_is_told_in_the_environment_that_it_is_given(folder):
    ended = told(folder, "--config", "a_key=1")
    assert ended.returncode == 0, ended.stdout
    assert (folder / "made.txt").read_text() == "so\n"
    assert "1 of 1 steps (100%) done" in ended.stdout


def test_params_are_compared_without_pandas_and_one_that_changed_runs_its_rule_again(folder):
    rule = SNAKEFILE.replace("    shell: 'echo $TOLD", "    params: one={}\n    shell: 'echo {{params.one}}")
    rule = rule.replace("{output}", "{{output}}")
    looks = "import sys; from alliance_modes.running.workflow import be_snakemake, with_profile\n"
    looks += "be_snakemake(with_profile([])); print('pandas' in sys.modules)"
    for one, nothing_to_do in (("a", False), ("a", True), ("b", False)):
        (folder / "Snakefile").write_text(rule.format(repr(one)))
        run = subprocess.run([sys.executable, "-P", "-c", looks], cwd=folder, capture_output=True, text=True)
        assert (folder / "made.txt").read_text() == f"{one}\n"
        assert ("Nothing to be done" in run.stderr) == nothing_to_do, run.stderr
        assert not nothing_to_do or run.stdout.split()[-1] == "False"


def test_it_says_what_is_wrong_and_fails(folder):
    (folder / "Snakefile").write_text("rule all:\n    nothing\n")
    ended = told(folder)
    assert ended.returncode == 1
    assert "Snakefile" in ended.stdout


def test_untold_it_ends_with_the_context_whatever_ended_that():
    with pytest.raises(ValueError), snakemake():
        (child,) = psutil.Process().children()
        raise ValueError
    assert not child.is_running()


def test_untold_it_ends_where_nobody_is_left_to_tell_it():
    waiting = Waiting()
    waiting._telling.close()
    assert waiting._process.wait(timeout=60) == 0
    assert not list(psutil.Process().children())


def test_it_holds_nothing_that_was_open(folder):
    with (folder / "open").open("w") as stream, snakemake():
        (child,) = psutil.Process().children()
        for _ in range(200):
            if str(folder / "open") not in {file.path for file in child.open_files()}:
                break
            time.sleep(0.05)
        assert str(folder / "open") not in {file.path for file in child.open_files()}
        assert not stream.closed
