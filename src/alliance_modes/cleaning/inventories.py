"""Which columns of a table are the items of which instrument."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.ground.compact_table import CompactTable

ITEM = re.compile(r"^(?P<instrument>.+)_(?P<item>[1-9][0-9]*)$")
INVENTORY_TABLES = ("practitioner_survey", "alliance", "group_climate")


def item_columns(name: str, table: pd.DataFrame | CompactTable) -> dict[str, list[str]]:
    """Item columns of table ``name`` by prefix, in item order.

    The prefix is the instrument's id, and ``item`` in ``alliance``, where the instrument differs
    by row.
    """
    canonical = dictionary().table(name).columns
    blocks: dict[str, list[tuple[int, str]]] = {}
    for column in table.columns:
        match = ITEM.match(column)
        if match and column not in canonical:
            blocks.setdefault(match["instrument"], []).append((int(match["item"]), column))
    return {prefix: [column for _, column in sorted(items)] for prefix, items in blocks.items()}


def answers_given(name: str, table: CompactTable) -> np.ndarray:
    """Number of items answered in each record, over all inventories of the table."""
    columns = [column for block in item_columns(name, table).values() for column in block]
    given = np.zeros(len(table), dtype="int64")
    for column in columns:
        given += table.given(column)
    return given
