"""The course of the alliance that is expected of a client, and what alerts below it would have been worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import pandas as pd

from alliance_modes.dictionary.named import ENROLMENT_ID
from alliance_modes.models.design.design import Refusal
from alliance_modes.models.peers.following import Following
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.relations.course import Course
from alliance_modes.relations.course.apart import apart, rows, spread
from alliance_modes.relations.course.earlier import Learnt, learnt
from alliance_modes.relations.course.noise import alerts_by_chance
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

NONE: Mapping[str, Mapping[str, pd.DataFrame]] = MappingProxyType({})

Tables = Mapping[str, pd.DataFrame]


def analyse(task: RelationTask, tables: Tables, earlier: Mapping[str, Tables] = NONE) -> Relation:
    """Bands, alerts, and what they would have been worth, of every rating of the settings.

    Parameters
    ----------
    task : RelationTask
    tables : mapping of DataFrame
        The analysis tables, by name.
    earlier : mapping of mapping of DataFrame
        Those of the cohorts from which the courses are expected, by cohort in the order of time; without any,
        they are expected from the clients of other practitioners of this one.

    Returns
    -------
    Relation
        A part per rating, a term per rule of alert. ``<estimand>_by_noise`` has the range of 95 % of
        cohorts of noise in place of an interval.

    Notes
    -----
    What is expected of a rating comes from the clients of other practitioners, or of earlier cohorts
    (``learnt``), by what the model of the settings does not test, and from earlier ratings of the same client
    (``Following``); the limits of the band are those that the ratings of these keep (``rules.limits``).
    Given the client's earlier ratings the band is narrower than that of all clients, and a client who is
    always low is expected to be. In noise each rating is drawn from what is expected of it and an error of
    the cohort, any client's; it is kept within the lowest and the highest rating. A cohort that is above or
    below what earlier ones let expect is so in noise too (by a straight line over sessions): that is nothing
    that happens to one client.
    """
    parts = [_part(one, task, tables, earlier) for one in rated(task, tables)]
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


def _part(one: Rated, task: RelationTask, tables: Tables, earlier: Mapping[str, Tables]) -> Part:
    table = tables[one.model.table]
    if len(table) and one.model.outcomes[0].column not in table:
        return _refused(one, Refusal("not_run", f"no {one.model.table} has a value of {one.scale}"))
    if not earlier:
        found = followed(one, task, table)
        return _refused(one, found) if isinstance(found, Refusal) else _told(one, task, tables, found)
    before = {name: of[one.model.table] for name, of in earlier.items() if one.model.table in of}
    made = learnt(one, task, table, before)
    if isinstance(made, Refusal):
        return _refused(one, made)
    told = _told(one, task, tables, made.found, made)
    difference, alike = apart(one.part, made, task)
    return Part(
        (*told.estimates, *rows(difference, task)),
        (alike, spread(one.part, made), *told.checks),
        told.points,
        told.alerts,
    )


def _refused(one: Rated, why: Refusal) -> Part:
    row = RelationEstimate(part=one.part, term=NEXT, estimand=COVERAGE, status=why.status, reason=why.reason)
    return Part((row,))


def _told(
    one: Rated, task: RelationTask, tables: Tables, found: Following, made: Learnt | None = None
) -> Part:
    settings = task.settings(Course)
    people = tables["enrolment"].set_index(ENROLMENT_ID).reindex(found.rows[ENROLMENT_ID].unique())
    before = None if made is None else made.before
    rules = Rules(found, settings, settings.concern.get(one.scale), before)
    clients = Clients(found.rows, people.reset_index())
    told = Told(one.part, rules, clients, alerts_by_chance(rules, clients, task.seed))
    return Part(tuple(told.estimates()), tuple(told.checks()), tuple(told.points()), tuple(told.alerts()))
