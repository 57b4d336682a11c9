"""The simulated people of a planned study: a truth at its size, with the rates that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import ATTENDED, ENROLMENT_STATUS, SESSION_NO
from alliance_modes.domain import DROP_OUT, EARLY_ENDS
from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.plan.plan import Plan
from alliance_modes.power.planned.asked import PlannedStudy, Size
from alliance_modes.recovery.cohorts import analysis_tables
from alliance_modes.recovery.settings import everyone_surveyed
from alliance_modes.simulate import Truth, simulate_tables

SEARCHED = 4_000
"""Enrolments in which a rate is looked for: it is known to within a point then."""
STEPS = 12
REACH = 8.0
"""How far from the truth's a log-odds or log hazard is looked for."""
CLOSE = 0.01


def with_rates(truth: Truth, asked: PlannedStudy) -> Truth:
    """The truth, tidy, with the completion and the attendance that are asked for.

    Raises
    ------
    ConfigurationError
        No hazard of drop-out gives that completion: as many leave in other ways.

    Notes
    -----
    Drop-out's log hazard (its ``intercept``), and the log-odds of attending, are halved in on over
    simulated cohorts with the same random numbers.
    """
    truth = everyone_surveyed(truth.tidy())
    if asked.attendance is not None:
        truth = _searched(truth, _attending, attended_of, asked.attendance, "attendance")
    if asked.completion is not None:
        truth = _searched(truth, _leaving, completed_of, asked.completion, "completion")
    return truth


def tables_of(truth: Truth, plan: Plan, size: Size, seed: list[int]) -> Mapping[str, pd.DataFrame]:
    """The analysis tables of one simulated cohort of a size."""
    own = int(np.random.SeedSequence(seed).generate_state(1)[0])
    sized = truth.with_size(size.enrolments, practitioners=size.practitioners, sites=size.sites)
    return analysis_tables(sized.with_seed(own), plan)


def completed_of(tables: Mapping[str, pd.DataFrame]) -> float:
    """Share of completers among those who started and did not end administratively."""
    status = tables["enrolments"][ENROLMENT_STATUS]
    left = [end for end in EARLY_ENDS if end != "administrative"]
    return float((status == "completed").sum() / status.isin(["completed", *left]).sum())


def attended_of(tables: Mapping[str, pd.DataFrame]) -> float:
    """Share of sessions attended of those offered after the first."""
    sessions = tables["sessions"]
    return float(sessions.loc[sessions[SESSION_NO] > 1, ATTENDED].astype("boolean").mean())


def _leaving(truth: Truth, shift: float) -> Truth:
    hazard = getattr(truth.ends, DROP_OUT)
    moved = hazard.model_copy(update={"intercept": hazard.intercept - shift})
    return truth.model_copy(update={"ends": truth.ends.model_copy(update={DROP_OUT: moved})})


def _attending(truth: Truth, shift: float) -> Truth:
    declared = truth.attendance
    moved = declared.model_copy(update={"intercept": declared.intercept + shift})
    return truth.model_copy(update={"attendance": moved})


def _searched(
    truth: Truth,
    moved: Callable[[Truth, float], Truth],
    rate: Callable[[Mapping[str, pd.DataFrame]], float],
    wanted: float,
    said: str,
) -> Truth:
    """The truth moved until the rate, which rises with the shift, is the one that is wanted."""
    small = truth.with_size(SEARCHED)
    low, high = -REACH, REACH
    for _ in range(STEPS):
        middle = (low + high) / 2.0
        low, high = (
            (middle, high) if rate(simulate_tables(moved(small, middle)).tables) < wanted else (low, middle)
        )
    found = rate(simulate_tables(moved(small, high)).tables)
    if abs(found - wanted) > CLOSE:
        raise ConfigurationError(
            f"a {said} of {100 * wanted:g} %",
            [
                Problem(
                    f"the simulated people come no nearer than {100 * found:.0f} %: some leave in other ways",
                    "Give a rate that is nearer to it, or a truth file of your own (--truth).",
                )
            ],
        )
    return moved(truth, high)
