"""A rating and the session after it: none, feedback, a common or personal trend, and a true effect."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from alliance_modes.plan.parts import RelationTask, relation_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.lagged import Lagged
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.relations.lagged.analysis import NAIVE, analyse
from alliance_modes.relations.pairs import courses, within, within_slopes
from relation_studies.study import Recovered, Setting, Study, of_row, row_of

CLIENTS, SESSIONS, ATTENDS = 12, 14, 0.9
PART, RATING = "engagement.session_engagement", "srs_total"
SETTINGS = {
    f"{practitioners}_{name}": Setting(practitioners, values)
    for practitioners in (15, 40)
    for name, values in {
        "null": {},
        "feedback": {"feedback": 0.6, "carried": 0.3},
        "trend": {"trend": 0.6},
        "effect": {"feedback": 0.6, "carried": 0.3, "effect": 0.15},
    }.items()
}
"""``effect``: points of engagement in the next session per point of the rating; ``feedback``: points of the
rating per point of engagement in its own session; ``carried``: autocorrelation of engagement; ``trend``: SD
over clients of how far both rise together over a course."""

KEPT, WAVES = 0.3, 3
METHOD, LESS, DETRENDED, USUAL, FEW = "raw", "less bias", "detrended less bias", "usual", "three waves"


def _task() -> RelationTask:
    plan = Plan()
    only = {"relations": Relations(lagged=Lagged(cohorts=20)), "draws": 200}
    return relation_task(plan.model_copy(update=only), "lagged")


def once(rng: np.random.Generator, setting: Setting) -> Iterator[Recovered]:
    """One cohort: the slope four ways, and within clients from the first waves alone."""
    sessions = _sessions(rng, setting)
    found = analyse(_task(), {"session": sessions})
    course = courses(sessions, _task().models["engagement"].outcomes[0], RATING)
    kept = course.of(course.pairs.sum(axis=1) >= Lagged().ratings)
    spread = np.sqrt(
        (within(kept.rating, kept.pairs, lines=False) ** 2).sum() / (kept.pairs.sum() - len(kept.people))
    )
    truth = setting.values.get("effect", 0.0) * float(spread)
    for method, estimand in {
        METHOD: "coefficient",
        LESS: "coefficient_less_bias",
        DETRENDED: "coefficient_less_bias_detrended",
        USUAL: NAIVE,
    }.items():
        yield of_row(row_of(found, PART, RATING, estimand), method, truth, "next session")
    pairs = course.pairs.copy()
    pairs[:, WAVES:] = False
    pairs[pairs.sum(axis=1) < WAVES] = False
    few = within_slopes(course.following()[None], (course.rating[None],), pairs, lines=False)
    yield Recovered("next session", FEW, truth, float(few.slopes[0, 0] * spread))


def _sessions(rng: np.random.Generator, setting: Setting) -> pd.DataFrame:
    people = setting.practitioners * CLIENTS
    rating, outcome = _process(rng, setting, people)
    lead = np.repeat(np.arange(setting.practitioners), CLIENTS)
    usual = 0.2 * rng.standard_normal(setting.practitioners)[lead] + 0.4 * rng.standard_normal(people)
    attended = rng.random((people, SESSIONS)) < ATTENDS
    table = pd.DataFrame(
        {
            "enrolment_id": np.repeat([f"e{one:05d}" for one in range(people)], SESSIONS),
            "practitioner_id": np.repeat([f"p{one:03d}" for one in lead], SESSIONS),
            "group_id": np.repeat([f"g{one:03d}" for one in 2 * lead + np.arange(people) % 2], SESSIONS),
            "site_id": np.repeat([f"s{one % 6}" for one in lead], SESSIONS),
            "session_no": np.tile(np.arange(1, SESSIONS + 1), people),
            "attended": attended.ravel(),
            "session_engagement": (3.0 + usual[:, None] + outcome).ravel(),
            RATING: (30.0 + 2.0 * usual[:, None] + rating).ravel(),
        }
    )
    missed = ~table["attended"].to_numpy()
    table.loc[missed, ["session_engagement", RATING]] = np.nan
    return table


def _process(rng: np.random.Generator, setting: Setting, people: int) -> tuple[np.ndarray, np.ndarray]:
    """Deviations of ratings and outcomes from a client's usual, session by session."""
    values = {name: setting.values.get(name, 0.0) for name in ("effect", "feedback", "carried", "trend")}
    rising = values["trend"] * rng.standard_normal(people)
    rating, outcome = np.zeros(people), np.zeros(people)
    ratings, outcomes = np.empty((2, people, SESSIONS))
    for session in range(-20, SESSIONS):
        outcome = values["carried"] * outcome + values["effect"] * rating + 0.6 * rng.standard_normal(people)
        rating = values["feedback"] * outcome + KEPT * rating + rng.standard_normal(people)
        if session >= 0:
            gone = rising * session / SESSIONS
            ratings[:, session], outcomes[:, session] = rating + gone, outcome + gone
    return ratings, outcomes


STUDY = Study(SETTINGS, once)
