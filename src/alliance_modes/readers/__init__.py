"""Raw exports, one module per format: each gives a ``RawTable`` of cells as they stand in the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from alliance_modes.ground.errors import NoRowsError
from alliance_modes.readers.carried import require_carried
from alliance_modes.readers.declaration import Read
from alliance_modes.readers.headings import read_headed
from alliance_modes.readers.raw_table import RawColumn, RawTable, tidy_text
from alliance_modes.readers.row_filter import keep_rows, leave_out, noted
from alliance_modes.readers.second_entry import compared, require_entered
from alliance_modes.readers.shaping import columns_behind, shaped
from alliance_modes.readers.source import RawSource
from alliance_modes.readers.zipped import unpacked

__all__ = ["RawColumn", "RawTable", "read"]

NO_ROWS = "no_rows"
"""In ``detected``: why a source that may be empty has no rows."""

SECOND_ENTRY = "second_entry"
"""In ``detected``: what differs between the two entries of forms on paper."""


def read(
    source: RawSource,
    path: Path,
    file: str,
    wanted: frozenset[str],
    without: Callable[[RawTable], RawTable] | None = None,
) -> RawTable:
    """Read one raw file.

    Parameters
    ----------
    source : RawSource
        What ``cohort.yaml`` declares about the file.
    path : Path
        Where the file is; of a .zip, the one export in it is read.
    file : str
        Its name as ``cohort.yaml`` says it, for messages and ``source_file``.
    wanted : frozenset of str
        Raw columns to keep. The cells of every other column are passed over, not stored.
    without : function of RawTable, optional
        Leaves rows out that are not to be counted among those that the source does not keep.

    Returns
    -------
    RawTable
        One row per data row that is not wholly empty and that the source keeps. Without rows where the source
        may be empty and is; its names are then those of the header, or none where that could be another one
        with rows in it (REDCap's API sends no field that nobody has filled in).

    Raises
    ------
    CohortError
        The file is missing, is not of the declared format, has no data rows, or is damaged; every
        problem that was found in it. Or no row is among those that the source keeps.

    Notes
    -----
    ``rows`` must keep a row of a file that has some, whether it may be empty or not: a value there that is
    written otherwise in the file would leave them all out.
    """
    from alliance_modes.readers.formats import FORMATS

    form = FORMATS[source.format]
    unfinished = form.unfinished if source.responses == "finished" else {}
    carried = frozenset(map(tidy_text, source.carries))
    needed = wanted.union(map(tidy_text, source.rows), carried)
    behind = columns_behind(source, needed)
    with unpacked(path, file) as inside:
        raw = read_headed(_lenient(form.read), source, inside, file, behind.union(unfinished))
        raw = _held_against_second(raw, source, inside, needed, without)
    if not len(raw.rows):
        return replace(raw, columns=raw.only(wanted))
    gone = _gone(shaped(raw, source, needed), without) if without is not None and unfinished else None
    try:
        raw = shaped(leave_out(raw, unfinished, gone), source, needed)
    except NoRowsError as none:
        return _empty(source, none)
    if without is not None:
        raw = without(raw)
    kept = keep_rows(raw, source.rows, wanted | carried, answers=True) if len(raw.rows) else raw
    kept = require_carried(kept, source.carries)
    return replace(kept, columns=kept.only(wanted))


def _held_against_second(
    raw: RawTable,
    source: RawSource,
    path: Path,
    needed: frozenset[str],
    without: Callable[[RawTable], RawTable] | None,
) -> RawTable:
    """``raw`` with a note of what differs from the second entry, where the workbook has its sheet still."""
    from alliance_modes.readers.formats import FORMATS

    form = FORMATS[source.format]
    sheets = form.parts.find(path, raw.file) if form.parts else []
    if source.second_entry is None or {"sheet": source.second_entry} not in sheets:
        return raw
    other = source.model_copy(update={"sheet": source.second_entry, "may_be_empty": True})
    second = read_headed(_lenient(form.read), other, path, raw.file, needed)
    require_entered(raw, second, (source.sheet or "", source.second_entry))
    said = compared(without(raw), without(second)) if without else compared(raw, second)
    return replace(raw, detected=noted(raw.detected, SECOND_ENTRY, said))


def _lenient(read: Read) -> Read:
    """A reader that gives a table without rows where the source may be empty."""

    def lenient(source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
        try:
            return read(source, path, file, wanted)
        except NoRowsError as none:
            return _empty(source, none)

    return lenient


def _empty(source: RawSource, none: NoRowsError) -> RawTable:
    """The table without rows, where there may be none; else the error is raised again."""
    import numpy as np

    if not source.may_be_empty:
        raise none
    detected = {NO_ROWS: none.problem.message}
    return RawTable(none.subject, none.names, {}, np.empty(0, dtype="int64"), detected, parts=none.parts)


def _gone(raw: RawTable, without: Callable[[RawTable], RawTable]) -> frozenset[int]:
    """The numbers of the rows that are left out."""
    return frozenset(raw.rows.tolist()) - frozenset(without(raw).rows.tolist())
