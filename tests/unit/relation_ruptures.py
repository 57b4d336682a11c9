"""Cohorts with recorded ruptures and drop-out by session, for the tests of ruptures."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import ENROLMENT_ID, RUPTURE

SESSIONS, SEM = 12, 1.3
CHANCES = {"withdrawal": 0.08, "confrontation": 0.06}


def ruptured(
    seed: int, practitioners: int, clients: int = 15, after: Mapping[str, float] | None = None
) -> pd.DataFrame:
    """Sessions; ``after`` is what a last rupture of each kind adds to the log hazard of drop-out."""
    rng = np.random.default_rng(seed)
    rows = []
    own = rng.normal(0.0, 0.2, practitioners)
    for client in range(practitioners * clients):
        lead, last, state = client // clients, "none", 0
        level = rng.normal(32.0, 2.0)
        for session in range(1, SESSIONS + 1):
            hazard = np.exp(-3.2 + own[lead] + (after or {}).get(last, 0.0))
            ends = session < SESSIONS and rng.random() < 1.0 - np.exp(-hazard)
            kind = rng.choice(["none", *CHANCES], p=[1.0 - sum(CHANCES.values()), *CHANCES.values()])
            repaired = None if kind == "none" else bool(rng.random() < 0.5)
            rating = level + SEM * rng.standard_normal()
            rows.append((f"e{client:04d}", f"p{lead:02d}", session, kind, repaired, state, int(ends), rating))
            if kind != "none":
                last, state = kind, int(not repaired)
            if ends:
                break
    names = [ENROLMENT_ID, "practitioner_id", "session_no", RUPTURE, "rupture_resolved", "unrepaired_before"]
    table = pd.DataFrame(rows, columns=[*names, "ended_dropped_out", "srs_total"])
    table["rupture_resolved"] = table["rupture_resolved"].astype("boolean")
    return table.assign(denominator=True, at_risk=table["session_no"] < SESSIONS, sessions_planned=SESSIONS)


def scales(sem: float = SEM) -> pd.DataFrame:
    """The error of one rating, as ``scales.csv`` has it."""
    row = {"rater": "client", "instrument": "srs", "scale": "srs_total", "sem_score": sem, "status": "ok"}
    return pd.DataFrame([row])
