"""What the simulated exports call each canonical column, in the order of their columns."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from alliance_modes.dictionary.canonical import CanonicalColumn, dictionary
from alliance_modes.dictionary.named import (
    ATTENDED,
    CLIENT_ID,
    CO_PRACTITIONER_ID,
    ENDED_ON,
    ENROLMENT_ID,
    ENROLMENT_STATUS,
    GROUP_ID,
    HELD_ON,
    PRACTITIONER_ID,
    PROGRAMME_ID,
    REFERRED_ON,
    RUPTURE,
    RUPTURE_RESOLVED,
    SESSION_NO,
    SESSIONS_PLANNED,
    SETTING,
    SITE_ID,
    STARTED_ON,
)
from alliance_modes.domain import MODES, NEEDS

PRACTITIONERS: Mapping[str, str] = MappingProxyType(
    {
        PRACTITIONER_ID: "Staff no",
        SITE_ID: "Site",
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
        ENROLMENT_ID: "record_id",
        CLIENT_ID: "client_no",
        PROGRAMME_ID: "programme",
        GROUP_ID: "group_no",
        SITE_ID: "site",
        PRACTITIONER_ID: "facilitator",
        CO_PRACTITIONER_ID: "co_facilitator",
        SETTING: "setting",
        REFERRED_ON: "referral_date",
        STARTED_ON: "start_date",
        ENDED_ON: "end_date",
        SESSIONS_PLANNED: "planned_sessions",
        ENROLMENT_STATUS: "outcome",
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
        ENROLMENT_ID: "enrolment",
        SESSION_NO: "session",
        HELD_ON: "date",
        ATTENDED: "attended",
        RUPTURE: "rupture",
        RUPTURE_RESOLVED: "repaired",
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
