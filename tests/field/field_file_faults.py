"""Faults of whole files: titles, headers and footers, hidden sheets, registers, two raters, odd responses."""

from __future__ import annotations

import csv as text_tables
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pandas as pd
from field_faults import Fault, Planted, Write
from field_truth import ITEMS
from field_writers import as_rows

Rows = list[list[Any]]


def _lines(rows: Rows, path: Path) -> None:
    out = io.StringIO()
    text_tables.writer(out, lineterminator="\n").writerows(rows)
    path.write_text(out.getvalue(), encoding="utf-8")


def _written(change: Callable[[Rows, Random], Rows]) -> Fault:
    """The table as a CSV whose rows, the header first, are changed."""

    def fault(planted: Planted, table: str, column: str, draw: Random) -> Planted:
        def write(rows: pd.DataFrame, folder: Path, name: str) -> None:
            _lines(change(as_rows(rows), draw), folder / f"{name}.csv")

        return replace(planted, written={**planted.written, table: write})

    return fault


def _titled(rows: Rows, draw: Random) -> Rows:
    titles: Rows = [["Programmes team: starts in 2024"], ["Extracted 14/01/2025", "", "confidential"], []]
    return [*titles[draw.randrange(2) :], *rows]


def _header_again(rows: Rows, draw: Random) -> Rows:
    place = draw.randrange(3, len(rows) - 3)
    return [*rows[:place], *draw.choice([[], [["Second site"]]]), rows[0], *rows[place:]]


def _footed(rows: Rows, draw: Random) -> Rows:
    width = len(rows[0])
    notes: Rows = [
        ["Extracted 14/01/2025 from the case management system."],
        ["Total", *[""] * (width - 2), len(rows) - 1],
        ["n = " + str(len(rows) - 1)],
        ["Mean", *["3.5"] * (width - 1)],
        ["* provisional"],
    ]
    note = draw.choice(notes)
    return [*rows, *draw.choice([[], [[]]]), note]


def _block(rows: Rows, draw: Random) -> Rows:
    """Titles of groups between the records."""
    place = draw.randrange(3, len(rows) - 3)
    return [rows[0], ["North"], *rows[1:place], ["South"], *rows[place:]]


def hidden_sheet(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """A workbook with last year's rows, or a lookup, on a hidden sheet; perhaps the first."""
    first = draw.random() < 0.5

    def write(rows: pd.DataFrame, folder: Path, name: str) -> None:
        book = openpyxl.Workbook()
        book.remove(book.active)
        old = rows.assign(**{column: list(rows[column])[::-1]})
        sheets = [("Old", old, "hidden"), ("Data", rows, "visible")]
        for title, content, state in sheets if first else reversed(sheets):
            sheet = book.create_sheet(title)
            sheet.sheet_state = state
            for row in as_rows(content):
                sheet.append(row)
        book.active = 1 if first else 0
        book.save(folder / f"{name}.xlsx")

    return replace(planted, written={**planted.written, table: write})


def hidden_rows(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """A workbook with rows that a filter has hidden."""

    def write(rows: pd.DataFrame, folder: Path, name: str) -> None:
        book = openpyxl.Workbook()
        content = as_rows(rows)
        for row in [*content, *content[1:4]]:
            book.active.append(row)
        for number in range(len(content) + 1, len(content) + 4):
            book.active.row_dimensions[number].hidden = True
        book.save(folder / f"{name}.xlsx")

    return replace(planted, written={**planted.written, table: write})


def register(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """Sessions as an attendance register with a column per session."""
    there, away = draw.choice([("1", "0"), ("x", ""), ("P", "A"), ("yes", "no"), ("0", "1")])
    heading = draw.choice(["Session {}", "S{}", "{}", "Week {}"])

    def write(rows: pd.DataFrame, folder: Path, name: str) -> None:
        wide = rows.pivot(index="enrolment_id", columns="session_no", values="attended")
        head = ["enrolment_id", *(heading.format(number) for number in wide.columns)]
        cells = [[person, *(there if one else away for one in row)] for person, *row in wide.itertuples()]
        _lines([head, *cells], folder / f"{name}.csv")

    lost = {("sessions", place, "held_on") for place in range(len(planted.tables["sessions"]))}
    return replace(planted, written={**planted.written, table: write}, lost=planted.lost | lost)


def two_raters(planted: Planted, table: str, column: str, draw: Random) -> Planted:
    """Practitioners' forms below those of the people, told apart by a column, perhaps not everywhere."""
    forms = planted.tables["forms"]
    words = draw.choice([("client", "practitioner"), ("Client", "Worker"), ("1", "2"), ("self", "staff")])
    name = draw.choice(["rater", "completed_by", "Form"])
    other = forms.assign(**{item: [6 - value for value in forms[item]] for item in ITEMS})
    both = pd.concat([forms.assign(**{name: words[0]}), other.assign(**{name: words[1]})], ignore_index=True)
    if draw.random() < 0.3:
        both.loc[both.sample(n=3, random_state=draw.randrange(1000)).index, name] = None
    return replace(planted, tables={**planted.tables, table: both}, rater="client")


def _qualtrics(planted: Planted, status: str, column: str, draw: Random) -> Write:
    extra = draw.randrange(3, 9)

    def write(rows: pd.DataFrame, folder: Path, name: str) -> None:
        about = ["StartDate", "EndDate", "Status", "Progress", "Finished", "RecordedDate", "ResponseId"]
        head = [*about, *rows.columns]
        texts = [*about, *(f"Question {place}" for place, _ in enumerate(rows.columns))]
        ids = [f'{{"ImportId":"QID{place}"}}' for place, _ in enumerate(head)]
        when = "2024-09-01 10:00:00"
        cells = [
            [when, when, "IP Address", 100, "True", when, f"R_{place}", *row]
            for place, row in enumerate(as_rows(rows)[1:])
        ]
        odd = []
        for place, row in enumerate(as_rows(rows)[1 : extra + 1]):
            again = [row[0], 1 + place % 6, *[1] * (len(row) - 2)]
            marks = ["Survey Preview", 100, "True"] if status == "preview" else ["IP Address", 40, "False"]
            odd.append([when, when, *marks, when, f"R_x{place}", *again])
        _lines([head, texts, ids, *cells, *odd], folder / f"{name}.csv")

    return write


def _responses(status: str) -> Fault:
    def fault(planted: Planted, table: str, column: str, draw: Random) -> Planted:
        write = _qualtrics(planted, status, column, draw)
        return replace(planted, written={**planted.written, table: write})

    return fault


ANY = (("enrolments", "age_years"), ("forms", "wai_5"), ("sessions", "attended"))
FILE_FAULTS: dict[str, tuple[Fault, tuple[tuple[str, str], ...]]] = {
    "titles": (_written(_titled), ANY),
    "header again": (_written(_header_again), ANY),
    "footers": (_written(_footed), ANY),
    "titles of groups": (_written(_block), ANY),
    "hidden sheets": (hidden_sheet, ANY),
    "hidden rows": (hidden_rows, ANY),
    "registers": (register, (("sessions", "attended"),)),
    "two raters": (two_raters, (("forms", "wai_1"),)),
    "previews": (_responses("preview"), (("forms", "wai_1"),)),
    "unfinished": (_responses("unfinished"), (("forms", "wai_1"),)),
}
