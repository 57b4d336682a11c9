"""Cohorts of a few rows, written into a folder of the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from alliance_modes.cleaning.identity import DEMONSTRATION_KEY
from alliance_modes.ground.errors import CohortError, Problem
from alliance_modes.ingest.stage import Ingested, ingest_cohort

ENROLMENTS = """\
enrolment,client,started
E1,C1,2024-01-08
E2,C2,2024-01-09
"""

ALLIANCE = (
    "enrolment,"
    + ",".join(f"w{item}" for item in range(1, 13))
    + "\nE1"
    + ",3" * 12
    + "\nE2"
    + ",4" * 12
    + "\n"
)

COHORT = """\
cohort: small
title: a small cohort
data_lock: 2024-12-31
tables:
  enrolments:
    files: enrolments.csv
    format: csv
    columns:
      enrolment_id: enrolment
      client_id: client
      started_on: started
  alliance:
    files: alliance.csv
    format: csv
    columns: {enrolment_id: enrolment}
    inventories:
      - {instrument: wai_sr, rater: client, items: "w{item}"}
"""


def write_cohort(folder: Path, cohort: str = COHORT, **files: str | bytes) -> Path:
    """Write ``cohort.yaml``, the two required exports, and ``files`` (``__`` for the dot) over them."""
    written = {"enrolments__csv": ENROLMENTS, "alliance__csv": ALLIANCE, **files}
    (folder / "cohort.yaml").write_text(cohort, encoding="utf-8")
    for name, content in written.items():
        target = folder / name.replace("__", ".")
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def ingest(folder: Path) -> Ingested:
    """Ingest with the public key."""
    return ingest_cohort(folder, DEMONSTRATION_KEY)


def problems(folder: Path) -> tuple[Problem, ...]:
    """Problems that stop the cohort; fails the test where there are none."""
    with pytest.raises(CohortError) as caught:
        ingest(folder)
    return caught.value.problems


def only_problem(folder: Path) -> Problem:
    """The one problem of a cohort."""
    found = problems(folder)
    assert len(found) == 1, [str(problem) for problem in found]
    return found[0]
