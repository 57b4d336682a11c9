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
    return {
        item: _correlation(keyed[:, item - 1], keyed[:, [other - 1 for other in scale if other != item]])
        for scale in scales
        for item in sorted(scale)
    }


def against_others(keyed: np.ndarray, instrument: Instrument) -> dict[int, float]:
    """Items that run against the others by more than chance, with the correlation."""
    return {
        item: r
        for item, (r, forms) in with_others(keyed, instrument).items()
        if forms >= FEWEST_FORMS and r <= AGAINST and r * forms**0.5 <= CLEARLY
    }


def _correlation(one: np.ndarray, others: np.ndarray) -> tuple[float, int]:
    whole = np.isfinite(one) & np.isfinite(others).all(axis=1)
    if others.shape[1] == 0 or whole.sum() < FEWEST_FORMS:
        return 0.0, 0
    rest = others[whole].mean(axis=1)
    if np.ptp(one[whole]) == 0 or np.ptp(rest) == 0:
        return 0.0, 0
    return float(np.corrcoef(one[whole], rest)[0, 1]), int(whole.sum())
