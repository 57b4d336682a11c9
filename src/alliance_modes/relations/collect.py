"""All relational analyses of a cohort into tidy tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pandas as pd

from alliance_modes.dictionary.relations import TABLES
from alliance_modes.relations.result import Relation


def collect(found: Iterable[Relation]) -> dict[str, pd.DataFrame]:
    """Gather analyses into tables, in the order given.

    Parameters
    ----------
    found : iterable of Relation

    Returns
    -------
    dict of DataFrame
        ``relations`` (one row per number; one per analysis that has none, with its reason),
        ``relation_checks``, ``relation_points`` and ``alerts``, with the columns of
        ``dictionary/relations``.
    """
    every = tuple(found)
    rows = {
        "relations": (row for one in every for row in _numbers(one)),
        "relation_checks": ({"analysis": one.analysis, **dict(row)} for one in every for row in one.checks),
        "relation_points": ({"analysis": one.analysis, **dict(row)} for one in every for row in one.points),
        "alerts": ({"analysis": one.analysis, **dict(row)} for one in every for row in one.alerts),
    }
    return {name: TABLES[name].from_rows(of_table) for name, of_table in rows.items()}


def _numbers(one: Relation) -> Iterator[dict]:
    if not one.estimates:
        yield {"analysis": one.analysis, "status": one.status, "reason": one.reason}
    for row in one.estimates:
        clusters = "; ".join(f"{name}={count}" for name, count in row.clusters.items())
        yield {"analysis": one.analysis, **dict(row), "clusters": clusters}
