"""Forms that were due and did not come, where the data can tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from alliance_modes.cleaning.records import NO_ANSWERS
from alliance_modes.dictionary.named import (
    ATTENDED,
    ENDED_ON,
    ENROLMENT_ID,
    ENROLMENT_STATUS,
    HELD_ON,
    PRACTITIONER_ID,
    SESSION_NO,
    WAVE,
)
from alliance_modes.missingness.blocks import Block
from alliance_modes.missingness.cells import NO_REASON

ABSENT = "absent at that session"
LEFT_OUT = "left out in cleaning"
DUE_FROM = 0.25
"""A form counts as due at a session that at least this share of those enrolled then filled it in at."""

Line = Mapping[str, object]


def planned_lines(
    tables: Mapping[str, pd.DataFrame], excluded: pd.DataFrame, blocks: list[Block]
) -> Iterator[Line]:
    """Forms due and not received, per instrument, rater and session number (or wave).

    Notes
    -----
    A cohort does not declare its schedule. An alliance form is taken to be due at every session
    number at which at least ``DUE_FROM`` of the people with a record of that session (started, and
    not after their end) filled it in; forms at other numbers are listed as not planned. Ratings of
    the session are due at every session not recorded as missed, a survey from every practitioner
    listed in every wave that anyone answered. Alliance forms that came but were left out, since no
    item was answered or by the plan's choice, are told apart by their number at each session.
    """
    enrolled = _sessions_while_enrolled(tables)
    for block in blocks:
        if not block.instrument:
            continue
        if block.table == "alliance":
            yield from _of_alliance(block, tables["alliance"], enrolled, _left_out(block, excluded))
        elif block.table == "sessions":
            yield from _of_sessions(block, tables["sessions"])
        elif block.table == "practitioner_survey":
            yield from _of_survey(block, tables)
        else:
            yield _line(block, "", result="not_checked", detail="when these forms are due is not known")


def _sessions_while_enrolled(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    known = tables["enrolments"][[ENROLMENT_ID, ENDED_ON, ENROLMENT_STATUS]]
    sessions = tables["sessions"][[ENROLMENT_ID, SESSION_NO, HELD_ON, ATTENDED]]
    sessions = sessions.merge(known, on=ENROLMENT_ID, how="inner")
    after = (sessions[HELD_ON] > sessions[ENDED_ON]).fillna(False)
    not_started = (sessions[ENROLMENT_STATUS] == "not_started").fillna(False)
    return sessions[~(after | not_started)]


def _left_out(block: Block, excluded: pd.DataFrame) -> Mapping[int, int]:
    """Forms of ``block`` left out without another in their place, by session number."""
    reason = excluded["reason"].astype("str")
    rows = excluded[
        (excluded["table"] == block.table)
        & (excluded["instrument"] == block.instrument)
        & (excluded["rater"] == block.rater)
        & ((reason == NO_ANSWERS) | reason.str.endswith("(plan)"))
    ]
    return rows[SESSION_NO].dropna().astype("int64").value_counts().to_dict()


def _of_alliance(
    block: Block, table: pd.DataFrame, enrolled: pd.DataFrame, left_out: Mapping[int, int]
) -> Iterator[Line]:
    if enrolled.empty:
        yield _line(block, "", result="not_checked", detail="there are no records of sessions")
        return
    forms = table.iloc[block.places][[ENROLMENT_ID, SESSION_NO]].drop_duplicates()
    due = enrolled.merge(forms.assign(received=True), on=[ENROLMENT_ID, SESSION_NO], how="left")
    due["received"] = due["received"].notna()
    for number, rows in due.groupby(SESSION_NO, sort=True):
        received = int(rows["received"].sum())
        if not received:
            continue
        if received < DUE_FROM * len(rows):
            detail = f"{received} forms at a session with {len(rows)} people"
            yield _line(block, str(number), result="not_planned", detail=detail)
            continue
        absent = (~rows[ATTENDED].fillna(True).astype(bool)) & ~rows["received"]
        cleaned = min(left_out.get(int(number), 0), len(rows) - received - int(absent.sum()))
        lacking = len(rows) - received
        yield from _counted(block, str(number), len(rows), lacking, int(absent.sum()), cleaned)


def _of_sessions(block: Block, table: pd.DataFrame) -> Iterator[Line]:
    due = table[ATTENDED].fillna(True).to_numpy(dtype=bool)
    answered = table[list(block.columns)].notna().to_numpy().any(axis=1)
    rows = pd.DataFrame({"number": table[SESSION_NO], "missing": ~answered})[due]
    for number, here in rows.groupby("number", sort=True)["missing"]:
        yield from _counted(block, str(number), len(here), int(here.sum()))


def _of_survey(block: Block, tables: Mapping[str, pd.DataFrame]) -> Iterator[Line]:
    listed = tables["practitioners"][PRACTITIONER_ID].dropna().unique()
    if not len(listed):
        yield _line(block, "", result="not_checked", detail="there is no list of practitioners")
        return
    surveys = tables["practitioner_survey"].iloc[block.places]
    answered = surveys[list(block.columns)].notna().to_numpy().any(axis=1)
    for wave, rows in surveys[answered].groupby(WAVE, sort=True, dropna=False):
        received = int(np.isin(listed, rows[PRACTITIONER_ID].to_numpy()).sum())
        level = "" if pd.isna(wave) else str(wave)
        yield from _counted(block, level, len(listed), len(listed) - received)


def _counted(
    block: Block, level: str, due: int, lacking: int, absent: int = 0, left_out: int = 0
) -> Iterator[Line]:
    yield _line(block, level, "", due, lacking)
    for reason, count in (
        (ABSENT, absent),
        (LEFT_OUT, left_out),
        (NO_REASON, lacking - absent - left_out),
    ):
        if count:
            yield _line(block, level, reason, due, count)


def _line(
    block: Block,
    level: str,
    reason: str = "",
    of: int | None = None,
    count: int | None = None,
    result: str = "counted",
    detail: str = "",
) -> Line:
    return {
        "view": "planned",
        "table": block.table,
        "instrument": block.instrument,
        "rater": block.rater,
        "variable": "",
        "level": level,
        "reason": reason,
        "unit": "forms",
        "of": of,
        "count": count,
        "result": result,
        "detail": detail,
    }
