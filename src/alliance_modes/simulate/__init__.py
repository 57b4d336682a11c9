"""Cohorts from declared truth: what is simulated, and how, is in docs/generator.md."""

from alliance_modes.simulate.cohort_folder import write_cohort
from alliance_modes.simulate.tables import Simulated, simulate_tables
from alliance_modes.simulate.truth import Truth, load_truth

__all__ = ["Simulated", "Truth", "load_truth", "simulate_tables", "write_cohort"]
