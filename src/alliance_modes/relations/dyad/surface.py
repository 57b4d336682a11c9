"""The response surface of an outcome over two ratings: its axes, and what agreement can be said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import stats

from alliance_modes.domain import ALPHA
from alliance_modes.models.effects.marginal import draw
from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.inference.inference import CONFIDENCE, wald_joint_test
from alliance_modes.models.result import Check
from alliance_modes.relations.result import RelationCheck, RelationEstimate, RelationPoint
from alliance_modes.words.rounding import bounded

BOTH = "both"
COLUMNS = ("own", "other", "own_squared", BOTH, "other_squared")
"""b1 ... b5: the truth's rating x, the judge's y, x^2, xy, y^2, about the middle of the range."""

CONTRASTS: Mapping[str, tuple[float, ...]] = {
    "a1": (1.0, 1.0, 0.0, 0.0, 0.0),
    "a2": (0.0, 0.0, 1.0, 1.0, 1.0),
    "a3": (1.0, -1.0, 0.0, 0.0, 0.0),
    "a4": (0.0, 0.0, 1.0, -1.0, 1.0),
}
"""Slope and curvature along agreement (y = x: a1, a2) and across it (y = -x: a3, a4)."""

AXIS = ("p10", "p11")
AT = tuple(float(x) for x in range(-4, 5))
NO_AXIS = "the three curved terms together do not differ from nothing (p {}), and a plane has no ridge"
NO_DIRECTION = (
    "the product of both ratings has no effect beyond chance (p {}): which way a ridge runs is open"
)


def polynomial(own: np.ndarray, other: np.ndarray) -> dict[str, np.ndarray]:
    """The five columns of the surface from two ratings about the middle of the range."""
    return dict(zip(COLUMNS, (own, other, own**2, own * other, other**2), strict=True))


def axis(coefficients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Intercept and slope of the first principal axis of each surface, in the plane of both ratings.

    Parameters
    ----------
    coefficients : array (... x 5)
        b1 to b5.

    Notes
    -----
    p11 = (b5 - b3 + sqrt((b3 - b5)^2 + b4^2)) / b4 and p10 = y0 - p11 x0, with the stationary point
    x0 = (b2 b4 - 2 b1 b5) / (4 b3 b5 - b4^2), y0 = (b1 b4 - 2 b2 b3) / (4 b3 b5 - b4^2). Not a number where
    b4 or the determinant is zero.

    References
    ----------
    Edwards, J. R. (2002). Alternatives to difference scores: Polynomial regression and response surface
    methodology. In F. Drasgow & N. Schmitt (Eds.), Advances in measurement and data analysis (pp. 350-400).
    """
    b1, b2, b3, b4, b5 = np.moveaxis(np.asarray(coefficients, dtype=float), -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        determinant = 4.0 * b3 * b5 - b4**2
        own = (b2 * b4 - 2.0 * b1 * b5) / determinant
        other = (b1 * b4 - 2.0 * b2 * b3) / determinant
        slope = (b5 - b3 + np.sqrt((b3 - b5) ** 2 + b4**2)) / b4
        return other - slope * own, slope


@dataclass(frozen=True)
class Surface:
    """A fit with the five columns; ``reach`` is how far from the middle both ratings are seen.

    ``unit`` is that of a coefficient.
    """

    part: str
    found: Estimated
    unit: str
    reach: tuple[float, float]
    draws: int
    seed: int

    @property
    def _places(self) -> list[int]:
        return [self.found.inference.place(name) for name in COLUMNS]

    @property
    def _df(self) -> float:
        return float(np.min(self.found.inference.df[self._places]))

    def rows(self) -> Iterator[RelationEstimate]:
        """a1 to a4 with intervals by the delta method, the test of curvature, p10 and p11 by simulation.

        Notes
        -----
        a = Lb is linear in the coefficients, so that its standard error sqrt(LVL') is exact; df are the
        smallest of the five. p10 and p11 are ratios: their limits are percentiles of draws of the
        coefficients (multivariate t). They are not estimated where the three curved terms together do not
        differ from nothing, nor where that of xy does not: the ridge may run either way then, and an interval
        that holds everything would pass for agreement.
        """
        for name, weights in CONTRASTS.items():
            yield self._contrast(name, np.array(weights))
        test = wald_joint_test(self.found.inference, COLUMNS[2:])
        yield self._base("curvature", "joint_test").model_copy(
            update={
                "unit": f"F on {test.numerator_df:g} and df",
                "statistic": test.statistic,
                "df": test.denominator_df,
                "p": test.p,
            }
        )
        yield from self._axis(test.p)

    def _base(self, term: str, estimand: str) -> RelationEstimate:
        return RelationEstimate(
            part=self.part,
            term=term,
            estimand=estimand,
            n=self.found.design.observations,
            clusters=dict(self.found.design.clusters),
            status=self.found.status,
        )

    def _contrast(self, name: str, weights: np.ndarray) -> RelationEstimate:
        estimate, se = self._along(weights)
        reach = float(stats.t.ppf(0.5 + CONFIDENCE / 2.0, self._df)) * se
        return self._base(name, "coefficient").model_copy(
            update={
                "unit": self.unit,
                "estimate": estimate,
                "se": se,
                "df": self._df,
                "statistic": estimate / se,
                "p": float(2.0 * stats.t.sf(abs(estimate / se), self._df)),
                "ci_low": estimate - reach,
                "ci_high": estimate + reach,
            }
        )

    def _along(self, weights: np.ndarray) -> tuple[float, float]:
        inference, places = self.found.inference, self._places
        variance = weights @ inference.vcov[np.ix_(places, places)] @ weights
        return float(weights @ inference.beta[places]), float(np.sqrt(variance))

    def _axis(self, p: float) -> Iterator[RelationEstimate]:
        inference, places = self.found.inference, self._places
        reason = self._no_axis(p, float(inference.p[inference.place(BOTH)]))
        if reason:
            for name in AXIS:
                refused = {"status": "not_estimated", "reason": reason}
                yield self._base(name, "axis").model_copy(update=refused)
            return
        drawn = draw(inference, np.zeros((1, len(inference.beta))), self.draws, [self.seed])
        coefficients = inference.beta + drawn.scaled(self._df)[1]
        estimates = axis(inference.beta[places])
        for name, estimate, values in zip(AXIS, estimates, axis(coefficients[:, places]), strict=True):
            known = values[np.isfinite(values)]
            tail = 100.0 * (1.0 - CONFIDENCE) / 2.0
            low, high = np.percentile(known, [tail, 100.0 - tail])
            yield self._base(name, "axis").model_copy(
                update={"estimate": float(estimate), "ci_low": float(low), "ci_high": float(high)}
            )

    def _no_axis(self, curved: float, both: float) -> str:
        """Why the surface has no ridge that could be told; blank where it has."""
        if not curved < ALPHA:
            return NO_AXIS.format(bounded(curved))
        return "" if both < ALPHA else NO_DIRECTION.format(bounded(both))

    def points(self) -> Iterator[RelationPoint]:
        """The linear predictor less that of both at the middle of the range, where ratings are seen."""
        reach = float(stats.t.ppf(0.5 + CONFIDENCE / 2.0, self._df))
        lines = {"agree": ("a1", "a2", 1.0), "differ": ("a3", "a4", -1.0)}
        for series, (slope, curvature, side) in lines.items():
            for x in AT:
                if not all(self.reach[0] <= value <= self.reach[1] for value in (x, side * x)):
                    continue
                weights = x * np.array(CONTRASTS[slope]) + x**2 * np.array(CONTRASTS[curvature])
                height, se = self._along(weights)
                yield RelationPoint(
                    part=self.part,
                    series=series,
                    x=x,
                    estimate=height,
                    ci_low=height - reach * se,
                    ci_high=height + reach * se,
                )


def congruence(part: str, rows: tuple[RelationEstimate, ...]) -> RelationCheck:
    """Whether an agreement effect may be said: a4 < 0, and a3 = 0, p10 = 0, p11 = 1 not contradicted.

    References
    ----------
    Humberg, S., Nestler, S., & Back, M. D. (2019). Response surface analysis in personality and social
    psychology: Checklist and clarifications for the case of congruence hypotheses. Social Psychological and
    Personality Science, 10(3), 409-419.
    """
    by_term = {row.term: row for row in rows}
    falls = by_term["a4"].ci_high is not None and by_term["a4"].ci_high < 0.0
    said, answers = [f"a4 < 0: {'yes' if falls else 'no'}"], [falls]
    for term, value in (("a3", 0.0), ("p10", 0.0), ("p11", 1.0)):
        row = by_term[term]
        if row.ci_low is None or row.ci_high is None:
            said.append(f"{term} = {value:g}: not estimated")
            answers.append(False)
            continue
        held = row.ci_low <= value <= row.ci_high
        said.append(f"{term} = {value:g}: {'not contradicted' if held else 'contradicted'}")
        answers.append(held)
    result: Check = "pass" if all(answers) else "fail"
    return RelationCheck(part=part, check="congruence", result=result, detail="; ".join(said))
