"""The tables of ``alliance-modes pool``, which no rule makes: docs/pooling.md tells what they hold."""

from alliance_modes.dictionary.declarations import load_tables

TABLES = load_tables(__file__)
