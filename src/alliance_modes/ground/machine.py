"""Errors that are the machine's: no defect of the software, nothing wrong with the data."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from types import MappingProxyType

_ROOM = "Make room, then run the same command again: it goes on from here."
_RIGHTS = "Look who owns it and whether it may be written to, then run the same command again."
_DISK = "Look whether the disk is sound and connected, then run the same command again."
_FILES = "Allow more open files (ulimit -n), then run the same command again."
_MEMORY = "Run the same command again with --cores 1, or where there is more memory."

HINTS: Mapping[int, str] = MappingProxyType(
    {
        errno.ENOSPC: _ROOM,
        errno.EDQUOT: _ROOM,
        errno.EROFS: _RIGHTS,
        errno.EACCES: _RIGHTS,
        errno.EPERM: _RIGHTS,
        errno.EIO: _DISK,
        errno.ESTALE: _DISK,
        errno.EMFILE: _FILES,
        errno.ENFILE: _FILES,
        errno.ENOMEM: _MEMORY,
    }
)
"""What a person can do, by the number of the system's error."""


def machine_problem(error: BaseException) -> str:
    """What a person is told where the machine is what failed.

    Parameters
    ----------
    error : BaseException
        Any error.

    Returns
    -------
    str
        What failed, which file it was about and what to do; empty for an error that is not the machine's.
    """
    if isinstance(error, MemoryError):
        return f"there is not enough memory\n    -> {_MEMORY}"
    if not isinstance(error, OSError) or error.errno is None or error.errno not in HINTS:
        return ""
    file = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes | os.PathLike) else ""
    said = os.strerror(error.errno)
    return f"{f'{file}: ' if file else ''}{said}\n    -> {HINTS[error.errno]}"
