"""The unit in which an effect of mode use is pooled: the SD of practitioners within cohorts, over all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alliance_modes.plan.terms import PRACTITIONER, PRODUCT, Predictor
from alliance_modes.pooling.shared_set import SharedFit, SharedSet

COMMON_UNIT = ", within cohorts"
"""What is added to the unit of an effect that is per the SD of all cohorts."""

Key = tuple[str, str]
"""Term and level of an effect."""


@dataclass(frozen=True)
class Scales:
    """What each cohort's effects are multiplied by; ``common`` are the effects that it brings to one unit."""

    factors: Mapping[tuple[str, Key], float]
    common: frozenset[Key]

    def factor(self, cohort: str, key: Key) -> float:
        """Of one effect of one cohort; 1 where it stays as it is."""
        return self.factors.get((cohort, key), 1.0)


def scales(fits: Mapping[str, SharedFit], sets: Sequence[SharedSet]) -> Scales:
    """What brings effects of mode use from each cohort's own SD to the one within all cohorts.

    Parameters
    ----------
    fits : mapping of SharedFit
        By cohort, those that are pooled.
    sets : sequence of SharedSet
        With the SD of each mode as the release shows it.

    Notes
    -----
    s = sqrt(sum (J_c - 1) s_c^2 / sum (J_c - 1)) over cohorts with J_c practitioners, as they are shown; an
    effect is multiplied by s / s_c, as in the model of all rows of ``relations.cohorts``. An effect stays per
    each cohort's own SD where a release withholds it or a number of practitioners, and so does one that is no
    effect of a mode standardised over practitioners.
    """
    by_name = {one.cohort: one for one in sets if one.cohort in fits}
    predictors = next(iter(by_name.values())).asked.predictors
    factors: dict[tuple[str, Key], float] = {}
    common: set[Key] = set()
    for key in dict.fromkeys(term.key for fit in fits.values() for term in fit.terms):
        mode = _mode(key, predictors)
        sd = {name: one.mode_sd[mode] for name, one in by_name.items() if mode in one.mode_sd}
        free = {
            name: fit.people[PRACTITIONER] - 1 for name, fit in fits.items() if PRACTITIONER in fit.people
        }
        if not mode or set(sd) != set(fits) or set(free) != set(fits):
            continue
        whole = math.sqrt(math.fsum(free[name] * sd[name] ** 2 for name in fits) / math.fsum(free.values()))
        common.add(key)
        factors |= {(name, key): whole / sd[name] for name in fits}
    return Scales(factors, frozenset(common))


def _mode(key: Key, predictors: Mapping[str, Predictor]) -> str:
    """The mode whose use, per SD of practitioners, an effect is of, or of its product; else nothing."""
    term, level = key
    modes = {
        one.mode
        for name, one in predictors.items()
        if (one.term or name) in term.split(PRODUCT) and one.raw_column and not one.split and one.mode
    }
    return str(modes.pop()) if len(modes) == 1 and level != "within" else ""
