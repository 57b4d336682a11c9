"""Whether a raw file is there at all."""

from __future__ import annotations

import difflib
from pathlib import Path

from alliance_modes.errors import CohortError, Problem

SHOWN_FILES = 12


def require_file(path: Path, file: str) -> None:
    """Raise ``CohortError`` unless ``path`` is a file that can be opened."""
    if not path.exists():
        raise CohortError(file, [Problem("the file does not exist", _files_there(path), file=file)])
    if not path.is_file():
        raise CohortError(file, [Problem("this is a folder, not a file", "Name the file itself.", file=file)])
    try:
        path.open("rb").close()
    except OSError as error:
        problem = Problem(f"the file cannot be opened: {error.strerror}", "Check who may read it.", file=file)
        raise CohortError(file, [problem]) from None


def _files_there(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return "The folder that it should be in does not exist either."
    there = sorted(item.name for item in folder.iterdir() if item.is_file() and not item.name.startswith("."))
    if not there:
        return "The folder is empty: copy the exports there, or correct the name in cohort.yaml."
    near = difflib.get_close_matches(path.name, there, n=SHOWN_FILES, cutoff=0)
    return f"Correct the name in cohort.yaml, or copy the file there. Files there: {', '.join(near)}."
