"""The steps of docs/tutorial.md as they stand there: commands, what they say, edits, pictures."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from projects import HERE, Project, new_project

PAGE = HERE / "docs/tutorial.md"
COHORT = "north"
DECLARATION = f"data/raw/{COHORT}/cohort.yaml"
STEP = re.compile(
    r"^```(?P<kind>sh|text|diff)\n(?P<body>.*?)^```$|^!\[(?P<alt>[^\]]+)\]\((?P<picture>[^)]+)\)$",
    re.M | re.S,
)


@dataclass(frozen=True)
class Step:
    """One step of the page.

    ``command``: lines for a shell; ``said``: lines of what it said, in order (``…`` stands for others);
    ``edit``: lines of cohort.yaml out and in; ``picture``: a file beside the page.
    """

    kind: Literal["command", "said", "edit", "picture"]
    text: str


KINDS: dict[str | None, Literal["command", "said", "edit", "picture"]] = {
    "sh": "command",
    "text": "said",
    "diff": "edit",
    None: "picture",
}


def steps(page: Path = PAGE) -> list[Step]:
    """Every step of the page, in its order."""
    found = STEP.finditer(page.read_text(encoding="utf-8"))
    return [Step(KINDS[step["kind"]], step["body"] or step["picture"]) for step in found]


def tutorial_project(folder: Path) -> Project:
    """A project as a stranger has it before the first step, with the files that the page asks for."""
    project = new_project(folder, "[demo_2024]")
    for name in ("data/raw/demo_2024/truth.yaml", "docs/tutorial/exports.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(HERE / name, folder / name)
    return project


def give(project: Project, commands: str, timeout: float = 900) -> subprocess.CompletedProcess:
    """Give the lines to a shell in the project's folder; ``.venv`` is the environment of this run."""
    lines = commands.replace(".venv/bin/", f"{Path(sys.executable).parent}/")
    return subprocess.run(
        ["sh", "-e", "-c", lines],
        cwd=project.root,
        env=project.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
    )


def unsaid(expected: str, said: str) -> list[str]:
    """Lines of ``expected`` that do not stand in ``said`` in that order."""
    rest = iter(said.splitlines())
    return [line for line in expected.splitlines() if line != "…" and line not in rest]


def edit(project: Project, change: str) -> None:
    """Do an edit of the page: each run of lines with ``-`` gives way to the lines with ``+`` after it."""
    for out, into in re.findall(r"((?:^-.*\n)+)((?:^\+.*\n)*)", change, flags=re.M):
        project.replace(DECLARATION, _without_sign(out), _without_sign(into))


def _without_sign(lines: str) -> str:
    return "".join(line[1:] for line in lines.splitlines(keepends=True))
