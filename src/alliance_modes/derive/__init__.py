"""Analysis tables: one row per practitioner, enrolment, session and inventory, and the flow."""

from alliance_modes.derive.cohort import Derived, Recorded, derive_cohort, derive_tables
from alliance_modes.derive.levels import split_levels, standardise

__all__ = ["Derived", "Recorded", "derive_cohort", "derive_tables", "split_levels", "standardise"]
