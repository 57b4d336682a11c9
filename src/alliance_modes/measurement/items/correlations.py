"""How the subscales of one inventory go together, as observed and without measurement error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from alliance_modes.measurement.reliability.alpha import FEWEST_RESPONDENTS, NO_VARIANCE

UNRELIABLE = 0.3
"""Reliability below which dividing by it says nothing."""


@dataclass(frozen=True)
class ScaleCorrelation:
    """Correlation of two scales.

    ``n`` counts the respondents with both scores. ``disattenuated`` and its limits are None where a
    reliability is not known or too low; all are None where ``status`` is ``not_estimated``.
    """

    n: int
    r: float | None = None
    ci_low: float | None = None
    ci_high: float | None = None
    disattenuated: float | None = None
    disattenuated_low: float | None = None
    disattenuated_high: float | None = None
    status: Literal["ok", "not_estimated"] = "ok"
    reason: str = ""


def scale_correlation(
    first: pd.Series,
    second: pd.Series,
    reliabilities: tuple[float | None, float | None] = (None, None),
    confidence: float = 0.95,
) -> ScaleCorrelation:
    """Correlate two scores of the same respondents.

    Parameters
    ----------
    first, second : Series, same index
        One row per respondent (independent: one administration per person); respondents without
        one of them are left out.
    reliabilities : pair of float or None
        Reliability of each score (0-1), for the correlation without measurement error.
    confidence : float
        Level of the intervals, between 0 and 1.

    Returns
    -------
    ScaleCorrelation
        ``not_estimated`` below 10 respondents with both, or where one does not vary.

    Notes
    -----
    Pearson's r with the interval of Fisher's z, z +- z_crit / sqrt(n - 3). The disattenuated
    correlation is r / sqrt(rel_1 rel_2) (Spearman); its limits are those of r divided by the same
    number, so they take the reliabilities as known and are somewhat too narrow. It can exceed 1
    and is then left so: the scales cannot be told apart. Errors of the two scales are taken as
    independent, which two scales of one form answered at one sitting are not quite.

    Validated against the correlations of the ``bfi`` scales in R (1e-10).

    References
    ----------
    Fisher, R. A. (1921). On the "probable error" of a coefficient of correlation deduced from a
    small sample. Metron, 1, 3-32.
    Spearman, C. (1904). The proof and measurement of association between two things. American
    Journal of Psychology, 15(1), 72-101.
    """
    pairs = pd.DataFrame({"first": first, "second": second}).dropna()
    n = len(pairs)
    if n < FEWEST_RESPONDENTS:
        why = f"{n} respondents with both scores; at least {FEWEST_RESPONDENTS} are needed"
        return ScaleCorrelation(n, status="not_estimated", reason=why)
    if (pairs.var() <= NO_VARIANCE).any():
        return ScaleCorrelation(n, status="not_estimated", reason="one of the scores does not vary")
    r = float(pairs["first"].corr(pairs["second"]))
    low, high = fisher_interval(r, n, confidence)
    known = [value for value in reliabilities if value is not None and value >= UNRELIABLE]
    if len(known) < 2:
        why = f"no disattenuated correlation: a reliability is not known, or below {UNRELIABLE}"
        return ScaleCorrelation(n, r, low, high, reason=why)
    divisor = math.sqrt(known[0] * known[1])
    return ScaleCorrelation(n, r, low, high, r / divisor, low / divisor, high / divisor)


def fisher_interval(r: float, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval of a correlation from ``n`` independent pairs (n > 3), by Fisher's z."""
    from scipy.special import ndtri

    z = math.atanh(max(min(r, 1 - 1e-15), -1 + 1e-15))
    reach = float(ndtri(0.5 + confidence / 2)) / math.sqrt(n - 3)
    return math.tanh(z - reach), math.tanh(z + reach)
