"""Two raters of a session: bias and tracking, and whether agreement is claimed of surfaces that have none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from alliance_modes.plan.parts import RelationTask, relation_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.dyad import Dyad
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.relations.dyad.analysis import DIFFERENCE, analyse
from alliance_modes.relations.dyad.judgement import OWN_MEAN
from alliance_modes.relations.result import Relation
from relation_studies.study import Recovered, Setting, Study, of_row, row_of

CLIENTS, SITES, TRACKING = 12, 6, 0.5
PART, OUTCOME = "client_practitioner.total", "engagement.session_engagement"
SETTINGS = {
    f"{practitioners}_{name}": Setting(practitioners, values)
    for practitioners in (15, 40)
    for name, values in {
        "null": {},
        "agreement": {"bias": 1.0, "agreement": -0.1},
        "curved": {"bias": 1.0, "curved": -0.15},
    }.items()
}
"""``bias`` of the practitioner in tenths of the range; ``agreement``: effect of the squared difference on
engagement; ``curved``: that of the square of the client's rating alone, whatever the practitioner's."""


def _task() -> RelationTask:
    plan = Plan()
    relations = Relations(dyad=Dyad(scales=("total",), models=("engagement",)))
    only = {"formula": "readiness", "tested": ("readiness",), "slopes": {}}
    models = {"engagement": plan.models["engagement"].model_copy(update=only)}
    made = plan.model_copy(update={"relations": relations, "draws": 1000, "models": models})
    return relation_task(made, "dyad")


def once(rng: np.random.Generator, setting: Setting) -> Iterator[Recovered]:
    """One cohort: bias, tracking and the surface by the project's way and by the usual one."""
    found = analyse(_task(), _tables(rng, setting))
    bias, agreement = setting.values.get("bias", 0.0), setting.values.get("agreement", 0.0)
    for estimand, method in (("coefficient", "truth's mean"), (OWN_MEAN, "own mean")):
        yield of_row(row_of(found, PART, "directional_bias", estimand), method, bias, "directional_bias")
    yield of_row(row_of(found, PART, "tracking", "coefficient"), "truth's mean", TRACKING, "tracking")
    truths = {
        "a1": 0.0,
        "a3": 0.0,
        "a4": 4.0 * agreement + setting.values.get("curved", 0.0),
    }
    for term, truth in truths.items():
        yield of_row(row_of(found, OUTCOME, term, "coefficient"), "surface", truth, term)
    if agreement:
        for term, truth in (("p10", 0.0), ("p11", 1.0)):
            yield of_row(row_of(found, OUTCOME, term, "axis"), "surface", truth, term)
    yield _claimed(found)
    usual = row_of(found, OUTCOME, "absolute_difference", DIFFERENCE)
    yield of_row(usual, "difference score", None, "agreement_claimed")


def _claimed(found: Relation) -> Recovered:
    """Whether agreement is claimed, as a test that rejects or does not."""
    check = next((one for one in found.checks if one.check == "congruence"), None)
    p = None if check is None else float(check.result != "pass")
    return Recovered("agreement_claimed", "checklist", None, p=p)


def _tables(rng: np.random.Generator, setting: Setting) -> Mapping[str, pd.DataFrame]:
    lead = np.repeat(np.arange(setting.practitioners), CLIENTS)
    site = lead % SITES
    people = pd.DataFrame(
        {
            "enrolment_id": [f"e{one:04d}" for one in range(len(lead))],
            "practitioner_id": [f"p{one:02d}" for one in lead],
            "group_id": [f"g{one:03d}" for one in 2 * lead + rng.integers(0, 2, len(lead))],
            "site_id": [f"s{one}" for one in site],
            "readiness_z": rng.standard_normal(len(lead)),
        }
    )

    def level(within: float, between: float, over_sites: float) -> np.ndarray:
        own = between * rng.standard_normal(setting.practitioners)[lead]
        own += over_sites * rng.standard_normal(SITES)[site]
        return own + within * rng.standard_normal(len(lead))

    lasting, judging = level(1.1, 0.4, 0.2), setting.values.get("bias", 0.0) + level(0.6, 0.4, 0.2)
    rated, pairs = [], []
    for session in (3, 12):
        own = lasting + 0.6 * rng.standard_normal(len(lead))
        other = judging + TRACKING * own + 0.6 * rng.standard_normal(len(lead))
        pairs.append((own, other))
        for rater, instrument, value in (("client", "wai_sr", own), ("practitioner", "wai_36", other)):
            made = people.assign(rater=rater, instrument=instrument, session_no=session)
            rated.append(made.assign(**{f"{instrument}_total": 5.0 + value}))
    own, other = pairs[0]
    effect = setting.values.get("agreement", 0.0) * (own - other) ** 2
    effect += setting.values.get("curved", 0.0) * own**2 + level(0.4, 0.2, 0.1)
    sessions = people.loc[np.repeat(people.index, 3)].reset_index(drop=True)
    noise = 0.5 * rng.standard_normal(len(sessions))
    sessions = sessions.assign(
        session_no=np.tile([4, 5, 6], len(people)),
        attended=True,
        session_engagement=3.0 + np.repeat(effect, 3) + noise,
    )
    ranges = [("client", "wai_sr"), ("practitioner", "wai_36")]
    centiles = pd.DataFrame(ranges, columns=["rater", "instrument"])
    centiles = centiles.assign(scale="total", lowest=0.0, highest=10.0)
    return {"alliance": pd.concat(rated, ignore_index=True), "session": sessions, "centiles": centiles}


STUDY = Study(SETTINGS, once)
