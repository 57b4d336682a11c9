"""Person-period tables with competing ends simulated from a known cloglog model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

MODES = ("educative", "engagement", "therapeutic")
ENDS = ("dropped_out", "removed", "administrative")


@dataclass(frozen=True)
class Hazards:
    """Log hazards per session: ``dropped_out`` has every effect, the other two ends only a level."""

    practitioners: int = 60
    groups: int = 120
    sites: int = 8
    enrolments: int = 1200
    sessions: int = 14
    level: float = -3.3
    early: float = 0.0
    removed: float = -5.0
    administrative: float = -5.0
    modes: tuple[float, float, float] = (0.0, -0.3, 0.2)
    risk: float = 0.25
    unrepaired: float = 0.6
    rupture: float = 0.05
    repaired: float = 0.5
    practitioner_sd: float = 0.4


def person_periods(truth: Hazards, seed: int) -> pd.DataFrame:
    """The analysis table ``session``, as far as the models of drop-out need it.

    ``early`` is added to the log hazard of drop-out in the first half of the sessions. The last
    planned session is there for those who reach it, and is not at risk.
    """
    rng = np.random.default_rng(seed)
    people = _people(truth, rng)
    n = len(people)
    fixed = truth.level + people[[f"{mode}_z" for mode in MODES]].to_numpy() @ np.array(truth.modes)
    fixed = fixed + truth.risk * people["risk_score_z"].to_numpy() + people.pop("effect").to_numpy()
    enrolled, open_rupture = np.ones(n, dtype=bool), np.zeros(n, dtype=bool)
    parts = []
    for number in range(1, truth.sessions + 1):
        half = truth.early if number <= truth.sessions // 2 else 0.0
        logs = np.column_stack(
            [
                fixed + half + truth.unrepaired * open_rupture,
                np.full(n, truth.removed),
                np.full(n, truth.administrative),
            ]
        )
        chance = -np.expm1(-np.exp(logs)) * (number < truth.sessions)
        place = (rng.random(n)[:, None] > np.cumsum(chance, axis=1)).sum(axis=1)
        part = people[enrolled].assign(
            session_no=number,
            at_risk=number < truth.sessions,
            unrepaired_before=open_rupture[enrolled].astype(int),
        )
        for which, end in enumerate(ENDS):
            part[f"ended_{end}"] = (place[enrolled] == which).astype(int)
        parts.append(part)
        happens = rng.random(n) < truth.rupture
        open_rupture = np.where(happens, rng.random(n) > truth.repaired, open_rupture)
        enrolled = enrolled & (place == len(ENDS))
    table = pd.concat(parts).sort_values(["enrolment_id", "session_no"], ignore_index=True)
    table["at_risk"] = table["at_risk"].astype("boolean")
    return table


def last_sessions(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Per enrolment: the last session, and how it ended there (``completed`` at the last planned)."""
    last = table.drop_duplicates("enrolment_id", keep="last")
    end = np.full(len(last), "completed", dtype=object)
    for name in ENDS:
        end[(last[f"ended_{name}"] == 1).to_numpy()] = name
    return last["session_no"].to_numpy(dtype=float), end


def _people(truth: Hazards, rng: np.random.Generator) -> pd.DataFrame:
    lead_of = np.arange(truth.groups) % truth.practitioners
    group = rng.integers(0, truth.groups, truth.enrolments)
    lead = lead_of[group]
    mode = rng.normal(size=(truth.practitioners, 3))
    effect = truth.practitioner_sd * rng.normal(size=truth.practitioners)
    table = pd.DataFrame(
        {
            "enrolment_id": [f"e{i:06d}" for i in range(truth.enrolments)],
            "practitioner_id": [f"p{i:03d}" for i in lead],
            "group_id": [f"g{i:03d}" for i in group],
            "site_id": [f"s{i % truth.sites}" for i in lead],
            "denominator": pd.array([True] * truth.enrolments, dtype="boolean"),
            "sessions_planned": truth.sessions,
            "risk_score_z": rng.normal(size=truth.enrolments),
            "effect": effect[lead],
        }
    )
    for place, name in enumerate(MODES):
        table[f"{name}_z"] = mode[lead, place]
    return table
