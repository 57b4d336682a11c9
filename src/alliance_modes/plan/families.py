"""What a plan needs to know of each family of models: the kind of outcome, and what goes with it.

How a family is fitted and what is estimated stands in ``models/families``, under the same names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

RATIO = "ratio"
"""How a plan calls e to a coefficient, whatever the family calls it."""


@dataclass(frozen=True)
class PlannedFamily:
    """A kind of outcome, by the name that a plan gives it.

    Parameters
    ----------
    name : str
    outcome : str
        What one outcome is, in words.
    link : str
        What links its mean to the predictors, in words.
    shown : tuple of str
        The numbers that an outcome can be shown by: estimands, or ``ratio``; the usual one first.
    ratio : str
        The estimand of the ratio; blank where a coefficient has none.
    trials : bool
        It is so many out of so many, and names the column that says out of how many.
    exposure : bool
        It is a count, and may name the column of what it was counted over.
    levels : bool
        It is one of several ordered levels, and names the one from which on its chance is told.
    each_row : bool
        An effect of each row carries what varies beyond the distribution.
    hazard : bool
        It is the hazard of an end per session: it takes no random slopes, and its rows keep whose session
        they are.
    probability : bool
        Its mean is the probability of an event, so that curves can be drawn.
    tipping : bool
        The log-odds of outcomes that nobody saw can be shifted.
    """

    name: str
    outcome: str
    link: str
    shown: tuple[str, ...] = ("percentage_points", RATIO, "coefficient")
    ratio: str = ""
    trials: bool = False
    exposure: bool = False
    levels: bool = False
    each_row: bool = False
    hazard: bool = False
    probability: bool = True
    tipping: bool = False

    @property
    def one_each(self) -> bool:
        """A row is one number, or one outcome that is there or not: no count, level or hazard."""
        return not (self.trials or self.exposure or self.levels or self.hazard)


_LINEAR = PlannedFamily("linear", "a number", "identity", ("standardised", "coefficient"), probability=False)
_LOGISTIC = PlannedFamily("logistic", "0 or 1", "logit", ratio="odds_ratio", tipping=True)
_BINOMIAL_COUNTS = PlannedFamily(
    "binomial_counts", "so many out of so many", "logit", ratio="odds_ratio", trials=True, each_row=True
)
_POISSON_COUNTS = PlannedFamily(
    name="poisson_counts",
    outcome="a count",
    link="log",
    shown=("expected_count", RATIO, "coefficient"),
    ratio="rate_ratio",
    exposure=True,
    each_row=True,
    probability=False,
)
_ORDINAL = PlannedFamily(
    "ordinal", "one of three or more ordered levels", "cumulative logit", ratio="odds_ratio", levels=True
)
_CLOGLOG = PlannedFamily(
    "cloglog", "an end, per session", "complementary log-log", ratio="hazard_ratio", hazard=True
)

FAMILIES: Mapping[str, PlannedFamily] = {
    one.name: one for one in (_LINEAR, _LOGISTIC, _ORDINAL, _BINOMIAL_COUNTS, _POISSON_COUNTS, _CLOGLOG)
}


def known_family(name: str) -> str:
    """``name`` where it is a family.

    Raises
    ------
    ValueError
        It is none; the message lists those that there are.
    """
    if name in FAMILIES:
        return name
    listed = ", ".join(f"{one.name} ({one.outcome}; {one.link} link)" for one in FAMILIES.values())
    raise ValueError(f'"{name}" is not a family; known are {listed}')
