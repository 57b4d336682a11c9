"""Factor models of clients and practitioners at once beside lavaan 0.6.14 (R 4.2).

Printed by ``two_level_factors.R``, whose head says how; run as a script, this file prints its answers.
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from alliance_modes.measurement.factors.structures import FactorStructure
from alliance_modes.measurement.factors.two_level.fit import AnswersOfPractitioners, fit_two_level
from alliance_modes.plan.plan import TwoLevel

CLOSE = 1e-4
THREE = FactorStructure("subscales", {"a": (1, 2, 3), "b": (4, 5, 6), "c": (7, 8, 9)})


def answers(
    practitioners: int = 90, own: float = 0.5, alike: float = 0.4, seed: int = 20_263
) -> pd.DataFrame:
    """Nine items on three factors on both levels, of practitioners with 2 to 14 clients.

    ``own`` is what practitioners differ in on each item for itself, ``alike`` how their factors correlate.
    """
    rng = np.random.default_rng(seed)
    code = np.repeat(np.arange(practitioners), rng.integers(2, 15, practitioners))

    def level(count: int, correlation: float, residual: float) -> np.ndarray:
        root = np.linalg.cholesky((1 - correlation) * np.eye(3) + correlation).T
        factors = np.repeat(rng.standard_normal((count, 3)) @ root, 3, axis=1)
        loadings = np.array([0.9, 0.8, 0.7, 1.0, 0.8, 0.6, 0.7, 0.9, 0.8])
        return loadings * factors + residual * rng.standard_normal((count, 9))

    both = level(len(code), 0.5, 0.8) + 0.7 * level(practitioners, alike, own)[code]
    made = pd.DataFrame((4 + both).round(2), columns=range(1, 10))
    return made.assign(practitioner=[f"p{number}" for number in code])


def edge() -> pd.DataFrame:
    """Practitioners differ in the factors alone, which are nearly one."""
    return answers(practitioners=40, own=0.0, alike=0.95)


MEASURES = {
    "saturated": {
        "n": 713.0,
        "loglik": -9408.32760577,
        "loglik_unrestricted": -9392.28460423,
        "parameters": 75.0,
        "chi2": 32.08600309,
        "df": 24.0,
        "p": 0.12487423,
        "cfi": 0.99562828,
        "tli": 0.98688483,
        "rmsea": 0.02173785,
        "rmsea_low": 0.0,
        "rmsea_high": 0.03970862,
        "srmr_within": 0.02159738,
        "srmr_between": 0.00804606,
    },
    "one": {
        "n": 713.0,
        "loglik": -9464.24202863,
        "loglik_unrestricted": -9392.28460423,
        "parameters": 48.0,
        "chi2": 143.91484881,
        "df": 51.0,
        "p": 0.0,
        "cfi": 0.94976529,
        "tli": 0.9290804,
        "rmsea": 0.05054902,
        "rmsea_low": 0.04091594,
        "rmsea_high": 0.06038788,
        "srmr_within": 0.02648995,
        "srmr_between": 0.2135623,
    },
    "subscales": {
        "n": 713.0,
        "loglik": -9417.73646193,
        "loglik_unrestricted": -9392.28460423,
        "parameters": 51.0,
        "chi2": 50.90371541,
        "df": 48.0,
        "p": 0.36003744,
        "cfi": 0.9984301,
        "tli": 0.99764515,
        "rmsea": 0.0092111,
        "rmsea_low": 0.0,
        "rmsea_high": 0.02661526,
        "srmr_within": 0.02166386,
        "srmr_between": 0.06098318,
    },
    "alike": {
        "n": 713.0,
        "loglik": -9566.17624293,
        "loglik_unrestricted": -9392.28460423,
        "parameters": 36.0,
        "chi2": 347.78327741,
        "df": 63.0,
        "p": 0.0,
        "cfi": 0.846031,
        "tli": 0.82403543,
        "rmsea": 0.07962367,
        "rmsea_low": 0.07155578,
        "rmsea_high": 0.08790391,
        "srmr_within": 0.04031768,
        "srmr_between": 0.16781859,
    },
}

ESTIMATES = {
    ("saturated", "within"): [
        0.7554943,
        0.70748123,
        0.66406519,
        0.78923681,
        0.74066104,
        0.550128,
        0.68000812,
        0.71354597,
        0.67767665,
        0.51096197,
        0.54612812,
        0.46338905,
    ],
    ("saturated", "between"): [],
    ("one", "within"): [
        0.75555164,
        0.70810205,
        0.66567801,
        0.80802973,
        0.75869533,
        0.57738038,
        0.69316925,
        0.73773286,
        0.69952725,
        0.49019573,
        0.5195382,
        0.48044736,
    ],
    ("one", "between"): [
        0.89763143,
        0.88579789,
        0.70090811,
        0.37390967,
        0.30149191,
        0.38483627,
        0.53774544,
        0.58666767,
        0.49304129,
    ],
    ("subscales", "within"): [
        0.75446269,
        0.70901183,
        0.66436395,
        0.78792514,
        0.74156316,
        0.55344466,
        0.67848161,
        0.71335945,
        0.67701997,
        0.51058952,
        0.54660978,
        0.46255521,
    ],
    ("subscales", "between"): [
        0.92102126,
        0.90229542,
        0.69899975,
        0.98097845,
        0.78131258,
        0.68637969,
        0.76502815,
        0.89993809,
        0.88684206,
        0.25970861,
        0.44669317,
        0.53609423,
    ],
    ("alike", "within"): [
        0.72678599,
        0.67329875,
        0.56068089,
        0.76199807,
        0.68701894,
        0.52545647,
        0.56897687,
        0.66738005,
        0.69701998,
        0.54164004,
        0.58954015,
        0.48600485,
    ],
    ("alike", "between"): [0.25550303, 0.40929534, 0.46655417],
}
"""Standardised loadings by factor, then correlations; of ``alike`` between practitioners the correlations."""

ERRORS = {
    ("saturated", "within"): [
        0.02756491,
        0.02894874,
        0.02984424,
        0.02836977,
        0.02917728,
        0.03433875,
        0.03075517,
        0.03013433,
        0.03118274,
        0.04271327,
        0.04295241,
        0.0452921,
    ],
    ("saturated", "between"): [],
    ("one", "within"): [
        0.02797487,
        0.02921904,
        0.03001799,
        0.02633846,
        0.02737017,
        0.03298356,
        0.02941593,
        0.02837992,
        0.02972334,
        0.04846292,
        0.04788439,
        0.04517828,
    ],
    ("one", "between"): [
        0.05479878,
        0.05576586,
        0.0816245,
        0.20288323,
        0.19475438,
        0.17157156,
        0.15944377,
        0.15636958,
        0.15826446,
    ],
    ("subscales", "within"): [
        0.02757548,
        0.02885649,
        0.02982045,
        0.02828441,
        0.02901667,
        0.0341561,
        0.03082749,
        0.03017393,
        0.03124813,
        0.04274541,
        0.04286324,
        0.04530109,
    ],
    ("subscales", "between"): [
        0.05806542,
        0.06072285,
        0.08219263,
        0.06867795,
        0.07880443,
        0.10435713,
        0.08565593,
        0.06616684,
        0.06859649,
        0.14357495,
        0.12817063,
        0.12198062,
    ],
    ("alike", "within"): [
        0.02671544,
        0.02695007,
        0.02852156,
        0.02776059,
        0.02736164,
        0.0292254,
        0.03044273,
        0.02939655,
        0.02759598,
        0.04538685,
        0.04512817,
        0.04802577,
    ],
    ("alike", "between"): [0.13053504, 0.11688853, 0.11537408],
}

ICC = [
    0.3190415,
    0.27552904,
    0.28747671,
    0.24533042,
    0.2377035,
    0.22234922,
    0.15246601,
    0.22695323,
    0.28828177,
]

EDGE_LOGLIK = -4172.71564968
EDGE_LOADINGS = [
    0.76660607,
    0.63764579,
    0.607058,
    0.78661714,
    0.74144088,
    0.66359699,
    0.61634978,
    0.79485989,
    0.78050928,
    1.0,
    0.92536058,
    1.0,
    1.0,
    1.0,
    1.0,
    1.0,
    0.99546402,
    1.0,
]


def given(shown: pd.DataFrame) -> AnswersOfPractitioners:
    gate = TwoLevel(practitioners_for_subscales=40, clients=2)
    return AnswersOfPractitioners(shown[list(range(1, 10))], shown["practitioner"], gate)


@pytest.fixture(scope="module")
def whole() -> AnswersOfPractitioners:
    return given(answers())


@pytest.mark.parametrize("between", MEASURES)
def test_log_likelihood_chi_square_and_indices(whole, between):
    fit = fit_two_level(whole, THREE, between)
    assert (fit.status, fit.at_zero) == ("ok", ())
    for name, expected in MEASURES[between].items():
        assert getattr(fit, name) == pytest.approx(expected, abs=CLOSE), name


@pytest.mark.parametrize("between", MEASURES)
def test_standardised_estimates_and_their_errors(whole, between):
    fit = fit_two_level(whole, THREE, between)
    for level in ("within", "between"):
        shown = [
            one for one in fit.estimates if one.level == level and one.kind in ("loading", "correlation")
        ]
        assert [one.estimate for one in shown] == pytest.approx(ESTIMATES[between, level], abs=CLOSE)
        assert [one.se for one in shown] == pytest.approx(ERRORS[between, level], abs=CLOSE)


def test_intraclass_correlations_of_items(whole):
    assert [one.estimate for one in whole.iccs()] == pytest.approx(ICC, abs=CLOSE)


def test_variances_between_practitioners_that_would_be_negative_are_zero():
    fit = fit_two_level(given(edge()), THREE, "one")
    assert (fit.status, fit.at_zero) == ("ok", (1, 3, 4, 5, 6, 7, 9))
    assert fit.loglik == pytest.approx(EDGE_LOGLIK, abs=CLOSE)
    loadings = [one.estimate for one in fit.estimates if one.kind == "loading"]
    assert loadings == pytest.approx(EDGE_LOADINGS, abs=CLOSE)


if __name__ == "__main__":
    shown = {"levels": answers, "edge": edge}[sys.argv[1]]()
    shown.rename(columns={number: f"x{number}" for number in range(1, 10)}).to_csv(sys.stdout, index=False)
