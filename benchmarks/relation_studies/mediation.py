"""Through the alliance: indirect effects between practitioners and within clients, and the usual ways."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd

from alliance_modes.domain import MODES
from alliance_modes.plan.parts import RelationTask, relation_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.mediation import Mediation
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.relations.mediation.analysis import OVER_ALL, analyse
from alliance_modes.relations.mediation.within import stack
from relation_studies.study import Recovered, Setting, Study, of_row, row_of

CLIENTS, LATER, WITHIN_SESSIONS = 14, 4, 14
TERM = "engagement"
SETTINGS = {
    f"{practitioners}_{name}": Setting(practitioners, values)
    for practitioners in (15, 40)
    for name, values in {
        "no_path_a": {"b": 0.8, "c": 0.2, "beta": 0.3},
        "no_path_b": {"a": 0.4, "c": 0.3, "alpha": 0.3},
        "both": {"a": 0.4, "b": 0.8, "c": 0.2, "alpha": 0.3, "beta": 0.3, "together": 0.06},
    }.items()
}
"""``a``: the engagement mode on the rating, ``b``: practitioners' usual rating on both outcomes, ``c``: the
mode beside it. Within clients ``alpha`` and ``beta`` are mean slopes, ``together`` their covariance."""

MODE_CORRELATION = np.array([[1.0, 0.1, -0.15], [0.1, 1.0, 0.45], [-0.15, 0.45, 1.0]])
OWN, USUAL, OUTCOME_SD, SLOPE_VARIANCE = 0.3, 0.35, 0.25, 0.1
METHOD, USUAL_WAY, STACKED, PRODUCT = "landmark", "all sessions", "stacked", "product of two"


def _task() -> RelationTask:
    plan = Plan()
    formula = {"formula": " + ".join(MODES), "tested": tuple(MODES), "curves": ()}
    models = {name: plan.models[name].model_copy(update=formula) for name in ("engagement", "completion")} | {
        "alliance": plan.models["alliance"]
    }
    changed = {"models": models, "relations": Relations(mediation=Mediation()), "draws": 1000}
    return relation_task(plan.model_copy(update=changed), "mediation")


def once(rng: np.random.Generator, setting: Setting) -> Iterator[Recovered]:
    """One cohort: indirect effects by the landmark and over all sessions; within, stacked and by product."""
    tables = _tables(rng, setting)
    found = analyse(_task(), tables)
    truth = setting.values.get("a", 0.0) * setting.values.get("b", 0.0)
    for part in ("engagement.session_engagement", "completion.completed"):
        name = f"{part.split('.')[0]} indirect"
        yield of_row(row_of(found, part, TERM, "indirect"), METHOD, truth, name)
        yield of_row(row_of(found, part, TERM, f"indirect{OVER_ALL}"), USUAL_WAY, truth, name)
    completion = {one.estimand: one for one in found.estimates if one.part == part and one.level == "within"}
    for method, estimand in ((METHOD, "path_b"), (USUAL_WAY, f"path_b{OVER_ALL}")):
        yield of_row(completion.get(estimand), method, OWN, "completion path b within")
    points = row_of(found, "completion.completed", TERM, "natural_indirect")
    yield of_row(points, METHOD, _points(setting.practitioners, *_of(setting)), "completion natural indirect")
    yield from _within(rng, setting)


def _of(setting: Setting) -> tuple[float, float, float]:
    values = setting.values
    return values.get("a", 0.0), values.get("b", 0.0), values.get("c", 0.0)


def _people(rng: np.random.Generator, practitioners: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    modes = rng.multivariate_normal(np.zeros(3), MODE_CORRELATION, practitioners)
    modes = (modes - modes.mean(axis=0)) / modes.std(axis=0, ddof=1)
    return modes, USUAL * rng.standard_normal(practitioners), OUTCOME_SD * rng.standard_normal(practitioners)


def _log_odds(
    mode: np.ndarray, usual: np.ndarray, away: np.ndarray, own: np.ndarray, values: tuple[float, float, float]
) -> np.ndarray:
    _, b, c = values
    return 0.6 + c * mode + b * usual + OWN * away + own


@cache
def _points(practitioners: int, a: float, b: float, c: float) -> float:
    """The natural indirect effect on completion in percentage points, in very many practitioners."""
    rng = np.random.default_rng([15, practitioners])
    modes, habit, own = _people(rng, 100_000)
    mode = modes[:, 1]
    eta = _log_odds(mode, a * mode + habit, 0.6 * rng.standard_normal(len(mode)), own, (a, b, c))
    chance = [1.0 / (1.0 + np.exp(-(eta + move))) for move in (c, c + a * b)]
    return float(100.0 * (chance[1] - chance[0]).mean())


def _tables(rng: np.random.Generator, setting: Setting) -> dict[str, pd.DataFrame]:
    a, b, c = _of(setting)
    modes, habit, own = _people(rng, setting.practitioners)
    lead = np.repeat(np.arange(setting.practitioners), CLIENTS)
    usual = (a * modes[:, 1] + habit)[lead]
    away = 0.6 * rng.standard_normal(len(lead))
    eta = _log_odds(modes[lead, 1], usual, away, own[lead], (a, b, c))
    completed = rng.random(len(lead)) < 1.0 / (1.0 + np.exp(-eta))
    last = np.where(completed, 24, rng.integers(3 + LATER, 12, len(lead)))
    last = np.where(~completed & (rng.random(len(lead)) < 0.2), 2, last)
    people = pd.DataFrame(
        {
            "enrolment_id": [f"e{one:05d}" for one in range(len(lead))],
            "practitioner_id": [f"p{one:03d}" for one in lead],
            "group_id": [f"g{one:03d}" for one in 2 * lead + rng.integers(0, 2, len(lead))],
            "site_id": [f"s{one % 5}" for one in lead],
            "denominator": True,
            "completed": completed.astype(float),
            "last_session": last,
            **{f"{mode}_z": modes[lead, place] for place, mode in enumerate(MODES)},
        }
    )
    level = 3.0 + c * modes[lead, 1] + b * usual + OWN * away + own[lead]
    level += 0.4 * rng.standard_normal(len(lead))
    return {
        "enrolment": people,
        "alliance": _inventories(rng, people, 3.5 + usual + away),
        "session": _sessions(rng, people, level),
    }


def _inventories(rng: np.random.Generator, people: pd.DataFrame, rating: np.ndarray) -> pd.DataFrame:
    """Ratings at three sessions, as far as people came; they rise with every session attended."""
    parts = []
    for session, gain in ((2, 0.0), (12, 0.5), (24, 1.0)):
        there = people["last_session"].to_numpy() >= session
        noise = 0.2 * rng.standard_normal(int(there.sum()))
        parts.append(
            pd.DataFrame(
                {
                    "enrolment_id": people.loc[there, "enrolment_id"],
                    "session_no": session,
                    "rater": "client",
                    "total": rating[there] + gain + (noise if gain else 0.0),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _sessions(rng: np.random.Generator, people: pd.DataFrame, level: np.ndarray) -> pd.DataFrame:
    there = np.flatnonzero(people["last_session"].to_numpy() > 3)
    rows = people.iloc[np.repeat(there, LATER)].reset_index(drop=True)
    noise = 0.6 * rng.standard_normal(len(rows))
    return rows.assign(
        session_no=np.tile(np.arange(4, 4 + LATER), len(there)),
        attended=True,
        session_engagement=np.repeat(level[there], LATER) + noise,
    )


def _within(rng: np.random.Generator, setting: Setting) -> Iterator[Recovered]:
    """Slopes that vary over clients: what goes through the rating is the product and their covariance."""
    values = [setting.values.get(name, 0.0) for name in ("alpha", "beta", "together")]
    clients = setting.practitioners * CLIENTS
    spread = np.array([[SLOPE_VARIANCE, values[2]], [values[2], SLOPE_VARIANCE]])
    slopes = rng.multivariate_normal(values[:2], spread, clients)
    shape = (clients, WITHIN_SESSIONS)
    exposure = rng.standard_normal(shape)
    rating = slopes[:, :1] * exposure + rng.standard_normal(shape)
    outcome = slopes[:, 1:] * rating + 0.1 * exposure + 0.8 * rng.standard_normal(shape)
    x, m, y = ((one - one.mean(axis=1, keepdims=True)).ravel() for one in (exposure, rating, outcome))
    found = stack(x, m, y, np.repeat(np.arange(clients), WITHIN_SESSIONS), taken_out=clients)
    truth = values[0] * values[1] + values[2]
    for method, drawn in (
        (STACKED, found.indirect(1000, [15])),
        (PRODUCT, found.product_of_two(1000, [15])),
    ):
        yield Recovered(
            "within indirect", method, truth, drawn.estimate, drawn.ci_low, drawn.ci_high, drawn.p
        )


STUDY = Study(SETTINGS, once)
