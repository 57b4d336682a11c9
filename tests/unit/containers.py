"""Small files in the containers that exports come in, written byte by byte where no library writes them."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

OFFICE = "urn:oasis:names:tc:opendocument:xmlns:"


class Markup(str):
    """A cell of an .ods workbook as it is written."""


def ods(
    path: Path,
    sheets: Mapping[str, Sequence[Sequence[object]]],
    hidden: Sequence[str] = (),
    hidden_rows: Collection[int] = (),
) -> Path:
    """A LibreOffice workbook of texts and numbers; ``hidden_rows`` of every sheet, from 1."""
    body = "".join(
        f'<table:table table:name="{name}"{STYLED if name in hidden else ""}>'
        + "".join(_ods_row(row, number in hidden_rows) for number, row in enumerate(rows, 1))
        + "</table:table>"
        for name, rows in sheets.items()
    )
    spaces = "".join(f' xmlns:{name}="{OFFICE}{name}:1.0"' for name in ("office", "table", "text", "style"))
    style = (
        '<office:automatic-styles><style:style style:name="ta2" style:family="table">'
        '<style:table-properties table:display="false"/></style:style></office:automatic-styles>'
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{spaces}>{style}'
        f"<office:body><office:spreadsheet>{body}</office:spreadsheet></office:body></office:document-content>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>',
        )
        archive.writestr("content.xml", content)
    return path


STYLED = ' table:style-name="ta2"'


def _ods_row(row: Sequence[object], hidden: bool) -> str:
    shown = ' table:visibility="collapse"' if hidden else ""
    return f"<table:table-row{shown}>{''.join(map(_ods_cell, row))}</table:table-row>"


def _ods_cell(value: object) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, Markup):
        return value
    if isinstance(value, int | float):
        shown = f'office:value-type="float" office:value="{value}"'
    else:
        shown = 'office:value-type="string"'
    return f"<table:table-cell {shown}><text:p>{escape(str(value))}</text:p></table:table-cell>"


def xls(
    path: Path,
    sheets: Mapping[str, Sequence[Sequence[object]]],
    hidden: Sequence[str] = (),
    hidden_rows: Collection[int] = (),
) -> Path:
    """A workbook of Excel 97-2003 of texts and numbers; ``hidden_rows`` of every sheet, from 1."""
    bodies = [_biff_sheet(rows, hidden_rows) for rows in sheets.values()]
    globals_length = len(_biff_globals(sheets, [0] * len(sheets), hidden))
    starts = [globals_length + sum(map(len, bodies[:place])) for place in range(len(bodies))]
    stream = _biff_globals(sheets, starts, hidden) + b"".join(bodies)
    path.write_bytes(_compound_file(stream))
    return path


def _biff(number: int, content: bytes) -> bytes:
    return struct.pack("<HH", number, len(content)) + content


def _biff_globals(names: Collection[str], starts: Sequence[int], hidden: Sequence[str]) -> bytes:
    records = _biff(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    for name, start in zip(names, starts, strict=True):
        about = struct.pack("<IBBBB", start, name in hidden, 0, len(name), 0)
        records += _biff(0x85, about + name.encode("latin-1"))
    return records + _biff(0x0A, b"")


def _biff_sheet(rows: Sequence[Sequence[object]], hidden: Collection[int]) -> bytes:
    width = max(map(len, rows), default=0)
    records = _biff(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0))
    records += _biff(0x200, struct.pack("<IIHHH", 0, len(rows), 0, width, 0))
    for row, cells in enumerate(rows):
        options = 0x100 | 0x20 * (row + 1 in hidden)
        records += _biff(0x208, struct.pack("<HHHHHHI", row, 0, width, 255, 0, 0, options))
        for column, value in enumerate(cells):
            place = struct.pack("<HHH", row, column, 0)
            if isinstance(value, int | float):
                records += _biff(0x203, place + struct.pack("<d", value))
            elif value is not None:
                text = str(value).encode("utf-16-le")
                records += _biff(0x204, place + struct.pack("<HB", len(text) // 2, 1) + text)
    return records + _biff(0x0A, b"")


def _compound_file(stream: bytes) -> bytes:
    """A compound file with one stream, the workbook; sector 0 holds the FAT, sector 1 the directory."""
    stream = stream.ljust(max(4096, -(-len(stream) // 512) * 512), b"\0")
    sectors = len(stream) // 512
    end, free, fat_sector = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    chain = [fat_sector, end, *range(3, sectors + 2), end]
    fat = struct.pack("<128I", *chain, *[free] * (128 - len(chain)))
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    header += struct.pack("<HHHHH6xIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, end, 0, end, 0)
    header += struct.pack("<109I", 0, *[free] * 108)
    directory = _entry("Root Entry", 5, end, 0, child=1) + _entry("Workbook", 2, 2, len(stream))
    return header + fat + directory.ljust(512, b"\0") + stream


def _entry(name: str, kind: int, start: int, size: int, child: int = 0xFFFFFFFF) -> bytes:
    text = name.encode("utf-16-le") + b"\0\0"
    links = struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child)
    return (
        text.ljust(64, b"\0") + struct.pack("<HBB", len(text), kind, 1) + links + bytes(36)
        + struct.pack("<IQ", start, size)
    )  # fmt: skip


def xlsb(
    path: Path,
    sheets: Mapping[str, Sequence[Sequence[object]]],
    hidden: Sequence[str] = (),
    hidden_rows: Collection[int] = (),
) -> Path:
    """A binary workbook of Excel of texts and numbers; ``hidden_rows`` of every sheet, from 1."""
    books = b"".join(
        _record(156, struct.pack("<II", name in hidden, place) + _wide(f"rId{place}") + _wide(name))
        for place, name in enumerate(sheets, 1)
    )
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = "".join(
        f'<Relationship Id="rId{place}" Type="{office}/worksheet" Target="worksheets/sheet{place}.bin"/>'
        for place, _ in enumerate(sheets, 1)
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "xl/_rels/workbook.bin.rels", f'<Relationships xmlns="{package}">{relations}</Relationships>'
        )
        book = _record(131) + _record(143) + books + _record(144) + _record(132)
        archive.writestr("xl/workbook.bin", book)
        for place, rows in enumerate(sheets.values(), 1):
            archive.writestr(f"xl/worksheets/sheet{place}.bin", _binary_sheet(rows, hidden_rows))
    return path


def _binary_sheet(rows: Sequence[Sequence[object]], hidden: Collection[int]) -> bytes:
    width = max(map(len, rows), default=1)
    content = _record(129) + _record(148, struct.pack("<4I", 0, len(rows) - 1, 0, width - 1)) + _record(145)
    for row, cells in enumerate(rows):
        flags = 0x10 if row + 1 in hidden else 0
        content += _record(0, struct.pack("<IIHBBBI", row, 0, 255, 0, flags, 0, 0))
        for column, value in enumerate(cells):
            place = struct.pack("<II", column, 0)
            if isinstance(value, int | float):
                content += _record(5, place + struct.pack("<d", value))
            elif value is not None:
                content += _record(6, place + _wide(str(value)))
    return content + _record(146) + _record(130)


def _record(kind: int, content: bytes = b"") -> bytes:
    number = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    length, size = len(content), b""
    while length > 0x7F:
        size += bytes([length & 0x7F | 0x80])
        length >>= 7
    return number + size + bytes([length]) + content


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")
