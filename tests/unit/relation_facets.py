"""Simulated practitioners, inventories and outcomes for the tests of facets and of curvature."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alliance_modes.domain import COMPONENTS
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.facets import Facets
from alliance_modes.relations.facets.components import CELLS

TECHNIQUES = Facets().techniques


def facets_plan() -> Plan:
    """The default plan with the model of the alliance by practitioner and enrolment alone."""
    plan = Plan()
    changed = {
        "formula": "educative + time",
        "tested": ("educative",),
        "random": ("practitioner", "enrolment"),
        "slopes": {},
    }
    return plan.model_copy(
        update={"models": {"alliance": plan.models["alliance"].model_copy(update=changed)}}
    )


def faceted(seed: int, practitioners: int = 40, own: float = 0.0) -> dict[str, pd.DataFrame]:
    """Eight clients of each practitioner rate twice; each facet adds ``own`` to its own component."""
    rng = np.random.default_rng(seed)
    named = [f"p{one:02d}" for one in range(practitioners)]
    people = pd.DataFrame(rng.standard_normal((practitioners, 18)), columns=[*CELLS, *TECHNIQUES]).assign(
        practitioner_id=named
    )
    people["educative_z"] = people["educative_goal"]
    facets = people[list(CELLS)].to_numpy()
    profile = 0.15 * rng.standard_normal((practitioners, 3)) + 0.2 * rng.standard_normal((practitioners, 1))
    for place, (_, component) in enumerate(CELLS.values()):
        profile[:, component] += own * facets[:, place]
    lead = np.repeat(np.arange(practitioners), 8)
    client = profile[lead] + 0.3 * rng.standard_normal((len(lead), 3))
    whose = np.repeat(np.arange(len(lead)), 2)
    ratings = 3.5 + client[whose] + 0.4 * rng.standard_normal((len(whose), 3))
    ratings += 0.4 * rng.standard_normal((len(whose), 1))
    table = pd.DataFrame(dict(zip(COMPONENTS, ratings.T, strict=True))).assign(
        total=ratings.mean(axis=1),
        rater="client",
        session_no=np.tile([3, 12], len(lead)),
        time=np.tile([0.2, 1.1], len(lead)),
        enrolment_id=[f"e{one:04d}" for one in whose],
        practitioner_id=people["practitioner_id"].to_numpy()[lead[whose]],
        educative_z=people["educative_z"].to_numpy()[lead[whose]],
    )
    return {"practitioner": people, "alliance": table}
