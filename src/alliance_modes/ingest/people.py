"""One id used for two people: a mistake that no later step could notice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.dictionary.named import CLIENT_ID, ENROLMENT_ID, PRACTITIONER_ID
from alliance_modes.ground.errors import Problem

SHOWN_IDS = 5


def shared_ids(tables: Mapping[str, pd.DataFrame]) -> list[Problem]:
    """Problems of ids that stand for two people.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        The typed tables, keyed or not.

    Notes
    -----
    An **enrolment** is one person's: the same ``enrolment_id`` with two different ``client_id``
    is a problem. A **practitioner** has one set of facts: the records of one ``practitioner_id``
    that differ in more than one of site, role, experience, qualification and supervision describe
    two people. Records that are equal, that differ in one fact (a correction), or of which one
    leaves facts blank are not problems here; cleaning lists them. Blank ids are not compared.
    The ids themselves are not shown.
    """
    return [*_two_clients(tables["enrolments"]), *_two_practitioners(tables["practitioners"])]


def _two_clients(enrolments: pd.DataFrame) -> Iterator[Problem]:
    known = enrolments.dropna(subset=[ENROLMENT_ID, CLIENT_ID])
    people = known.groupby(ENROLMENT_ID)[CLIENT_ID].nunique()
    shared = known[known[ENROLMENT_ID].isin(people.index[people > 1])]
    yield from _problems(
        shared,
        "enrolments",
        ENROLMENT_ID,
        f"one {ENROLMENT_ID} is used for two people (two {CLIENT_ID}s)",
        "Give each enrolment its own id, or correct the client's id, in the source system.",
    )


def _two_practitioners(practitioners: pd.DataFrame) -> Iterator[Problem]:
    known = practitioners.dropna(subset=[PRACTITIONER_ID])
    facts = [name for name in dictionary().practitioners.columns if name != PRACTITIONER_ID]
    differing = (known.groupby(PRACTITIONER_ID)[facts].nunique() > 1).sum(axis=1)
    shared = known[known[PRACTITIONER_ID].isin(differing.index[differing > 1])]
    yield from _problems(
        shared,
        "practitioners",
        PRACTITIONER_ID,
        f"one {PRACTITIONER_ID} is used for two people (more than one fact differs between its records)",
        "Give each practitioner an own id, or keep one record of the person, in the source system.",
    )


def _problems(shared: pd.DataFrame, table: str, column: str, message: str, hint: str) -> Iterator[Problem]:
    found = list(shared.groupby(column, sort=False))
    for _, records in found[:SHOWN_IDS]:
        places = records.groupby("source_file", sort=False)["source_row"].agg(
            lambda rows: tuple(map(int, rows))
        )
        file, rows = str(places.index[0]), places.iloc[0]
        elsewhere = "".join(
            f"; also {other} row{'s' * (len(at) > 1)} {', '.join(map(str, at))}"
            for other, at in places.iloc[1:].items()
        )
        yield Problem(message + elsewhere, hint, file=file, table=table, column=column, rows=rows)
    if len(found) > SHOWN_IDS:
        rest = f"{len(found) - SHOWN_IDS} further ids are used for two people"
        yield Problem(rest, hint, table=table, column=column, file=str(shared["source_file"].iloc[0]))
