"""The tables of all models: estimates, fits, checks and what was done with them."""

from alliance_modes.dictionary.result_table import load_tables

TABLES = load_tables(__file__)
