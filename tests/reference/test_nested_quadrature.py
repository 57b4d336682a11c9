"""Quadrature at each level of groupings that nest, against dense grids: in R, and here by numpy.

The values of R 4.2 are those that ``Rscript tests/reference/nested_quadrature.R`` prints.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, gammaln

from alliance_modes.models.engine.distributions import BINOMIAL, CLOGLOG, LOGISTIC, Distribution
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.engine.nested.fit import fit_nested
from alliance_modes.models.engine.nested.likelihood import NestedLikelihood, Rows
from alliance_modes.models.engine.nested.tree import tree_of
from alliance_modes.models.engine.prepared import Grouping, prepare
from alliance_modes.models.families.poisson_counts import POISSON

SITE, PRACTITIONER, GROUP = (Grouping(name, (name,)) for name in ("site", "practitioner", "group"))


def noise(places: np.ndarray, seed: int) -> np.ndarray:
    """Numbers between 0 and 1, the same in R."""
    value = np.sin(places * 12.9898 + seed * 78.233) * 43758.5453
    return value - np.floor(value)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """240 rows of 10 sites with 3 practitioners each, who lead 2 groups each, as the R script has them."""
    row = np.arange(240)
    site, practitioner, group = row // 24, row // 8, row // 4
    x = np.round(2 * noise(row, 1) - 1, 3)
    eta = 0.3 + 0.8 * x + 2 * (noise(site, 2) - 0.5)
    eta = eta + 3 * (noise(practitioner, 3) - 0.5) + 3 * (noise(group, 4) - 0.5)
    trials = 1.0 + np.floor(4 * noise(row, 7))
    return pd.DataFrame(
        {
            "site": [f"s{one:02d}" for one in site],
            "practitioner": [f"p{one:02d}" for one in practitioner],
            "group": [f"g{one:02d}" for one in group],
            "x": x,
            "event": (noise(row, 5) < expit(eta)).astype(float),
            "end": (noise(row, 8) < -np.expm1(-np.exp(eta - 1))).astype(float),
            "came": np.floor((trials + 1) * noise(row, 9) * expit(eta + 0.5)).clip(0, trials),
            "trials": trials,
            "count": np.floor(3 * noise(row, 6) * np.exp(eta / 2)),
        }
    ).sample(frac=1.0, random_state=4, ignore_index=True)


OUTCOMES: dict[str, tuple[str | tuple[str, str], Distribution]] = {
    "event": ("event", LOGISTIC),
    "came": (("came", "trials"), BINOMIAL),
    "end": ("end", CLOGLOG),
    "count": ("count", POISSON),
}


def density(name: str, data: pd.DataFrame, predictor: np.ndarray) -> np.ndarray:
    """Log density of each row (first axis) at its linear predictor, written out."""
    outcome = data[name].to_numpy().reshape(-1, *[1] * (predictor.ndim - 1))
    if name == "count":
        return outcome * predictor - np.exp(predictor) - gammaln(outcome + 1)
    if name == "end":
        return np.where(outcome == 1, np.log(-np.expm1(-np.exp(predictor))), -np.exp(predictor))
    trials = data["trials"].to_numpy().reshape(outcome.shape) if name == "came" else 1.0
    choices = gammaln(trials + 1) - gammaln(outcome + 1) - gammaln(trials - outcome + 1)
    return choices + outcome * predictor - trials * np.log1p(np.exp(predictor))


def by_grid(name: str, data: pd.DataFrame, beta: np.ndarray, sds: dict[str, float]) -> float:
    """The log-likelihood with every integral by trapezoids; ``sds`` outermost first."""
    step = 0.25 if len(sds) == 2 else 0.5
    grid = np.arange(-7.0, 7.01, step)
    weights = np.exp(-(grid**2) / 2.0) / np.sqrt(2.0 * np.pi) * step
    data = data.sort_values(list(sds), ignore_index=True)
    predictor = beta[0] + beta[1] * data["x"].to_numpy()
    for sd in sds.values():
        predictor = predictor[..., None] + sd * grid
    value = density(name, data, predictor)
    for depth in range(len(sds), 0, -1):
        units = data[list(sds)[:depth]]
        value = pd.DataFrame(value.reshape(len(data), -1)).groupby([units[one] for one in units]).sum()
        data = value.index.to_frame(index=False)
        value = value.to_numpy().reshape(len(value), *[len(grid)] * depth)
        largest = value.max(axis=-1, keepdims=True)
        value = largest[..., 0] + np.log(np.exp(value - largest) @ weights)
    return float(value.sum())


def fitted(rows: pd.DataFrame, name: str, groupings: tuple[Grouping, ...], nodes: int) -> EngineFit:
    response, distribution = OUTCOMES[name]
    fit = fit_mixed(rows, response, ["x"], groupings, distribution, nagq=nodes)
    assert fit.converged and fit.nagq == nodes and not fit.no_quadrature
    return fit


def sds_of(fit: EngineFit) -> dict[str, float]:
    return {one.grouping: float(np.sqrt(one.covariance[0, 0])) for one in fit.covariances}


def likelihood(
    rows: pd.DataFrame, name: str, groupings: tuple[Grouping, ...], nodes: int
) -> NestedLikelihood:
    response, distribution = OUTCOMES[name]
    outcome = rows[name].to_numpy()[:, None]
    trials = rows["trials"].to_numpy()[:, None] if name == "came" else np.ones((len(rows), 1))
    fixed = np.column_stack([np.ones(len(rows)), rows["x"]])
    asked = prepare(rows, response, ["x"], groupings)
    nested = Rows(outcome, trials, np.zeros((len(rows), 1)), fixed)
    return NestedLikelihood(tree_of(asked), nested, distribution.density, nodes)


@pytest.mark.parametrize("name", OUTCOMES)
def test_likelihood_equals_that_of_a_grid(rows: pd.DataFrame, name: str) -> None:
    beta, sds = np.array([0.3, 0.8]), {"practitioner": 0.9, "group": 0.7}
    here = likelihood(rows, name, (PRACTITIONER, GROUP), 25).at(beta, np.array(list(sds.values())))
    assert here.loglik == pytest.approx(by_grid(name, rows, beta, sds), abs=1e-5)


def test_likelihood_of_three_levels_equals_that_of_a_grid_and_of_r(rows: pd.DataFrame) -> None:
    beta, sds = np.array([0.3, 0.8]), {"site": 0.6, "practitioner": 0.9, "group": 0.7}
    here = likelihood(rows, "event", (GROUP, SITE, PRACTITIONER), 15).at(beta, np.array(list(sds.values())))
    assert here.loglik == pytest.approx(-159.967711968, abs=1e-6)
    assert here.loglik == pytest.approx(by_grid("event", rows, beta, sds), abs=1e-6)
    few = likelihood(rows, "event", (GROUP, SITE, PRACTITIONER), 7).at(beta, np.array(list(sds.values())))
    assert few.loglik == pytest.approx(here.loglik, abs=1e-2)


def test_logistic_estimates_equal_those_of_a_grid_in_r(rows: pd.DataFrame) -> None:
    fit = fitted(rows, "event", (PRACTITIONER, GROUP), 15)
    assert fit.loglik == pytest.approx(-156.494093034, abs=1e-6)
    assert fit.beta == pytest.approx([0.014517317824, 0.376844095566], abs=1e-5)
    assert fit.se == pytest.approx([0.235879940755, 0.283506506348], rel=1e-4)
    assert sds_of(fit) == pytest.approx({"practitioner": 0.359972382208, "group": 1.291339597}, abs=1e-5)


def test_poisson_estimates_equal_those_of_a_grid_in_r(rows: pd.DataFrame) -> None:
    fit = fitted(rows, "count", (PRACTITIONER, GROUP), 15)
    assert fit.loglik == pytest.approx(-355.218433273, abs=1e-6)
    assert fit.beta == pytest.approx([-0.140800261254, 0.571170952216], abs=1e-5)
    assert fit.se == pytest.approx([0.185297100107, 0.107131892048], rel=1e-4)
    assert sds_of(fit) == pytest.approx({"practitioner": 0.772663553294, "group": 0.635279027352}, abs=1e-5)


@pytest.mark.parametrize("name", ["came", "end"])
def test_estimates_are_where_the_grid_has_its_maximum(rows: pd.DataFrame, name: str) -> None:
    fit = fitted(rows, name, (PRACTITIONER, GROUP), 15)
    sds = sds_of(fit)
    best = by_grid(name, rows, fit.beta, sds)
    assert fit.loglik == pytest.approx(best, abs=1e-5)
    for place in range(4):
        step = np.zeros(4)
        step[place] = 1e-3
        slope = [
            by_grid(
                name,
                rows,
                fit.beta + side * step[:2],
                dict(zip(sds, np.array(list(sds.values())) + side * step[2:], strict=True)),
            )
            for side in (1.0, -1.0)
        ]
        assert abs(slope[0] - slope[1]) / 2e-3 < 2e-3  # of some 20 an SE away


@pytest.mark.parametrize("name", OUTCOMES)
def test_estimates_come_nearer_with_more_nodes(rows: pd.DataFrame, name: str) -> None:
    limit = fitted(rows, name, (PRACTITIONER, GROUP), 25)
    away = [
        float(np.max(np.abs(fitted(rows, name, (PRACTITIONER, GROUP), nodes).beta - limit.beta) / limit.se))
        for nodes in (1, 5, 9, 15)
    ]
    assert away[0] > away[2] > away[3]
    assert away[2] < 5e-3 and away[3] < 1e-4


@pytest.mark.parametrize("name", OUTCOMES)
def test_one_node_is_laplace(rows: pd.DataFrame, name: str) -> None:
    groupings = (SITE, PRACTITIONER, GROUP)
    fit = fitted(rows, name, groupings, 1)
    one = likelihood(rows, name, groupings, 1)
    sds = np.array([sds_of(fit)[grouping.name] for grouping in groupings])
    assert one.at(fit.beta, sds).loglik == pytest.approx(fit.loglik, abs=1e-8)


def informative(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with outcomes that say much of their units, some of them all but certain."""
    practitioner, group = (rows[name].str[1:].astype(int).to_numpy() for name in ("practitioner", "group"))
    place = group * 4.0 + rows.groupby("group").cumcount().to_numpy()
    eta = 8 * (noise(practitioner, 3) - 0.5) + 7 * (noise(group, 4) - 0.5) + rows["x"].to_numpy() - 1.5
    return rows.assign(
        trials=40.0,
        event=(noise(place, 5) < expit(eta)).astype(float),
        came=np.floor(40 * expit(eta) + noise(place, 6)).clip(0, 40),
        end=(noise(place, 7) < -np.expm1(-np.exp(eta))).astype(float),
        count=np.floor(np.exp(eta) + noise(place, 8)),
    )


