"""One scored table as CSV, SPSS and Stata: the same records, names and labels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from alliance_modes.export.records import Counted, ScoredTable
from alliance_modes.export.variables import Variable
from alliance_modes.ground.files import write_csv
from alliance_modes.ground.labelled_files import Measure, write_spss, write_stata

LONGEST_LABEL = {"sav": 255, "dta": 80}
"""Bytes of a variable's label in SPSS, characters in Stata."""

DAYS_FROM = {"sav": pd.Timestamp("1582-10-14").as_unit("us"), "dta": pd.Timestamp("1960-01-01").as_unit("us")}
"""SPSS counts seconds from the first of these days, Stata days from the second."""

TEXTS = ("identifier", "label")
WHOLE = ("integer", "boolean", "category", "count")


def write_scored(scored: ScoredTable, folder: str | Path) -> Counted:
    """Write ``<folder>/<name>.csv``, ``.sav`` and ``.dta``; what they hold is counted.

    Notes
    -----
    In CSV a category stands as its label, in SPSS and Stata as its code with the label on it; a
    boolean is 0 or 1 everywhere, a date a date, a missing value empty (``""`` in a text). Labels
    longer than a format allows are cut; the codebook has them whole. The files hold no clock: the
    same records give the same bytes.
    """
    there = Path(folder)
    whole = {one.name: "Int64" for one in scored.variables if one.type == "boolean"}
    write_csv(scored.records.astype(whole), there / f"{scored.name}.csv")
    write_spss(
        _frame(scored, "sav"),
        there / f"{scored.name}.sav",
        labels={variable.name: _cut(variable.label, "sav") for variable in scored.variables},
        value_labels={
            variable.name: {float(code): text for code, text in variable.values.items()}
            for variable in scored.variables
            if variable.values
        },
        user_missing={},
        formats={
            variable.name: "DATE11" if variable.type == "date" else "F8.0"
            for variable in scored.variables
            if variable.type in (*WHOLE, "date") or variable.whole
        },
        measures={variable.name: _measure(variable) for variable in scored.variables},
    )
    write_stata(
        _frame(scored, "dta"),
        there / f"{scored.name}.dta",
        labels={variable.stata: _cut(variable.label, "dta") for variable in scored.variables},
        value_labels={
            variable.stata: dict(variable.values) for variable in scored.variables if variable.values
        },
        formats={variable.stata: "%td" for variable in scored.variables if variable.type == "date"},
    )
    return scored.counted()


def _frame(scored: ScoredTable, suffix: str) -> pd.DataFrame:
    columns = {
        variable.stata if suffix == "dta" else variable.name: _coded(
            scored.records[variable.name], variable, suffix
        )
        for variable in scored.variables
    }
    return pd.DataFrame(columns, copy=False)


def _coded(values: pd.Series, variable: Variable, suffix: str) -> Any:
    """Values as SPSS and Stata hold them; dates as numbers, so that a date without any value stays one."""
    if variable.type == "category":
        codes = {text: float(code) for code, text in variable.values.items()}
        return values.map(codes).astype("float64")
    if variable.type in TEXTS:
        return values.astype("object").where(values.notna(), "")
    if variable.type == "date":
        return (values - DAYS_FROM[suffix]) / pd.Timedelta(1, "s" if suffix == "sav" else "D")
    return values.astype("float64")


def _measure(variable: Variable) -> Measure:
    """SPSS's measurement level: names and codes nominal, answers to items ordinal, all else scale."""
    if variable.type == "item":
        return "ordinal"
    return "nominal" if variable.type in (*TEXTS, "category", "boolean") else "scale"


def _cut(label: str, suffix: str) -> str:
    """``label`` shortened to what the format allows, at a whole character."""
    most = LONGEST_LABEL[suffix]
    if suffix == "dta":
        return label if len(label) <= most else f"{label[: most - 1]}…"
    if len(label.encode()) <= most:
        return label
    return label.encode()[: most - 3].decode(errors="ignore") + "…"
