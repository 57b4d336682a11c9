"""Scores from item responses: reverse keying, prorating, and one long table per cohort."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import (
    COMPLETED_ON,
    ENROLMENT_ID,
    HELD_ON,
    PRACTITIONER_ID,
    SESSION_NO,
    WAVE,
)
from alliance_modes.dictionary.scoring import TABLES
from alliance_modes.ground.errors import InstrumentError, Problem
from alliance_modes.instruments.administrations import Administrations, administrations
from alliance_modes.instruments.model import Instrument
from alliance_modes.instruments.responses import item_values

ROWS_AT_A_TIME = 50_000
CARELESS = "careless"
"""Kind of the flags in ``flags.csv`` that are about careless responding."""
PLACE = ("source_file", "source_row", SESSION_NO)

SCORES = TABLES["scores"]
WHO_AND_WHEN = (
    "source_file",
    "source_row",
    ENROLMENT_ID,
    PRACTITIONER_ID,
    SESSION_NO,
    WAVE,
    COMPLETED_ON,
)

MEASURES: Mapping[str, str] = {
    "": "float64",
    "_item_mean": "float64",
    "_items_valid": "int64",
    "_prorated": "bool",
}
"""Suffixes of the wide columns of each scale, with their dtypes."""


def score(responses: pd.DataFrame, instrument: Instrument, prefix: str | None = None) -> pd.DataFrame:
    """Score every administration of one instrument.

    Parameters
    ----------
    responses : DataFrame
        One row per administration, with the columns ``instrument.item_columns(prefix)`` as they
        were answered (nothing reversed), in the instrument's response range; missing = NaN.
        It is not changed.
    instrument : Instrument
        The instrument and version that was administered.
    prefix : str, optional
        Prefix of the item columns (``item`` in the alliance table); default: the instrument's id.

    Returns
    -------
    DataFrame
        The index of ``responses``; for each scale of ``instrument.scales()`` four columns:
        ``<scale>`` (the instrument's own metric), ``<scale>_item_mean`` (the score on the response
        range), ``<scale>_items_valid`` and ``<scale>_prorated`` (scored with items missing).

    Raises
    ------
    InstrumentError
        Item columns are absent or not numeric, or values lie outside the declared range.

    Notes
    -----
    A reversed item counts as low + high - x, from the declared range. A subscale or facet is scored
    when at least ``min_valid`` of its items are valid (default half), as the mean of the valid
    items, times the number of its items where scores are sums; otherwise it is missing. A form with
    fewer than ``min_valid_form`` of its items valid has no score at all. The total is the sum of
    the subscale scores (or their mean, weighted by items), and missing where one of them is, so
    that it always equals its parts. No item is imputed.

    Validated against the published scores of a WAI-SR data set (n = 157, six decimals) and against
    psych's scale scores of the ``bfi`` data.

    References
    ----------
    Fayers, P. M., et al. (2001). The EORTC QLQ-C30 scoring manual (3rd ed.). EORTC. (Half rule.)
    """
    key = _Key.of(instrument)
    blocks = [key.score(values) for values in _values_in_turn(responses, instrument, prefix)]
    scores, means, counts = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    prorated = np.isfinite(scores) & (counts < key.sizes)
    columns = {}
    for position, scale in enumerate(key.scales):
        for (suffix, dtype), part in zip(MEASURES.items(), (scores, means, counts, prorated), strict=True):
            columns[scale + suffix] = part[:, position].astype(dtype)
    return pd.DataFrame(columns, index=responses.index)


def score_cohort(
    tables: Mapping[str, pd.DataFrame],
    instruments: Mapping[str, Instrument],
    flags: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Score every administration in the clean tables of a cohort.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Clean tables by name (``docs/pipeline.md``); tables may be absent or without rows.
    instruments : mapping of str to Instrument
        By id.
    flags : DataFrame, optional
        ``flags.csv`` of cleaning: one row per flagged record, with ``table``, ``source_file``,
        ``source_row``, ``session_no``, ``rater``, ``instrument`` and ``kind``. ``careless`` is true
        where a flag of kind "careless" is on the administration; without flags it is missing.

    Returns
    -------
    DataFrame
        One row per administration and scale, columns as ``dictionary/scoring`` says. A row of a
        table in which no item of an instrument was answered is not an administration of it.
        ``completed_on`` is the day of the session for instruments in the sessions table.

    Raises
    ------
    InstrumentError
        Responses do not fit the instrument, version or rater that was declared.
    """
    parts = list(scored_blocks(tables, instruments, flags))
    return pd.concat(parts, ignore_index=True) if parts else SCORES.empty()


def scored_blocks(
    tables: Mapping[str, pd.DataFrame],
    instruments: Mapping[str, Instrument],
    flags: pd.DataFrame | None = None,
) -> Iterator[pd.DataFrame]:
    """The scores of ``score_cohort`` one table, rater and instrument after the other.

    Of millions of sessions all of them are too much to hold.

    Raises
    ------
    InstrumentError
        As ``score_cohort``, of all of them together, at the end.
    """
    problems: list[Problem] = []
    for block in administrations(tables, instruments):
        try:
            yield _long(block, careless_flags(block, flags))
        except InstrumentError as error:
            problems += error.problems
    if problems:
        raise InstrumentError("the responses of this cohort", problems)


