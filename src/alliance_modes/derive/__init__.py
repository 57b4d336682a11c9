"""Analysis tables: one row per practitioner, enrolment, session and inventory, and the flow."""

from alliance_modes.derive.cohort import Derived, derive_cohort
from alliance_modes.derive.levels import split_levels, standardise

__all__ = ["Derived", "derive_cohort", "split_levels", "standardise"]
