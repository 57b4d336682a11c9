"""Scores with one row per administration, and how many of them rest on incomplete answers."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from alliance_modes.instruments.model import Instrument
from alliance_modes.scoring.scores import MEASURES, SCORE_COLUMNS

BLOCK = ["table", "rater", "instrument"]
PER_SCALE = ("scale", "kind", "score", "item_mean", "items_valid", "items", "prorated")
ADMINISTRATION = tuple(name for name in SCORE_COLUMNS if name not in PER_SCALE)
"""Columns of an administration: where its row is, who, when, which inventory, careless."""

LONG_NAMES: Mapping[str, str] = {
    "": "score",
    "_item_mean": "item_mean",
    "_items_valid": "items_valid",
    "_prorated": "prorated",
}
WIDE_DTYPES: Mapping[str, str] = {**MEASURES, "_items_valid": "Int64", "_prorated": "boolean"}
SCORING_COLUMNS: Mapping[str, str] = {
    "table": "str",
    "rater": "str",
    "instrument": "str",
    "scale": "str",
    "kind": "str",
    "items": "Int64",
    "administrations": "Int64",
    "scored": "Int64",
    "prorated": "Int64",
    "not_scored": "Int64",
}
"""Columns of ``scoring.csv`` in order, with their dtypes."""


def wide_scores(scores: pd.DataFrame, instruments: Mapping[str, Instrument]) -> pd.DataFrame:
    """Scores with one row per administration.

    Parameters
    ----------
    scores : DataFrame
        ``scores.parquet``: one row per administration and scale.
    instruments : mapping of str to Instrument
        By id; every scale of every one of them has its columns, used or not, so that the columns of
        all cohorts of a study are the same.

    Returns
    -------
    DataFrame
        The columns of ``ADMINISTRATION``, then for each scale, in the order of the instruments' ids
        and of their files, ``<scale>`` (the instrument's own metric), ``<scale>_item_mean``,
        ``<scale>_items_valid`` and ``<scale>_prorated``; missing where the row's instrument has no
        such scale. Scales of one name (the goal of each WAI) share their columns: ``instrument``
        says which metric a row is in. Rows stand in the order of ``scores``.
    """
    scales = list(dict.fromkeys(scale for key in sorted(instruments) for scale in instruments[key].scales()))
    columns = {name: SCORE_COLUMNS[name] for name in ADMINISTRATION}
    columns |= {scale + suffix: dtype for scale in scales for suffix, dtype in WIDE_DTYPES.items()}
    blocks = [_wide(block) for _, block in scores.groupby(BLOCK, sort=False, dropna=False)]
    wide = pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame()
    return wide.reindex(columns=list(columns)).astype(columns)


def _wide(block: pd.DataFrame) -> pd.DataFrame:
    """Every scale of a block lists the same administrations in the same order."""
    parts = {scale: part.reset_index(drop=True) for scale, part in block.groupby("scale", sort=False)}
    first = next(iter(parts.values()))
    values = {
        scale + suffix: part[LONG_NAMES[suffix]].astype(WIDE_DTYPES[suffix])
        for scale, part in parts.items()
        for suffix in WIDE_DTYPES
    }
    return first[list(ADMINISTRATION)].assign(**values)


def scoring_counts(scores: pd.DataFrame) -> pd.DataFrame:
    """How many scores of each scale there are, and how many rest on incomplete answers.

    Parameters
    ----------
    scores : DataFrame
        ``scores.parquet``.

    Returns
    -------
    DataFrame
        One row per table, rater, instrument and scale, columns as ``SCORING_COLUMNS``:
        administrations = scored + not_scored (too few items answered); prorated are those scored
        with items missing, by the instrument's rule.
    """
    by = scores.assign(scored=scores["score"].notna()).groupby([*BLOCK, "scale"], sort=False, dropna=False)
    counts = by.agg(
        kind=("kind", "first"),
        items=("items", "first"),
        administrations=("scored", "size"),
        scored=("scored", "sum"),
        prorated=("prorated", "sum"),
    ).reset_index()
    counts["not_scored"] = counts["administrations"] - counts["scored"]
    return counts.reindex(columns=list(SCORING_COLUMNS)).astype(dict(SCORING_COLUMNS))
