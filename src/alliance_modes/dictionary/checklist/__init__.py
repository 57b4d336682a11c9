"""The reporting checklists of a cohort, filled from its reports, as a table."""

from alliance_modes.dictionary.declarations import load_tables

TABLES = load_tables(__file__)
