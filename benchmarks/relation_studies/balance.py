"""Balance of the modes: curvature of one mode alone, and a true effect of evenness beyond the quadratic."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from alliance_modes.derive.levels import standardise
from alliance_modes.derive.practitioner import evenness
from alliance_modes.domain import MODES
from alliance_modes.plan.parts import RelationTask, relation_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.balance import Balance
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.relations.balance.analysis import LINEAR, analyse, quadratic
from relation_studies.study import Recovered, Setting, Study, of_row, row_of

CLIENTS, SESSIONS = 12, 6
PART = "engagement.session_engagement"
SETTINGS = {
    f"{practitioners}_{name}": Setting(practitioners, values)
    for practitioners in (15, 40)
    for name, values in {
        "null": {},
        "curved": {"curved": -0.2},
        "beyond": {"curved": -0.2, "beyond": 0.3},
    }.items()
}
"""``curved``: effect of the square of the educative mode; ``beyond``: that of what the quadratic does not
tell of evenness, per SD of evenness."""

MODE_CORRELATION = np.array([[1.0, 0.1, -0.15], [0.1, 1.0, 0.45], [-0.15, 0.45, 1.0]])


def _task() -> RelationTask:
    plan = Plan()
    only = plan.model_copy(
        update={"relations": Relations(balance=Balance(models=("engagement",))), "draws": 200}
    )
    engagement = plan.models["engagement"]
    terms = [term for term in engagement.terms if not term.endswith("_in_session")]
    tested = tuple(term for term in engagement.tested if not term.endswith("_in_session"))
    smaller = engagement.model_copy(update={"formula": " + ".join(terms), "tested": tested})
    return relation_task(only.model_copy(update={"models": {"engagement": smaller}}), "balance")


def once(rng: np.random.Generator, setting: Setting) -> Iterator[Recovered]:
    """One cohort: evenness by the project's way and beside levels alone."""
    found = analyse(_task(), {"session": _sessions(rng, setting)})
    truth = setting.values.get("beyond", 0.0)
    yield of_row(row_of(found, PART, "balance", "coefficient"), "beyond levels", truth, "balance")
    yield of_row(row_of(found, PART, "balance", LINEAR), "beside levels", truth, "balance")


def _sessions(rng: np.random.Generator, setting: Setting) -> pd.DataFrame:
    modes = _modes(rng, setting.practitioners)
    own = _own_effect(modes, setting) + 0.2 * rng.standard_normal(setting.practitioners)
    people = setting.practitioners * CLIENTS
    lead = np.repeat(np.arange(setting.practitioners), CLIENTS)
    clients = pd.DataFrame(
        {
            "enrolment_id": [f"e{one:05d}" for one in range(people)],
            "practitioner_id": [f"p{one:03d}" for one in lead],
            "group_id": [f"g{one:03d}" for one in 2 * lead + rng.integers(0, 2, people)],
            "site_id": [f"s{one % 6}" for one in lead],
            "mandated": rng.random(people) < 0.6,
            **{name: rng.standard_normal(people) for name in ("risk_score_z", "readiness_z", "needs")},
        }
    )
    for name in ("mandated", "risk_score_z", "readiness_z", "needs"):
        values = clients[name].astype(float)
        clients[f"{name}_between"] = values.groupby(clients["practitioner_id"]).transform("mean")
        clients[f"{name}_within"] = values - clients[f"{name}_between"]
    level = own[lead] + 0.4 * rng.standard_normal(people)
    clients = clients.join(modes.loc[lead].reset_index(drop=True))
    rows = clients.loc[np.repeat(np.arange(people), SESSIONS)].reset_index(drop=True)
    noise = 0.6 * rng.standard_normal(len(rows))
    session = np.tile(np.arange(SESSIONS), people)
    return rows.assign(
        session_no=session + 1,
        time=session / 10.0,
        attended=True,
        session_engagement=3.0 + np.repeat(level, SESSIONS) + noise,
    )


def _modes(rng: np.random.Generator, practitioners: int) -> pd.DataFrame:
    latent = rng.multivariate_normal(np.zeros(3), MODE_CORRELATION, practitioners)
    items = latent[:, :, None] + 0.8 * rng.standard_normal((practitioners, 3, 6))
    means = np.clip(np.round(3.0 + items), 1, 5).mean(axis=2)
    table = pd.DataFrame(means, columns=list(MODES))
    for mode in MODES:
        table[f"{mode}_z"] = standardise(table[mode])
    return table.assign(balance=evenness(means))


def _own_effect(modes: pd.DataFrame, setting: Setting) -> np.ndarray:
    levels = modes[[f"{mode}_z" for mode in MODES]].to_numpy()
    design = np.column_stack([np.ones(len(levels)), levels, quadratic(levels)])
    even = standardise(modes["balance"]).to_numpy()
    beyond = even - design @ np.linalg.lstsq(design, even, rcond=None)[0]
    linear = levels @ np.array([0.0, 0.15, 0.05])
    return (
        linear
        + setting.values.get("curved", 0.0) * levels[:, 0] ** 2
        + setting.values.get("beyond", 0.0) * beyond
    )


STUDY = Study(SETTINGS, once)
