"""What a sheet says in its XML that a streamed reading of its cells does not show."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([^\"]+)\"")
BLOCK = 1 << 20
OVERLAP = 200
"""Bytes of a block that are looked at again with the next, so that no tag is cut in two."""


def has_formulas(path: Path, part: str) -> bool:
    """Whether any cell of the sheet holds a formula."""
    return any(FORMULA.search(block) for block in _blocks(path, part))


def merged_ranges(path: Path, part: str) -> list[str]:
    """The merged ranges of the sheet ("A1:B2"), in their order in the file."""
    blocks = (block for block in _blocks(path, part) if b"mergeCell" in block)
    found = (match.decode() for block in blocks for match in MERGED.findall(block))
    return list(dict.fromkeys(found))


def _blocks(path: Path, part: str) -> Iterator[bytes]:
    with zipfile.ZipFile(path) as archive:
        if part not in archive.namelist():
            return
        with archive.open(part) as stream:
            before = b""
            while block := stream.read(BLOCK):
                yield before + block
                before = block[-OVERLAP:]
