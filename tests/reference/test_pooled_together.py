"""Several effects pooled together beside metafor 3.8: five trials of Berkey et al. (1998), and a gap.

The values are those that ``Rscript tests/reference/pooled_together.R`` prints.
"""

from __future__ import annotations

import numpy as np
import pytest

from alliance_modes.pooling.together import pool_together

BERKEY = np.array(
    [
        (0.47, -0.32, 0.0075, 0.0030, 0.0077),
        (0.20, -0.60, 0.0057, 0.0009, 0.0008),
        (0.40, -0.12, 0.0021, 0.0007, 0.0014),
        (0.26, -0.31, 0.0029, 0.0009, 0.0015),
        (0.56, -0.39, 0.0148, 0.0072, 0.0304),
    ]
)
"""Five trials of two treatments of gums: probing depth and attachment, their variances and covariance."""

EFFECTS = np.array(
    [(0.31, 0.05, -0.12), (0.12, 0.22, 0.08), (0.45, -0.10, 0.02), (0.20, 0.15, 0.30), (0.05, 0.33, 0.11)]
)
ERRORS = np.array(
    [(0.10, 0.12, 0.09), (0.20, 0.18, 0.22), (0.08, 0.11, 0.10), (0.15, 0.14, 0.13), (0.25, 0.20, 0.21)]
)
CORRELATION = np.array([(1, -0.2, 0.2), (-0.2, 1, -0.5), (0.2, -0.5, 1)])


def numbers(found) -> list[list[float]]:
    return [[getattr(one, name) for one in found] for name in ("estimate", "se", "tau2")]


def test_two_effects_of_five_trials_are_those_of_rma_mv():
    covariances = BERKEY[:, [2, 3, 3, 4]].reshape(5, 2, 2)
    estimate, se, tau2 = numbers(pool_together(BERKEY[:, :2], covariances))
    assert estimate == pytest.approx([0.3613388470, -0.3529477872], abs=2e-7)
    assert se == pytest.approx([0.05862491754, 0.08737129932], abs=2e-7)
    assert tau2 == pytest.approx([0.01158825711, 0.03222858711], rel=2e-5)


def test_three_effects_of_which_a_cohort_lacks_one_are_those_of_rma_mv():
    effects = EFFECTS.copy()
    effects[1, 2] = np.nan
    covariances = ERRORS[:, :, None] * CORRELATION * ERRORS[:, None, :]
    found = pool_together(effects, covariances)
    estimate, se, tau2 = numbers(found)
    assert estimate == pytest.approx([0.31123893120, 0.08019921318, 0.07782474364], abs=2e-7)
    assert se == pytest.approx([0.06552447239, 0.07171558374, 0.11752223785], abs=2e-7)
    assert tau2 == pytest.approx([0.004648922197, 0.005675727660, 0.039102092540], rel=2e-5)
    assert [one.cohorts for one in found] == [5, 5, 4]
