"""What a sheet says in its XML that a streamed reading of its cells does not show."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

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


def hidden_rows(path: Path, part: str) -> frozenset[int] | None:
    """Numbers of the hidden rows of the sheet, in any encoding; None where its XML is damaged."""
    found, number = set(), 0
    try:
        with zipfile.ZipFile(path) as archive, archive.open(part) as stream:
            for _, element in ElementTree.iterparse(stream):
                if element.tag.rpartition("}")[2] != "row":
                    continue
                number = int(element.get("r", number + 1))
                if element.get("hidden") in ("1", "true"):
                    found.add(number)
                element.clear()
    except (ElementTree.ParseError, LookupError, ValueError):
        return None
    return frozenset(found)


def _blocks(path: Path, part: str) -> Iterator[bytes]:
    with zipfile.ZipFile(path) as archive:
        if part not in archive.namelist():
            return
        with archive.open(part) as stream:
            before = b""
            while block := stream.read(BLOCK):
                yield before + block
                before = block[-OVERLAP:]
