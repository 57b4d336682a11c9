"""Simulated clients of practitioners whose true mean alliance an outcome follows, for tests of curvature."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from alliance_modes.plan.plan import Plan

SHAPE = Callable[[np.ndarray], np.ndarray]


def curves_plan() -> Plan:
    """The default plan with engagement and completion by readiness and practitioner alone."""
    plan = Plan()
    changed = {
        "formula": "educative + readiness",
        "tested": ("educative",),
        "random": ("practitioner",),
        "slopes": {},
        "curves": (),
    }
    models = {name: plan.models[name].model_copy(update=changed) for name in ("engagement", "completion")}
    return plan.model_copy(update={"models": {"alliance": plan.models["alliance"], **models}})


def over_practitioners_of(
    seed: int,
    practitioners: int,
    shape: SHAPE,
    own: float = 0.0,
    clients: tuple[int, int] = (6, 30),
    spread: float = 0.4,
) -> dict[str, pd.DataFrame]:
    """One session of every client; ``shape`` is of the practitioner's true mean, ``own`` of the own rating.

    True means are in SDs of the practitioners there are.
    """
    rng = np.random.default_rng(seed)
    lead = np.repeat(np.arange(practitioners), rng.integers(*clients, practitioners))
    true, client = rng.standard_normal(practitioners), rng.standard_normal(len(lead))
    true = (true - true.mean()) / true.std(ddof=1)
    effect = (shape(true) + 0.15 * rng.standard_normal(practitioners))[lead] + own * client
    people = pd.DataFrame(
        {
            "enrolment_id": [f"e{one:04d}" for one in range(len(lead))],
            "practitioner_id": [f"p{one:02d}" for one in lead],
            "readiness_z": rng.standard_normal(len(lead)),
            "educative_z": rng.standard_normal(practitioners)[lead],
        }
    )
    means = people.groupby("practitioner_id")["readiness_z"].transform("mean")
    people = people.assign(readiness_z_between=means, readiness_z_within=people["readiness_z"] - means)
    rated = people.assign(rater="client", session_no=3, total=4.0 + spread * true[lead] + 0.5 * client)
    chance = 1.0 / (1.0 + np.exp(-0.3 - 2.0 * effect))
    return {
        "alliance": rated[rng.random(len(lead)) < 0.8].reset_index(drop=True),
        "enrolment": people.assign(
            denominator=True, completed=(rng.random(len(lead)) < chance).astype(float)
        ),
        "session": people.assign(
            session_no=4,
            attended=True,
            session_engagement=3.0 + effect + 0.5 * rng.standard_normal(len(lead)),
        ),
    }
