"""Raw files that git would publish: what is in its history once cannot be taken back."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from alliance_modes.ground.errors import Problem

SHOWN = 3


def tracked_files(files: Sequence[Path]) -> list[Path]:
    """Those of some files that a git repository around them tracks, or would with the next commit.

    None where git is not installed, or where they are in no repository: nobody commits them there.
    """
    if shutil.which("git") is None:
        return []
    return [
        path
        for folder in sorted({path.parent for path in files})
        for path in _tracked(folder, [one for one in files if one.parent == folder])
    ]


def _tracked(folder: Path, files: Sequence[Path]) -> list[Path]:
    if not folder.is_dir():
        return []
    as_anybody = ("-c", "safe.directory=*")  # whoever owns the repository: nothing of it is run
    command = ["git", *as_anybody, "-C", str(folder), "ls-files", "-z", "--", *(path.name for path in files)]
    listed = subprocess.run(command, capture_output=True, check=False)
    names = {name.decode(errors="surrogateescape") for name in listed.stdout.split(b"\0")}
    return [path for path in files if path.name in names]


def tracked_problems(files: Sequence[Path]) -> list[Problem]:
    """The one problem of raw files that git tracks; none where it tracks none."""
    found = tracked_files(files)
    if not found:
        return []
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return [
        Problem(
            f"{', '.join(str(path) for path in found[:SHOWN])}{more}: tracked by git, so that whoever gets "
            "the repository gets the answers of people in it",
            f"Take the folder out (git rm -r --cached {found[0].parent}), ignore it and commit; what "
            "was committed before stays in the history. If nobody in it exists, set demonstration: true, "
            "without simulated, which is of the files that were simulated.",
        )
    ]
