"""Rows of people who were taken out, left out of a raw file before anything else looks at it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from alliance_modes.cleaning.identity import keyed_id
from alliance_modes.dictionary.named import CLIENT_ID, ENROLMENT_ID
from alliance_modes.ground.errors import CohortError
from alliance_modes.ingest.mapping import Mapped, SourcePlan
from alliance_modes.ingest.readings import value_text
from alliance_modes.ingest.withdrawn import Withdrawn
from alliance_modes.readers import RawColumn, RawTable, read
from alliance_modes.readers.row_filter import subset


def cells_of(mapped: Mapped, raw: RawTable) -> RawColumn | None:
    """The cells of one canonical column; None where the file has not the raw one."""
    if mapped.raw is not None:
        return raw.columns.get(mapped.raw)
    value = "" if mapped.constant is None else value_text(mapped.constant)
    return RawColumn((value,), np.zeros(len(raw.rows), dtype="int32"))


def keyed_cells(mapped: Mapped, cells: RawColumn, key: bytes) -> list[str]:
    """The keyed id of each distinct cell of a column of ids; empty where a cell holds none."""
    if mapped.constant is not None:
        readings = [mapped.meaning.declared(mapped.constant)]
    else:
        readings = [mapped.meaning.read(cell, cells.user_missing) for cell in cells.values]
    values = [reading.value for reading in readings]
    return ["" if value is None else keyed_id(key, mapped.column, str(value)) for value in values]


def without(withdrawn: Withdrawn, plan: SourcePlan, raw: RawTable) -> RawTable:
    """A raw file without the rows of people who were taken out.

    Parameters
    ----------
    withdrawn : Withdrawn
        Whose rows are left out.
    plan : SourcePlan
        The mapping, which says what the columns of ids are.
    raw : RawTable
        The file, its columns of ids read.

    Returns
    -------
    RawTable
        No cell is left that only these rows have.
    """
    gone = _theirs(withdrawn, plan, raw)
    if not gone.any():
        return raw
    columns = {name: subset(column, ~gone) for name, column in raw.columns.items()}
    return replace(raw, columns=columns, rows=raw.rows[~gone])


def _theirs(withdrawn: Withdrawn, plan: SourcePlan, raw: RawTable) -> np.ndarray:
    gone = np.zeros(len(raw.rows), dtype=bool)
    for mapped in plan.mapped:
        ids = withdrawn.leaving(plan.table, mapped.column)
        cells = cells_of(mapped, raw) if ids and mapped.identifies else None
        if cells is not None:
            keyed = keyed_cells(mapped, cells, withdrawn.key)
            gone |= np.array([one in ids for one in keyed], dtype=bool)[cells.codes]
    return gone


def enrolments_of_clients(withdrawn: Withdrawn, plans: Iterable[SourcePlan], data: Path) -> frozenset[str]:
    """Keyed ids of all enrolments of the clients who were taken out, of all files that say whose they are.

    A file that cannot be read says nothing here; reading it for its rows tells why.
    """
    found: set[str] = set()
    for plan in plans:
        ids = {mapped.column: mapped for mapped in plan.mapped if mapped.column in (ENROLMENT_ID, CLIENT_ID)}
        if not withdrawn.clients or len(ids) < 2:
            continue
        wanted = frozenset(mapped.raw for mapped in ids.values() if mapped.raw is not None)
        for file in plan.source.files:
            try:
                raw = read(plan.source, data / file, file, wanted)
            except (CohortError, OSError):
                continue
            keyed = {name: keyed_rows(mapped, raw, withdrawn.key) for name, mapped in ids.items()}
            theirs = np.isin(keyed[CLIENT_ID], sorted(withdrawn.clients))
            found |= set(keyed[ENROLMENT_ID][theirs].tolist()) - {""}
    return frozenset(found)


def keyed_rows(mapped: Mapped, raw: RawTable, key: bytes) -> np.ndarray:
    """The keyed id of each row, empty where there is none."""
    cells = cells_of(mapped, raw)
    if cells is None:
        return np.full(len(raw.rows), "", dtype=object)
    return np.array(keyed_cells(mapped, cells, key), dtype=object)[cells.codes]
