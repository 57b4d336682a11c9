"""Whether each item goes with the others of its scale, once the key is applied."""

from __future__ import annotations

import numpy as np

from alliance_modes.instruments.model import Instrument

FEWEST_FORMS = 20
AGAINST = -0.3
"""Correlation with the other items, keyed, below which an item runs against them."""

CLEARLY = -3.5
"""Its product with the root of the number of forms, below which that is no chance."""


def with_others(keyed: np.ndarray, instrument: Instrument) -> dict[int, tuple[float, int]]:
    """Correlation of each item with the mean of the other items of its scale, and the number of forms.

    Parameters
    ----------
    keyed : ndarray
        One row per form, one column per item, reversed items turned round; missing = NaN.
    instrument : Instrument
        Its total, where it has one, else its subscales say which items belong together.

    Returns
    -------
    dict of int to tuple
        By item number; 0 with 0 forms where fewer than 20 forms hold all of them, or all answers are alike.
    """
    scales = [range(1, instrument.items + 1)] if instrument.total else instrument.subscales.values()
    return {item: found for scale in scales for item, found in _of_scale(keyed, sorted(scale)).items()}


def against_others(keyed: np.ndarray, instrument: Instrument) -> dict[int, float]:
    """Items that run against the others by more than chance, with the correlation."""
    return {
        item: r
        for item, (r, forms) in with_others(keyed, instrument).items()
        if forms >= FEWEST_FORMS and r <= AGAINST and r * forms**0.5 <= CLEARLY
    }


def _of_scale(keyed: np.ndarray, items: list[int]) -> dict[int, tuple[float, int]]:
    answers = keyed[:, [item - 1 for item in items]]
    whole = answers[np.isfinite(answers).all(axis=1)]
    if len(items) == 1 or len(whole) < FEWEST_FORMS:
        return dict.fromkeys(items, (0.0, 0))
    total = whole.sum(axis=1)
    return {
        item: _correlation(one, (total - one) / (len(items) - 1))
        for item, one in zip(items, whole.T, strict=True)
    }


def _correlation(one: np.ndarray, rest: np.ndarray) -> tuple[float, int]:
    if np.ptp(one) == 0 or np.ptp(rest) == 0:
        return 0.0, 0
    return float(np.corrcoef(one, rest)[0, 1]), len(one)
