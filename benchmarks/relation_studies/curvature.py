"""Curvature over practitioners: a straight line and a bow over true mean alliance, few clients and many."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.plan.parts import RelationTask, relation_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.curvature import Curvature
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.plan.terms import Predictor
from alliance_modes.relations.curvature.analysis import ALLIANCE, RAW_MEAN, analyse
from alliance_modes.relations.fitted import asked, fit
from alliance_modes.relations.result import Relation, RelationEstimate
from relation_studies.study import Recovered, Setting, Study, of_row, row_of

PARTS = {"linear": "engagement.session_engagement", "0/1": "completion.completed"}
SETTINGS = {
    f"{practitioners}_{name}": Setting(practitioners, {"square": square})
    for practitioners in (15, 40)
    for name, square in {"straight": 0.0, "bowed": -0.25}.items()
}
"""``square``: of the true mean alliance, per SD. Its slope is .3, that of the own rating .2."""

SLOPE, OWN, TRUE_SD, CLIENT_SD = 0.3, 0.2, 0.3, 0.6
FEWEST, MOST = 4, 28
"""Clients of a practitioner; a third of them give no rating."""

OTHERS = "mean of the other clients"


def _task() -> RelationTask:
    plan = Plan()
    asked_for = Curvature(models=("engagement", "completion"))
    changed = {"formula": "readiness", "tested": (), "slopes": {}, "curves": (), "random": ("practitioner",)}
    models = {
        "alliance": plan.models["alliance"],
        **{name: plan.models[name].model_copy(update=changed) for name in asked_for.models},
    }
    update = {"relations": Relations(curvature=asked_for), "models": models, "draws": 100}
    return relation_task(plan.model_copy(update=update), "curvature")


def once(rng: np.random.Generator, setting: Setting) -> Iterator[Recovered]:
    """One cohort: slope and square by the project's way, over raw means, and over the means of the others."""
    true = rng.standard_normal(setting.practitioners)
    tables, task = _tables(rng, setting, true), _task()
    found = analyse(task, tables)
    slope, square = _truths(true, setting)
    for name, part in PARTS.items():
        yield of_row(row_of(found, part, ALLIANCE, "square"), "shrunken", square, f"square, {name}")
        yield of_row(row_of(found, part, ALLIANCE, f"square{RAW_MEAN}"), "raw", square, f"square, {name}")
        yield of_row(_between(found, part), "shrunken", slope, f"slope, {name}")
        yield of_row(row_of(found, part, ALLIANCE, f"coefficient{RAW_MEAN}"), "raw", slope, f"slope, {name}")
        yield of_row(row_of(found, part, ALLIANCE, "turn"), "shrunken", None, f"turn, {name}")
    yield from _over_others(task, tables, slope, square)


def _truths(true: np.ndarray, setting: Setting) -> tuple[float, float]:
    """Slope at the mean of the cohort's own practitioners and square, per SD of them."""
    spread, square = float(true.std(ddof=1)), setting.values["square"]
    return (SLOPE + 2.0 * square * float(true.mean())) * spread, square * spread**2


def _between(found: Relation, part: str) -> RelationEstimate | None:
    rows = (one for one in found.estimates if (one.part, one.estimand) == (part, "coefficient"))
    return next((one for one in rows if one.level == "between"), None)


def _over_others(
    task: RelationTask, tables: dict[str, pd.DataFrame], slope: float, square: float
) -> Iterator[Recovered]:
    """Each client's practitioner by the shrunken mean of the other clients: the own rating left out."""
    one = next(one for one in asked(task) if one.part == PARTS["linear"])
    sessions = tables["session"]
    rating = tables["alliance"].set_index("enrolment_id")["total"]
    own = sessions["enrolment_id"].map(rating) - rating.mean()
    lead = sessions["practitioner_id"]
    count = own.notna().groupby(lead).transform("sum") - own.notna()
    others = (own.groupby(lead).transform("sum") - own.fillna(0.0)) / count
    kept = TRUE_SD**2 / (TRUE_SD**2 + CLIENT_SD**2 / count)
    place = kept * others / TRUE_SD
    wider = sessions.assign(others=place, others_squared=place**2 + 1.0 - kept)
    added = {
        name: Predictor(label=name, column=name, unit="1 SD", level="between")
        for name in ("others", "others_squared")
    }
    found = fit(one, task, wider, added).found
    truths = {"others": ("slope, linear", slope), "others_squared": ("square, linear", square)}
    for column, (term, truth) in truths.items():
        if not isinstance(found, Estimated):
            yield Recovered(term, OTHERS, truth)
            continue
        inference = found.inference
        at = inference.place(column)
        low, high = (float(limits[at]) for limits in inference.interval())
        yield Recovered(term, OTHERS, truth, float(inference.beta[at]), low, high, float(inference.p[at]))


def _tables(rng: np.random.Generator, setting: Setting, true: np.ndarray) -> dict[str, pd.DataFrame]:
    sizes = rng.integers(FEWEST, MOST + 1, setting.practitioners)
    lead = np.repeat(np.arange(setting.practitioners), sizes)
    client = rng.standard_normal(len(lead))
    own = SLOPE * true + setting.values["square"] * true**2 + 0.2 * rng.standard_normal(len(true))
    eta = own[lead] + OWN * client
    people = pd.DataFrame(
        {
            "enrolment_id": [f"e{one:04d}" for one in range(len(lead))],
            "practitioner_id": [f"p{one:02d}" for one in lead],
            "readiness_z": rng.standard_normal(len(lead)),
        }
    )
    means = people.groupby("practitioner_id")["readiness_z"].transform("mean")
    people = people.assign(readiness_z_between=means, readiness_z_within=people["readiness_z"] - means)
    rated = rng.random(len(lead)) < 2.0 / 3.0
    totals = 4.0 + TRUE_SD * true[lead] + CLIENT_SD * client
    inventories = people.assign(rater="client", session_no=3, total=totals)[rated].reset_index(drop=True)
    engaged = 3.0 + eta + 0.6 * rng.standard_normal(len(lead))
    completed = rng.random(len(lead)) < 1.0 / (1.0 + np.exp(-0.4 - eta))
    return {
        "alliance": inventories,
        "enrolment": people.assign(denominator=True, completed=completed.astype(float)),
        "session": people.assign(session_no=4, attended=True, session_engagement=engaged),
    }


STUDY = Study(SETTINGS, once)
