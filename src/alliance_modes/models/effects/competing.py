"""Cumulative incidence of each early end from the hazards of all of them.

With log hazard c + b(t) + u for a client, session t and random effects u ~ N(0, s^2), the chance
of not having had the end by session t is psi(c + log H(t)), where H(t) sums exp(b) up to t and
psi(z) is the mean of exp(-exp(z + u)) over u. The ends' random effects are independent, so that the
cumulative incidence of one end is the sum over sessions of
[psi(c + log H(t - 1)) - psi(c + log H(t))] x the product of the other ends' psi at t - 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import ENROLMENT_ID, SESSIONS_PLANNED
from alliance_modes.models.design.design import Design
from alliance_modes.models.effects.marginal import averaged_mean
from alliance_modes.models.engine.links import COMPLEMENTARY_LOG_LOG

LOWEST, HIGHEST = -30.0, 6.0
STEEPEST = 50.0


@dataclass(frozen=True)
class Setting:
    """What everyone is set to: ``column`` at ``value`` (and, for a state, only after ``since``)."""

    column: str = ""
    value: float = 0.0
    since: int = 0


@dataclass(frozen=True)
class People:
    """Clients at the start, one row each, and the sessions of each at which an early end can fall.

    ``frame`` holds the columns that do not change; ``last`` is each client's last session at risk,
    ``sessions`` the largest of them.
    """

    frame: pd.DataFrame
    last: np.ndarray
    sessions: int

    @cached_property
    def _by_name(self) -> dict[str, np.ndarray]:
        return {name: self.frame[name].to_numpy(dtype=float) for name in self.frame}

    def values(self, names: Sequence[str]) -> np.ndarray:
        """Some columns: columns x clients, to be changed by whoever asked."""
        return np.array([self._by_name[name] for name in names])

    def sample(self, order: np.ndarray, size: int) -> People:
        """At most ``size`` clients, evenly spaced in ``order``."""
        if len(self.last) <= size:
            return self
        places = np.sort(order[((np.arange(size) + 0.5) * len(order) / size).astype(int)])
        return People(self.frame.iloc[places].reset_index(drop=True), self.last[places], self.sessions)


@dataclass(frozen=True)
class EndHazard:
    """The hazard of one end: coefficients, their draws, and the SD of its random effects.

    ``names`` are the coefficients' columns, intercept first; ``smooth`` is the design whose splines
    they use. ``draws`` is draws x coefficients, of which ``beta`` is the centre; None where the hazard
    is held at its fit.
    """

    end: str
    design: Design
    names: tuple[str, ...]
    beta: np.ndarray
    random_sd: float
    draws: np.ndarray | None = None
    ending: Callable[[np.ndarray], np.ndarray] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        mean = averaged_mean(COMPLEMENTARY_LOG_LOG, self.random_sd, LOWEST, HIGHEST + 8.0 * self.random_sd)
        object.__setattr__(self, "ending", mean)

    def without_end(self, people: People, setting: Setting, betas: np.ndarray) -> np.ndarray:
        """Chance of not having had this end, were it the only one: draws x clients x sessions 0 to last.

        ``betas`` is draws x coefficients. One client stands for all where nothing in the hazard differs
        between clients.
        """
        course = np.exp(np.minimum(self._course(people, setting, betas), STEEPEST))
        total = np.log(np.cumsum(course, axis=1))
        client = self.client_part(people, setting, betas)
        shares = np.ones((*client.shape, people.sessions + 1))
        shares[:, :, 1:] -= self.ending(client[:, :, None] + total[:, None, :])
        return shares

    def client_part(self, people: People, setting: Setting, betas: np.ndarray) -> np.ndarray:
        """What a log hazard has from the columns that do not change: draws x clients."""
        changing = {name for smooth in self.design.smooths for name in smooth.names}
        own = [
            (place, name)
            for place, name in enumerate(self.names[1:], start=1)
            if name not in changing and not (setting.since and name == setting.column)
        ]
        if not own:
            return betas[:, :1]
        values = people.values([name for _, name in own])
        for place, (_, name) in enumerate(own):
            if name == setting.column:
                values[place] = setting.value
        return betas[:, :1] + betas[:, [place for place, _ in own]] @ values

    def _course(self, people: People, setting: Setting, betas: np.ndarray) -> np.ndarray:
        sessions = np.arange(1, people.sessions + 1, dtype=float)
        total = np.zeros((len(betas), len(sessions)))
        for smooth in self.design.smooths:
            places = [self.names.index(name) for name in smooth.names if name in self.names]
            if places:
                total = total + betas[:, places] @ smooth.at(sessions).T
        if setting.since and setting.column in self.names:
            state = setting.value * (sessions > setting.since)
            total = total + betas[:, [self.names.index(setting.column)]] * state
        return total


def incidence_of(
    hazards: Sequence[EndHazard],
    end: str,
    people: People,
    setting: Setting,
    betas: Sequence[np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean over clients of the cumulative incidence of ``end``, and of still being there, by session.

    Parameters
    ----------
    hazards : sequence of EndHazard
        Every end that competes; one of them is ``end``.
    end : str
    people : People
    setting : Setting
    betas : sequence of array, optional
        Draws x coefficients per hazard (or one draw), in place of the estimates.

    Returns
    -------
    array, array
        Draws x sessions 0 to ``people.sessions``: incidence, and share without any early end.

    Notes
    -----
    A client's incidence stays where it is after the client's own last session at risk. Two ends in one
    session are taken as independent, as if their chances did not add up but multiplied: with hazards of
    5 and 2 % in a session the incidence is too high by 0.1 % of itself per session that has passed.
    """
    betas = [hazard.beta[None, :] for hazard in hazards] if betas is None else betas
    without = {
        hazard.end: hazard.without_end(people, setting, beta)
        for hazard, beta in zip(hazards, betas, strict=True)
    }
    own = without[end]
    shapes = [share.shape for share in without.values()]
    others = np.ones(np.broadcast_shapes((1, len(people.last), 1), *shapes))
    for name, share in without.items():
        if name != end:
            others *= share
    at_risk = np.arange(1, people.sessions + 1) <= people.last[:, None]
    rises = (own[:, :, :-1] - own[:, :, 1:]) * others[:, :, :-1]
    rises *= at_risk
    risen = np.cumsum(rises.mean(axis=1), axis=1)
    incidence = np.concatenate([np.zeros((len(risen), 1)), risen], axis=1)
    others *= own
    return incidence, others.mean(axis=1)


def people_of(design: Design) -> People | str:
    """The clients of a design, one row each; text saying why, where they cannot be told."""
    frame = design.frame
    spline = {name for smooth in design.smooths for name in smooth.names}
    if not design.smooths or ENROLMENT_ID not in frame:
        return "the model has no smooth baseline by session"
    first = frame.drop_duplicates(ENROLMENT_ID).reset_index(drop=True)
    longest = int(design.smooths[0].knots[-1])
    planned = (
        first[SESSIONS_PLANNED].to_numpy(dtype="float64", na_value=np.nan)
        if SESSIONS_PLANNED in first
        else np.full(len(first), np.nan)
    )
    last = np.where(np.isnan(planned), longest, np.minimum(planned - 1, longest))
    kept = first[[name for name in design.fixed if name not in spline]]
    return People(kept, last, int(last.max()))
