"""Every table that a rule writes, from all stages; what lies in one folder, and as a table itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from alliance_modes.dictionary import (
    checklist,
    cleaning,
    contents,
    derive,
    export,
    factors,
    imputation,
    ingest,
    measurement,
    models,
    relations,
    scoring,
)
from alliance_modes.dictionary.result_table import ResultTable

if TYPE_CHECKING:
    import pandas as pd

STAGES: Mapping[str, Mapping[str, ResultTable]] = {
    "Ingest": ingest.TABLES,
    "Clean": cleaning.TABLES,
    "Score": scoring.TABLES,
    "Derive": derive.TABLES,
    "Measure": measurement.TABLES,
    "Factors": factors.TABLES,
    "Model": models.TABLES,
    "Impute": imputation.TABLES,
    "Relations": relations.TABLES,
    "Export": export.TABLES,
    "Dictionary": contents.TABLES,
    "Report": checklist.TABLES,
}
"""The tables of each stage, in the order of the line."""

REPORTED = "reports/{cohort}/internal/tables"
"""Where the tables of results of a cohort lie."""


@cache
def every_table() -> tuple[ResultTable, ...]:
    """Every table that a rule writes, canonical ones apart, in the order of the line."""
    return tuple(table for tables in STAGES.values() for table in tables.values())


def reported_tables() -> tuple[ResultTable, ...]:
    """The tables that lie beside the report of a cohort."""
    return tuple(table for table in every_table() if str(Path(table.file).parent) == REPORTED)


def dictionary_table(tables: Iterable[ResultTable]) -> pd.DataFrame:
    """``dictionary.csv``: one row per table and column, in their order.

    Parameters
    ----------
    tables : iterable of ResultTable
        The tables that it tells about.

    Returns
    -------
    DataFrame
        Columns as ``dictionary/contents`` says; ``values`` reads ``pass; fail; not_checked``.
    """
    return contents.TABLES["dictionary"].from_rows(
        {
            "table": Path(table.file).stem,
            "holds": table.meaning,
            "grain": table.grain,
            "rule": table.rule,
            "column": name,
            "in_key": name in table.key,
            "type": column.type,
            "unit": column.unit,
            "low": column.low,
            "high": column.high,
            "values": "; ".join(column.values),
            "always": column.filled,
            "meaning": column.meaning,
        }
        for table in tables
        for name, column in table.columns.items()
    )
