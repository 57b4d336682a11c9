"""Specification curve: threats planted one at a time, and which choice made otherwise shows them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from alliance_modes.derive.levels import standardise
from alliance_modes.domain import MODES
from alliance_modes.plan.parts import RelationTask, relation_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.plan.relations.specifications import PLANNED, Choices, Specifications
from alliance_modes.relations.specifications.data import as_given
from alliance_modes.relations.specifications.moved import moved
from alliance_modes.relations.specifications.part import specifications_part
from relation_studies.study import Recovered, Setting, Study

CLIENTS, INVENTORIES = 16, 3
EFFECTS = np.array([0.0, 0.25, 0.1])
"""Of the modes on a client's rating, per SD; they are there in every setting."""

THREATS = {
    "none": {},
    "same_rater": {"same_rater": 0.35},
    "outlier": {"outlier": 7.0},
    "curved": {"curved": -0.25},
    "leaving": {"leaving": 40.0},
}
"""``same_rater``: what a practitioner's own rating has of their engagement mode beside the truth;
``outlier``: how far one practitioner is off, in SDs of practitioners; ``curved``: effect of the squared
engagement mode; ``leaving``: how much likelier clients of practitioners low in it leave after the first
inventory where their alliance falls from then on."""

SETTINGS = {
    f"{practitioners}_{name}": Setting(practitioners, values)
    for practitioners, names in ((15, ("none", "same_rater")), (40, tuple(THREATS)))
    for name, values in ((name, THREATS[name]) for name in names)
}
CHOICES = Choices(
    careless={},
    scoring={},
    waves=(),
    exposure=(),
    administrative_end=(),
    covariates=(),
    random=(),
    inventories=("first",),
    practitioners=("without_outlying",),
    form=("with_squares",),
    rater=("practitioner",),
)
PRACTITIONER_SD, CLIENT_SD, CHANGE_SD, STATE_SD = 0.25, 0.4, 0.4, 0.3


def _task() -> RelationTask:
    plan = Plan()
    asked = Specifications(outcomes=("alliance.client_total",), choices=CHOICES, at_most=2)
    alliance = plan.models["alliance"]
    smaller = alliance.model_copy(
        update={
            "formula": " + ".join([*MODES, "time"]),
            "random": ("practitioner", "enrolment"),
            "slopes": {},
        }
    )
    changed = {"relations": Relations(specifications=asked), "models": {"alliance": smaller}}
    return relation_task(plan.model_copy(update=changed), "specifications")


def once(rng: np.random.Generator, setting: Setting) -> Iterator[Recovered]:
    """One cohort: the adjusted p of every choice, and whether p < .05 comes and goes with it."""
    fits = specifications_part(_task(), PLANNED, as_given({"alliance": _inventories(rng, setting)})).fits
    planned, others = fits[0], fits[1:]
    found = moved(planned, others)
    for one, other in zip(found, others, strict=True):
        yield Recovered(one.choice, "adjusted p", None, p=1.0 if one.p_adjusted is None else one.p_adjusted)
        verdicts = [
            (before.p < 0.05) != (after.p < 0.05)
            for before, after in zip(planned.terms, other.terms, strict=False)
        ]
        yield Recovered(one.choice, "p < .05 comes or goes", None, p=0.0 if any(verdicts) else 1.0)
    least = min((one.p_adjusted for one in found if one.p_adjusted is not None), default=1.0)
    yield Recovered("any", "adjusted p", None, p=least)


def _inventories(rng: np.random.Generator, setting: Setting) -> pd.DataFrame:
    people = setting.practitioners
    modes = rng.standard_normal((people, 3))
    own = modes @ EFFECTS + PRACTITIONER_SD * rng.standard_normal(people)
    own += setting.values.get("curved", 0.0) * modes[:, 1] ** 2
    own[0] += setting.values.get("outlier", 0.0) * PRACTITIONER_SD
    lead = np.repeat(np.arange(people), CLIENTS)
    level = 3.5 + own[lead] + CLIENT_SD * rng.standard_normal(len(lead))
    change = CHANGE_SD * rng.standard_normal(len(lead))
    course = level[:, None] + change[:, None] * np.arange(INVENTORIES)
    ratings = course + STATE_SD * rng.standard_normal(course.shape)
    theirs = course + setting.values.get("same_rater", 0.0) * modes[lead, 1][:, None]
    theirs = theirs + STATE_SD * rng.standard_normal(course.shape)
    there = _staying(rng, change, modes[lead, 1], setting.values.get("leaving", 0.0))
    table = pd.DataFrame({f"{mode}_z": standardise(pd.Series(modes[:, k])) for k, mode in enumerate(MODES)})
    rows = []
    for rater, values in (("client", ratings), ("practitioner", theirs)):
        place, inventory = np.nonzero(there)
        rows.append(
            pd.DataFrame(
                {
                    "rater": rater,
                    "total": values[place, inventory],
                    "session_no": 3 + 9 * inventory,
                    "time": 0.9 * inventory,
                    "enrolment_id": [f"e{one:04d}" for one in place],
                    "practitioner_id": [f"p{one:03d}" for one in lead[place]],
                }
            ).join(table.loc[lead[place]].reset_index(drop=True))
        )
    return pd.concat(rows, ignore_index=True)


def _staying(
    rng: np.random.Generator, change: np.ndarray, engagement: np.ndarray, strength: float
) -> np.ndarray:
    """Which inventories there are: the first of everybody, and later ones until a client leaves."""
    there = np.ones((len(change), INVENTORIES), dtype=bool)
    falling = np.clip(-change, 0.0, None) * np.clip(-engagement, 0.0, None)
    stays = 0.85 * np.exp(-strength * falling)
    for later in range(1, INVENTORIES):
        there[:, later] = there[:, later - 1] & (rng.random(len(change)) < stays)
    return there


STUDY = Study(SETTINGS, once)
