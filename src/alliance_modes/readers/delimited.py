"""Delimited text files: encoding and delimiter found out, records read one by one."""

from __future__ import annotations

import codecs
import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import TextIO

from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.readers.files import require_file
from alliance_modes.readers.raw_table import tidy_text
from alliance_modes.readers.source import RawSource

DELIMITERS = (",", ";", "\t", "|")
DELIMITER_NAMES = {"\t": "tab"}
ENCODINGS = ("utf-8", "cp1252", "latin-1")
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
BLOCK = 1 << 20
LONGEST_LINE = 4 << 20
"""Bytes of a line, and characters of a record; a longer one is no table."""
SEPARATOR = re.compile(r"\"?sep=(.)\"?[\r\n]*", flags=re.IGNORECASE)
"""A first line that tells Excel the delimiter; Excel does not show it as a row."""
SAMPLE = 30
"""Records looked at to find the delimiter."""


@contextmanager
def open_records(
    source: RawSource, path: Path, file: str, wanted: frozenset[str]
) -> Iterator[tuple[Iterator[list[str]], Mapping[str, str]]]:
    """Open a delimited file; give its records (header included) and what was detected.

    Raises
    ------
    CohortError
        The file is missing or empty, is not text of the declared encoding, holds NUL bytes, or a
        quote is not closed.
    """
    require_file(path, file)
    _require_lines(path, file)
    detected: dict[str, str] = {}
    encoding = source.encoding
    if encoding is None:
        encoding = detected["encoding"] = detect_encoding(path, file)
    _require_decodable(path, file, encoding)
    stated = _stated_delimiter(path, encoding)
    delimiter = source.delimiter
    if delimiter is None:
        delimiter = stated or detect_delimiter(path, encoding, wanted)
        detected["delimiter"] = DELIMITER_NAMES.get(delimiter, delimiter)
    with open(path, encoding=encoding, newline="") as stream:
        if stated:
            stream.readline()
        yield _records(stream, delimiter, file), detected


def _stated_delimiter(path: Path, encoding: str) -> str:
    """The delimiter that a first line ``sep=;`` states, or ''."""
    with open(path, encoding=encoding, newline="") as stream:
        match = SEPARATOR.fullmatch(stream.readline(16))
    return match[1] if match else ""


def first_record(records: Iterator[list[str]], file: str) -> tuple[list[str], int]:
    """The first record that is not empty, and its row number."""
    for row, record in enumerate(records, 1):
        if any(record):
            return record, row
    raise CohortError(file, [empty_file(file)])


def empty_file(file: str) -> Problem:
    """The problem of a file with nothing in it."""
    return Problem("the file is empty", "Export it again, with its header row.", file=file)


def detect_encoding(path: Path, file: str) -> str:
    """Encoding of a text file: its byte-order mark, else UTF-8 if it is valid, else Windows-1252."""
    with open(path, "rb") as stream:
        start = stream.read(4)
    for mark, encoding in BYTE_ORDER_MARKS:
        if start.startswith(mark):
            return encoding
    if not start:
        raise CohortError(file, [empty_file(file)])
    if _line_of_nul(path) is not None:
        return ENCODINGS[0]
    return next(encoding for encoding in ENCODINGS if undecodable_line(path, encoding) is None)


def undecodable_line(path: Path, encoding: str) -> int | None:
    """Line of the first bytes that are not text of this encoding (or are NUL signs), or None."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    with open(path, "rb") as stream:
        while block := stream.read(BLOCK):
            try:
                text = decoder.decode(block)
                if "\0" in text:
                    return lines + text[: text.index("\0")].count("\n")
                lines += text.count("\n")
            except UnicodeError as error:
                return lines + block[: getattr(error, "start", 0)].count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeError:
        return lines
    return None


def detect_delimiter(path: Path, encoding: str, wanted: frozenset[str]) -> str:
    """The delimiter that finds most of the wanted columns; then the one whose rows are most even."""

    def fit(delimiter: str) -> tuple[int, float, int]:
        with open(path, encoding=encoding, newline="") as stream:
            records = filter(None, islice(csv.reader(_Lines(stream), delimiter=delimiter), SAMPLE))
            rows: list[list[str]] = []
            with suppress(csv.Error):  # what stands before a row that cannot be read is enough
                for record in records:
                    rows.append(record)
        if not rows:
            return (0, 0.0, 0)
        widths = Counter(map(len, rows))
        width = max(widths, key=lambda width: (widths[width], width == len(rows[0]), width))
        found = max(len(wanted.intersection(map(tidy_text, row))) for row in rows)
        return (found, widths[width] / len(rows) if width > 1 else 0.0, width)

    return max(DELIMITERS, key=fit)


def _require_lines(path: Path, file: str) -> None:
    """Refuse a file with a line too long to be a row, reading no further than that."""
    lines, length = 1, 0
    with open(path, "rb") as stream:
        while block := stream.read(BLOCK):
            end = block.rfind(b"\n")
            if end < 0 and length + len(block) > LONGEST_LINE and b"\r" not in block:
                raise CohortError(file, [_endless(file, lines)])
            lines += block.count(b"\n")
            end = max(end, block.rfind(b"\r"))
            length = length + len(block) if end < 0 else len(block) - end - 1


def _endless(file: str, line: int) -> Problem:
    hint = "This is not a table of text: was the wrong file named, or were its line breaks lost?"
    return Problem(f"a line of more than {LONGEST_LINE >> 20} MB", hint, file=file, line=line)


def _require_decodable(path: Path, file: str, encoding: str) -> None:
    if not encoding.startswith(("utf-16", "utf-32", "utf_16", "utf_32")):
        line = _line_of_nul(path)
        if line is not None:
            hint = "The file is damaged, or is UTF-16 (declare encoding: utf-16-le), or is not a text file."
            raise CohortError(file, [Problem("the file holds NUL bytes", hint, file=file, line=line)])
    line = undecodable_line(path, encoding)
    if line is not None:
        hint = "Declare the encoding that the file was saved in (encoding: cp1252, say), or save it as UTF-8."
        raise CohortError(file, [Problem(f"not {encoding} text", hint, file=file, line=line)])


def _line_of_nul(path: Path) -> int | None:
    lines = 1
    with open(path, "rb") as stream:
        while block := stream.read(BLOCK):
            place = block.find(b"\0")
            if place >= 0:
                return lines + block[:place].count(b"\n")
            lines += block.count(b"\n")
    return None


class _Lines:
    """Lines of a text file for one record at a time; a record that never ends is refused."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.length = 0
        """Characters of the present record."""

    def __iter__(self) -> Iterator[str]:
        for line in self._stream:
            self.length += len(line)
            if self.length > LONGEST_LINE:
                raise csv.Error(f"it is longer than {LONGEST_LINE >> 20} million characters")
            yield line


def _records(stream: TextIO, delimiter: str, file: str) -> Iterator[list[str]]:
    lines = _Lines(stream)
    row = 0
    try:
        for record in csv.reader(lines, delimiter=delimiter, strict=True):
            row += 1
            lines.length = 0
            yield record
    except csv.Error as error:
        said = str(error)
        hint = "Look for a quotation mark that is not closed, or that is not doubled inside a quoted cell."
        raise CohortError(
            file, [Problem(f"the row cannot be read: {said}", hint, file=file, rows=(row + 1,))]
        ) from None
