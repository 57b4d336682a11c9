"""A moderator of a mode: practitioners differ in what a client's column does, without and with moderation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from alliance_modes.derive.levels import standardise
from alliance_modes.domain import MODES
from alliance_modes.plan.parts import RelationTask, relation_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.moderators import Moderators
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.relations.moderators.analysis import WITHOUT_SLOPE, analyse
from relation_studies.study import Recovered, Setting, Study, of_row, row_of

CLIENTS = 12
PART = "engagement.session_engagement"
SETTINGS = {
    f"{practitioners}_{name}": Setting(practitioners, {"moderated": effect})
    for practitioners in (15, 40)
    for name, effect in {"null": 0.0, "moderated": 0.25}.items()
}
"""``moderated``: product of the engagement mode and a client's column, whose own effect has an SD of .25."""


def _task() -> RelationTask:
    plan = Plan()
    changed = {
        "formula": " + ".join(MODES),
        "tested": tuple(MODES),
        "random": ("practitioner",),
        "slopes": {},
    }
    model = plan.models["engagement"].model_copy(update=changed)
    asked = Moderators(models=("engagement",), outcomes=("session_engagement",), moderators=("coerced",))
    relations = Relations(moderators=asked)
    smaller = plan.model_copy(update={"relations": relations, "models": {"engagement": model}, "draws": 200})
    return relation_task(smaller, "moderators")


def once(rng: np.random.Generator, setting: Setting) -> Iterator[Recovered]:
    """One cohort: the product and the joint test, with a random slope and without."""
    found = analyse(_task(), {"session": _sessions(rng, setting)})
    truth = setting.values["moderated"]
    yield of_row(row_of(found, PART, "engagement:coerced", "coefficient"), "random slope", truth, "product")
    joint = "modes:coerced (joint)"
    yield of_row(row_of(found, PART, joint, "joint_test"), "random slope", None, "joint test")
    yield of_row(row_of(found, PART, joint, WITHOUT_SLOPE), "no slope", None, "joint test")


def _sessions(rng: np.random.Generator, setting: Setting) -> pd.DataFrame:
    people = pd.DataFrame(
        {f"{mode}_z": standardise(pd.Series(rng.standard_normal(setting.practitioners))) for mode in MODES}
    )
    slope = 0.25 * rng.standard_normal(setting.practitioners)
    slope += setting.values["moderated"] * people["engagement_z"].to_numpy()
    people["practitioner_id"] = [f"p{one:03d}" for one in range(setting.practitioners)]
    level = 0.3 * rng.standard_normal(setting.practitioners)
    rows = people.loc[np.repeat(people.index, CLIENTS)].reset_index(drop=True)
    lead = np.repeat(np.arange(setting.practitioners), CLIENTS)
    coerced = rng.standard_normal(len(rows))
    engaged = 3.0 + level[lead] + slope[lead] * coerced + 0.6 * rng.standard_normal(len(rows))
    return rows.assign(
        enrolment_id=[f"e{one:05d}" for one in range(len(rows))],
        coerced=coerced,
        attended=True,
        session_engagement=engaged,
    )


STUDY = Study(SETTINGS, once)
