"""Where every file of a cohort is. The one place that knows the folder names."""

from __future__ import annotations

from pathlib import Path

PROCESSED = Path("data/processed")
REPORTS = Path("reports")
RAW = Path("data/raw")
LOGS = Path("logs")
OF_ALL_COHORTS = "_cohorts"
"""In place of a cohort's name: the folder of what is made over all cohorts of a run."""

PRIVATE = Path(".alliance_modes")
"""What a run keeps for the next one and nobody reads: no result, and nothing that a number depends on."""

STUDY_INSTRUMENTS = Path("config/instruments")


RELEASE = "release"
"""The edition that may leave the building: only the room ``release`` writes to its folder."""

RELEASE_RECORD = "release_record"
"""Folder of the internal edition in which the counts behind a release stay."""


CRATE = "crate"
"""A release with how it was made, for whoever gets it: made on request from what is up to date."""

SHARED = "shared"
"""What may be given away of a release to be pooled with other cohorts: made on request."""

POOLED = REPORTS / "_pooled"
"""What the cohorts of several holders come to."""

RELEASED = Path("data/released")
"""What was handed over, by cohort: an input of what is released next."""


def processed(cohort: str, *parts: str) -> Path:
    """``data/processed/<cohort>/...``"""
    return PROCESSED.joinpath(cohort, *parts)


def cohort_of(path: str | Path) -> str:
    """The cohort whose file this is, of a path as ``processed`` makes it."""
    return Path(path).relative_to(PROCESSED).parts[0]


def report(cohort: str, edition: str, *parts: str) -> Path:
    """``reports/<cohort>/<edition>/...``"""
    return REPORTS.joinpath(cohort, edition, *parts)


def handed_over(cohort: str, root: Path = Path()) -> list[str]:
    """``data/released/<cohort>/001.json`` and so on, in the order of the releases."""
    return sorted(str(path) for path in (root / RELEASED / cohort).glob("[0-9][0-9][0-9].json"))
