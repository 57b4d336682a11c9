"""Columns of the analysis tables that a plan may name, and who tells what stands in each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from alliance_modes.dictionary.derive import TABLES
from alliance_modes.domain import Source

ANALYSIS_TABLES = ("practitioner", "enrolment", "session", "alliance")
NOT_MODELLED = ("identifier", "date")
"""Types of columns that no plan names: nothing is modelled by them."""

Told = Mapping[str, Source | None]
"""Who tells each column; None where the column does not say."""


@cache
def derived_columns() -> Mapping[str, Told]:
    """The columns of each analysis table, in every cohort, that a plan may name."""
    return MappingProxyType(
        {
            table: {
                name: None if column.told_by == "unknown" else column.told_by or "records"
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
