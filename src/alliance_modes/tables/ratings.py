"""Alliance and engagement as rated: means by session, and by programme."""

from __future__ import annotations

from types import MappingProxyType

import pandas as pd

from alliance_modes.dictionary.named import ATTENDED, ENROLMENT_ID, PROGRAMME_ID, SESSION_NO
from alliance_modes.domain import COMPONENTS, ENGAGEMENT
from alliance_modes.measurement.intervals import (
    clustered_mean,
    clustered_share,
    groupings_of,
    share_one,
    shared,
)
from alliance_modes.tables.courses import Ranges, alliance_course
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import capital, instrument_name, listed, sampled_said
from alliance_modes.words.rounding import MISSING, interval, number, whole

_SCALES = (*COMPONENTS, "total")


def alliance_course_table(
    alliance: pd.DataFrame, ranges: Ranges = MappingProxyType({})
) -> DisplayTable | None:
    """Mean [interval] of goal, task and bond per rater and session; ``ranges`` as in ``alliance_course``."""
    means = alliance_course(alliance, ranges)
    if means.empty:
        return None
    rows = []
    for (rater, instrument, session), here in means.groupby(["rater", "instrument", SESSION_NO], sort=False):
        cells = here.set_index("component")
        rows.append(
            (
                f"{capital(rater)}-rated, {instrument_name(instrument)}",
                whole(session),
                whole(here["n"].max()),
                *(
                    _mean_with_interval(cells.loc[part]) if part in cells.index else MISSING
                    for part in COMPONENTS
                ),
            )
        )
    return display_table(
        "Alliance by session: item mean [95 % interval]",
        ("", "Session", "n", *map(capital, COMPONENTS)),
        "lrrrrr",
        rows,
        f"n: inventories. {sampled_said(shared(alliance))}",
    )


def _mean_with_interval(cell: pd.Series) -> str:
    return f"{number(cell['mean'])} {interval(cell['low'], cell['high'])}"


def alliance_by_programme_table(
    alliance: pd.DataFrame, ranges: Ranges = MappingProxyType({})
) -> DisplayTable | None:
    """n, M and SD of the alliance per rater, instrument and programme (or study arm).

    ``ranges`` as in ``alliance_course``.
    """
    if alliance.empty or PROGRAMME_ID not in alliance or alliance[PROGRAMME_ID].isna().all():
        return None
    rows, single = [], list[str]()
    for (rater, instrument, programme), here in alliance.groupby(
        ["rater", "instrument", PROGRAMME_ID], sort=True
    ):
        if not here["total"].notna().any():
            continue
        first = here.sort_values(SESSION_NO, kind="stable").drop_duplicates(ENROLMENT_ID)
        single += [str(programme)] if share_one(first[first["total"].notna()], alliance) else []
        mean = clustered_mean(first["total"], groupings_of(first), bounds=ranges.get(str(instrument)))
        rows.append(
            (
                str(programme),
                capital(rater),
                whole(mean.n),
                *(f"{number(first[part].mean())} ({number(first[part].std())})" for part in _SCALES),
                interval(mean.low, mean.high),
            )
        )
    if not rows:
        return None
    pairs = alliance[["rater", "instrument"]].drop_duplicates().sort_values(["rater", "instrument"])
    used = [f"{capital(row.rater)}-rated: {instrument_name(row.instrument)}" for row in pairs.itertuples()]
    return display_table(
        "Alliance at the first inventory, by programme or study arm: item mean (SD)",
        ("Programme or arm", "Rated by", "n", "Goal", "Task", "Bond", "Overall", "Overall, 95 % interval"),
        "llrrrrrr",
        rows,
        f"{listed(used)}. One inventory per enrolment, the first. {sampled_said(shared(alliance), single)} "
        "Which people are in which programme is not for the alliance to explain: a "
        "difference between rows is a description.",
    )


def engagement_table(sessions: pd.DataFrame) -> DisplayTable | None:
    """Mean session engagement and attendance, in thirds of the programme."""
    if sessions.empty or "session_engagement" not in sessions or sessions["session_engagement"].isna().all():
        return None
    last = float(sessions[SESSION_NO].max())
    third = (
        (sessions[SESSION_NO].astype(float) * 3 / last).clip(upper=3).apply(lambda share: -int(-share // 1))
    )
    rows = []
    for _, here in sessions.groupby(third.to_numpy(), sort=True):
        low, high = int(here[SESSION_NO].min()), int(here[SESSION_NO].max())
        people = groupings_of(here) or (here[ENROLMENT_ID],)
        mean = clustered_mean(here["session_engagement"], people, bounds=ENGAGEMENT)
        present = clustered_share(here[ATTENDED], people)
        rows.append(
            (
                f"Sessions {low}–{high}",
                whole(here[ENROLMENT_ID].nunique()),
                number(mean.estimate),
                interval(mean.low, mean.high),
                number(100 * present.estimate, 1),
                interval(100 * present.low, 100 * present.high, 1),
            )
        )
    return display_table(
        "Engagement and attendance over the programme",
        ("", "People", "Engagement (1 to 5)", "95 % interval", "Attended (%)", "95 % interval"),
        "lrrrrr",
        rows,
        f"While enrolled. {sampled_said(shared(sessions))} Engagement is rated by "
        "the practitioner at sessions that the person attended.",
    )
