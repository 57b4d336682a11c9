"""What a zipped workbook would unpack to, looked at before anything of it is used."""

from __future__ import annotations

import re
import zipfile
import zlib
from pathlib import Path

BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    ValueError,
    OSError,
)
"""What an archive raises that is damaged, locked, or packed in a way that Python does not know."""

LARGEST_UNPACKED = 1 << 30
"""Bytes of all parts; a sheet of a million rows and twenty columns has about 0.6 GB."""

LARGEST_TEXTS = 128 << 20
"""Bytes of the shared texts, which are held in memory."""

LARGEST_PART = 16 << 20
"""Bytes of any other part in XML (styles, names, relations), each of which is held as a tree."""

SUSPICIOUS = 20 << 20
MOST_PACKED = 100
"""A part of more than 20 MB that is packed to less than a 100th holds the same thing over and over."""

LONGEST_ROW = 8 << 20
"""Bytes of the XML of a row."""

DEEPEST = 500
"""Elements inside one another; a sheet has about ten."""

MOST_ROWS = 1 << 20
BLOCK = 1 << 20
OVERLAP = 200
SHEETS, TEXTS = "xl/worksheets/", "xl/sharedStrings.xml"
CONTENT = "content.xml"
"""All sheets of an .ods workbook."""
DECLARATION = re.compile(rb"<!(?:DOCTYPE|ENTITY)")
ROW = re.compile(rb"<(?:\w+:)?(?:row|si)[\s>/]")
ROW_NUMBER = re.compile(rb"row\s(?:[^>]*?\s)?r=[\"'](\d+)[\"']")


def what_is_unsafe(path: Path) -> str:
    """Why a workbook must not be read, in words; empty where nothing speaks against it.

    Raises
    ------
    zipfile.BadZipFile, zlib.error, OSError and others
        The archive is damaged: every part is unpacked once, and its checksum compared.

    Notes
    -----
    Sizes are those that the archive states; what is unpacked beyond them is a damaged part.
    Names of entities are refused because no spreadsheet program writes any.
    """
    with zipfile.ZipFile(path) as archive:
        parts = archive.infolist()
        if sum(part.file_size for part in parts) > LARGEST_UNPACKED:
            return f"it would unpack to more than {LARGEST_UNPACKED >> 30} GB"
        for part in parts:
            found = _size(part) or _content(archive, part)
            if found:
                return found
    return ""


def _size(part: zipfile.ZipInfo) -> str:
    if part.file_size > SUSPICIOUS and part.file_size > MOST_PACKED * part.compress_size:
        return (
            f"its part {part.filename} holds the same thing over and over ({part.file_size >> 20} MB of it)"
        )
    if part.filename == TEXTS:
        most = LARGEST_TEXTS
    elif (
        part.filename.startswith(SHEETS)
        or part.filename == CONTENT
        or not part.filename.endswith((".xml", ".rels"))
    ):
        return ""
    else:
        most = LARGEST_PART
    return f"its part {part.filename} is larger than {most >> 20} MB" if part.file_size > most else ""


def _content(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> str:
    """Unpack one part; say what is wrong with it."""
    xml = part.filename.endswith((".xml", ".rels"))
    rows = part.filename.startswith(SHEETS) or part.filename == TEXTS
    length, before, nesting = 0, b"", _Nesting()
    with archive.open(part) as stream:
        while block := stream.read(BLOCK):
            seen = before + block
            if xml and DECLARATION.search(seen):
                return f"its part {part.filename} declares entities"
            if xml and nesting.after(block) > DEEPEST:
                return f"its part {part.filename} is nested more than {DEEPEST} levels deep"
            if rows:
                if any(len(row) > 7 or int(row) > MOST_ROWS for row in ROW_NUMBER.findall(seen)):
                    return f"it numbers a row beyond {MOST_ROWS:,}, the last that a sheet can have"
                length = 0 if ROW.search(seen) else length + len(block)
                if length > LONGEST_ROW:
                    return f"its part {part.filename} has a row of more than {LONGEST_ROW >> 20} MB"
            before = block[-OVERLAP:]
    return ""


class _Nesting:
    """How many elements are open, counted from the tags of one block after the other."""

    def __init__(self) -> None:
        self._open = 0
        self._cut = b""

    def after(self, block: bytes) -> int:
        """Elements that are open after ``block``."""
        import numpy as np

        text = self._cut + block
        self._cut = text[len(text.rstrip(b"</")) :][-2:]
        signs = np.frombuffer(text, dtype="uint8")[: len(text) - len(self._cut)]
        after, before = signs[1:], signs[:-1]
        opened = (before == ord("<")) & (after != ord("?")) & (after != ord("!"))
        ends = np.count_nonzero((before == ord("<")) & (after == ord("/")))
        alone = np.count_nonzero((before == ord("/")) & (after == ord(">")))
        self._open += int(np.count_nonzero(opened)) - int(ends) * 2 - int(alone)
        return self._open
