"""Which rows of a sheet are hidden, in workbooks whose reader does not tell: .xls, .xlsb and .ods.

Only the records of rows are looked at; the cells are read elsewhere.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
NOT_SHOWN = ("collapse", "filter")
BOOK, RELATIONS = "xl/workbook.bin", "xl/_rels/workbook.bin.rels"
BUNDLE, ROW_OF_XLSB, HIDDEN_OF_XLSB = 156, 0, 0x10
SHEET_OF_XLS, ROW_OF_XLS, HIDDEN_OF_XLS = 0x85, 0x208, 0x20
BEGIN, END, UNICODE_BOOK = 0x809, 0x0A, 0x600
STREAMS = ("workbook", "book")
IN_HEADER = 109
"""Parts of the table of sectors that the header of a compound file names itself."""

BUILT_OTHERWISE = (
    struct.error,
    LookupError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
    ElementTree.ParseError,
    OSError,
)


def hidden_rows(path: Path, sheet: str, height: int) -> frozenset[int] | None:
    """Numbers of the hidden rows of a sheet, those without cells included.

    Parameters
    ----------
    path : Path
        An .xls, .xlsb or .ods workbook that another reader has found sound.
    sheet : str
        Name of the sheet.
    height : int
        Rows of the sheet; what lies below is passed over.

    Returns
    -------
    frozenset of int or None
        From 1, as the spreadsheet shows them; None where the workbook is built otherwise than expected, so
        that nobody can say.
    """
    try:
        with path.open("rb") as stream:
            packed = stream.read(2) == b"PK"
        if not packed:
            found = _of_xls(_workbook_stream(path.read_bytes()), sheet)
        else:
            with zipfile.ZipFile(path) as archive:
                way = _of_xlsb if BOOK in archive.namelist() else _of_ods
                found = list(way(archive, sheet, height))
        return frozenset(row for row in found if row <= height)
    except BUILT_OTHERWISE:
        return None


def _of_ods(archive: zipfile.ZipFile, sheet: str, height: int) -> Iterator[int]:
    row, inside = 0, False
    with archive.open("content.xml") as stream:
        for event, element in ElementTree.iterparse(stream, ("start", "end")):
            if event == "end":
                if element.tag == f"{TABLE}table" and inside:
                    return
                if element.tag == f"{TABLE}table-row":
                    element.clear()
            elif element.tag == f"{TABLE}table":
                inside = inside or element.get(f"{TABLE}name") == sheet
            elif element.tag == f"{TABLE}table-row" and inside:
                last = min(height, row + int(element.get(f"{TABLE}number-rows-repeated", 1)))
                if element.get(f"{TABLE}visibility") in NOT_SHOWN:
                    yield from range(row + 1, last + 1)
                row = last
    if not inside:
        raise LookupError(sheet)


def _of_xlsb(archive: zipfile.ZipFile, sheet: str, height: int) -> Iterator[int]:
    relations = ElementTree.fromstring(archive.read(RELATIONS))
    parts = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    names = {}
    with archive.open(BOOK) as stream:
        for kind, content in _records_of_xlsb(stream):
            if kind == BUNDLE:
                relation, end = _text_of_xlsb(content, 8)
                names[_text_of_xlsb(content, end)[0]] = relation
    with archive.open(posixpath.normpath(posixpath.join("/xl", parts[names[sheet]]))[1:]) as stream:
        for kind, content in _records_of_xlsb(stream):
            if kind == ROW_OF_XLSB and content[11] & HIDDEN_OF_XLSB:
                yield struct.unpack_from("<I", content)[0] + 1


def _records_of_xlsb(stream: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Kind and content of each record; both lengths are written seven bits a byte."""
    while first := stream.read(1):
        kind = first[0]
        if kind & 0x80:
            kind = (kind & 0x7F) | (stream.read(1)[0] & 0x7F) << 7
        size = 0
        for place in range(4):
            part = stream.read(1)[0]
            size |= (part & 0x7F) << 7 * place
            if not part & 0x80:
                break
        yield kind, stream.read(size)


def _text_of_xlsb(content: bytes, at: int) -> tuple[str, int]:
    """A text and where it ends."""
    (length,) = struct.unpack_from("<I", content, at)
    end = at + 4 + 2 * length
    return content[at + 4 : end].decode("utf-16-le"), end


def _of_xls(stream: bytes, sheet: str) -> list[int]:
    (version,) = struct.unpack_from("<H", stream, 4)
    starts = {}
    for kind, content in _records_of_xls(stream, 0):
        if kind == SHEET_OF_XLS:
            starts[_name_of_xls(content, version)] = struct.unpack_from("<I", content)[0]
    return [
        struct.unpack_from("<H", content)[0] + 1
        for kind, content in _records_of_xls(stream, starts[sheet])
        if kind == ROW_OF_XLS and content[12] & HIDDEN_OF_XLS
    ]


def _name_of_xls(content: bytes, version: int) -> str:
    if version < UNICODE_BOOK:
        return content[7 : 7 + content[6]].decode("latin-1")
    wide = content[7] & 1
    return content[8 : 8 + content[6] * (1 + wide)].decode("utf-16-le" if wide else "latin-1")


def _records_of_xls(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """Kind and content of each record of one part (the book or a sheet), charts inside it included."""
    deep = 0
    while True:
        kind, length = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length
        deep += (kind == BEGIN) - (kind == END)
        if deep <= 0:
            return


def _workbook_stream(data: bytes) -> bytes:
    """The workbook inside a compound file."""
    shift, short_shift = struct.unpack_from("<HH", data, 30)
    directory, _, smallest, short_table = struct.unpack_from("<4I", data, 48)
    sector = 1 << shift

    def sectors(first: int) -> Iterator[bytes]:
        for place in _chain(table, first):
            yield data[(place + 1) * sector : (place + 2) * sector]

    table = _sector_table(data, sector)
    entries = b"".join(sectors(directory))
    root = struct.unpack_from("<I", entries, 116)[0]
    for entry in range(0, len(entries), 128):
        length, kind = struct.unpack_from("<HB", entries, entry + 64)
        name = entries[entry : entry + max(0, length - 2)].decode("utf-16-le")
        if kind != 2 or name.lower() not in STREAMS:
            continue
        first, size = struct.unpack_from("<II", entries, entry + 116)
        if size >= smallest:
            return b"".join(sectors(first))[:size]
        inside, short = b"".join(sectors(root)), 1 << short_shift
        short_chain = _chain(_numbers(b"".join(sectors(short_table))), first)
        return b"".join(inside[place * short : (place + 1) * short] for place in short_chain)[:size]
    raise LookupError("no workbook")


def _sector_table(data: bytes, sector: int) -> tuple[int, ...]:
    """For each sector of a compound file, the one that follows it."""
    further, _ = struct.unpack_from("<II", data, 68)
    parts = list(struct.unpack_from(f"<{IN_HEADER}I", data, 76))
    seen: set[int] = set()
    while further < len(data) // sector and further not in seen:
        seen.add(further)
        *more, further = _numbers(data[(further + 1) * sector : (further + 2) * sector])
        parts += more
    held = [part for part in parts if part < len(data) // sector]
    return _numbers(b"".join(data[(part + 1) * sector : (part + 2) * sector] for part in held))


def _numbers(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])


def _chain(table: tuple[int, ...], first: int) -> Iterator[int]:
    """A sector and those that follow it."""
    seen = 0
    while first < len(table):
        yield first
        first = table[first]
        seen += 1
        if seen > len(table):
            raise ValueError("the sectors go in a circle")
