"""Columns of the analysis tables that a plan may name, and who tells what stands in each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from alliance_modes.dictionary.canonical import dictionary
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


CARRIED = {
    "practitioner": ("practitioners", "practitioner_survey"),
    "enrolment": ("practitioners", "practitioner_survey", "enrolments"),
    "session": ("practitioners", "practitioner_survey", "enrolments", "sessions"),
    "alliance": ("practitioners", "practitioner_survey", "enrolments"),
}
"""Canonical tables whose columns stand in each analysis table; of the survey, those that describe people."""


def _told(name: str) -> dict[str, Source | None]:
    """Who tells the columns of a canonical table, all but ids and dates, and what is made of them."""
    table = dictionary().table(name)
    of_people = name == "practitioner_survey"
    found: dict[str, Source | None] = {}
    for column, declared in table.columns.items():
        if declared.type not in ("identifier", "date") and (declared.describes or not of_people):
            teller: Source | None = None if declared.told_by == "unknown" else declared.told_by
            found |= dict.fromkeys(table.analysed(column), teller)
    return found


@cache
def derived_columns() -> Mapping[str, Told]:
    """The columns of each analysis table, in every cohort, that a plan may name."""
    every = _dictionary()
    found: dict[str, Told] = {}
    for table in ANALYSIS_TABLES:
        parts = [*map(_told, CARRIED[table]), *(part.told() for part in every.of(table))]
        found[table] = {column: told for part in parts for column, told in part.items()}
    return MappingProxyType(found)


@cache
def every_derived_column() -> frozenset[str]:
    """Every column that some analysis table has in every cohort, whether a plan may name it or not."""
    told = {column for table in derived_columns().values() for column in table}
    every = _dictionary()
    apart = {column for table in ANALYSIS_TABLES for part in every.of(table) for column in part.apart}
    for name in ("practitioners", "enrolments", "sessions"):
        apart.update(dictionary().table(name).those(lambda column: column.type in ("identifier", "date")))
    return frozenset(told | apart)
