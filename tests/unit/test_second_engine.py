"""statsmodels beside glmm: it starts where the first engine stopped, and moves on where that is wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from alliance_modes.models.design.design import OUTCOME, Design, DesignColumn
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.second_engines import statsmodels
from alliance_modes.models.second_engines.statsmodels import agrees, refit_linear

GROUPING = Grouping("practitioner", ("practitioner_id",))


def design(between: float) -> Design:
    """Unequal caseloads of 80 practitioners, who differ in how much they use a mode."""
    rng = np.random.default_rng(3)
    practitioner = np.repeat(np.arange(80), rng.integers(2, 30, 80))
    effects = between * rng.standard_normal(80)
    use = 0.3 * rng.standard_normal(80)[practitioner] + rng.standard_normal(len(practitioner))
    outcome = 0.3 * use + effects[practitioner] + 0.6 * rng.standard_normal(len(practitioner))
    frame = pd.DataFrame({OUTCOME: outcome, "use": use, "practitioner_id": practitioner.astype(str)})
    columns = (DesignColumn("use", "use", "use", "", "use", "1", tested=True),)
    return Design(frame, columns, (GROUPING,), (), {"practitioner": 80}, 0, ())


def wrongly(variance: float) -> EngineFit:
    """The coefficients that go with another variance than the likeliest, as if glmm had stopped there."""
    made = design(0.8)
    fit = fit_mixed(made.frame, OUTCOME, made.fixed, (GROUPING,))
    group = replace(fit.covariances[0], covariance=np.array([[variance]]))
    practitioner = pd.get_dummies(made.frame["practitioner_id"]).to_numpy(dtype=float)
    weight = np.linalg.inv(variance * practitioner @ practitioner.T + fit.dispersion * np.eye(fit.nobs))
    matrix = made.matrix()
    beta = np.linalg.solve(matrix.T @ weight @ matrix, matrix.T @ weight @ made.frame[OUTCOME].to_numpy())
    return replace(fit, covariances=(group,), beta=beta)


@pytest.mark.parametrize("between", [0.8, 0.0])
def test_the_engines_agree_also_where_practitioners_do_not_differ(between: float) -> None:
    refit = refit_linear(design(between))
    assert refit.status == "ok" and agrees(refit)
    (term,) = refit.terms
    assert abs(term.estimate - term.reference_estimate) < 1e-5 * term.reference_se


@pytest.mark.parametrize("variance", [0.0, 0.01])
def test_a_wrong_variance_of_the_first_engine_is_not_taken_over(monkeypatch, variance: float) -> None:
    right = refit_linear(design(0.8))
    monkeypatch.setattr(statsmodels, "fit_mixed", lambda *_, **__: wrongly(variance))
    refit = refit_linear(design(0.8))
    assert agrees(refit) is False
    assert refit.terms[0].estimate == pytest.approx(right.terms[0].estimate, abs=1e-6)
    assert refit.terms[0].se == pytest.approx(right.terms[0].se, abs=1e-6)


def test_of_many_rows_some_practitioners_stand_for_all(monkeypatch) -> None:
    every = design(0.8)
    monkeypatch.setattr(statsmodels, "MOST_ROWS", len(every.frame) // 3)
    refit = refit_linear(every)
    sizes = every.frame.groupby("practitioner_id").size()
    assert (
        len(sizes) == 80
        and refit.model == f"(1 | practitioner), {sizes.iloc[::4].sum()} of {len(every.frame):,} rows"
    )
    assert agrees(refit) and refit.terms[0].se > refit_linear(design(0.8)).terms[0].se * 0.99
    monkeypatch.setattr(statsmodels, "MOST_ROWS", 1)
    two = refit_linear(every)
    assert two.status == "ok" and two.model.endswith(
        f"{sizes.iloc[[0, 40]].sum()} of {len(every.frame):,} rows"
    )
