"""Cumulative logit mixed models beside R's ordinal 2022.11-16 (R 4.2).

Printed by ``ordinal_models.R``, whose head says how; run as a script, this file prints its rows.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.engine.prepared import INTERCEPT, Grouping, prepare
from alliance_modes.models.ordered.fit import ordered_levels
from alliance_modes.models.ordered.proportional import ThresholdScores
from alliance_modes.models.ordered.rows import Levels, Rows
from alliance_modes.models.variances.intervals import profile_intervals

CLOSE = 1e-4
PERSON, PLACE, ITEM = (Grouping(name, (name,)) for name in ("person", "place", "item"))
SLOPE = Grouping("person", ("person",), ("dose",))
COLUMNS = ("dose", "trait", "treated")

CUTS = (-2.1, -0.7, 0.4, 2.0)


def rated(seed: int = 20_262) -> pd.DataFrame:
    """Nine ratings of 1 to 5 by each of 60 people of 12 places, with a dose of the rating."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(60), 9)
    item, place = np.tile(np.arange(9), 60), person % 12
    dose = rng.standard_normal(len(person)).round(3)
    trait = rng.standard_normal(60).round(3)[person]
    treated = (person % 5 < 2).astype(int)
    linear = 0.6 * dose + 0.4 * trait - 0.5 * treated
    effects = [0.9 * rng.standard_normal(60)[person], 0.5 * rng.standard_normal(12)[place]]
    effects += [0.4 * rng.standard_normal(9)[item], 0.4 * rng.standard_normal(60)[person] * dose]
    beneath = linear + sum(effects) + rng.logistic(size=len(person))
    rating = 1 + np.searchsorted(CUTS, beneath)
    columns = {"person": person, "place": place, "item": item, "dose": dose, "trait": trait}
    return pd.DataFrame({**columns, "treated": treated, "rating": rating})


THRESHOLDS = {
    (PERSON,): (-2.02007673, -0.58876720, 0.39917831, 1.77744250),
    (PERSON, PLACE): (-2.02036966, -0.58640937, 0.39863374, 1.77156943),
    (PERSON, ITEM): (-2.13710889, -0.61347798, 0.44403177, 1.90984662),
    (SLOPE,): (-2.07152808, -0.60779773, 0.40431890, 1.81131702),
    (): (-1.65621748, -0.48479345, 0.30841100, 1.45761900),
}
SLOPES = {
    (PERSON,): (0.54771881, 0.40125285, -0.42116163),
    (PERSON, PLACE): (0.54873645, 0.38909442, -0.43016092),
    (PERSON, ITEM): (0.59245716, 0.43478805, -0.44041025),
    (SLOPE,): (0.56096088, 0.40779049, -0.43350763),
    (): (0.43520769, 0.30692304, -0.36311312),
}
ERRORS = {
    (PERSON,): (0.23238630, 0.21441547, 0.21372718, 0.22881064, 0.08696492, 0.14139849, 0.32679332),
    (PERSON, PLACE): (0.26949296, 0.25398654, 0.25336842, 0.26624846, 0.08688827, 0.13519583, 0.28896662),
    (PERSON, ITEM): (0.30948546, 0.29451744, 0.29416985, 0.30710861, 0.08954067, 0.15133346, 0.34894150),
    (SLOPE,): (0.24058590, 0.22095949, 0.21976182, 0.23516532, 0.09959760, 0.14633135, 0.33635155),
    (): (0.13124144, 0.10980959, 0.10925119, 0.12939645, 0.07981658, 0.06966911, 0.15827300),
}
"""Of the thresholds, then of the slopes."""
COVARIANCES = {
    (PERSON,): {"person": [1.14190125]},
    (PERSON, PLACE): {"person": [0.80669447], "place": [0.33450212]},
    (PERSON, ITEM): {"person": [1.34866185], "item": [0.30858465]},
    (SLOPE,): {"person": [1.20626940, 0.00167278, 0.00167278, 0.11481084]},
    (): {},
}
LOGLIKS = {
    (PERSON,): -800.47828842,
    (PERSON, PLACE): -798.31268408,
    (PERSON, ITEM): -785.55189672,
    (SLOPE,): -799.30593557,
    (): -838.42671746,
}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return rated()


