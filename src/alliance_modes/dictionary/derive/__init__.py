"""The analysis tables, and the flow of participants."""

from alliance_modes.dictionary.declarations import load_tables

TABLES = load_tables(__file__)
