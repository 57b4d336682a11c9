"""Ruptures: recorded ones, falls of a rating beyond its error, and drop-out after each kind (H8)."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from alliance_modes.dictionary.named import RUPTURE
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.relations.rupture import Rupture
from alliance_modes.relations.result import (
    Relation,
    RelationCheck,
    RelationEstimate,
    RelationPoint,
    refused,
    relation,
)
from alliance_modes.relations.rupture.ends import before_drop_out
from alliance_modes.relations.rupture.falls import falls_of
from alliance_modes.relations.rupture.recorded import by_session, kinds_told, recorded


def analyse(task: RelationTask, tables: Mapping[str, pd.DataFrame]) -> Relation:
    """Everything about ruptures that the cohort can tell.

    Parameters
    ----------
    task : RelationTask
    tables : mapping of DataFrame
        The analysis tables, by name, and ``scales`` (the errors of measurement).

    Returns
    -------
    Relation
        Parts ``recorded``, ``falls.<scale>`` and ``<model>.<outcome>``.
    """
    settings = task.settings(Rupture)
    sessions = tables.get("session")
    if sessions is None or sessions.empty:
        return refused("rupture", "not_run", "no sessions")
    estimates: list[RelationEstimate] = list(recorded(sessions))
    checks: list[RelationCheck] = list(kinds_told(sessions))
    points: list[RelationPoint] = list(by_session(sessions))
    if "scales" in tables:
        falls = falls_of(sessions, tables["scales"], settings, task.seed)
        estimates += falls.estimates
        checks += falls.checks
        points += falls.points
    if sessions[RUPTURE].notna().any():
        estimates += before_drop_out(task, sessions)
    return relation("rupture", estimates, checks, points)
