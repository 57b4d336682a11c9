"""The analysis tables under other rules of cleaning, scoring and exposure; what is shared is made once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from alliance_modes.cleaning.clean import Cleaned, clean_cohort
from alliance_modes.derive import derive_cohort
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
class Typed:
    """What the analysis tables of one rule on careless answers are made from, cleaned once.

    ``tables`` and ``changes`` are those of ingest. Scores are made once per scoring rule, analysis tables
    once per scoring rule and exposure.
    """

    task: SpecificationsTask
    careless: str
    tables: Tables
    changes: pd.DataFrame | None
    data_lock: date
    instruments: Mapping[str, Instrument]

    @cached_property
    def _cleaned(self) -> Cleaned:
        rules = self.task.cleaning
        if self.careless != PLANNED:
            flags = self.task.settings(Specifications).choices.careless[self.careless]
            rules = CleaningRules(**{**dict(rules), "exclude_flags": flags})
        return clean_cohort(self.tables, self.changes, rules, self.data_lock, self.instruments)

    @cached_property
    def _made(self) -> dict[Any, Any]:
        return {}

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
