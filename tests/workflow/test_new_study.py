"""A study that has no data yet: the README's commands, from nothing to its reports."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

from projects import HERE, Project, new_project

TRUTH = "data/raw/demo_2024/truth.yaml"


def commands() -> list[list[str]]:
    """What the README's section says, without the command itself."""
    text = (HERE / "README.md").read_text(encoding="utf-8")
    block = re.search(r"## A study that has no data yet.*?```sh\n(.*?)```", text, flags=re.DOTALL)
    return [shlex.split(line)[1:] for line in block[1].splitlines()]


def with_truth(folder: Path) -> Project:
    project = new_project(folder)
    (project.root / TRUTH).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / TRUTH, project.root / TRUTH)
    return project


def test_the_commands_of_the_readme_lead_from_nothing_to_a_report(tmp_path):
    project, said = with_truth(tmp_path / "project"), {}
    assert len(commands()) == 5
    for words in commands():
        done = project.alliance_modes(*words)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        said[words[0]] = done.stdout
    assert len(said["pseudonyms"].split()) == 25
    assert "north_rehearsal: no problems" in said["check"]
    report = project.report("north_rehearsal").read_text(encoding="utf-8")
    assert "imulated" in report
    assert list((project.root / "data/raw/north").iterdir()) == [project.root / "data/raw/north/cohort.yaml"]
