"""Ruptures: their rate, falls beside pure noise, and drop-out after each kind."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from alliance_modes.domain import DROP_OUT
from alliance_modes.plan.parts import RelationTask, relation_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.plan.relations.rupture import Rupture
from alliance_modes.relations.result import Relation
from alliance_modes.relations.rupture.analysis import analyse
from relation_studies.study import Recovered, Setting, Study, of_row, row_of

CLIENTS, SITES, SESSIONS, SEM = 10, 6, 10, 1.3
CHANCES = {"withdrawal": 0.05, "confrontation": 0.035}
KINDS = tuple(CHANCES)
SPREAD = (0.5, 0.3)
"""SDs of the log chance of a rupture over practitioners and over sites."""

PART = f"dropout.{DROP_OUT}"
SETTINGS = {
    f"{practitioners}_{name}": Setting(practitioners, values)
    for practitioners in (15, 40)
    for name, values in {"null": {}, "ruptures": {"confrontation": 0.9, "falls": 0.15}}.items()
}
"""``confrontation``: log hazard ratio of drop-out after one; ``falls``: share of people with a true fall."""


def _task() -> RelationTask:
    plan = Plan()
    dropout = plan.models["dropout"]
    outcomes = tuple(one for one in dropout.outcomes if one.column == f"ended_{DROP_OUT}")
    random = ("practitioner", "site")
    changed = {"formula": "unrepaired_rupture + session", "outcomes": outcomes, "random": random}
    models = {"dropout": dropout.model_copy(update=changed)}
    relations = Relations(rupture=Rupture())
    return relation_task(plan.model_copy(update={"relations": relations, "models": models}), "rupture")


def once(rng: np.random.Generator, setting: Setting) -> Iterator[Recovered]:
    """One cohort: the rate, falls and hazards by the project's way and by the usual one."""
    scales = {"rater": "client", "instrument": "srs", "scale": "srs_total", "sem_score": SEM, "status": "ok"}
    sessions = _sessions(rng, setting)
    found = analyse(_task(), {"session": sessions, "scales": pd.DataFrame([scales])})
    if not setting.values:
        yield from _rates(found, sessions)
    yield from _falls(found)
    for kind in KINDS:
        truth = setting.values.get(kind, 0.0)
        for estimand, method in (
            ("coefficient", "up to the session before"),
            ("coefficient_ever", "at any time"),
        ):
            yield of_row(row_of(found, PART, kind, estimand), method, truth, kind)
    apart = row_of(found, PART, "confrontation_less_withdrawal", "coefficient")
    truth = setting.values.get("confrontation", 0.0)
    yield of_row(apart, "up to the session before", truth, "confrontation_less_withdrawal")


def _rates(found: Relation, sessions: pd.DataFrame) -> Iterator[Recovered]:
    row = row_of(found, "recorded", "confrontation", "per_hundred_sessions")
    truth = 100.0 * CHANCES["confrontation"]
    yield of_row(row, "practitioners and sites", truth, "rate_of_confrontation")
    events = int((sessions["rupture"] == "confrontation").sum())
    if row is not None and row.estimate and events:
        factor = math.exp(1.96 / math.sqrt(events))
        limits = (row.estimate / factor, row.estimate * factor)
        yield Recovered("rate_of_confrontation", "as if independent", truth, row.estimate, *limits)


def _falls(found: Relation) -> Iterator[Recovered]:
    check = next((one for one in found.checks if one.check == "beyond_noise"), None)
    p = None if check is None else float(check.result != "pass")
    yield Recovered("more_fall_than_by_noise", "beside noise", None, p=p)
    row = row_of(found, "falls.srs_total", "fall_by_one_sd", "share_of_clients")
    yield of_row(row, "one SD", None, "share_flagged")


def _sessions(rng: np.random.Generator, setting: Setting) -> pd.DataFrame:
    lead = np.repeat(np.arange(setting.practitioners), CLIENTS)
    site, people = lead % SITES, len(lead)
    own = SPREAD[0] * rng.standard_normal(setting.practitioners)[lead]
    own += SPREAD[1] * rng.standard_normal(SITES)[site]
    prone = np.exp(own - 0.5 * (SPREAD[0] ** 2 + SPREAD[1] ** 2))
    leaving = -3.2 + 0.3 * rng.standard_normal(setting.practitioners)[lead]
    level = 30.0 + 2.0 * rng.standard_normal(people)
    falls = np.where(rng.random(people) < setting.values.get("falls", 0.0), rng.integers(3, 9, people), 0)
    here, last, unrepaired = np.ones(people, dtype=bool), np.zeros(people, dtype=int), np.zeros(people)
    effects = np.array([0.0, *(setting.values.get(kind, 0.0) for kind in KINDS)])
    parts = []
    for session in range(1, SESSIONS + 1):
        chance = np.minimum(np.outer(prone, list(CHANCES.values())), 0.4)
        drawn = rng.random(people)[:, None] < np.cumsum(chance, axis=1)
        kind = np.where(drawn[:, 0], 1, np.where(drawn[:, 1], 2, 0))
        repaired = rng.random(people) < 0.5
        hazard = np.exp(leaving + effects[last])
        ends = (rng.random(people) < 1.0 - np.exp(-hazard)) & (session < SESSIONS)
        rating = level + SEM * rng.standard_normal(people) - 8.0 * (falls == session)
        table = pd.DataFrame(
            {
                "person": np.arange(people),
                "session_no": session,
                "rupture": np.array(["none", *KINDS])[kind],
                "rupture_resolved": pd.Series(repaired, dtype="boolean").where(kind > 0),
                "unrepaired_before": unrepaired,
                "ended_dropped_out": ends.astype(int),
                "srs_total": rating,
            }
        )
        parts.append(table[here])
        unrepaired = np.where(kind > 0, (~repaired).astype(float), unrepaired)
        last = np.where(kind > 0, kind, last)
        here = here & ~ends
    rows = pd.concat(parts).sort_values(["person", "session_no"], ignore_index=True)
    of = rows["person"].to_numpy()
    return rows.assign(
        enrolment_id=[f"e{one:04d}" for one in of],
        practitioner_id=[f"p{one:02d}" for one in lead[of]],
        group_id=[f"g{one:03d}" for one in (2 * lead + np.arange(people) % 2)[of]],
        site_id=[f"s{one}" for one in site[of]],
        denominator=True,
        at_risk=rows["session_no"] < SESSIONS,
        sessions_planned=SESSIONS,
    )


STUDY = Study(SETTINGS, once)
