"""Cohorts rated session by session, for the tests of expected courses and alerts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alliance_modes.plan.plan import Plan

CLIENTS, SESSIONS = 6, 8
SCALE = "srs_total"


def by_time_alone(random: tuple[str, ...] = ("practitioner", "enrolment")) -> Plan:
    """The default plan with its model of alliance by time and readiness, and these groupings."""
    plan = Plan()
    changed = {"formula": "educative + time + readiness", "tested": ("educative",), "random": random}
    model = plan.models["alliance"].model_copy(update={**changed, "slopes": {}, "curves": ()})
    return plan.model_copy(update={"models": {"alliance": model}})


def rated_cohort(
    seed: int, practitioners: int, fall: float = 0.0, skewed: bool = False
) -> dict[str, pd.DataFrame]:
    """Enrolments and sessions; the last three ratings of half of the drop-outs are lower by ``fall`` SDs."""
    rng = np.random.default_rng(seed)
    people = practitioners * CLIENTS
    lead = np.repeat(np.arange(practitioners), CLIENTS)
    out = rng.random(people) < 0.3
    clients = pd.DataFrame(
        {
            "enrolment_id": [f"e{one:04d}" for one in range(people)],
            "client_id": [f"c{one:04d}" for one in range(people)],
            "practitioner_id": [f"p{one:02d}" for one in lead],
            "site_id": [f"s{one % 3}" for one in lead],
            "readiness_z": rng.standard_normal(people),
            "end_kind": np.where(out, "dropped_out", "completed"),
            "last_session": np.where(out, rng.integers(4, SESSIONS, people), SESSIONS),
        }
    )
    person = np.repeat(np.arange(people), SESSIONS)
    rows = clients.loc[person].reset_index(drop=True)
    rows["session_no"] = np.tile(np.arange(SESSIONS) + 1, people)
    rows["time"] = (rows["session_no"] - 1) / 10.0
    level = (0.3 * rng.standard_normal(practitioners))[lead] + 0.8 * rng.standard_normal(people)
    seen = level[person] + 0.2 * rows["readiness_z"] + 0.3 * rows["time"]
    noise = (
        0.5 * (rng.exponential(size=len(rows)) - 1.0) * -1.0
        if skewed
        else 0.5 * rng.standard_normal(len(rows))
    )
    falls = (out & (rng.random(people) < 0.5))[person] & (rows["session_no"] > rows["last_session"] - 3)
    rows[SCALE] = 30.0 + 3.0 * (seen + noise - 0.5 * fall * falls)
    kept = rows[rows["session_no"] <= rows["last_session"]].reset_index(drop=True)
    return {"enrolment": clients, "session": kept.drop(columns=["end_kind"])}
