"""What is rated over sessions, and the model by which it is expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from alliance_modes.models.design.design import Refusal
from alliance_modes.models.peers.following import Following, following
from alliance_modes.models.peers.peers import fit_peers
from alliance_modes.plan.families import FAMILIES
from alliance_modes.plan.parts import RelationTask, SupervisionTask, comparable
from alliance_modes.plan.relations.course import Course
from alliance_modes.plan.terms import Outcome, PlannedModel

PARTS = 10
"""Into how many parts practitioners are dealt; what is expected in one is from the others."""


@dataclass(frozen=True)
class Rated:
    """One rating over sessions by its ``part`` in every table, the analysis ``table`` and the ``model``."""

    part: str
    scale: str
    model: PlannedModel


def rated(task: RelationTask, tables: Mapping[str, pd.DataFrame]) -> Iterator[Rated]:
    """Every rating of the settings, scales by session first; outcomes that the plan lacks are passed over.

    Parameters
    ----------
    task : RelationTask
    tables : mapping of DataFrame
        The analysis tables, by name.
    """
    settings = task.settings(Course)
    model = task.models.get(settings.model)
    if model is None or FAMILIES[model.family].link != "identity":
        return
    for scale in settings.scales:
        outcome = Outcome(name=scale, label=scale, column=scale, rater="client")
        if "session" in tables:
            yield Rated(scale, scale, model.model_copy(update={"table": "session", "outcomes": (outcome,)}))
    for outcome in model.outcomes:
        if outcome.name in settings.outcomes and model.table in tables:
            part = f"{settings.model}.{outcome.name}"
            yield Rated(part, outcome.name, model.model_copy(update={"outcomes": (outcome,)}))


def followed(one: Rated, task: RelationTask, table: pd.DataFrame) -> Following | Refusal:
    """The ratings beside what was expected of them; a refusal where too little is known for that.

    Parameters
    ----------
    one : Rated
    task : RelationTask
    table : DataFrame
        The analysis table of the ratings.

    Notes
    -----
    Clients are made comparable by what the model does not test: modes stay out, as a client's course
    should be expected whoever leads.
    """
    asked = expected_by(one, task)
    if isinstance(asked, Refusal):
        return asked
    peers = fit_peers(asked, table)
    if isinstance(peers, Refusal):
        return peers
    found = following(peers, PARTS)
    return too_few(found, task) or found


def expected_by(one: Rated, task: RelationTask) -> SupervisionTask | Refusal:
    """The model of the ratings without what it tests; a refusal where nothing is left."""
    if not one.model.covariates:
        return Refusal("not_run", "the model has no predictor by which clients are made comparable")
    predictors, model = comparable(one.model, task.predictors)
    return SupervisionTask(
        clients_at_least=1,
        peers_at_least=task.settings(Course).peers_at_least,
        predictors=predictors,
        model=model,
    )


def too_few(found: Following, task: RelationTask) -> Refusal | None:
    """A refusal where a band would rest on fewer ratings than the settings ask for."""
    needed = task.settings(Course).ratings_at_least
    if len(found.rows) >= needed:
        return None
    return Refusal("not_estimated", f"{len(found.rows)} ratings; {needed} are needed", few=True)
