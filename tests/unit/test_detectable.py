"""What a study could have shown: a difference of that size is found in 80 of 100 studies like it."""

import math

import numpy as np
import pytest
from scipy import stats

from alliance_modes.models.effects.detectable import (
    POWER,
    detectable_difference,
    spread_of_draws_to_se,
    units_to_detect,
)

STUDIES = 4000


def found(practitioners: int, slope: float, alpha: float, clients: int = 15, seed: int = 5) -> float:
    """Share of simulated studies whose test of a slope between practitioners is below ``alpha``."""
    rng = np.random.default_rng(seed)
    x = np.linspace(-1.6, 1.6, practitioners)
    noise = rng.normal(size=(STUDIES, practitioners)) * math.sqrt(0.04 + 0.9 / clients)
    y = slope * x + noise
    centred = x - x.mean()
    estimate = y @ centred / (centred @ centred)
    residual = y - y.mean(axis=1, keepdims=True) - np.outer(estimate, centred)
    df = practitioners - 2
    se = np.sqrt((residual**2).sum(axis=1) / df / (centred @ centred))
    return float(np.mean(2 * stats.t.sf(np.abs(estimate / se), df) < alpha))


def true_se(practitioners: int, clients: int = 15) -> float:
    x = np.linspace(-1.6, 1.6, practitioners)
    return math.sqrt((0.04 + 0.9 / clients) / ((x - x.mean()) ** 2).sum())


@pytest.mark.parametrize("practitioners", [12, 25, 40, 120])
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 6])
def test_a_difference_of_that_size_is_found_in_about_80_of_100_studies(practitioners, alpha):
    slope = detectable_difference(true_se(practitioners), practitioners - 2, alpha)
    assert found(practitioners, slope, alpha) == pytest.approx(POWER, abs=0.03)


def test_half_the_difference_takes_about_four_times_the_practitioners():
    now = detectable_difference(true_se(40), 38)
    many = round(units_to_detect(now / 2, now, 40))
    assert many == 160
    assert found(many, now / 2, 0.05) == pytest.approx(POWER, abs=0.03)


def test_with_many_degrees_of_freedom_it_is_the_known_2_8_standard_errors():
    assert detectable_difference(1.0, math.inf) == pytest.approx(2.80, abs=0.005)


@pytest.mark.parametrize("df", [5.0, 18.0, 200.0])
def test_draws_from_t_are_brought_back_to_their_standard_error(df):
    draws = 2.3 * np.random.default_rng(1).standard_t(df, 400_000)
    assert spread_of_draws_to_se(float(draws.std()), df) == pytest.approx(2.3, rel=0.02)
    assert math.isnan(spread_of_draws_to_se(1.0, 2.0))
