"""Who the practitioners and the clients are."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from alliance_modes.dictionary.canonical import CanonicalColumn, dictionary
from alliance_modes.dictionary.named import (
    CLIENT_ID,
    ENROLMENT_ID,
    GROUP_ID,
    PRACTITIONER_ID,
    PROGRAMME_ID,
    SITE_ID,
)
from alliance_modes.domain import COMPONENTS, FREQUENCY, MODES, NEED_COLUMNS
from alliance_modes.measurement.intervals import clustered_mean, groupings_of, shared
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, mode_name, plain, sampled_said
from alliance_modes.words.rounding import interval, number, percent, whole

_LED = (
    (ENROLMENT_ID, "Enrolments"),
    (CLIENT_ID, "Clients"),
    (GROUP_ID, "Groups"),
    (PROGRAMME_ID, "Programmes"),
    (SITE_ID, "Sites"),
)
_PERCENTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


def surveyed(practitioners: pd.DataFrame) -> int:
    """How many practitioners said how often they work in one mode at least."""
    return int(with_modes(practitioners).sum())


def with_modes(practitioners: pd.DataFrame) -> pd.Series:
    """Which practitioners said how often they work in one mode at least."""
    return practitioners[[mode for mode in MODES if mode in practitioners]].notna().any(axis=1)


def practitioners_table(practitioners: pd.DataFrame) -> DisplayTable | None:
    """Roles and qualifications (n, %), experience and supervision (median, quartiles)."""
    declared = dictionary()
    described = {
        **declared.practitioners.describing("practitioner"),
        **declared.practitioner_survey.describing("practitioner"),
    }
    return _described("The practitioners", _rows(practitioners, described), len(practitioners))


def caseload_table(enrolments: pd.DataFrame) -> DisplayTable | None:
    """How many clients, groups and sites a lead practitioner has: percentiles, nobody singled out.

    Parameters
    ----------
    enrolments : DataFrame
        The analysis table, one row per enrolment; those without a lead practitioner are left out.

    Returns
    -------
    DisplayTable or None
        One row per kind of unit that the cohort knows. None where no enrolment has a lead.

    Notes
    -----
    Each practitioner counts once, whatever the number of clients. Percentiles interpolate linearly, and
    stop at the 10th and the 90th: the smallest and the largest are one person each.
    """
    led = enrolments.dropna(subset=[PRACTITIONER_ID]) if PRACTITIONER_ID in enrolments else None
    if led is None or led.empty:
        return None
    rows = []
    for column, label in _LED:
        counts = led.groupby(PRACTITIONER_ID)[column].nunique() if column in led else pd.Series(dtype="int64")
        known = counts[counts > 0]
        if len(known):
            rows.append((label, whole(len(known)), *(number(known.quantile(at), 1) for at in _PERCENTILES)))
    return display_table(
        "What one lead practitioner has, over the whole cohort",
        ("", "Practitioners", "10th", "25th", "Median", "75th", "90th"),
        "lrrrrrr",
        rows,
        "Percentiles over practitioners, each counted once. One with few clients says little about what goes "
        "with a mode; one with many weighs more in every estimate.",
    )


def clients_table(enrolments: pd.DataFrame) -> DisplayTable | None:
    """Setting, mandate, age, risk and needs of those enrolled."""
    described = dictionary().enrolments.describing("client")
    recorded = sum(bool(enrolments[need].notna().any()) for need in NEED_COLUMNS if need in enrolments)
    needs = {"needs": f"Responsivity needs (of {recorded} recorded)"}
    rows = [*_rows(enrolments, described), *_quartiles(enrolments, needs)]
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
        mean = clustered_mean(surveyed[mode], groupings_of(surveyed), bounds=FREQUENCY)
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
        "Goal, task and bond: mean of the one item of each mode on that part of the alliance. "
        f"{sampled_said(shared(surveyed))}",
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
