"""Cohorts in which client and practitioner rate the same sessions, for the tests of dyads."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

RANGES = {"client": ("wai_sr", 12.0, 60.0), "practitioner": ("wai_36", 36.0, 252.0)}
SCALE = "total"
CLIENTS = 10


def nothing(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """An outcome that goes with neither rating."""
    return 0.0 * own * other


def dyads(
    seed: int,
    practitioners: int,
    effect: Callable[[np.ndarray, np.ndarray], np.ndarray] = nothing,
    bias: float = 1.0,
    tracking: float = 0.5,
) -> Mapping[str, pd.DataFrame]:
    """Tables of a cohort: both ratings at session 3, engagement in sessions 4 to 6.

    ``effect`` is that of both ratings in tenths of the range about its middle; ``bias`` and ``tracking`` are
    the practitioner's, in the same unit.
    """
    rng = np.random.default_rng(seed)
    lead = np.repeat(np.arange(practitioners), CLIENTS)
    own = rng.normal(0.3, 0.5, practitioners)[lead] + rng.normal(0.0, 1.3, len(lead))
    other = 0.3 + bias + tracking * (own - 0.3)
    other += rng.normal(0.0, 0.4, practitioners)[lead] + rng.normal(0.0, 0.9, len(lead))
    people = pd.DataFrame(
        {
            "enrolment_id": [f"e{one:04d}" for one in range(len(lead))],
            "practitioner_id": [f"p{one:02d}" for one in lead],
        }
    )
    sessions = people.loc[np.repeat(people.index, 3)].reset_index(drop=True)
    engaged = effect(own, other) + rng.normal(0.0, 0.3, practitioners)[lead] + rng.normal(0.0, 0.4, len(lead))
    noise = rng.normal(0.0, 0.4, len(sessions))
    sessions = sessions.assign(
        session_no=np.tile([4, 5, 6], len(people)),
        attended=True,
        readiness_z=np.repeat(rng.standard_normal(len(people)), 3),
        session_engagement=3.0 + np.repeat(engaged, 3) + noise,
    )
    rated = [inventories(people, "client", own), inventories(people, "practitioner", other)]
    return {"alliance": pd.concat(rated, ignore_index=True), "session": sessions, "centiles": centiles()}


def inventories(people: pd.DataFrame, rater: str, tenths: np.ndarray, session: int = 3) -> pd.DataFrame:
    """One inventory of each person, from ratings in tenths about the middle of the range."""
    instrument, low, high = RANGES[rater]
    score = low + (high - low) * (tenths + 5.0) / 10.0
    made = people.assign(rater=rater, instrument=instrument, session_no=session)
    return made.assign(**{f"{instrument}_{SCALE}": score})


def centiles() -> pd.DataFrame:
    """The possible scores of both instruments, as ``centiles.csv`` has them."""
    rows = [(rater, *values) for rater, values in RANGES.items()]
    table = pd.DataFrame(rows, columns=["rater", "instrument", "lowest", "highest"])
    return table.assign(scale=SCALE)