@pytest.mark.parametrize("name", OUTCOMES)
def test_one_node_is_laplace_where_outcomes_say_much(rows: pd.DataFrame, name: str) -> None:
    rows = informative(rows)
    response, distribution = OUTCOMES[name]
    fit = fit_mixed(rows, response, ["x"], (PRACTITIONER, GROUP), distribution)
    sds = np.array(list(sds_of(fit).values()))
    assert sds.max() > 1.5
    one, many = (likelihood(rows, name, (PRACTITIONER, GROUP), nodes) for nodes in (1, 25))
    assert one.at(fit.beta, sds).loglik == pytest.approx(fit.loglik, abs=1e-6)
    assert many.at(fit.beta, sds).loglik == pytest.approx(fit.loglik, abs=10.0)


@pytest.mark.parametrize("name", OUTCOMES)
def test_gradient_and_hessian_are_those_of_the_likelihood(rows: pd.DataFrame, name: str) -> None:
    nested = likelihood(rows, name, (SITE, PRACTITIONER, GROUP), 11)
    here = np.array([0.2, 0.5, 0.6, 0.8, 0.7])
    point = nested.at(here[:2], here[2:])
    for place in range(5):
        step = np.zeros(5)
        step[place] = 1e-4
        ahead, behind = (nested.at(one[:2], one[2:]) for one in (here + step, here - step))
        assert (ahead.loglik - behind.loglik) / 2e-4 == pytest.approx(point.gradient[place], abs=2e-2)
        assert (ahead.gradient - behind.gradient) / 2e-4 == pytest.approx(point.hessian[place], abs=0.2)


