"""Whether a run may read and write where it has to, said before anything is started."""

from __future__ import annotations

import os
import pwd
import shlex
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from alliance_modes.ground.errors import WorkflowError
from alliance_modes.ground.layout import LOGS, OF_ALL_COHORTS, PRIVATE, PROCESSED, REPORTS

SNAKEMAKE = Path(".snakemake")

MOST_NAMED = 5
"""Places that the message names."""

_READ, _WRITE = os.R_OK, os.W_OK
_ENTER = os.R_OK | os.W_OK | os.X_OK


def check_rights(cohorts: Sequence[str], root: Path = Path()) -> None:
    """Look at all that a run of some cohorts writes to, and reads of earlier runs.

    Snakemake (9.27) says of a folder that it may not write to which lines of its own code it came through.

    Parameters
    ----------
    cohorts : sequence of str
        What is to be run; results of others may belong to somebody else.
    root : Path
        The project.

    Raises
    ------
    WorkflowError
        Folders or files that this account may not use: each with what to do. Of a folder that is named
        nothing below is. Links inside of results are not followed, nor is anything said of what is no
        folder where one belongs.
    """
    closed = list(dict.fromkeys(_closed(cohorts, root)))
    if not closed:
        return
    lines = [f"    {path} ({_why(path)})\n" for path in closed[:MOST_NAMED]]
    if len(closed) > MOST_NAMED:
        lines.append(f"    and {len(closed) - MOST_NAMED} more\n")
    raise WorkflowError(
        f"a run has to read and write here, which this account ({_account(os.geteuid())}) may not:\n"
        f"{''.join(lines)}"
        "    -> Mend that, or work in a copy of the project in a folder of your own; then run the same "
        "command again."
    )


def _closed(cohorts: Sequence[str], root: Path) -> Iterator[Path]:
    for folder in (PRIVATE, SNAKEMAKE):
        yield from _closed_below(root / folder, _READ | _WRITE)
    for top, of_all, of_one in ((PROCESSED, 0, _READ), (REPORTS, 0, _READ), (LOGS, _WRITE, _WRITE)):
        yield from _closed_here(root / top, of_all)
        for name in (*cohorts, OF_ALL_COHORTS):
            yield from _closed_below(root / top / name, of_one)


def _closed_here(folder: Path, files: int) -> Iterator[Path]:
    """The folder, or the one that it is to be made in; else files in it that may not be used so."""
    while not os.path.lexists(folder) and folder != folder.parent:
        folder = folder.parent
    if not os.path.isdir(folder):
        return
    if not os.access(folder, _ENTER):
        yield folder
        return
    for path in _inside(folder, folders=False):
        if not os.access(path, files):
            yield path


def _closed_below(folder: Path, files: int) -> Iterator[Path]:
    """The same of a folder and of all folders below it, but none below one that is closed."""
    yield from _closed_here(folder, files)
    if os.path.isdir(folder) and os.access(folder, _ENTER):
        for inner in _inside(folder, folders=True):
            yield from _closed_below(inner, files)


def _inside(folder: Path, *, folders: bool) -> list[Path]:
    """The folders or the files in a folder, without links and pipes."""
    with os.scandir(folder) as entries:
        kind = (
            one.path for one in entries if (one.is_dir if folders else one.is_file)(follow_symlinks=False)
        )
        return [Path(path) for path in sorted(kind)]


def _why(path: Path) -> str:
    """Why it is closed, and what opens it."""
    if os.statvfs(path).f_flag & os.ST_RDONLY:
        return "its disk is mounted read-only"
    about, name = path.stat(), shlex.quote(str(path))
    if about.st_uid == os.geteuid():
        return f"its mode is {stat.filemode(about.st_mode)}: chmod -R u+rwX {name}"
    return f"it belongs to {_account(about.st_uid)}: sudo chown -R {os.geteuid()} {name}"


def _account(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"number {number}"
