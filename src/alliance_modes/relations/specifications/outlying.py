"""Practitioners whose clients fare so differently that chance does not explain it, given their modes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from alliance_modes.derive.levels import as_number
from alliance_modes.dictionary.named import PRACTITIONER_ID
from alliance_modes.models.design.build import rows_about
from alliance_modes.plan.terms import Outcome

LEVEL = 0.05
FEWEST_SPARE = 3
"""Practitioners beyond the coefficients below which nobody is called outlying."""


@dataclass(frozen=True)
class Outlying:
    """``left_out`` by id; ``p`` of the farthest, adjusted for how many there are (None: not looked at)."""

    left_out: tuple[str, ...] = ()
    p: float | None = None


def outlying(table: pd.DataFrame, outcome: Outcome, columns: Sequence[str]) -> Outlying:
    """Find practitioners far from all others.

    Parameters
    ----------
    table : DataFrame
        The analysis table of a model.
    outcome : Outcome
        Which rows, and what of them.
    columns : sequence of str
        Practitioner-level columns.

    Notes
    -----
    Practitioners' mean outcomes are regressed on ``columns``, weighted by n / (n + k), k the variance of
    rows over that of practitioners by the moments of a one-way analysis of variance. Of the deletion
    residuals (t with J - q - 2 df) those are outlying whose p, times J, is at most .05 (Bonferroni).
    """
    rows = rows_about(table, outcome)
    needed = [PRACTITIONER_ID, outcome.column, *columns]
    known = rows[needed].dropna().assign(value=lambda found: as_number(found[outcome.column]))
    if outcome.trials is not None:
        known["value"] = known["value"] / as_number(rows.loc[known.index, outcome.trials])
    grouped = known.groupby(known[PRACTITIONER_ID].astype("str"))
    means, counts = grouped["value"].mean(), grouped.size().to_numpy(dtype=float)
    design = np.column_stack(
        [np.ones(len(means)), *(grouped[name].mean().to_numpy(dtype=float) for name in columns)]
    )
    spare = len(means) - design.shape[1] - 1
    if spare < FEWEST_SPARE or np.linalg.matrix_rank(design) < design.shape[1]:
        return Outlying()
    root = np.sqrt(counts / (counts + _rows_over_practitioners(known["value"], grouped, counts)))
    p = len(means) * 2.0 * stats.t.sf(np.abs(_deletion_residuals(design, means.to_numpy(), root)), spare)
    return Outlying(tuple(means.index[p <= LEVEL]), float(min(np.nanmin(p), 1.0)))


def _rows_over_practitioners(
    values: pd.Series, grouped: pd.core.groupby.DataFrameGroupBy, counts: np.ndarray
) -> float:
    """Variance of rows over that of practitioners; very large where practitioners do not differ."""
    people, rows = len(counts), counts.sum()
    inside = float(((values - grouped["value"].transform("mean")) ** 2).sum()) / max(rows - people, 1.0)
    between = float((counts * (grouped["value"].mean().to_numpy() - values.mean()) ** 2).sum()) / (people - 1)
    size = (rows - (counts**2).sum() / rows) / (people - 1)
    variance = (between - inside) / size
    return inside / variance if variance > inside / rows else rows


def _deletion_residuals(design: np.ndarray, values: np.ndarray, root: np.ndarray) -> np.ndarray:
    """Residual of each from a fit to the others, over its standard error."""
    scaled = design * root[:, None]
    hat = np.einsum("ij,ji->i", scaled, np.linalg.pinv(scaled))
    left = values * root - scaled @ np.linalg.lstsq(scaled, values * root, rcond=None)[0]
    spare = len(values) - design.shape[1]
    free = np.clip(1.0 - hat, 1e-12, None)
    others = (left @ left - left**2 / free) / (spare - 1)
    return left / np.sqrt(np.clip(others, 1e-300, None) * free)
