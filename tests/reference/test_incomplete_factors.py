"""Full-information maximum likelihood beside lavaan 0.6.14 (R 4.2).

Printed by ``incomplete_factors.R``, whose head says how; run as a script, this file prints its answers.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from alliance_modes.measurement.factors.incomplete import IncompleteAnswers, fit_incomplete
from alliance_modes.measurement.factors.likelihood import incomplete
from alliance_modes.measurement.factors.likelihood.incomplete import with_errors
from alliance_modes.measurement.factors.likelihood.robust import Sandwich
from alliance_modes.measurement.factors.standardised import standardised_solution
from alliance_modes.measurement.factors.structures import FactorStructure, factor_model

CLOSE = 1e-4
THREE = FactorStructure("subscales", {"a": (1, 2, 3), "b": (4, 5, 6), "c": (7, 8, 9)})
ONE = FactorStructure("one", {"g": tuple(range(1, 10))})


def answers(people: int = 400, seed: int = 20_262) -> pd.DataFrame:
    """Nine items on three factors; gaps are likelier after a high first answer; one person left all out."""
    rng = np.random.default_rng(seed)
    factors = (
        rng.standard_normal((people, 3)) @ np.linalg.cholesky([[1, 0.5, 0.3], [0.5, 1, 0.4], [0.3, 0.4, 1]]).T
    )
    own = 0.7 * np.repeat(factors, 3, axis=1) + 0.7 * rng.standard_normal((people, 9))
    made = pd.DataFrame((4 + 1.4 * own).round(1), columns=range(1, 10))
    chance = np.where(made[[1]] > 4.5, 0.2, 0.06) * (np.arange(9) > 0)
    made = made.mask(rng.random(made.shape) < chance)
    made.iloc[7] = np.nan
    return made


STATISTICS = {
    "n": (399.0, 399.0),
    "chi2": (29.43266122, 328.48291726),
    "df": (24.0, 27.0),
    "p": (0.20427182, 0.0),
    "cfi": (0.99349447, 0.63897861),
    "tli": (0.9902417, 0.51863814),
    "rmsea": (0.02381849, 0.16728732),
    "rmsea_low": (0.0, 0.15135201),
    "rmsea_high": (0.04939926, 0.1837252),
    "srmr": (0.03053109, 0.11163712),
}
"""Of three factors and of one."""

ROBUST = {
    "alone": {
        "chi2_robust": (29.77078599, 355.98782926),
        "p_robust": (0.19246524, 0.0),
        "scaling": (0.9886424, 0.92273637),
        "cfi_robust": (0.99347066, 0.63013989),
        "tli_robust": (0.99020599, 0.50685319),
        "rmsea_robust": (0.02611326, 0.18529722),
        "rmsea_robust_low": (0.0, 0.1672244),
        "rmsea_robust_high": (0.05566017, 0.20394994),
    },
    "in clusters": {
        "chi2_robust": (31.42599882, 370.49441358),
        "p_robust": (0.14187572, 0.0),
        "scaling": (0.93657043, 0.88660694),
        "cfi_robust": (0.9918868, 0.62973124),
        "tli_robust": (0.9878302, 0.50630832),
        "rmsea_robust": (0.0291011, 0.18535128),
        "rmsea_robust_low": (0.0, 0.16733674),
        "rmsea_robust_high": (0.05669809, 0.20394238),
    },
}
"""estimator = "MLR", without and with 40 clusters."""

STANDARDISED = [
    0.69898243,
    0.72257621,
    0.74693995,
    0.74514844,
    0.73142641,
    0.68157932,
    0.61572822,
    0.77727754,
    0.72999064,
    0.53395042,
    0.27674409,
    0.41714242,
]
ERRORS = {
    "normal": [
        0.03799271,
        0.03856646,
        0.03822057,
        0.03783756,
        0.03749817,
        0.03961362,
        0.0447826,
        0.04130478,
        0.04233443,
        0.05485374,
        0.06571972,
        0.06144491,
    ],
    "alone": [
        0.03675451,
        0.0405517,
        0.04029128,
        0.03983889,
        0.03615971,
        0.04182287,
        0.0395263,
        0.04272876,
        0.04163104,
        0.05832684,
        0.06034007,
        0.05994092,
    ],
    "in clusters": [
        0.03584085,
        0.04504151,
        0.03600856,
        0.04077741,
        0.04154244,
        0.0442864,
        0.03480516,
        0.04000803,
        0.04303083,
        0.0721299,
        0.07655779,
        0.06688815,
    ],
}


def given(how: str) -> IncompleteAnswers:
    clusters = pd.Series([f"c{place % 40}" for place in range(400)])
    return IncompleteAnswers(answers(), clusters if how == "in clusters" else None)


@pytest.mark.parametrize("how", ROBUST)
@pytest.mark.parametrize("place", [0, 1])
def test_statistics_and_indices(how, place):
    fit = fit_incomplete(given(how), (THREE, ONE)[place])
    assert (fit.status, fit.estimator, fit.incomplete) == ("ok", "fiml", 1)
    for name, expected in (STATISTICS | ROBUST[how]).items():
        assert getattr(fit, name) == pytest.approx(expected[place], abs=CLOSE), name


@pytest.mark.parametrize("how", ROBUST)
def test_standardised_estimates_and_their_errors(how):
    fit = fit_incomplete(given(how), THREE)
    assert [entry.estimate for entry in fit.loadings] == pytest.approx(STANDARDISED, abs=CLOSE)
    assert [entry.se for entry in fit.loadings] == pytest.approx(ERRORS[how], abs=CLOSE)


@pytest.mark.parametrize("how", ROBUST)
def test_scores_are_summed_in_parts_as_at_once(monkeypatch, how):
    at_once = fit_incomplete(given(how), THREE)
    monkeypatch.setattr(incomplete, "PART", 33)
    in_parts = fit_incomplete(given(how), THREE)
    assert in_parts.scaling == pytest.approx(at_once.scaling, rel=1e-10)
    assert [entry.se for entry in in_parts.loadings] == pytest.approx(
        [entry.se for entry in at_once.loadings], rel=1e-10
    )


def test_errors_of_normal_answers():
    everybody = given("alone")
    fit = with_errors(everybody.fit(factor_model(THREE)), everybody.answers)
    covariance = np.linalg.inv(fit.information) / fit.n
    found = standardised_solution(fit.moments, Sandwich(np.nan, covariance, fit.n))
    assert [entry.se for entry in found] == pytest.approx(ERRORS["normal"], abs=CLOSE)


if __name__ == "__main__":
    answers().add_prefix("x").to_csv(sys.stdout, index=False)
