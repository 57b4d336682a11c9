"""A moderator as a model takes it: a practitioner's, or a client's in what differs within practitioners."""

from __future__ import annotations

import pandas as pd

from alliance_modes.derive.levels import as_number
from alliance_modes.dictionary.named import ENROLMENT_ID, PRACTITIONER_ID
from alliance_modes.models.design.design import Refusal
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.terms import Predictor
from alliance_modes.relations.practitioner_columns import over_practitioners
from alliance_modes.words.names import plain

PRACTITIONERS_UNIT = "1 SD of practitioners"


def moderator_of(
    name: str, task: RelationTask, table: pd.DataFrame
) -> tuple[pd.DataFrame, Predictor] | Refusal:
    """The table with the columns of a moderator, and the predictor that it is.

    Parameters
    ----------
    name : str
        A predictor of the plan, or a column of the table.
    task : RelationTask
        With the predictors of the plan.
    table : DataFrame
        The analysis table of the model.

    Returns
    -------
    (DataFrame, Predictor) or Refusal
        A refusal where the column was not recorded, holds no numbers or has one value for everybody.

    Notes
    -----
    A predictor of the plan is taken as the plan has it. A column that is the same for all clients of every
    practitioner is theirs, in SDs over practitioners, each counted once. Any other is a client's, in its own
    unit: the practitioner's mean over their clients (each enrolment counted once) and the difference from it.
    """
    if not len(table):
        return Refusal("not_run", "its analysis table has no rows in this cohort")
    planned = task.predictors.get(name)
    column = name if planned is None else planned.column
    if column not in table or table[column].isna().all():
        return Refusal("not_run", f"{plain(name)} is not recorded in this cohort")
    if not (pd.api.types.is_numeric_dtype(table[column]) or pd.api.types.is_bool_dtype(table[column])):
        return Refusal("not_run", f"{plain(name)} is neither a number nor yes or no")
    values = as_number(table[column])
    if values.nunique() < 2:
        return Refusal("not_run", f"{plain(name)} has one value for everybody")
    if planned is not None:
        return table, planned
    known = values.groupby(table[PRACTITIONER_ID])
    if ((known.max() - known.min()).fillna(0.0) == 0.0).all():
        own = f"{name}_over_practitioners"
        wider = table.assign(**{own: over_practitioners(table, name)})
        return wider, Predictor(label=name, column=own, unit=PRACTITIONERS_UNIT, level="between")
    return _split(name, table, values)


def _split(name: str, table: pd.DataFrame, values: pd.Series) -> tuple[pd.DataFrame, Predictor]:
    ones = pd.DataFrame(
        {"value": values, "lead": table[PRACTITIONER_ID], "of": table[ENROLMENT_ID]}, index=table.index
    )
    means = ones.dropna().drop_duplicates("of").groupby("lead")["value"].mean()
    between = as_number(table[PRACTITIONER_ID].map(means))
    wider = table.assign(**{f"{name}_between": between, f"{name}_within": values - between})
    return wider, Predictor(label=name, column=name, unit="1 unit", split=True)
