"""The codebook of the scored data."""

from alliance_modes.dictionary.declarations import load_tables

TABLES = load_tables(__file__)
