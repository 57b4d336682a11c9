"""Scores of each scale: how many, how spread, at the ends of the range, and the error of one score."""

from __future__ import annotations

import pandas as pd

from alliance_modes.instruments.model import Instrument
from alliance_modes.measurement.reliability.standard_error import measurement_error


def describe_scale(
    keyed: pd.DataFrame, instrument: Instrument, scale: str, reliability: float | None, kind: str
) -> dict[str, object]:
    """Describe the scores of one scale.

    Parameters
    ----------
    keyed : DataFrame
        One row per respondent (independent: one administration per person), one column per item of
        the scale, reversed items already turned round; missing = NaN.
    instrument : Instrument
        The instrument; its range and scoring rule are used.
    scale : str
        One of ``instrument.scales()``.
    reliability : float or None
        Share of the variance of the score that is not error; None where it was not estimated.
    kind : str
        Which coefficient ``reliability`` is (``omega``, ``alpha``), blank where there is none.

    Returns
    -------
    dict
        ``kind`` of scale; ``answered`` and ``complete`` (respondents with any, with every item of
        the scale answered), ``cells`` (items x answered) and ``missing`` (of these, without
        answer); ``mean``, ``sd`` (item means, complete respondents), ``floor`` and ``ceiling``
        (share of complete respondents with every item at the lowest, the highest response, 0-1);
        ``reliability`` and ``reliability_kind``; ``sem`` and ``sdc`` (item mean), ``sem_score``
        and ``sdc_score`` (the instrument's own metric); ``status`` and ``reason``.

    Notes
    -----
    Complete respondents, as for the reliability: the error is that of a score without gaps. See
    ``measurement_error`` for the formulas.
    """
    answered = keyed[keyed.notna().any(axis=1)]
    complete = answered.dropna()
    means = complete.mean(axis=1)
    found: dict[str, object] = {
        "kind": instrument.kind(scale),
        "items": keyed.shape[1],
        "answered": len(answered),
        "complete": len(complete),
        "cells": int(answered.size),
        "missing": int(answered.isna().sum().sum()),
        "mean": means.mean(),
        "sd": means.std(),
        "floor": (complete == instrument.range.low).all(axis=1).mean() if len(complete) else None,
        "ceiling": (complete == instrument.range.high).all(axis=1).mean() if len(complete) else None,
        "status": "ok",
        "reason": "",
    }
    if reliability is None or pd.isna(reliability):
        return found | {"status": "not_estimated", "reason": "no reliability, so no error of a score"}
    error = measurement_error(float(means.std()), float(reliability))
    factor = keyed.shape[1] if instrument.scoring.method == "sum" else 1
    return found | {
        "reliability": reliability,
        "reliability_kind": kind,
        "sem": error.sem,
        "sdc": error.sdc,
        "sem_score": error.sem * factor,
        "sdc_score": error.sdc * factor,
    }


def item_responses(keyed: pd.DataFrame, instrument: Instrument) -> pd.DataFrame:
    """How often each response was given to each item.

    Parameters
    ----------
    keyed : DataFrame
        One row per respondent, one column per item number, reversed items already turned round.
    instrument : Instrument
        Its range says which responses there are; where fractions are possible, they are counted at
        the nearest whole number (halves upwards).

    Returns
    -------
    DataFrame
        One row per item and response of the range: ``item``, ``reversed``, ``response``, ``count``,
        ``n`` (answers to the item), ``share`` (0-1, of the answers).
    """
    rows = []
    responses = range(int(instrument.range.low), int(instrument.range.high) + 1)
    for item in keyed.columns:
        answers = (keyed[item].dropna() + 0.5).floordiv(1).astype("int64")
        counts = answers.value_counts()
        for response in responses:
            count = int(counts.get(response, 0))
            rows.append(
                {
                    "item": item,
                    "reversed": item in instrument.reversed,
                    "response": response,
                    "count": count,
                    "n": len(answers),
                    "share": count / len(answers) if len(answers) else None,
                }
            )
    return pd.DataFrame(rows)
