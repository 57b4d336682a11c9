"""Factor analysis with gaps in the answers: beside complete answers, what gaps bias, what cannot be."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alliance_modes.measurement.factors.confirmatory import fit_structure
from alliance_modes.measurement.factors.incomplete import IncompleteAnswers, fit_incomplete
from alliance_modes.measurement.factors.likelihood.incomplete import Incomplete, saturated
from alliance_modes.measurement.factors.structures import FactorStructure

ONE = FactorStructure("one", {"general": (1, 2, 3, 4, 5)})


def answers(people: int = 400, seed: int = 11) -> pd.DataFrame:
    """Five items with loadings of .7 on one factor."""
    rng = np.random.default_rng(seed)
    beneath = 0.7 * rng.standard_normal((people, 1)) + np.sqrt(0.51) * rng.standard_normal((people, 5))
    return pd.DataFrame(beneath, columns=range(1, 6))


def test_without_gaps_it_is_maximum_likelihood():
    clusters = pd.Series([f"p{place % 50}" for place in range(400)])
    whole = fit_structure(answers(), ONE, clusters)
    given = IncompleteAnswers(answers(), clusters)
    found = fit_incomplete(given, ONE)
    assert given.gaps == 0
    for name in (
        "chi2",
        "df",
        "p",
        "cfi",
        "tli",
        "rmsea",
        "scaling",
        "chi2_robust",
        "cfi_robust",
        "rmsea_robust",
    ):
        assert getattr(found, name) == pytest.approx(getattr(whole, name), abs=1e-3), name
    for here, there in zip(found.loadings, whole.loadings, strict=True):
        assert (here.estimate, here.se) == pytest.approx((there.estimate, there.se), abs=1e-5)


def test_means_of_answers_left_out_by_those_who_score_high_are_found():
    """Above 0 on item 1 the others are left out half the time: the mean of those who answer is too low."""
    rng, made = np.random.default_rng(3), answers(people=4000)
    made.loc[(made[1] > 0) & (rng.random(4000) < 0.5), [2, 3, 4, 5]] = np.nan
    mean, cov, _ = saturated(Incomplete(made.to_numpy(), np.arange(4000)))
    assert made[2].mean() < -0.08
    assert abs(mean[1]) < 0.05 and abs(cov[1, 1] - 1) < 0.08


def test_two_forms_that_share_items_are_fitted_together():
    made = answers(people=600)
    made.loc[:299, 5] = np.nan
    made.loc[300:, 4] = np.nan
    fit = fit_incomplete(IncompleteAnswers(made), ONE)
    assert (fit.status, fit.reason) == (
        "not_estimated",
        "0 people answered both items 4 and 5; at least 20 are needed",
    )
    made.loc[:49, 5] = answers(people=600).loc[:49, 5]
    fit = fit_incomplete(IncompleteAnswers(made), ONE)
    assert (fit.status, fit.n, fit.p > 0.001) == ("ok", 600, True)
    assert all(abs(entry.estimate - 0.7) < 4 * entry.se for entry in fit.loadings)


def test_what_cannot_be_fitted_is_said():
    few = fit_incomplete(IncompleteAnswers(answers(people=120)), ONE)
    assert few.reason == "120 respondents answered an item; at least 150 are needed"
    same = answers()
    same[2] = 1.0
    assert fit_incomplete(IncompleteAnswers(same), ONE).reason == "everyone answered item 2 alike"
    nobody = answers()
    nobody[3] = np.nan
    assert "item 3" in fit_incomplete(IncompleteAnswers(nobody), ONE).reason
    none = answers().iloc[:0]
    assert fit_incomplete(IncompleteAnswers(none), ONE).status == "not_estimated"


def test_few_clusters_give_estimates_and_no_robust_test():
    clusters = pd.Series([f"p{place % 12}" for place in range(400)])
    fit = fit_incomplete(IncompleteAnswers(answers(), clusters), ONE)
    assert (fit.status, fit.clusters, np.isfinite(fit.chi2)) == ("ok", 12, True)
    assert np.isnan([fit.chi2_robust, fit.cfi_robust, fit.rmsea_robust]).all()
