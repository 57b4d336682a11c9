"""Scores with one row per administration, and how many of them rest on incomplete answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from alliance_modes.dictionary.scoring import TABLES
from alliance_modes.instruments.model import Instrument

BLOCK = ["table", "rater", "instrument"]
SCORES_WIDE = TABLES["scores_wide"]
ADMINISTRATION = tuple(SCORES_WIDE.fixed)
"""Columns of an administration: where its row is, who, when, which inventory, careless."""

ROWS_AT_ONCE = 200_000
"""Each row has the columns of every scale of every instrument: more than is to be held of all sessions."""

LONG_NAMES: Mapping[str, str] = {
    "": "score",
    "_item_mean": "item_mean",
    "_items_valid": "items_valid",
    "_prorated": "prorated",
}
"""Suffixes of the wide columns of each scale, and the columns of the long table that they hold."""


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
    return pd.concat(list(wide_parts(scores, instruments)), ignore_index=True)


def wide_parts(scores: pd.DataFrame, instruments: Mapping[str, Instrument]) -> Iterator[pd.DataFrame]:
    """``wide_scores``, ``ROWS_AT_ONCE`` rows after the other; there is always one, be it without rows."""
    scales = list(dict.fromkeys(scale for key in sorted(instruments) for scale in instruments[key].scales()))
    columns = list(SCORES_WIDE.with_names(scale=scales))
    if not len(scores):
        yield SCORES_WIDE.typed(pd.DataFrame(columns=columns))
    for _, block in scores.groupby(BLOCK, sort=False, dropna=False):
        wide = _wide(block)
        for first in range(0, len(wide), ROWS_AT_ONCE):
            part = wide.iloc[first : first + ROWS_AT_ONCE].reset_index(drop=True)
            yield SCORES_WIDE.typed(part.reindex(columns=columns))


def _wide(block: pd.DataFrame) -> pd.DataFrame:
    """Every scale of a block lists the same administrations in the same order."""
    parts = {scale: part.reset_index(drop=True) for scale, part in block.groupby("scale", sort=False)}
    first = next(iter(parts.values()))
    values = {
        scale + suffix: part[name] for scale, part in parts.items() for suffix, name in LONG_NAMES.items()
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
        One row per table, rater, instrument and scale, columns as ``dictionary/scoring`` says:
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
    return TABLES["scoring"].typed(counts)