def test_an_offset_enters_as_it_is(rows: pd.DataFrame) -> None:
    data = rows.assign(log_exposure=np.where(rows["x"] > 0, 0.7, 0.2), high=(rows["x"] > 0) * 1.0)
    groupings = (PRACTITIONER, GROUP)
    plain, shifted = (
        fit_mixed(data, "count", ["high"], groupings, POISSON, offset=offset, nagq=7)
        for offset in (None, "log_exposure")
    )
    assert plain.nagq == shifted.nagq == 7
    assert shifted.beta == pytest.approx(plain.beta - [0.2, 0.5], abs=1e-6)
    assert shifted.loglik == pytest.approx(plain.loglik, abs=1e-7)
    np.testing.assert_allclose(shifted.fitted, plain.fitted, rtol=1e-5)


@pytest.mark.parametrize("name", OUTCOMES)
def test_one_grouping_is_as_in_the_engine(rows: pd.DataFrame, name: str) -> None:
    response, distribution = OUTCOMES[name]
    engine = fit_mixed(rows, response, ["x"], (GROUP,), distribution, nagq=15)
    start = fit_mixed(rows, response, ["x"], (GROUP,), distribution)
    ours = fit_nested(prepare(rows, response, ["x"], (GROUP,)), start, distribution.density, 15)
    assert engine.nagq == ours.nagq == 15
    assert ours.loglik == pytest.approx(engine.loglik, abs=1e-4)
    assert ours.beta == pytest.approx(engine.beta, abs=1e-4)
    assert ours.se == pytest.approx(engine.se, rel=1e-3)
    assert sds_of(ours) == pytest.approx(sds_of(engine), abs=1e-3)
