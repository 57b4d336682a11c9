"""An archive (.zip) with exactly one export in it, as survey tools send them."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from alliance_modes.ground.errors import CohortError, Problem, shown
from alliance_modes.readers.archive import BROKEN, LARGEST_UNPACKED, MOST_PACKED, SUSPICIOUS
from alliance_modes.readers.files import require_file

ENDING = ".zip"
BLOCK = 1 << 20
SHOWN_NAMES = 8
UNPACK = "Unpack it, and name the export itself."
ENCRYPTED = 1
"""Bit of the flags of a member that needs a password."""


@contextmanager
def unpacked(path: Path, file: str) -> Iterator[Path]:
    """The file itself; of a .zip, the one export in it, for as long as the context is open.

    Raises
    ------
    CohortError
        The archive is damaged, holds none or several files, one with a password, or one that unpacks
        to more than any export.
    """
    if path.suffix.lower() != ENDING:
        yield path
        return
    require_file(path, file)
    with tempfile.TemporaryDirectory() as folder:
        yield _only_member(path, file, Path(folder))


def _only_member(path: Path, file: str, folder: Path) -> Path:
    try:
        with zipfile.ZipFile(path) as archive:
            member = _only(archive, file)
            inside = folder / f"export{PurePosixPath(member.filename).suffix.lower()}"
            with archive.open(member) as packed, inside.open("wb") as out:
                left = LARGEST_UNPACKED
                while block := packed.read(min(BLOCK, left + 1)):
                    left -= len(block)
                    if left < 0:
                        raise CohortError(file, [_too_large(member, file)])
                    out.write(block)
    except BROKEN:
        raise CohortError(file, [_damaged(file)]) from None
    return inside


def _damaged(file: str) -> Problem:
    return Problem("this archive is damaged", "Copy or download it again.", file=file)


def _too_large(member: zipfile.ZipInfo, file: str) -> Problem:
    return Problem(
        f"{shown(member.filename)} in this archive unpacks to more than any export", UNPACK, file=file
    )


def _only(archive: zipfile.ZipFile, file: str) -> zipfile.ZipInfo:
    members = [member for member in archive.infolist() if not _is_furniture(member)]
    if len(members) != 1:
        names = ", ".join(shown(member.filename) for member in members[:SHOWN_NAMES])
        held = f"{len(members)} files ({names})" if members else "no file"
        raise CohortError(file, [Problem(f"the archive holds {held}, not one export", UNPACK, file=file)])
    (member,) = members
    if member.flag_bits & ENCRYPTED:
        hint = "Unpack it with its password, and name the export itself."
        raise CohortError(file, [Problem("the archive is protected by a password", hint, file=file)])
    bomb = member.file_size > SUSPICIOUS and member.file_size > MOST_PACKED * member.compress_size
    if bomb or member.file_size > LARGEST_UNPACKED:
        raise CohortError(file, [_too_large(member, file)])
    if member.filename.lower().endswith(ENDING):
        raise CohortError(file, [Problem("the archive holds another archive", UNPACK, file=file)])
    return member


def _is_furniture(member: zipfile.ZipInfo) -> bool:
    """Whether a member is a folder, or what a Mac adds."""
    path = PurePosixPath(member.filename)
    return member.is_dir() or path.parts[:1] == ("__MACOSX",) or path.name in (".DS_Store", "Thumbs.db")
