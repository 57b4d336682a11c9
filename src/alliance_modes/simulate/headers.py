"""What the simulated exports call each canonical column, in the order of their columns."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from alliance_modes.dictionary.canonical import CanonicalColumn, dictionary
from alliance_modes.domain import MODES, NEEDS

PRACTITIONERS: Mapping[str, str] = MappingProxyType(
    {
        "practitioner_id": "Staff no",
        "site_id": "Site",
        "role": "Role",
        "experience_years": "Years of OBP experience",
        "qualification": "Qualification",
        "supervision_hours_month": "Supervision (h/month)",
    }
)

SURVEY: Mapping[str, str] = MappingProxyType(
    {
        **{f"time_{mode}": f"time_{position}" for position, mode in enumerate(MODES, 1)},
        "stance": "stance",
        "role_induction": "induction",
    }
)
"""What the survey of modes asks beside its items."""

ENROLMENTS: Mapping[str, str] = MappingProxyType(
    {
        "enrolment_id": "record_id",
        "client_id": "client_no",
        "programme_id": "programme",
        "group_id": "group_no",
        "site_id": "site",
        "practitioner_id": "facilitator",
        "co_practitioner_id": "co_facilitator",
        "setting": "setting",
        "referred_on": "referral_date",
        "started_on": "start_date",
        "ended_on": "end_date",
        "sessions_planned": "planned_sessions",
        "status": "outcome",
        "mandated": "mandated",
        "age_years": "age",
        "risk_score": "risk_score",
        "prior_convictions": "prior_convictions",
        "readiness": "readiness",
        **{f"need_{need}": f"need___{position}" for position, need in enumerate(NEEDS, 1)},
    }
)

SESSIONS: Mapping[str, str] = MappingProxyType(
    {
        "enrolment_id": "enrolment",
        "session_no": "session",
        "held_on": "date",
        "attended": "attended",
        "rupture": "rupture",
        "rupture_resolved": "repaired",
        **{f"use_{mode}": f"use_{mode}" for mode in MODES},
    }
)


def client_numbers() -> list[str]:
    """What the export of enrolments calls the numbers that describe a client."""
    described = dictionary().enrolments.describing("client")
    return [ENROLMENTS[name] for name, column in described.items() if column.is_number]


def codes(column: CanonicalColumn) -> dict[str, str]:
    """The code that REDCap has for each value of a category: its place in the dictionary."""
    return {value: str(code) for code, value in enumerate(column.values, 1)}
