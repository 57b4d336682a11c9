"""What a sheet says in its XML that a streamed reading of its cells does not show."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"

FORMULA = re.compile(rb"<(?:\w+:)?f[ />]")
MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=\"([^\"]+)\"")
BLOCK = 1 << 20
OVERLAP = 200
"""Bytes of a block that are looked at again with the next, so that no tag is cut in two."""


def sheet_part(path: Path, name: str) -> str:
    """Name inside the archive of the sheet called ``name``; empty if the file names its parts otherwise."""
    with zipfile.ZipFile(path) as archive:
        if not {WORKBOOK, RELATIONS} <= set(archive.namelist()):
            return ""
        workbook = ElementTree.fromstring(archive.read(WORKBOOK))
        relations = ElementTree.fromstring(archive.read(RELATIONS))
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    for sheet in workbook.iter(f"{MAIN}sheet"):
        if sheet.get("name") == name:
            return posixpath.normpath(posixpath.join("/xl", targets.get(sheet.get(RELATION), "")))[1:]
    return ""


def has_formulas(path: Path, part: str) -> bool:
    """Whether any cell of the sheet holds a formula."""
    return any(FORMULA.search(block) for block in _blocks(path, part))


def merged_ranges(path: Path, part: str) -> list[str]:
    """The merged ranges of the sheet ("A1:B2"), in their order in the file."""
    found = (match.decode() for block in _blocks(path, part) for match in MERGED.findall(block))
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
