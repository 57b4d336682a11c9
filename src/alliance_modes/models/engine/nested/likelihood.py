"""The likelihood of a generalised mixed model whose groupings nest, by adaptive Gauss-Hermite quadrature.

Of a unit of the outermost grouping the integral over its effect has, at each node, the product of its
members' integrals, and so on down to the rows: nodes to the power of the levels, not of the units.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from alliance_modes.models.engine.distributions import Density
from alliance_modes.models.engine.nested.tree import Tree

NEWTON_STEPS, NEWTON_EXACT, HALVINGS, ROUNDING = 100, 1e-6, 30, 1e-9
AT_ONCE = 400_000
"""Predictors (rows x combinations of nodes) that are held at once."""


@dataclass(frozen=True)
class Rows:
    """Outcomes, trials and offsets (rows x 1), and the fixed-effect design (rows x coefficients)."""

    outcome: np.ndarray
    trials: np.ndarray
    offset: np.ndarray
    fixed: np.ndarray

    def at(self, places: np.ndarray) -> Rows:
        """Some of the rows, in this order."""
        return Rows(self.outcome[places], self.trials[places], self.offset[places], self.fixed[places])


@dataclass(frozen=True)
class Point:
    """The log-likelihood at some coefficients and SDs, with its gradient and Hessian, nodes held."""

    loglik: float
    gradient: np.ndarray
    hessian: np.ndarray


@dataclass(frozen=True)
class _Rule:
    """Nodes of one level, and the log weights of an integral against the standard normal density."""

    nodes: np.ndarray
    log_weights: np.ndarray


def _rule(count: int) -> _Rule:
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    return _Rule(nodes, np.log(weights) + nodes**2 / 2.0 - 0.5 * np.log(2.0 * np.pi))


@dataclass(frozen=True)
class Joint:
    """The log density of outcomes and effects (by unit), with slope and information by row."""

    total: np.ndarray
    slope: np.ndarray
    curvature: np.ndarray


class NestedLikelihood:
    """Of random intercepts that nest, as a function of coefficients and SDs.

    Parameters
    ----------
    tree : Tree
        Groupings and their units, outermost first.
    rows : Rows
        One row per observation, in any order.
    density : Density
        Of an outcome about its linear predictor.
    nodes : int
        Quadrature nodes at each level; 1 gives Laplace's approximation.

    Notes
    -----
    With standard normal u and SD s of each grouping, the predictor of a row is x'b + sum of s u. The nodes of
    a unit stand about the mode of its effect and those of all units in it, jointly, given the nodes of the
    units that it is in, spread by the curvature there; so one node at each level is Laplace's approximation.
    Gradient and Hessian (Louis 1982) are those of the sum at the nodes as they stand: exact up to the
    error of the quadrature. A level whose SD is zero has two nodes, with which both are exact in it.
    Cost: rows x nodes^levels densities, times some ten.

    References
    ----------
    Rabe-Hesketh, Skrondal & Pickles (2005) doi 10.1016/j.jeconom.2004.08.017; Pinheiro & Chao (2006) doi
    10.1198/106186006X96962; Louis (1982) doi 10.1111/j.2517-6161.1982.tb01203.x.
    """

    def __init__(self, tree: Tree, rows: Rows, density: Density, nodes: int) -> None:
        self._density, self._tree, self._rows = density, tree, rows.at(tree.order)
        self._rule, self._idle = _rule(nodes), _rule(min(nodes, 2))

    def at(self, beta: np.ndarray, sds: np.ndarray) -> Point:
        """The log-likelihood and its derivatives; ``sds`` as the tree has its groupings."""
        size = len(beta) + len(sds)
        loglik, gradient, hessian = 0.0, np.zeros(size), np.zeros((size, size))
        rules = [self._rule if sd > 0.0 else self._idle for sd in sds]
        for part in self._parts(rules):
            point = Units(part, self._rows.at(part.order), self._density, beta, sds).point(rules)
            loglik += point.loglik
            gradient += point.gradient
            hessian += point.hessian
        return Point(loglik, gradient, hessian)

    def modes(self, beta: np.ndarray, sds: np.ndarray) -> list[np.ndarray]:
        """Conditional modes of the effects (in units of the predictor), by level and unit."""
        whole = Units(self._tree, self._rows, self._density, beta, sds)
        effects, _ = whole.joint_modes(0, whole.fixed_part, whole.no_effects(0, 1))
        return [sd * one[:, 0] for sd, one in zip(sds, effects, strict=True)]

    def _parts(self, rules: list[_Rule]) -> Iterator[Tree]:
        """Units of the outermost level, as many together as may be held at once."""
        most = AT_ONCE // math.prod(len(rule.nodes) for rule in rules)
        ends = np.cumsum(self._tree.rows_of())
        start = 0
        while start < len(ends):
            before = ends[start - 1] if start else 0
            stop = max(int(np.searchsorted(ends, before + most, side="right")), start + 1)
            yield self._tree.part(start, stop)
            start = stop


class Units:
    """Some units of the outermost grouping with all that is in them. Arrays are units (or rows) x paths, a
    path being one node for each level above."""

    def __init__(self, tree: Tree, rows: Rows, density: Density, beta: np.ndarray, sds: np.ndarray) -> None:
        self._tree, self._rows, self._density, self._sds = tree, rows, density, sds
        self._members = [tree.members(level) for level in range(tree.depth)]
        self.fixed_part = rows.offset + (rows.fixed @ beta)[:, None]

    def no_effects(self, level: int, paths: int) -> list[np.ndarray]:
        """Zero for every unit of a level and those below."""
        return [np.zeros((len(one), paths)) for one in self._tree.first[level:]]

    def joint_modes(
        self, level: int, predictor: np.ndarray, effects: list[np.ndarray]
    ) -> tuple[list[np.ndarray], np.ndarray]:
        """Modes of all effects of a level and below, from a start, and the spread of those of the level.

        Newton's method; the step of a unit of the level and all in it is halved where it leads down.
        """
        here = self.joint(level, predictor, effects)
        for _ in range(NEWTON_STEPS):
            pulls, informations = self.eliminated(level, effects, here)
            steps = self._steps(level, effects, pulls, informations)
            share = np.ones_like(here.total)
            for _ in range(HALVINGS):
                ahead = self._along(level, effects, steps, share)
                there = self.joint(level, predictor, ahead)
                worse = there.total < here.total - ROUNDING * (1.0 + np.abs(here.total))
                if not worse.any():
                    break
                share = np.where(worse, share / 2.0, share)
            largest = max(float(np.max(np.abs(new - old))) for new, old in zip(ahead, effects, strict=True))
            effects, here = ahead, there
            if largest < NEWTON_EXACT:
                break
        return effects, 1.0 / np.sqrt(1.0 + self._sds[level] ** 2 * informations[0])

    def joint(self, level: int, predictor: np.ndarray, effects: list[np.ndarray]) -> Joint:
        """The log density of outcomes and effects at some effects of a level and below."""
        for lower, one in enumerate(effects, start=level):
            predictor = predictor + self.to_rows(lower, self._sds[lower] * one)
        total, slope, curvature = self._value(predictor)
        for lower in reversed(range(level, self._tree.depth)):
            total = self._sum(lower, total) - effects[lower - level] ** 2 / 2.0
        return Joint(total, slope, curvature)

    def eliminated(
        self, level: int, effects: list[np.ndarray], here: Joint
    ) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """Slope and information of each unit, effects below eliminated from its equation, innermost first."""
        slope, curvature = here.slope, here.curvature
        pulls: list[np.ndarray] = []
        informations: list[np.ndarray] = []
        for lower in reversed(range(level, self._tree.depth)):
            pull, information = self._sum(lower, slope), self._sum(lower, curvature)
            pulls.insert(0, pull)
            informations.insert(0, information)
            sd, own = self._sds[lower], effects[lower - level]
            kept = 1.0 + sd**2 * information
            slope, curvature = (pull + sd * information * own) / kept, information / kept
        return pulls, informations

    def _along(
        self, level: int, effects: list[np.ndarray], steps: list[np.ndarray], share: np.ndarray
    ) -> list[np.ndarray]:
        """The effects after a share of their steps, one share for each unit of the level and all in it."""
        found = []
        for lower, (one, step) in enumerate(zip(effects, steps, strict=True), start=level):
            found.append(one + share * step)
            share = np.repeat(share, self._members[lower], axis=0)
        return found

    def _steps(
        self,
        level: int,
        effects: list[np.ndarray],
        pulls: list[np.ndarray],
        informations: list[np.ndarray],
    ) -> list[np.ndarray]:
        """Newton's steps, outermost first: what a unit's members do follows what it does."""
        steps, moved = [], np.zeros_like(effects[0])
        for place, (own, pull, information) in enumerate(zip(effects, pulls, informations, strict=True)):
            sd = self._sds[level + place]
            steps.append((sd * (pull - information * moved) - own) / (1.0 + sd**2 * information))
            moved = np.repeat(moved + sd * steps[-1], self._members[level + place], axis=0)
        return steps

    def moved_by(self, slope: np.ndarray, here: Joint) -> list[np.ndarray]:
        """By how much effects (in SDs) follow a slope by row: A^-1 Z' slope, A the curvature at ``here``."""
        none = [np.zeros((len(one), 1)) for one in self._tree.first]
        pulls, informations = self.eliminated(0, none, Joint(here.total, slope, here.curvature))
        return self._steps(0, none, pulls, informations)

    def point(self, rules: list[_Rule]) -> Point:
        """The log-likelihood, its gradient and its Hessian, with the nodes of each level."""
        counts = [len(rule.nodes) for rule in rules]
        predictor = self.fixed_part
        start = self.no_effects(0, 1)
        at: list[np.ndarray] = []
        weights: list[np.ndarray] = []
        for level, rule in enumerate(rules):
            modes, spread = self.joint_modes(level, predictor, start)
            effects = modes[0][:, :, None] + spread[:, :, None] * rule.nodes
            log_weight = np.log(spread)[:, :, None] + rule.log_weights - effects**2 / 2.0
            weights.append(log_weight.reshape(len(effects), -1))
            at.append(effects.reshape(len(effects), -1))
            predictor = np.repeat(predictor, counts[level], axis=1)
            predictor = predictor + self.to_rows(level, self._sds[level] * at[-1])
            start = [np.repeat(one, counts[level], axis=1) for one in modes[1:]]
        value, slope, curvature = self._value(predictor)
        logliks, shares = self._integrate(value, weights, counts)
        chances = self._chances(shares, counts)
        return Point(float(logliks.sum()), *self._derivatives(at, slope, curvature, shares, chances))

    def _integrate(
        self, value: np.ndarray, weights: list[np.ndarray], counts: list[int]
    ) -> tuple[np.ndarray, list[np.ndarray]]:
        """Log-likelihood of each outermost unit; by level, the share of each node in a unit's integral."""
        shares: list[np.ndarray] = []
        for level in reversed(range(self._tree.depth)):
            terms = weights[level] + self._sum(level, value)
            nodes = terms.reshape(len(terms), -1, counts[level])
            value = logsumexp(nodes, axis=2)
            shares.insert(0, np.exp(nodes - value[:, :, None]).reshape(terms.shape))
        return value, shares

    def _chances(self, shares: list[np.ndarray], counts: list[int]) -> list[np.ndarray]:
        """By level, the chance of each path of a unit given the outcomes."""
        chances = [shares[0]]
        for level in range(1, self._tree.depth):
            above = np.repeat(chances[-1], self._members[level - 1], axis=0)
            chances.append(np.repeat(above, counts[level], axis=1) * shares[level])
        return chances

    def _derivatives(
        self,
        at: list[np.ndarray],
        slope: np.ndarray,
        curvature: np.ndarray,
        shares: list[np.ndarray],
        chances: list[np.ndarray],
    ) -> tuple[np.ndarray, np.ndarray]:
        """Gradient and Hessian: minus the mean curvature, plus the variance of the slope over the nodes."""
        hessian = -self._mean_curvature(at, curvature * self.to_rows(-1, chances[-1]))
        slopes = self._slopes(at, slope)
        for level in reversed(range(self._tree.depth)):
            width = slopes.shape[2]
            flat, chance = slopes.reshape(-1, width), chances[level].reshape(-1, 1)
            hessian += flat.T @ (chance * flat)
            units, paths = shares[level].shape
            count = paths if level == 0 else paths // shares[level - 1].shape[1]
            weighted = (shares[level][:, :, None] * slopes).reshape(units, -1, count, width)
            slopes = weighted.sum(axis=2)
            above = np.ones((units, 1))
            if level:
                above = np.repeat(chances[level - 1], self._members[level - 1], axis=0)
            flat = slopes.reshape(-1, width)
            hessian -= flat.T @ (above.reshape(-1, 1) * flat)
            slopes = self._sum(level - 1, slopes) if level else slopes
        return slopes.sum(axis=(0, 1)), hessian

    def _slopes(self, at: list[np.ndarray], slope: np.ndarray) -> np.ndarray:
        """Slope of the log density of each innermost unit in every parameter (units x paths x parameters)."""
        inner = self._tree.depth - 1
        total = self._sum(inner, slope)
        of_beta = [self._sum(inner, slope * column[:, None]) for column in self._rows.fixed.T]
        of_sds = [total * self._below(level, one, at[-1].shape[1]) for level, one in enumerate(at)]
        return np.stack([*of_beta, *of_sds], axis=2)

    def _mean_curvature(self, at: list[np.ndarray], weighted: np.ndarray) -> np.ndarray:
        """Sum over rows of the mean curvature, given the outcomes, in every pair of parameters."""
        fixed, size = self._rows.fixed, self._rows.fixed.shape[1]
        found = np.zeros((size + len(at),) * 2)
        found[:size, :size] = fixed.T @ (weighted.sum(axis=1)[:, None] * fixed)
        whole = self._sum(self._tree.depth - 1, weighted)
        effects = [self._below(level, one, at[-1].shape[1]) for level, one in enumerate(at)]
        for place, one in enumerate(effects):
            by_row = np.einsum("rp,rp->r", weighted, self.to_rows(-1, one))
            found[:size, size + place] = found[size + place, :size] = fixed.T @ by_row
            for other, two in enumerate(effects):
                found[size + place, size + other] = float(np.sum(whole * one * two))
        return found

    def _below(self, level: int, values: np.ndarray, paths: int) -> np.ndarray:
        """Values of a level's units and paths, for the innermost units and every path."""
        for lower in range(level + 1, self._tree.depth):
            values = np.repeat(values, self._members[lower - 1], axis=0)
        return np.repeat(values, paths // values.shape[1], axis=1)

    def to_rows(self, level: int, values: np.ndarray) -> np.ndarray:
        """Values of a level's units, for their rows."""
        for lower in range(level % self._tree.depth, self._tree.depth):
            values = np.repeat(values, self._members[lower], axis=0)
        return values

    def _sum(self, level: int, values: np.ndarray) -> np.ndarray:
        """Sums over a unit's members."""
        return np.add.reduceat(values, self._tree.first[level], axis=0)

    def _value(self, predictor: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        return self._density(predictor, self._rows.outcome, self._rows.trials)
