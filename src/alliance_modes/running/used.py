"""What each job took when it was run last, and how many can run side by side."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

from alliance_modes.ground.files import write_json
from alliance_modes.ground.layout import PRIVATE

KEPT = PRIVATE / "jobs.json"
"""Beside the results and not among them, which have the same bytes whatever a run took."""


def last_used() -> dict[str, dict[str, float]]:
    """What each job took when it was run last here; nothing where that cannot be read.

    Returns
    -------
    dict
        By cohort and step: ``seconds`` by the clock, ``processor`` seconds of the script and of what it
        started, ``peak_mib`` the largest resident memory of either, ``pid`` the process.
    """
    try:
        kept = json.loads(KEPT.read_text(encoding="utf-8"))
        return {job: {key: float(value) for key, value in used.items()} for job, used in kept.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def last_seconds() -> dict[str, float]:
    """Seconds of each job when it was run last here."""
    return {job: used["seconds"] for job, used in last_used().items() if "seconds" in used}


def keep_used(used: Mapping[str, Mapping[str, float]]) -> None:
    """Keep what jobs took that have ended, beside what the others took."""
    if used:
        write_json(dict(sorted({**last_used(), **used}.items())), KEPT)


def available_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
