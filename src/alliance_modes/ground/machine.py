"""Errors that are the machine's: no defect of the software, nothing wrong with the data."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator, Mapping
from types import MappingProxyType

_ROOM = "Make room, then run the same command again: it goes on from here."
_RIGHTS = "Look who owns it and whether it may be written to, then run the same command again."
_DISK = "Look whether the disk is sound and connected, then run the same command again."
_FILES = "Allow more open files (ulimit -n), then run the same command again."
_OTHER = "Something else lies in its place: look what it is, move it away, then run the same command again."
_SIZE = "Allow larger files (ulimit -f), then run the same command again."
_GONE = (
    "It was taken away, or the folder that it should lie in was (a link that leads nowhere?): look, then run "
    "the same command again."
)
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
        errno.EISDIR: _OTHER,
        errno.ENOTDIR: _OTHER,
        errno.EEXIST: _OTHER,
        errno.ELOOP: _OTHER,
        errno.EFBIG: _SIZE,
    }
)
"""What a person can do, by the number of the system's error."""


LEAST_ROOM = 1 << 20
"""Bytes that a disk has to have left, not to be called full."""


def machine_problem(error: BaseException) -> str:
    """What a person is told where the machine is what failed.

    Parameters
    ----------
    error : BaseException
        Any error; what it came from is looked at too, and where that says nothing, whether a disk is full:
        not every library passes on what the system said.

    Returns
    -------
    str
        What failed, which file it was about and what to do; empty for an error that is not the machine's.
    """
    if isinstance(error, MemoryError):
        return f"there is not enough memory\n    -> {_MEMORY}"
    for one in _chain(error):
        if isinstance(one, OSError) and one.errno is not None and one.errno in HINTS:
            return _told(one, HINTS[one.errno])
    return full_disk()


def not_there(error: OSError) -> str:
    """What a person is told where a file or the folder above it is not there; empty for any other error.

    Of a job this says nothing, since a job that misses a file may be a defect.
    """
    return _told(error, _GONE) if error.errno == errno.ENOENT and error.filename is not None else ""


def full_disk() -> str:
    """What a person is told where the disk of the project or of temporary files is full; else empty."""
    for folder in dict.fromkeys((os.getcwd(), tempfile.gettempdir())):
        room = os.statvfs(folder)
        # a disk can be full of files too, of which it holds so many; some say 0 of 0, which is no limit
        if room.f_bavail * room.f_frsize < LEAST_ROOM or (room.f_files and not room.f_favail):
            return f"{folder}: {os.strerror(errno.ENOSPC)}\n    -> {_ROOM}"
    return ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it was raised from, each once."""
    met: set[int] = set()
    while error is not None and id(error) not in met:
        met.add(id(error))
        yield error
        error = error.__cause__


def _told(error: OSError, hint: str) -> str:
    file = os.fsdecode(error.filename) if isinstance(error.filename, str | bytes | os.PathLike) else ""
    return f"{f'{file}: ' if file else ''}{os.strerror(error.errno or 0)}\n    -> {hint}"
