"""Standard errors by the jackknife over levels: known answers, and where there is none."""

from __future__ import annotations

import numpy as np
import pytest

from alliance_modes.models.inference.inference import Inference
from alliance_modes.models.refitting.deletion import FEWEST, Deletions, jackknifed

pytestmark = pytest.mark.quick
RNG = np.random.default_rng(5)


def inference_of(names: tuple[str, ...], vcov: np.ndarray) -> Inference:
    beta = np.zeros(len(names))
    return Inference(names, beta, np.sqrt(np.diag(vcov)), np.full(len(names), 12.0), vcov)


def deletions_of(beta: np.ndarray) -> Deletions:
    return Deletions(beta, np.zeros((*beta.shape, beta.shape[1])))


def test_of_a_mean_it_is_the_textbook_standard_error():
    values = RNG.standard_normal(23) * 4.0
    without = (values.sum() - values) / (len(values) - 1)
    found = jackknifed(inference_of(("mean",), np.eye(1)), ("mean",), deletions_of(without[:, None]))
    assert found.se[0] == pytest.approx(values.std(ddof=1) / np.sqrt(len(values)), rel=1e-12)
    assert found.vcov[0, 0] == pytest.approx(found.se[0] ** 2, rel=1e-12)
    assert found.df[0] == 12.0


def test_a_line_with_wider_spread_at_its_ends_has_a_wider_error_than_least_squares_tells():
    x = np.linspace(-2.0, 2.0, 4_000)
    matrix = np.column_stack([np.ones_like(x), x])
    y = 0.5 * x + np.abs(x) * RNG.standard_normal(len(x))
    inverse = np.linalg.inv(matrix.T @ matrix)
    beta = inverse @ matrix.T @ y
    rest = y - matrix @ beta
    leverage = np.einsum("ij,jk,ik->i", matrix, inverse, matrix)
    without = beta - (matrix @ inverse) * (rest / (1.0 - leverage))[:, None]
    plain = inference_of(("intercept", "x"), inverse * rest.var(ddof=2))
    found = jackknifed(plain, ("x",), deletions_of(without))
    true = np.sqrt(np.sum(x**4)) / np.sum(x**2)  # of sum(x y) / sum(x^2) where y has the variance x^2
    assert found.se[1] == pytest.approx(true, rel=0.05)
    assert plain.se[1] < 0.8 * true
    assert found.se[0] == plain.se[0]
    correlation = found.vcov[0, 1] / found.se.prod()
    assert correlation == pytest.approx(plain.vcov[0, 1] / plain.se.prod(), abs=1e-12)
    assert np.linalg.eigvalsh(found.vcov).min() > 0.0


def test_levels_that_cannot_be_left_out_are_passed_over_and_few_levels_change_nothing():
    plain = inference_of(("a", "b"), np.array([[2.0, 0.3], [0.3, 1.0]]))
    beta = RNG.standard_normal((FEWEST + 1, 2))
    one_undetermined = beta.copy()
    one_undetermined[0, 1] = np.nan
    found = jackknifed(plain, ("a", "b"), deletions_of(one_undetermined))
    expected = np.cov(beta[1:].T, bias=True) * (FEWEST - 1)
    np.testing.assert_allclose(found.vcov, expected, rtol=1e-12)
    assert jackknifed(plain, ("a", "b"), deletions_of(one_undetermined[:FEWEST])) is plain
