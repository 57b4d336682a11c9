"""Who may read what a run writes: its owner alone, but for what is made to leave the building."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from alliance_modes.ground.layout import LOGS, PRIVATE, PROCESSED, RELEASED, REPORTS

FOLDER, FILE = 0o700, 0o600
OPEN_FOLDER = 0o755


def make_private(root: Path = Path()) -> None:
    """Take from everybody but the owner what earlier runs wrote, in whatever mode they did.

    Processed data, internal reports, the pages of ``check``, logs, and the ledger of releases. Folders on
    the way to a release stay open, and so does the release. A file that is not this user's stays as it is.
    """
    for path in _private(root):
        _set(path, FOLDER if path.is_dir() else FILE)


def keep_way_open(cohort: str, root: Path = Path()) -> None:
    """Make the folder of a cohort's reports, through which its release is reached, readable for others."""
    folder = root / REPORTS / cohort
    folder.mkdir(parents=True, exist_ok=True)
    _set(folder, OPEN_FOLDER)


def _private(root: Path) -> Iterator[Path]:
    for folder in (PROCESSED, LOGS, RELEASED, PRIVATE):
        yield from _below(root / folder)
    for inner in sorted((root / REPORTS).glob("*/internal")):
        yield from _below(inner)
    yield from sorted((root / REPORTS).glob("*/check.html"))


def _below(folder: Path) -> Iterator[Path]:
    if folder.is_dir() and not folder.is_symlink():
        yield folder
        yield from (path for path in folder.rglob("*") if not path.is_symlink())


def _set(path: Path, mode: int) -> None:
    about = path.stat()
    if stat.S_IMODE(about.st_mode) != mode and about.st_uid == os.geteuid():
        path.chmod(mode)