@dataclass(frozen=True)
class _Key:
    """An instrument's key as matrices, so that all scales of all rows come from three products.

    Keyed sum of a scale = answers x ``weights`` (+1, or -1 where reversed)
    + answered x ``shifts`` (low + high where reversed); number valid = answered x ``members``.
    """

    scales: tuple[str, ...]
    sizes: np.ndarray
    needed: np.ndarray
    needed_on_form: int
    members: np.ndarray
    weights: np.ndarray
    shifts: np.ndarray
    subscales: int
    has_total: bool
    is_sum: bool

    @classmethod
    def of(cls, instrument: Instrument) -> _Key:
        scales = instrument.scales()
        members = np.zeros((instrument.items, len(scales)))
        for position, items in enumerate(scales.values()):
            members[[item - 1 for item in items], position] = 1.0
        turned = np.zeros((instrument.items, 1))
        turned[[item - 1 for item in instrument.reversed]] = 1.0
        sizes = members.sum(axis=0)
        return cls(
            scales=tuple(scales),
            sizes=sizes,
            needed=np.array([instrument.scoring.items_needed(int(size)) for size in sizes]),
            needed_on_form=instrument.scoring.items_needed_on_form(instrument.items),
            members=members,
            weights=members * (1 - 2 * turned),
            shifts=members * turned * (instrument.range.low + instrument.range.high),
            subscales=len(instrument.subscales),
            has_total=instrument.total is not None,
            is_sum=instrument.scoring.method == "sum",
        )

    def score(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Scores, item means and numbers of valid items, each rows x scales."""
        missing = np.isnan(values)
        answered = 1.0 - missing
        counts = answered @ self.members
        sums = np.where(missing, 0.0, values) @ self.weights + answered @ self.shifts
        scored = counts >= self.needed
        scored &= (answered.sum(axis=1) >= self.needed_on_form)[:, None]
        valid = np.where(scored, counts, np.nan)
        means = sums / valid
        totals = sums * self.sizes / valid
        if self.has_total:
            totals[:, -1] = totals[:, : self.subscales].sum(axis=1)
            means[:, -1] = totals[:, -1] / self.sizes[-1]
        return (totals if self.is_sum else means), means, counts


def _values_in_turn(
    responses: pd.DataFrame, instrument: Instrument, prefix: str | None
) -> Iterator[np.ndarray]:
    """Item values in blocks of rows, so that memory stays small; impossible ones listed all at once."""
    for start in range(0, max(len(responses), 1), ROWS_AT_A_TIME):
        try:
            yield item_values(responses.iloc[start : start + ROWS_AT_A_TIME], instrument, prefix)
        except InstrumentError:
            item_values(responses, instrument, prefix)
            raise


def _long(block: Administrations, careless: pd.Series) -> pd.DataFrame:
    """The rows of every scale, one scale below the other."""
    wide = score(block.rows, block.instrument, block.prefix)
    scales = block.instrument.scales()
    each = len(block.rows)

    def below(suffix: str) -> pd.api.extensions.ExtensionArray:
        return pd.concat([wide[scale + suffix] for scale in scales]).array

    tall = pd.concat([_who_and_when(block).assign(careless=careless)] * len(scales))
    return SCORES.typed(
        tall.assign(
            table=block.table,
            rater=block.rater or None,
            instrument=block.instrument.id,
            scale=np.repeat(list(scales), each),
            kind=np.repeat([block.instrument.kind(scale) for scale in scales], each),
            score=below(""),
            item_mean=below("_item_mean"),
            items_valid=below("_items_valid"),
            items=np.repeat([len(items) for items in scales.values()], each),
            prorated=below("_prorated"),
        )
    )


def _who_and_when(block: Administrations) -> pd.DataFrame:
    rows = block.rows
    if COMPLETED_ON not in rows and HELD_ON in rows:
        rows = rows.assign(**{COMPLETED_ON: rows[HELD_ON]})
    dtypes = {name: SCORES.columns[name].dtype for name in WHO_AND_WHEN}
    return rows.reindex(columns=list(WHO_AND_WHEN)).astype(dtypes)


def careless_flags(block: Administrations, flags: pd.DataFrame | None) -> pd.Series:
    """Whether a careless-responding flag is on each administration.

    One row of a wide file can hold several inventories, so a flag that names a session, a rater or
    an instrument counts for that one only.
    """
    rows = block.rows
    if flags is None:
        return pd.Series(pd.NA, index=rows.index, dtype="boolean")
    ours = (flags["table"] == block.table) & (flags["kind"] == CARELESS)
    ours &= flags["rater"].isna() | (flags["rater"] == block.rater)
    ours &= flags["instrument"].isna() | (flags["instrument"] == block.instrument.id)
    found = pd.Series(False, index=rows.index, dtype="boolean")
    for place in (PLACE[:2], PLACE):
        without_session = flags[SESSION_NO].isna() if place == PLACE[:2] else flags[SESSION_NO].notna()
        found |= _place(rows, place).isin(_place(flags[ours & without_session], place))
    return found


def _place(rows: pd.DataFrame, names: tuple[str, ...]) -> pd.Series:
    """File, row and session of each record as one text, so that 3 and 3.0 are the same."""
    named = rows.reindex(columns=list(names)).astype({name: SCORES.columns[name].dtype for name in names})
    text = named.astype("str").fillna("")
    return text[names[0]].str.cat(text[list(names[1:])], sep="\t")
