"""Whose rows the raw files of a cohort hold, by keyed id: before anybody is left out, keeping nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alliance_modes.cleaning.identity import keyed_id
from alliance_modes.cohort import COHORT_FILE, Cohort
from alliance_modes.dictionary.named import (
    CLIENT_ID,
    CO_PRACTITIONER_ID,
    ENROLMENT_ID,
    PRACTITIONER_ID,
)
from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.ground.yaml_models import read_yaml
from alliance_modes.ingest.leaving_out import keyed_rows
from alliance_modes.ingest.mapping import Mapped, SourcePlan
from alliance_modes.ingest.withdrawn import OF_PEOPLE, WithdrawnPerson
from alliance_modes.instruments.model import Instrument
from alliance_modes.readers import read
from alliance_modes.readers.files import unreadable
from alliance_modes.readers.raw_table import tidy_text


@dataclass(frozen=True)
class IdRows:
    """The ids of one raw file as it is read for one table.

    Parameters
    ----------
    table, file : str
    ids : mapping of str to ndarray
        By column of ids, the keyed id of each row; empty where a row has none.
    """

    table: str
    file: str
    ids: Mapping[str, np.ndarray]

    def of(self, ids: Iterable[str]) -> np.ndarray:
        """Which rows have one of some keyed ids in any column."""
        wanted = sorted(ids)
        rows = [np.isin(column, wanted) for column in self.ids.values()]
        return np.logical_or.reduce(rows) if rows else np.zeros(0, dtype=bool)


@dataclass(frozen=True)
class Whereabouts:
    """The ids of all raw files of a cohort, and how an id is keyed that somebody types.

    ``results`` are the ids of the typed tables that are there, which can hold people whom the raw files hold
    no more.
    """

    rows: tuple[IdRows, ...]
    plans: tuple[SourcePlan, ...]
    key: bytes
    results: tuple[IdRows, ...] = ()

    def known(self, column: str) -> frozenset[str]:
        """Every keyed id of a kind, in whatever table."""
        kinds = (PRACTITIONER_ID, CO_PRACTITIONER_ID) if column == PRACTITIONER_ID else (column,)
        everywhere = (*self.rows, *self.results)
        found = [one.ids[kind] for one in everywhere for kind in kinds if kind in one.ids]
        return frozenset(np.unique(np.concatenate(found)).tolist()) - {""} if found else frozenset()

    def keyed(self, column: str, text: str) -> frozenset[str]:
        """The keyed ids of a kind that a raw id can stand for: as the files write it, or as they are read.

        The sources of a cohort can write one id in several ways (7 and 007).
        """
        said = tidy_text(text)
        found = {keyed_id(self.key, column, said)}
        for mapped in _people_of(self.plans):
            if mapped.column == column or {mapped.column, column} == {CO_PRACTITIONER_ID, PRACTITIONER_ID}:
                value = mapped.meaning.read(said).value
                found |= set() if value is None else {keyed_id(self.key, column, str(value))}
        return frozenset(found) & self.known(column)

    def enrolments_of(self, clients: Iterable[str]) -> frozenset[str]:
        """The enrolments of some clients."""
        return self._beside(CLIENT_ID, clients, ENROLMENT_ID)

    def clients_of(self, enrolments: Iterable[str]) -> frozenset[str]:
        """The clients of some enrolments."""
        return self._beside(ENROLMENT_ID, enrolments, CLIENT_ID)

    def _beside(self, column: str, ids: Iterable[str], other: str) -> frozenset[str]:
        wanted, found = sorted(ids), set[str]()
        for one in (*self.rows, *self.results):
            if column in one.ids and other in one.ids:
                found |= set(one.ids[other][np.isin(one.ids[column], wanted)].tolist())
        return frozenset(found - {""})

    def rows_left(self, people: Sequence[WithdrawnPerson]) -> dict[str, int]:
        """By raw file, how many rows have an id of some people; files without any are not named."""
        ids = {one for person in people for one in person.ids}
        ids |= self.enrolments_of(person.client for person in people if person.client)
        found: dict[str, int] = {}
        for one in self.rows:
            rows = int(one.of(ids).sum())
            if rows:
                found[one.file] = max(rows, found.get(one.file, 0))
        return dict(sorted(found.items()))


def whereabouts(
    folder: Path,
    cohort: Cohort,
    key: bytes,
    instruments: Mapping[str, Instrument],
    results: tuple[IdRows, ...] = (),
) -> Whereabouts:
    """Read the columns of ids of all raw files of a cohort.

    Parameters
    ----------
    folder : Path
        Holds ``cohort.yaml``.
    cohort : Cohort
    key : bytes
        The secret of the ids.
    instruments : mapping of Instrument
        Every known instrument.
    results : tuple of IdRows
        The ids of typed tables that are there.

    Raises
    ------
    CohortError
        Files that cannot be read, so that nobody could say whether somebody is in them.
    """
    located = read_yaml(folder / COHORT_FILE)
    numbers: dict[str, int] = {}
    plans: list[SourcePlan] = []
    for table, source in cohort.sources():
        numbers[table] = numbers.get(table, -1) + 1
        plans.append(SourcePlan(table, numbers[table], source, instruments, located))
    problems: list[Problem] = []
    rows = tuple(_rows(plans, folder / cohort.data_folder, key, problems))
    if problems:
        raise CohortError(f"cohort {cohort.cohort}", problems)
    return Whereabouts(rows, tuple(plans), key, results)


def _rows(plans: Iterable[SourcePlan], data: Path, key: bytes, problems: list[Problem]) -> Iterator[IdRows]:
    for plan in plans:
        columns = _people_of([plan])
        wanted = frozenset(mapped.raw for mapped in columns if mapped.raw is not None)
        for file in plan.source.files if columns else ():
            try:
                raw = read(plan.source, data / file, file, wanted)
            except CohortError as error:
                problems += error.problems
                continue
            except OSError as error:
                problems.append(unreadable(error, file))
                continue
            yield IdRows(
                plan.table, file, {mapped.column: keyed_rows(mapped, raw, key) for mapped in columns}
            )


def _people_of(plans: Iterable[SourcePlan]) -> list[Mapped]:
    return [mapped for plan in plans for mapped in plan.mapped if mapped.column in OF_PEOPLE]
