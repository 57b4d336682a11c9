"""What a model tests, as it is pooled over cohorts: the covariance of estimates, and of how few they tell."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import ENROLMENT_ID, PRACTITIONER_ID
from alliance_modes.models.design.design import OUTCOME, Design, DesignColumn
from alliance_modes.models.inference.inference import Inference
from alliance_modes.models.result import JointCovariance

MOST_VALUES = 2
"""Different values of a column up to which each is a group of people that an estimate tells of: of more, one
slope does not tell how many have each. A column of categories enters as several of two values."""


def tested_together(design: Design, inference: Inference, of_enrolments: bool) -> JointCovariance | None:
    """The coefficients that a model tests, with the covariance that their tests use.

    Parameters
    ----------
    design : Design
    inference : Inference
    of_enrolments : bool
        Whether each row is an enrolment.

    Returns
    -------
    JointCovariance or None
        None where nothing is tested.

    Notes
    -----
    ``fewest`` is that of ``JointCovariance``. The coefficient of a 0/1 column and its standard error follow
    from the numbers of people who have each value and, of a 0/1 outcome, each outcome: var = 1/a + 1/b + 1/c
    + 1/d where nothing else is in the model. So do those of products with such a column and, as to the
    outcome, those of any column.
    """
    columns = [column for column in design.columns if column.tested]
    if not columns:
        return None
    places = [inference.place(column.name) for column in columns]
    covariance = inference.vcov[np.ix_(places, places)]
    sizes = list(_sizes(design, columns, of_enrolments))
    return JointCovariance(
        terms=tuple((column.term, column.level) for column in columns),
        covariance=tuple(tuple(map(float, row)) for row in covariance),
        fewest=min(sizes) if sizes else None,
    )


def _sizes(design: Design, columns: list[DesignColumn], of_enrolments: bool) -> Iterator[int]:
    """How many people share what an estimate of these columns tells of."""
    people, events = _ids(design, of_enrolments), _events(design)
    if events is not None:
        yield from _shared(people, events)
    divided = _divided(design, columns)
    if not divided:
        return
    cells = [*divided.values(), *([] if events is None else [events])]
    yield from _shared(people, *cells)
    for name, groups in divided.items():
        if _of_practitioners(design, name):
            yield from _shared(design.frame[PRACTITIONER_ID], groups)


def _divided(design: Design, columns: list[DesignColumn]) -> dict[str, pd.Series]:
    """By predictor what divides people into groups, by row: its columns of two values, read together.

    Of categories the one that others are compared with is a group too, which none of the columns is of.
    """
    known = {column.name: column for column in design.columns}
    asked = dict.fromkeys(name for column in columns for name in (column.name, *column.parts))
    found: dict[str, pd.Series] = {}
    for name in asked:
        column = known.get(name)
        groups = _groups(design, column, name)
        if groups is not None:
            predictor = name if column is None else column.predictor
            before = found.get(predictor)
            text = groups.astype("str")
            found[predictor] = text if before is None else before + " " + text
    return found


def _of_practitioners(design: Design, predictor: str) -> bool:
    """Whether all that a predictor enters by is the same in all rows of a practitioner."""
    of = [column.practitioner_level for column in design.columns if column.predictor == predictor]
    return bool(of) and all(of) and PRACTITIONER_ID in design.frame


def _ids(design: Design, of_enrolments: bool) -> pd.Series:
    """Who each row is about; their practitioners, who are fewer, where rows do not tell the enrolment."""
    names = () if of_enrolments else (ENROLMENT_ID, PRACTITIONER_ID)
    found = next((design.frame[name] for name in names if name in design.frame), None)
    return design.frame.index.to_series() if found is None else found


def _events(design: Design) -> pd.Series | None:
    """Whether each row has the outcome, where that is 0 or 1 or counts those who have it; else None."""
    if design.trials is not None and not design.together:
        return None
    happened = design.frame[OUTCOME]
    return happened > 0 if design.together or set(happened.unique()) <= {0, 1} else None


def _groups(design: Design, column: DesignColumn | None, name: str) -> pd.Series | None:
    """The two values of a column by row, those of the 0/1 column that it is a part of; None of many."""
    name = column.binary if column is not None and column.binary in design.frame else name
    values = design.frame.get(name)
    return values if values is not None and values.nunique() <= MOST_VALUES else None


def _shared(ids: pd.Series, *groups: pd.Series) -> Iterator[int]:
    """How many different ids are in each cell of all groups crossed; 0 in a cell that nobody is in."""
    cells = ids.groupby([one.astype("str") for one in groups]).nunique()
    yield from map(int, cells)
    if len(cells) < math.prod(one.nunique() for one in groups):
        yield 0
