"""Pooling of independent estimates: closed forms, published numbers, and intervals that are not too short."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from alliance_modes.pooling.univariate import dersimonian_laird, pooled, reml

VACCINE = np.array(
    [
        *[(4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619)],
        *[(33, 5036, 47, 5761), (180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892)],
        *[(29, 7470, 45, 7232), (17, 1699, 65, 1600), (186, 50448, 141, 27197), (5, 2493, 3, 2338)],
        (27, 16886, 29, 17825),
    ],
    dtype=float,
)
"""Trials of the BCG vaccine: cases and others with and without it. Colditz et al. 1994, JAMA 271:698."""


def log_risk_ratios() -> tuple[np.ndarray, np.ndarray]:
    case, other, case_without, other_without = VACCINE.T
    with_it, without = case + other, case_without + other_without
    effects = np.log(case / with_it) - np.log(case_without / without)
    return effects, 1 / case - 1 / with_it + 1 / case_without - 1 / without


def test_pooled_vaccine_trials_have_the_published_numbers():
    """Viechtbauer 2010, J Stat Softw 36(3): rma(yi, vi) of the BCG trials."""
    effects, variances = log_risk_ratios()
    found = pooled(effects, variances, reml(effects, variances), None)
    printed = (found.tau2, 100 * found.i2, found.q, found.estimate, found.se, *found.interval)
    assert [round(one, 4) for one in (found.tau2, found.estimate, found.se)] == [0.3132, -0.7145, 0.1798]
    assert printed == pytest.approx((0.3132, 92.22, 152.2330, -0.7145, 0.1798, -1.0669, -0.3622), abs=5e-3)


def test_of_estimates_equally_precise_reml_is_their_variance_less_their_error():
    effects = np.array([0.1, 0.9, -0.4, 1.3, 0.2, 0.6])
    for error in (0.05, 0.2, 5.0):
        variances = np.full(6, error)
        expected = max(0.0, float(np.var(effects, ddof=1)) - error)
        assert reml(effects, variances) == pytest.approx(expected, abs=1e-7)
        assert dersimonian_laird(effects, variances) == pytest.approx(expected, abs=1e-12)


def test_reml_is_where_a_fine_grid_has_the_highest_restricted_likelihood():
    rng = np.random.default_rng(1)
    grid = np.linspace(0.0, 4.0, 40_001)
    for _ in range(5):
        variances = rng.uniform(0.02, 0.6, 7)
        effects = rng.standard_normal(7) * np.sqrt(variances + 0.3)
        weights = 1.0 / (variances + grid[:, None])
        means = (weights * effects).sum(axis=1) / weights.sum(axis=1)
        squares = (weights * (effects - means[:, None]) ** 2).sum(axis=1)
        likelihood = 0.5 * (np.log(weights).sum(axis=1) - np.log(weights.sum(axis=1)) - squares)
        assert reml(effects, variances) == pytest.approx(grid[likelihood.argmax()], abs=1e-4)


def test_estimates_that_happen_to_be_alike_make_no_interval_narrower_than_their_errors_say():
    effects, variances = np.array([0.30, 0.31, 0.30, 0.29, 0.30]), np.full(5, 0.04)
    tau2 = reml(effects, variances)
    ours, unbounded = pooled(effects, variances, tau2), pooled(effects, variances, tau2, 0.0)
    assert tau2 == 0.0 and ours.factor == 1.0
    assert ours.se == pytest.approx(math.sqrt(0.04 / 5))
    assert unbounded.se < 0.1 * ours.se
    half = stats.t.ppf(0.975, 4) * ours.se
    assert ours.interval == pytest.approx((0.3 - half, 0.3 + half))
    wider = stats.t.ppf(0.975, 3) * ours.se
    assert ours.prediction() == pytest.approx((0.3 - wider, 0.3 + wider)), "t on k - 2"


def test_another_cohort_is_predicted_over_the_spread_between_cohorts():
    effects, variances = np.array([0.0, 1.0, -1.0, 2.0, 0.5]), np.full(5, 0.01)
    found = pooled(effects, variances, reml(effects, variances))
    half = stats.t.ppf(0.975, 3) * math.sqrt(found.tau2 + found.se**2)
    assert found.prediction() == pytest.approx((found.estimate - half, found.estimate + half))
    assert found.q_p < 1e-10 and found.i2 > 0.95
