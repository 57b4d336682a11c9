"""Canonical tables in the columns, codes and spellings of the exports that people really have."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alliance_modes.domain import MODES, NEEDS
from alliance_modes.simulate.identifiers import birth_dates, notes, people
from alliance_modes.simulate.raw_table import dates_as_text, text_of
from alliance_modes.simulate.streams import Streams
from alliance_modes.simulate.tables import Simulated

ISO = "%Y-%m-%d"
DAY_FIRST = "%d.%m.%Y"
SETTINGS = ("custody", "community")
STATUSES = ("not_started", "completed", "dropped_out", "removed", "administrative", "ongoing")
RATING_LINES = ("sr_relationship", "sr_goals", "sr_approach", "sr_overall")
ENGAGEMENT_ITEMS = 5
ON_PAPER, ON_TABLET = 1, 2
CLIENT_CHECK = 1
"""The answer that the attention check of the client's form asks for."""


def practitioners_export(simulated: Simulated, streams: Streams) -> pd.DataFrame:
    """The staff list: one row per practitioner, with names."""
    table = simulated.tables["practitioners"]
    staff = _people(simulated, "practitioners", len(table), streams)
    return pd.DataFrame(
        {
            "Staff no": table["practitioner_id"].to_numpy(),
            "Name": (staff["first"] + " " + staff["last"]).str.strip().to_numpy(),
            "Site": table["site_id"].to_numpy(),
            "Role": table["role"].to_numpy(),
            "Years of OBP experience": table["experience_years"].to_numpy(),
            "Qualification": table["qualification"].to_numpy(),
            "Supervision (h/month)": table["supervision_hours_month"].to_numpy(),
        }
    )


def enrolments_export(simulated: Simulated, streams: Streams) -> pd.DataFrame:
    """REDCap, raw codes: one row per enrolment, checkboxes, names and notes."""
    table = simulated.tables["enrolments"]
    rng = streams.part("client names")
    everyone = _people(simulated, "clients", len(table), streams)
    names = (everyone["first"] + " " + everyone["last"]).str.strip().to_numpy(dtype=object)
    identified = simulated.truth.untidy.direct_identifiers
    blank = np.full(len(table), "", dtype=object)
    status = {name: str(code) for code, name in enumerate(STATUSES, 1)}
    setting = {name: str(code) for code, name in enumerate(SETTINGS, 1)}
    return pd.DataFrame(
        {
            "record_id": table["enrolment_id"].to_numpy(),
            "client_no": table["client_id"].to_numpy(),
            "full_name": names,
            "date_of_birth": birth_dates(table["age_years"], table["referred_on"], rng)
            if identified
            else blank,
            "programme": table["programme_id"].to_numpy(),
            "group_no": table["group_id"].to_numpy(),
            "site": table["site_id"].to_numpy(),
            "facilitator": table["practitioner_id"].to_numpy(),
            "co_facilitator": table["co_practitioner_id"].fillna("").to_numpy(),
            "setting": table["setting"].map(setting).to_numpy(),
            "referral_date": dates_as_text(table["referred_on"], ISO),
            "start_date": dates_as_text(table["started_on"], ISO),
            "end_date": dates_as_text(table["ended_on"], ISO),
            "planned_sessions": text_of(table["sessions_planned"]),
            "outcome": table["status"].map(status).to_numpy(),
            "mandated": text_of(table["mandated"]),
            "age": text_of(table["age_years"]),
            "risk_score": text_of(table["risk_score"]),
            "prior_convictions": text_of(table["prior_convictions"]),
            "readiness": text_of(table["readiness"]),
            **{f"need___{i}": text_of(table[f"need_{need}"]) for i, need in enumerate(NEEDS, 1)},
            "notes": notes(names, rng) if identified else blank,
            "enrolment_complete": "2",
        }
    )


def sessions_export(simulated: Simulated) -> pd.DataFrame:
    """The session log: one row per enrolment and session, with its site (used to split files)."""
    table = simulated.tables["sessions"]
    enrolments = simulated.tables["enrolments"].set_index("enrolment_id")
    frame = pd.DataFrame(
        {
            "enrolment": table["enrolment_id"].to_numpy(),
            "session": text_of(table["session_no"]),
            "date": dates_as_text(table["held_on"], ISO),
            "attended": text_of(table["attended"]),
            "rupture": table["rupture"].fillna("").to_numpy(),
            "repaired": text_of(table["rupture_resolved"]),
            **{f"use_{mode}": text_of(table[f"use_{mode}"]) for mode in MODES},
            **{f"eng{i}": text_of(table[f"session_engagement_{i}"]) for i in range(1, ENGAGEMENT_ITEMS + 1)},
            **{line: text_of(table[f"srs_{i}"], 1) for i, line in enumerate(RATING_LINES, 1)},
        }
    )
    return frame.assign(site=enrolments["site_id"].reindex(table["enrolment_id"]).to_numpy())


def inventories_export(simulated: Simulated, rater: str, items: int, streams: Streams) -> pd.DataFrame:
    """One rater's inventories for SPSS: text id, dates, whole numbers (missing = NaN)."""
    table = simulated.tables["alliance"]
    table = table[table["rater"] == rater]
    frame = pd.DataFrame(
        {
            "enrolment": table["enrolment_id"].to_numpy(),
            "session": table["session_no"].to_numpy(dtype="float64"),
            "done_on": table["completed_on"].to_numpy(),
            "seconds": table["duration_seconds"].to_numpy(),
        }
    )
    if rater == "client":
        frame["completed"] = (
            streams.part("paper or tablet").integers(ON_PAPER, ON_TABLET + 1, size=len(frame)) * 1.0
        )
        frame["check"] = float(CLIENT_CHECK)
    answers = {f"wai_{item}": table[f"item_{item}"].to_numpy() for item in range(1, items + 1)}
    return frame.assign(**answers)


def _people(simulated: Simulated, who: str, count: int, streams: Streams) -> pd.DataFrame:
    if not simulated.truth.untidy.direct_identifiers:
        return pd.DataFrame({name: np.full(count, "", dtype=object) for name in ("first", "last", "email")})
    return people(count, streams.part(f"names of {who}")).astype(object)


def staff_people(simulated: Simulated, streams: Streams) -> pd.DataFrame:
    """The invented names of the practitioners, in their order; empty where the truth plants none."""
    return _people(simulated, "practitioners", len(simulated.tables["practitioners"]), streams)
