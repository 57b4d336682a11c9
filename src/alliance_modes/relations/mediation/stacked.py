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
class _State:
    """Everything at one set of variances: what the deviance and its gradient are made of.

    With W the fixed columns and the outcome beside each other, Z the varying ones and R the residual
    variances: ``held`` is L (I + L'Z'R^-1 Z L)^-1 L' by person, ``kept`` that times Z'R^-1 W, ``effects``
    Z'R^-1 Z and ``cross`` Z'R^-1 W.
    """

    root: np.ndarray
    residuals: np.ndarray
    held: np.ndarray
    kept: np.ndarray
    effects: np.ndarray
    cross: np.ndarray
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
        self.columns = sum(one.fixed.shape[1] for one in equations)
        self.effects = sum(one.varying.shape[1] for one in equations)
        if self.people <= self.effects:
            raise ModelError(f"{self.people} people for {self.effects} effects that vary over them")
        self.constant = float((self.rows.sum() - self.columns) * np.log(2.0 * np.pi))
        ends = np.cumsum(counts)[:-1]
        parts = zip(_wide(equations), np.split(places, ends), strict=True)
        self._products = np.stack([_by_person(wide, of, self.people) for wide, of in parts])
        self._known = slice(0, self.columns + 1)
        self._varying = slice(self.columns + 1, self.columns + 1 + self.effects)
        shared = self._products.sum(axis=(0, 1))[: self.columns, : self.columns]
        if np.linalg.matrix_rank(shared) < self.columns:
            raise ModelError("a predictor is a combination of others")

    def start(self) -> np.ndarray:
        """Residual variances as without predictors, and effects that differ a little."""
        variances = self._products[:, :, self.columns, self.columns].sum(axis=1) / self.rows
        squares = self._products.sum(axis=1)[:, self._varying, self._varying].diagonal(axis1=1, axis2=2)
        owner = squares.argmax(axis=0)
        size = np.maximum(squares.max(axis=0) / self.rows[owner], 1e-12)
        root = np.diag(np.sqrt(0.05 * variances[owner] / size))
        return np.concatenate([root[np.tril_indices(self.effects)], np.log(0.8 * variances)])

    def loss(self, values: np.ndarray) -> tuple[float, np.ndarray]:
        """The deviance without its constant, and its gradient."""
        state = self.at(values)
        away = np.append(-state.beta, 1.0)
        pulled = state.cross - state.effects @ state.kept
        left = pulled @ away
        spread = state.effects - state.effects @ state.held @ state.effects
        rooted = _side(pulled[:, :, : self.columns] @ np.linalg.cholesky(state.phi))
        matrix = spread.sum(axis=0) - rooted @ rooted.T - left.T @ left
        of_root = (2.0 * matrix @ state.root)[np.tril_indices(self.effects)]
        of_residuals = [self._residual_slope(state, away, place) for place in range(len(self.rows))]
        return state.deviance, np.concatenate([of_root, of_residuals])

    def at(self, values: np.ndarray) -> _State:
        """Coefficients and deviance at these variances."""
        size = self.effects
        root = np.zeros((size, size))
        root[np.tril_indices(size)] = values[: -len(self.rows)]
        residuals = np.exp(np.clip(values[-len(self.rows) :], -40.0, 40.0))
        weighted = np.tensordot(1.0 / residuals, self._products, axes=1)
        effects, cross = weighted[:, self._varying, self._varying], weighted[:, self._varying, self._known]
        inner = np.eye(size) + root.T @ effects @ root
        held = root @ np.linalg.solve(inner, np.broadcast_to(root.T, inner.shape))
        kept = held @ cross
        total = weighted[:, self._known, self._known].sum(axis=0) - _tall(cross).T @ _tall(kept)
        last = self.columns
        phi = np.linalg.inv((total[:last, :last] + total[:last, :last].T) / 2.0)
        beta = phi @ total[:last, last]
        determinants = np.linalg.slogdet(inner)[1].sum() + self.rows @ np.log(residuals)
        left = total[last, last] - total[:last, last] @ beta
        deviance = float(determinants - np.linalg.slogdet(phi)[1] + left)
        return _State(root, residuals, held, kept, effects, cross, phi, beta, deviance)

    def _residual_slope(self, state: _State, away: np.ndarray, place: int) -> float:
        """Slope of the deviance over the log residual variance of one equation."""
        products, variance = self._products[place], state.residuals[place]
        effects, cross = products[:, self._varying, self._varying], products[:, self._varying, self._known]
        mixed = _tall(cross).T @ _tall(state.kept)
        inner = _tall(state.kept).T @ _tall(effects @ state.kept)
        apart = (products[:, self._known, self._known].sum(axis=0) - mixed - mixed.T + inner) / variance**2
        trace = self.rows[place] / variance - float((state.held * effects).sum()) / variance**2
        of_fixed = float((state.phi * apart[: self.columns, : self.columns]).sum())
        return float(variance * (trace - of_fixed - away @ apart @ away))


def _tall(blocks: np.ndarray) -> np.ndarray:
    """Blocks of people under each other."""
    return blocks.reshape(-1, blocks.shape[-1])


def _side(blocks: np.ndarray) -> np.ndarray:
    """Blocks of people beside each other."""
    return blocks.transpose(1, 0, 2).reshape(blocks.shape[1], -1)


def _wide(equations: Sequence[Equation]) -> list[np.ndarray]:
    """Rows of each equation with the columns of all: fixed, outcome, varying."""
    found = []
    for place, one in enumerate(equations):
        blocks = {}
        for kind in ("fixed", "varying"):
            widths = [getattr(other, kind).shape[1] for other in equations]
            blocks[kind] = np.zeros((len(one.outcome), sum(widths)))
            first = sum(widths[:place])
            blocks[kind][:, first : first + widths[place]] = getattr(one, kind)
        found.append(np.column_stack([blocks["fixed"], one.outcome, blocks["varying"]]))
    return found


def _by_person(wide: np.ndarray, places: np.ndarray, people: int) -> np.ndarray:
    """Sums of products of the columns, by person."""
    order = np.argsort(places, kind="stable")
    rows, starts = np.unique(places[order], return_index=True)
    products = np.zeros((people, wide.shape[1], wide.shape[1]))
    ordered = wide[order]
    for row, part in zip(rows, np.split(ordered, starts[1:]), strict=True):
        products[row] = part.T @ part
    return products
