"""The number that a report shows first of a coefficient, and the coefficient behind such a number."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq

from alliance_modes.models.design.design import OUTCOME, Design
from alliance_modes.models.effects.marginal import averaged_mean
from alliance_modes.models.families.family import Family
from alliance_modes.plan.terms import Outcome, PlannedModel
from alliance_modes.power.injected import Injected, rows_of

LARGEST = 3.0
"""Largest coefficient of a link that a number is looked for: an odds ratio of 20 per unit."""
ROWS = 2_000
"""Rows over which a mean outcome is taken at most: every k-th."""
STANDARDISED, COEFFICIENT = "standardised", "coefficient"


@dataclass(frozen=True)
class Told:
    """How a coefficient of one column is told.

    ``number`` takes a coefficient to the number of the estimand ``estimand``, which rises with it;
    ``largest`` is the largest coefficient that is looked for behind a number.
    """

    estimand: str
    number: Callable[[float], float]
    largest: float

    def coefficient(self, number: float) -> float | None:
        """The coefficient behind a number; None where none is as large."""
        low, high = self.number(-self.largest), self.number(self.largest)
        if not low < number < high:
            return None
        return float(brentq(lambda beta: self.number(beta) - number, -self.largest, self.largest))

    def half_width(self, coefficient: float, reach: float) -> float:
        """Half of the interval from ``reach`` below a coefficient to ``reach`` above it, as it is told."""
        return (self.number(coefficient + reach) - self.number(coefficient - reach)) / 2.0


def told(
    design: Design, injected: Injected, family: Family, model: PlannedModel, outcome: Outcome, name: str
) -> Told:
    """How the effect of the column ``name`` is told of an outcome of a model.

    Parameters
    ----------
    design : Design
        The rows over which means are taken, with the outcome whose SD counts.
    injected : Injected
        Where the coefficient is put in, everything else as there.
    family, model, outcome, name
        Whose number it is.

    Notes
    -----
    Ratios are e to the coefficient. Standardised coefficients are divided by the SD of the outcome
    over the rows. Percentage points (of counts: the difference in the expected count) are the mean over
    rows of m(eta + beta) - m(eta), as in ``MarginalEffects``, at a predictor eta that has the effect; m is
    averaged over random effects with their mean variance over rows.
    """
    estimand = model.estimand_shown(outcome)
    if estimand == COEFFICIENT:
        return Told(estimand, lambda beta: beta, np.inf)
    if estimand == STANDARDISED:
        spread = float(design.frame[OUTCOME].std(ddof=1))
        return Told(estimand, lambda beta: beta / spread, LARGEST * spread)
    if estimand == family.planned.ratio:
        return Told(estimand, lambda beta: float(np.exp(beta)), LARGEST)
    return Told(estimand, _difference(design, injected, family, name), LARGEST)


def _difference(design: Design, injected: Injected, family: Family, name: str) -> Callable[[float], float]:
    rows = rows_of(design)
    without = injected.with_effects({name: 0.0}).fixed_part(rows)
    chosen = np.unique(np.linspace(0, len(without) - 1, ROWS).round().astype(int))
    eta, values = without[chosen], design.frame[name].to_numpy(dtype=float)[chosen]
    reach = LARGEST * (float(np.abs(values).max()) + 1.0)
    spread = float(np.sqrt(injected.random_variance(rows)))
    mean = averaged_mean(
        injected.distribution.link, spread, float(eta.min()) - reach, float(eta.max()) + reach
    )
    times = family.difference.times

    def number(beta: float) -> float:
        at = eta + beta * values
        return times * float((mean(at + beta) - mean(at)).mean())

    return number
