"""Every family of models, by the name that a plan gives it."""

from __future__ import annotations

from collections.abc import Mapping

from alliance_modes.ground.errors import ModelError
from alliance_modes.models.families.cloglog import CLOGLOG
from alliance_modes.models.families.family import Family
from alliance_modes.models.families.linear import LINEAR
from alliance_modes.models.families.logistic import BINOMIAL_COUNTS, LOGISTIC
from alliance_modes.models.families.ordinal import ORDINAL
from alliance_modes.models.families.poisson_counts import POISSON_COUNTS

REGISTERED: Mapping[str, Family] = {
    one.name: one for one in (LINEAR, LOGISTIC, ORDINAL, BINOMIAL_COUNTS, POISSON_COUNTS, CLOGLOG)
}


def family_of(name: str) -> Family:
    """The family of this name.

    Raises
    ------
    ModelError
        There is none.
    """
    if name not in REGISTERED:
        raise ModelError(f"unknown family {name!r}; known are {', '.join(REGISTERED)}")
    return REGISTERED[name]
