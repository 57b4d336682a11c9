"""A study rehearsed before its data: the exports that its ``cohort.yaml`` reads, of simulated people."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from alliance_modes.cohort import COHORT_FILE, Cohort, ColumnSource, Inventory, Source, load_cohort, raw_seal
from alliance_modes.ground.errors import ConfigurationError, Problem, WorkflowError
from alliance_modes.ground.files import whole_folder
from alliance_modes.ground.layout import RAW, STUDY_INSTRUMENTS
from alliance_modes.ground.yaml_models import read_yaml
from alliance_modes.instruments.model import Instrument, load_instruments
from alliance_modes.simulate import Truth, load_truth, simulate_tables
from alliance_modes.simulate.file_bytes import workbook_bytes
from alliance_modes.simulate.yaml_text import mapping_yaml
from alliance_modes.survey.labels import new_labels

ENDING = "_rehearsal"
HEADING = "A rehearsal: nobody in these files exists. Written from the cohort.yaml of {name}."
ALLIANCE_TABLE, RATER, INSTRUMENT = "alliance", "rater", "instrument"
WORKBOOK = ".xlsx"
FORMATS = ("csv", "excel", "kobo")
"""Whose exports are a table with one row of names."""


def rehearse(name: str, truth: Path, practitioners: int) -> tuple[str, int]:
    """Write ``data/raw/<name>_rehearsal``: what the cohort declares, with answers of simulated people.

    Parameters
    ----------
    name : str
        A cohort with a ``cohort.yaml``; it needs no data yet, and none are looked at.
    truth : path
        From what people are simulated; its groups and enrolments are taken in proportion.
    practitioners : int

    Returns
    -------
    str, int
        Name of the rehearsal, and how many forms were answered.

    Raises
    ------
    WorkflowError
        The rehearsal exists already.
    ConfigurationError
        An export is of a format that is not written.

    Notes
    -----
    Inventories that the truth says nothing of are answered at random, each item by itself.
    """
    cohort, folder = load_cohort(RAW / name), RAW / f"{name}{ENDING}"
    if folder.exists():
        raise WorkflowError(f"{folder} exists already\n    -> Nothing is overwritten: remove it first.")
    _refuse_formats(cohort)
    people = _People(_sized(load_truth(truth), practitioners, cohort.data_lock))
    files = _files(cohort, people)
    declared = dict(read_yaml(RAW / name / COHORT_FILE).value)
    declared |= {"cohort": folder.name, "title": f"{cohort.title} (rehearsal)", "demonstration": True}
    with whole_folder(folder) as part:
        for file, (source, columns) in files.items():
            (part / file).write_bytes(_export(file, source, columns))
        seal = raw_seal(part, Cohort.model_validate(declared))
        text = mapping_yaml({**declared, "simulated": seal}, HEADING.format(name=name))
        (part / COHORT_FILE).write_text(text, encoding="utf-8")
    return folder.name, sum(len(next(iter(columns.values()))) for _, columns in files.values())


def _refuse_formats(cohort: Cohort) -> None:
    others = {
        source.format: source.files[0] for _, source in cohort.sources() if source.format not in FORMATS
    }
    problems = [
        Problem(
            f"exports of the format {name} cannot be rehearsed",
            "Make the same survey once more, under another name and --for xlsform, and rehearse that: what is"
            " analysed is the same.",
            file=file,
        )
        for name, file in others.items()
    ]
    if problems:
        raise ConfigurationError(f"cohort {cohort.cohort}", problems)


def _sized(truth: Truth, practitioners: int, lock: date) -> Truth:
    """So many practitioners, with groups and enrolments in proportion, up to the cohort's own data lock."""
    sizes, calendar = truth.sizes, truth.calendar
    share, later = practitioners / sizes.practitioners, lock - calendar.data_lock
    moved = {
        "data_lock": lock,
        "first_start": calendar.first_start + later,
        "last_start": calendar.last_start + later,
    }
    sized = truth.tidy().with_size(
        max(practitioners, round(sizes.enrolments * share)),
        practitioners=practitioners,
        groups=max(practitioners, round(sizes.groups * share)),
        sites=max(1, min(practitioners, round(sizes.sites * share))),
    )
    return sized.model_copy(update={"calendar": calendar.model_copy(update=moved)})


