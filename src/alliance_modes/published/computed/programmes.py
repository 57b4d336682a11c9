"""Scores by programme, or by arm of a study that has arms in its place: mean, SD and normality."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from alliance_modes.dictionary.named import ENROLMENT_ID, PROGRAMME_ID
from alliance_modes.dictionary.scoring import TABLES as SCORING
from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.ground.files import read_parquet
from alliance_modes.ground.layout import processed
from alliance_modes.published.computed.computation import Source
from alliance_modes.scoring.first_forms import ENROLMENTS, OF_A_FORM, first_forms

KEYS = {"scores_by_programme": (*OF_A_FORM, PROGRAMME_ID)}
FEWEST, MOST = 3, 5_000
"""People of whom Shapiro and Wilk's test can be made; above the most its p is not known well."""


def scores_by_programme(source: Source) -> dict[str, pd.DataFrame]:
    """Describe each scale by programme, from the scores of a run.

    Parameters
    ----------
    source : Source
        With ``cohort``, whose run is there.

    Returns
    -------
    dict of DataFrame
        ``scores_by_programme``: one row per rater, instrument, scale and programme; ``n`` people, ``mean``
        and ``sd`` of their item means (on the response range), ``shapiro_w`` and ``shapiro_p``. What cannot
        be told is missing, and ``reason`` says why.

    Raises
    ------
    ConfigurationError
        The cohort has no programmes.

    Notes
    -----
    The first form of each enrolment on each scale, facets left out; a form that is scored with few items
    missing counts. Enrolments without a programme are left out. SD with n - 1.
    """
    path = source.root / processed(source.cohort, "clean", "enrolments.parquet")
    enrolments = read_parquet(path)
    if PROGRAMME_ID not in enrolments or enrolments[PROGRAMME_ID].isna().all():
        hint = f"Declare {PROGRAMME_ID} among the columns of enrolments in its cohort.yaml."
        raise ConfigurationError(f"cohort {source.cohort}", [Problem("it has no programmes", hint)])
    scores = SCORING["scores"].read(source.root / processed(source.cohort, "scores.parquet"))
    first = first_forms([scores])
    of_enrolments = first[first["population"] == ENROLMENTS]
    known = of_enrolments.merge(
        enrolments[[ENROLMENT_ID, PROGRAMME_ID]], on=ENROLMENT_ID, validate="many_to_one"
    )
    return {"scores_by_programme": pd.DataFrame(_rows(known.dropna(subset=[PROGRAMME_ID])))}


def _rows(known: pd.DataFrame) -> Iterator[dict[str, object]]:
    keys = list(KEYS["scores_by_programme"])
    for names, rows in known.groupby(keys, dropna=False, observed=True):
        values = rows["item_mean"].astype(float)
        row = {
            "n": len(values),
            "mean": float(values.mean()),
            "sd": float(values.std()),
            **_normality(values),
        }
        yield {**dict(zip(keys, names, strict=True)), **row}


def _normality(values: pd.Series) -> dict[str, object]:
    from scipy.stats import shapiro

    if not FEWEST <= len(values) <= MOST or values.nunique() == 1:
        why = f"normality is tested of {FEWEST} to {MOST:,} people who differ"
        return {"shapiro_w": None, "shapiro_p": None, "reason": why}
    found = shapiro(values.to_numpy())
    return {"shapiro_w": float(found.statistic), "shapiro_p": float(found.pvalue), "reason": ""}
