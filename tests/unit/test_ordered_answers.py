"""Answers as ordered categories: clusters, responses nobody gave, empty cells, what cannot be fitted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import multivariate_normal

from alliance_modes.measurement.factors.ordinal.fit import OrderedAnswers, fit_ordinal
from alliance_modes.measurement.factors.ordinal.normal_pair import below
from alliance_modes.measurement.factors.ordinal.polychoric import polychoric
from alliance_modes.measurement.factors.structures import FactorStructure
from alliance_modes.measurement.reliability.omega import mcdonald_omega
from alliance_modes.measurement.reliability.ordinal_omega import ordinal_omega

ONE = FactorStructure("one", {"general": (1, 2, 3, 4, 5)})


def answers(people: int = 300, responses: int = 5, seed: int = 7) -> pd.DataFrame:
    """Five items with loadings of .7 on one factor."""
    rng = np.random.default_rng(seed)
    beneath = 0.7 * rng.standard_normal((people, 1)) + np.sqrt(0.51) * rng.standard_normal((people, 5))
    cuts = np.linspace(-1.2, 1.2, responses - 1)
    return pd.DataFrame(1 + np.digitize(beneath, cuts), columns=range(1, 6))


@pytest.mark.parametrize("r", [-0.95, -0.5, 0.0, 0.3, 0.9, 0.985])
def test_probabilities_of_two_normal_variables(r):
    for x, y in ((-1.5, 0.2), (0.0, 0.0), (1.1, 1.2), (-2.5, -2.4)):
        expected = multivariate_normal.cdf([x, y], cov=[[1, r], [r, 1]])
        assert below(np.array(x), np.array(y), np.array(r)) == pytest.approx(expected, abs=1e-8)


def test_known_loadings_are_found():
    fit = fit_ordinal(OrderedAnswers(answers(people=4000)), ONE)
    loadings = [entry for entry in fit.loadings if entry.kind == "loading"]
    assert all(abs(entry.estimate - 0.7) < 4 * entry.se for entry in loadings)
    assert fit.p_robust > 0.001
    thresholds = [entry for entry in fit.loadings if entry.kind == "threshold"]
    assert [entry.response for entry in thresholds[:4]] == [2, 3, 4, 5]
    assert [entry.estimate for entry in thresholds[:4]] == pytest.approx([-1.2, -0.4, 0.4, 1.2], abs=0.1)


def test_people_counted_twice_are_no_more_evidence():
    once = answers()
    twice = pd.concat([once, once], ignore_index=True)
    of_whom = pd.Series([f"p{place % 300}" for place in range(600)])
    alone, doubled = fit_ordinal(OrderedAnswers(once), ONE), fit_ordinal(OrderedAnswers(twice, of_whom), ONE)
    assert (doubled.n, doubled.clusters) == (600, 300)
    for first, second in zip(alone.loadings, doubled.loadings, strict=True):
        assert second.estimate == pytest.approx(first.estimate, abs=1e-6)
        assert second.se == pytest.approx(first.se, rel=0.005)
    assert doubled.chi2_robust == pytest.approx(alone.chi2_robust, rel=0.01)
    assert doubled.rmsea_robust == pytest.approx(alone.rmsea_robust, abs=0.01)


def test_few_clusters_give_estimates_and_no_test():
    fit = fit_ordinal(OrderedAnswers(answers(), pd.Series([f"p{place % 12}" for place in range(300)])), ONE)
    assert (fit.status, fit.clusters) == ("ok", 12)
    assert np.isfinite(fit.srmr)
    assert np.isnan([fit.chi2_robust, fit.cfi, fit.cfi_robust, fit.rmsea, fit.rmsea_robust]).all()


def test_a_response_that_nobody_gave_has_no_threshold():
    given = answers()
    given[2] = given[2].replace(3, 4)
    fit = fit_ordinal(OrderedAnswers(given), ONE)
    above = [entry.response for entry in fit.loadings if entry.kind == "threshold" and entry.of == 1]
    assert (fit.status, above) == ("ok", [2, 4, 5])


def test_an_empty_cell_of_two_by_two_does_not_make_a_correlation_of_one():
    """60, 40, 0 and 100 people: half a person is moved, margins kept; then 59.5 of 200 say 1 to both."""
    pair = np.repeat([[1, 1], [2, 1], [2, 2]], [60, 40, 100], axis=0).astype(float)
    found = polychoric(pair)
    one, other = (points[0] for points in found.thresholds)
    assert below(one, other, found.r) == pytest.approx([59.5 / 200], abs=1e-8)


def test_what_cannot_be_fitted_is_said():
    few = fit_ordinal(OrderedAnswers(answers(people=100)), ONE)
    assert (few.status, few.reason) == ("not_estimated", "100 complete respondents; at least 150 are needed")
    many = fit_ordinal(OrderedAnswers(answers(responses=12)), ONE)
    assert many.reason == "item 1 has 12 different answers; more than 10 are taken as continuous"
    incomplete = answers().astype(float)
    incomplete.iloc[:30, 0] = np.nan
    fit = fit_ordinal(OrderedAnswers(incomplete), ONE)
    assert (fit.n, fit.incomplete) == (270, 30)


def test_an_item_that_is_all_factor_is_improper():
    rng = np.random.default_rng(2)
    factor = rng.standard_normal(400)
    noise = rng.standard_normal((400, 5))
    beneath = np.array([1.0, 0.95, 0.5, 0.5, 0.5]) * factor[:, None] + noise * [0.05, 0.3, 0.9, 0.9, 0.9]
    beneath[:, 1] -= 0.4 * noise[:, 2]
    given = pd.DataFrame(np.digitize(beneath, [-1, 0, 1]), columns=range(1, 6))
    fit = fit_ordinal(OrderedAnswers(given), ONE)
    assert (fit.status, fit.loadings) == ("heywood", ())
    assert fit.reason == "item 1 has a residual variance at or below zero"


@pytest.mark.slow
def test_the_error_of_ordinal_omega_is_that_of_samples():
    found = [ordinal_omega(answers(seed=seed)) for seed in range(300)]
    spread = np.std([np.log(1 - each.omega) for each in found])
    assert np.mean([each.se_log for each in found]) == pytest.approx(spread, rel=0.1)


def test_ordinal_omega_is_that_of_the_answers_and_not_of_what_lies_beneath():
    """With seven responses it is nearly omega; with two far below that of the normal variables (.83)."""
    seven = answers(people=3000, responses=7)
    assert ordinal_omega(seven).omega == pytest.approx(mcdonald_omega(seven).omega, abs=0.01)
    two = answers(people=3000, responses=2)
    assert ordinal_omega(two).omega < 0.78


def test_a_response_that_nobody_gave_still_counts_as_a_step():
    """Answers 1, 2, 4, 5 to every item are as reliable as the sums that they make, not as 1, 2, 3, 4."""
    given = answers(people=2000).replace(3, 4)
    closed = given.replace({4: 3, 5: 4})
    assert ordinal_omega(given).omega == pytest.approx(mcdonald_omega(given).omega, abs=0.015)
    assert ordinal_omega(given).omega != pytest.approx(ordinal_omega(closed).omega, abs=1e-4)


def test_ordinal_omega_says_why_not():
    assert ordinal_omega(answers()[[1, 2]]).reason == "2 items; a one-factor model needs at least 3"
    assert ordinal_omega(answers(people=140)).reason == "140 complete respondents; at least 150 are needed"
