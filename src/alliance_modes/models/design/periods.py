"""Sessions of one enrolment counted together, so that a large cohort can be fitted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import ENROLMENT_ID
from alliance_modes.models.design.design import OUTCOME, TRIALS, Design
from alliance_modes.models.design.smooth import Smooth

LARGEST = 200_000
"""Person-period rows above which sessions are counted together."""

ENROLMENT = ENROLMENT_ID


@dataclass(frozen=True)
class Steps(Smooth):
    """A spline held at its mean over each period: periods begin at ``starts``, levels as rows."""

    starts: tuple[float, ...] = ()
    levels: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))

    def at(self, values: np.ndarray) -> np.ndarray:
        """The columns at ``values`` (rows x columns)."""
        return self.levels[self.period(values)]

    def period(self, values: np.ndarray) -> np.ndarray:
        """Which period each value is in; values before the first are in the first."""
        found = np.searchsorted(np.array(self.starts), np.asarray(values, dtype=float), side="right") - 1
        return np.maximum(found, 0)


def in_periods(design: Design, largest: int | None = None) -> Design:
    """The design with the sessions of an enrolment counted together, where it has too many rows.

    Parameters
    ----------
    design : Design
        One row per enrolment and session at risk, with one smooth baseline.
    largest : int, optional
        Rows above which this is done; 200,000.

    Returns
    -------
    Design
        The same where it has no more than ``largest`` rows, no enrolments or not one spline. Else one
        row per enrolment, period and value of whatever else changes from session to session, with
        the number of sessions in ``trials``; periods are of equal length, the shortest that leaves at
        most ``largest`` rows and at least one period more than the spline has columns.

    Notes
    -----
    The only approximation is that the baseline hazard is constant within a period, where the spline is
    held at its mean: sessions alike in everything else are then trials of one probability, and events
    out of trials have the likelihood of the single sessions up to a constant. This uses in which
    session of a period the event fell, which a 0/1 outcome per period with the log of its length as
    offset leaves out. Tested: with a baseline constant within periods the coefficients equal those of
    the single sessions to 1e-6.
    """
    largest = LARGEST if largest is None else largest
    if len(design.frame) <= largest or len(design.smooths) != 1 or ENROLMENT not in design.frame:
        return design
    smooth = design.smooths[0]
    sessions = design.frame[smooth.column].to_numpy(dtype=float)
    first, last = float(sessions.min()), float(sessions.max())
    keys = [design.frame[ENROLMENT], *(design.frame[name] for name in _changing(design))]
    who = pd.DataFrame(dict(enumerate(keys))).groupby(list(range(len(keys))), sort=False).ngroup()
    longest = max(int((last - first + 1) // (len(smooth.names) + 1)), 1)
    for length in range(2, longest + 1):
        starts = np.arange(first, last + 1, length)
        group = who.to_numpy() * len(starts) + np.searchsorted(starts, sessions, side="right") - 1
        if length == longest or len(np.unique(group)) <= largest:
            return _counted(design, smooth, starts, group)
    return design


def _changing(design: Design) -> list[str]:
    """Columns other than the spline's that change within an enrolment."""
    spline = {column.name for column in design.columns if column.smooth}
    names = [name for name in design.fixed if name not in spline]
    rows = design.frame[names].groupby(design.frame[ENROLMENT], sort=False)
    spread = (rows.max() - rows.min()).max()
    return [name for name in names if spread[name] > 0]


def _counted(design: Design, smooth: Smooth, starts: np.ndarray, group: np.ndarray) -> Design:
    sessions = design.frame[smooth.column].to_numpy(dtype=float)
    period = np.searchsorted(starts, sessions, side="right") - 1
    values = design.frame[[smooth.column, *smooth.names]]
    means = values.groupby(period).mean().reindex(range(len(starts))).ffill().bfill()
    rows = design.frame.assign(**{TRIALS: 1.0})
    for name in (smooth.column, *smooth.names):
        rows[name] = means[name].to_numpy()[period]
    totals = {name: "sum" for name in (OUTCOME, TRIALS)}
    frame = rows.groupby(group, sort=False).agg({name: totals.get(name, "first") for name in rows.columns})
    steps = Steps(
        smooth.column,
        smooth.names,
        smooth.knots,
        smooth.centre,
        smooth.transform,
        tuple(starts.tolist()),
        means[list(smooth.names)].to_numpy(),
    )
    return replace(design, frame=frame.reset_index(drop=True), smooths=(steps,), together=True)
