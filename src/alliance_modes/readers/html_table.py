"""Tables of web pages, which many web programs save under the ending .xls."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.readers.declaration import Format, Parts
from alliance_modes.readers.delimited import detect_encoding, undecodable_line
from alliance_modes.readers.files import require_file
from alliance_modes.readers.grid import Grid, chosen_sheet, read_grid
from alliance_modes.readers.raw_table import RawTable
from alliance_modes.readers.source import RawSource

START = 4096
"""Bytes in which a page says that it is one, and its encoding."""
LARGEST = 256 << 20
CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([\w.:-]+)", flags=re.IGNORECASE)
PAGE = re.compile(
    rb"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|meta|style|table|div)[\s>/]", re.I | re.S
)
BOM = b"\xef\xbb\xbf"
CELL_ENDS = ("td", "th", "tr", "table")
UNSEEN = ("script", "style")


def is_page(path: Path) -> bool:
    """Whether a file is a web page, by how it begins."""
    with path.open("rb") as stream:
        start = stream.read(START)
    return PAGE.match(start.removeprefix(BOM)) is not None


def read(source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read one table of a page, the declared one or the only one; see ``readers.read``.

    Notes
    -----
    All cells are text. A page with several tables needs ``sheet: table 2``; tables inside a cell are
    tables of their own. Cells that span several rows or columns are refused, as merged cells are.
    """
    return read_grid(source, html_grid(source.sheet, path, file, source.encoding), file, wanted)


def html_grid(declared: str | None, path: Path, file: str, encoding: str | None = None) -> Grid:
    """The declared table ("table 2"), or the only one.

    Raises
    ------
    CohortError
        There is no table, or no such table, or one of several has to be declared.
    """
    tables, found = _tables(path, file, encoding)
    names = list(tables)
    if declared is None and len(names) > 1:
        hint = f"Say which under sheet: {', '.join(names)}."
        raise CohortError(file, [Problem(f"the page has {len(names)} tables", hint, file=file)])
    name = chosen_sheet(declared, names, names, file)
    notes = {"content": "a web page, whatever its ending", "encoding": found}
    return Grid(name, iter(tables[name].rows), tables[name].merged, notes)


def html_tables(path: Path, file: str) -> list[str]:
    """Names of the tables of a page ("table 1"), those of a single row left out."""
    return list(_tables(path, file, None)[0])


class _Table:
    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self.merged: list[str] = []
        self.open = False
        """Whether text belongs to the last cell of the last row."""


class _Page(HTMLParser):
    """Collects every table; forgiving, as browsers are, of cells and rows that are not closed."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Table] = []
        self.within: list[_Table] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a table, a row or a cell; a line break inside a cell is a space."""
        self.unseen += tag in UNSEEN
        if tag == "table":
            self.within.append(_Table())
            self.tables.append(self.within[-1])
        if not self.within:
            return
        table = self.within[-1]
        if tag == "tr":
            table.rows.append([])
            table.open = False
        elif tag in ("td", "th"):
            self._cell(table, dict(attrs))
        elif tag in ("br", "p", "div") and table.open and table.rows[-1][-1]:
            table.rows[-1][-1] += " "

    def _cell(self, table: _Table, attrs: dict[str, str | None]) -> None:
        if not table.rows:
            table.rows.append([])
        table.rows[-1].append("")
        table.open = True
        if any((attrs.get(span) or "1").strip() != "1" for span in ("colspan", "rowspan")):
            table.merged.append(f"row {len(table.rows)}, cell {len(table.rows[-1])}")

    def handle_endtag(self, tag: str) -> None:
        """End a table or a cell."""
        if tag in UNSEEN:
            self.unseen = max(0, self.unseen - 1)
        if self.within and tag in CELL_ENDS:
            self.within[-1].open = False
            if tag == "table":
                self.within.pop()

    def handle_data(self, data: str) -> None:
        """Add text to the cell that is open."""
        if self.within and self.within[-1].open and not self.unseen:
            self.within[-1].rows[-1][-1] += data


def _tables(path: Path, file: str, encoding: str | None) -> tuple[dict[str, _Table], str]:
    """The tables of more than one row by name, and the encoding of the page."""
    require_file(path, file)
    if path.stat().st_size > LARGEST:
        hint = "Open it in Excel and save it as .xlsx or .csv."
        raise CohortError(file, [Problem(f"a web page of more than {LARGEST >> 20} MB", hint, file=file)])
    encoding = encoding or _stated_encoding(path) or detect_encoding(path, file)
    line = undecodable_line(path, encoding)
    if line is not None:
        hint = "Declare the encoding that the page was saved in (encoding: cp1252, say)."
        raise CohortError(file, [Problem(f"not {encoding} text", hint, file=file, line=line)])
    page = _Page()
    page.feed(path.read_text(encoding))
    page.close()
    tables = [table for table in page.tables if len([row for row in table.rows if any(row)]) > 1]
    for table in tables:
        table.rows = [[" ".join(cell.split()) for cell in row] for row in table.rows]
    return {f"table {number}": table for number, table in enumerate(tables, 1)}, encoding


def _stated_encoding(path: Path) -> str:
    """The encoding that the page states, empty where it states none that is known."""
    with path.open("rb") as stream:
        start = stream.read(START)
    match = CHARSET.search(start)
    if start.startswith((BOM, b"\xff\xfe", b"\xfe\xff")) or match is None:
        return ""
    try:
        return (
            RawSource(files=("x",), format="html", encoding=match[1].decode("ascii", "replace")).encoding
            or ""
        )
    except ValueError:
        return ""


def several_tables(path: Path, file: str) -> list[dict[str, str]]:
    """Settings of each table where there are several."""
    tables = html_tables(path, file)
    return [{"sheet": table} for table in tables] if len(tables) > 1 else []


FORMAT = Format(
    "html",
    read,
    suffixes=(".html", ".htm"),
    options=("sheet", "header_row", "leave_out_rows"),
    decimal_comma=True,
    parts=Parts(several_tables, "by its suffix, one of several tables", any_table=True),
)
