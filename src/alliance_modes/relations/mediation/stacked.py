"""Two linear equations of the same people as one model, each with a residual variance of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from alliance_modes.ground.errors import ModelError

SLOPES_AT_ZERO = 1e-6
"""A slope's SD below this part of its equation's residual SD counts as zero."""

STEP = 1e-5
GRADIENT, SETTLED = 1e-4, 1e-2
"""The search ends at this slope of the deviance, and has found its end below that one."""


@dataclass(frozen=True)
class Equation:
    """One equation: ``outcome`` (rows), ``fixed`` (rows x columns), ``varying`` (rows x columns).

    ``varying`` are the columns whose effect differs from person to person; ``people`` says whose a row is.
    ``taken_out`` is how many means were taken out of the rows before: one per person, where every column is
    a deviation within people.
    """

    outcome: np.ndarray
    fixed: np.ndarray
    varying: np.ndarray
    people: np.ndarray
    taken_out: int = 0


@dataclass(frozen=True)
class StackedFit:
    """One fit. Coefficients and varying effects stand in the order of the equations.

    ``covariance`` is that of the effects over people; ``residuals`` the variances by equation;
    ``parameter_covariance`` that of the entries of ``root``, the lower triangle of which the covariance is
    the square, row by row.
    """

    beta: np.ndarray
    vcov: np.ndarray
    covariance: np.ndarray
    residuals: np.ndarray
    root: np.ndarray
    parameter_covariance: np.ndarray
    loglik: float
    converged: bool
    people: int
    rows: int

    @property
    def singular(self) -> bool:
        """Whether effects over people are fewer than those asked for."""
        scale = np.sqrt(self.residuals.min())
        return bool(np.abs(np.diag(self.root)).min() < SLOPES_AT_ZERO * scale)

    def covariance_se(self, first: int, second: int) -> float:
        """Standard error of the covariance of two effects, from the curvature of the likelihood."""
        size = len(self.root)
        moved = np.zeros((size, size))
        moved[first] += self.root[second]
        moved[second] += self.root[first]
        gradient = moved[np.tril_indices(size)]
        return float(np.sqrt(max(gradient @ self.parameter_covariance @ gradient, 0.0)))


def fit_stacked(equations: Sequence[Equation]) -> StackedFit:
    """Fit equations together by restricted maximum likelihood.

    Parameters
    ----------
    equations : sequence of Equation
        Each person may be in one of them or in all; effects covary freely over people, within and
        across equations.

    Returns
    -------
    StackedFit

    Raises
    ------
    ModelError
        There are no more people than effects that vary over them, or a fixed column is a combination of
        others.

    Notes
    -----
    y_e = X_e beta_e + Z_e u + noise with variance s2_e, u ~ N(0, G) once per person for all equations. The
    engine has one residual variance for all rows, which two outcomes in different units do not share.
    -2 l = log|V| + log|X'V^-1 X| + e'V^-1 e, from sums of products per person and equation, in terms of
    the lower triangle of G and log s2_e, with its gradient. Checked against nlme's ``lme`` with ``varIdent``,
    and against the published example of Bolger & Laurenceau (2013), chapter 9.

    References
    ----------
    Bauer, D. J., Preacher, K. J., & Gil, K. M. (2006). Conceptualizing and testing random indirect effects
    and moderated mediation in multilevel models. Psychological Methods, 11(2), 142-163.
    """
    likelihood = _Likelihood(equations)
    start = likelihood.start()
    found = minimize(likelihood.loss, start, jac=True, method="BFGS", options={"gtol": GRADIENT})
    gradient = likelihood.loss(found.x)[1]
    settled = bool(np.abs(gradient).max() < SETTLED)
    state = likelihood.at(found.x)
    size = likelihood.effects
    entries = size * (size + 1) // 2
    curvature = _curvature(likelihood, found.x)
    return StackedFit(
        beta=state.beta,
        vcov=state.phi,
        covariance=state.root @ state.root.T,
        residuals=state.residuals,
        root=state.root,
        parameter_covariance=np.linalg.pinv(curvature, rcond=1e-10, hermitian=True)[:entries, :entries],
        loglik=-0.5 * (state.deviance + likelihood.constant),
        converged=settled,
        people=likelihood.people,
        rows=int(likelihood.rows.sum()),
    )


def _curvature(likelihood: _Likelihood, at: np.ndarray) -> np.ndarray:
    """Second derivatives of half the deviance, from differences of the gradient."""
    columns = []
    for place in range(len(at)):
        step = np.zeros(len(at))
        step[place] = STEP * max(1.0, abs(at[place]))
        above, below = likelihood.loss(at + step)[1], likelihood.loss(at - step)[1]
        columns.append((above - below) / (4.0 * step[place]))
    matrix = np.column_stack(columns)
    return (matrix + matrix.T) / 2.0


@dataclass(frozen=True)
class _Sums:
    """Sums of products of one equation: what its likelihood knows of its rows.

    ``known`` and ``varying`` are the places of its fixed columns with its outcome and of its varying ones
    among those of all equations; ``products`` (known x known) is over all rows; ``cross`` (varying x known x
    people) and ``effects`` (varying x varying x people) are by person.
    """

    known: slice
    varying: slice
    products: np.ndarray
    cross: np.ndarray
    effects: np.ndarray

    @classmethod
    def of(cls, one: Equation, places: np.ndarray, people: int, known: int, varying: int) -> _Sums:
        """Those of an equation whose rows are of the people at ``places``, behind columns of others."""
        columns = np.column_stack([one.fixed, one.outcome]).T.copy()
        moved = one.varying.T.copy()

        def by_person(left: np.ndarray, right: np.ndarray) -> np.ndarray:
            sums = [np.bincount(places, first * second, people) for first in left for second in right]
            return np.stack(sums).reshape(len(left), len(right), people)

        return cls(
            slice(known, known + len(columns)),
            slice(varying, varying + len(moved)),
            columns @ columns.T,
            by_person(moved, columns),
            by_person(moved, moved),
        )


@dataclass(frozen=True)
class _State:
    """Everything at one set of variances: what the deviance and its gradient are made of.

    With W the fixed columns and the outcome of each equation beside each other, Z the varying ones and R the
    residual variances: ``held`` is L (I + L'Z'R^-1 Z L)^-1 L' by person (in the last place), ``kept`` that
    times Z'R^-1 W; ``mixed`` are by equation the sums over people of its own W'Z times ``kept``.
    """

    root: np.ndarray
    residuals: np.ndarray
    held: np.ndarray
    kept: np.ndarray
    mixed: list[np.ndarray]
    phi: np.ndarray
    beta: np.ndarray
    deviance: float


class _Likelihood:
    """The restricted deviance of stacked equations, from sums of products by person and equation."""

    def __init__(self, equations: Sequence[Equation]) -> None:
        everyone = np.concatenate([one.people for one in equations])
        names, places = np.unique(everyone, return_inverse=True)
        self.people = len(names)
        counts = [len(one.outcome) for one in equations]
        self.rows = np.array(counts, dtype=float) - [one.taken_out for one in equations]
        widths = [one.fixed.shape[1] for one in equations]
        varying = [one.varying.shape[1] for one in equations]
        self.columns, self.effects = sum(widths), sum(varying)
        if self.people <= self.effects:
            raise ModelError(f"{self.people} people for {self.effects} effects that vary over them")
        self.constant = float((self.rows.sum() - self.columns) * np.log(2.0 * np.pi))
        before = (np.cumsum([0, *(width + 1 for width in widths)]), np.cumsum([0, *varying]))
        of_rows = np.split(places, np.cumsum(counts)[:-1])
        self._sums = [
            _Sums.of(one, of, self.people, int(known), int(moved))
            for one, of, known, moved in zip(equations, of_rows, before[0], before[1], strict=False)
        ]
        self._joined = self._one_outcome(widths)
        shared = self._total([one.products for one in self._sums])[: self.columns, : self.columns]
        if np.linalg.matrix_rank(shared) < self.columns:
            raise ModelError("a predictor is a combination of others")

    def _one_outcome(self, widths: Sequence[int]) -> np.ndarray:
        """What makes of the columns of all equations the fixed ones, and one outcome behind them."""
        joined = np.zeros((sum(widths) + len(widths), sum(widths) + 1))
        place = 0
        for number, width in enumerate(widths):
            at = np.arange(place, place + width)
            joined[at + number, at] = 1.0
            joined[place + width + number, -1] = 1.0
            place += width
        return joined

    def _total(self, blocks: Sequence[np.ndarray]) -> np.ndarray:
        """Blocks of the equations along the diagonal, with one outcome for all."""
        size = len(self._joined)
        found = np.zeros((size, size))
        for one, block in zip(self._sums, blocks, strict=True):
            found[one.known, one.known] = block
        return self._joined.T @ found @ self._joined

    def start(self) -> np.ndarray:
        """Residual variances as without predictors, and effects that differ a little."""
        variances = np.array([one.products[-1, -1] for one in self._sums]) / self.rows
        sizes = [
            np.sqrt(0.05 * variance / np.maximum(np.einsum("aap->a", one.effects) / rows, 1e-12))
            for one, variance, rows in zip(self._sums, variances, self.rows, strict=True)
        ]
        root = np.diag(np.concatenate(sizes))
        return np.concatenate([root[np.tril_indices(self.effects)], np.log(0.8 * variances)])

    def loss(self, values: np.ndarray) -> tuple[float, np.ndarray]:
        """The deviance without its constant, and its gradient."""
        state = self.at(values)
        away = self._joined @ np.append(-state.beta, 1.0)
        fixed = self._joined[:, : self.columns] @ np.linalg.cholesky(state.phi)
        spread = np.zeros((self.effects, self.effects))
        left = np.empty((self.effects, self.people))
        rooted = np.empty((self.effects, self.columns, self.people))
        for one, variance in zip(self._sums, state.residuals, strict=True):
            effects = one.effects / variance
            spread[one.varying, one.varying] += effects.sum(axis=-1)
            pulled = -np.einsum("abp,bkp->akp", effects, state.kept[one.varying])
            pulled[:, one.known] += one.cross / variance
            left[one.varying] = away @ pulled
            rooted[one.varying] = fixed.T @ pulled
            for other, divisor in zip(self._sums, state.residuals, strict=True):
                through = np.einsum("abp,bcp->acp", effects, state.held[one.varying, other.varying])
                spread[one.varying, other.varying] -= (
                    np.einsum("acp,cdp->ad", through, other.effects) / divisor
                )
        flat = rooted.reshape(self.effects, -1)
        matrix = spread - flat @ flat.T - left @ left.T
        of_root = (2.0 * matrix @ state.root)[np.tril_indices(self.effects)]
        of_residuals = [self._residual_slope(state, away, place) for place in range(len(self.rows))]
        return state.deviance, np.concatenate([of_root, of_residuals])

    def at(self, values: np.ndarray) -> _State:
        """Coefficients and deviance at these variances."""
        size = self.effects
        root = np.zeros((size, size))
        root[np.tril_indices(size)] = values[: -len(self.rows)]
        residuals = np.exp(np.clip(values[-len(self.rows) :], -40.0, 40.0))
        inner = np.zeros((size, size, self.people))
        inner[np.arange(size), np.arange(size)] = 1.0
        for one, variance in zip(self._sums, residuals, strict=True):
            of = root[one.varying]
            inner += np.einsum("ai,abp,bj->ijp", of, one.effects / variance, of, optimize=True)
        inverse, determinants = _inverse(inner)
        held = np.einsum("ai,ijp,bj->abp", root, inverse, root, optimize=True)
        kept = np.empty((size, len(self._joined), self.people))
        for one, variance in zip(self._sums, residuals, strict=True):
            kept[:, one.known] = np.einsum("abp,bkp->akp", held[:, one.varying], one.cross / variance)
        mixed = [_over_people(one.cross, kept[one.varying]) for one in self._sums]
        parts = zip(self._sums, residuals, strict=True)
        total = self._total([one.products / variance for one, variance in parts])
        for one, variance, of in zip(self._sums, residuals, mixed, strict=True):
            total -= self._joined[one.known].T @ (of / variance) @ self._joined
        last = self.columns
        phi = np.linalg.inv((total[:last, :last] + total[:last, :last].T) / 2.0)
        beta = phi @ total[:last, last]
        left = total[last, last] - total[:last, last] @ beta
        known = determinants + self.rows @ np.log(residuals)
        deviance = float(known - np.linalg.slogdet(phi)[1] + left)
        return _State(root, residuals, held, kept, mixed, phi, beta, deviance)

    def _residual_slope(self, state: _State, away: np.ndarray, place: int) -> float:
        """Slope of the deviance over the log residual variance of one equation."""
        one, variance = self._sums[place], state.residuals[place]
        kept = state.kept[one.varying]
        moved = np.einsum("abp,bkp->akp", one.effects, kept)
        apart = _over_people(kept, moved)
        apart[one.known] -= state.mixed[place]
        apart[:, one.known] -= state.mixed[place].T
        apart[one.known, one.known] += one.products
        apart /= variance**2
        varied = float((state.held[one.varying, one.varying] * one.effects).sum()) / variance**2
        fixed = self._joined[:, : self.columns]
        of_fixed = float((state.phi * (fixed.T @ apart @ fixed)).sum())
        return float(variance * (self.rows[place] / variance - varied - of_fixed - away @ apart @ away))


def _over_people(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Products of two sets of columns (effects x columns x people), summed over effects and people."""
    found: np.ndarray = (left @ right.transpose(0, 2, 1)).sum(axis=0)
    return found


def _inverse(blocks: np.ndarray) -> tuple[np.ndarray, float]:
    """The inverse of each positive definite block (rows x columns x people), and the sum of log determinants.

    Swept row by row for all people at once: a library's routine is called for each of them by itself.
    """
    swept, logs = blocks.copy(), 0.0
    for place in range(len(blocks)):
        pivot = swept[place, place].copy()
        logs += float(np.log(pivot).sum())
        row = swept[place] / pivot
        column = swept[:, place].copy()
        swept -= column[:, None] * row[None]
        swept[place] = row
        swept[:, place] = -column / pivot
        swept[place, place] = 1.0 / pivot
    return swept, logs
