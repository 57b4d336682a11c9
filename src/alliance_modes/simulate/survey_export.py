"""The modes survey as a Qualtrics CSV: three header rows, metadata columns, one file per wave."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import COMPLETED_ON, DURATION_SECONDS, PRACTITIONER_ID, WAVE
from alliance_modes.instruments.model import load_instruments
from alliance_modes.simulate import headers
from alliance_modes.simulate.exports import staff_people
from alliance_modes.simulate.raw_table import text_of
from alliance_modes.simulate.streams import Streams
from alliance_modes.simulate.tables import Simulated

ITEMS = 18
SURVEY_CHECK = 2
"""The answer that the attention check of the survey asks for."""
MOMENT = "%Y-%m-%d %H:%M:%S"
OPENING_HOUR, MINUTES_OPEN = 8, 600
ID_LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz"

TIME = "What percentage of your working time goes into each of these?"
QUESTIONS = {
    "staff_no": "Your staff number",
    "check_1": "To show that you are reading, please choose 'rarely' here.",
    "time_1": f"{TIME} - Educative: delivering the programme as the manual has it",
    "time_2": f"{TIME} - Engagement: making the programme fit the person",
    "time_3": f"{TIME} - Therapeutic: working with the relationship itself",
    "stance": "Are goals that others set negotiated openly (1), or set with the client where possible (5)?",
    "induction": "How often do you tell clients beforehand what to expect, and what is expected of them?",
    "comments": "Anything else?",
}
METADATA = {
    "StartDate": "Start Date",
    "EndDate": "End Date",
    "Status": "Response Type",
    "IPAddress": "IP Address",
    "Progress": "Progress",
    "Duration (in seconds)": "Duration (in seconds)",
    "Finished": "Finished",
    "RecordedDate": "Recorded Date",
    "ResponseId": "Response ID",
    "RecipientLastName": "Recipient Last Name",
    "RecipientFirstName": "Recipient First Name",
    "RecipientEmail": "Recipient Email",
    "ExternalReference": "External Data Reference",
    "LocationLatitude": "Location Latitude",
    "LocationLongitude": "Location Longitude",
    "DistributionChannel": "Distribution Channel",
    "UserLanguage": "User Language",
}

IMPORT_IDS = {"Duration (in seconds)": "duration", "IPAddress": "ipAddress", "ResponseId": "_recordId"}


def survey_export(simulated: Simulated, streams: Streams) -> pd.DataFrame:
    """Both waves in Qualtrics' columns, with a column ``wave`` that is used to split the files."""
    table = simulated.tables["practitioner_survey"]
    names = simulated.tables["practitioners"][PRACTITIONER_ID]
    staff = staff_people(simulated, streams).assign(staff_no=names)
    person = staff.set_index("staff_no").reindex(table[PRACTITIONER_ID]).reset_index()
    asked = [
        f"Ask {name} about group 2." if name and not i % 9 else "" for i, name in enumerate(person["first"])
    ]
    columns = {
        **_metadata(simulated, person, streams.part("survey metadata")),
        "staff_no": table[PRACTITIONER_ID],
        **{f"mop_{item}": text_of(table[f"modes_of_practice_{item}"]) for item in range(1, ITEMS + 1)},
        "check_1": str(SURVEY_CHECK),
        **{header: text_of(table[name]) for name, header in headers.SURVEY.items()},
        "comments": asked,
        WAVE: table[WAVE],
    }
    cells = {
        name: np.asarray(values, dtype=object) if np.ndim(values) else values
        for name, values in columns.items()
    }
    return pd.DataFrame(cells, index=range(len(table)))


def _metadata(simulated: Simulated, person: pd.DataFrame, rng: np.random.Generator) -> dict[str, object]:
    """Qualtrics' own columns: answered in working hours, from documentation addresses."""
    table = simulated.tables["practitioner_survey"]
    seconds = table[DURATION_SECONDS].to_numpy().astype(int)
    minutes = rng.integers(MINUTES_OPEN, size=len(table)) + 60 * OPENING_HOUR
    end = table[COMPLETED_ON] + pd.to_timedelta(minutes * 60 + rng.integers(60, size=len(table)), unit="s")
    start = end - pd.to_timedelta(seconds, unit="s")
    codes = rng.integers(len(ID_LETTERS), size=(len(table), 15))
    addresses = [f"192.0.2.{number}" for number in rng.integers(1, 255, size=len(table))]
    identified = simulated.truth.untidy.direct_identifiers
    return {
        "StartDate": start.dt.strftime(MOMENT),
        "EndDate": end.dt.strftime(MOMENT),
        "Status": "0",
        "IPAddress": addresses if identified else "",
        "Progress": "100",
        "Duration (in seconds)": text_of(seconds),
        "Finished": "1",
        "RecordedDate": end.dt.strftime(MOMENT),
        "ResponseId": ["R_" + "".join(ID_LETTERS[code] for code in row) for row in codes],
        "RecipientLastName": person["last"],
        "RecipientFirstName": person["first"],
        "RecipientEmail": person["email"],
        "ExternalReference": "",
        "LocationLatitude": "",
        "LocationLongitude": "",
        "DistributionChannel": "email",
        "UserLanguage": "EN",
    }


def header_rows(columns: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Qualtrics' three header rows: names, question texts, import ids as JSON."""
    wording = load_instruments()["modes_of_practice"].wording
    texts, imports = [], []
    for name in columns:
        if name in METADATA:
            texts.append(METADATA[name])
            imports.append(_import_id(IMPORT_IDS.get(name, name[0].lower() + name[1:])))
            continue
        item = name.removeprefix("mop_")
        texts.append(wording[int(item)] if item.isdigit() and name.startswith("mop_") else QUESTIONS[name])
        imports.append(_import_id(f"QID1_{item}" if name.startswith("mop_") else f"QID_{name}"))
    return columns, tuple(texts), tuple(imports)


def _import_id(name: str) -> str:
    return json.dumps({"ImportId": name}, separators=(",", ":"))
