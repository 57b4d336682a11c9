"""Chained equations for clients within practitioners, by predictive mean matching."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliance_modes.imputation.donors import nearest_donors

RIDGE = 1e-5
"""Share of the diagonal added to a cross-product, so that collinear predictors do no harm."""


@dataclass(frozen=True)
class Completed:
    """One completed data set: the two tables given, without missing values."""

    clients: pd.DataFrame
    practitioners: pd.DataFrame


def chained_imputations(
    clients: pd.DataFrame,
    practitioners: pd.DataFrame,
    practitioner: pd.Series,
    *,
    m: int,
    iterations: int,
    donors: int,
    seed: int | list[int],
) -> Iterator[Completed]:
    """Complete two tables m times.

    Parameters
    ----------
    clients : DataFrame
        One row per client, numeric columns (0/1 for categories); missing = NaN. The outcomes of the
        analysis belong among them.
    practitioners : DataFrame
        One row per practitioner, numeric columns, index = practitioner.
    practitioner : Series
        Of each client; index of ``clients``, values in the index of ``practitioners``.
    m, iterations, donors : int
        Data sets, rounds of the chain before each is taken, and donors among which one is drawn.
    seed : int or list of int
        Each data set has a stream of its own, so that the first do not depend on their number.

    Yields
    ------
    Completed

    Notes
    -----
    Each chain starts from draws of the observed values. In each round, every column with missing
    values is imputed from all others: a client column from the other client columns, their means by
    practitioner (passive: computed again from the values of the moment), the practitioner's columns, and an
    effect of the practitioner on the column itself; a practitioner column, in the table of
    practitioners, from its other columns and the means of all client columns. Predictive mean
    matching: coefficients are drawn from their posterior (normal linear model, flat prior), and the
    value is that of one of the ``donors`` observed cases whose prediction comes closest. The
    practitioner's effect is drawn from its posterior, with the variance by moments.
    Missing at random given these columns is supposed.

    References
    ----------
    van Buuren, S. (2018). Flexible imputation of missing data (2nd ed., ch. 3, 4, 7). Chapman & Hall.
    """
    codes = practitioners.index.get_indexer(practitioner)
    for number in range(m):
        generator = np.random.default_rng([*np.atleast_1d(seed).tolist(), number])
        chain = _Chain(clients, practitioners, codes, donors, generator)
        for _ in range(iterations):
            chain.round()
        yield chain.completed()


class _Chain:
    """The values of the moment of one chain."""

    def __init__(
        self,
        clients: pd.DataFrame,
        practitioners: pd.DataFrame,
        codes: np.ndarray,
        donors: int,
        generator: np.random.Generator,
    ) -> None:
        self._names = (clients.index, clients.columns, practitioners.index, practitioners.columns)
        self._clients = clients.to_numpy(dtype=float, copy=True)
        self._practitioners = practitioners.to_numpy(dtype=float, copy=True)
        self._codes, self._donors, self._generator = codes, donors, generator
        self._client_holes, self._practitioner_holes = np.isnan(self._clients), np.isnan(self._practitioners)
        for values, holes in (
            (self._clients, self._client_holes),
            (self._practitioners, self._practitioner_holes),
        ):
            for column in np.flatnonzero(holes.any(axis=0)):
                observed = values[~holes[:, column], column]
                values[holes[:, column], column] = generator.choice(observed, int(holes[:, column].sum()))

    def round(self) -> None:
        """Impute every column with holes once."""
        for column in np.flatnonzero(self._practitioner_holes.any(axis=0)):
            predictors = np.delete(self._practitioners, column, axis=1)
            matrix = _with_intercept(predictors, self._means(self._clients))
            self._fill(self._practitioners, self._practitioner_holes, int(column), matrix, None)
        for column in np.flatnonzero(self._client_holes.any(axis=0)):
            others = np.delete(self._clients, column, axis=1)
            of_practitioner = np.hstack([self._means(others), self._practitioners])[self._codes]
            matrix = _with_intercept(others, of_practitioner)
            self._fill(self._clients, self._client_holes, int(column), matrix, self._codes)

    def completed(self) -> Completed:
        """The tables as they are now."""
        rows, columns, people, scores = self._names
        return Completed(
            pd.DataFrame(self._clients, index=rows, columns=columns),
            pd.DataFrame(self._practitioners, index=people, columns=scores),
        )

    def _means(self, values: np.ndarray) -> np.ndarray:
        """Means by practitioner; those without a client have the mean of all."""
        size = len(self._practitioners)
        counts = np.bincount(self._codes, minlength=size)[:, None]
        sums = np.zeros((size, values.shape[1]))
        for place, column in enumerate(values.T):
            sums[:, place] = np.bincount(self._codes, column, minlength=size)
        return np.where(counts > 0, sums / np.maximum(counts, 1), values.mean(axis=0))

    def _fill(
        self,
        values: np.ndarray,
        holes: np.ndarray,
        column: int,
        matrix: np.ndarray,
        codes: np.ndarray | None,
    ) -> None:
        missing = holes[:, column]
        values[missing, column] = matched(
            matrix, values[:, column], missing, codes, self._donors, self._generator
        )


def matched(
    matrix: np.ndarray,
    values: np.ndarray,
    missing: np.ndarray,
    codes: np.ndarray | None,
    donors: int,
    generator: np.random.Generator,
) -> np.ndarray:
    """Draw the missing ``values`` by predictive mean matching, with an effect of the codes where given."""
    x, y = matrix[~missing], values[~missing]
    cross = x.T @ x
    cross[np.diag_indices_from(cross)] *= 1.0 + RIDGE
    root = np.linalg.cholesky(np.linalg.inv(cross))
    estimate = root @ (root.T @ (x.T @ y))
    residual = y - x @ estimate
    free = max(len(y) - x.shape[1], 1)
    spread = np.sqrt(float(residual @ residual) / generator.chisquare(free))
    drawn = estimate + spread * (root @ generator.standard_normal(x.shape[1]))
    predicted, wanted = x @ estimate, matrix[missing] @ drawn
    if codes is not None:
        centre, effect = _effects(residual, codes[~missing], int(codes.max()) + 1, generator)
        predicted, wanted = predicted + centre[codes[~missing]], wanted + effect[codes[missing]]
    count = min(donors, len(y))
    nearest = nearest_donors(wanted, predicted, count)
    pick = generator.integers(0, count, size=len(wanted))
    return y[nearest[np.arange(len(wanted)), pick]]


def _effects(
    residual: np.ndarray, codes: np.ndarray, size: int, generator: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Posterior means of the practitioners' effects, and a draw of them; variances by moments."""
    counts = np.bincount(codes, minlength=size)
    means = np.bincount(codes, residual, minlength=size) / np.maximum(counts, 1)
    groups, total = int((counts > 0).sum()), len(residual)
    if groups < 2 or total <= groups:
        return np.zeros(size), np.zeros(size)
    within = float(((residual - means[codes]) ** 2).sum()) / (total - groups)
    between = float((counts * (means - residual.mean()) ** 2).sum()) / (groups - 1)
    typical = (total - float((counts**2).sum()) / total) / (groups - 1)
    variance = max((between - within) / typical, 0.0)
    if variance == 0.0:
        return np.zeros(size), np.zeros(size)
    kept = variance / (variance + within / np.maximum(counts, 1))
    centre = np.where(counts > 0, kept * means, 0.0)
    left = np.where(counts > 0, kept * within / np.maximum(counts, 1), variance)
    return centre, centre + np.sqrt(left) * generator.standard_normal(size)


def _with_intercept(*parts: np.ndarray) -> np.ndarray:
    return np.column_stack([np.ones(len(parts[0])), *parts])
