"""Canonical tables in the columns, codes and spellings of the exports that people really have."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.dictionary.enrolments import for_each_row
from alliance_modes.dictionary.named import COMPLETED_ON, DURATION_SECONDS, ENROLMENT_ID, SESSION_NO, SITE_ID
from alliance_modes.simulate import headers
from alliance_modes.simulate.identifiers import birth_dates, notes, people
from alliance_modes.simulate.raw_table import dates_as_text, text_of
from alliance_modes.simulate.streams import Streams
from alliance_modes.simulate.tables import Simulated

ISO = "%Y-%m-%d"
DAY_FIRST = "%d.%m.%Y"
RATING_LINES = ("sr_relationship", "sr_goals", "sr_approach", "sr_overall")
ENGAGEMENT_ITEMS = 5
ON_PAPER, ON_TABLET = 1, 2
CLIENT_CHECK = 1
"""The answer that the attention check of the client's form asks for."""


def practitioners_export(simulated: Simulated, streams: Streams) -> pd.DataFrame:
    """The staff list: one row per practitioner, with names."""
    table = simulated.tables["practitioners"]
    staff = _people(simulated, "practitioners", len(table), streams)
    frame = pd.DataFrame({header: table[name].to_numpy() for name, header in headers.PRACTITIONERS.items()})
    frame.insert(1, "Name", (staff["first"] + " " + staff["last"]).str.strip().to_numpy())
    return frame


def enrolments_export(simulated: Simulated, streams: Streams) -> pd.DataFrame:
    """REDCap, raw codes: one row per enrolment, checkboxes, names and notes."""
    table = simulated.tables["enrolments"]
    rng = streams.part("client names")
    everyone = _people(simulated, "clients", len(table), streams)
    names = (everyone["first"] + " " + everyone["last"]).str.strip().to_numpy(dtype=object)
    identified = simulated.truth.untidy.direct_identifiers
    blank = np.full(len(table), "", dtype=object)
    frame = _as_text(table, "enrolments", headers.ENROLMENTS)
    born = birth_dates(frame["age"], frame["referral_date"], rng) if identified else blank
    frame.insert(2, "full_name", names)
    frame.insert(3, "date_of_birth", born)
    frame["notes"] = notes(names, rng) if identified else blank
    return frame.assign(enrolment_complete="2")


def sessions_export(simulated: Simulated) -> pd.DataFrame:
    """The session log: one row per enrolment and session, with its site (used to split files)."""
    table = simulated.tables["sessions"]
    frame = _as_text(table, "sessions", headers.SESSIONS)
    for item in range(1, ENGAGEMENT_ITEMS + 1):
        frame[f"eng{item}"] = text_of(table[f"session_engagement_{item}"])
    for item, line in enumerate(RATING_LINES, 1):
        frame[line] = text_of(table[f"srs_{item}"], 1)
    return frame.assign(site=for_each_row(table, simulated.tables["enrolments"], SITE_ID).to_numpy())


def _as_text(table: pd.DataFrame, name: str, called: Mapping[str, str]) -> pd.DataFrame:
    """Columns of a canonical table as the text of an export; the categories of enrolments as codes."""
    declared = dictionary().table(name).columns
    cells = {}
    for column, header in called.items():
        values, kind = table[column], declared[column].type
        if kind == "date":
            cells[header] = dates_as_text(values, ISO)
        elif kind in ("integer", "number", "boolean"):
            cells[header] = text_of(values)
        elif kind == "category" and name == "enrolments":
            cells[header] = values.map(headers.codes(declared[column])).to_numpy(dtype=object)
        else:
            cells[header] = values.fillna("").to_numpy(dtype=object)
    return pd.DataFrame(cells)


def inventories_export(simulated: Simulated, rater: str, items: int, streams: Streams) -> pd.DataFrame:
    """One rater's inventories for SPSS: text id, dates, whole numbers (missing = NaN)."""
    table = simulated.tables["alliance"]
    table = table[table["rater"] == rater]
    frame = pd.DataFrame(
        {
            "enrolment": table[ENROLMENT_ID].to_numpy(),
            "session": table[SESSION_NO].to_numpy(dtype="float64"),
            "done_on": table[COMPLETED_ON].to_numpy(),
            "seconds": table[DURATION_SECONDS].to_numpy(),
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
