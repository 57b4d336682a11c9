"""What is fitted: the rows, fixed-effect columns and groupings of one outcome of one model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import ENROLMENT_ID, GROUP_ID, PRACTITIONER_ID, SESSIONS_PLANNED, SITE_ID
from alliance_modes.models.design.smooth import Smooth
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.result import Level, Status

PRACTITIONER, SITE = "practitioner", "site"
OUTCOME = "outcome"
TRIALS = "trials"
OFFSET = "log_exposure"
OBSERVATION = "observation"
OBSERVATION_COLUMN = "observation_id"
GROUPING_COLUMNS: Mapping[str, str] = {
    PRACTITIONER: PRACTITIONER_ID,
    "group": GROUP_ID,
    SITE: SITE_ID,
    "enrolment": ENROLMENT_ID,
}
COURSE = (ENROLMENT_ID, SESSIONS_PLANNED)
"""Columns that a model of hazards keeps: whose session a row is, and how many were planned."""


@dataclass(frozen=True)
class DesignColumn:
    """One fixed-effect column of a model.

    ``practitioner_level`` is true where the column is constant within every practitioner.
    ``binary`` names the 0/1 column that it stands for (itself, or what it is the within part of).
    ``bounds`` are the least and the largest value that the column ``bounded`` can have (this one, or what it
    is the within part of). ``parts`` are the two columns of which it is the product; ``smooth`` is true for
    one of the columns of a spline.
    """

    name: str
    predictor: str
    term: str
    level: Level
    label: str
    unit: str
    tested: bool
    practitioner_level: bool = False
    binary: str = ""
    bounded: str = ""
    bounds: tuple[float, float] | None = None
    parts: tuple[str, ...] = ()
    smooth: bool = False


@dataclass(frozen=True)
class Design:
    """What is fitted: one row per observation used, the outcome in the column ``outcome``.

    Counts have their denominator in the column ``trials`` or the log of their exposure in the column
    ``log_exposure``, and a grouping ``observation`` whose levels are the rows: what varies beyond the
    distribution. With ``together`` a row counts sessions of an
    enrolment that are alike but for their outcome, and there is no such grouping.

    ``dropped`` says which groupings of the plan were left out, and why; ``rows_missing`` counts
    rows of the population without an outcome or a predictor, and ``missing`` says of what. ``reduced`` are
    predictors of the plan that say nothing in this cohort (no value, or one for everybody), and that the plan
    lets go; ``alike`` are parts of split predictors that are the same in every row and no columns; ``pooled``
    are split predictors that enter as one column, as the practitioners are ``few``: fewer than the plan
    says at any covariate of the model (``pooled_below``). ``at_least`` is the level of an ordered outcome
    from which on its chance is told.
    """

    frame: pd.DataFrame
    columns: tuple[DesignColumn, ...]
    groupings: tuple[Grouping, ...]
    dropped: tuple[tuple[str, str], ...]
    clusters: Mapping[str, int]
    rows_missing: int
    missing: tuple[tuple[str, int], ...]
    smooths: tuple[Smooth, ...] = ()
    together: bool = False
    reduced: tuple[str, ...] = ()
    at_least: float | None = None
    pooled: tuple[str, ...] = ()
    few: bool = False
    alike: tuple[str, ...] = ()

    @property
    def observations(self) -> int:
        """Number of observations that the rows stand for."""
        return int(self.frame[TRIALS].sum()) if self.together else len(self.frame)

    def each_observation(self, values: np.ndarray) -> np.ndarray:
        """One value per row, as one per observation."""
        return np.repeat(values, self.frame[TRIALS].astype(int)) if self.together else values

    @property
    def fixed(self) -> tuple[str, ...]:
        """Names of the fixed-effect columns."""
        return tuple(column.name for column in self.columns)

    @property
    def practitioners(self) -> int | None:
        """Number of practitioners; None where the model has no such grouping."""
        return self.clusters.get(PRACTITIONER)

    @property
    def practitioner_columns(self) -> int:
        """Number of fixed-effect columns that are constant within practitioners."""
        return sum(column.practitioner_level for column in self.columns)

    @property
    def crossing(self) -> tuple[str, ...]:
        """Products that vary within practitioners: their effect is known from as many as there are."""
        return tuple(column.name for column in self.columns if column.parts and not column.practitioner_level)

    @property
    def response(self) -> str | tuple[str, str]:
        """The outcome as the engine takes it: a column, or those of successes and of trials."""
        return OUTCOME if self.trials is None else (OUTCOME, TRIALS)

    @property
    def trials(self) -> np.ndarray | None:
        """Out of how many, by row; None where the outcome is no count."""
        return self.frame[TRIALS].to_numpy(dtype=float) if TRIALS in self.frame else None

    @property
    def offset(self) -> str | None:
        """The column that enters the linear predictor as it is: the log of the exposure."""
        return OFFSET if OFFSET in self.frame else None

    @property
    def offsets(self) -> np.ndarray | None:
        """The values of ``offset``, by row; None where there is none."""
        return None if self.offset is None else self.frame[OFFSET].to_numpy(dtype=float)

    @property
    def mean_outcome(self) -> pd.Series:
        """The outcome on the scale of its mean: shares of trials, and 0 or 1 for ordered levels."""
        if self.at_least is not None:
            return (self.frame[OUTCOME] >= self.at_least).astype("float64")
        return self.frame[OUTCOME] if self.trials is None else self.frame[OUTCOME] / self.frame[TRIALS]

    def matrix(self) -> np.ndarray:
        """The fixed-effect design, intercept first."""
        return np.column_stack([np.ones(len(self.frame)), self.frame[list(self.fixed)].to_numpy(dtype=float)])


@dataclass(frozen=True)
class Refusal:
    """Why a model is not fitted; ``few`` where rows or people are lacking: who fell out explains it."""

    status: Status
    reason: str
    few: bool = False
