"""How many events the coefficients of a hazard need."""

from __future__ import annotations

EVENTS_PER_COEFFICIENT = 5


def too_few_events(events: float, coefficients: int) -> str:
    """What is missing, in words, where events are too few for the coefficients of a hazard.

    At least 5 per coefficient are required: with 5 to 9 bias and coverage are about as good as with
    10 or more, and below 5 they are not (Vittinghoff & McCulloch 2007, whose simulations are of
    logistic and Cox models). A cloglog model of a rare end has the likelihood of either.

    References
    ----------
    Vittinghoff & McCulloch (2007), American Journal of Epidemiology 165, 710-718.
    """
    required = EVENTS_PER_COEFFICIENT * coefficients
    if events >= required:
        return ""
    return f"{events:.0f} events for {coefficients} coefficients; at least {required} are required"
