"""Snakemake's own report of a run: it holds results and how they were made, and no row of a person."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

import pandas as pd
from projects import COHORT

from alliance_modes.dictionary.named import CLIENT_ID, ENROLMENT_ID, PRACTITIONER_ID

ENCODED = re.compile(rb"base64,([A-Za-z0-9+/=]{8,})")
PEOPLE = (ENROLMENT_ID, CLIENT_ID, PRACTITIONER_ID)


def ids_of(project) -> set[bytes]:
    """Every keyed id of a person in the tables of the cohort."""
    found: set[str] = set()
    for path in sorted((project.root / "data/processed" / COHORT).rglob("*.parquet")):
        table = pd.read_parquet(path)
        for column in set(PEOPLE) & set(table):
            found |= set(table[column].dropna().astype(str))
    return {one.encode() for one in found}


def everything_in(page: bytes) -> Iterator[bytes]:
    """The page, and all that it holds encoded, also within what it holds."""
    yield page
    for part in ENCODED.findall(page):
        yield from everything_in(base64.b64decode(part + b"=" * (-len(part) % 4)))


def test_snakemakes_own_report_holds_no_row_of_a_person(finished):
    made = finished.snakemake("--report", "overview.html")
    assert made.returncode == 0, made.stderr
    held = list(everything_in((finished.root / "overview.html").read_bytes()))
    assert any(part.startswith(b"rater,instrument,scale,items,n,") for part in held), "reliability.csv"
    ids = ids_of(finished)
    assert len(ids) > 200
    assert sorted(one for one in ids if any(one in part for part in held)) == []
    inside = finished.root / f"reports/{COHORT}/internal"
    for name in ("figures/rater_agreement.png", "tables/reliable_change.csv", "tables/influence.csv"):
        assert (inside / name).read_bytes() not in held
