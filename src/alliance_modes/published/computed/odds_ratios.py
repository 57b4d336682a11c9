"""Odds ratios of many studies pooled, by the functions that pool cohorts."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.pooling.univariate import Pooled, dersimonian_laird, pooled, reml
from alliance_modes.published.computed.computation import Source

KEYS = {"pooled": ("estimator", "test")}
COUNTS = ("n.cbt.non", "n.cbt.rec", "n.ctrl.non", "n.ctrl.rec")
"""People who did not and who did reoffend, after the programme and in comparison."""

ESTIMATORS = {"dl": dersimonian_laird, "reml": reml}
TESTS: Mapping[str, float | None] = {"z": None, "knha": 0.0}
"""Normal, and by Knapp and Hartung with their factor as it is: as metafor has them."""


def odds_ratios_pooled(source: Source) -> dict[str, pd.DataFrame]:
    """Pool the log odds ratios of the studies of a file.

    Parameters
    ----------
    source : Source
        With ``data``, a CSV file of one row per study that has the columns ``COUNTS``: people, one or more.

    Returns
    -------
    dict of DataFrame
        ``pooled``: one row per estimator of the variance between studies (``dl``, ``reml``) and test (``z``,
        ``knha``), columns as ``docs/verify.md`` says. Log odds ratios of not reoffending, programme against
        comparison; ``i_squared`` in percent.

    Raises
    ------
    ConfigurationError
        It is no table, has fewer than two studies, a column is not there, or a count is missing or 0: of that
        there is no log odds ratio.

    Notes
    -----
    log((a d) / (b c)) with variance 1/a + 1/b + 1/c + 1/d; limits of the odds ratio are e to those of its
    log. Prediction intervals are metafor's: normal beside the normal test, else t on k - 1 df.
    """
    effects, variances = _log_odds_ratios(Path(str(source.data)))
    return {"pooled": pd.DataFrame(_rows(effects, variances))}


def _log_odds_ratios(path: Path) -> tuple[np.ndarray, np.ndarray]:
    try:
        studies = pd.read_csv(path)
    except ValueError as error:
        raise ConfigurationError(str(path), [Problem(f"it is no table: {error}")]) from None
    lacking = [Problem(f"it has no column {name}") for name in COUNTS if name not in studies]
    if lacking:
        raise ConfigurationError(str(path), lacking)
    counts = studies[list(COUNTS)].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    wrong = [
        Problem(f"study {place + 1}: {name} is no count of one or more")
        for place, name in ((int(row), COUNTS[column]) for row, column in np.argwhere(~(counts >= 1.0)))
    ]
    if wrong:
        raise ConfigurationError(str(path), wrong)
    if len(counts) < 2:
        raise ConfigurationError(str(path), [Problem("it holds fewer than two studies: nothing to pool")])
    odds_ratios = counts[:, 0] * counts[:, 3] / (counts[:, 1] * counts[:, 2])
    return np.log(odds_ratios), (1.0 / counts).sum(axis=1)


def _rows(effects: np.ndarray, variances: np.ndarray) -> Iterator[dict[str, object]]:
    for estimator, between in ESTIMATORS.items():
        tau_squared = between(effects, variances)
        for test, least_factor in TESTS.items():
            found = pooled(effects, variances, tau_squared, least_factor)
            yield {"estimator": estimator, "test": test, **_numbers(found)}


def _numbers(found: Pooled) -> dict[str, float]:
    low, high = found.interval
    below, above = found.prediction(math.inf if math.isinf(found.df) else found.cohorts - 1.0)
    return {
        "studies": found.cohorts,
        "estimate": found.estimate,
        "se": found.se,
        "ci_low": low,
        "ci_high": high,
        "tau_squared": found.tau2,
        "q": found.q,
        "i_squared": 100.0 * found.i2,
        "prediction_low": below,
        "prediction_high": above,
        "odds_ratio": math.exp(found.estimate),
        "odds_ratio_low": math.exp(low),
        "odds_ratio_high": math.exp(high),
    }
