"""The tables of factor structure and invariance."""

from alliance_modes.dictionary.declarations import load_tables

TABLES = load_tables(__file__)
