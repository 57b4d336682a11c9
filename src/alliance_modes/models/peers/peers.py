"""Ratings by clients of all practitioners of a cohort, in one model without the practitioners' modes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import CLIENT_ID, ENROLMENT_ID, PRACTITIONER_ID, SESSION_NO
from alliance_modes.models.design.build import build_design, select_rows
from alliance_modes.models.design.design import Design, Refusal
from alliance_modes.models.design.random_structure import Structure, fit_structure
from alliance_modes.models.effects.shrunken import Shrunken, shrunken_estimates
from alliance_modes.models.engine.distributions import NORMAL
from alliance_modes.plan.parts import SupervisionTask
from alliance_modes.plan.terms import PRACTITIONER

WHOSE = (CLIENT_ID, ENROLMENT_ID, PRACTITIONER_ID, SESSION_NO)
"""Columns that say whose a rating is, and of which session."""


@dataclass(frozen=True)
class Peers:
    """One model of the ratings of all clients; ``rows`` say whose the ratings are that it is fitted to, in
    the order of the design's rows."""

    rows: pd.DataFrame
    design: Design
    structure: Structure

    def clients(self) -> pd.Series:
        """Number of rated clients by practitioner; an enrolment of which no client is known is one."""
        client = self.rows[CLIENT_ID].fillna(self.rows[ENROLMENT_ID])
        return client.groupby(self.rows[PRACTITIONER_ID].astype("str")).nunique()

    def positions(self) -> Shrunken:
        """Each practitioner beside the others, with clients made comparable; see ``shrunken_estimates``."""
        return shrunken_estimates(
            self.structure.fit, self.structure.groupings, self.design.frame, PRACTITIONER
        )


def fit_peers(task: SupervisionTask, table: pd.DataFrame) -> Peers | Refusal:
    """Fit the model of the sheets to the analysis table of its ratings.

    Parameters
    ----------
    task : SupervisionTask
    table : DataFrame
        One row per rating of a client at a session.

    Returns
    -------
    Peers or Refusal
        A refusal where the cohort has no such ratings, fewer practitioners with a rated client than the task
        asks for (one and its peers), or the fit did not converge.

    Notes
    -----
    A predictor that is not recorded counts as the mean over the clients who have it, so that every rated
    client is on a sheet.
    """
    (outcome,) = task.model.outcomes
    whole = filled(task, table, table.drop_duplicates(ENROLMENT_ID))
    selected = select_rows(whole, task.model, outcome, task.predictors)
    if isinstance(selected, Refusal):
        return selected
    design = build_design(whole, task.model, outcome, task.predictors)
    if isinstance(design, Refusal):
        return design
    if (design.practitioners or 1) <= task.peers_at_least:
        reason = (
            f"{_practitioners(design.practitioners)} a rated client; one and {task.peers_at_least} peers "
            "are needed"
        )
        return Refusal("not_estimated", reason, few=True)
    structure = fit_structure(design, NORMAL)
    if not structure.fit.converged:
        return Refusal("not_converged", "the model of the ratings did not converge")
    return Peers(whose(whole, selected.places), design, structure)


def whose(table: pd.DataFrame, places: np.ndarray, *more: str) -> pd.DataFrame:
    """Whose the ratings at some places of a table are, with ``more`` of its columns and no others.

    Parameters
    ----------
    table : DataFrame
    places : array of int
    *more : str
    """
    columns = [name for name in table.columns if name in (*WHOSE, *more)]
    return table[columns].iloc[places].reset_index(drop=True)


def _practitioners(count: int | None) -> str:
    return "1 practitioner has" if count == 1 else f"{count or 'no'} practitioners have"


def filled(task: SupervisionTask, table: pd.DataFrame, clients: pd.DataFrame) -> pd.DataFrame:
    """The table with the mean over ``clients`` (one row each) where a predictor of the model is missing."""
    columns = {
        column
        for name in task.model.predictors
        for column in task.predictors[name].columns()
        if column in table and table[column].isna().any() and pd.api.types.is_numeric_dtype(table[column])
    }
    means = {column: clients[column].astype("float64").mean() for column in sorted(columns)}
    return table.assign(
        **{column: table[column].astype("float64").fillna(mean) for column, mean in means.items()}
    )
