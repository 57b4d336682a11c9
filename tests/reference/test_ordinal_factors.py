"""Answers as ordered categories beside lavaan 0.6.14 (R 4.2).

Printed by ``ordinal_factors.R``, whose head says how; run as a script, this file prints its answers.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from alliance_modes.measurement.factors.ordinal.fit import OrderedAnswers, fit_ordinal
from alliance_modes.measurement.factors.structures import FactorStructure
from alliance_modes.measurement.reliability.ordinal_omega import ordinal_omega

CLOSE = 1e-4
THREE = FactorStructure("subscales", {"a": (1, 2, 3), "b": (4, 5, 6), "c": (7, 8, 9)})
ONE = FactorStructure("one", {"g": tuple(range(1, 10))})
CUTS = (
    (-1.2, -0.4, 0.3, 1.1),
    (-0.8, 0.0, 0.7, 1.5),
    (-1.0, -0.2, 0.5),
    (-1.5, -0.7, 0.0, 0.9),
    (-0.5, 0.4, 1.2, 1.9),
    (0.2,),
    (-1.1, -0.3, 0.6, 1.4),
    (-0.9, 0.1, 0.8),
    (-1.3, -0.6, 0.2, 1.0),
)


def answers(people: int = 400, seed: int = 20_261) -> pd.DataFrame:
    """Nine items with two to five responses on three factors correlated .3 to .5."""
    rng = np.random.default_rng(seed)
    factors = (
        rng.standard_normal((people, 3)) @ np.linalg.cholesky([[1, 0.5, 0.3], [0.5, 1, 0.4], [0.3, 0.4, 1]]).T
    )
    loadings = np.array([0.8, 0.7, 0.6, 0.75, 0.65, 0.55, 0.7, 0.6, 0.8])
    beneath = loadings * np.repeat(factors, 3, axis=1)
    beneath += np.sqrt(1 - loadings**2) * rng.standard_normal((people, 9))
    given = [1 + np.searchsorted(cuts, column) for cuts, column in zip(CUTS, beneath.T, strict=True)]
    return pd.DataFrame(np.column_stack(given), columns=range(1, 10))


STATISTICS = {
    "chi2": (14.91656869, 174.40804868),
    "df": (24.0, 27.0),
    "chi2_robust": (23.08604009, 218.96277415),
    "p_robust": (0.51472366, 0.0),
    "scaling": (0.71745838, 0.80989136),
    "cfi": (1.0, 0.77570126),
    "tli": (1.00160187, 0.70093501),
    "rmsea": (0.0, 0.13348737),
    "rmsea_low": (0.0, 0.11740504),
    "rmsea_high": (0.03881532, 0.15016131),
    "cfi_robust": (1.0, 0.69412431),
    "tli_robust": (1.00435607, 0.59216574),
    "rmsea_robust": (0.0, 0.14676861),
    "rmsea_robust_low": (0.0, 0.12634227),
    "rmsea_robust_high": (0.04930913, 0.16800015),
    "srmr": (0.0330305, 0.10096482),
}
"""Of three factors and of one."""

ESTIMATES = {
    "loading": (
        [
            0.76934791,
            0.68497169,
            0.54259594,
            0.75032733,
            0.52648323,
            0.62965609,
            0.62348705,
            0.61470758,
            0.78110043,
        ],
        [
            0.04596093,
            0.04437231,
            0.05047126,
            0.05256295,
            0.05745911,
            0.06426898,
            0.05437492,
            0.05118296,
            0.05112651,
        ],
    ),
    "correlation": ([0.58465799, 0.40136455, 0.41689124], [0.06570202, 0.0650754, 0.0692808]),
    "threshold": (
        [
            -1.13828858,
            -0.51722371,
            0.22754498,
            1.12639113,
            -0.75541503,
            0.08784484,
            0.73063848,
            1.57611197,
            -0.90587881,
            -0.24688141,
            0.47470115,
            -1.62108225,
            -0.78919165,
            -0.04388007,
            0.78919165,
            -0.5680515,
            0.3785797,
            1.09162037,
            1.75068607,
            0.06270678,
            -1.17498679,
            -0.2923749,
            0.59776013,
            1.45742174,
            -0.93458929,
            -0.05015358,
            0.73884685,
            -1.45742174,
            -0.69030882,
            0.17001289,
            1.00478581,
        ],
        [
            0.08000169,
            0.06589153,
            0.06333804,
            0.07958695,
            0.06970454,
            0.06283224,
            0.06922683,
            0.10115791,
            0.07305894,
            0.06344401,
            0.0653821,
            0.10413954,
            0.07038854,
            0.06276614,
            0.07038854,
            0.0665654,
            0.06440581,
            0.07841419,
            0.1138424,
            0.06278903,
            0.08132566,
            0.06372852,
            0.06699298,
            0.0941168,
            0.07379353,
            0.06277287,
            0.06938287,
            0.0941168,
            0.06849145,
            0.06307481,
            0.07572851,
        ],
    ),
}
"""Estimates of the three factors, and their standard errors."""


@pytest.fixture(scope="module")
def given() -> OrderedAnswers:
    return OrderedAnswers(answers())


@pytest.mark.parametrize("place", [0, 1])
def test_statistics_and_indices(given, place):
    """``cfi``, ``tli`` and ``rmsea`` are lavaan's ``.scaled``, those that end in robust its ``.robust``."""
    fit = fit_ordinal(given, (THREE, ONE)[place])
    assert (fit.status, fit.estimator, fit.n, np.isnan(fit.p)) == ("ok", "dwls", 400, True)
    for name, expected in STATISTICS.items():
        assert getattr(fit, name) == pytest.approx(expected[place], abs=CLOSE), name


@pytest.mark.parametrize("kind", ESTIMATES)
def test_loadings_correlations_thresholds_and_their_errors(given, kind):
    found = [entry for entry in fit_ordinal(given, THREE).loadings if entry.kind == kind]
    estimates, errors = ESTIMATES[kind]
    assert [entry.estimate for entry in found] == pytest.approx(estimates, abs=CLOSE)
    assert [entry.se for entry in found] == pytest.approx(errors, abs=CLOSE)


OMEGAS = {
    (1, 2, 3): 0.67439083,
    (4, 5, 6): 0.60491573,
    (7, 8, 9): 0.68137439,
    tuple(range(1, 10)): 0.74027798,
}
"""semTools 0.5-6: reliability(cfa(...))["omega", ], one factor each."""


@pytest.mark.parametrize("items", OMEGAS)
def test_ordinal_omega(items):
    assert ordinal_omega(answers()[list(items)]).omega == pytest.approx(OMEGAS[items], abs=CLOSE)


if __name__ == "__main__":
    answers().add_prefix("x").to_csv(sys.stdout, index=False)
