"""How enrolments ended, with intervals, and the published rates to read them beside."""

from __future__ import annotations

import pandas as pd

from alliance_modes.dictionary.named import PROGRAMME_ID, SETTING
from alliance_modes.domain import STARTED_ENDS
from alliance_modes.measurement.intervals import clustered_share, groupings_of, share_one, shared
from alliance_modes.words.display import DisplayTable, display_table
from alliance_modes.words.names import END_NAMES, capital, plain, sampled_said
from alliance_modes.words.rounding import percent, percent_interval, whole


def counted_enrolments(enrolments: pd.DataFrame) -> pd.DataFrame:
    """Those in the denominator: started, and planned end before data lock."""
    if "denominator" not in enrolments:
        return enrolments.iloc[:0]
    return enrolments[enrolments["denominator"].fillna(False).astype(bool)]


def ends_table(enrolments: pd.DataFrame) -> DisplayTable | None:
    """Each kind of end among those who started: n, percentage, interval."""
    counted = counted_enrolments(enrolments)
    if counted.empty:
        return None
    kinds = counted["end_kind"].fillna("not known")
    rows = []
    for kind in dict.fromkeys((*STARTED_ENDS, *sorted(kinds.unique()))):
        count = int((kinds == kind).sum())
        if count or kind in STARTED_ENDS:
            share = clustered_share(kinds == kind, groupings_of(counted))
            rows.append(
                (
                    capital(END_NAMES.get(kind, kind)),
                    whole(count),
                    percent(share.estimate),
                    percent_interval(share.low, share.high),
                )
            )
    return display_table(
        f"How the {whole(len(counted))} enrolments ended that started, with a planned end before data lock",
        ("End", "n", "Percentage", "95 % interval"),
        "lrrr",
        rows,
        sampled_said(shared(counted)),
    )


def completion_table(enrolments: pd.DataFrame) -> DisplayTable | None:
    """Completion by programme and by setting, where there are several, with intervals."""
    counted = counted_enrolments(enrolments)
    rows, single = [], list[str]()
    for column in (PROGRAMME_ID, SETTING):
        if column in counted and counted[column].nunique() > 1:
            for label, here in counted.groupby(column, sort=True):
                name = f"{capital(plain(column.removesuffix('_id')))}: {label}"
                rows.append(_completion_row(name, here))
                single += [name] if share_one(here[here["completed"].notna()], counted) else []
    if not rows or counted["completed"].notna().sum() == 0:
        return None
    return display_table(
        "Completion by programme and setting",
        ("", "Started", "Counted", "Completed", "95 % interval"),
        "lrrrr",
        [_completion_row("All", counted), *rows],
        f"Counted leaves out administrative ends. {sampled_said(shared(counted), single)} "
        "The rows differ in whom they admit: they are not a ranking.",
    )


def _completion_row(label: str, here: pd.DataFrame) -> tuple[str, ...]:
    known = here["completed"].dropna()
    share = clustered_share(here["completed"], groupings_of(here))
    return (
        label,
        whole(len(here)),
        whole(len(known)),
        percent(share.estimate),
        percent_interval(share.low, share.high),
    )
