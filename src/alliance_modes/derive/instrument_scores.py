"""Scores of every administered instrument, placed in the rows of an analysis table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from alliance_modes.derive.tables import places_of
from alliance_modes.dictionary.named import (
    COMPLETED_ON,
    ENROLMENT_ID,
    GROUP_ID,
    PRACTITIONER_ID,
    SESSION_NO,
    WAVE,
)
from alliance_modes.instruments.model import score_column
from alliance_modes.scoring.stored import Scores, of_table

NOWHERE = -1
"""Key of a form that belongs to no row."""

MOST_SESSIONS = 1_000

RECORD = ("source_file", "source_row", ENROLMENT_ID, SESSION_NO, "rater", "instrument", COMPLETED_ON)
"""What tells the inventories of the alliance table apart."""


_SCORED = ("instrument", "scale", "score")
READ: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "practitioner_survey": (PRACTITIONER_ID, WAVE, "kind", "item_mean", *_SCORED),
        "sessions": (ENROLMENT_ID, SESSION_NO, *_SCORED),
        "alliance": (*RECORD, "item_mean", "careless", *_SCORED),
        "group_climate": ("source_file", "source_row", ENROLMENT_ID, SESSION_NO, *_SCORED),
    }
)
"""By clean table, the columns of its scores that the analysis tables are made of."""


def facet_columns(scores: Scores) -> list[str]:
    """Columns of the finer cuts of the practitioner survey, which no row of a session needs."""
    surveyed = of_table(scores, "practitioner_survey")
    facets = surveyed.loc[surveyed["kind"] == "facet", ["instrument", "scale"]].drop_duplicates()
    return [score_column(instrument, scale) for instrument, scale in facets.itertuples(index=False)]


def placed_scores(scores: pd.DataFrame, forms: np.ndarray, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Each scale of each instrument as a column, in the instrument's own metric.

    Parameters
    ----------
    scores : DataFrame
        Long scores; one row per form and scale.
    forms : array of int
        Key of the form that each score is of; ``NOWHERE`` where it is known to belong to no row.
    rows : array of int
        Key of each row that is to have scores.

    Returns
    -------
    dict
        ``<instrument>_<scale>``: the score of each row, missing where no form has its key; where
        several have, their mean. Columns stand in the order of ``scores``.
    """
    values, columns = scores["score"].to_numpy(dtype="float64", na_value=np.nan), {}
    blocks = scores.groupby(["instrument", "scale"], sort=False).indices
    for (instrument, scale), places in blocks.items():
        given = places[forms[places] != NOWHERE]
        means = pd.Series(values[given]).groupby(forms[given]).mean()
        found = means.index.get_indexer(pd.Index(rows))
        columns[score_column(instrument, scale)] = np.append(means.to_numpy(), np.nan)[found]
    return columns


def scored_waves(scores: Scores, waves: pd.DataFrame) -> pd.DataFrame:
    """What the practitioner survey holds, for each wave (practitioner_id, wave)."""
    surveyed = of_table(scores, "practitioner_survey")
    record = [PRACTITIONER_ID, WAVE]
    number = pd.concat([surveyed[record], waves[record]]).groupby(record, dropna=False, sort=False).ngroup()
    forms, rows = number.to_numpy()[: len(surveyed)], number.to_numpy()[len(surveyed) :]
    return pd.DataFrame(placed_scores(surveyed, forms, rows), index=waves.index)


def scored_inventories(rated: pd.DataFrame, record: Sequence[str]) -> pd.DataFrame:
    """What the inventories of the alliance table hold: one row per ``record`` in the order scored."""
    number = rated.groupby(list(record), dropna=False, sort=False).ngroup().to_numpy()
    return pd.DataFrame(placed_scores(rated, number, np.arange(number.max() + 1 if len(number) else 0)))


def scored_sessions(
    periods: pd.DataFrame, scores: Scores, enrolments: pd.DataFrame, group_climate: pd.DataFrame | None
) -> pd.DataFrame:
    """What was filled in at each session, by or about the client, or by their group.

    Parameters
    ----------
    periods : DataFrame
        ``person_period``.
    scores : DataFrame or StoredScores
        Long scores of the cohort.
    enrolments : DataFrame
        Enrolments in the order that ``periods.place`` counts.
    group_climate : DataFrame, optional
        Clean forms of group climate, which know the group.

    Returns
    -------
    DataFrame
        One row per period. A form of group climate that names the enrolment is of that client alone;
        one that names none is of everybody whose enrolment is in its group, at the session of that
        number. A client's own form goes before the group's, and forms in the sessions table before both.
        Forms without a session number belong to no session.
    """
    here = _session_key(periods["place"].to_numpy(), periods[SESSION_NO])
    at_session, climate = of_table(scores, "sessions"), of_table(scores, "group_climate")
    found = placed_scores(at_session, _of_enrolment(at_session, enrolments), here)
    sources = [placed_scores(climate, _of_enrolment(climate, enrolments), here)]
    if group_climate is not None and len(climate):
        sources.append(_of_group(climate, group_climate, enrolments, periods))
    for source in sources:
        for column, values in source.items():
            known = found.get(column, np.full(len(here), np.nan))
            found[column] = np.where(np.isnan(known), values, known)
    return pd.DataFrame(found, index=periods.index)


def _of_enrolment(scores: pd.DataFrame, enrolments: pd.DataFrame) -> np.ndarray:
    return _session_key(places_of(scores[ENROLMENT_ID], enrolments[ENROLMENT_ID]), scores[SESSION_NO])


def _of_group(
    scores: pd.DataFrame, forms: pd.DataFrame, enrolments: pd.DataFrame, periods: pd.DataFrame
) -> dict[str, np.ndarray]:
    """Scores of forms that name a group and no enrolment."""
    place = ["source_file", "source_row"]
    named = scores[place].merge(forms.drop_duplicates(place)[[*place, GROUP_ID]], on=place, how="left")
    of_all = named[GROUP_ID].where(scores[ENROLMENT_ID].isna().to_numpy())
    groups = pd.Index(enrolments[GROUP_ID].dropna().unique())
    theirs = places_of(enrolments[GROUP_ID], pd.Series(groups))
    rows = _session_key(theirs[periods["place"].to_numpy()], periods[SESSION_NO])
    return placed_scores(scores, _session_key(places_of(of_all, pd.Series(groups)), scores[SESSION_NO]), rows)


def _session_key(place: np.ndarray, session_no: pd.Series) -> np.ndarray:
    number = session_no.to_numpy(dtype="float64", na_value=np.nan)
    known = (place >= 0) & ~np.isnan(number)
    key = place.astype("int64") * MOST_SESSIONS + np.nan_to_num(number).astype("int64")
    return np.where(known, key, NOWHERE)
