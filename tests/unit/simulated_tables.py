"""Analysis tables simulated from known truth, for the tests of the models."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

MODES = ("educative", "engagement", "therapeutic")
COMPONENTS = ("goal", "task", "bond")


@dataclass(frozen=True)
class Truth:
    """Sizes, effects per unit of each predictor, and standard deviations of the random effects."""

    sites: int = 6
    practitioners: int = 40
    groups: int = 90
    enrolments: int = 800
    sessions: int = 6
    sessions_offered: int = 12
    modes: tuple[float, float, float] = (0.0, 0.3, 0.2)
    use: tuple[float, float, float] = (0.0, 0.1, 0.0)
    mandated: float = -0.3
    time: float = 0.2
    practitioner_sd: float = 0.3
    group_sd: float = 0.2
    site_sd: float = 0.15
    enrolment_sd: float = 0.5
    slope_sd: float = 0.25
    residual_sd: float = 0.5


def enrolment_table(truth: Truth, seed: int) -> pd.DataFrame:
    """One row per enrolment; ``linear`` is its true linear predictor without time."""
    rng = np.random.default_rng(seed)
    site_of = np.arange(truth.practitioners) % truth.sites
    further = rng.integers(0, truth.practitioners, max(truth.groups - truth.practitioners, 0))
    lead_of = np.concatenate([np.arange(truth.practitioners), further])
    group = rng.integers(0, len(lead_of), truth.enrolments)
    lead = lead_of[group]
    mode = rng.normal(size=(truth.practitioners, 3))
    raw = 3.0 + 0.6 * mode
    table = pd.DataFrame(
        {
            "enrolment_id": [f"e{i:05d}" for i in range(truth.enrolments)],
            "group_id": [f"g{i:03d}" for i in group],
            "practitioner_id": [f"p{i:03d}" for i in lead],
            "site_id": [f"s{i}" for i in site_of[lead]],
            "denominator": pd.array([True] * truth.enrolments, dtype="boolean"),
            "mandated": pd.array(rng.random(truth.enrolments) < 0.6, dtype="boolean"),
            "needs": rng.binomial(6, 0.3, truth.enrolments).astype(float),
            "risk_score_z": rng.normal(size=truth.enrolments),
            "readiness_z": rng.normal(size=truth.enrolments),
        }
    )
    for place, name in enumerate(MODES):
        table[name] = raw[lead, place]
        table[f"{name}_z"] = mode[lead, place]
    for name in ("mandated", "needs", "risk_score_z", "readiness_z"):
        values = table[name].astype("float64")
        table[f"{name}_between"] = values.groupby(table["practitioner_id"]).transform("mean")
        table[f"{name}_within"] = values - table[f"{name}_between"]
    random = (
        truth.practitioner_sd * rng.normal(size=truth.practitioners)[lead]
        + truth.group_sd * rng.normal(size=len(lead_of))[group]
        + truth.site_sd * rng.normal(size=truth.sites)[site_of[lead]]
    )
    table["linear"] = (
        mode[lead] @ np.array(truth.modes) + truth.mandated * table["mandated"].astype("float64") + random
    )
    probability = expit(0.6 + table["linear"].to_numpy())
    table["completed"] = (rng.random(truth.enrolments) < probability).astype(float)
    own = truth.enrolment_sd * rng.normal(size=truth.enrolments)
    offered = rng.integers(0, 2 * truth.sessions_offered + 1, truth.enrolments)
    table["sessions_offered_after_first"] = offered.astype(float)
    table["sessions_attended_after_first"] = rng.binomial(
        offered, expit(1.2 + table["linear"].to_numpy() + own)
    ).astype(float)
    return table


def analysis_tables(truth: Truth | None = None, seed: int = 1) -> dict[str, pd.DataFrame]:
    """The tables ``enrolment``, ``alliance`` and ``session`` of one cohort."""
    truth = truth or Truth()
    rng = np.random.default_rng([seed, 7])
    enrolment = enrolment_table(truth, seed)
    person = truth.enrolment_sd * rng.normal(size=truth.enrolments)
    slope = truth.slope_sd * rng.normal(size=truth.enrolments)
    alliance = pd.concat(
        [
            _rated(enrolment.assign(time=time), truth, person + slope * time, rater, rng)
            for rater in ("client", "practitioner")
            for time in (0.2, 1.1, 2.3)
        ],
        ignore_index=True,
    )
    sessions = pd.concat(
        [
            _session(enrolment.assign(time=number / 10.0), truth, person, rng)
            for number in range(truth.sessions)
        ],
        ignore_index=True,
    )
    return {"enrolment": enrolment, "alliance": alliance, "session": sessions}


def _rated(
    table: pd.DataFrame, truth: Truth, person: np.ndarray, rater: str, rng: np.random.Generator
) -> pd.DataFrame:
    table = table.assign(rater=rater)
    level = 4.0 + table["linear"] + truth.time * table["time"] + person
    for name in COMPONENTS:
        table[name] = level + truth.residual_sd * rng.normal(size=len(table))
    table["total"] = table[list(COMPONENTS)].mean(axis=1)
    return table


def _session(table: pd.DataFrame, truth: Truth, person: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    use = rng.normal(size=(len(table), 3))
    for place, name in enumerate(MODES):
        table[f"use_{name}_within"] = use[:, place]
    table["attended"] = pd.array(rng.random(len(table)) < 0.9, dtype="boolean")
    level = 3.0 + table["linear"] + truth.time * table["time"] + person + use @ np.array(truth.use)
    rating = level + truth.residual_sd * rng.normal(size=len(table))
    table["session_engagement"] = rating.where(table["attended"].astype(bool))
    return table
