"""The course of the alliance that is expected of a client, and what alerts below it would have been worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import ENROLMENT_ID
from alliance_modes.models.design.design import Refusal
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.relations.course import Course
from alliance_modes.relations.course.rated import Rated, followed, rated
from alliance_modes.relations.course.rules import NEXT, Rules
from alliance_modes.relations.course.told import COVERAGE, Told
from alliance_modes.relations.course.worth import Clients
from alliance_modes.relations.result import (
    Relation,
    RelationAlert,
    RelationCheck,
    RelationEstimate,
    RelationPoint,
    refused,
    relation,
)

NOISE = 200
"""Cohorts in which nothing happens to anybody, behind each expected number."""


def analyse(task: RelationTask, tables: Mapping[str, pd.DataFrame]) -> Relation:
    """Bands, alerts, and what they would have been worth, of every rating of the settings.

    Parameters
    ----------
    task : RelationTask
    tables : mapping of DataFrame
        The analysis tables, by name.

    Returns
    -------
    Relation
        A part per rating, a term per rule of alert. ``<estimand>_by_noise`` has the range of 95 % of
        cohorts of noise in place of an interval.

    Notes
    -----
    What is expected of a rating comes from the clients of other practitioners, by what the model of the
    settings does not test, and from earlier ratings of the same client (``Following``); the limits of the
    band are those that other practitioners' ratings keep (``rules.limits``). Given the earlier ratings the
    band is narrower than that of all clients, and a client who is always low is expected to be. In noise
    each rating is drawn from what is expected of it and an error of the cohort, any client's; it is kept
    within the lowest and the highest rating.
    """
    parts = [_part(one, task, tables) for one in rated(task, tables)]
    if not parts:
        return refused("course", "not_run", "the cohort has none of these ratings over sessions")
    return relation(
        "course",
        [row for part in parts for row in part.estimates],
        [row for part in parts for row in part.checks],
        [row for part in parts for row in part.points],
        [row for part in parts for row in part.alerts],
    )


@dataclass(frozen=True)
class Part:
    """What one rating came to."""

    estimates: tuple[RelationEstimate, ...]
    checks: tuple[RelationCheck, ...] = ()
    points: tuple[RelationPoint, ...] = ()
    alerts: tuple[RelationAlert, ...] = ()


def _part(one: Rated, task: RelationTask, tables: Mapping[str, pd.DataFrame]) -> Part:
    settings = task.settings(Course)
    found = followed(one, task, tables[one.model.table])
    if isinstance(found, Refusal):
        row = RelationEstimate(
            part=one.part, term=NEXT, estimand=COVERAGE, status=found.status, reason=found.reason
        )
        return Part((row,))
    people = tables["enrolment"].set_index(ENROLMENT_ID).reindex(found.rows[ENROLMENT_ID].unique())
    rules = Rules(found, settings, settings.concern.get(one.scale))
    told = Told(one.part, rules, Clients(found.rows, people.reset_index()), noise_of(rules, task.seed))
    return Part(tuple(told.estimates()), tuple(told.checks()), tuple(told.points()), tuple(told.alerts()))


def noise_of(rules: Rules, seed: int) -> np.ndarray:
    """Ratings (rows x cohorts) that vary as those of the cohort do, with nothing that happens to anybody."""
    rng = np.random.default_rng([seed, 15])
    own, values = rules.own[NEXT], rules.found.rows["value"]
    drawn = rng.choice(own - own.mean(), size=(len(own), NOISE))
    return np.clip(rules.found.from_errors(drawn), values.min(), values.max())
