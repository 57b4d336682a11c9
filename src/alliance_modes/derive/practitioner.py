"""One row per practitioner: how they work, measured before their first enrolment started."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from alliance_modes.derive.flexibility import flexibility
from alliance_modes.derive.instrument_scores import scored_waves
from alliance_modes.derive.levels import as_number, standardise
from alliance_modes.derive.survey_times import NO_SURVEY, ONLY_LATER, UNDATED, placed_waves
from alliance_modes.derive.tables import wide_scores
from alliance_modes.dictionary.canonical import dictionary
from alliance_modes.dictionary.named import PRACTITIONER_ID, WAVE
from alliance_modes.domain import MODES
from alliance_modes.scoring.stored import Scores, of_table

if TYPE_CHECKING:
    from alliance_modes.plan.plan import Exposure

CELLS = tuple(f"{mode}_{component}" for mode in MODES for component in ("goal", "task", "bond"))

MEASURED = "measured"
NOT_SCORED = "not_scored"


def practitioner_table(
    tables: Mapping[str, pd.DataFrame], scores: Scores, periods: pd.DataFrame, exposure: Exposure
) -> pd.DataFrame:
    """The analysis table of practitioners.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Complete clean tables.
    scores : DataFrame or StoredScores
        Long scores; those of the practitioner survey are used.
    periods : DataFrame
        ``person_period``.
    exposure : Exposure
        Which survey waves count.

    Returns
    -------
    DataFrame
        One row per practitioner in the practitioners table, in the survey, or leading an
        enrolment, ordered by id; columns as in ``docs/tables.md``.

    Notes
    -----
    Mode use is the mean item (1-5) over the waves used, and so is each score of each instrument of
    the survey (``<instrument>_<scale>``), in the instrument's own metric. ``balance`` is Shannon's
    evenness of the three: with p_k = m_k / (m_1 + m_2 + m_3), -sum(p_k ln p_k) / ln 3. On a scale
    from 1 to 5 it stays near 1; it is missing where a mode is.

    With ``before_start`` a wave counts if it was completed before the day on which the first
    enrolment led by the practitioner started, or if they led none. ``exposure`` says why mode use
    is missing: ``only_later`` (all surveys on or after that day), ``undated`` (the survey, or
    every start, has no date), ``no_survey``, ``not_scored`` (too few items answered).
    """
    ids = _everyone(tables)
    table = _described(ids, tables["practitioners"])
    waves = _waves(tables, scores, exposure)
    used = waves[waves["used"]].groupby(PRACTITIONER_ID)
    table["surveys"] = used.size().reindex(ids, fill_value=0).astype("Int64").array
    attitudes = dictionary().practitioner_survey.describing("practitioner")
    for column in (*MODES, *CELLS, *attitudes):
        table[column] = used[column].mean().reindex(ids).to_numpy()
    for mode in MODES:
        table[f"{mode}_z"] = standardise(table[mode])
    table["balance"] = evenness(table[list(MODES)].to_numpy())
    table["exposure"] = _exposure(table, waves)
    flexible = flexibility(periods).reindex(ids)
    for column in flexible.columns:
        table[column] = flexible[column].to_numpy()
    led = tables["enrolments"].groupby(PRACTITIONER_ID).size()
    table["enrolments"] = led.reindex(ids, fill_value=0).astype("Int64").array
    means = scored_waves(scores, waves)[waves["used"]].groupby(waves[PRACTITIONER_ID]).mean()
    return pd.concat([table, means.reindex(ids).reset_index(drop=True)], axis=1)


def of_surveys(columns: Iterable[str]) -> bool:
    """Whether any of some columns of an analysis table, or of their parts, comes from the surveys."""
    surveyed = {*MODES, *CELLS, *(f"{mode}_z" for mode in MODES), "balance"}
    surveyed |= {*dictionary().practitioner_survey.describing("practitioner")}
    own = {column.removesuffix("_between").removesuffix("_within") for column in columns}
    return bool(own & surveyed)


def evenness(uses: np.ndarray) -> np.ndarray:
    """Normalised Shannon evenness of each row's positive values: 1 = all equal, 0 = one alone."""
    shares = uses / uses.sum(axis=1, keepdims=True)
    return -(shares * np.log(shares)).sum(axis=1) / np.log(uses.shape[1])


def _everyone(tables: Mapping[str, pd.DataFrame]) -> pd.Index:
    named = [tables[name][PRACTITIONER_ID] for name in ("practitioners", "practitioner_survey", "enrolments")]
    return pd.Index(sorted(pd.concat(named).dropna().unique()), dtype="str", name=PRACTITIONER_ID)


def _described(ids: pd.Index, practitioners: pd.DataFrame) -> pd.DataFrame:
    return practitioners.set_index(PRACTITIONER_ID).reindex(ids).reset_index()


def _waves(tables: Mapping[str, pd.DataFrame], scores: Scores, exposure: Exposure) -> pd.DataFrame:
    """Survey waves with their scores, whether they are used, and whether they can be placed."""
    survey, enrolments = tables["practitioner_survey"], tables["enrolments"]
    surveyed = of_table(scores, "practitioner_survey")
    scored = wide_scores(surveyed, [PRACTITIONER_ID, WAVE], (*MODES, *CELLS))
    waves = survey.merge(scored, on=[PRACTITIONER_ID, WAVE], how="left", validate="one_to_one")
    for column in dictionary().practitioner_survey.describing("practitioner"):
        waves[column] = as_number(waves[column])
    times = placed_waves(waves, enrolments)
    waves["placed"] = times["placed"]
    waves["used"] = True if exposure.waves == "all" else times["before"]
    return waves


def _exposure(table: pd.DataFrame, waves: pd.DataFrame) -> np.ndarray:
    answered = table[PRACTITIONER_ID].isin(waves[PRACTITIONER_ID])
    unplaced = table[PRACTITIONER_ID].isin(waves.loc[~waves["placed"].astype(bool), PRACTITIONER_ID])
    used = (table["surveys"] > 0).to_numpy(dtype=bool)
    scored = table[list(MODES)].notna().all(axis=1)
    return np.select(
        [~answered, used & scored, used, unplaced],
        [NO_SURVEY, MEASURED, NOT_SCORED, UNDATED],
        default=ONLY_LATER,
    )