class _People:
    """Simulated people: their canonical tables, their labels, and what they say at random."""

    def __init__(self, truth: Truth) -> None:
        self.tables = simulate_tables(truth).tables
        many = 2 * truth.sizes.enrolments + truth.sizes.practitioners
        self._free = {
            "client": iter(new_labels(many, "client", seed=truth.seed)),
            "practitioner": iter(new_labels(many, "practitioner", seed=truth.seed)),
        }
        self._given: dict[tuple[str, str], str] = {}
        self.rng = np.random.default_rng(truth.seed)

    def rows(self, table: str, source: Source) -> pd.DataFrame:
        """The rows of a table that a source holds: of one rater, where there are several.

        Group climate is not simulated: it is asked where the alliance is.
        """
        raters = {one.rater for one in source.inventories if one.rater}
        rows = self.tables[table]
        if rows.empty:
            rows = self.tables[ALLIANCE_TABLE]
        return rows[rows[RATER].isin(raters)] if RATER in rows and raters else rows

    def label(self, kind: str, name: str) -> str:
        """The pseudonym of somebody, the same each time."""
        if (kind, name) not in self._given:
            self._given[kind, name] = next(self._free[kind])
        return self._given[kind, name]


def _files(cohort: Cohort, people: _People) -> dict[str, tuple[Source, dict[str, list[str]]]]:
    """Each export with its columns of cells; sources of one file have the same rows."""
    instruments = load_instruments(STUDY_INSTRUMENTS)
    files: dict[str, tuple[Source, dict[str, list[str]]]] = {}
    for table, source in cohort.sources():
        rows = people.rows(table, source)
        _, columns = files.setdefault(source.files[0], (source, {}))
        for raw, kept in source.rows.items():
            columns[raw] = [kept[0]] * len(rows)
        for raw, carried in source.carries.items():
            columns[raw] = [carried[0]] * len(rows)
        for canonical, origin in source.columns.items():
            if origin.column is not None and canonical in rows:
                columns.setdefault(origin.column, list(_cells(rows[canonical], origin, people)))
        for inventory in source.inventories:
            columns |= _answers(rows, inventory, instruments[inventory.instrument], people)
        for raw in source.drop:
            columns.setdefault(raw, [""] * len(rows))
    return files


def _cells(values: pd.Series, origin: ColumnSource, people: _People) -> Iterator[str]:
    words = {value: cell for cell, value in reversed(origin.labels.items())}
    for value in values.tolist():
        if pd.isna(value):
            yield ""
        elif origin.pseudonyms:
            yield people.label(origin.pseudonyms, str(value))
        else:
            yield words.get(value) or _text(value)


def _text(value: Any) -> str:
    if isinstance(value, date):
        return f"{value:%Y-%m-%d}"
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def _answers(
    rows: pd.DataFrame, inventory: Inventory, instrument: Instrument, people: _People
) -> Mapping[str, list[str]]:
    """The items of an inventory: as they were simulated, or at random within their range."""
    words = {value: cell for cell, value in reversed(inventory.labels.items())}
    same = INSTRUMENT in rows and bool((rows[INSTRUMENT] == instrument.id).all())
    found = {}
    for item, raw in enumerate(inventory.columns(instrument.items), 1):
        name = f"item_{item}" if same else instrument.item_columns()[item - 1]
        values = rows[name].tolist() if name in rows else _some(instrument, len(rows), people.rng)
        found[raw] = ["" if pd.isna(one) else words.get(one) or _text(one) for one in values]
    return found


def _some(instrument: Instrument, number: int, rng: np.random.Generator) -> list[float]:
    ends = instrument.range
    if ends.whole:
        return rng.choice(ends.numbers(), number).tolist()
    return rng.uniform(ends.low, ends.high, number).round(1).tolist()


def _export(file: str, source: Source, columns: Mapping[str, list[str]]) -> bytes:
    table = [list(columns), *map(list, zip(*columns.values(), strict=True))]
    if file.endswith(WORKBOOK):
        return workbook_bytes({source.sheet or "Sheet1": [[cell or None for cell in row] for row in table]})
    written = io.StringIO(newline="")
    pd.DataFrame(table[1:], columns=table[0]).to_csv(written, index=False, lineterminator="\n")
    return written.getvalue().encode()
