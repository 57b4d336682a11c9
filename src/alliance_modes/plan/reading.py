"""Which columns of the analysis tables a part of a plan can mean, so that no others are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from alliance_modes.dictionary import named
from alliance_modes.dictionary.canonical import dictionary, scaled
from alliance_modes.domain import COMPONENTS, MODES
from alliance_modes.plan.parts import ModelTask, RelationTask

IDS = (
    named.ENROLMENT_ID,
    named.CLIENT_ID,
    named.PRACTITIONER_ID,
    named.CO_PRACTITIONER_ID,
    named.GROUP_ID,
    named.SITE_ID,
    named.PROGRAMME_ID,
)
OF_MODELS = (*IDS, named.SESSION_NO, named.SESSIONS_PLANNED)
"""What models take of a table whatever the plan says: groupings, and when nobody can leave early."""

OF_RELATIONS = (
    *OF_MODELS,
    named.ATTENDED,
    named.RUPTURE,
    named.RUPTURE_RESOLVED,
    named.ENROLMENT_STATUS,
    "at_risk",
    "denominator",
    "end_kind",
    "flexibility_match",
    "flexibility_variation",
    "last_session",
    *(f"{mode}_{component}" for mode in MODES for component in COMPONENTS),
)
"""What relational analyses take beside that."""

NARROWED = ("session", "enrolment")
"""The tables of which relational analyses read some columns: inventories are looked for by instrument and
scale, whatever they are, and are fewer."""


def columns_read(task: ModelTask | RelationTask) -> Mapping[str, frozenset[str]]:
    """Names of all columns of some tables that a task can mean, and names that are no columns.

    Parameters
    ----------
    task : ModelTask or RelationTask

    Returns
    -------
    mapping of frozenset of str
        By table: every text that the task holds (columns, outcomes, settings), both columns of split
        predictors, and those that code takes whatever the plan says; of relational analyses what a column in
        SDs was made from too, as the SDs of earlier cohorts are others. A table that is not named is read
        whole.
    """
    split = {one for predictor in task.predictors.values() for one in predictor.columns()}
    texts = {*_texts(task.model_dump(mode="json")), *split}
    if isinstance(task, RelationTask):
        raw = {name for name in dictionary().enrolments.columns if scaled(name) in texts}
        return dict.fromkeys(NARROWED, frozenset({*texts, *raw, *OF_RELATIONS}))
    return {task.model.table: frozenset({*texts, *OF_MODELS})}


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)
