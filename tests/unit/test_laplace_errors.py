"""Standard errors of many rows are those that the engine finds from differences of the deviance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alliance_modes.models.engine import glmm
from alliance_modes.models.engine.distributions import BINOMIAL, CLOGLOG, LOGISTIC
from alliance_modes.models.engine.nested.laplace import LaplaceLikelihood, with_errors
from alliance_modes.models.engine.nested.likelihood import NestedLikelihood, Rows
from alliance_modes.models.engine.nested.tree import tree_of
from alliance_modes.models.engine.prepared import Grouping, prepare

SITES, LEADS, GROUPS, CLIENTS = 8, 5, 3, 8
LEAD, GROUP, SITE = (Grouping(name, (name,)) for name in ("lead", "group", "site"))
NESTED = (LEAD, GROUP, SITE)


def cohort(seed: int, sds: tuple[float, float, float] = (0.5, 0.4, 0.3)) -> pd.DataFrame:
    """Clients in groups of practitioners of sites; ``sds`` are those of the three, innermost first."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(SITES * LEADS * GROUPS), CLIENTS)
    lead, site = group // GROUPS, group // (LEADS * GROUPS)
    x, z = rng.standard_normal(len(group)), rng.standard_normal(SITES * LEADS)[lead]
    moved = [
        sd * rng.standard_normal(one.max() + 1)[one] for sd, one in zip(sds, (group, lead, site), strict=True)
    ]
    predictor = -0.3 + 0.6 * x + 0.3 * z + sum(moved)
    trials = rng.integers(1, 9, len(group))
    chance = 1.0 / (1.0 + np.exp(-predictor))
    names = {"group": group, "lead": lead, "site": site, "row": np.arange(len(group))}
    return pd.DataFrame(
        {
            "x": x,
            "z": z,
            "done": (rng.random(len(group)) < chance).astype(float),
            "ended": (rng.random(len(group)) < -np.expm1(-np.exp(predictor))).astype(float),
            "hits": rng.binomial(trials, chance).astype(float),
            "trials": trials.astype(float),
            **{name: pd.Series(values).map("{:05d}".format) for name, values in names.items()},
        }
    )


def both(data, response, groupings, distribution):
    """The fit with the engine's SEs, and with ours."""
    theirs = glmm.fit_mixed(data, response, ("x", "z"), groupings, distribution)
    asked = prepare(data, response, ("x", "z"), groupings)
    return theirs, with_errors(asked, theirs, distribution.density)


@pytest.mark.parametrize(
    ("response", "distribution", "more"),
    [
        ("done", LOGISTIC, ()),
        ("ended", CLOGLOG, ()),
        (("hits", "trials"), BINOMIAL, ()),
        (("hits", "trials"), BINOMIAL, (Grouping("row", ("row",)),)),
    ],
)
def test_they_are_those_of_the_engine_where_groupings_nest(response, distribution, more):
    theirs, ours = both(cohort(1), response, (*NESTED, *more), distribution)
    assert not np.array_equal(ours.se, theirs.se)
    np.testing.assert_array_equal(ours.beta, theirs.beta)
    np.testing.assert_allclose(ours.se, theirs.se, rtol=1e-6)
    scale = np.outer(theirs.se, theirs.se)
    np.testing.assert_allclose(ours.vcov / scale, theirs.vcov / scale, atol=2e-6)


def test_a_variance_at_zero_counts_as_none():
    theirs, ours = both(cohort(3, (0.5, 0.0, 0.0)), "done", NESTED, LOGISTIC)
    assert theirs.pinned() and not np.array_equal(ours.se, theirs.se)
    np.testing.assert_allclose(ours.se, theirs.se, rtol=1e-6)


def test_the_likelihood_is_laplaces_and_its_gradient_its_slope():
    data = cohort(4)
    tree = tree_of(prepare(data, "done", ("x", "z"), NESTED))
    fixed = np.column_stack([np.ones(len(data)), data[["x", "z"]]])
    outcome, ones = data["done"].to_numpy()[:, None], np.ones((len(data), 1))
    rows = Rows(outcome, ones, 0.0 * ones, fixed)
    likelihood = LaplaceLikelihood(tree, rows, LOGISTIC.density)
    beta, sds = np.array([-0.2, 0.5, 0.4]), np.array([0.3, 0.5, 0.6])
    here = likelihood.at(beta, sds)
    quadrature = NestedLikelihood(tree, rows, LOGISTIC.density, 1)
    assert here.loglik == pytest.approx(quadrature.at(beta, sds).loglik, abs=1e-9)
    at = np.append(beta, sds)
    for place, step in enumerate(1e-5 * np.eye(6)):
        sides = (at + step, at - step)
        above, below = (likelihood.at(one[:3], one[3:]).loglik for one in sides)
        assert here.gradient[place] == pytest.approx((above - below) / 2e-5, abs=1e-5)
