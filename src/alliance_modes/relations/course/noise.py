"""What the rules of alert come to in cohorts of noise, in which nothing happens to anybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from alliance_modes.relations.course.apart import line_apart
from alliance_modes.relations.course.rules import NEXT, Piece, Rules
from alliance_modes.relations.course.worth import Clients

NOISE = 200
"""Cohorts of noise behind each expected number."""

AT_A_TIME = 5_000
"""Ratings of which those of all cohorts of noise are in memory at once."""


Counts = tuple[np.ndarray, np.ndarray, np.ndarray]
"""By cohort: ratings with an alert, clients with one, drop-outs with one by sessions left."""


@dataclass(frozen=True)
class ByChance:
    """What one rule of alert comes to in each cohort of noise.

    ``per_rating`` is the share of ratings with an alert, ``of_clients`` that of clients with one or more;
    ``in_time`` (sessions left x cohorts) that of drop-outs who have one with so many sessions left, or more.
    """

    per_rating: np.ndarray
    of_clients: np.ndarray
    in_time: np.ndarray

    def hits(self, left: int) -> np.ndarray:
        """The share of drop-outs with an alert that has ``left`` sessions after it, or more, by cohort."""
        return self.in_time[left] if left < len(self.in_time) else np.zeros(len(self.per_rating))


def alerts_by_chance(rules: Rules, clients: Clients, seed: int) -> Mapping[str, ByChance]:
    """What each rule of alert comes to in cohorts of noise.

    Parameters
    ----------
    rules : Rules
    clients : Clients
        Those of the ratings of ``rules``.
    seed : int

    Returns
    -------
    mapping of ByChance
        By rule.

    Notes
    -----
    Only counts are kept of ratings that were drawn: those of all cohorts at once would take gigabytes where
    the cohort is large.
    """
    most = _most_left(clients)
    counts: dict[str, Counts] = {}
    first = 0
    for piece, values in noise(rules, seed):
        after = first + len(piece[1].factors)
        own = Clients(piece[1].rows, clients.people.iloc[first:after])
        for name, alerts in rules.alerts(values, piece).items():
            found = _counted(own, alerts, most)
            before = counts.get(name)
            counts[name] = found if before is None else _added(before, found)
        first = after
    rated, people, gone = len(clients.rows), len(clients.people), int(clients.dropped_out.sum())
    return {
        name: ByChance(alerts / rated, alerted / people, in_time / gone)
        for name, (alerts, alerted, in_time) in counts.items()
    }


def noise(rules: Rules, seed: int) -> Iterator[tuple[Piece, np.ndarray]]:
    """Ratings (rows x cohorts) that vary as those of the cohort do, with nothing that happens to anybody.

    Parameters
    ----------
    rules : Rules
    seed : int

    Yields
    ------
    tuple of Piece and array
        Some ratings of the cohort, in order, with those in their place.
    """
    rng = np.random.default_rng([seed, 15])
    own, values = rules.own[NEXT], rules.found.rows["value"].to_numpy()
    around = np.zeros(len(values)) if rules.before is None else line_apart(rules.found)
    if rules.before is not None:
        own = rules.found.errors((values - around)[:, None])[:, 0]
    errors, low, high = own - own.mean(), values.min(), values.max()
    for rows, found in rules.found.pieces(AT_A_TIME):
        drawn = rng.choice(errors, size=(len(found.rows), NOISE))
        yield (rows, found), np.clip(found.from_errors(drawn) + around[rows, None], low, high)


def _most_left(clients: Clients) -> int:
    """The most sessions that are left of anybody who dropped out after one of their ratings."""
    left = clients.left[clients.dropped_out[clients.person]]
    return int(left.max(initial=-1.0))


def _counted(clients: Clients, alerts: np.ndarray, most: int) -> Counts:
    lead = clients.lead(alerts)[clients.dropped_out]
    in_time = np.zeros((most + 1, alerts.shape[1]), dtype=int)
    for left in range(most + 1):
        in_time[left] = (lead >= left).sum(axis=0)
    return alerts.sum(axis=0), clients.alerted(alerts).sum(axis=0), in_time


def _added(one: Counts, other: Counts) -> Counts:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]
