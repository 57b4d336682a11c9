"""The units that counts are of, one row each: every column is text, and none is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from alliance_modes.dictionary.canonical import CanonicalColumn, dictionary
from alliance_modes.dictionary.named import PRACTITIONER_ID, SITE_ID
from alliance_modes.reports.facts.asked.course import COURSE, course
from alliance_modes.reports.facts.scope import COLUMNS, NOT_RECORDED
from alliance_modes.tables.people import with_modes
from alliance_modes.words.names import capital, plain

YES, NO = "yes", "no"
SURVEYED = "surveyed"
LEADS = "leads_in_"
Rows = dict[str, Mapping[str, Sequence[str]]]
"""By label, what a unit must have to be counted there."""


def enrolment_units(enrolments: pd.DataFrame) -> pd.DataFrame:
    """One row per enrolment: its course, programme and site, and what describes the client in words."""
    described = dictionary().enrolments.describing("client")
    found = {COLUMNS[kind]: enrolments[COLUMNS[kind]] for kind in COLUMNS if COLUMNS[kind] in enrolments}
    found |= {name: enrolments[name] for name in _told(described) if name in enrolments}
    return _texts(found).assign(**{COURSE: course(enrolments)})


def practitioner_units(practitioners: pd.DataFrame, enrolments: pd.DataFrame) -> pd.DataFrame:
    """One row per practitioner: whether mode use is known, what describes them, and whom they lead."""
    names = [name for name in _told(_of_practitioners()) if name in practitioners]
    found = {name: practitioners[name] for name in names}
    if SITE_ID in practitioners:
        found[SITE_ID] = practitioners[SITE_ID]
    units = _texts(found, practitioners.index)
    units[SURVEYED] = with_modes(practitioners).map({True: YES, False: NO})
    programmes = COLUMNS["programme"]
    if programmes in enrolments and PRACTITIONER_ID in enrolments:
        for programme, here in enrolments.groupby(programmes, sort=True):
            leads = practitioners[PRACTITIONER_ID].isin(here[PRACTITIONER_ID].dropna())
            units[f"{LEADS}{programme}"] = leads.map({True: YES, False: NO})
    return units


def client_rows(units: pd.DataFrame) -> Rows:
    """Rows of a table of who the clients are: one for each setting, say, and for each yes."""
    return _rows(units, dictionary().enrolments.describing("client"))


def practitioner_rows(units: pd.DataFrame) -> Rows:
    """Rows of a table of who the practitioners are."""
    return _rows(units, _of_practitioners())


def _of_practitioners() -> dict[str, CanonicalColumn]:
    declared = dictionary()
    return {
        **declared.practitioners.describing("practitioner"),
        **declared.practitioner_survey.describing("practitioner"),
    }


def with_rows() -> frozenset[str]:
    """Columns of which a value has a row of its own where somebody has it, and none where nobody does."""
    described = {**dictionary().enrolments.describing("client"), **_of_practitioners()}
    return frozenset(name for name in _told(described) if described[name].type != "boolean")


def _told(described: Mapping[str, CanonicalColumn]) -> list[str]:
    """Columns that tell something in words: labels, categories, yes and no."""
    return [name for name, column in described.items() if column.type in ("label", "category", "boolean")]


def _texts(columns: Mapping[str, pd.Series], index: pd.Index | None = None) -> pd.DataFrame:
    found = {
        name: (
            column.map({True: YES, False: NO})
            if str(column.dtype) in ("boolean", "bool")
            else column.astype("object").map(str, na_action="ignore")
        )
        .astype("object")
        .fillna(NOT_RECORDED)
        for name, column in columns.items()
    }
    return pd.DataFrame(found, index=index, dtype="object")


def _rows(units: pd.DataFrame, described: Mapping[str, CanonicalColumn]) -> Rows:
    found: Rows = {}
    for name in _told(described):
        if name not in units or (units[name] == NOT_RECORDED).all():
            continue
        if described[name].type == "boolean":
            found[described[name].label] = {name: (YES,)}
            continue
        values = sorted(set(units[name]) - {NOT_RECORDED})
        found |= {f"{capital(plain(name))}: {value}": {name: (value,)} for value in values}
    return found
