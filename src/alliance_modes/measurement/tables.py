"""Every table of measurement of one cohort."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from types import MappingProxyType

import pandas as pd

from alliance_modes.dictionary.enrolments import of_enrolments
from alliance_modes.dictionary.measurement import TABLES
from alliance_modes.dictionary.named import (
    COMPLETED_ON,
    ENROLMENT_ID,
    GROUP_ID,
    PRACTITIONER_ID,
    SESSION_NO,
    SITE_ID,
    WAVE,
)
from alliance_modes.instruments.model import Instrument
from alliance_modes.measurement.agreement.clusters import cluster_icc
from alliance_modes.measurement.agreement.pairs import ALLIANCE, FIRST, SECOND, rater_pairs
from alliance_modes.measurement.agreement.raters import rater_agreement
from alliance_modes.measurement.answers.people import KeyedBlock, keyed_blocks
from alliance_modes.measurement.cohort import items_of, reliability_of
from alliance_modes.measurement.items.correlations import scale_correlation
from alliance_modes.measurement.items.scales import describe_scale, item_responses
from alliance_modes.measurement.reliability.change import reliable_change
from alliance_modes.measurement.reliability.repeated import repeated_reliability
from alliance_modes.scoring.stored import Scores, of_table

GROUPINGS = {"practitioner": PRACTITIONER_ID, "group": GROUP_ID, "site": SITE_ID}
CENTILES = (5, 25, 50, 75, 95)
FEWEST_FOR_CENTILES = 20
"""Below these the outer centiles are those of one person."""

_RATED = (ENROLMENT_ID, "rater", "instrument", "scale", "kind", "item_mean")
READ: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "practitioner_survey": _RATED,
        "sessions": _RATED,
        "alliance": (*_RATED, SESSION_NO, COMPLETED_ON, "score", "items_valid", "items"),
        "group_climate": _RATED,
    }
)
"""By clean table, the columns of its scores that are looked at."""

FIRST_INVENTORY = "first inventory of each enrolment"
MEAN_OF_SESSIONS = "mean over sessions of each enrolment"
FIRST_SHARED = "first session that both rated"


def measurement_tables(
    tables: Mapping[str, pd.DataFrame], scores: Scores, instruments: Mapping[str, Instrument]
) -> dict[str, pd.DataFrame]:
    """Every table of measurement of one cohort, by name.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Clean tables by name (``docs/pipeline.md``); tables may be absent or without rows.
    scores : DataFrame or StoredScores
        ``scores.parquet``: one row per administration and scale; of each table the columns ``READ``.
    instruments : mapping of str to Instrument
        By id.

    Returns
    -------
    dict of str to DataFrame
        ``reliability``, ``items``, ``scales``, ``centiles``, ``item_responses``, ``subscale_correlations``,
        ``icc``, ``reliability_repeated``, ``reliable_change``, ``reliable_change_rates`` and
        ``agreement_raters``, columns as in ``dictionary/measurement``.

    Raises
    ------
    InstrumentError
        Responses do not fit the instrument, version or rater that was declared.
    """
    enrolments = tables.get("enrolments", pd.DataFrame({ENROLMENT_ID: pd.Series(dtype="str")}))
    clusters = TABLES["icc"].from_rows(_clusters(scores, enrolments))
    agreement = TABLES["agreement_raters"].from_rows(_agreement(scores, enrolments, instruments))
    blocks = tuple(keyed_blocks(tables, instruments))
    reliability = reliability_of(blocks)
    best = best_reliability(reliability)
    scales = TABLES["scales"].from_rows(_scales(blocks, best))
    change = reliable_change(_of_alliance(scores), scales, enrolments)
    return {
        "reliability": reliability,
        "items": items_of(blocks),
        "scales": scales,
        "centiles": TABLES["centiles"].from_rows(_centiles(blocks)),
        "item_responses": _responses(blocks),
        "subscale_correlations": TABLES["subscale_correlations"].from_rows(_correlations(blocks, best)),
        "icc": clusters,
        "reliability_repeated": TABLES["reliability_repeated"].from_rows(_repeated(blocks, enrolments)),
        "reliable_change": TABLES["reliable_change"].typed(change.clients),
        "reliable_change_rates": TABLES["reliable_change_rates"].typed(change.rates),
        "agreement_raters": agreement,
    }


def best_reliability(reliability: pd.DataFrame) -> dict[tuple[str, str, str], tuple[float, str]]:
    """Omega of each scale where it was estimated, else alpha, by rater, instrument and scale.

    Parameters
    ----------
    reliability : DataFrame
        ``reliability.csv``.

    Returns
    -------
    dict
        The coefficient and its name; scales with neither are absent.
    """
    found = {}
    for row in reliability.itertuples():
        for value, kind in ((row.omega, "omega"), (row.alpha, "alpha")):
            if pd.notna(value):
                found[row.rater, row.instrument, row.scale] = (float(value), kind)
                break
    return found


def _scales(blocks: tuple[KeyedBlock, ...], best: Mapping) -> Iterator[dict[str, object]]:
    for block in blocks:
        first = block.first()
        for scale, members in block.scales():
            who = block.who(scale)
            coefficient, kind = best.get(tuple(who.values()), (None, ""))
            yield who | describe_scale(first[list(members)], block.instrument, scale, coefficient, kind)


def _centiles(blocks: tuple[KeyedBlock, ...]) -> Iterator[dict[str, object]]:
    """Centiles (linear between neighbours) of complete first scores, none below ``FEWEST_FOR_CENTILES``."""
    for block in blocks:
        first, instrument = block.first(), block.instrument
        for scale, members in block.scales():
            complete = first[list(members)].dropna()
            times = len(members) if instrument.scoring.method == "sum" else 1
            low, high = instrument.score_range(scale)
            row = {**block.who(scale), "lowest": low, "highest": high, "n": len(complete)}
            if len(complete) < FEWEST_FOR_CENTILES:
                reason = f"{len(complete)} complete respondents; at least {FEWEST_FOR_CENTILES} are needed"
                yield row | {"status": "not_estimated", "reason": reason}
                continue
            found = (complete.mean(axis=1) * times).quantile([centile / 100 for centile in CENTILES])
            named = {f"p{centile:02d}": value for centile, value in zip(CENTILES, found, strict=True)}
            yield row | named | {"status": "ok", "reason": ""}


def _responses(blocks: tuple[KeyedBlock, ...]) -> pd.DataFrame:
    parts = []
    for block in blocks:
        scale = {item: name for name, items in block.instrument.subscales.items() for item in items}
        first = block.first()
        order = [*scale, *(item for item in first.columns if item not in scale)]
        found = item_responses(first[order], block.instrument)
        parts.append(found.assign(**block.who("")).assign(scale=found["item"].map(scale)))
    return TABLES["item_responses"].typed(pd.concat(parts, ignore_index=True) if parts else pd.DataFrame())


def _correlations(blocks: tuple[KeyedBlock, ...], best: Mapping) -> Iterator[dict[str, object]]:
    for block in blocks:
        first = block.first()
        subscales = block.instrument.subscales
        scores = {name: first[list(items)].mean(axis=1, skipna=False) for name, items in subscales.items()}
        for one, other in combinations(subscales, 2):
            known = [best.get(tuple(block.who(scale).values()), (None, ""))[0] for scale in (one, other)]
            yield {
                **block.who(""),
                "first": one,
                "second": other,
                "reliability_first": known[0],
                "reliability_second": known[1],
                **vars(scale_correlation(scores[one], scores[other], tuple(known))),
            }


def _of_alliance(scores: Scores) -> pd.DataFrame:
    """Subscales and totals of the inventories of alliance."""
    rated = of_table(scores, ALLIANCE)
    return rated[rated["kind"].isin(["subscale", "total"])]


def _clusters(scores: Scores, enrolments: pd.DataFrame) -> Iterator[dict[str, object]]:
    """ICCs of alliance and session scores over practitioner, group and site, one value per enrolment."""
    groupings = {name: of_enrolments(enrolments, column).dropna() for name, column in GROUPINGS.items()}
    for table in READ:
        rated = of_table(scores, table)
        rated = rated[rated[ENROLMENT_ID].notna() & rated["item_mean"].notna()]
        rated = rated[rated["kind"].isin(["subscale", "total"])]
        keys = ["rater", "instrument", "scale"]
        for (rater, instrument, scale), rows in rated.groupby(keys, sort=False, dropna=False):
            values, unit = _one_per_enrolment(rows, table)
            who = {"rater": "" if pd.isna(rater) else rater, "instrument": instrument, "scale": scale}
            for grouping, cluster in groupings.items():
                if values.index.isin(cluster.index).any():
                    found = cluster_icc(values, cluster.reindex(values.index))
                    yield {**who, "unit": unit, "grouping": grouping, **vars(found)}


def _one_per_enrolment(rows: pd.DataFrame, table: str) -> tuple[pd.Series, str]:
    """One item mean per enrolment, and what it is."""
    if table == ALLIANCE:
        order = rows.sort_values([SESSION_NO, COMPLETED_ON], kind="stable", na_position="last")
        first = order.drop_duplicates(ENROLMENT_ID).set_index(ENROLMENT_ID)
        return first["item_mean"], FIRST_INVENTORY
    return rows.groupby(ENROLMENT_ID)["item_mean"].mean(), MEAN_OF_SESSIONS


def _repeated(blocks: tuple[KeyedBlock, ...], enrolments: pd.DataFrame) -> Iterator[dict[str, object]]:
    leads = of_enrolments(enrolments, PRACTITIONER_ID).dropna()
    for block in blocks:
        unit = _first_known(block.rows, (ENROLMENT_ID, PRACTITIONER_ID, GROUP_ID))
        occasion = _first_known(block.rows, (SESSION_NO, WAVE))
        known = unit.notna() & occasion.notna()
        if not (known & unit[known].duplicated().reindex(unit.index, fill_value=False)).any():
            continue
        clusters = unit.map(leads) if ENROLMENT_ID in block.rows else None
        for scale, members in block.scales():
            keyed = block.keyed[list(members)]
            yield {**block.who(scale), **vars(repeated_reliability(keyed, unit, occasion, clusters))}


def _first_known(rows: pd.DataFrame, names: tuple[str, ...]) -> pd.Series:
    """The first of these columns that has any value; missing throughout where none has."""
    known = (rows[name] for name in names if name in rows and rows[name].notna().any())
    return next(known, pd.Series(pd.NA, index=rows.index, dtype="str"))


def _agreement(
    scores: Scores, enrolments: pd.DataFrame, instruments: Mapping[str, Instrument]
) -> Iterator[dict[str, object]]:
    for (first, second), pairs in rater_pairs(scores, enrolments, instruments).items():
        for scale, rows in pairs.groupby("scale", sort=False):
            yield {
                "scale": scale,
                "first_rater": FIRST,
                "first_instrument": first,
                "second_rater": SECOND,
                "second_instrument": second,
                "unit": FIRST_SHARED,
                **vars(rater_agreement(rows["first"], rows["second"], rows["cluster"])),
            }
