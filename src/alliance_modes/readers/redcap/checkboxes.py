"""REDCap exports (CSV, raw values)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from alliance_modes.ground.errors import CohortError, NoRowsError, Problem
from alliance_modes.readers.raw_table import NONE_YET, RawTable, cell_text
from alliance_modes.readers.redcap.records import read_records
from alliance_modes.readers.row_filter import LEFT_OUT, noted, subset
from alliance_modes.readers.source import RawSource

REPEAT_INSTRUMENT = "redcap_repeat_instrument"


def read(source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read the rows of one repeating instrument, or those of none; see ``readers.read``.

    Notes
    -----
    REDCap writes the rows of every repeating instrument into one file and says in
    ``redcap_repeat_instrument`` whose each row is. ``repeat_instrument`` of ``cohort.yaml``
    chooses: a name, or any of several, keeps its rows only, none keeps the rows that belong to no
    repeating instrument. ``redcap_repeat_instance`` counts the repeats and can be mapped as any column.

    A checkbox is one column ``field___code`` per box, 1 ticked and 0 not. A box that was never
    shown or never reached is also 0: from the export alone, not ticked and not seen cannot be
    told apart. ``rows_left_out`` of ``detected`` counts the rows of other instruments.
    """
    table = read_records(source, path, file, wanted | {REPEAT_INSTRUMENT})
    wish = source.repeat_instrument or ()
    if REPEAT_INSTRUMENT not in table.columns:
        if not wish:
            return table
        message = f"there are no repeating instruments in the file, so none is called {' or '.join(wish)}"
        hint = "Export with the repeating instruments, or remove repeat_instrument from cohort.yaml."
        raise CohortError(file, [Problem(message, hint, file=file, column=REPEAT_INSTRUMENT)])
    import numpy as np

    repeats = table.columns[REPEAT_INSTRUMENT]
    names = [cell_text(value) for value in repeats.values]
    keep = np.array([name in (wish or ("",)) for name in names])[repeats.codes]
    if not keep.any():
        raise NoRowsError(file, _no_such_rows(wish, names, file), parts=tuple(names))
    columns = {name: subset(column, keep) for name, column in table.columns.items() if name in wanted}
    kept = " or ".join(f'"{name}"' for name in wish) or "empty"
    note = "" if keep.all() else f"{REPEAT_INSTRUMENT} is not {kept}: {int((~keep).sum())}"
    detected = noted(table.detected, LEFT_OUT, note)
    return replace(
        table, columns=columns, rows=table.rows[keep], detected=detected, used=(REPEAT_INSTRUMENT,)
    )


def _no_such_rows(wish: tuple[str, ...], names: list[str], file: str) -> Problem:
    known = ", ".join(sorted(name for name in names if name)) or "none"
    if wish:
        message = f"no row belongs to the repeating instrument {' or '.join(wish)}"
    else:
        message = "every row belongs to a repeating instrument, none to the record itself"
    return Problem(
        message,
        f"Set repeat_instrument in cohort.yaml to one that the file has: {known}. {NONE_YET}",
        file=file,
        column=REPEAT_INSTRUMENT,
    )
