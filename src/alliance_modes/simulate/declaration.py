"""The ``cohort.yaml`` that says what the simulated exports are."""

from __future__ import annotations

from typing import Any

from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.dictionary.named import (
    ATTENDED,
    ATTENTION_CHECK,
    COMPLETED_ON,
    DURATION_SECONDS,
    ENROLMENT_ID,
    PRACTITIONER_ID,
    SESSION_NO,
    SITE_ID,
    WAVE,
)
from alliance_modes.instruments.model import load_instruments
from alliance_modes.simulate import headers
from alliance_modes.simulate.exports import (
    CLIENT_CHECK,
    DAY_FIRST,
    ENGAGEMENT_ITEMS,
    ISO,
    RATING_LINES,
)
from alliance_modes.simulate.survey_export import MOMENT, SURVEY_CHECK
from alliance_modes.simulate.truth import Truth
from alliance_modes.simulate.untidiness import ATTENDED_LABELS, NOT_APPLICABLE, REFUSED, SURVEY_LABELS

PRACTITIONERS_FILE, STAFF_SHEET = "practitioners.xlsx", "Staff"
SURVEY_FILES = {1: "survey_wave1_qualtrics.csv", 2: "survey_wave2_qualtrics.csv"}
ENROLMENTS_FILE = "enrolments_redcap.csv"
DICTIONARY_FILE = "enrolments_redcap_dictionary.csv"
SESSIONS_FILE, SITE_SESSIONS_FILE = "sessions.csv", "sessions_{site}.csv"
INVENTORY_FILES = {"client": "alliance_client.sav", "practitioner": "alliance_practitioner.sav"}

QUALTRICS_DROPPED = [
    "IPAddress",
    "RecipientLastName",
    "RecipientFirstName",
    "RecipientEmail",
    "ExternalReference",
    "LocationLatitude",
    "LocationLongitude",
    "comments",
]
REDCAP_DROPPED = ["full_name", "date_of_birth", "notes"]


def cohort_declaration(
    truth: Truth, name: str, own_file_site: str | None, dictionary_says: str
) -> dict[str, Any]:
    """The content of ``cohort.yaml``.

    Parameters
    ----------
    truth : Truth
    name : str
        Name of the cohort.
    own_file_site : str, optional
        The site whose sessions are in a file of their own.
    dictionary_says : str
        Digest of the data dictionary of the enrolments, as ``CodeBook.digest`` has it.
    """
    sessions = [_sessions(SESSIONS_FILE)]
    if truth.untidy.day_first_site:
        sessions[0]["date_formats"] = [ISO, DAY_FIRST]
    if own_file_site is not None:
        own = _sessions(SITE_SESSIONS_FILE.format(site=own_file_site))
        own = {"files": own["files"], "format": "csv", "delimiter": ";", "decimal": ",", **own}
        sessions.append({**own, "date_formats": [DAY_FIRST]})
    tables = {
        "practitioners": [_practitioners()],
        "practitioner_survey": [_survey(wave) for wave in SURVEY_FILES],
        "enrolments": [_enrolments(dictionary_says)],
        "sessions": sessions,
        "alliance": [_inventory(truth, rater) for rater in INVENTORY_FILES],
    }
    return {
        "cohort": name,
        "title": truth.title,
        "description": "Simulated from truth.yaml: no one in it exists, and nothing in it is a finding.",
        "data_lock": truth.calendar.data_lock.isoformat(),
        "demonstration": True,
        "readable_ids": [SITE_ID],
        "tables": tables,
    }


def _practitioners() -> dict[str, Any]:
    return {
        "files": PRACTITIONERS_FILE,
        "format": "excel",
        "sheet": STAFF_SHEET,
        "columns": dict(headers.PRACTITIONERS),
        "drop": ["Name"],
    }


def _check(column: str, passes: int) -> dict[str, Any]:
    return {"column": column, "labels": {str(answer): answer == passes for answer in range(1, 6)}}


def _survey(wave: int) -> dict[str, Any]:
    return {
        "files": SURVEY_FILES[wave],
        "format": "qualtrics",
        "columns": {
            PRACTITIONER_ID: "staff_no",
            WAVE: {"constant": wave},
            COMPLETED_ON: "EndDate",
            **headers.SURVEY,
            DURATION_SECONDS: "Duration (in seconds)",
            ATTENTION_CHECK: _check("check_1", SURVEY_CHECK),
        },
        "inventories": [
            {
                "instrument": "modes_of_practice",
                "rater": "practitioner",
                "items": "mop_{item}",
                "labels": {label: int(code) for code, label in SURVEY_LABELS.items()},
                "missing": {"-99": "seen but not answered"},
            }
        ],
        "date_formats": [MOMENT],
        "drop": QUALTRICS_DROPPED,
    }


def _coded(name: str, header: str) -> str | dict[str, Any]:
    """A column of the enrolments; a category with what its codes stand for."""
    column = dictionary().enrolments.columns[name]
    labels = {code: value for value, code in headers.codes(column).items()}
    return {"column": header, "labels": labels} if column.type == "category" else header


def _enrolments(dictionary_says: str) -> dict[str, Any]:
    return {
        "files": ENROLMENTS_FILE,
        "format": "redcap",
        "codebook": {"file": DICTIONARY_FILE, "says": dictionary_says},
        "columns": {name: _coded(name, header) for name, header in headers.ENROLMENTS.items()},
        "missing": {"-99": "not recorded", "refused": "refused", "n/a": "not applicable"},
        "drop": REDCAP_DROPPED,
    }


def _sessions(file: str) -> dict[str, Any]:
    labels = {label: code == "1" for code, label in ATTENDED_LABELS.items()}
    return {
        "files": file,
        "format": "csv",
        "columns": {
            **headers.SESSIONS,
            ATTENDED: {"column": headers.SESSIONS[ATTENDED], "labels": labels},
        },
        "inventories": [
            {
                "instrument": "session_engagement",
                "rater": "practitioner",
                "items": [f"eng{item}" for item in range(1, ENGAGEMENT_ITEMS + 1)],
            },
            {"instrument": "srs", "rater": "client", "items": list(RATING_LINES)},
        ],
        "missing": {"-99": "not answered"},
    }


def _inventory(truth: Truth, rater: str) -> dict[str, Any]:
    instrument = getattr(truth.responses, f"{rater}_inventory")
    columns: dict[str, Any] = {
        ENROLMENT_ID: "enrolment",
        SESSION_NO: "session",
        COMPLETED_ON: "done_on",
        DURATION_SECONDS: "seconds",
    }
    if rater == "client":
        columns[ATTENTION_CHECK] = _check("check", CLIENT_CHECK)
    block = {"instrument": load_instruments()[instrument].id, "rater": rater, "items": "wai_{item}"}
    return {
        "files": INVENTORY_FILES[rater],
        "format": "spss",
        "columns": columns,
        "inventories": [block],
        "missing": {str(REFUSED): "refused", str(NOT_APPLICABLE): "not applicable"},
    }
