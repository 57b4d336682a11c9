"""The containers in which exports arrive, written by hand where no library writes them."""

from __future__ import annotations

import gzip
import struct
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyreadstat
from field_truth import Truth

Rows = Sequence[Sequence[Any]]


def csv(table: pd.DataFrame, path: Path, **how: Any) -> None:
    """One header row, commas."""
    table.to_csv(path, index=False, **how)


def enrolments_and_forms(folder: Path, truth: Truth, **changed: pd.DataFrame) -> None:
    """The two tables as CSV, each unless ``changed`` holds another."""
    csv(changed.get("enrolments", truth.enrolments), folder / "enrolments.csv")
    csv(changed.get("forms", truth.forms), folder / "client_forms.csv")


def with_sessions(folder: Path, truth: Truth, **changed: pd.DataFrame) -> None:
    """The three tables as CSV."""
    enrolments_and_forms(folder, truth, **changed)
    csv(changed.get("sessions", truth.sessions), folder / "sessions.csv")


def as_rows(table: pd.DataFrame, days: Sequence[str] = ()) -> list[list[Any]]:
    """Header and cells; the columns ``days`` as real dates."""
    cells = [
        [
            datetime.fromisoformat(value) if name in days and isinstance(value, str) else _plain(value)
            for name, value in row.items()
        ]
        for row in table.to_dict("records")
    ]
    return [list(table.columns), *cells]


def _plain(value: Any) -> Any:
    if value is None or value != value or value == "":
        return None
    return value.item() if hasattr(value, "item") else value


def workbook(path: Path, sheets: dict[str, Rows]) -> None:
    """An ``.xlsx`` of these sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    book.save(path)


def spss(table: pd.DataFrame, path: Path, **how: Any) -> None:
    """A ``.sav``, with value labels under ``variable_value_labels``."""
    pyreadstat.write_sav(table, path, **how)


def days(table: pd.DataFrame, *names: str) -> pd.DataFrame:
    """The table with real dates in the columns ``names``."""
    return table.assign(**{name: [date.fromisoformat(text) for text in table[name]] for name in names})


def archive(path: Path, members: dict[str, bytes]) -> None:
    """A zip archive of these members."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)


ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
ODS_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?><manifest:manifest manifest:version="1.2" '
    'xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS_TYPE}"/>'
    '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
    "</manifest:manifest>"
)
ODS_CONTENT = (
    '<?xml version="1.0" encoding="UTF-8"?><office:document-content office:version="1.2" '
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    '<table:table table:name="Sheet1">{rows}</table:table>'
    "</office:spreadsheet></office:body></office:document-content>"
)


def open_document(path: Path, rows: Rows) -> None:
    """An ``.ods`` of one sheet."""
    text = "".join("<table:table-row>" + "".join(map(_ods_cell, row)) + "</table:table-row>" for row in rows)
    archive(
        path,
        {
            "mimetype": ODS_TYPE.encode(),
            "content.xml": ODS_CONTENT.format(rows=text).encode(),
            "META-INF/manifest.xml": ODS_MANIFEST.encode(),
        },
    )


def _ods_cell(value: Any) -> str:
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, int | float):
        kind = f'office:value-type="float" office:value="{value}"'
    else:
        kind = 'office:value-type="string"'
    return f"<table:table-cell {kind}><text:p>{value}</text:p></table:table-cell>"


def html_table(path: Path, rows: Rows) -> None:
    """A web page with one table, as many systems save it under the name of a workbook."""
    head, *body = ["".join(f"<td>{'' if cell is None else cell}</td>" for cell in row) for row in rows]
    text = head.replace("<td>", "<th>").replace("</td>", "</th>")
    lines = "".join(f"<tr>{row}</tr>" for row in body)
    path.write_text(
        f"<html><body><table><thead><tr>{text}</tr></thead><tbody>{lines}</tbody></table></body></html>"
    )


SECTOR = 512
END_OF_CHAIN, FREE, FAT_SECTOR = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD


