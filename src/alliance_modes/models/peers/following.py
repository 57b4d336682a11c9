"""What a client is expected to rate next, given what they rated before, from other practitioners' clients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import ENROLMENT_ID, PRACTITIONER_ID, SESSION_NO
from alliance_modes.models.design.design import OUTCOME
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.inference.random_effects import fixed_matrix, term_values
from alliance_modes.models.peers.courses import PARTS, parts_of, without_each
from alliance_modes.models.peers.peers import Peers


@dataclass(frozen=True)
class Following:
    """Ratings in the order of enrolment and session, each beside what was expected of it.

    ``rows`` has the ids, ``session_no``, ``value``, ``part`` (of the practitioners: what is expected is from
    the others), and ``expected`` and ``sd`` before any rating of the client is known. ``factors`` are, per
    enrolment, the lower Cholesky factor of the covariance of its ratings.
    """

    rows: pd.DataFrame
    factors: tuple[np.ndarray, ...]

    @cached_property
    def own_sd(self) -> np.ndarray:
        """SD of each rating given the earlier ones of the same client."""
        return np.concatenate([np.diag(factor) for factor in self.factors])

    @cached_property
    def _sizes(self) -> np.ndarray:
        """How many ratings each enrolment has."""
        return np.array([len(factor) for factor in self.factors], dtype=int)

    @cached_property
    def _alike(self) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
        """Enrolments with as many ratings: the places of these (enrolments x ratings), and the factors."""
        first = np.cumsum(self._sizes) - self._sizes
        alike = ((size, np.flatnonzero(self._sizes == size)) for size in np.unique(self._sizes))
        return tuple(
            (first[those][:, None] + np.arange(size), np.stack([self.factors[one] for one in those]))
            for size, those in alike
        )

    def of(self, ratings: np.ndarray) -> Following:
        """Some of the ratings (boolean): all or none of each enrolment."""
        whole = ratings[np.cumsum(self._sizes) - self._sizes]
        factors = tuple(one for one, kept in zip(self.factors, whole, strict=True) if kept)
        return Following(self.rows[ratings].reset_index(drop=True), factors)

    def pieces(self, most: int) -> Iterator[tuple[slice, Following]]:
        """All ratings in their order, whole enrolments at a time: up to ``most`` ratings, or one enrolment.

        Parameters
        ----------
        most : int

        Yields
        ------
        tuple of slice and Following
            The places of a piece among the ratings, and the piece.
        """
        ends = np.cumsum(self._sizes)
        first = 0
        while first < len(ends):
            start = int(ends[first - 1]) if first else 0
            after = max(int(np.searchsorted(ends, start + most, side="right")), first + 1)
            rows = slice(start, int(ends[after - 1]))
            yield rows, Following(self.rows[rows].reset_index(drop=True), self.factors[first:after])
            first = after

    def errors(self, values: np.ndarray) -> np.ndarray:
        """How far each rating is from what the earlier ones let expect, in its SDs.

        Parameters
        ----------
        values : array (rows x cohorts)
            Ratings in place of those of ``rows``.

        Notes
        -----
        With y = m + Le and LL' the covariance of a client's ratings in their order, e are their errors of
        prediction one step ahead: independent where the model holds.
        """
        apart = values - self.rows["expected"].to_numpy()[:, None]
        found = np.empty_like(apart)
        for rows, factors in self._alike:
            found[rows] = np.linalg.inv(factors) @ apart[rows]
        return found

    def from_errors(self, errors: np.ndarray) -> np.ndarray:
        """The ratings that have these ``errors`` (rows x cohorts)."""
        found = np.empty_like(errors)
        for rows, factors in self._alike:
            found[rows] = factors @ errors[rows]
        return found + self.rows["expected"].to_numpy()[:, None]


def following(peers: Peers, parts: int = PARTS) -> Following:
    """Every rating beside what was expected of it from the clients of other practitioners.

    Parameters
    ----------
    peers : Peers
        The model of all ratings.
    parts : int
        Into how many parts practitioners are dealt; the model is fitted without each.

    Returns
    -------
    Following
        As ``following_by``.
    """
    return following_by(peers, parts_of(peers, peers.rows, parts))


def following_by(peers: Peers, part: np.ndarray, learnt: np.ndarray | None = None) -> Following:
    """Every rating beside what was expected of it from those of other parts.

    Parameters
    ----------
    peers : Peers
    part : array of int
        The part of each row of the model; all rows of an enrolment are of one.
    learnt : array of bool, optional
        The rows from which anything is learnt; default all.

    Returns
    -------
    Following
        Without ratings at no known session, and those of parts whose others could not be fitted.

    Notes
    -----
    All random effects of a client's practitioner, group and site are taken as unknown, and as shared by the
    ratings of the client: what they come to is learnt from the client's own ratings. The covariance holds the
    uncertainty of the coefficients too, not that of the variances.
    """
    rows = peers.rows[[ENROLMENT_ID, PRACTITIONER_ID, SESSION_NO]].assign(
        value=peers.design.frame[OUTCOME].to_numpy(), part=part
    )
    rows = rows[rows[SESSION_NO].notna()].sort_values([ENROLMENT_ID, SESSION_NO], kind="stable")
    found: list[pd.DataFrame] = []
    factors: dict[str, np.ndarray] = {}
    for number, fit in without_each(peers, part, learnt):
        if fit.converged:
            own = rows[rows["part"] == number]
            frame = peers.design.frame.loc[own.index]
            found.append(own.assign(expected=fixed_matrix(fit, frame) @ fit.known_beta))
            factors |= dict(_factors(fit, frame, own[ENROLMENT_ID]))
    every = pd.concat(found) if found else rows.iloc[:0].assign(expected=0.0)
    every = every.sort_values([ENROLMENT_ID, SESSION_NO], kind="stable")
    ordered = tuple(factors[one] for one in every[ENROLMENT_ID].unique())
    sd = [np.sqrt((factor**2).sum(axis=1)) for factor in ordered]
    every = every.assign(sd=np.concatenate(sd) if sd else 0.0)
    return Following(every.reset_index(drop=True), ordered)


def _factors(fit: EngineFit, frame: pd.DataFrame, client: pd.Series) -> Iterator[tuple[str, np.ndarray]]:
    """Per client the lower Cholesky factor of the covariance of the ratings, whose rows are in order."""
    fixed = fixed_matrix(fit, frame)
    random = [(term_values(group.terms, frame), group.covariance) for group in fit.covariances]
    person, names = pd.factorize(client)
    order = np.argsort(person, kind="stable")
    sizes = np.bincount(person, minlength=len(names))
    first = np.cumsum(sizes) - sizes
    for size in np.unique(sizes):
        those = np.flatnonzero(sizes == size)
        places = order[first[those][:, None] + np.arange(size)]
        covariance = fit.dispersion * np.eye(size) + _around(fixed[places], fit.known_vcov)
        for values, between in random:
            covariance = covariance + _around(values[places], between)
        yield from zip(map(str, names[those]), np.linalg.cholesky(covariance), strict=True)


def _around(values: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Covariance of the ratings of each client (clients x ratings x ratings) by that of coefficients."""
    found: np.ndarray = values @ covariance @ values.transpose(0, 2, 1)
    return found
