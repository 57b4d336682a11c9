"""Columns of the analysis tables that a plan may name, and who tells what stands in each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from alliance_modes.domain import Source
from alliance_modes.ground.yaml_models import Closed, load_model

Told = Mapping[str, Source | None]
"""Who tells each column; None where the column does not say."""


class Tellers(Closed):
    """Columns by who tells them."""

    records: tuple[str, ...] = ()
    client: tuple[str, ...] = ()
    practitioner: tuple[str, ...] = ()
    observer: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()

    def told(self) -> dict[str, Source | None]:
        """Each column that a plan may name, with who tells it."""
        found: dict[str, Source | None] = dict.fromkeys(self.records, "records")
        found |= dict.fromkeys(self.client, "client")
        found |= dict.fromkeys(self.practitioner, "practitioner")
        found |= dict.fromkeys(self.observer, "observer")
        return found | dict.fromkeys(self.unknown, None)


class AnalysisDictionary(Closed):
    """``analysis.yaml``: the columns that each analysis table has of its own."""

    practitioner: Tellers
    practitioner_alone: Tellers
    components: Tellers
    enrolment: Tellers
    enrolment_alone: Tellers
    session: Tellers
    alliance: Tellers

    def of(self, table: str) -> tuple[Tellers, ...]:
        """What the analysis table ``table`` is made of."""
        practitioner = (self.practitioner, self.components)
        return {
            "practitioner": (*practitioner, self.practitioner_alone),
            "enrolment": (*practitioner, self.enrolment, self.enrolment_alone),
            "session": (self.practitioner, self.enrolment, self.session),
            "alliance": (self.practitioner, self.enrolment, self.alliance),
        }[table]


ANALYSIS_TABLES = ("practitioner", "enrolment", "session", "alliance")


@cache
def _dictionary() -> AnalysisDictionary:
    return load_model(Path(__file__).with_name("analysis.yaml"), AnalysisDictionary)


@cache
def derived_columns() -> Mapping[str, Told]:
    """The columns of each analysis table, in every cohort, that a plan may name."""
    every = _dictionary()
    return MappingProxyType(
        {
            table: {column: told for part in every.of(table) for column, told in part.told().items()}
            for table in ANALYSIS_TABLES
        }
    )


@cache
def every_derived_column() -> frozenset[str]:
    """Every column that some analysis table has in every cohort, whether a plan may name it or not."""
    every = _dictionary()
    parts = [part for table in ANALYSIS_TABLES for part in every.of(table)]
    return frozenset(column for part in parts for column in (*part.told(), *part.apart))
