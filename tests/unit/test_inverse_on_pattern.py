"""The inverse of a large sparse matrix where the matrix is not zero: that of the whole inverse."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from alliance_modes.models.inference import random_effects
from alliance_modes.models.inference.random_effects import inverse_on_pattern


def equations(codes: list[np.ndarray]) -> sparse.csc_matrix:
    """Z'Z + 1 of random intercepts, one code of a level for each row and grouping."""
    rows = np.arange(len(codes[0]))
    one = np.ones(len(rows))
    designs = [sparse.csr_matrix((one, (rows, code))) for code in codes]
    whole = sparse.hstack(designs, format="csr")
    return sparse.csc_matrix(whole.T @ whole + sparse.eye(whole.shape[1]))


def nested(rng: np.random.Generator) -> list[np.ndarray]:
    group = np.sort(rng.integers(0, 90, 800))
    return [group, group // 3, group // 15]


def crossed(rng: np.random.Generator) -> list[np.ndarray]:
    return [rng.integers(0, 60, 500), rng.integers(0, 40, 500)]


@pytest.mark.parametrize("dense_up_to", [0, 20])
@pytest.mark.parametrize("made", [nested, crossed])
def test_it_is_the_inverse_there(made, dense_up_to, monkeypatch):
    monkeypatch.setattr(random_effects, "DENSE_UP_TO", dense_up_to)
    matrix = equations(made(np.random.default_rng(3)))
    found = inverse_on_pattern(matrix)
    there = matrix.nonzero()
    expected = np.linalg.inv(matrix.toarray())
    np.testing.assert_allclose(np.asarray(found[there]).ravel(), expected[there], rtol=1e-10, atol=1e-13)


def test_columns_that_all_meet_are_solved_for_one_by_one(monkeypatch):
    monkeypatch.setattr(random_effects, "DENSE_UP_TO", 0)
    full = np.full((8, 8), 0.1) + np.eye(8)
    found = sparse.csr_matrix(inverse_on_pattern(sparse.csc_matrix(full)))
    np.testing.assert_allclose(found.toarray(), np.linalg.inv(full), rtol=1e-12)
