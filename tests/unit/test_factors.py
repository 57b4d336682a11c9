"""Factor analysis on simulated answers whose structure is known, and on answers that cannot carry one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2

from alliance_modes.instruments.model import load_instruments
from alliance_modes.measurement.factors.confirmatory import compare, fit_structure
from alliance_modes.measurement.factors.likelihood.moment_fit import fit_moments
from alliance_modes.measurement.factors.likelihood.moments import Sample, discrepancy
from alliance_modes.measurement.factors.likelihood.robust import sandwich
from alliance_modes.measurement.factors.structures import (
    FactorStructure,
    factor_model,
    grouped_model,
    structures_of,
)

INSTRUMENTS = load_instruments()
THREE = FactorStructure("subscales", {"goal": (1, 2, 3), "task": (4, 5, 6), "bond": (7, 8, 9)})
ONE = FactorStructure("one", {"general": tuple(range(1, 10))}, within="subscales")


def answers(rng, people: int, r: float = 0.5, clusters: int = 0, loading: float = 0.7) -> pd.DataFrame:
    """Nine items on three factors correlated ``r``; with clusters, 30 % of each item's variance is theirs."""
    factors = rng.multivariate_normal(np.zeros(3), (1 - r) * np.eye(3) + r, people)
    own = loading * np.repeat(factors, 3, axis=1) + np.sqrt(1 - loading**2) * rng.normal(size=(people, 9))
    if clusters:
        shared = rng.normal(size=(clusters, 9))[np.arange(people) % clusters]
        own = np.sqrt(0.7) * own + np.sqrt(0.3) * shared
    return pd.DataFrame(own, columns=range(1, 10))


