"""Who was in the data of a recorded release, by keyed id.

It is asked when somebody withdraws, and stays with those who hold the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pandas as pd

from alliance_modes.dictionary.canonical import TABLES
from alliance_modes.ground import layout
from alliance_modes.ground.files import parquet_columns, read_parquet, read_typed_csv, write_csv
from alliance_modes.ingest.withdrawn import OF_PEOPLE


def people_of_tables(cohort: str, root: Path = Path()) -> frozenset[str]:
    """Keyed ids of all clients, enrolments and practitioners in the typed tables of a cohort.

    Everybody who was read is in what is made of the tables: who is left out of an analysis is counted as
    left out. Empty where there are no tables.
    """
    found: set[str] = set()
    for table in TABLES:
        path = root / layout.processed(cohort, "typed", f"{table}.parquet")
        if not path.is_file() or not path.stat().st_size:
            continue
        columns = [name for name in parquet_columns(path) if name in OF_PEOPLE]
        read = read_parquet(path, columns)
        for name in columns:
            found |= set(read[name].dropna().unique().tolist())
    return frozenset(found)


def people_file(entry: Path) -> Path:
    """Where it stands who was in the release of an entry of the ledger."""
    return entry.with_name(f"{entry.stem}_people.csv")


def keep_people(entry: Path, ids: Iterable[str]) -> Path:
    """Note who was in the data of a release, beside its entry in the ledger."""
    path = people_file(entry)
    write_csv(pd.DataFrame({"id": pd.Series(sorted(ids), dtype="str")}), path)
    return path


def releases_with(cohort: str, ids: Iterable[str], root: Path = Path()) -> Mapping[int, bool | None]:
    """Which recorded releases held a person.

    Parameters
    ----------
    cohort : str
    ids : iterable of str
        All keyed ids of the person.
    root : Path
        The project folder.

    Returns
    -------
    mapping of int to bool or None
        By number of the release: whether any of the ids was in its data; None where nobody noted who was, as
        of releases that were recorded before this was done.
    """
    wanted, found = set(ids), dict[int, bool | None]()
    for entry in map(Path, layout.handed_over(cohort, root)):
        noted = _noted(entry)
        found[int(entry.stem)] = None if noted is None else not wanted.isdisjoint(noted)
    return found


def forget(cohort: str, ids: Iterable[str], root: Path = Path()) -> list[Path]:
    """Take ids out of the lists of who was in a release; the lists that held any of them."""
    wanted, changed = set(ids), list[Path]()
    for entry in map(Path, layout.handed_over(cohort, root)):
        noted = _noted(entry)
        if noted is not None and not wanted.isdisjoint(noted):
            changed.append(keep_people(entry, set(noted) - wanted))
    return changed


def _noted(entry: Path) -> frozenset[str] | None:
    path = people_file(entry)
    return frozenset(read_typed_csv(path, {"id": "str"})["id"]) if path.is_file() else None
