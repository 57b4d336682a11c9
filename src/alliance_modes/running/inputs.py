"""What a script reads is what its run was planned with, from its beginning to its end.

A file that people wrote, a result of another rule, or code that is changed while a run is under way, and
afterwards again what it was, would leave results of what it was meanwhile, and nothing to do.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from alliance_modes.ground.errors import WorkflowError
from alliance_modes.ground.files import read_json, sha256, write_json
from alliance_modes.ground.layout import PRIVATE
from alliance_modes.running.code import LISTS, listed_file
from alliance_modes.running.held import Look, noted_files

SOURCES = PRIVATE / "sources.json"
"""The digests of raw files, cohort files, plan and instruments by which the run under way was planned."""


def keep_sources(digests: Mapping[str, str]) -> None:
    """Note the digests by which a run was planned, for its scripts."""
    write_json(dict(sorted(digests.items())), SOURCES)


class Inputs:
    """All files that decide what a script makes, as they are when it begins.

    Parameters
    ----------
    inputs : iterable of str
        All inputs of the script. Those that the run noted, those that another script made, and the files on
        lists of code are looked at.

    Raises
    ------
    WorkflowError
        One of them is not what it was as the run was planned, or as it was made.
    """

    def __init__(self, inputs: Iterable[str]) -> None:
        given = [str(path) for path in inputs]
        noted = {**noted_files(), **(read_json(SOURCES) if SOURCES.is_file() else {})}
        digests = {path: noted[path] for path in given if path in noted}
        code = sorted(_on_lists(given))
        self._looks = {path: _look_or_none(path) for path in (*digests, *code)}
        self._refuse(path for path, digest in digests.items() if source_digest(path) != digest)
        if SOURCES.is_file():
            planned = SOURCES.stat().st_mtime_ns
            self._refuse(path for path in code if _was_touched(self._looks[path], planned))

    def stayed(self) -> None:
        """See that none was touched since.

        Raises
        ------
        WorkflowError
            One was written, even with what it held before.
        """
        self._refuse(path for path, look in self._looks.items() if _look_or_none(path) != look)

    def _refuse(self, changed: Iterable[str]) -> None:
        if names := sorted(changed):
            raise WorkflowError(
                f"{', '.join(names)}: changed while the run was under way\n"
                "    -> Run the same command again; it reads what is there then."
            )


def source_digest(path: str) -> str:
    """SHA-256 of a file that people wrote; what is not there, or cannot be read, says so."""
    try:
        return sha256(path)
    except OSError as error:
        return type(error).__name__


def _on_lists(inputs: Iterable[str]) -> Iterator[str]:
    """Files that lists of code among the inputs name (``code.code_list``)."""
    for path in map(Path, inputs):
        if path.parent == LISTS and path.is_file():
            for row in path.read_text(encoding="utf-8").splitlines():
                yield str(listed_file(row.partition("  ")[2]))


def _was_touched(look: Look | None, planned: int) -> bool:
    """Whether a file was written, or given another name or mode, since a run was planned.

    No program can set the time of that.
    """
    return look is None or look[2] > planned


def _look_or_none(path: str) -> Look | None:
    """Of a link what it leads to: raw files may be links."""
    try:
        about = os.stat(path)
    except OSError:
        return None
    return about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino
