"""The tables of all models: estimates, fits, checks and what was done with them."""

from alliance_modes.dictionary.declarations import load_tables

TABLES = load_tables(__file__)
