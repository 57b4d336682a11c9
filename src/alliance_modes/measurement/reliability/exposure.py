"""Reliability of the practitioner scores that models use as exposure: one wave, or a mean over waves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliance_modes.dictionary.measurement import TABLES
from alliance_modes.dictionary.named import PRACTITIONER_ID, WAVE
from alliance_modes.instruments.administrations import Administrations, administrations
from alliance_modes.instruments.model import Instrument
from alliance_modes.instruments.responses import item_values, keyed_values
from alliance_modes.measurement.reliability.alpha import NO_VARIANCE, cronbach_alpha
from alliance_modes.measurement.reliability.omega import mcdonald_omega

SURVEY = "practitioner_survey"
PRACTITIONERS_FOR_TWO_WAVES = 25
Z_95 = 1.959963984540054


@dataclass(frozen=True)
class ErrorShare:
    """Share of a one-wave score's variance that is error (0-1), the SE of its log, and its source."""

    share: float
    se_log: float
    source: str


def exposure_reliability(
    tables: Mapping[str, pd.DataFrame], instruments: Mapping[str, Instrument], practitioners: pd.DataFrame
) -> pd.DataFrame:
    """Reliability over practitioners of each score of the practitioner survey, as it enters models.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Clean tables; ``practitioner_survey`` is used (one row per practitioner and wave).
    instruments : mapping of str to Instrument
        By id.
    practitioners : DataFrame
        The analysis table of practitioners: ``surveys`` (waves averaged) and ``exposure``.

    Returns
    -------
    DataFrame
        One row per instrument and score, columns as ``dictionary/measurement`` says;
        ``not_estimated`` with a reason where not even alpha can be had (a score of one item).

    Notes
    -----
    What is meant is a practitioner's *lasting* use of a mode. Of one wave's score (``one_wave``) the
    share of error e is the larger of two:

    - ``internal``: 1 - McDonald's omega of each practitioner's first wave (Cronbach's alpha where
      omega is not estimable), the error of items;
    - ``between_waves``: half the variance of the difference between the first two waves over the
      mean of their variances, where at least 25 practitioners answered both. It holds the error of
      items and the state of a wave, which items of one wave share and omega takes for true.

    With fewer two-wave practitioners the state of a wave counts as true. Lasting change between
    waves counts as error, and a habit of rating that is the same in both waves does not.

    Of a mean over w waves the share is e m / (1 - e + e m), with m the mean of 1/w over
    practitioners with an exposure (Spearman and Brown's formula where all have w). The SE of log e
    is omega's (delta method), from Feldt's limits for alpha, and (1 + r) / sqrt(n - 1) with
    r = 1 - e between waves; a mean's is divided by 1 - e + e m.
    Checked against the squared correlation with the simulated true score, with and without states.
    """
    inverse = _mean_inverse_waves(practitioners)
    rows = []
    for block in administrations(tables, instruments):
        if block.table == SURVEY:
            rows += [
                _row(block, score, members, inverse) for score, members in block.instrument.scales().items()
            ]
    return TABLES["exposure_reliability"].from_rows(rows)


def of_a_mean(share: float, se_log: float, inverse_waves: float) -> tuple[float, float]:
    """Share of error of a mean over waves, and the SE of its log, from those of one wave.

    ``inverse_waves`` is the mean of 1 / waves over practitioners.
    """
    total = 1.0 - share + share * inverse_waves
    return share * inverse_waves / total, se_log / total


def _mean_inverse_waves(practitioners: pd.DataFrame) -> float:
    counts = practitioners.loc[practitioners["exposure"] == "measured", "surveys"].astype("float64")
    return float((1.0 / counts).mean()) if len(counts) else 1.0


def _row(block: Administrations, score: str, members: tuple[int, ...], inverse: float) -> dict:
    instrument = block.instrument
    rows = block.rows.sort_values([PRACTITIONER_ID, WAVE], kind="stable", na_position="last")
    keyed = keyed_values(item_values(rows, instrument, block.prefix), instrument)
    items = pd.DataFrame(keyed, columns=range(1, instrument.items + 1))[list(members)]
    people = rows[PRACTITIONER_ID].reset_index(drop=True)
    first = items[~people.duplicated()]
    internal, n, reason = _internal(first)
    lasting, pairs = _between_waves(items.mean(axis=1, skipna=False), people)
    row = {
        "instrument": instrument.id,
        "score": score,
        "items": len(members),
        "n": n,
        "n_two_waves": pairs,
        "waves_used": 1.0 / inverse,
        "between_waves": np.nan if lasting is None else 1.0 - lasting.share,
        "status": "not_estimated",
        "reason": reason,
    }
    if internal is None:
        return row
    one = internal if lasting is None or lasting.share <= internal.share else lasting
    share, se = of_a_mean(one.share, one.se_log, inverse)
    return row | {
        "reliability": 1.0 - share,
        "ci_low": 1.0 - share * math.exp(Z_95 * se),
        "ci_high": 1.0 - share * math.exp(-Z_95 * se),
        "se_log": se,
        "source": one.source,
        "one_wave": 1.0 - one.share,
        "internal": 1.0 - internal.share,
        "internal_source": internal.source,
        "status": "ok",
    }


def _internal(items: pd.DataFrame) -> tuple[ErrorShare | None, int, str]:
    """Error of items: omega's, else alpha's; with the respondents, and why neither."""
    omega = mcdonald_omega(items)
    if omega.status == "ok" and omega.omega is not None and omega.se_log is not None:
        return ErrorShare(1.0 - omega.omega, omega.se_log, "omega"), omega.n, ""
    alpha = cronbach_alpha(items)
    if alpha.status != "ok" or alpha.alpha is None or alpha.ci_low is None or alpha.ci_high is None:
        return None, alpha.n, alpha.reason
    if not 0.0 < alpha.alpha < 1.0:
        return None, alpha.n, f"omega: {omega.reason}; alpha is {alpha.alpha:.2f}"
    se = (math.log(1.0 - alpha.ci_low) - math.log(1.0 - alpha.ci_high)) / (2.0 * Z_95)
    return ErrorShare(1.0 - alpha.alpha, se, "alpha"), alpha.n, f"omega not estimable: {omega.reason}"


def _between_waves(scores: pd.Series, people: pd.Series) -> tuple[ErrorShare | None, int]:
    """Error from the first two waves of the practitioners who have both; their number."""
    known = pd.DataFrame({"score": scores, "person": people}).dropna()
    known[WAVE] = known.groupby("person").cumcount()
    wide = known[known[WAVE] < 2].pivot(index="person", columns=WAVE, values="score").dropna()
    if wide.shape[1] < 2 or len(wide) < PRACTITIONERS_FOR_TWO_WAVES:
        return None, len(wide) if wide.shape[1] == 2 else 0
    spread = float(wide.var().mean())
    if spread <= NO_VARIANCE:
        return None, len(wide)
    share = 0.5 * float((wide[1] - wide[0]).var()) / spread
    if not 0.0 < share < 1.0:
        return None, len(wide)
    return ErrorShare(share, (2.0 - share) / math.sqrt(len(wide) - 1), "two waves"), len(wide)
