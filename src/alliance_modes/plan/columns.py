"""Every column that a plan may name: those of the dictionary, and the scores of instruments."""

from __future__ import annotations

from collections.abc import Mapping

from alliance_modes.dictionary.analysis import Told, derived_columns
from alliance_modes.instruments.model import Instrument

Columns = Mapping[str, Told]
"""Per analysis table: each column, and who tells what stands in it (None: the column does not say)."""


def plan_columns(instruments: Mapping[str, Instrument]) -> Columns:
    """Columns that each analysis table has in every cohort, and the scores that it can have.

    Parameters
    ----------
    instruments : mapping of str to Instrument
        Those that are shipped and the study's own, by id. Which of them a cohort administered, and
        in which table, a plan for all cohorts does not say: any of them may be in any table.
    """
    scores = {
        instrument.score_column(scale): instrument.raters[0] if len(instrument.raters) == 1 else None
        for instrument in instruments.values()
        for scale in instrument.scales()
    }
    return {table: {**scores, **columns} for table, columns in derived_columns().items()}