def old_workbook(path: Path, rows: Rows) -> None:
    """An ``.xls`` (BIFF8 in a compound file) of one sheet of texts and numbers."""
    stream = _biff(rows)
    stream += bytes(-len(stream) % SECTOR or 0)
    stream += bytes(max(0, 8 * SECTOR - len(stream)))
    sectors = len(stream) // SECTOR
    chain = [*range(1, sectors), END_OF_CHAIN, END_OF_CHAIN]
    fats = -(-(len(chain) + 1) // 128)
    while (len(chain) + fats) > fats * 128:
        fats += 1
    table = [*chain, *[FAT_SECTOR] * fats]
    table += [FREE] * (fats * 128 - len(table))
    first_fat = sectors + 1
    listed = [*range(first_fat, first_fat + fats)]
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH6xIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, fats, sectors, 0, 4096,
                        END_OF_CHAIN, 0, END_OF_CHAIN, 0, listed[0])  # fmt: skip
    head += b"".join(struct.pack("<I", place) for place in [*listed[1:], *[FREE] * (109 - len(listed))])
    entries = _entry("Root Entry", 5, 1, END_OF_CHAIN, 0) + _entry("Workbook", 2, FREE, 0, len(stream))
    entries += (_entry("", 0, FREE, 0, 0)) * 2
    path.write_bytes(head + stream + entries + struct.pack(f"<{len(table)}I", *table))


def _entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
    text = name.encode("utf-16-le")
    written = struct.pack("<64sHBBIII", text, len(text) + 2 if name else 0, kind, 1, FREE, FREE, child)
    return written + bytes(36) + struct.pack("<IQ", start, size)


def _biff(rows: Rows) -> bytes:
    def record(kind: int, content: bytes = b"") -> bytes:
        return struct.pack("<HH", kind, len(content)) + content

    def globals_of(start: int) -> bytes:
        bof = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 1997, 0, 0x0600))
        sheet = record(0x0085, struct.pack("<IBBBB", start, 0, 0, 6, 0) + b"Sheet1")
        return bof + record(0x0042, struct.pack("<H", 1200)) + sheet + record(0x000A)

    body = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 1997, 0, 0x0600))
    body += record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, len(rows[0]), 0))
    for row, cells in enumerate(rows):
        for column, value in enumerate(cells):
            place = struct.pack("<HHH", row, column, 0)
            if isinstance(value, int | float):
                body += record(0x0203, place + struct.pack("<d", value))
            elif value is not None:
                text = str(value).encode("latin-1")
                body += record(0x0204, place + struct.pack("<HB", len(text), 0) + text)
    return globals_of(len(globals_of(0))) + body + record(0x000A)


def r_data_frame(path: Path, table: pd.DataFrame) -> None:
    """An ``.rds`` of one data frame of texts and whole numbers (XDR, version 2, compressed)."""

    def text(value: str) -> bytes:
        return struct.pack(">ii", 0x00040009, len(value.encode())) + value.encode()

    def texts(values: Sequence[str]) -> bytes:
        return struct.pack(">ii", 16, len(values)) + b"".join(map(text, values))

    def attribute(name: str, value: bytes) -> bytes:
        return (
            struct.pack(">iii", 0x402, 1, 0x00040009) + struct.pack(">i", len(name)) + name.encode() + value
        )

    columns = b""
    for name in table:
        values = table[name].tolist()
        if isinstance(values[0], str):
            columns += texts(values)
        else:
            columns += struct.pack(f">ii{len(values)}i", 13, len(values), *values)
    written = b"X\n" + struct.pack(">iii", 2, 0x00030602, 0x00020300)
    written += struct.pack(">ii", 0x313, len(table.columns)) + columns
    written += attribute("names", texts(list(table.columns)))
    written += attribute("row.names", struct.pack(">iiii", 13, 2, -(2**31), -len(table)))
    written += attribute("class", texts(["data.frame"])) + struct.pack(">i", 254)
    path.write_bytes(gzip.compress(written, mtime=0))
