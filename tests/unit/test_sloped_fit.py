"""Generalised models with random slopes along the gradient: what the engine finds for the same rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from test_linear_fit import FIXED, PLAIN, TRUTH, rows

from alliance_modes.models.engine import glmm
from alliance_modes.models.engine.distributions import CLOGLOG, LOGISTIC
from alliance_modes.models.engine.glmm import fit_prepared
from alliance_modes.models.engine.nested.fit import rows_of
from alliance_modes.models.engine.nested.search import ENGINE
from alliance_modes.models.engine.nested.sloped.likelihood import SlopedLikelihood
from alliance_modes.models.engine.nested.tree import tree_of
from alliance_modes.models.engine.prepared import prepare
from alliance_modes.models.engine.start import lower_factor

OUTER = tuple(one for one in PLAIN if one.name != "enrolment")


def ended(seed: int, slope_sd: float) -> pd.DataFrame:
    data = rows(replace(TRUTH, enrolments=400), seed)
    codes, levels = pd.factorize(data["practitioner_id"])
    moved = np.random.default_rng(seed).normal(0.0, slope_sd, len(levels))[codes] * data["time"]
    return data.assign(done=(data["goal"] + moved > data["goal"].median()).astype(float))


def asked(data: pd.DataFrame, *names: str):
    groupings = [replace(one, slopes=("time",)) if one.name in names else one for one in OUTER]
    return prepare(data, "done", FIXED, groupings)


@pytest.fixture
def many(monkeypatch):
    def fit(wanted, distribution, **options):
        monkeypatch.setattr(glmm, "MANY_ROWS", 100)
        found = fit_prepared(wanted, distribution, **options)
        monkeypatch.setattr(glmm, "MANY_ROWS", 10**9)
        return found, fit_prepared(wanted, distribution, **options)

    return fit


@pytest.mark.parametrize("distribution", [LOGISTIC, CLOGLOG], ids=["logit", "complementary log-log"])
@pytest.mark.parametrize("names", [("practitioner",), ("practitioner", "group")], ids=" and ".join)
def test_it_is_the_engines_fit(many, distribution, names) -> None:
    wanted = asked(ended(1, 0.6), *names)
    ours, engine = many(wanted, distribution)
    assert ours.engine == ENGINE != engine.engine
    assert (ours.names, ours.formula, ours.parameters, ours.nobs) == (
        engine.names, engine.formula, engine.parameters, engine.nobs,
    )  # fmt: skip
    assert ours.loglik == pytest.approx(engine.loglik, abs=1e-6)
    assert ours.beta == pytest.approx(engine.beta, abs=1e-4 * engine.se.min())
    assert ours.se == pytest.approx(engine.se, rel=1e-3)
    for one, same in zip(ours.covariances, engine.covariances, strict=True):
        assert (one.grouping, one.terms, one.pinned, one.dependent) == (
            same.grouping, same.terms, same.pinned, same.dependent,
        )  # fmt: skip
        assert one.covariance == pytest.approx(same.covariance, abs=1e-3)
    for modes, known in zip(ours.effects, engine.effects, strict=True):
        assert modes.levels == known.levels
        assert modes.values == pytest.approx(known.values, abs=2e-3)
    assert ours.fitted == pytest.approx(engine.fitted, abs=1e-3)


def test_a_fit_at_an_edge_is_found_there_and_errors_may_take_the_variances_as_known(many) -> None:
    states = set()
    for seed in (2, 4):
        ours, engine = many(asked(ended(seed, 0.0), "practitioner"), LOGISTIC, quick=True)
        assert ours.boundary() == engine.boundary()
        assert ours.loglik == pytest.approx(engine.loglik, abs=1e-5)
        assert ours.se == pytest.approx(engine.se, rel=2e-3)
        states |= {ours.engine == ENGINE and bool(ours.boundary())}
    assert True in states


def test_the_gradient_is_the_slope_of_the_log_likelihood() -> None:
    wanted = asked(ended(1, 0.6), "practitioner", "group")
    fit, tree = fit_prepared(wanted, LOGISTIC), tree_of(wanted)
    slopes = {name: wanted.frame[["time"]].to_numpy() for name in ("practitioner", "group")}
    likelihood = SlopedLikelihood(tree, slopes, rows_of(wanted, fit), LOGISTIC.density)
    covariances = {one.grouping: one.covariance for one in fit.covariances}
    factors = [lower_factor(covariances[name]) for name in tree.groupings]
    assert likelihood.at(fit.beta, factors).loglik == pytest.approx(fit.loglik, abs=1e-8)
    beta, factors = fit.beta + 0.1, [one + 0.2 * np.tril(np.ones_like(one)) for one in factors]
    here = likelihood.at(beta, factors)
    for place in range(len(beta)):
        step = np.zeros(len(beta))
        step[place] = 1e-5
        sides = [likelihood.at(beta + side, factors).loglik for side in (step, -step)]
        assert here.of_beta[place] == pytest.approx((sides[0] - sides[1]) / 2e-5, abs=1e-5)
    for which, factor in enumerate(factors):
        for at in zip(*np.tril_indices(len(factor)), strict=True):
            beside = []
            for move in (1e-5, -1e-5):
                moved = [one.copy() for one in factors]
                moved[which][at] += move
                beside.append(likelihood.at(beta, moved).loglik)
            assert here.of_factors[which][at] == pytest.approx((beside[0] - beside[1]) / 2e-5, abs=1e-5)


def test_a_slope_over_a_column_of_one_value_is_left_to_the_engine(many) -> None:
    data = ended(1, 0.6)
    first, second = many(asked(data.assign(time=1.0), "practitioner"), LOGISTIC)
    assert first.engine == second.engine
