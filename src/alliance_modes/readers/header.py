"""The header row of a sheet or text file, declared or found out, and rows below it that are no records."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.readers.raw_table import MOST_UNEVEN_ROWS, cell_text, header_names, tidy_cell
from alliance_modes.readers.row_filter import LEFT_OUT
from alliance_modes.readers.source import RawSource

LOOKED_AT = 40
"""Rows among which a draft looks for the header."""

FEWEST_NAMES = 3
NEARLY = 0.6
"""Share of the cells of an ordinary row that a header has at least."""

SPARSE = 1 / 3
"""Share of the named columns up to which a row is no ordinary record."""

FURNITURE = frozenset((
    "total", "totals", "subtotal", "sum", "sums", "average", "averages", "mean", "count", "grand",
    "overall", "gesamt", "gesamtsumme", "summe", "zwischensumme", "mittelwert", "durchschnitt",
    "anzahl", "totaux", "somme", "moyenne", "nombre", "suma", "promedio", "media", "totales",
    "totaal", "totalen", "subtotaal", "gemiddelde", "som", "aantal", "cyfanswm",
))  # fmt: skip
"""First words of a line below a table that sums it up; in five languages and Welsh."""

ORIGIN = frozenset((
    "extracted", "exported", "printed", "generated", "produced", "created", "source", "note",
    "notes", "report", "page", "extrahiert", "exportiert", "gedruckt", "erstellt", "stand",
    "quelle", "hinweis", "extrait", "imprimé", "généré", "extraído", "exportado", "impreso",
    "generado", "fuente", "geëxporteerd", "afgedrukt", "gemaakt", "bron",
))  # fmt: skip
"""First words of a line that says where a table comes from."""

TRIAL = re.compile(
    r"(?:test|testing|dummy|testfall|probe)"
    r"(?:[ _-]?(?:case|record|client|person|participant|patient|user|entry|id|do not use|please ignore))?"
    r"[ _-]?[0-9]*",
    re.IGNORECASE,
)
"""An id that says that nobody is behind it."""


@dataclass(frozen=True)
class Header:
    """The header of one file: names by column, the number of its row, and the rows below it."""

    names: tuple[str, ...]
    row: int
    records: Iterator[Sequence[Any]]
    detected: dict[str, str]


def is_furniture(text: str) -> bool:
    """Whether a text is the label of a totals line or says where a table comes from, and names no one.

    Parameters
    ----------
    text : str
        The first cell of a row that holds something.

    Notes
    -----
    A word of ``FURNITURE`` counts where it stands alone or before a colon, an equals sign, a number or
    further words of summing up; a word of ``ORIGIN`` where more follows.
    """
    words = text.replace(":", " ").replace("=", " ").lower().split()
    if not words:
        return False
    if words[0] in FURNITURE or (words[0] == "n" and "=" in text):
        return all(word in (*FURNITURE, "n", "of", "rows") or word[:1].isdigit() for word in words)
    return words[0] in ORIGIN and (len(words) > 1 or text.rstrip().endswith(":"))


def is_trial(text: str) -> bool:
    """Whether the whole of a text says that the record is a test."""
    return TRIAL.fullmatch(text.strip()) is not None


def take_header(records: Iterator[Sequence[Any]], source: RawSource, file: str) -> Header:
    """The header row, and the rows below it without those that ``leave_out_rows`` names.

    Parameters
    ----------
    records : iterator of sequence
        Every row of the file from its first on, empty ones included.
    source : RawSource
        ``header_row`` and ``leave_out_rows``; where a draft tries the file, the header is looked for.
    file : str
        Name for messages.

    Returns
    -------
    Header
        Rows that are left out arrive as empty ones, so that the others keep their numbers.

    Raises
    ------
    CohortError
        Nothing is in the file, or nothing in the row that is declared. While the rows are read: a row
        to be left out is not there, or holds a record.
    """
    before = 0
    first: list[Sequence[Any]] = []
    for record in records:
        if _filled(record):
            first = [record, *islice(records, max(LOOKED_AT, (source.header_row or 0) - before))]
            break
        before += 1
    if not first:
        hint = "Export it again, with its header row."
        raise CohortError(file, [Problem("the file is empty", hint, file=file)])
    place = (source.header_row or 1) - before - 1 if source.header_row else _found(first, source.tried)
    row = place + before + 1
    if not 0 <= place < len(first) or not _filled(first[place]):
        message = "nothing stands in the row of the header"
        hint = f"Correct header_row in cohort.yaml; the first row that holds something is row {before + 1}."
        raise CohortError(file, [Problem(message, hint, file=file, rows=(row,))])
    detected = {"header_row": str(row)} if place and source.header_row is None else {}
    names = header_names(first[place])
    left_out = sorted(number for number, out in (source.leave_out_rows or {}).items() if out)
    rest: Iterator[Sequence[Any]] = chain(first[place + 1 :], records)
    if left_out:
        detected[LEFT_OUT] = f"leave_out_rows: {len(left_out)}"
        rest = _without(rest, row + 1, left_out, names, file)
    return Header(names, row, rest, detected)


def _filled(record: Sequence[Any]) -> int:
    return sum(cell is not None and cell != "" for cell in record)


def _found(first: Sequence[Sequence[Any]], look: bool) -> int:
    """Place of the row that is most likely the header: the first about as full as the rows below it."""
    filled = [_filled(record) for record in first]
    held = sorted(count for count in filled if count)
    ordinary = held[len(held) // 2]
    place = next(place for place, count in enumerate(filled) if count >= NEARLY * ordinary)
    return place if look and ordinary >= FEWEST_NAMES and _all_names(first[place]) else 0


def _all_names(record: Sequence[Any]) -> bool:
    texts = [cell_text(tidy_cell(cell)) for cell in record if cell is not None and cell != ""]
    return len(set(texts)) == len(texts) and not any(text.replace(".", "").isdigit() for text in texts[:2])


def is_odd(cells: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a row below the header is no ordinary record.

    It is empty but for a third of its cells, has no first cell, begins with a word of summing up or of
    origin, or says the header again.
    """
    filled = [text for text in cells if text]
    if (
        len(filled) <= max(1, SPARSE * len(names))
        or is_furniture(filled[0])
        or is_trial(filled[0])
        or not cells[0]
    ):
        return True
    return 2 * sum(text in names_told(names) for text in filled) > len(filled)


