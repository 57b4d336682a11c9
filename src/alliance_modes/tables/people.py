"""Who the practitioners and the clients are."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from alliance_modes.dictionary.canonical import CanonicalColumn, dictionary
from alliance_modes.domain import COMPONENTS, MODES
from alliance_modes.measurement.intervals import clustered_mean
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, mode_name, plain
from alliance_modes.words.rounding import interval, number, percent, whole

_NEEDS = {"needs": "Responsivity needs (of 6)"}


def surveyed(practitioners: pd.DataFrame) -> int:
    """How many practitioners said how they work."""
    mode = MODES[0]
    return int(practitioners[mode].notna().sum()) if mode in practitioners else 0


def practitioners_table(practitioners: pd.DataFrame) -> DisplayTable | None:
    """Roles and qualifications (n, %), experience and supervision (median, quartiles)."""
    declared = dictionary()
    described = {
        **declared.practitioners.describing("practitioner"),
        **declared.practitioner_survey.describing("practitioner"),
    }
    return _described("The practitioners", _rows(practitioners, described), len(practitioners))


def clients_table(enrolments: pd.DataFrame) -> DisplayTable | None:
    """Setting, mandate, age, risk and needs of those enrolled."""
    described = dictionary().enrolments.describing("client")
    rows = [*_rows(enrolments, described), *_quartiles(enrolments, _NEEDS)]
    return _described("The enrolments", rows, len(enrolments))


def modes_table(practitioners: pd.DataFrame) -> DisplayTable | None:
    """Mean frequency, SD and interval per mode, with the means of its goal, task and bond items."""
    surveyed = (
        practitioners.dropna(subset=list(MODES), how="all") if set(MODES) <= set(practitioners) else None
    )
    if surveyed is None or surveyed.empty:
        return None
    rows = []
    for mode in MODES:
        mean = clustered_mean(surveyed[mode])
        rows.append(
            (
                capital(mode_name(mode)),
                whole(mean.n),
                number(mean.estimate),
                interval(mean.low, mean.high),
                number(surveyed[mode].std()),
                *(number(surveyed[f"{mode}_{component}"].mean()) for component in COMPONENTS),
            )
        )
    return display_table(
        "How often practitioners work in each mode (1 never to 5 always)",
        ("", "n", "Mean", "95 % interval", "SD", *map(capital, COMPONENTS)),
        "lrrrrrrr",
        rows,
        "Goal, task and bond: mean of the one item of each mode on that part of the alliance.",
    )


def _described(caption: str, rows: list[tuple[str, str, str]], n: int) -> DisplayTable | None:
    if not rows:
        return None
    return display_table(
        f"{caption} (n = {whole(n)})", ("", "n known", "Number (%) or median [quartiles]"), "lrr", rows
    )


def _rows(table: pd.DataFrame, described: Mapping[str, CanonicalColumn]) -> list[tuple[str, str, str]]:
    """Columns of texts, then those of truth values, then those of numbers, each in their order."""
    texts = [name for name, column in described.items() if column.type in ("label", "category")]
    truths = {name: column.label for name, column in described.items() if column.type == "boolean"}
    numbers = {name: column.label for name, column in described.items() if column.is_number}
    shares = [row for name in texts for row in _shares(table, name)]
    return [*shares, *_true(table, truths), *_quartiles(table, numbers)]


def _shares(table: pd.DataFrame, column: str) -> list[tuple[str, str, str]]:
    known = table[column].dropna() if column in table else pd.Series(dtype="str")
    counts = known.astype(str).value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return [
        _share(f"{capital(plain(column))}: {label}", count, len(known)) for label, count in counts.items()
    ]


def _true(table: pd.DataFrame, columns: Mapping[str, str]) -> list[tuple[str, str, str]]:
    rows = []
    for column, label in columns.items():
        known = table[column].dropna() if column in table else pd.Series(dtype="boolean")
        if len(known):
            rows.append(_share(label, int(known.astype(bool).sum()), len(known)))
    return rows


def _share(label: str, count: int, known: int) -> tuple[str, str, str]:
    return label, whole(known), f"{whole(count)} ({percent(count / known, 0)})"


def _quartiles(table: pd.DataFrame, columns: Mapping[str, str]) -> list[tuple[str, str, str]]:
    rows = []
    for column, label in columns.items():
        known = table[column].dropna().astype(float) if column in table else pd.Series(dtype="float64")
        if len(known):
            low, middle, high = known.quantile([0.25, 0.5, 0.75])
            rows.append((label, whole(len(known)), f"{number(middle, 1)} {interval(low, high, 1)}"))
    return rows
