"""Reliability, scales and item statistics of every instrument that a cohort used."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from alliance_modes.dictionary.measurement import TABLES
from alliance_modes.instruments.model import Instrument
from alliance_modes.measurement.answers.people import KeyedBlock, keyed_blocks
from alliance_modes.measurement.items.items import describe_items
from alliance_modes.measurement.reliability.alpha import cronbach_alpha
from alliance_modes.measurement.reliability.omega import mcdonald_omega
from alliance_modes.measurement.reliability.ordinal_omega import ordinal_omega


def measure_cohort(
    tables: Mapping[str, pd.DataFrame], instruments: Mapping[str, Instrument]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Reliability and item statistics per rater, instrument and scale.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Clean tables by name (``docs/pipeline.md``); tables may be absent or without rows.
    instruments : mapping of str to Instrument
        By id.

    Returns
    -------
    reliability : DataFrame
        One row per rater, instrument and scale, columns as ``dictionary/measurement`` says.
    items : DataFrame
        One row per rater, instrument, scale and item, columns as ``dictionary/measurement`` says.
        Means, floor and ceiling are those of the keyed answers.

    Raises
    ------
    InstrumentError
        Responses do not fit the instrument, version or rater that was declared.

    Notes
    -----
    One administration per person, the first answered one, so that rows are independent: the first
    by session (or wave), then by day, then as the table lists them. The person is the practitioner
    in the practitioner survey, otherwise the client (the enrolment where the client is not known,
    the group where neither is). Where practitioners rate several clients, their ratings share a
    rater, and the intervals are too narrow for that. Facets of a single item are left out.
    """
    blocks = tuple(keyed_blocks(tables, instruments))
    return reliability_of(blocks), items_of(blocks)


def reliability_of(blocks: tuple[KeyedBlock, ...]) -> pd.DataFrame:
    """``reliability.csv``: alpha and omega of every scale, omega also with answers as ordered categories."""
    rows = []
    for block in blocks:
        first = block.first()
        for scale, members in block.scales():
            answers = first[list(members)]
            omega, ordered = mcdonald_omega(answers), ordinal_omega(answers)
            rows.append(
                {
                    **block.who(scale),
                    **vars(cronbach_alpha(answers)),
                    "omega": omega.omega,
                    "omega_low": omega.ci_low,
                    "omega_high": omega.ci_high,
                    "omega_status": omega.status,
                    "omega_reason": omega.reason,
                    "omega_ordinal": ordered.omega,
                    "omega_ordinal_low": ordered.ci_low,
                    "omega_ordinal_high": ordered.ci_high,
                    "omega_ordinal_status": ordered.status,
                    "omega_ordinal_reason": ordered.reason,
                }
            )
    return TABLES["reliability"].typed(pd.DataFrame(rows))


def items_of(blocks: tuple[KeyedBlock, ...]) -> pd.DataFrame:
    """``items.csv``: every item of every scale."""
    parts = []
    for block in blocks:
        first, reverse = block.first(), block.instrument.reversed
        for scale, members in block.scales():
            described = describe_items(first[list(members)], block.instrument.range)
            described = described.assign(**block.who(scale), item=members)
            parts.append(described.assign(reversed=described["item"].isin(reverse)))
    return TABLES["items"].typed(pd.concat(parts, ignore_index=True) if parts else pd.DataFrame())
