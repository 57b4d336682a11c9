"""Analysis tables: one row per practitioner, enrolment, session and inventory, and the flow."""

from alliance_modes.derive.cohort import Derived, Recorded, derive_cohort, derive_tables
from alliance_modes.derive.files import write_derived
from alliance_modes.derive.instrument_scores import READ
from alliance_modes.derive.levels import split_levels, standardise

__all__ = [
    "READ",
    "Derived",
    "Recorded",
    "derive_cohort",
    "derive_tables",
    "split_levels",
    "standardise",
    "write_derived",
]
