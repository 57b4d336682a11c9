"""Variances: the likelihood at any value of them, intervals from it, and tests of random slopes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import sparse, stats
from scipy.optimize import minimize

from alliance_modes.models.design.design import Design, DesignColumn
from alliance_modes.models.design.random_structure import Structure, fit_structure
from alliance_modes.models.engine.distributions import CLOGLOG, LOGISTIC, NORMAL
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.engine.likelihoods import BinomialLikelihood
from alliance_modes.models.engine.prepared import INTERCEPT, Grouping
from alliance_modes.models.result import FitResult, Variance
from alliance_modes.models.variances import intervals
from alliance_modes.models.variances.components import variance_rows
from alliance_modes.models.variances.deviances import LaplaceDeviance, LinearDeviance
from alliance_modes.models.variances.effects_given import CrossProducts
from alliance_modes.models.variances.intervals import profile_intervals
from alliance_modes.models.variances.slopes import mixture_test
from alliance_modes.tables.fits import practitioner_share, share_text

PRACTITIONERS, CLIENTS, TIMES = 12, 6, 3
GROUPINGS = (Grouping("client", ("client",)), Grouping("practitioner", ("practitioner",)))
SLOPED = (Grouping("client", ("client",), ("time",)), GROUPINGS[1])


def rows(slope: float = 0.0, between: float = 0.7, seed: int = 4) -> pd.DataFrame:
    """Three ratings of each of 72 clients of 12 practitioners; ``slope``: SD of the course over clients."""
    rng = np.random.default_rng(seed)
    clients = PRACTITIONERS * CLIENTS
    client = np.repeat(np.arange(clients), TIMES)
    time = np.tile(np.arange(TIMES, dtype=float), clients)
    of_practitioner = between * rng.standard_normal(PRACTITIONERS)[client // CLIENTS]
    of_client = 0.8 * rng.standard_normal(clients)[client]
    course = (0.2 + slope * rng.standard_normal(clients)[client]) * time
    outcome = of_practitioner + of_client + course + 0.6 * rng.standard_normal(len(client))
    return pd.DataFrame(
        {
            "client": client,
            "practitioner": client // CLIENTS,
            "time": time,
            "outcome": outcome,
            "event": (outcome > 0.2).astype(float),
        }
    )


def dense_deviance(data: pd.DataFrame, values: np.ndarray) -> float:
    """Minus twice the log-likelihood of the sloped model, by the normal density of all rows at once."""
    factor = np.array([[values[0], 0.0], [values[1], values[2]]])
    time = np.column_stack([np.ones(len(data)), data["time"]])
    same_client = np.equal.outer(data["client"].to_numpy(), data["client"].to_numpy())
    same_practitioner = np.equal.outer(data["practitioner"].to_numpy(), data["practitioner"].to_numpy())
    covariance = same_client * (time @ factor @ factor.T @ time.T) + same_practitioner * values[3] ** 2
    covariance = covariance + values[4] ** 2 * np.eye(len(data))
    outcome = data["outcome"].to_numpy()
    weighed = np.linalg.solve(covariance, time)
    beta = np.linalg.solve(time.T @ weighed, weighed.T @ outcome)
    return -2.0 * float(stats.multivariate_normal(time @ beta, covariance).logpdf(outcome))


def cross_products(data: pd.DataFrame, sloped: bool) -> CrossProducts:
    whole = np.arange(len(data))
    ones = np.ones(len(data))
    client, practitioner = data["client"].to_numpy(), data["practitioner"].to_numpy()
    if sloped:
        values = np.column_stack([ones, data["time"]]).ravel()
        columns = (client[:, None] * 2 + np.arange(2)).ravel()
        first = sparse.csr_matrix((values, (np.repeat(whole, 2), columns)))
    else:
        first = sparse.csr_matrix((ones, (whole, client)))
    second = sparse.csr_matrix((ones, (whole, practitioner)))
    return CrossProducts([first, second], [2 if sloped else 1, 1])


def slope_of(function: Callable, values: np.ndarray) -> np.ndarray:
    step = 1e-5 * np.eye(len(values))
    return np.array([(function(values + one)[0] - function(values - one)[0]) / 2e-5 for one in step])


def test_linear_deviance_is_that_of_the_normal_density_with_its_gradient() -> None:
    data = rows(slope=0.3)
    fixed = np.column_stack([np.ones(len(data)), data["time"]])
    deviance = LinearDeviance(cross_products(data, sloped=True), fixed, data["outcome"].to_numpy())
    values = np.array([0.9, -0.1, 0.25, 0.6, 0.7])
    found, gradient = deviance(values)
    assert found == pytest.approx(dense_deviance(data, values), abs=1e-8)
    np.testing.assert_allclose(gradient, slope_of(deviance, values), atol=1e-5)


def test_logistic_deviance_is_the_engines_with_its_gradient() -> None:
    data = rows()
    fit = fit_mixed(data, "event", ["time"], GROUPINGS, LOGISTIC)
    fixed = np.column_stack([np.ones(len(data)), data["time"]])
    events = BinomialLikelihood(data["event"].to_numpy(), np.ones(len(data)))
    deviance = LaplaceDeviance(cross_products(data, sloped=False), fixed, events)
    sds = [np.sqrt(group.covariance[0, 0]) for group in fit.covariances]
    values = np.concatenate([sds, fit.beta])
    found, gradient = deviance(values)
    assert found == pytest.approx(-2.0 * fit.loglik, abs=1e-5)
    assert np.max(np.abs(gradient)) < 0.05  # the engine's maximum
    away = values * 1.3
    np.testing.assert_allclose(deviance(away)[1], slope_of(deviance, away), atol=1e-4)


def test_gradients_hold_with_slopes_over_a_grouping_that_is_not_the_first() -> None:
    data = rows(slope=0.3)
    ones, whole = np.ones(len(data)), np.arange(len(data))
    client = sparse.csr_matrix((ones, (whole, data["client"])))
    values = np.column_stack([ones, data["time"]]).ravel()
    columns = (data["practitioner"].to_numpy()[:, None] * 2 + np.arange(2)).ravel()
    practitioner = sparse.csr_matrix((values, (np.repeat(whole, 2), columns)))
    cross, fixed = CrossProducts([client, practitioner], [1, 2]), ones[:, None]
    factors = [0.9, 0.6, -0.1, 0.25]
    linear = LinearDeviance(cross, fixed, data["outcome"].to_numpy())
    logistic = LaplaceDeviance(cross, fixed, BinomialLikelihood(data["event"].to_numpy(), ones))
    for deviance, further in ((linear, 0.7), (logistic, 0.2)):
        at = np.array([*factors, further])
        np.testing.assert_allclose(deviance(at)[1], slope_of(deviance, at), atol=1e-4)


def test_two_other_groupings_and_none_give_the_density_too() -> None:
    data = rows(slope=0.3)
    draw, ones, whole = np.random.default_rng(7), np.ones(len(data)), np.arange(len(data))
    columns = {"client": data["client"], "practitioner": data["practitioner"]}
    columns["site"] = draw.integers(0, 5, len(data))
    designs = {name: sparse.csr_matrix((ones, (whole, column))) for name, column in columns.items()}
    for names in (("client",), ("client", "practitioner", "site")):
        cross = CrossProducts([designs[name] for name in names], [1] * len(names))
        deviance = LinearDeviance(cross, ones[:, None], data["outcome"].to_numpy())
        sds, residual = np.array([0.9, 0.6, 0.4])[: len(names)], 0.7
        parts = [sd**2 * (designs[name] @ designs[name].T) for sd, name in zip(sds, names, strict=True)]
        covariance = sum(parts).toarray() + residual**2 * np.eye(len(data))
        weighed = np.linalg.solve(covariance, ones)
        outcome = data["outcome"].to_numpy()
        mean = float(weighed @ outcome) / float(weighed.sum())
        density = stats.multivariate_normal(np.full(len(data), mean), covariance).logpdf(outcome)
        found, gradient = deviance(np.append(sds, residual))
        assert found == pytest.approx(-2.0 * density, abs=1e-7)
        np.testing.assert_allclose(gradient, slope_of(deviance, np.append(sds, residual)), atol=1e-5)


@pytest.mark.parametrize("distribution", [NORMAL, LOGISTIC], ids=["linear", "logistic"])
def test_limits_stand_where_the_deviance_has_risen_by_3_84(distribution) -> None:
    data = rows()
    outcome = "outcome" if distribution.normal else "event"
    fit = fit_mixed(data, outcome, ["time"], GROUPINGS, distribution)
    found = profile_intervals(fit, GROUPINGS, data)
    for group in fit.covariances:
        one = found.variances[group.grouping, INTERCEPT]
        assert one.low < group.covariance[0, 0] < one.high
    shares = profile_intervals(fit, GROUPINGS, data, shares=["practitioner"]).shares
    assert list(shares) == [("practitioner", INTERCEPT)]
    total = sum(group.covariance[0, 0] for group in fit.covariances)
    total += fit.dispersion if distribution.normal else np.pi**2 / 3
    one = shares["practitioner", INTERCEPT]
    assert 0.0 < one.low < fit.covariances[1].covariance[0, 0] / total < one.high < 1.0


@pytest.mark.parametrize("between", [0.7, 0.25], ids=["apart", "near-zero"])
def test_a_search_of_all_else_finds_the_deviance_risen_by_3_84_at_each_limit(between: float) -> None:
    """Also where, as practitioners come to differ less, what they had in common becomes the clients'."""
    data = rows(slope=0.2, between=between, seed=8)
    fit = fit_mixed(data, "outcome", ["time"], SLOPED)
    found = profile_intervals(fit, SLOPED, data).variances
    fixed = np.column_stack([np.ones(len(data)), data["time"]])
    deviance = LinearDeviance(cross_products(data, sloped=True), fixed, data["outcome"].to_numpy())

    def least(place: int, sd: float | None) -> float:
        """The least deviance with one standard deviation as given, from several starts."""
        bounds: list[tuple] = [(1e-4, None), (None, None), (1e-4, None), (1e-4, None), (1e-4, None)]
        if sd is not None:
            bounds[place] = (sd, sd)
        starts = ([0.8, 0.0, 0.3, 0.3, 0.6], [0.4, 0.2, 0.1, 0.6, 0.7], [1.0, -0.2, 0.4, 0.05, 0.5])
        options = {"ftol": 1e-15, "gtol": 1e-9}
        tried = [
            minimize(deviance, start, jac=True, bounds=bounds, method="L-BFGS-B", options=options)
            for start in starts
        ]
        return min(float(one.fun) for one in tried)

    whole = least(0, None)
    for place, grouping, term in (
        (0, "client", INTERCEPT),
        (3, "practitioner", INTERCEPT),
        (4, "residual", INTERCEPT),
    ):
        limits = found[grouping, term]
        for limit in (limits.low, limits.high):
            risen = least(place, max(float(np.sqrt(limit)), 1e-4)) - whole
            assert risen == pytest.approx(3.841459, abs=2e-4) or (limit == 0.0 and risen < 3.841459)


