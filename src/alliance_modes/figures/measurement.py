"""The figures of how well the instruments measured."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from alliance_modes.figures.item_responses import item_responses
from alliance_modes.figures.picture import Picture
from alliance_modes.figures.rater_agreement import rater_agreement
from alliance_modes.figures.reliability_intervals import reliability_intervals
from alliance_modes.measurement.agreement.pairs import rater_pairs

if TYPE_CHECKING:
    import pandas as pd

    from alliance_modes.instruments.model import Instrument

MEASUREMENT_FIGURES = ("reliability_intervals", "item_responses", "rater_agreement")


def measurement_pictures(
    tables: Mapping[str, pd.DataFrame],
    scores: pd.DataFrame,
    enrolments: pd.DataFrame,
    instruments: Mapping[str, Instrument],
) -> dict[str, Picture]:
    """Every figure of measurement, by name.

    Parameters
    ----------
    tables : mapping
        ``reliability``, ``item_responses`` and ``agreement_raters``, from ``measurement_tables``.
    scores : DataFrame
        ``scores.parquet``.
    enrolments : DataFrame
        Clean enrolments.
    instruments : mapping
        From ``load_instruments``.
    """
    pairs = rater_pairs(scores, enrolments, instruments)
    return {
        "reliability_intervals": reliability_intervals(tables["reliability"]),
        "item_responses": item_responses(tables["item_responses"]),
        "rater_agreement": rater_agreement(tables["agreement_raters"], pairs),
    }