def names_told(names: Collection[str]) -> frozenset[str]:
    """Those names of columns that are no number or mark, so that they stand in no record."""
    return frozenset(name for name in names if len(name) > 1 and not name.isdigit())


def _without(
    records: Iterator[Sequence[Any]],
    first_row: int,
    left_out: Collection[int],
    names: Sequence[str],
    file: str,
) -> Iterator[Sequence[Any]]:
    waiting, records_among = set(left_out), []
    for row, record in enumerate(records, first_row):
        if row not in waiting:
            yield record
            continue
        waiting.discard(row)
        cells = [cell_text(tidy_cell(cell)) for cell in record]
        if any(cells) and not is_odd(cells, names):
            records_among.append(row)
        if _moved_header(cells, names):
            raise CohortError(file, [_other_columns(file, row)])
        yield ()
    if records_among or waiting:
        rows = tuple(sorted({*records_among, *waiting}))[:MOST_UNEVEN_ROWS]
        message = "leave_out_rows names this row, but it holds a record, or is not there"
        hint = "Was the file exported again? Look the rows up and correct leave_out_rows in cohort.yaml."
        raise CohortError(file, [Problem(message, hint, file=file, rows=rows)])


def _moved_header(cells: Sequence[str], names: Sequence[str]) -> bool:
    """Whether a row names the columns once more, some of them in other places."""
    filled = [text for text in cells if text]
    known = names_told(names)
    moved = [text for text, name in zip(cells, names, strict=False) if text != name and text in known]
    return bool(moved) and 2 * sum(text in known for text in filled) > len(filled)


def _other_columns(file: str, row: int) -> Problem:
    message = (
        "this row names the columns once more, in another order: below it the cells are of other columns"
    )
    hint = "Put the rows below it into a file or sheet of their own, with this row as its header."
    return Problem(message, hint, file=file, rows=(row,))
