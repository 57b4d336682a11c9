"""The dictionary of results, as a table that lies beside the tables it tells about."""

from alliance_modes.dictionary.declarations import load_tables

TABLES = load_tables(__file__)
