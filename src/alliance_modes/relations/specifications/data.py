"""The analysis tables under other rules of cleaning, scoring and exposure; what is shared is made once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import pandas as pd

from alliance_modes.cleaning.clean import Cleaned, clean_cohort
from alliance_modes.derive import READ, Recorded, derive_tables
from alliance_modes.dictionary.cleaning import TABLES as CLEANING
from alliance_modes.dictionary.derive import TABLES as DERIVE
from alliance_modes.dictionary.result_table import read_each
from alliance_modes.ground.files import read_tables
from alliance_modes.instruments.model import Instrument
from alliance_modes.plan.parts import RelationTask, SpecificationsTask
from alliance_modes.plan.plan import CleaningRules, Exposure
from alliance_modes.plan.reading import columns_read
from alliance_modes.plan.relations.specifications import OF_DATA, PLANNED, Specifications
from alliance_modes.relations.specifications.listed import outcomes_of
from alliance_modes.scoring.scores import score_cohort
from alliance_modes.scoring.stored import Scores, StoredScores

OF_SESSIONS = ("sessions", "group_climate")
"""Clean tables whose scores the analysis table of sessions alone takes; they are most of the scores."""

Tables = Mapping[str, pd.DataFrame]
TablesOf = Callable[[Mapping[str, str]], Tables | None]
"""From the options of a specification to its analysis tables; None where they cannot be had."""


def as_given(tables: Tables) -> TablesOf:
    """Analysis tables as they are: for specifications that clean, score and derive as the plan does."""

    def tables_of(options: Mapping[str, str]) -> Tables | None:
        return tables if all(options.get(choice, PLANNED) == PLANNED for choice in OF_DATA) else None

    return tables_of


@dataclass(frozen=True)
class AsPlanned:
    """What the line itself made by the plan's own rules.

    ``tables``, ``account`` and ``flags`` are those of cleaning, ``derived`` the analysis tables.
    """

    tables: Tables
    account: pd.DataFrame
    flags: pd.DataFrame
    scores: Scores
    derived: Tables


def read_as_planned(task: SpecificationsTask, paths: Iterable[str | Path]) -> AsPlanned | None:
    """Read what cleaning, scoring and deriving wrote for the plan's own rules; None where nothing is named.

    Parameters
    ----------
    task : SpecificationsTask
    paths : iterable of path
        Files of ``data/processed/<cohort>/``: the folders ``clean`` and ``analysis``, and the scores. Of
        these, the analysis tables and columns that the outcomes are about.
    """
    files = [Path(path) for path in paths]
    if not files:
        return None
    clean = [path for path in files if path.parent.name == "clean"]
    written = read_each(CLEANING, (path for path in clean if path.suffix == ".csv"))
    (scores,) = (path for path in files if path.name == "scores.parquet")
    wanted = wanted_tables(task)
    derived = (path for path in files if path.parent.name == "analysis" and path.stem in wanted)
    return AsPlanned(
        tables=read_tables(path for path in clean if path.suffix == ".parquet"),
        account=written["account"],
        flags=written["flags"],
        scores=StoredScores(scores, READ),
        derived=read_each(DERIVE, derived, columns_wanted(task)),
    )


def cleaned_by(
    task: SpecificationsTask,
    careless: str,
    tables: Tables,
    data_lock: date,
    instruments: Mapping[str, Instrument],
) -> Cleaned:
    """Clean typed tables by one rule on careless answers.

    Parameters
    ----------
    task : SpecificationsTask
    careless : str
        An option of the choice.
    tables : mapping of DataFrame
        Those of ingest.
    data_lock : date
    instruments : mapping of Instrument
    """
    rules = task.cleaning
    if careless != PLANNED:
        flags = task.settings(Specifications).choices.careless[careless]
        rules = CleaningRules(**{**dict(rules), "exclude_flags": flags})
    return clean_cohort(tables, None, rules, data_lock, instruments)


def wanted_tables(task: RelationTask) -> frozenset[str]:
    """The analysis tables that the outcomes are in, and that of practitioners, where modes are."""
    return frozenset({"practitioner", *(one.table for one in outcomes_of(task))})


@dataclass(frozen=True)
class OfCleaned:
    """The analysis tables of one rule on careless answers, from what was cleaned by it.

    Those that the outcomes are in are made, with the columns that the plan can mean: once per scoring rule
    and exposure, all exposures of a scoring rule at once, after which its scores are let go.
    """

    task: SpecificationsTask
    careless: str
    cleaned: Cleaned | AsPlanned
    data_lock: date
    instruments: Mapping[str, Instrument]

    @cached_property
    def _made(self) -> dict[tuple[str, str], Tables]:
        return {(PLANNED, PLANNED): self.cleaned.derived} if isinstance(self.cleaned, AsPlanned) else {}

    def _scores(self, scoring: str) -> Scores:
        if scoring == PLANNED and isinstance(self.cleaned, AsPlanned):
            return self.cleaned.scores
        instruments = self.instruments
        if scoring != PLANNED:
            share = self.task.settings(Specifications).choices.scoring[scoring]
            instruments = {name: with_share(one, share) for name, one in instruments.items()}
        tables = dict(self.cleaned.tables)
        if "session" not in wanted_tables(self.task):
            tables = {name: table for name, table in tables.items() if name not in OF_SESSIONS}
        return score_cohort(tables, instruments, self.cleaned.flags)

    def _make(self, scoring: str) -> None:
        cleaned, columns = self.cleaned, columns_wanted(self.task)
        recorded = Recorded(cleaned.tables, self._scores(scoring))
        for waves in self.task.settings(Specifications).choices.options.get("waves", (PLANNED,)):
            if (scoring, waves) in self._made:
                continue
            exposure = self.task.exposure if waves == PLANNED else Exposure.model_validate({"waves": waves})
            names = wanted_tables(self.task)
            made = derive_tables(recorded, cleaned.account, exposure, self.data_lock, names)
            self._made[scoring, waves] = {name: _some(made.pop(name), columns.get(name)) for name in [*made]}

    def tables_of(self, options: Mapping[str, str]) -> Tables | None:
        """The analysis tables of a specification; None where it cleans by another rule."""
        if options.get("careless", PLANNED) != self.careless:
            return None
        scoring, waves = (options.get(choice, PLANNED) for choice in ("scoring", "waves"))
        if (scoring, waves) not in self._made:
            self._make(scoring)
        return self._made[scoring, waves]


def columns_wanted(task: RelationTask) -> dict[str, frozenset[str]]:
    """By table of an outcome, the columns that the plan can mean; that of practitioners stays whole."""
    every: frozenset[str] = frozenset().union(*columns_read(task).values())
    return dict.fromkeys(wanted_tables(task) - {"practitioner"}, every)


def _some(table: pd.DataFrame, columns: Collection[str] | None) -> pd.DataFrame:
    return table if columns is None else table[[name for name in table if name in columns]].copy()


def with_share(instrument: Instrument, share: float) -> Instrument:
    """The instrument, scored where this share of a scale's items is answered."""
    rule = instrument.scoring.model_copy(update={"min_valid": share})
    return instrument.model_copy(update={"scoring": rule})
