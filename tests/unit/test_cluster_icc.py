"""ICC(1), ICC(2) and the design effect on known answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alliance_modes.measurement.agreement.clusters import cluster_icc


def test_by_hand():
    """Six clusters of two; means 1, 1, 2, 2, 3, 3; deviations +-1: MSB = 8/5, MSW = 2, F = .8."""
    centres = np.repeat([1.0, 1, 2, 2, 3, 3], 2)
    values = pd.Series(centres + np.tile([-1.0, 1], 6))
    found = cluster_icc(values, pd.Series(np.repeat(list("abcdef"), 2)))
    assert (found.n, found.clusters, found.size) == (12, 6, 2.0)
    assert found.icc1 == pytest.approx((0.8 - 1) / (0.8 + 1), abs=1e-12)
    assert found.icc2 == pytest.approx(1 - 1 / 0.8, abs=1e-12)
    assert found.design_effect == 1.0
    assert found.icc1_low < found.icc1 < found.icc1_high


def test_n0_of_unequal_sizes_by_hand():
    """Sizes 1, 2, 3, 4, 10: n0 = (20 - 130/20) / 4 = 3.375."""
    sizes = [1, 2, 3, 4, 10]
    values = pd.Series(np.arange(20.0) % 7)
    found = cluster_icc(values, pd.Series(np.repeat(list("abcde"), sizes)))
    assert found.size == pytest.approx(3.375, abs=1e-12)
    assert (found.smallest, found.largest) == (1, 10)
    assert found.design_effect == pytest.approx(1 + (130 / 20 - 1) * max(found.icc1, 0), abs=1e-12)


def test_rows_without_value_or_cluster_are_left_out():
    values = pd.Series([*np.arange(20.0) % 7, np.nan, 3.0])
    clusters = pd.Series([*np.repeat(list("abcde"), 4), "a", None])
    assert cluster_icc(values, clusters) == cluster_icc(values[:20], clusters[:20])


@pytest.mark.parametrize(
    ("values", "clusters", "reason"),
    [
        (np.arange(12.0), np.repeat(list("abcd"), 3), "4 clusters; at least 5 are needed"),
        (np.arange(8.0), list("abcdefgh"), "no cluster has two observations"),
        (np.repeat(np.arange(6.0), 2), np.repeat(list("abcdef"), 2), "nothing varies within clusters"),
        ([], [], "0 clusters"),
    ],
)
def test_what_cannot_be_estimated_says_why(values, clusters, reason):
    found = cluster_icc(pd.Series(values, dtype="float64"), pd.Series(clusters, dtype="str"))
    assert found.status == "not_estimated" and reason in found.reason
    assert found.icc1 is None and found.icc2 is None and found.design_effect is None


@pytest.mark.slow
def test_estimate_is_unbiased_and_interval_covers_where_sizes_differ():
    """1,000 samples of 40 clusters of 1 to 40, true ICC .10: within 3 Monte-Carlo errors of .95."""
    rng = np.random.default_rng(31)
    sizes = rng.integers(1, 41, 40)
    clusters = pd.Series(np.repeat(np.arange(40), sizes)).astype("str")
    codes, samples = np.repeat(np.arange(40), sizes), 1000
    covered, estimates = 0, []
    for _ in range(samples):
        values = rng.normal(0, np.sqrt(0.1), 40)[codes] + rng.normal(0, np.sqrt(0.9), len(codes))
        found = cluster_icc(pd.Series(values), clusters)
        covered += found.icc1_low < 0.1 < found.icc1_high
        estimates.append(found.icc1)
    assert abs(covered / samples - 0.95) < 3 * np.sqrt(0.95 * 0.05 / samples)
    assert abs(np.mean(estimates) - 0.1) < 0.004
