"""How well the instruments measured in this cohort: reliability and item statistics."""

from __future__ import annotations

from alliance_modes.measurement.cohort import ITEM_COLUMNS, RELIABILITY_COLUMNS, measure_cohort
from alliance_modes.measurement.items import describe_items
from alliance_modes.measurement.reliability import Alpha, cronbach_alpha, feldt_interval

__all__ = [
    "ITEM_COLUMNS",
    "RELIABILITY_COLUMNS",
    "Alpha",
    "cronbach_alpha",
    "describe_items",
    "feldt_interval",
    "measure_cohort",
]
