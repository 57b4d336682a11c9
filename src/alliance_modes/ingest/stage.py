"""The stage as a whole: a cohort folder in, six typed tables and their account out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from alliance_modes.cohort import COHORT_FILE, Cohort, load_cohort
from alliance_modes.dictionary.canonical import TABLES, empty_table, table_columns, validate_compact
from alliance_modes.ground.compact_table import CompactTable, compact, nothing_held, stacked
from alliance_modes.ground.errors import CohortError, ConfigurationError, Problem
from alliance_modes.ground.freed import give_back
from alliance_modes.ground.yaml_models import Located, read_yaml
from alliance_modes.ingest.code_books import CodeBooks
from alliance_modes.ingest.file_names import naming_problems
from alliance_modes.ingest.fragment import (
    CHANGE_COLUMNS,
    MISSING_COLUMNS,
    Fragment,
    Keying,
    empty_list,
    read_fragment,
)
from alliance_modes.ingest.leaving_out import enrolments_of_clients, without
from alliance_modes.ingest.listing import missing_column_problems
from alliance_modes.ingest.mapping import SourcePlan
from alliance_modes.ingest.none_yet import unread_parts
from alliance_modes.ingest.partial import readable_part
from alliance_modes.ingest.people import shared_ids
from alliance_modes.ingest.seen import SeenColumn, with_labels
from alliance_modes.ingest.withdrawn import NOBODY, Withdrawn, withdrawn_of
from alliance_modes.instruments.model import Instrument, load_instruments
from alliance_modes.readers import RawColumn, RawTable, read
from alliance_modes.readers.declaration import ValueLabels
from alliance_modes.readers.files import unreadable
from alliance_modes.readers.formats import FORMATS
from alliance_modes.readers.raw_table import cell_text
from alliance_modes.readers.zipped import unpacked

CHECKING_KEY = bytes(32)
"""Used where ids are read but nothing is kept."""


@dataclass(frozen=True)
class Ingested:
    """What ``ingest_cohort`` returns.

    Parameters
    ----------
    held : mapping of str to CompactTable
        All six canonical tables; those that the cohort does not declare have no rows. Columns in
        the order of the dictionary, then items, then ``source_file`` and ``source_row``.
    missing : DataFrame
        One row per cell that is missing for a stated reason: table, source_file, source_row,
        column, reason.
    changes : DataFrame
        One row per cell whose value is not the text in the file: table, source_file, source_row,
        column, raw_value, new_value, rule. Never of a column that identifies.
    sources : mapping
        Per table whether it is declared, and per file its format, rows, unused columns (names
        only), of these the ones whose name is known, with the number of cells that hold something
        (``known_unread``), and detected settings.
    seen : tuple of SeenColumn
        What the cells of coded and dated columns were taken for.
    id_forms : DataFrame
        One row per table and id by which tables meet, from ``ingest.id_forms``.
    left_out : mapping of str to int
        By raw file, the rows of people who were taken out that it still holds. They stand in nothing else.
    """

    held: Mapping[str, CompactTable]
    missing: pd.DataFrame
    changes: pd.DataFrame
    sources: Mapping[str, Any]
    seen: tuple[SeenColumn, ...] = ()
    id_forms: pd.DataFrame = field(default_factory=pd.DataFrame)
    left_out: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """The tables, whole."""
        return {name: table.frame() for name, table in self.held.items()}

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(len(table) for table in self.held.values())


def ingest_cohort(
    folder: str | Path,
    key: bytes,
    instruments: Mapping[str, Instrument] | None = None,
    compare_ids: bool = False,
    withdrawn: Withdrawn | None = None,
) -> Ingested:
    """Read a cohort.

    Parameters
    ----------
    folder : path
        Holds ``cohort.yaml``.
    key : bytes
        The secret of the ids (``cleaning.identity.identity_key``).
    instruments : mapping of str to Instrument, optional
        Every known instrument; default: the shipped ones.
    compare_ids : bool
        Whether ids that differ in case, zeros or spaces alone are looked for (``Ingested.id_forms``).
    withdrawn : Withdrawn, optional
        Whose rows are left out; default: those of ``withdrawn.yaml``, whose ids were made with ``key``.

    Raises
    ------
    ConfigurationError
        ``cohort.yaml`` or ``withdrawn.yaml`` cannot be used.
    IdentityError
        The ids of ``withdrawn.yaml`` were made with another key.
    CohortError
        The raw files do not hold what it declares: every problem of every file together.

    Notes
    -----
    Nothing is guessed and nothing is dropped: each cell of a mapped column is a valid value, a
    declared label, missing for a declared reason, or empty. Columns that are not mapped are not
    stored. Empty cells stay missing without a reason. Rows of people who were taken out are left out as
    a file is read, before anything is counted: what is read is what a file without them would give.
    """
    cohort = load_cohort(folder)
    leaving = withdrawn_of(folder, key) if withdrawn is None else withdrawn
    keying = Keying(key, cohort.readable_ids, compare_ids, leaving)
    ingested, problems = _ingest(Path(folder), cohort, keying, instruments)
    if ingested is None:
        raise CohortError(f"cohort {cohort.cohort}", problems)
    return ingested


def check_cohort(
    folder: str | Path, instruments: Mapping[str, Instrument] | None = None
) -> tuple[Problem, ...]:
    """Every problem of a cohort's ``cohort.yaml`` and raw files; nothing is written.

    Where ``cohort.yaml`` is refused, the sources that are right by themselves are read all the same.

    Parameters
    ----------
    folder : path
        Holds ``cohort.yaml``.
    instruments : mapping of str to Instrument, optional
        Every known instrument; default: the shipped ones.
    """
    try:
        cohort = load_cohort(folder)
    except ConfigurationError as error:
        return (*error.problems, *problems_of_the_rest(folder, instruments))
    return tuple(_ingest(Path(folder), cohort, Keying(CHECKING_KEY, cohort.readable_ids), instruments)[1])


def problems_of_the_rest(
    folder: str | Path, instruments: Mapping[str, Instrument] | None = None
) -> tuple[Problem, ...]:
    """Problems of the sources that are right by themselves, where ``cohort.yaml`` is refused.

    Parameters
    ----------
    folder : path
        Holds ``cohort.yaml``.
    instruments : mapping of str to Instrument, optional
        Every known instrument; default: the shipped ones.
    """
    part = readable_part(Path(folder))
    if part is None:
        return ()
    cohort, located = part
    return tuple(
        _ingest(Path(folder), cohort, Keying(CHECKING_KEY, cohort.readable_ids), instruments, located)[1]
    )


def _ingest(
    folder: Path,
    cohort: Cohort,
    keying: Keying,
    instruments: Mapping[str, Instrument] | None,
    located: Located | None = None,
) -> tuple[Ingested | None, list[Problem]]:
    data = folder / cohort.data_folder
    if not data.is_dir():
        return None, [_no_data_folder(cohort, data)]
    located = located or read_yaml(folder / COHORT_FILE)
    named = naming_problems(folder, cohort, located)
    if named:
        return None, named
    known = load_instruments() if instruments is None else instruments
    reading = _Reading(data, keying, located, known)
    reading.find_enrolments(cohort)
    tables = {name: reading.table(name, cohort) for name in TABLES}
    people = {name: tables[name].frame() for name in ("enrolments", "practitioners")}
    reading.problems += [*shared_ids(people), *unread_parts(reading.empty, cohort)]
    if reading.problems:
        return None, reading.problems
    for name, table in tables.items():
        validate_compact(name, table)
    return reading.ingested(tables), []


def _no_data_folder(cohort: Cohort, data: Path) -> Problem:
    message = f"the folder of the raw files does not exist: {cohort.data_folder}"
    hint = f"Put the data there ({data.resolve()}), or correct data_folder."
    return Problem(message, hint, file=COHORT_FILE)


class _Reading:
    """One pass over the sources of a cohort, collecting what it finds."""

    def __init__(
        self, data: Path, keying: Keying, located: Located, instruments: Mapping[str, Instrument]
    ) -> None:
        self.data = data
        self.keying = keying
        self.located = located
        self.instruments = instruments
        self.problems: list[Problem] = []
        self.missing = [empty_list(MISSING_COLUMNS)]
        self.changes = [empty_list(CHANGE_COLUMNS)]
        self.sources: dict[str, Any] = {}
        self.seen: list[SeenColumn] = []
        self.id_forms: list[pd.DataFrame] = []
        self.left_out: dict[str, int] = {}
        self.books = CodeBooks(data)
        self.empty: list[tuple[str, RawTable]] = []

    def find_enrolments(self, cohort: Cohort) -> None:
        """Look up the enrolments of clients who were taken out, for the tables that say no client."""
        withdrawn = self.keying.withdrawn
        found = enrolments_of_clients(withdrawn, self._plans("enrolments", cohort), self.data)
        self.keying = replace(self.keying, withdrawn=withdrawn.with_enrolments(found))

    def table(self, name: str, cohort: Cohort) -> CompactTable:
        """The typed rows of every source of ``name``."""
        files: list[dict[str, Any]] = []
        plans = self._plans(name, cohort)
        self.sources[name] = {"declared": bool(plans), "files": files}
        pieces = []
        further = list(dict.fromkeys(column for plan in plans for column in plan.item_columns()))
        columns = table_columns(name, [column for column in further if column not in table_columns(name)])
        for plan in plans:
            self.problems += plan.problems
            for file in plan.source.files:
                fragment = self._fragment(plan, file, files)
                if fragment is not None:
                    pieces.append(_complete(fragment.table, columns))
        give_back()
        return stacked(pieces) if pieces else compact(empty_table(name))

    def _plans(self, name: str, cohort: Cohort) -> list[SourcePlan]:
        return [
            SourcePlan(name, number, source, self.instruments, self.located)
            for number, source in enumerate(getattr(cohort.tables, name))
        ]

    def ingested(self, tables: Mapping[str, CompactTable]) -> Ingested:
        """The result, when there are no problems."""
        missing = pd.concat(self.missing, ignore_index=True)
        changes = pd.concat(self.changes, ignore_index=True)
        forms = pd.concat(self.id_forms, ignore_index=True) if self.id_forms else pd.DataFrame()
        forms = forms.astype({name: "category" for name in ("table", "kind", "file") if name in forms})
        return Ingested(tables, missing, changes, self.sources, tuple(self.seen), forms, self.left_out)

    def _fragment(self, plan: SourcePlan, file: str, files: list[dict[str, Any]]) -> Fragment | None:
        try:
            raw = read(plan.source, self.data / file, file, plan.wanted(), self._without(plan, file))
        except CohortError as error:
            self.problems += error.problems
            return None
        except OSError as error:
            self.problems.append(unreadable(error, file))
            return None
        self.problems += self.books.problems(plan, raw)
        files.append({**_source(raw, plan), "known_unread": self._known_unread(raw, plan, file)})
        if not len(raw.rows):
            self.problems += missing_column_problems(raw, plan) if raw.names else []
            self.empty.append((plan.table, raw))
            return None
        fragment = read_fragment(raw, plan, self.keying)
        self.problems += fragment.problems
        self.missing.append(fragment.missing)
        self.changes.append(fragment.changes)
        self.seen += with_labels(fragment.seen, self._value_labels(plan, file))
        self.id_forms += fragment.id_forms
        return fragment

    def _without(self, plan: SourcePlan, file: str) -> Callable[[RawTable], RawTable] | None:
        """Leaves the rows out of a file that are of people who were taken out, and counts them."""
        if self.keying.withdrawn == NOBODY:
            return None

        def leave_out(raw: RawTable) -> RawTable:
            kept = without(self.keying.withdrawn, plan, raw)
            lost = len(raw.rows) - len(kept.rows)
            if lost:
                self.left_out[file] = max(lost, self.left_out.get(file, 0))
            return kept

        return leave_out

    def _value_labels(self, plan: SourcePlan, file: str) -> ValueLabels:
        """What the file itself says its codes mean."""
        form = FORMATS[plan.source.format]
        if not form.has_labels:
            return {}
        with unpacked(self.data / file, file) as inside:
            return form.value_labels(inside)

    def _known_unread(self, raw: RawTable, plan: SourcePlan, file: str) -> dict[str, int]:
        """Columns of a known name that are not read, with the number of cells that hold something.

        The file is read again for them, as the first time their cells were passed over.
        """
        known = tuple(name for name in plan.known_unread(raw.names) if name not in raw.used)
        if not known:
            return {}
        ids = (mapped.raw for mapped in plan.mapped if mapped.identifies and mapped.raw is not None)
        wanted = frozenset(known).union(ids) if self.keying.withdrawn != NOBODY else frozenset(known)
        again = read(plan.source, self.data / file, file, wanted, self._without(plan, file))
        filled = {name: int(_filled(again.columns[name]).sum()) for name in known if name in again.columns}
        return {name: count for name, count in filled.items() if count}


def _complete(table: CompactTable, columns: Mapping[str, str]) -> CompactTable:
    """``table`` with every canonical column, absent ones missing, in order."""
    complete = {
        name: table.held[name] if name in table else nothing_held(len(table), dtype)
        for name, dtype in columns.items()
    }
    return CompactTable(complete, table.index)


def _filled(column: RawColumn) -> np.ndarray:
    """Which rows hold something."""
    held = np.array([cell is not None and cell_text(cell) != "" for cell in column.values], dtype=bool)
    return held[column.codes]


def _source(raw: RawTable, plan: SourcePlan) -> dict[str, Any]:
    known = {*plan.wanted(), *plan.source.drop, *raw.used}
    unused = [
        name or f"(column {place}, no name)" for place, name in enumerate(raw.names, 1) if name not in known
    ]
    return {
        "file": raw.file,
        "format": plan.source.format,
        "rows": len(raw.rows),
        "columns_unused": unused,
        "detected": dict(raw.detected),
    }
