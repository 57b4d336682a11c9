"""Item statistics, and the reliability and agreement of every scale in use."""

from alliance_modes.dictionary.measurement_columns import ITEM_COLUMNS, RELIABILITY_COLUMNS
from alliance_modes.measurement.cohort import measure_cohort
from alliance_modes.measurement.items.items import describe_items
from alliance_modes.measurement.reliability.alpha import Alpha, cronbach_alpha, feldt_interval

__all__ = [
    "ITEM_COLUMNS",
    "RELIABILITY_COLUMNS",
    "Alpha",
    "cronbach_alpha",
    "describe_items",
    "feldt_interval",
    "measure_cohort",
]