def chi_squares(samples: int, people: int, clusters: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Plain and cluster-robust chi-square of the true structure in simulated samples."""
    rng, model, found = np.random.default_rng(20_24), factor_model(THREE), []
    for _ in range(samples):
        codes = np.arange(people) % clusters if clusters else np.arange(people)
        fit = fit_moments(model, [Sample(answers(rng, people, clusters=clusters).to_numpy(), codes)])
        found.append((fit.chi2, fit.chi2 / sandwich(fit).scaling))
    return tuple(np.array(found).T)


@pytest.mark.slow
def test_chi_square_of_a_true_structure_is_distributed_as_it_should_be():
    plain, robust = chi_squares(samples=60, people=300)
    for values in (plain, robust):
        assert values.mean() == pytest.approx(24, abs=3 * np.sqrt(48 / 60))
        assert (chi2.sf(values, 24) < 0.05).mean() < 0.12


@pytest.mark.slow
def test_clusters_inflate_chi_square_and_the_robust_one_takes_most_of_it_back():
    """In benchmarks/factor_fit.csv (12 items, 600 people) they are 3.4 and 1.2 times their df."""
    plain, robust = chi_squares(samples=40, people=400, clusters=40)
    assert plain.mean() > 45
    assert 24 - 3 * np.sqrt(48 / 40) < robust.mean() < 31
    assert (chi2.sf(plain, 24) < 0.05).mean() > 0.7 > 0.35 > (chi2.sf(robust, 24) < 0.05).mean()


def test_the_gradient_is_that_of_the_discrepancy():
    rng = np.random.default_rng(3)
    samples = [Sample(answers(rng, 200).to_numpy() + shift, np.arange(200)) for shift in (0, 0.3)]
    model = grouped_model(THREE, ["a", "b"], "scalar", frozenset({2}), frozenset({2, 5}))
    theta = fit_moments(model, samples).theta + 0.1 * rng.normal(size=len(model.names))
    by_hand = [
        (discrepancy(model, theta + step, samples)[0] - discrepancy(model, theta - step, samples)[0]) / 2e-6
        for step in 1e-6 * np.eye(len(theta))
    ]
    assert discrepancy(model, theta, samples)[1] == pytest.approx(by_hand, abs=1e-7)


@pytest.mark.slow
def test_three_true_factors_are_told_from_one_and_loadings_come_back():
    items = answers(np.random.default_rng(5), 600)
    three, one = fit_structure(items, THREE), fit_structure(items, ONE)
    difference = compare(one, three)
    assert (difference.df, difference.robust) == (3, True)
    assert difference.p < 1e-6 < three.p_robust
    assert three.highest_r == pytest.approx(0.5, abs=0.15)
    assert [entry.estimate for entry in three.loadings if entry.kind == "loading"] == pytest.approx(
        [0.7] * 9, abs=0.12
    )
    inside = [entry.ci_low < 0.7 < entry.ci_high for entry in three.loadings if entry.kind == "loading"]
    assert sum(inside) >= 7


@pytest.mark.slow
def test_one_true_factor_is_not_split():
    items = answers(np.random.default_rng(6), 400, r=1 - 1e-9)
    three, one = fit_structure(items, THREE), fit_structure(items, ONE)
    assert one.ok and one.cfi > 0.98
    assert three.status in {"not_positive_definite", "ok"}
    assert three.ok or (
        "cannot be told apart" in three.reason and np.isnan(three.chi2) and not three.loadings
    )
    assert np.isnan(compare(one, three).p) or compare(one, three).p > 0.001


def test_below_150_respondents_nothing_is_estimated():
    items = answers(np.random.default_rng(7), 151)
    items.loc[:1, 4] = np.nan
    fit = fit_structure(items, THREE)
    assert (fit.status, fit.n, fit.incomplete) == ("not_estimated", 149, 2)
    assert fit.reason == "149 complete respondents; at least 150 are needed"
    assert np.isnan(fit.chi2) and np.isnan(fit.cfi) and fit.loadings == ()
    assert fit_structure(answers(np.random.default_rng(7), 150), THREE).status == "ok"


def test_a_negative_residual_variance_is_named_and_gives_no_numbers():
    rng = np.random.default_rng(8)
    items = answers(rng, 300)
    items[1] = items[2] + items[3] + 0.1 * rng.normal(size=300)
    fit = fit_structure(items, THREE)
    assert fit.status == "heywood"
    assert fit.reason == "item 1 has a residual variance at or below zero"
    assert np.isnan(fit.chi2) and np.isnan(fit.rmsea)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda items: items.assign(**{"5": 1.0}).set_axis([*range(1, 10), "x"], axis=1), ""),
        (
            lambda items: items.mask(items.columns.to_series() == 5, 3.0, axis=1),
            "everyone answered item 5 alike",
        ),
        (lambda items: items.assign(copy=items[1]).drop(columns=2).rename(columns={"copy": 2}), "determined"),
    ],
    ids=["untouched", "constant", "duplicate"],
)
def test_items_that_cannot_be_analysed(spoil, reason):
    fit = fit_structure(spoil(answers(np.random.default_rng(9), 200)), THREE)
    assert (fit.status == "ok") == (reason == "")
    assert reason in fit.reason


def test_a_factor_that_the_data_do_not_determine_is_not_reported():
    """Two items that correlate with each other and exactly with nothing else: any split of r fits."""
    raw = np.random.default_rng(10).normal(size=(200, 5))
    white = (raw - raw.mean(axis=0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(raw.T))).T
    r = np.array([[0, 1, 1, 0, 0], [1, 0, 1, 0, 0], [1, 1, 0, 0, 0], [0, 0, 0, 0, 1], [0, 0, 0, 1, 0]])
    items = pd.DataFrame(white @ np.linalg.cholesky(np.eye(5) + 0.5 * r).T, columns=range(1, 6))
    fit = fit_structure(items, FactorStructure("subscales", {"a": (1, 2, 3), "b": (4, 5)}))
    assert (fit.status, fit.reason) == ("not_converged", "the data do not determine every parameter")
    assert np.isnan(fit.chi2) and fit.loadings == ()


def facet_answers(strength: float) -> pd.DataFrame:
    """Modes survey: three modes, and goal, task and bond shared across modes with a loading."""
    rng = np.random.default_rng(11)
    modes, components = rng.normal(size=(300, 3)), rng.normal(size=(300, 3))
    values = 0.7 * np.repeat(modes, 6, axis=1) + 0.7 * rng.normal(size=(300, 18))
    for mode in range(3):
        values[:, 6 * mode : 6 * mode + 3] += strength * components
    return pd.DataFrame(values, columns=range(1, 19))


@pytest.mark.slow
def test_facets_of_the_modes_are_found_where_there_are_some_and_not_where_there_are_none():
    _, modes, facets = structures_of(INSTRUMENTS["modes_of_practice"])
    items = facet_answers(0.5)
    fewer, found = fit_structure(items, modes), fit_structure(items, facets)
    assert found.ok and found.cfi - fewer.cfi > 0.05
    assert min(entry.estimate for entry in found.loadings if entry.factor > 2) > 0.25
    difference = compare(fewer, found)
    assert difference.chi2 > 100 and np.isnan(difference.p)  # no regular test of loadings at zero
    items = facet_answers(0.0)
    fewer, found = fit_structure(items, modes), fit_structure(items, facets)
    assert fewer.ok and (not found.ok or found.cfi - fewer.cfi < 0.01)


def test_few_clusters_leave_the_robust_statistic_out():
    items = answers(np.random.default_rng(11), 300)
    few = fit_structure(items, THREE, pd.Series(np.arange(300) % 12).astype("str"))
    assert few.clusters == 12 and few.status == "ok" and np.isfinite(few.chi2)
    assert np.isnan(few.chi2_robust) and np.isnan(few.cfi_robust)


@pytest.mark.parametrize(
    ("name", "structures", "df"),
    [
        ("wai_sr", ["one", "two", "subscales"], [54, 53, 51]),
        ("wai_36", ["one", "two", "subscales"], [594, 593, 591]),
        ("modes_of_practice", ["one", "subscales", "facets"], [135, 132, 123]),
        ("gcq_s", ["one", "subscales"], [54, 51]),
        ("srs", ["one"], [2]),
        ("session_engagement", ["one"], [5]),
    ],
)
def test_which_structures_compete(name, structures, df):
    found = structures_of(INSTRUMENTS[name])
    assert [structure.name for structure in found] == structures
    assert [factor_model(structure).df for structure in found] == df
    assert [structure.within for structure in found] == [*structures[1:], ""]
    assert {structure.why_not() for structure in found} == {""}


def test_facets_of_the_modes_are_goal_task_and_bond_apart_from_the_modes():
    *_, facets = structures_of(INSTRUMENTS["modes_of_practice"])
    assert dict(facets.factors)["goal"] == (1, 7, 13)
    assert facets.apart == ("goal", "task", "bond")
    assert facets.related()[:3, :3].all() and not facets.related()[3:].any()


@pytest.mark.parametrize(
    ("factors", "reason"),
    [
        ({"a": (1, 2, 3)}, "fits any answers"),
        ({"a": (1, 2, 3), "b": (4,)}, "the factor b has a single item"),
    ],
)
def test_structures_that_no_data_can_test(factors, reason):
    assert reason in FactorStructure("subscales", factors).why_not()
