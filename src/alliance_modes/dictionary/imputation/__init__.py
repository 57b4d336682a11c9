"""The tables of what is missing in models, filled in."""

from alliance_modes.dictionary.declarations import load_tables

TABLES = load_tables(__file__)
