"""The lists that ingest writes beside the typed tables."""

from alliance_modes.dictionary.declarations import load_tables

TABLES = load_tables(__file__)