def test_the_interval_of_a_variance_at_zero_is_one_sided() -> None:
    data = rows(between=0.0, seed=5)
    fit = fit_mixed(data, "outcome", ["time"], GROUPINGS)
    assert fit.pinned() == ("practitioner",)
    one = profile_intervals(fit, GROUPINGS, data).variances["practitioner", INTERCEPT]
    assert one.low == 0.0
    assert 0.0 < one.high < 0.5


def test_no_interval_where_it_would_take_too_long_or_the_link_is_another(monkeypatch) -> None:
    data = rows()
    fit = fit_mixed(data, "event", ["time"], GROUPINGS, CLOGLOG)
    assert not profile_intervals(fit, GROUPINGS, data).variances
    fit = fit_mixed(data, "outcome", ["time"], GROUPINGS)
    monkeypatch.setattr(intervals, "MOST_LEFT", PRACTITIONERS - 1)
    assert not profile_intervals(fit, GROUPINGS, data).variances
    monkeypatch.undo()
    monkeypatch.setattr(intervals, "MOST_ROWS", len(data) - 1)
    assert not profile_intervals(fit, GROUPINGS, data).variances


def test_a_slope_is_tested_against_a_mixture() -> None:
    tested = mixture_test(5.138, 1)  # by hand: .5 x .0234 + .5 x .0766
    assert tested.p == pytest.approx(0.5 * (0.02341 + 0.07661), abs=2e-5)
    assert mixture_test(0.0, 1).p == 1.0


