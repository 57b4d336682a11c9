"""The tables of measurement: items, scales, reliability, agreement, keys."""

from alliance_modes.dictionary.declarations import load_tables

TABLES = load_tables(__file__)
