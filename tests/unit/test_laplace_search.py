"""A search along the gradient ends at the maximum that the engine finds, and leaves to it what it cannot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from test_laplace_errors import LEAD, NESTED, cohort

from alliance_modes.models.engine import glmm
from alliance_modes.models.engine.distributions import BINOMIAL, CLOGLOG, LOGISTIC
from alliance_modes.models.engine.nested.search import ENGINE
from alliance_modes.models.engine.prepared import Grouping

ROW = Grouping("row", ("row",))
KINDS: dict[str, tuple[Any, Any, tuple[Grouping, ...]]] = {
    "0/1": ("done", LOGISTIC, NESTED),
    "hazard": ("ended", CLOGLOG, NESTED),
    "counts": (("hits", "trials"), BINOMIAL, NESTED),
    "counts that vary more": (("hits", "trials"), BINOMIAL, (*NESTED, ROW)),
}


def both(monkeypatch, data, kind, *, fixed=("x", "z"), groupings=None, **more):
    """The engine's fit, and the one along the gradient."""
    response, distribution, planned = KINDS[kind]
    fits = []
    for rows in (10**9, 0):
        monkeypatch.setattr(glmm, "MANY_ROWS", rows)
        fits.append(glmm.fit_mixed(data, response, fixed, groupings or planned, distribution, **more))
    return fits


def assert_same(ours, theirs):
    """What is reported of a fit, to far less than an SE."""
    assert ours.engine == ENGINE
    assert ours.loglik == pytest.approx(theirs.loglik, abs=1e-7)
    np.testing.assert_allclose(ours.beta / theirs.se, theirs.beta / theirs.se, atol=2e-5)
    np.testing.assert_allclose(ours.se, theirs.se, rtol=1e-5)
    np.testing.assert_allclose(ours.fitted, theirs.fitted, atol=2e-6)
    np.testing.assert_array_equal(ours.response, theirs.response)
    for mine, other in zip(ours.covariances, theirs.covariances, strict=True):
        assert (mine.grouping, mine.terms, mine.pinned) == (other.grouping, other.terms, other.pinned)
        np.testing.assert_allclose(np.sqrt(mine.covariance), np.sqrt(other.covariance), atol=2e-5)
    for mine, other in zip(ours.effects, theirs.effects, strict=True):
        assert (mine.grouping, mine.levels, mine.terms) == (other.grouping, other.levels, other.terms)
        np.testing.assert_allclose(mine.values, other.values, atol=1e-5)
    for name in ("names", "parameters", "nobs", "rows_dropped", "converged", "singular", "formula", "nagq"):
        assert getattr(ours, name) == getattr(theirs, name)


@pytest.mark.parametrize("quick", [False, True])
@pytest.mark.parametrize("sds", [(0.5, 0.4, 0.3), (0.5, 0.0, 0.0), (0.0, 0.0, 0.0)])
@pytest.mark.parametrize("kind", list(KINDS))
def test_it_is_the_maximum_of_the_engine_with_variances_at_zero_too(monkeypatch, kind, sds, quick):
    theirs, ours = both(monkeypatch, cohort(1, sds), kind, quick=quick)
    assert_same(ours, theirs)
    assert bool(ours.warnings) == bool(theirs.warnings) == ours.singular


def test_of_two_maxima_it_takes_the_higher(monkeypatch):
    theirs, ours = both(monkeypatch, cohort(7, (0.5, 0.0, 0.0)), "counts that vary more")
    assert ours.loglik > theirs.loglik - 1e-7


def test_rows_with_a_missing_value_are_left_out_and_counted(monkeypatch):
    data = cohort(2)
    data.loc[data.index[::7], "x"] = np.nan
    data.loc[data.index[3], "group"] = None
    theirs, ours = both(monkeypatch, data, "0/1")
    assert ours.rows_dropped == len(data.index[::7]) + 1
    assert_same(ours, theirs)


def test_an_offset_moves_the_linear_predictor(monkeypatch):
    data = cohort(5).assign(known=np.linspace(-0.5, 0.5, len(cohort(5))))
    theirs, ours = both(monkeypatch, data, "hazard", offset="known")
    assert_same(ours, theirs)
    np.testing.assert_array_equal(ours.offset, theirs.offset)


def test_the_engine_does_what_it_cannot(monkeypatch):
    data = cohort(2)
    shuffled = np.random.default_rng(5).permutation(data["site"].to_numpy())
    cases: tuple[tuple[pd.DataFrame, dict[str, Any]], ...] = (
        (data.assign(site=shuffled), {}),
        (data.assign(site="one"), {}),
        (data.assign(z=2.0 * data["x"]), {}),
        (data.assign(z=np.where(data["done"] == 1.0, 1.0, 0.0)), {}),
        (data, {"groupings": (LEAD,), "weights": np.full(len(data), 2.0)}),
    )
    for frame, more in cases:
        theirs, ours = both(monkeypatch, frame, "0/1", **more)
        assert ours.engine == theirs.engine == glmm.engine_name()
        np.testing.assert_array_equal(ours.se, theirs.se)
