"""Which columns of the analysis tables a part of a plan can mean, so that no others are read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from alliance_modes.dictionary import named
from alliance_modes.dictionary.canonical import dictionary, scaled
from alliance_modes.domain import COMPONENTS, MODES
from alliance_modes.plan.parts import ImputationTask, ModelTask, RelationTask

IDS = (
    named.ENROLMENT_ID,
    named.CLIENT_ID,
    named.PRACTITIONER_ID,
    named.CO_PRACTITIONER_ID,
    named.GROUP_ID,
    named.SITE_ID,
    named.PROGRAMME_ID,
)
_WORD = re.compile(r"\w+")

OF_MODELS = (*IDS, named.SESSION_NO, named.SESSIONS_PLANNED)
"""What models take of a table whatever the plan says: groupings, and when nobody can leave early."""

OF_RELATIONS = (
    named.ENROLMENT_ID,
    named.PRACTITIONER_ID,
    named.GROUP_ID,
    named.SITE_ID,
    named.SESSION_NO,
    named.SESSIONS_PLANNED,
)
"""What every relational analysis takes of a table, whatever the plan says."""

OF_ANALYSES: Mapping[str, tuple[str, ...]] = {
    "balance": ("balance", "flexibility_match", "flexibility_variation"),
    "mediation": ("last_session",),
    "dyad": ("rater", "instrument", "<instrument>_<scale>"),
    "rupture": (named.RUPTURE, named.RUPTURE_RESOLVED),
    "course": (named.CLIENT_ID, "instrument", "end_kind", "last_session"),
    "specifications": (
        *(*IDS, named.ATTENDED, "at_risk", "denominator", "end_kind", "last_session"),
        *(f"{mode}_{component}" for mode in MODES for component in COMPONENTS),
    ),
}
"""What some take beside that; inventories are looked for by instrument and scale, whatever they are."""

TABLES_OF: Mapping[str, tuple[str, ...]] = {
    "mediation": ("enrolment", "alliance"),
    "dyad": ("alliance",),
    "rupture": ("session",),
    "facets": ("practitioner", "alliance"),
    "curvature": ("enrolment", "alliance"),
    "course": ("enrolment", "session"),
}
"""The tables that analyses read beside those of the models that they start from."""

ENROLMENT = "enrolment"
WHOLE = ("practitioner",)
"""Tables that are read with all columns: they are small."""


def columns_read(task: ModelTask | ImputationTask | RelationTask) -> Mapping[str, frozenset[str]]:
    """Names of all columns of the tables that a task can mean, and names that are no columns.

    Parameters
    ----------
    task : ModelTask, ImputationTask or RelationTask

    Returns
    -------
    mapping of frozenset of str
        By table, none where it is read whole: every text that the task holds (columns, outcomes, settings),
        both columns of split predictors, and those that code takes whatever the plan says. Of relational
        analyses the predictors that their models or settings name, and what a column in SDs was made from
        too, as the SDs of earlier cohorts are others. What is imputed comes from enrolments, which are read
        whole for it. A table that is not named is of no use to the task.
    """
    if isinstance(task, RelationTask):
        held = task.model_dump(mode="json", exclude={"predictors", "relations"})
        texts = {*_texts(held), *_texts(getattr(task.relations, task.name).model_dump(mode="json"))}
        words = {word for text in texts for word in _WORD.findall(text)}
        found = _meant(task, words) | texts
        raw = {name for name in dictionary().enrolments.columns if scaled(name) in found}
        columns = frozenset({*found, *raw, *OF_RELATIONS, *OF_ANALYSES.get(task.name, ())})
        tables = {*(model.table for model in task.models.values()), *TABLES_OF.get(task.name, ())}
        return {table: frozenset() if table in WHOLE else columns for table in sorted(tables)}
    every = {*_texts(task.model_dump(mode="json")), *_meant(task, task.predictors)}
    columns = frozenset({*every, *OF_MODELS})
    if isinstance(task, ImputationTask):
        return {**{model.table: columns for model in task.models.values()}, ENROLMENT: frozenset()}
    return {task.model.table: columns}


def files_read(task: ModelTask | RelationTask, paths: Iterable[str | Path]) -> list[str | Path]:
    """The files of tables, called after them, that a task reads."""
    read = columns_read(task)
    return [path for path in paths if Path(path).stem in read]


def _meant(task: ModelTask | ImputationTask | RelationTask, names: Collection[str]) -> set[str]:
    """Every text of the predictors among ``names``, and both columns of those that are split."""
    asked = [one for name, one in task.predictors.items() if name in names]
    columns = {column for one in asked for column in one.columns()}
    return {*(text for one in asked for text in _texts(one.model_dump(mode="json"))), *columns}


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
