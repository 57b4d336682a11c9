"""Scores of a cohort to the files that hold them, one block of administrations after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import pandas as pd

from alliance_modes.dictionary.scoring import TABLES
from alliance_modes.instruments.model import Instrument
from alliance_modes.scoring.wide import scoring_counts, wide_parts


@dataclass(frozen=True)
class ScoresWritten:
    """How many scores were written, of how many instruments, and how many of them are prorated."""

    scores: int
    instruments: int
    prorated: int


def write_scores(
    blocks: Iterable[pd.DataFrame],
    instruments: Mapping[str, Instrument],
    long: str | Path,
    wide: str | Path,
    counts: str | Path,
) -> ScoresWritten:
    """Write ``scores.parquet``, ``scores_wide.parquet`` and ``scoring.csv``; no more than one block is held.

    Parameters
    ----------
    blocks : iterable of DataFrame
        ``scored_blocks``: rows as in ``scores.parquet``, of one table, rater and instrument each.
    instruments : mapping of str to Instrument
        By id.
    long, wide, counts : path
        Of the three files.

    Raises
    ------
    TableError
        A score is not as its table says.
    """
    none = TABLES["scores"].empty()
    counted: list[pd.DataFrame] = []
    with TABLES["scores"].in_parts(long) as add_long, TABLES["scores_wide"].in_parts(wide) as add_wide:
        for block in chain([none], blocks):
            add_long(block)
            counted.append(scoring_counts(block))
            for part in wide_parts(block, instruments):
                add_wide(part)
    every = TABLES["scoring"].typed(pd.concat(counted, ignore_index=True))
    TABLES["scoring"].write(every, counts)
    return ScoresWritten(
        scores=int(every["administrations"].sum()),
        instruments=every["instrument"].nunique(),
        prorated=int(every["prorated"].sum()),
    )
