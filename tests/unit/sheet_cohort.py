"""A cohort as supervision sheets read it: ratings of clients, sessions with ruptures, and surveys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from contract_report import cohort

from alliance_modes.plan.parts import SupervisionTask, supervision_task
from alliance_modes.plan.plan import Plan
from alliance_modes.reports.supervision.sheet import Sheet, supervision_sheets

SESSIONS = (3, 12, 22)
SDC = 0.9


def task(**asked: Any) -> SupervisionTask:
    """That of the default plan with sheets, but for what is asked."""
    plan = Plan.model_validate({"supervision": {"sheets": True, **asked}})
    return supervision_task(plan)


def ratings(practitioners: int = 12, clients: int = 12, seed: int = 5, **apart: float) -> pd.DataFrame:
    """The analysis table of ratings; ``p03=1.0`` puts the ratings of one practitioner apart."""
    rng = np.random.default_rng(seed)
    lead = np.repeat(np.arange(practitioners), clients)
    people = pd.DataFrame(
        {
            "enrolment_id": [f"e{one:03d}aaaaaaa" for one in range(len(lead))],
            "client_id": [f"{one:03d}bbbbbbbb" for one in range(len(lead))],
            "practitioner_id": [f"p{one:02d}cccccccc" for one in lead],
            "group_id": [f"g{one}" for one in 2 * lead + np.tile([0, 1], len(lead) // 2)],
            "site_id": [f"s{one % 3}" for one in lead],
            "mandated": rng.integers(0, 2, len(lead)).astype(float),
            "risk_score_z": rng.standard_normal(len(lead)),
            "readiness_z": np.nan,
            "needs": rng.integers(0, 4, len(lead)).astype(float),
        }
    )
    level = 3.3 + 0.4 * rng.standard_normal(len(lead)) - 0.15 * people["risk_score_z"]
    level += people["practitioner_id"].str[:3].map(apart).fillna(0.0)
    parts = [
        people.assign(
            session_no=session,
            time=(session - 1) / 10,
            rater="client",
            total=(level + 0.3 * rng.standard_normal(len(lead))).clip(1, 5),
        )
        for session in SESSIONS
    ]
    return pd.concat(parts, ignore_index=True).astype({"session_no": "Int64"})


def enrolments(rows: pd.DataFrame) -> pd.DataFrame:
    """Their enrolments, started one day after another."""
    people = rows.drop_duplicates("enrolment_id")[["enrolment_id", "client_id", "practitioner_id"]]
    days = pd.date_range("2024-01-01", periods=len(people)).astype("datetime64[us]")
    return people.reset_index(drop=True).assign(started_on=days)


def sessions(*ruptures: tuple[str, int, bool | None]) -> pd.DataFrame:
    """Sessions with a rupture: enrolment, session, and whether it was repaired."""
    table = pd.DataFrame(
        ruptures or [("none", 1, True)], columns=["enrolment_id", "session_no", "rupture_resolved"]
    )
    return table.astype({"session_no": "Int64", "rupture_resolved": "boolean"}).assign(
        rupture="withdrawal" if ruptures else "none",
        held_on=pd.Timestamp("2024-06-01") + pd.to_timedelta(table["session_no"].astype(int), unit="D"),
    )


def scores(**uses: tuple[float, ...]) -> pd.DataFrame:
    """Surveys of practitioners: the use of each mode at each wave, the same for all three modes."""
    rows = [
        ("practitioner_survey", f"{lead}cccccccc", wave, pd.Timestamp(2024, 2 * wave, 1), mode, use)
        for lead, values in uses.items()
        for wave, use in enumerate(values, 1)
        for mode in ("educative", "engagement", "therapeutic")
    ]
    columns = ["table", "practitioner_id", "wave", "completed_on", "scale", "item_mean"]
    return pd.DataFrame(rows, columns=columns)


def scales() -> pd.DataFrame:
    """By how much answers of one person differ by error."""
    return pd.DataFrame({"scale": ["educative", "engagement", "therapeutic"], "sdc": [SDC] * 3})


def sheets(
    rows: pd.DataFrame,
    ruptures: tuple[tuple[str, int, bool | None], ...] = (),
    uses: dict[str, tuple[float, ...]] | None = None,
    **asked: Any,
) -> dict[str, Sheet]:
    """The sheets by the first three signs of each practitioner."""
    tables = {"alliance": rows, "enrolment": enrolments(rows), "session": sessions(*ruptures)}
    made = supervision_sheets(task(**asked), tables, scores(**(uses or {})), scales(), cohort())
    return {one.practitioner[:3]: one for one in made}
