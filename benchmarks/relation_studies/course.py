"""Expected courses and alerts: cohorts in which nothing happens to anybody, and falls before dropping out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy import special

from alliance_modes.domain import DROP_OUT, STARTED_ENDS
from alliance_modes.plan.parts import RelationTask, relation_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.course import Course
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.relations.course.analysis import analyse
from alliance_modes.relations.course.rules import CONCERN, FALL, NEXT, OVERALL
from alliance_modes.relations.course.told import COVERAGE, HITS, MORE, NORMAL, OF_CLIENTS, PER_RATING
from relation_studies.study import Recovered, Setting, Study, of_row, row_of

CLIENTS, SESSIONS = 6, 8
SCALE = "srs_total"
SETTINGS = {
    f"{practitioners}_{name}": Setting(practitioners, values)
    for practitioners in (15, 40)
    for name, values in {
        "noise": {},
        "skewed_noise": {"skewed": 1.0},
        "falls": {"skewed": 1.0, "fall": 2.5},
    }.items()
} | {
    f"{practitioners}_{name}": Setting(practitioners, {"skewed": 1.0, **values})
    for practitioners in (15, 40)
    for name, values in {
        "one_earlier_alike": {"earlier": 1.0},
        "one_earlier_higher": {"earlier": 1.0, "lower": 0.6},
        "one_earlier_apart": {"earlier": 1.0, "apart": 0.3},
        "six_earlier_apart": {"earlier": 6.0, "apart": 0.3},
    }.items()
}
"""``skewed``: ratings crowd at the upper end; ``fall``: how many SDs of a client's own ratings the last three
of somebody who drops out are lower, in half of them. ``earlier``: so many cohorts of 40 practitioners from
which the course is expected; ``lower``: by so much the cohort is below them, and ``apart``: the SD of all
cohorts' levels, both in SDs of clients' levels."""

BEFORE = 40
"""Practitioners of an earlier cohort."""

OUT = 0.25
"""Share of clients who drop out, after the third to the last session but one."""

RULES = {NEXT: "next rating", OVERALL: "same band for all", FALL: "fall of one point", CONCERN: "below 36"}


def _task() -> RelationTask:
    settings = Course(outcomes=(), scales=(SCALE,))
    return relation_task(Plan().model_copy(update={"relations": Relations(course=settings)}), "course")


def once(rng: np.random.Generator, setting: Setting) -> Iterator[Recovered]:
    """One cohort: coverage, alarms, hits and what is said of them, by every rule."""
    task, tables, earlier = _task(), _tables(rng, setting, _own_level(rng, setting)), _earlier(rng, setting)
    found = analyse(task, tables, earlier)
    stated = (1.0 - task.settings(Course).covered) / 2.0
    for rule, method in RULES.items():
        if rule in (NEXT, OVERALL):
            yield of_row(row_of(found, SCALE, rule, COVERAGE), method, 1.0 - 2.0 * stated, "coverage")
        yield of_row(row_of(found, SCALE, rule, PER_RATING), method, stated, "alerts per rating")
        yield of_row(row_of(found, SCALE, rule, OF_CLIENTS), method, None, "clients alerted")
        yield of_row(row_of(found, SCALE, rule, HITS), method, None, "hit rate")
        more = row_of(found, SCALE, rule, MORE)
        truth = None if "fall" in setting.values else 0.0
        told = of_row(more, method, truth, "more before drop-out")
        yield told if told.ci_low is None else _as_test(told)
    usual = {COVERAGE: ("coverage", 1.0 - 2.0 * stated), PER_RATING: ("alerts per rating", stated)}
    for estimand, (term, truth) in usual.items():
        row = row_of(found, SCALE, NEXT, f"{estimand}{NORMAL}")
        yield of_row(row, "next rating, normal limits", truth, term)
    alike = next((one for one in found.checks if one.check == "like_earlier_cohorts"), None)
    if alike is not None and alike.result != "not_checked":
        said = 1.0 if alike.result == "pass" else 0.0
        yield Recovered("said to differ from earlier cohorts", "level and course", None, p=said)
    beyond = next((one for one in found.checks if one.check == "hits_beyond_noise"), None)
    if beyond is not None and beyond.result != "not_checked":
        said = 0.0 if beyond.result == "pass" else 1.0
        yield Recovered("hits beyond noise", RULES[NEXT], None, p=said)


def _as_test(told: Recovered) -> Recovered:
    """The same number with p of 0 or 1: whether its 95 % interval is without zero."""
    without = told.ci_low is not None and told.ci_high is not None and (told.ci_low > 0 or told.ci_high < 0)
    return Recovered(**{**vars(told), "p": 0.0 if without else 1.0})


def _own_level(rng: np.random.Generator, setting: Setting) -> float:
    apart = setting.values.get("apart", 0.0)
    return (apart * rng.standard_normal() if apart else 0.0) - setting.values.get("lower", 0.0)


def _earlier(rng: np.random.Generator, setting: Setting) -> dict[str, dict[str, pd.DataFrame]]:
    before = Setting(BEFORE, {name: one for name, one in setting.values.items() if name != "lower"})
    count = int(setting.values.get("earlier", 0.0))
    return {f"c{one}": _tables(rng, before, _own_level(rng, before)) for one in range(count)}


def _tables(rng: np.random.Generator, setting: Setting, own: float) -> dict[str, pd.DataFrame]:
    people = setting.practitioners * CLIENTS
    lead = np.repeat(np.arange(setting.practitioners), CLIENTS)
    out = rng.random(people) < OUT
    clients = pd.DataFrame(
        {
            "enrolment_id": [f"e{one:05d}" for one in range(people)],
            "client_id": [f"c{one:05d}" for one in range(people)],
            "practitioner_id": [f"p{one:03d}" for one in lead],
            "group_id": [f"g{one:03d}" for one in 2 * lead + rng.integers(0, 2, people)],
            "site_id": [f"s{one % 6}" for one in lead],
            "mandated": rng.random(people) < 0.6,
            **{name: rng.standard_normal(people) for name in ("risk_score_z", "readiness_z", "needs")},
            "end_kind": np.where(out, DROP_OUT, STARTED_ENDS[0]),
            "last_session": np.where(out, rng.integers(3, SESSIONS, people), SESSIONS),
        }
    )
    rows = clients.loc[np.repeat(np.arange(people), SESSIONS)].reset_index(drop=True)
    rows["session_no"] = np.tile(np.arange(SESSIONS) + 1, people)
    rows["time"] = (rows["session_no"] - 1) / 10.0
    rows[SCALE] = _ratings(rng, setting, clients, rows, own)
    rows["attended"] = True
    kept = rows[rows["session_no"] <= rows["last_session"]].reset_index(drop=True)
    return {"enrolment": clients, "session": kept.drop(columns=["end_kind"])}


def _ratings(
    rng: np.random.Generator, setting: Setting, clients: pd.DataFrame, rows: pd.DataFrame, own: float
) -> np.ndarray:
    person = np.repeat(np.arange(len(clients)), SESSIONS)
    practitioner = pd.factorize(clients["practitioner_id"])[0]
    level = own + 0.3 * rng.standard_normal(setting.practitioners)[practitioner]
    level = level + 0.2 * clients["readiness_z"].to_numpy() + 0.7 * rng.standard_normal(len(clients))
    slope = 0.3 + 0.2 * rng.standard_normal(len(clients))
    seen = level[person] + slope[person] * rows["time"].to_numpy() + 0.5 * rng.standard_normal(len(rows))
    falls = (clients["end_kind"] == DROP_OUT).to_numpy() & (rng.random(len(clients)) < 0.5)
    late = rows["session_no"].to_numpy() > clients["last_session"].to_numpy()[person] - 3
    seen = seen - 0.5 * setting.values.get("fall", 0.0) * (falls[person] & late)
    if "skewed" in setting.values:
        return np.round(40.0 * special.expit(1.6 + seen), 1)
    return 30.0 + 3.0 * seen


STUDY = Study(SETTINGS, once)
