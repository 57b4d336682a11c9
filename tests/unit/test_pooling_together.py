"""Effects pooled together: closed forms, an independent likelihood, and intervals that are not too short."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import optimize, stats

from alliance_modes.pooling.together import NORMAL, mean_of_these, pool_together
from alliance_modes.pooling.univariate import pooled, reml


def simulated(rng: np.random.Generator, cohorts: int, effects: int = 3) -> tuple[np.ndarray, np.ndarray]:
    errors = rng.uniform(0.1, 0.6, (cohorts, effects))
    correlation = np.full((effects, effects), -0.3) + 1.3 * np.eye(effects)
    covariances = errors[:, :, None] * correlation * errors[:, None, :]
    noise = np.array([rng.multivariate_normal(np.zeros(effects), one) for one in covariances])
    return 0.4 * rng.standard_normal((cohorts, effects)) + noise, covariances


def test_one_effect_is_pooled_as_by_itself():
    effects, covariances = simulated(np.random.default_rng(3), 6, 1)
    (found,) = pool_together(effects, covariances)
    alone = pooled(effects[:, 0], covariances[:, 0, 0], reml(effects[:, 0], covariances[:, 0, 0]), 0.0)
    assert (found.estimate, found.tau2, found.q) == pytest.approx((alone.estimate, alone.tau2, alone.q))
    assert found.as_it_is == pytest.approx(alone.interval)


def test_effects_whose_estimates_are_independent_are_pooled_as_each_by_itself():
    effects, covariances = simulated(np.random.default_rng(4), 7)
    apart = covariances * np.eye(3)
    together = pool_together(effects, apart)
    for place, one in enumerate(together):
        (alone,) = pool_together(effects[:, [place]], apart[:, [place]][:, :, [place]])
        assert (one.estimate, one.se) == pytest.approx((alone.estimate, alone.se), rel=1e-5)
        assert one.tau2 == pytest.approx(alone.tau2, rel=1e-4, abs=1e-7)


def test_the_variances_are_where_another_search_finds_the_highest_restricted_likelihood():
    rng = np.random.default_rng(5)
    for cohorts in (4, 9):
        effects, covariances = simulated(rng, cohorts)

        def loss(roots: np.ndarray, effects: np.ndarray = effects, covariances: np.ndarray = covariances):
            """Of all estimates as one long normal vector, by its whole covariance matrix."""
            k, p = effects.shape
            whole = np.zeros((k * p, k * p))
            for place in range(k):
                here = slice(place * p, (place + 1) * p)
                whole[here, here] = covariances[place] + np.diag(roots**2)
            design, inverse = np.tile(np.eye(p), (k, 1)), np.linalg.inv(whole)
            known = design.T @ inverse @ design
            rest = effects.ravel() - design @ np.linalg.solve(known, design.T @ inverse @ effects.ravel())
            dets = np.linalg.slogdet(whole)[1] + np.linalg.slogdet(known)[1]
            return dets + rest @ inverse @ rest

        tau2 = np.array([one.tau2 for one in pool_together(effects, covariances)])
        starts = (np.full(3, 0.1), np.full(3, 0.6), np.sqrt(tau2) + 0.01)
        options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000, "maxfev": 4000}
        others = [
            optimize.minimize(loss, start, method="Nelder-Mead", options=options).fun for start in starts
        ]
        assert loss(np.sqrt(tau2)) <= min(others) + 1e-6


def test_effects_that_happen_to_be_alike_have_the_usual_interval_and_no_narrower_one():
    effects = np.array([[0.30], [0.31], [0.30], [0.29], [0.30]])
    (found,) = pool_together(effects, np.full((5, 1, 1), 0.04))
    half = NORMAL * math.sqrt(0.04 / 5)
    assert found.tau2 == 0.0 and found.factor < 0.01
    assert found.interval == pytest.approx((0.3 - half, 0.3 + half))
    low, high = found.as_it_is
    assert high - low < 0.2 * half
    wide = stats.t.ppf(0.975, 4) * math.sqrt(0.04 / 5)
    assert found.cautious == pytest.approx((0.3 - wide, 0.3 + wide))
    assert found.p == pytest.approx(2 * stats.norm.sf(0.3 / math.sqrt(0.04 / 5)))
    further = stats.t.ppf(0.975, 3) * math.sqrt(0.04 / 5)
    assert found.prediction() == pytest.approx((0.3 - further, 0.3 + further))


def test_effects_that_vary_have_the_interval_of_t_and_p_says_the_same():
    effects = np.array([[0.9], [0.1], [0.5], [1.4], [-0.2]])
    (found,) = pool_together(effects, np.full((5, 1, 1), 0.01))
    half = stats.t.ppf(0.975, 4) * math.sqrt(np.var(effects, ddof=1) / 5)
    assert found.interval == pytest.approx((0.54 - half, 0.54 + half), rel=1e-6)
    assert found.p == pytest.approx(2 * stats.t.sf(0.54 / (half / stats.t.ppf(0.975, 4)), 4), rel=1e-5)
    assert (found.p < 0.05) == (found.interval[0] > 0)


def test_the_mean_of_these_cohorts_is_weighted_by_precision_and_its_df_are_at_least_the_fewest():
    effects, variances, df = np.array([0.2, 0.6]), np.array([0.01, 0.04]), np.array([20.0, 10.0])
    mean, error, free = mean_of_these(effects, variances, df)
    larger = 1 + 4 * 0.8 * 0.2 * (1 / 20 + 1 / 10)
    assert (mean, error) == pytest.approx((0.28, math.sqrt(larger * 0.008)))
    assert 10 < free < 30
    assert mean_of_these(effects, np.full(2, 0.02), np.full(2, 15.0))[2] == pytest.approx(30.0)
