"""Factor analysis and invariance beside lavaan: single group, clusters, groups, pairs of raters.

``reference.json`` holds lavaan's fits of Holzinger and Swineford's data; the values written here are
those of lavaan 0.6.14 (R 4.2) for the same data and for psych's ``bfi``, with its options named.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alliance_modes.measurement.factors.confirmatory import compare, fit_structure
from alliance_modes.measurement.factors.fit_indices import cfi, rmsea, srmr
from alliance_modes.measurement.factors.invariance import invariance_between_groups
from alliance_modes.measurement.factors.likelihood.moment_fit import expected_information, fit_moments
from alliance_modes.measurement.factors.likelihood.moments import Sample
from alliance_modes.measurement.factors.likelihood.robust import Sandwich
from alliance_modes.measurement.factors.standardised import standardised_solution
from alliance_modes.measurement.factors.structures import (
    INVARIANCE_LEVELS,
    FactorStructure,
    factor_model,
    independence_model,
    paired_model,
)

REFERENCE = Path(__file__).resolve().parents[2].parent / "shared" / "reference"
CHI2, INDEX, LOADING = 0.05, 1e-3, 1e-3
ITEMS = range(1, 10)
STRUCTURES = {
    "cfa_3factor": FactorStructure(
        "subscales", {"visual": (1, 2, 3), "textual": (4, 5, 6), "speed": (7, 8, 9)}
    ),
    "cfa_1factor": FactorStructure("one", {"g": tuple(ITEMS)}),
}

pytestmark = pytest.mark.skipif(
    not (REFERENCE / "reference.json").is_file(), reason="not run: reference values not present"
)


@pytest.fixture(scope="module")
def reference() -> dict:
    return json.loads((REFERENCE / "reference.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    table = pd.read_csv(REFERENCE / "data" / "HolzingerSwineford1939.csv")
    return table.rename(columns={f"x{item}": item for item in ITEMS})


@pytest.mark.parametrize("key", STRUCTURES)
def test_fit_of_one_structure(key, people, reference):
    expected = reference[key]["fit"]
    fit = fit_structure(people[list(ITEMS)], STRUCTURES[key])
    assert (fit.status, fit.n, fit.df, fit.engines) == ("ok", 301, expected["df"], "agree")
    assert fit.chi2 == pytest.approx(expected["chisq"], abs=CHI2)
    assert fit.chi2_semopy == pytest.approx(expected["chisq"], abs=CHI2)
    assert fit.p == pytest.approx(expected["pvalue"], abs=1e-6)
    assert fit.tli == pytest.approx(expected["tli"], abs=INDEX)
    assert [fit.cfi, fit.rmsea, fit.rmsea_low, fit.rmsea_high, fit.srmr] == pytest.approx(
        [expected[name] for name in ("cfi", "rmsea", "rmsea.ci.lower", "rmsea.ci.upper", "srmr")], abs=INDEX
    )


@pytest.mark.parametrize("key", STRUCTURES)
def test_standardised_loadings_correlations_and_their_errors(key, people, reference):
    structure = STRUCTURES[key]
    sample = Sample(people[list(ITEMS)].to_numpy(), np.arange(len(people)))
    fit = fit_moments(factor_model(structure), [sample])
    of_independent = np.linalg.inv(expected_information(fit.model, fit.theta, fit.samples)) / fit.n
    solution = standardised_solution(fit, Sandwich(1.0, of_independent, 301))
    factors = list(structure.factors)
    expected = {
        (row["lhs"], row["rhs"]): row
        for row in reference[key]["standardized"]
        if row["lhs"] in factors and row["lhs"] != row["rhs"]
    }
    assert len(solution) == len(expected) == (12 if len(factors) == 3 else 9)
    for entry in solution:
        other = f"x{entry.of + 1}" if entry.kind == "loading" else factors[entry.of]
        row = expected[factors[entry.factor], other]
        assert entry.estimate == pytest.approx(row["est.std"], abs=LOADING)
        assert entry.se == pytest.approx(row["se"], abs=LOADING)


def test_three_groups_of_equalities_by_school(people, reference):
    steps = invariance_between_groups(
        people[list(ITEMS)], STRUCTURES["cfa_3factor"], people["school"], fewest=140
    )
    full = {step.level: step for step in steps if not step.freed}
    for level in INVARIANCE_LEVELS:
        expected = reference["cfa_invariance_by_school"][level]
        assert full[level].df == expected["df"]
        assert full[level].chi2 == pytest.approx(expected["chisq"], abs=CHI2)
        assert [full[level].cfi, full[level].rmsea, full[level].srmr] == pytest.approx(
            [expected["cfi"], expected["rmsea"], expected["srmr"]], abs=INDEX
        )
    assert [full["metric"].verdict, full["scalar"].verdict] == ["holds", "fails"]
    # the two intercepts that the literature on these data frees (x3 and x7)
    assert (steps[-1].freed, steps[-1].verdict) == ((3, 7), "holds")
    # lavTestLRT(..., method = "satorra.2000", scaled.shifted = FALSE) under estimator = "MLR"
    assert full["metric"].chi2_difference == pytest.approx(6.481888824, rel=1e-3)
    assert full["scalar"].chi2_difference == pytest.approx(38.8445368, rel=1e-3)


def test_scaled_difference_of_one_factor_and_three(people):
    """The same by lavTestLRT; its simpler methods give 212.9 and -377.4."""
    one, three = (
        fit_structure(people[list(ITEMS)], STRUCTURES[key]) for key in ("cfa_1factor", "cfa_3factor")
    )
    found = compare(one, three)
    assert (found.df, found.robust) == (3, True)
    assert found.chi2 == pytest.approx(167.917919, rel=1e-3)


ROBUST = {
    "each alone": {
        "scaling": 0.979042437,
        "chi2_robust": 87.1315875,
        "cfi_robust": 0.929863941,
        "tli_robust": 0.894795911,
        "rmsea_robust": 0.0924986182,
        "rmsea_robust_low": 0.0720677252,
        "rmsea_robust_high": 0.113781307,
    },
    "by month of age": {
        "scaling": 1.00333936,
        "chi2_robust": 85.0216043,
        "cfi_robust": 0.930694684,
        "tli_robust": 0.896042026,
        "rmsea_robust": 0.0920612497,
        "rmsea_robust_low": 0.0713148816,
        "rmsea_robust_high": 0.11366132,
    },
}
"""cfa(..., estimator = "MLR") and cfa(..., estimator = "MLR", cluster = 12 ageyr + agemo): 55 clusters."""

SRMR = {"each alone": 0.06520509755, "by month of age": 0.05952383799}
"""lavaan's srmr of the same two; with clusters it counts the means, which fit exactly."""

