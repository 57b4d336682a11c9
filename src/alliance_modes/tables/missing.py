"""What is missing, and which records look careless or entered twice, for readers."""

from __future__ import annotations

from typing import Any

import pandas as pd

from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import TABLE_NAMES, capital, instrument_name, plain, uncapital
from alliance_modes.words.rounding import MISSING, percent, whole

UNKNOWN = "not known"
SMALL = 0.0005
TEXTS = ("instrument", "rater", "variable", "level", "reason", "detail")

CARELESS_NAMES = {
    "longstring": "one answer nearly throughout (longest run)",
    "irv": "answers hardly vary",
    "even_odd": "halves of the subscales disagree",
    "completion_time": "faster than it can be read",
    "failed_attention_check": "attention check failed",
    "mahalanobis": "pattern far from all others",
}
NEAR_DUPLICATE_NAMES = {
    "two_client_ids": "one person under two client ids",
    "enrolled_twice_at_once": "one client twice on a programme at once",
    "entered_twice": "one form under two session numbers or waves",
    "ratings_repeated": "every rating as in the session before",
}


def with_blanks(missing_map: pd.DataFrame) -> pd.DataFrame:
    """The map with blank texts for missing ones."""
    return missing_map.assign(**{column: missing_map[column].fillna("") for column in TEXTS})


def totals(missing_map: pd.DataFrame, view: str) -> pd.DataFrame:
    """The rows of one view that sum over all reasons."""
    found = with_blanks(missing_map)
    return found[(found["view"] == view) & (found["reason"] == "") & (found["result"] == "counted")]


def source_name(table: str, instrument: str, rater: str) -> str:
    """``WAI-SR, client``; the table's name where there is no instrument."""
    if not instrument:
        return capital(TABLE_NAMES.get(table, plain(table)))
    return f"{instrument_name(instrument)}, {rater}" if rater else instrument_name(instrument)


def variable_name(table: str, instrument: str, rater: str, variable: str) -> str:
    """``WAI-SR, client: item 3``; ``Enrolments: risk score``; without a variable its source."""
    if not variable:
        return source_name(table, instrument, rater)
    number = variable.rpartition("_")[2]
    what = f"item {number}" if instrument and number.isdigit() else plain(variable)
    return f"{source_name(table, instrument, rater)}: {what}"


def missing_table(missing_map: pd.DataFrame) -> DisplayTable | None:
    """Per table or instrument: forms due and not received, forms complete, cells missing and why."""
    cells = totals(missing_map, "table")
    if cells.empty:
        return None
    whole_map = with_blanks(missing_map)
    forms, patterns = totals(missing_map, "planned"), totals(missing_map, "pattern")
    rows = []
    for row in cells.itertuples():
        here = _same(forms, row)
        due, lacking = int(here["of"].sum()), int(here["count"].sum())
        pattern = _same(patterns, row).set_index("level")
        complete = pattern["share"].get("complete") if len(pattern) else None
        rows.append(
            (
                source_name(row.table, row.instrument, row.rater),
                f"{whole(lacking)} of {whole(due)}" if due else MISSING,
                percent(complete),
                "< 0.1 %" if 0 < row.share < SMALL else percent(row.share),
                _reasons(whole_map, row),
            )
        )
    return display_table(
        "Forms that did not come, and what is missing in those that did",
        ("", "Forms due, not received", "Complete forms", "Cells missing", "Reasons given"),
        "lrrrl",
        rows,
        f"{MISSING}: not a form, or when it was due is not known. Cells to which a column does not apply are "
        "left out. A form counts as due at the session numbers at which at least a quarter of those enrolled "
        "filled it in.",
    )


def _same(rows: pd.DataFrame, row: Any) -> pd.DataFrame:
    if not row.instrument:
        return rows.iloc[:0]
    return rows[
        (rows["table"] == row.table) & (rows["instrument"] == row.instrument) & (rows["rater"] == row.rater)
    ]


def _reasons(missing_map: pd.DataFrame, row: Any) -> str:
    same = (missing_map["table"] == row.table) & (missing_map["instrument"] == row.instrument)
    same &= (missing_map["rater"] == row.rater) & (missing_map["view"] == "table")
    named = missing_map[same & (missing_map["reason"] != "")]
    named = named.sort_values("count", ascending=False, kind="stable").head(3)
    return "; ".join(f"{plain(one.reason)} {whole(one.number)}" for one in _counted(named)) or MISSING


def _counted(rows: pd.DataFrame) -> list:
    return list(rows.rename(columns={"count": "number"}).itertuples())


def _unchecked(row: Any) -> str:
    instrument = row.instrument if isinstance(row.instrument, str) else ""
    rater = row.rater if isinstance(row.rater, str) else ""
    return f"not checked in {uncapital(source_name(row.table, instrument, rater))}: {row.detail}"


def screening_table(checks: pd.DataFrame) -> DisplayTable | None:
    """Careless-responding indices and near-duplicates: records looked at and flagged, summed over forms."""
    rows = []
    for names, kind in ((CARELESS_NAMES, "Careless answers"), (NEAR_DUPLICATE_NAMES, "Near-duplicates")):
        for check, meaning in names.items():
            here = checks[checks["check"] == check]
            made = here[here["result"] != "not_checked"]
            if here.empty:
                continue
            why = "; ".join(_unchecked(row) for row in here[here["result"] == "not_checked"].itertuples())
            looked, found = (
                whole(made[column].sum()) if len(made) else MISSING for column in ("records", "found")
            )
            rows.append((kind, meaning, looked, found, why))
            kind = ""
    if not rows:
        return None
    return display_table(
        "Records flagged as careless or as entered twice",
        ("", "Sign", "Looked at", "Flagged", "Remark"),
        "llrrl",
        rows,
        "A flag is no verdict. Flagged records stay in the analysis unless the plan leaves them out; each is "
        "listed in flags.csv.",
    )
