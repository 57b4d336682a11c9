"""Every relational analysis by the name that the plan gives its settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from alliance_modes.ground.errors import ModelError
from alliance_modes.plan.parts import RelationTask
from alliance_modes.relations.balance import analysis as balance
from alliance_modes.relations.course import analysis as course
from alliance_modes.relations.curvature import analysis as curvature
from alliance_modes.relations.dyad import analysis as dyad
from alliance_modes.relations.facets import analysis as facets
from alliance_modes.relations.lagged import analysis as lagged
from alliance_modes.relations.mediation import analysis as mediation
from alliance_modes.relations.moderators import analysis as moderators
from alliance_modes.relations.plasmode import analysis as plasmode
from alliance_modes.relations.result import Relation
from alliance_modes.relations.rupture import analysis as rupture
from alliance_modes.relations.specifications import analysis as specifications

Analyse = Callable[[RelationTask, Mapping[str, pd.DataFrame]], Relation]

ANALYSES: Mapping[str, Analyse] = {
    "balance": balance.analyse,
    "mediation": mediation.analyse,
    "lagged": lagged.analyse,
    "dyad": dyad.analyse,
    "rupture": rupture.analyse,
    "moderators": moderators.analyse,
    "facets": facets.analyse,
    "curvature": curvature.analyse,
    "specifications": specifications.analyse,
    "course": course.analyse,
    "plasmode": plasmode.analyse,
}
"""From a task and the analysis tables to the result; the names are those of ``plan.relations``."""


FROM_EARLIER: Mapping[str, Callable[..., Relation]] = {"course": course.analyse}
"""Those that can learn from earlier cohorts, whose tables they take too."""


def analyse(
    task: RelationTask,
    tables: Mapping[str, pd.DataFrame],
    earlier: Mapping[str, Mapping[str, pd.DataFrame]] | None = None,
) -> Relation:
    """Make the analysis that ``task`` names.

    Parameters
    ----------
    task : RelationTask
    tables : mapping of DataFrame
        The analysis tables of one cohort, by name.
    earlier : mapping of mapping of DataFrame, optional
        Those of earlier cohorts that the settings name, by cohort.

    Raises
    ------
    ModelError
        Earlier cohorts are given to an analysis that learns from none.
    """
    if not earlier:
        return ANALYSES[task.name](task, tables)
    if task.name not in FROM_EARLIER:
        raise ModelError(f"{task.name} learns nothing from earlier cohorts")
    return FROM_EARLIER[task.name](task, tables, earlier)
