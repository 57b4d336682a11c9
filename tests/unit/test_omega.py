"""McDonald's omega on known answers, and refused where it is not known."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from alliance_modes.measurement.reliability.omega import mcdonald_omega, one_factor

LOADINGS = np.array([0.9, 0.6, 0.8, 0.5, 0.7, 0.4])
UNIQUE = np.array([0.5, 0.9, 0.4, 1.1, 0.7, 0.3])
TRUE = LOADINGS.sum() ** 2 / (LOADINGS.sum() ** 2 + UNIQUE.sum())


def sample(seed: int, people: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(people, len(UNIQUE))) * np.sqrt(UNIQUE)
    return pd.DataFrame(rng.normal(size=(people, 1)) * LOADINGS + noise)


def exact(loadings: np.ndarray, unique: np.ndarray, people: int = 60) -> pd.DataFrame:
    """Answers whose covariances are exactly those of the model."""
    rng = np.random.default_rng(3)
    raw = rng.normal(size=(people, len(unique)))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(np.cov(raw.T))).T
    return pd.DataFrame(
        white @ np.linalg.cholesky(np.outer(loadings, loadings) + np.diag(unique)).T,
        columns=range(len(unique)),
    )


def test_omega_of_exact_covariances():
    found = mcdonald_omega(exact(LOADINGS, UNIQUE))
    assert found.omega == pytest.approx(TRUE, abs=1e-7)
    assert (found.n, found.items, found.status) == (60, 6, "ok")
    assert found.ci_low < found.omega < found.ci_high


def test_omega_exceeds_alpha_when_loadings_differ_and_equals_it_when_they_do_not():
    from alliance_modes.measurement.reliability.alpha import cronbach_alpha

    differ, same = exact(LOADINGS, UNIQUE), exact(np.full(6, 0.7), UNIQUE)
    assert mcdonald_omega(differ).omega > cronbach_alpha(differ).alpha + 0.005
    assert mcdonald_omega(same).omega == pytest.approx(cronbach_alpha(same).alpha, abs=1e-7)


def test_three_items_have_the_closed_solution():
    """Covariances .42, .54, .63 are products of the loadings .6, .7 and .9 in one way only."""
    covariance = np.array([[1.0, 0.42, 0.54], [0.42, 1.0, 0.63], [0.54, 0.63, 1.0]])
    loadings, unique = one_factor(covariance)
    assert loadings == pytest.approx([0.6, 0.7, 0.9], abs=1e-6)
    assert unique == pytest.approx([0.64, 0.51, 0.19], abs=1e-6)


@pytest.mark.slow
def test_interval_covers_at_its_level():
    """1,000 samples of 60: 95 % coverage within 3 Monte-Carlo errors plus 1 point for the small sample."""
    covered = []
    for seed in range(1000):
        found = mcdonald_omega(sample(seed, 60))
        if found.status == "ok":
            covered.append(found.ci_low <= TRUE <= found.ci_high)
    assert len(covered) >= 980
    assert np.mean(covered) == pytest.approx(0.95, abs=3 * math.sqrt(0.95 * 0.05 / 1000) + 0.01)


@pytest.mark.parametrize(
    ("items", "why"),
    [
        (sample(1, 9), "9 complete respondents"),
        (sample(1, 40)[[0, 1]], "at least 3"),
        (sample(1, 40).assign(**{"same": 3.0}), "does not vary"),
        (
            pd.DataFrame(np.random.default_rng(5).normal(size=(11, 10))),
            "11 complete respondents for 10 items",
        ),
        (sample(1, 40).assign(**{"twice": lambda table: table[0]}), "one-factor"),
    ],
)
def test_refused_with_a_reason(items, why):
    found = mcdonald_omega(items)
    assert found.status == "not_estimated"
    assert why in found.reason
    assert found.omega is None and found.se_log is None


def test_rests_on_complete_respondents():
    table = sample(2, 80)
    holed = pd.concat(
        [table, table.head(20).assign(**{"hole": np.nan})[["hole", 1, 2, 3, 4, 5]].set_axis(range(6), axis=1)]
    )
    assert mcdonald_omega(holed.reset_index(drop=True)) == mcdonald_omega(table)
