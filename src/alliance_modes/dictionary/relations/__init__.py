"""The tables of relational analyses."""

from alliance_modes.dictionary.result_table import load_tables

TABLES = load_tables(__file__)
