"""The lists that cleaning writes beside the clean tables, and the map of what is missing."""

from alliance_modes.dictionary.declarations import load_tables

TABLES = load_tables(__file__)
