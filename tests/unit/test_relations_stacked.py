"""Two equations as one model: its likelihood is that of the whole covariance matrix, written out."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alliance_modes.ground.errors import ModelError
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.relations.mediation.stacked import Equation, fit_stacked
from alliance_modes.relations.mediation.within import stack

PEOPLE, ROWS = 60, 12


def two_equations(seed: int, together: float = 0.06) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    slopes = rng.multivariate_normal([0.3, 0.3], [[0.1, together], [together, 0.1]], PEOPLE)
    exposure = rng.standard_normal((PEOPLE, ROWS))
    mediator = slopes[:, :1] * exposure + rng.standard_normal((PEOPLE, ROWS))
    outcome = slopes[:, 1:] * mediator + 0.1 * exposure + 0.5 * rng.standard_normal((PEOPLE, ROWS))
    apart = [one - one.mean(axis=1, keepdims=True) for one in (exposure, mediator, outcome)]
    return (*(one.ravel() for one in apart), np.repeat(np.arange(PEOPLE), ROWS))


def written_out(fit, blocks, people) -> float:
    """Restricted log-likelihood at the fit's variances, from the covariance matrix of each person."""
    size = sum(len(y) for y, _, _, _ in blocks)
    fixed = np.zeros((size, sum(x.shape[1] for _, x, _, _ in blocks)))
    varying = np.zeros((size, sum(z.shape[1] for _, _, z, _ in blocks)))
    start = np.zeros(3, dtype=int)
    noise, whose, outcome = [], [], []
    for place, (y, x, z, of) in enumerate(blocks):
        rows = slice(start[0], start[0] + len(y))
        fixed[rows, start[1] : start[1] + x.shape[1]] = x
        varying[rows, start[2] : start[2] + z.shape[1]] = z
        start += [len(y), x.shape[1], z.shape[1]]
        noise.append(np.full(len(y), fit.residuals[place]))
        whose.append(of)
        outcome.append(y)
    sizes, persons, values = (np.concatenate(one) for one in (noise, whose, outcome))
    information, pulled, squares, determinant = 0.0, 0.0, 0.0, 0.0
    for one in range(people):
        mine = persons == one
        matrix = varying[mine] @ fit.covariance @ varying[mine].T + np.diag(sizes[mine])
        solved = np.linalg.solve(matrix, np.column_stack([fixed[mine], values[mine]]))
        information = information + fixed[mine].T @ solved[:, :-1]
        pulled = pulled + fixed[mine].T @ solved[:, -1]
        squares += values[mine] @ solved[:, -1]
        determinant += np.linalg.slogdet(matrix)[1]
    beta = np.linalg.solve(information, pulled)
    freedom = size - fixed.shape[1]
    left = squares - pulled @ beta
    return -0.5 * (determinant + np.linalg.slogdet(information)[1] + left + freedom * np.log(2.0 * np.pi))


def test_the_likelihood_is_that_of_the_covariance_matrix_written_out_and_largest_there():
    x, m, y, people = two_equations(1)
    blocks = [
        (m, x[:, None], x[:, None], people),
        (y, np.column_stack([m, x]), np.column_stack([m, x]), people),
    ]
    fit = fit_stacked([Equation(*one) for one in blocks])
    assert fit.converged
    assert fit.loglik == pytest.approx(written_out(fit, blocks, PEOPLE), abs=1e-6)
    for factor in (0.97, 1.03):
        moved = type(fit)(**{**vars(fit), "residuals": fit.residuals * [1.0, factor]})
        assert written_out(moved, blocks, PEOPLE) < fit.loglik
        moved = type(fit)(**{**vars(fit), "covariance": fit.covariance * factor})
        assert written_out(moved, blocks, PEOPLE) < fit.loglik


def test_one_equation_alone_is_the_fit_of_the_engine():
    x, m, _, people = two_equations(2)
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"y": m + 0.4 * rng.standard_normal(PEOPLE)[people], "x": x, "who": people})
    theirs = fit_mixed(frame, "y", ("x",), (Grouping("who", ("who",), ("x",)),))
    columns = np.column_stack([np.ones(len(x)), x])
    ours = fit_stacked([Equation(frame["y"].to_numpy(), columns, columns, people)])
    np.testing.assert_allclose(ours.beta, theirs.beta, atol=1e-5)
    np.testing.assert_allclose(np.sqrt(np.diag(ours.vcov)), theirs.se, rtol=1e-4)
    np.testing.assert_allclose(ours.covariance, theirs.covariances[0].covariance, atol=1e-4)
    assert ours.loglik == pytest.approx(theirs.loglik, abs=1e-5)


def test_means_taken_out_before_count_as_rows_less():
    x, m, _, people = two_equations(4)
    whole = fit_stacked([Equation(m, x[:, None], x[:, None], people, PEOPLE)])
    basis = np.linalg.svd(np.eye(ROWS) - 1.0 / ROWS)[0][:, :-1]
    turned = [(one.reshape(PEOPLE, ROWS) @ basis).ravel() for one in (x, m)]
    apart = np.repeat(np.arange(PEOPLE), ROWS - 1)
    same = fit_stacked([Equation(turned[1], turned[0][:, None], turned[0][:, None], apart)])
    assert whole.residuals == pytest.approx(same.residuals, rel=1e-5)
    assert whole.vcov == pytest.approx(same.vcov, rel=1e-4)


def test_the_covariance_of_the_slopes_is_part_of_what_goes_through_and_two_models_apart_miss_it():
    x, m, y, people = two_equations(5, together=0.09)
    found = stack(x, m, y, people, taken_out=PEOPLE)
    through, apart = found.indirect(2000, [1]), found.product_of_two(2000, [1])
    assert through.ci_low < 0.3 * 0.3 + 0.09 < through.ci_high
    assert apart.ci_high < 0.3 * 0.3 + 0.09
    assert through.estimate - found.both.covariance[0, 1] == pytest.approx(
        found.both.beta[0] * found.both.beta[1], abs=1e-12
    )


def test_too_few_people_and_predictors_that_say_the_same_are_refused():
    x, m, y, people = two_equations(6)
    few = people < 3
    with pytest.raises(ModelError, match="3 people for 3 effects"):
        stack(x[few], m[few], y[few], people[few])
    with pytest.raises(ModelError, match="combination"):
        stack(x, m, y, people, beside=((2.0 * x,), ()))
