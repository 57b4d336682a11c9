"""Long scores, held or in their file, and those among them of one clean table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from alliance_modes.dictionary.scoring import TABLES


@dataclass(frozen=True)
class StoredScores:
    """``scores.parquet`` in its place: those of a clean table are read when they are wanted, and not kept.

    Those of sessions are most of them, and all of them together are more than a machine may hold.

    Parameters
    ----------
    path : path
    columns : mapping of str to tuple
        By clean table, the columns that are read of its scores.
    """

    path: str | Path
    columns: Mapping[str, tuple[str, ...]]


Scores: TypeAlias = pd.DataFrame | StoredScores


def of_table(scores: Scores, name: str) -> pd.DataFrame:
    """The scores of the instruments that the clean table ``name`` holds; of stored ones, ``columns``.

    Raises
    ------
    TableError
        Those that are read are not as their table says.
    """
    if isinstance(scores, StoredScores):
        return TABLES["scores"].read(scores.path, scores.columns[name], {"table": name})
    return scores[(scores["table"] == name).to_numpy(dtype=bool, na_value=False)]
