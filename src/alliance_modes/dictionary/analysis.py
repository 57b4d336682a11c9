"""Columns of the analysis tables that a plan may name, and who tells what stands in each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from alliance_modes.dictionary.canonical import TABLES as CANONICAL_TABLES
from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.dictionary.derive import TABLES
from alliance_modes.domain import Source
from alliance_modes.ground.yaml_models import Closed, load_model

ANALYSIS_TABLES = ("practitioner", "enrolment", "session", "alliance")
NOT_MODELLED = ("identifier", "date")
"""Types of columns that no plan names: nothing is modelled by them."""

Told = Mapping[str, Source | None]
"""Who tells each column; None where the column does not say."""


class ToldBy(Closed):
    """``told_by.yaml``: columns made by ``derive`` that the programme's records do not tell, by who does."""

    client: tuple[str, ...]
    practitioner: tuple[str, ...]
    observer: tuple[str, ...]
    unknown: tuple[str, ...]

    def each(self) -> dict[str, Source | None]:
        """Each of these columns with who tells it."""
        found: dict[str, Source | None] = dict.fromkeys(self.client, "client")
        found |= dict.fromkeys(self.practitioner, "practitioner")
        found |= dict.fromkeys(self.observer, "observer")
        return found | dict.fromkeys(self.unknown, None)


@cache
def told_by() -> Mapping[str, Source | None]:
    """Columns that the records of the programme do not tell, with who does; read once."""
    found = load_model(Path(__file__).with_name("told_by.yaml"), ToldBy).each()
    for name in CANONICAL_TABLES:
        table = dictionary().table(name)
        for column in table.those(lambda column: column.told_by != "records"):
            teller = table.columns[column].told_by
            found |= dict.fromkeys(table.analysed(column), None if teller == "unknown" else teller)
    return MappingProxyType(found)


@cache
def derived_columns() -> Mapping[str, Told]:
    """The columns of each analysis table, in every cohort, that a plan may name."""
    tellers = told_by()
    return MappingProxyType(
        {
            table: {
                name: tellers.get(name, "records")
                for name, column in TABLES[table].fixed.items()
                if column.type not in NOT_MODELLED
            }
            for table in ANALYSIS_TABLES
        }
    )


@cache
def every_derived_column() -> frozenset[str]:
    """Every column that some analysis table has in every cohort, whether a plan may name it or not."""
    return frozenset(name for table in ANALYSIS_TABLES for name in TABLES[table].fixed)