ROBUST_ERRORS = {
    "each alone": [0.074338855, 0.067799640, 0.065611088, 0.025120748, 0.021195044, 0.022719270],
    "by month of age": [0.071312944, 0.070320780, 0.051909002, 0.023095833, 0.019715244, 0.023796955],
}
"""Standard errors of the first six standardised loadings."""


@pytest.mark.parametrize("who", ROBUST)
def test_robust_statistics_with_and_without_clusters(who, people):
    clusters = None if who == "each alone" else (12 * people["ageyr"] + people["agemo"]).astype("str")
    fit = fit_structure(people[list(ITEMS)], STRUCTURES["cfa_3factor"], clusters)
    assert fit.clusters == (301 if clusters is None else 55)
    assert fit.srmr == pytest.approx(SRMR[who], abs=1e-6)
    for name, value in ROBUST[who].items():
        assert getattr(fit, name) == pytest.approx(value, rel=1e-4), name
    assert [entry.se for entry in fit.loadings[:6]] == pytest.approx(ROBUST_ERRORS[who], abs=1e-5)


PAIRED = {
    "configural": (480.54301903558, 29, 0.91676198312, 0.07691439438, 0.04074917916),
    "metric": (587.02814030666, 33, 0.89786974497, 0.07986674770, 0.05111484773),
    "scalar": (855.71267744515, 37, 0.84907745931, 0.09168999587, 0.06137183887),
}
"""lavaan(..., meanstructure = TRUE): five agreeableness items and five conscientiousness items of bfi
in the place of two raters' items, residuals of like items correlated."""


def test_two_raters_in_one_model():
    names = [f"{scale}{item}" for scale in "AC" for item in range(1, 6)]
    answers = pd.read_csv(REFERENCE / "data" / "bfi.csv")[names].dropna()
    answers[["A1", "C4", "C5"]] = 7 - answers[["A1", "C4", "C5"]]
    sample = Sample(answers.to_numpy(dtype=float), np.arange(len(answers)))
    base = fit_moments(independence_model(10), [sample])
    structure = FactorStructure("one", {"f": (1, 2, 3, 4, 5)})
    for level, (chi2, df, *indices) in PAIRED.items():
        fit = fit_moments(paired_model(structure, ("one", "other"), level), [sample])
        assert (fit.problem, fit.model.df) == ("", df)
        assert fit.chi2 == pytest.approx(chi2, abs=CHI2)
        found = [
            cfi(fit.chi2, df, base.chi2, base.model.df),
            rmsea(fit.chi2, df, fit.n),
            srmr(fit.model.implied(fit.theta), [sample], means=True),
        ]
        assert found == pytest.approx(indices, abs=INDEX)
