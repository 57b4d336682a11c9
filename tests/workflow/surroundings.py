"""Where a run takes place: folder, language, time zone, user, terminal, and how this Python adds."""

from __future__ import annotations

import hashlib
import os
import pty
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from projects import Project

NOT_GIVEN = (
    "LANG",
    "LANGUAGE",
    "LC_ALL",
    "TZ",
    "PYTHONHASHSEED",
    "COLUMNS",
    "TERM",
    "SOURCE_DATE_EPOCH",
    "NO_COLOR",
)
"""Variables of the machine at hand that no place takes over."""

OTHER_SUM = '''"""The built-in sum of floats as another Python has it: by turns before 3.12, exact since."""

import builtins
import math
import sys

PLAIN = builtins.sum


def _sum(values, /, start=0):
    values = list(values)
    if type(start) not in (int, float) or not values or any(type(one) is not float for one in values):
        return PLAIN(values, start)
    if sys.version_info < (3, 12):
        return math.fsum([start, *values])
    total = start
    for one in values:
        total += one
    return total


builtins.sum = _sum
'''


@dataclass(frozen=True)
class Place:
    """What surrounds a run and must not be in its results.

    ``variables`` are of the environment; ``other_sum`` lets Python add floats as another version of it does.
    """

    name: str
    folder: str = "project"
    variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    umask: int = 0o022
    cores: int = 2
    terminal: bool = False
    other_sum: bool = False

    def environment(self, project: Project, home: Path) -> dict[str, str]:
        """Variables of a command in ``project`` there, for a user whose folder is ``home``."""
        kept = {name: value for name, value in project.environment().items() if name not in NOT_GIVEN}
        kept = {name: value for name, value in kept.items() if not name.startswith(("XDG_", "MPL"))}
        if self.other_sum:
            added = home / "added"
            added.mkdir(parents=True, exist_ok=True)
            (added / "sitecustomize.py").write_text(OTHER_SUM, encoding="utf-8")
            kept["PYTHONPATH"] += os.pathsep + str(added)
        home.mkdir(parents=True, exist_ok=True)
        return {**kept, "HOME": str(home), **self.variables}

    def run(self, project: Project, home: Path, *arguments: str, python: str = "") -> str:
        """``alliance-modes`` with ``arguments``, by another Python where one is named; what it said.

        Raises
        ------
        RuntimeError
            It failed.
        """
        command = project.command(*arguments)
        environment = self.environment(project, home)
        told = _in_a_terminal if self.terminal else _plainly
        said, status = told([python or command[0], *command[1:]], project.root, environment, self.umask)
        if status:
            raise RuntimeError(said)
        return said


def _plainly(command: list[str], root: Path, environment: dict[str, str], umask: int) -> tuple[str, int]:
    done = subprocess.run(
        command, cwd=root, env=environment, umask=umask, text=True, encoding="utf-8",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    return done.stdout, done.returncode


def _in_a_terminal(
    command: list[str], root: Path, environment: dict[str, str], umask: int
) -> tuple[str, int]:
    ours, theirs = pty.openpty()
    said: list[bytes] = []

    def listen() -> None:
        try:
            while part := os.read(ours, 65536):
                said.append(part)
        except OSError:  # how Linux says that nobody holds the other end any more
            return

    listening = threading.Thread(target=listen)
    listening.start()
    done = subprocess.Popen(
        command, cwd=root, env=environment, umask=umask, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    status = done.wait()
    listening.join()
    os.close(ours)
    return b"".join(said).decode(errors="replace"), status


def every_digest(root: Path) -> dict[str, str]:
    """SHA-256 of every file of processed data and reports, the manifest and a crate among them."""
    files = (path for folder in ("data/processed", "reports") for path in sorted((root / folder).rglob("*")))
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
        if path.is_file()
    }


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """Files that are not in both, or are not the same."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


USUAL = Place("as it comes")
GERMAN = Place(
    "German, east of the date line, many steps at once, no rights for others",
    folder="a/much deeper/Verzeichnis für Läufe/project",
    variables={
        "LC_ALL": "de_DE.UTF-8",
        "LANG": "de_DE.UTF-8",
        "TZ": "Pacific/Kiritimati",
        "PYTHONHASHSEED": "1",
    },
    umask=0o077,
    cores=4,
    other_sum=True,
)
TURKISH = Place(
    "Turkish, west of it, one step at a time, in a terminal",
    folder="b",
    variables={
        "LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "America/Anchorage", "PYTHONHASHSEED": "2",
        "TERM": "xterm-256color", "COLUMNS": "71",
    },
    umask=0o002,
    cores=1,
    terminal=True,
)  # fmt: skip
BARE = Place(
    "no language, no zone, another user's rights",
    folder="c/d/e",
    variables={"LC_ALL": "C", "PYTHONHASHSEED": "random", "SOURCE_DATE_EPOCH": "1700000000"},
    umask=0o000,
    cores=3,
)
ELSEWHERE = (GERMAN, TURKISH, BARE)
