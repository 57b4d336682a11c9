"""Who the practitioners and the clients are."""

from __future__ import annotations

import pandas as pd

from alliance_modes.domain import COMPONENTS, MODES
from alliance_modes.measurement.intervals import clustered_mean
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, mode_name, plain
from alliance_modes.words.rounding import interval, number, percent, whole

_PRACTITIONER_NUMBERS = (
    ("experience_years", "Experience with such programmes (years)"),
    ("supervision_hours_month", "Supervision (hours a month)"),
    ("stance", "Stance (1 negotiate to 5 collaborate)"),
    ("role_induction", "Tells clients what to expect (1 never to 5 always)"),
)
_CLIENT_NUMBERS = (
    ("age_years", "Age at referral (years)"),
    ("risk_score", "Risk score (points)"),
    ("prior_convictions", "Earlier convictions"),
    ("readiness", "Readiness for treatment (points)"),
    ("needs", "Responsivity needs (of 6)"),
)


def surveyed(practitioners: pd.DataFrame) -> int:
    """How many practitioners said how they work."""
    mode = MODES[0]
    return int(practitioners[mode].notna().sum()) if mode in practitioners else 0


def practitioners_table(practitioners: pd.DataFrame) -> DisplayTable | None:
    """Roles and qualifications (n, %), experience and supervision (median, quartiles)."""
    rows = [
        *_shares(practitioners, "role"),
        *_shares(practitioners, "qualification"),
        *_quartiles(practitioners, _PRACTITIONER_NUMBERS),
    ]
    return _described("The practitioners", rows, len(practitioners))


def clients_table(enrolments: pd.DataFrame) -> DisplayTable | None:
    """Setting, mandate, age, risk and needs of those enrolled."""
    rows = [*_shares(enrolments, "setting"), *_mandated(enrolments), *_quartiles(enrolments, _CLIENT_NUMBERS)]
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


def _shares(table: pd.DataFrame, column: str) -> list[tuple[str, str, str]]:
    known = table[column].dropna() if column in table else pd.Series(dtype="str")
    counts = known.astype(str).value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return [
        (
            f"{capital(plain(column))}: {label}",
            whole(len(known)),
            f"{whole(count)} ({percent(count / len(known), 0)})",
        )
        for label, count in counts.items()
    ]


def _mandated(table: pd.DataFrame) -> list[tuple[str, str, str]]:
    known = table["mandated"].dropna() if "mandated" in table else pd.Series(dtype="boolean")
    if known.empty:
        return []
    count = int(known.astype(bool).sum())
    return [
        (
            "Attendance required by a court or licence",
            whole(len(known)),
            f"{whole(count)} ({percent(count / len(known), 0)})",
        )
    ]


def _quartiles(table: pd.DataFrame, columns: tuple[tuple[str, str], ...]) -> list[tuple[str, str, str]]:
    rows = []
    for column, label in columns:
        known = table[column].dropna().astype(float) if column in table else pd.Series(dtype="float64")
        if len(known):
            low, middle, high = known.quantile([0.25, 0.5, 0.75])
            rows.append((label, whole(len(known)), f"{number(middle, 1)} {interval(low, high, 1)}"))
    return rows
