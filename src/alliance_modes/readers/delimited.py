"""Delimited text files: encoding and delimiter found out, records read one by one."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from alliance_modes.cohort import Source
from alliance_modes.errors import CohortError, Problem
from alliance_modes.readers.files import require_file
from alliance_modes.readers.raw_table import tidy_text

DELIMITERS = (",", ";", "\t", "|")
DELIMITER_NAMES = {"\t": "tab"}
ENCODINGS = ("utf-8", "cp1252", "latin-1")
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
BLOCK = 1 << 20
SAMPLE = 30
"""Records looked at to find the delimiter."""


@contextmanager
def open_records(
    source: Source, path: Path, file: str, wanted: frozenset[str]
) -> Iterator[tuple[Iterator[list[str]], Mapping[str, str]]]:
    """Open a delimited file; give its records (header included) and what was detected.

    Raises
    ------
    CohortError
        The file is missing or empty, is not text of the declared encoding, holds NUL bytes, or a
        quote is not closed.
    """
    require_file(path, file)
    detected: dict[str, str] = {}
    encoding = source.encoding
    if encoding is None:
        encoding = detected["encoding"] = detect_encoding(path, file)
    _require_decodable(path, file, encoding)
    delimiter = source.delimiter
    if delimiter is None:
        delimiter = detect_delimiter(path, encoding, wanted)
        detected["delimiter"] = DELIMITER_NAMES.get(delimiter, delimiter)
    with open(path, encoding=encoding, newline="") as stream:
        yield _records(csv.reader(stream, delimiter=delimiter, strict=True), file), detected


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
    return next(encoding for encoding in ENCODINGS if undecodable_line(path, encoding) is None)


def undecodable_line(path: Path, encoding: str) -> int | None:
    """Line of the first bytes that are not text of this encoding, or None."""
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 1
    with open(path, "rb") as stream:
        while block := stream.read(BLOCK):
            try:
                lines += decoder.decode(block).count("\n")
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
            try:
                records = [
                    record for record in islice(csv.reader(stream, delimiter=delimiter), SAMPLE) if record
                ]
            except csv.Error:
                return (0, 0.0, 0)
        if not records:
            return (0, 0.0, 0)
        width = len(records[0])
        even = sum(len(record) == width for record in records) / len(records)
        return (len(wanted.intersection(map(tidy_text, records[0]))), even if width > 1 else 0.0, width)

    return max(DELIMITERS, key=fit)


def _require_decodable(path: Path, file: str, encoding: str) -> None:
    line = undecodable_line(path, encoding)
    if line is not None:
        hint = "Declare the encoding that the file was saved in (encoding: cp1252, say), or save it as UTF-8."
        raise CohortError(file, [Problem(f"not {encoding} text", hint, file=file, line=line)])
    if not encoding.startswith(("utf-16", "utf-32", "utf_16", "utf_32")):
        line = _line_of_nul(path)
        if line is not None:
            hint = "The file is damaged, or is UTF-16 (declare encoding: utf-16-le), or is not a text file."
            raise CohortError(file, [Problem("the file holds NUL bytes", hint, file=file, line=line)])


def _line_of_nul(path: Path) -> int | None:
    lines = 1
    with open(path, "rb") as stream:
        while block := stream.read(BLOCK):
            place = block.find(b"\0")
            if place >= 0:
                return lines + block[:place].count(b"\n")
            lines += block.count(b"\n")
    return None


def _records(reader: Iterator[list[str]], file: str) -> Iterator[list[str]]:
    row = 0
    try:
        for record in reader:
            row += 1
            yield record
    except csv.Error as error:
        said = str(error)
        hint = "Look for a quotation mark that is not closed, or that is not doubled inside a quoted cell."
        raise CohortError(
            file, [Problem(f"the row cannot be read: {said}", hint, file=file, rows=(row + 1,))]
        ) from None