def fitted(rows: pd.DataFrame, groupings: tuple[Grouping, ...], at_least: float = 3) -> EngineFit:
    fit = fit_mixed(rows, "rating", COLUMNS, groupings, ordered_levels(at_least))
    assert fit.converged, fit.warnings
    return fit


@pytest.mark.parametrize(
    "groupings", THRESHOLDS, ids=["one grouping", "nested", "crossed", "random slope", "no grouping"]
)
def test_it_is_clmm(rows: pd.DataFrame, groupings: tuple[Grouping, ...]) -> None:
    fit = fitted(rows, groupings)
    assert [one.estimate for one in fit.thresholds] == pytest.approx(THRESHOLDS[groupings], abs=CLOSE)
    assert fit.beta[1:] == pytest.approx(np.array(SLOPES[groupings]), abs=CLOSE)
    errors = [*(one.se for one in fit.thresholds), *fit.se[1:]]
    assert errors == pytest.approx(ERRORS[groupings], abs=CLOSE)
    found = {group.grouping: group.covariance.ravel() for group in fit.covariances}
    assert list(found) == list(COVARIANCES[groupings])
    for name, values in COVARIANCES[groupings].items():
        assert found[name] == pytest.approx(np.array(values), abs=CLOSE)
    assert fit.loglik == pytest.approx(LOGLIKS[groupings], abs=CLOSE)


def test_levels_at_the_ends_taken_together(rows: pd.DataFrame) -> None:
    three = rows.assign(rating=rows["rating"].clip(2, 4))
    fit = fit_mixed(three, "rating", COLUMNS[:2], (PERSON,), ordered_levels(4))
    assert [one.estimate for one in fit.thresholds] == pytest.approx((-0.43520003, 0.56574145), abs=CLOSE)
    assert [one.se for one in fit.thresholds] == pytest.approx((0.18093535, 0.18163184), abs=CLOSE)
    assert fit.beta[1:] == pytest.approx(np.array([0.59377958, 0.33037514]), abs=CLOSE)
    assert fit.covariances[0].covariance[0, 0] == pytest.approx(1.32651087, abs=CLOSE)
    assert fit.loglik == pytest.approx(-509.25554947, abs=CLOSE)


def test_the_reference_level_moves_the_intercept_alone(rows: pd.DataFrame) -> None:
    low, high = fitted(rows, (PERSON,), at_least=2), fitted(rows, (PERSON,), at_least=4.5)
    assert low.names[0] == INTERCEPT
    assert low.beta[0] == pytest.approx(-low.thresholds[0].estimate)
    assert high.beta[0] == pytest.approx(-high.thresholds[-1].estimate)
    assert low.beta[1:] == pytest.approx(high.beta[1:], abs=1e-5)
    assert low.loglik == pytest.approx(high.loglik, abs=1e-6)


def test_the_score_of_proportional_odds_is_near_the_likelihood_ratio(rows: pd.DataFrame) -> None:
    """Two tests of one hypothesis: the ratios of ``nominal_test``, and of every column together."""
    used = Rows.of(prepare(rows, "rating", COLUMNS, ()))
    scores = ThresholdScores(used, Levels.of(used.outcome, 3), fitted(rows, ()))
    found = [scores.of(columns) for columns in ([0], [1], [2], [0, 1, 2])]
    assert [one.df for one in found] == [3, 3, 3, 9]
    assert [one.statistic for one in found] == pytest.approx([2.2724, 9.3565, 2.1994, 12.9439], rel=0.03)


def test_limits_of_a_standard_deviation_are_those_of_the_profile(rows: pd.DataFrame) -> None:
    """That of ``clmm2``, which is read off 20 points."""
    one = profile_intervals(fitted(rows, (PERSON,)), (PERSON,), rows).variances["person", INTERCEPT]
    assert np.sqrt([one.low, one.high]) == pytest.approx(np.array([0.81946373, 1.38326110]), abs=CLOSE)


if __name__ == "__main__":
    rated().to_csv(sys.stdout, index=False)
