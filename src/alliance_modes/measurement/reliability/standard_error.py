"""How far one person's score can be off: standard error of measurement, smallest detectable change."""

from __future__ import annotations

import math
from dataclasses import dataclass

Z_95 = 1.959963984540054


@dataclass(frozen=True)
class MeasurementError:
    """Standard error of measurement and smallest detectable change, in the unit of the score."""

    sem: float
    sdc: float


def measurement_error(sd: float, reliability: float) -> MeasurementError:
    """Error of one person's score.

    Parameters
    ----------
    sd : float
        Standard deviation of the score between respondents, in the unit of the score.
    reliability : float
        Share of its variance that is not error, at most 1.

    Notes
    -----
    SEM = sd x sqrt(1 - reliability); smallest detectable change = 1.96 x sqrt(2) x SEM, the size
    that a difference of two scores of one person exceeds by error alone in 5 % of cases. From the
    internal consistency of one occasion, so that what changes from day to day is not error.

    References
    ----------
    Jacobson, N. S., & Truax, P. (1991). Clinical significance. Journal of Consulting and Clinical
    Psychology, 59(1), 12-19.
    de Vet, H. C. W., et al. (2006). When to use agreement versus reliability measures. Journal of
    Clinical Epidemiology, 59(10), 1033-1039.
    """
    sem = sd * math.sqrt(max(1.0 - reliability, 0.0))
    return MeasurementError(sem, Z_95 * math.sqrt(2.0) * sem)
