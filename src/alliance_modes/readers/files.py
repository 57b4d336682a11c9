"""Whether a raw file is there at all, and is a file."""

from __future__ import annotations

import difflib
import os
import stat
from pathlib import Path

from alliance_modes.ground.errors import CohortError, Problem, shown

SHOWN_FILES = 12
DECLARATIONS = (".yaml", ".yml")
"""Endings of files beside the exports that say what these are."""

KINDS = (
    (stat.S_ISDIR, "this is a folder, not a file", "Name the file itself."),
    (stat.S_ISFIFO, "this is a pipe, not a file", "Save what comes out of it as a file, and name that."),
    (stat.S_ISCHR, "this is a device, not a file", "Put the exported file itself there."),
    (stat.S_ISBLK, "this is a device, not a file", "Put the exported file itself there."),
    (stat.S_ISSOCK, "this is a socket, not a file", "Put the exported file itself there."),
)


def require_file(path: Path, file: str) -> None:
    """Raise ``CohortError`` unless ``path`` is a file that can be opened.

    Notes
    -----
    Pipes and devices are refused unread: they may never end. The first byte is read, so that a
    file that opens and cannot be read is noticed here.
    """
    message, hint = _what_is_wrong(path)
    if message:
        raise CohortError(file, [Problem(message, hint, file=file)])


def unreadable(error: OSError, file: str) -> Problem:
    """The problem of a file that stops to be readable."""
    return Problem(
        f"the file cannot be read: {error.strerror or error}",
        "Check who may read it, and that the disk it is on is sound; then copy it again.",
        file=file,
    )


def _what_is_wrong(path: Path) -> tuple[str, str]:
    try:
        mode = os.stat(path).st_mode
        for is_kind, message, hint in KINDS:
            if is_kind(mode):
                return message, hint
        with open(path, "rb", buffering=0) as stream:
            stream.read(1)
    except (FileNotFoundError, NotADirectoryError):
        return "the file does not exist", _files_there(path)
    except OSError as error:
        return f"the file cannot be opened: {error.strerror}", "Check the name, links and who may read it."
    except ValueError:
        return "no file can have this name", "Correct the name in cohort.yaml."
    return "", ""


def _files_there(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return "The folder that it should be in does not exist either."
    files = (item for item in folder.iterdir() if item.is_file() and not item.name.startswith("."))
    there = sorted(item.name for item in files if item.suffix not in DECLARATIONS)
    if not there:
        return "No export is in the folder: copy them there, or correct the name in cohort.yaml."
    near = difflib.get_close_matches(path.name, there, n=SHOWN_FILES, cutoff=0)
    named = ", ".join(shown(name) for name in near)
    return f"Correct the name in cohort.yaml, or copy the file there. Files there: {named}."
