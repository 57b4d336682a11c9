"""Facets of the modes one by one: techniques, and goal, task and bond of each mode."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from alliance_modes.domain import COMPONENTS, MODES
from alliance_modes.models.design.design import PRACTITIONER, Refusal
from alliance_modes.models.result import Check, Status
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.relations.facets import Facets
from alliance_modes.relations.facets.components import (
    CELLS,
    Stacked,
    outcomes_of,
    own_less_others,
    stacked,
)
from alliance_modes.relations.facets.techniques import of_techniques
from alliance_modes.relations.fitted import asked, tested_modes
from alliance_modes.relations.result import Relation, RelationCheck, RelationEstimate, relation

NAME = "facets"
OWN_LESS_OTHERS = "own_less_others"
AS_INDEPENDENT = "own_less_others_as_independent"
"""By least squares, as if no two ratings were of one client or practitioner: the usual way."""

EVERY = "facets"
UNIT = "points of the rating per 1 SD of practitioners"


def analyse(task: RelationTask, tables: Mapping[str, pd.DataFrame]) -> Relation:
    """Facets of the modes with goal, task and bond, and techniques with outcomes.

    Parameters
    ----------
    task : RelationTask
    tables : mapping of DataFrame
        The analysis tables, by name.

    Returns
    -------
    Relation
        Part ``<model>.<rater>``: per facet what it goes with on ``goal``, ``task`` and ``bond`` less the mean
        of the three (estimands ``on_goal`` ...); ``own_less_others``: on its own component less the other
        two, per facet, per mode (mean over its facets) and over all (term ``facets``), and the same
        ``_as_independent``. Part of an outcome: each technique beside the other eight, their joint
        test, ``adjusted`` and ``shrunken``. Checks ``profiles`` and ``reliability``.

    Notes
    -----
    A facet of the survey is one item: its error makes what it goes with smaller, and nothing tells by how
    much. Facets and techniques are in the model in place of the modes, of which they are parts.
    """
    settings = task.settings(Facets)
    people = tables["practitioner"] if "practitioner" in tables else tables["enrolment"]
    estimates, checks = _components(task, settings, tables, people)
    for one in asked(task):
        wanted = one.outcome.name in settings.outcomes and one.part.partition(".")[0] in settings.models
        if not wanted or not settings.techniques or one.table not in tables:
            continue
        if not tested_modes(one, task):
            continue
        found, checked = of_techniques(one, task, tables[one.table], people, settings.techniques)
        estimates += found
        checks += checked
    return relation(NAME, estimates, checks)


def _components(
    task: RelationTask, settings: Facets, tables: Mapping[str, pd.DataFrame], people: pd.DataFrame
) -> tuple[list[RelationEstimate], list[RelationCheck]]:
    part = f"{settings.alliance}.{settings.rater}"
    outcomes = outcomes_of(task, settings.alliance, settings.rater)
    if isinstance(outcomes, Refusal):
        return [_refused(part, outcomes)], []
    if "alliance" not in tables:
        return [_refused(part, Refusal("not_run", "there are no inventories of the alliance"))], []
    found = stacked(outcomes, task, tables["alliance"], people)
    if isinstance(found, Refusal):
        return [_refused(part, found)], []
    return list(_numbers(part, found)), [_profiles(part, found)]


def _refused(part: str, why: Refusal) -> RelationEstimate:
    return RelationEstimate(
        part=part, term=EVERY, estimand=OWN_LESS_OTHERS, status=why.status, reason=why.reason
    )


def _numbers(part: str, found: Stacked) -> Iterator[RelationEstimate]:
    status: Status = "singular" if found.fit.singular else "ok"
    said: dict[str, Any] = {
        "part": part,
        "level": "between",
        "unit": UNIT,
        "n": len(found.frame) // 2,
        "clusters": dict(found.design.clusters),
        "status": status,
    }
    groups = {EVERY: list(CELLS)}
    groups |= {mode: [cell for cell, (of, _) in CELLS.items() if of == mode] for mode in MODES}
    groups |= {cell: [cell] for cell in CELLS}
    for term, cells in groups.items():
        of_group = own_less_others(cells)
        one = found.slope(of_group)
        yield RelationEstimate(
            **said,
            term=term,
            estimand=OWN_LESS_OTHERS,
            estimate=one.estimate,
            se=one.se,
            df=one.df,
            statistic=one.estimate / one.se,
            p=one.p,
            ci_low=one.ci_low,
            ci_high=one.ci_high,
        )
        estimate, p = found.as_independent(of_group)
        yield RelationEstimate(**said, term=term, estimand=AS_INDEPENDENT, estimate=estimate, p=p)
    for cell in CELLS:
        for component, alone in zip(COMPONENTS, np.eye(len(COMPONENTS)), strict=True):
            one = found.slope({cell: alone})
            yield RelationEstimate(
                **said,
                term=cell,
                estimand=f"on_{component}",
                estimate=one.estimate,
                se=one.se,
                df=one.df,
                ci_low=one.ci_low,
                ci_high=one.ci_high,
            )


def _profiles(part: str, found: Stacked) -> RelationCheck:
    """Whether practitioners differ in what they get on one component rather than another."""
    own = next(group for group in found.fit.covariances if group.grouping == PRACTITIONER)
    flat = any(own.pinned)
    result: Check = "fail" if flat else "pass"
    detail = (
        "practitioners do not differ in goal beside task and bond beyond what facets and chance tell"
        if flat
        else "practitioners differ in goal, task and bond beside each other beyond what facets tell"
    )
    return RelationCheck(part=part, check="profiles", result=result, detail=detail)