def structure(data: pd.DataFrame) -> tuple[Design, Structure]:
    columns = (DesignColumn("time", "time", "time", "", "time", "session", tested=False),)
    design = Design(data, columns, SLOPED, (), {"practitioner": PRACTITIONERS}, 0, ())
    return design, fit_structure(design, NORMAL)


def test_rows_have_intervals_of_primary_outcomes_shares_and_the_test_of_the_slope() -> None:
    data = rows(slope=0.5)
    design, fitted = structure(data)
    found = {(row.source, row.grouping, row.term): row for row in variance_rows(design, fitted, primary=True)}
    slope = found["fitted", "client", "time"]
    assert slope.ci_low < slope.variance < slope.ci_high
    without = fit_mixed(data, "outcome", ["time"], GROUPINGS)
    assert slope.slope_statistic == pytest.approx(2.0 * (fitted.fit.loglik - without.loglik), abs=1e-6)
    assert slope.slope_p == mixture_test(slope.slope_statistic, 1).p < 0.001
    null = found["null", "practitioner", INTERCEPT]
    assert null.share_low < null.share < null.share_high and null.ci_low is None
    assert found["fitted", "practitioner", INTERCEPT].slope_p is None
    others = variance_rows(design, fitted, primary=False)
    assert all(row.ci_low is None for row in others) and any(row.share_low is not None for row in others)


def test_a_slope_that_was_left_out_is_tested_in_the_planned_fit() -> None:
    for seed in range(20):
        design, fitted = structure(rows(seed=seed))
        if fitted.planned is not None and fitted.planned.converged:
            break
    tested = [row for row in variance_rows(design, fitted, primary=False) if row.slope_p is not None]
    assert [(row.source, row.grouping, row.term) for row in tested] == [("planned", "client", "time")]
    assert 0.05 < tested[0].slope_p <= 1.0


def test_a_share_is_told_with_its_interval() -> None:
    part = Variance(
        source="null",
        grouping="practitioner",
        term=INTERCEPT,
        variance=0.1,
        share=0.061,
        share_low=0.0,
        share_high=0.148,
    )
    assert share_text(part) == "6.1\u00a0% [0.0\u00a0%, 14.8\u00a0%]"
    assert share_text(part.model_copy(update={"share_low": None})) == "6.1\u00a0%"
    fit = FitResult(
        outcome="bond", label="bond", family="linear", formula="", engine="", status="ok", variances=(part,)
    )
    assert practitioner_share(fit) == part
