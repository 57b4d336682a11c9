"""The analysis tables under other rules of cleaning, scoring and exposure; what is shared is made once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from alliance_modes.cleaning.clean import Cleaned, clean_cohort
from alliance_modes.derive import derive_cohort
from alliance_modes.dictionary.cleaning import TABLES as CLEANING
from alliance_modes.dictionary.derive import TABLES as DERIVE
from alliance_modes.dictionary.result_table import read_each
from alliance_modes.dictionary.scoring import TABLES as SCORING
from alliance_modes.ground.files import read_tables
from alliance_modes.instruments.model import Instrument
from alliance_modes.plan.parts import SpecificationsTask
from alliance_modes.plan.plan import CleaningRules, Exposure
from alliance_modes.plan.relations.specifications import OF_DATA, PLANNED, Specifications
from alliance_modes.scoring.scores import score_cohort

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
    scores: pd.DataFrame
    derived: Tables


def read_as_planned(paths: Iterable[str | Path]) -> AsPlanned | None:
    """Read what cleaning, scoring and deriving wrote for the plan's own rules; None where nothing is named.

    Parameters
    ----------
    paths : iterable of path
        Files of ``data/processed/<cohort>/``: the folders ``clean`` and ``analysis``, and the scores.
    """
    files = [Path(path) for path in paths]
    if not files:
        return None
    clean = [path for path in files if path.parent.name == "clean"]
    written = read_each(CLEANING, (path for path in clean if path.suffix == ".csv"))
    (scores,) = (path for path in files if path.name == "scores.parquet")
    return AsPlanned(
        tables=read_tables(path for path in clean if path.suffix == ".parquet"),
        account=written["account"],
        flags=written["flags"],
        scores=SCORING["scores"].read(scores),
        derived=read_each(DERIVE, (path for path in files if path.parent.name == "analysis")),
    )


@dataclass(frozen=True)
class Typed:
    """What the analysis tables of one rule on careless answers are made from, cleaned once.

    ``tables`` and ``changes`` are those of ingest. Scores are made once per scoring rule, analysis tables
    once per scoring rule and exposure; ``planned`` is what need not be made again.
    """

    task: SpecificationsTask
    careless: str
    tables: Tables
    changes: pd.DataFrame | None
    data_lock: date
    instruments: Mapping[str, Instrument]
    planned: AsPlanned | None = None

    @cached_property
    def _cleaned(self) -> Cleaned | AsPlanned:
        if self.careless == PLANNED and self.planned is not None:
            return self.planned
        rules = self.task.cleaning
        if self.careless != PLANNED:
            flags = self.task.settings(Specifications).choices.careless[self.careless]
            rules = CleaningRules(**{**dict(rules), "exclude_flags": flags})
        return clean_cohort(self.tables, self.changes, rules, self.data_lock, self.instruments)

    @cached_property
    def _made(self) -> dict[Any, Any]:
        if self.careless != PLANNED or self.planned is None:
            return {}
        return {PLANNED: self.planned.scores, (PLANNED, PLANNED): self.planned.derived}

    def _scores(self, scoring: str) -> pd.DataFrame:
        if scoring not in self._made:
            instruments = self.instruments
            if scoring != PLANNED:
                share = self.task.settings(Specifications).choices.scoring[scoring]
                instruments = {name: with_share(one, share) for name, one in instruments.items()}
            self._made[scoring] = score_cohort(self._cleaned.tables, instruments, self._cleaned.flags)
        return self._made[scoring]

    def tables_of(self, options: Mapping[str, str]) -> Tables | None:
        """The analysis tables of a specification; None where it cleans by another rule."""
        if options.get("careless", PLANNED) != self.careless:
            return None
        scoring, waves = (options.get(choice, PLANNED) for choice in ("scoring", "waves"))
        if (scoring, waves) not in self._made:
            exposure = self.task.exposure if waves == PLANNED else Exposure.model_validate({"waves": waves})
            cleaned, scores = self._cleaned, self._scores(scoring)
            derived = derive_cohort(cleaned.tables, scores, cleaned.account, exposure, self.data_lock)
            names = ("practitioner", "enrolment", "session", "alliance")
            self._made[scoring, waves] = {name: getattr(derived, name) for name in names}
        return self._made[scoring, waves]


def with_share(instrument: Instrument, share: float) -> Instrument:
    """The instrument, scored where this share of a scale's items is answered."""
    rule = instrument.scoring.model_copy(update={"min_valid": share})
    return instrument.model_copy(update={"scoring": rule})
