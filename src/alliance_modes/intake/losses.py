"""What is read and would not be analysed: rows left out, cells set missing, ids that meet nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from alliance_modes.cleaning.records import REASON_NAMES
from alliance_modes.dictionary.canonical import TABLES
from alliance_modes.dictionary.named import ENROLMENT_ID, PRACTITIONER_ID
from alliance_modes.ingest.id_forms import near_links, near_pairs, near_said, pairs_said
from alliance_modes.ingest.withdrawn import PRACTITIONER_TABLES
from alliance_modes.intake.days import day_losses
from alliance_modes.intake.loss import Loss
from alliance_modes.intake.surveys import survey_losses

if TYPE_CHECKING:
    from alliance_modes.cleaning.clean import Cleaned
    from alliance_modes.ground.compact_table import CompactTable
    from alliance_modes.plan.plan import Exposure

LINKS = (
    ("enrolments", PRACTITIONER_ID, "practitioner_survey"),
    ("practitioner_survey", PRACTITIONER_ID, "enrolments"),
    ("enrolments", PRACTITIONER_ID, "practitioners"),
    ("practitioners", PRACTITIONER_ID, "enrolments"),
)
"""Table, id, and the table in which it should be met. Rows without their enrolment are orphans."""


def losses_of(
    tables: Mapping[str, CompactTable],
    cleaned: Cleaned,
    sources: Mapping[str, Any],
    exposure: Exposure,
    forms: pd.DataFrame | None = None,
) -> tuple[Loss, ...]:
    """Every loss between the raw files and the tables that are analysed.

    Parameters
    ----------
    tables : mapping of CompactTable
        The typed tables of ingest, by canonical name.
    cleaned : Cleaned
        What cleaning made of them.
    sources : mapping
        ``Ingested.sources``.
    exposure : Exposure
        Of the plan: which surveys count.
    forms : DataFrame, optional
        ``Ingested.id_forms``: with it, what would make unlinked ids meet is offered.

    Returns
    -------
    tuple of Loss
        In the order of the tables. Rows are told per table and reason; together with the rows kept
        they are all rows read.
    """
    found: list[Loss] = []
    forms = pd.DataFrame() if forms is None else forms
    for table in TABLES:
        read = tables[table]
        found += _rows(table, read, cleaned.excluded, forms)
        found += _whole_files(table, read, cleaned.excluded)
        found += _cells(table, read, cleaned.changes)
        found += day_losses(table, tables, cleaned.held)
        found += _unlinked(table, cleaned.held, sources, forms)
        found += survey_losses(table, cleaned.held, sources, exposure)
        found += _unread(table, sources)
    return tuple(found)


def _rows(table: str, read: CompactTable, excluded: pd.DataFrame, forms: pd.DataFrame) -> Iterator[Loss]:
    here = excluded[excluded["table"] == table]
    for reason, rows in here.groupby("reason", sort=False):
        name = REASON_NAMES.get(str(reason), "careless")
        near = _near(forms, ENROLMENT_ID, table, "enrolments") if name == "orphan" else ""
        yield Loss(table, name, len(rows), len(read), f"left out: {reason}", offer=near)


def _near(forms: pd.DataFrame, kind: str, one: str, other: str) -> str:
    return near_said(near_links(forms, kind, one, other)) if len(forms) else ""


def _whole_files(table: str, read: CompactTable, excluded: pd.DataFrame) -> Iterator[Loss]:
    lost = excluded.loc[excluded["table"] == table, "source_file"].value_counts()
    files = read["source_file"].value_counts()
    for file in files.index[files > 0]:
        if int(lost.get(file, 0)) == int(files[file]) < len(read):
            said = "every row of the file is left out"
            yield Loss(table, "whole_file", int(files[file]), int(files[file]), said, file=str(file))


def _cells(table: str, read: CompactTable, changes: pd.DataFrame) -> Iterator[Loss]:
    blank = changes["new_value"].isna() | (changes["new_value"] == "")
    here = changes[(changes["table"] == table) & blank]
    for column, cells in here.groupby("column", sort=False):
        rules = ", ".join(str(rule).rpartition(": ")[2] for rule in dict.fromkeys(cells["rule"]))
        held = int(read.given(str(column)).sum())
        yield Loss(table, "set_missing", len(cells), held, f"set missing: {rules}", column=str(column))


def _unlinked(
    table: str, clean: Mapping[str, CompactTable], sources: Mapping[str, Any], forms: pd.DataFrame
) -> Iterator[Loss]:
    for child, column, parent in LINKS:
        if child != table or not (_declared(child, sources) and _declared(parent, sources)):
            continue
        if not clean[parent].given(column).any():
            continue
        known = clean[child].given(column)
        if child in PRACTITIONER_TABLES:
            known &= ~clean[child].numbered([column]).duplicated().to_numpy()
        lost = int((known & ~clean[child].among(column, clean[parent].column(column))).sum())
        if lost:
            what = f"of {table} stand in no row of {parent}"
            near = _near(forms, column, child, parent)
            yield Loss(
                table, "unlinked", lost, int(known.sum()), what, column=f"{column} in {parent}", offer=near
            )


def near_ids(sources: Mapping[str, Any], forms: pd.DataFrame) -> Iterator[str]:
    """Practitioners' codes that stand in one table alone and would meet one code of another, in sentences.

    Parameters
    ----------
    sources : mapping
        ``Ingested.sources``.
    forms : DataFrame
        ``Ingested.id_forms``; no sentence where it is empty.

    Notes
    -----
    Told however few there are. The codes are not named but their places, since pages are passed on.
    """
    told: set[frozenset[tuple[Any, Any]]] = set()
    for child, column, parent in LINKS:
        if not (len(forms) and _declared(child, sources) and _declared(parent, sources)):
            continue
        pairs = near_pairs(forms, column, child, parent)
        places = [frozenset(((p.file, p.row), (p.other_file, p.other_row))) for p in pairs.itertuples()]
        new = pairs[pd.Series([place not in told for place in places], dtype=bool)]
        told |= {*places}
        for name, here in new.groupby("name", sort=False):
            said = near_said({str(name): len(here)})
            yield f"{column} of {child}, which no row of {parent} has: {said} {pairs_said(here)}"


def _declared(table: str, sources: Mapping[str, Any]) -> bool:
    return bool(sources.get(table, {}).get("declared", False))


def _unread(table: str, sources: Mapping[str, Any]) -> Iterator[Loss]:
    for entry in sources.get(table, {}).get("files", ()):
        known: Iterable[tuple[str, int]] = entry.get("known_unread", {}).items()
        for column, cells in known:
            said = "a column of a known name is not read"
            yield Loss(table, "unread", cells, cells, said, column=column, file=str(entry["file"]))
