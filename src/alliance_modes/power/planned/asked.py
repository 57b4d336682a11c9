"""What is asked of a planned study: how large it may be, what it should find, what is assumed of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.models.design.design import PRACTITIONER, SITE

MOST_CLIENTS = 20_000
MOST_SIZES = 24
LEAST_RATE, LARGEST_RATE = 0.05, 0.95
LARGEST_SHARE = 0.4
POINTS, STANDARDISED, RATIO = "percentage_points", "standardised", "ratio"
USUAL_RATIO, USUAL_STANDARDISED = 1.5, 0.2
"""Effects that are looked for unless others are asked for: small ones (Cohen 1988; Chen et al. 2010)."""
PER_STRUCTURE = 8
"""Draws of outcomes for the same simulated people: people cost more than outcomes, and say less."""


@dataclass(frozen=True)
class Size:
    """How large one study is."""

    sites: int
    per_site: int
    clients: int

    @property
    def practitioners(self) -> int:
        """Practitioners at all sites."""
        return self.sites * self.per_site

    @property
    def enrolments(self) -> int:
        """Clients of all practitioners."""
        return self.practitioners * self.clients


@dataclass(frozen=True)
class PlannedStudy:
    """What ``alliance-modes design`` is asked.

    Parameters
    ----------
    sites, per_site, clients : tuple of int
        Sites, practitioners at each, clients of each practitioner; every combination is a study.
    effects : tuple of (str, float)
        The effect to be found per SD of a mode, by how it is told: ``standardised`` of ratings;
        ``percentage_points``, or in their place ``ratio`` (e to a coefficient), of all other outcomes.
    outcomes : tuple of str
        As ``model.outcome``; none: the first primary outcome of each model.
    completion, attendance : float, optional
        Share of those who start that complete, and of sessions that are attended, in place of the truth's.
    shares : tuple of (str, float)
        Share of the variance of an outcome, at given predictors, that lies between practitioners and
        between sites, in place of the truth's.
    draws : int
        Outcomes drawn for each size, one in several without an effect (``in_turn``).
    seed : int
    """

    sites: tuple[int, ...]
    per_site: tuple[int, ...]
    clients: tuple[int, ...]
    effects: tuple[tuple[str, float], ...]
    outcomes: tuple[str, ...] = ()
    completion: float | None = None
    attendance: float | None = None
    shares: tuple[tuple[str, float], ...] = ()
    draws: int = 32
    seed: int = 1

    def __post_init__(self) -> None:
        problems = [*_sizes(self), *_effects(self), *_rates(self), *_shares(self)]
        if problems:
            raise ConfigurationError("a study of this kind", problems)

    @property
    def sizes(self) -> tuple[Size, ...]:
        """Every combination, by clients of a practitioner and then by practitioners."""
        every = (Size(*numbers) for numbers in product(self.sites, self.per_site, self.clients))
        return tuple(
            sorted(dict.fromkeys(every), key=lambda one: (one.clients, one.practitioners, one.sites))
        )


def _sizes(asked: PlannedStudy) -> Iterator[Problem]:
    for said, values in (
        ("sites", asked.sites),
        ("practitioners at a site", asked.per_site),
        ("clients of a practitioner", asked.clients),
    ):
        if not values or min(values) < 1:
            yield Problem(
                f"{said}: {', '.join(map(str, values)) or 'none'}", "Give whole numbers of 1 or more."
            )
            return
    if len(asked.sizes) > MOST_SIZES:
        yield Problem(
            f"{len(asked.sizes)} sizes are asked for; at most {MOST_SIZES} go into one answer",
            "Give fewer numbers of sites, practitioners or clients.",
        )
    largest = max(asked.sizes, key=lambda one: one.enrolments)
    if largest.enrolments > MOST_CLIENTS:
        yield Problem(
            f"{largest.practitioners:,} practitioners with {largest.clients:,} clients each are "
            f"{largest.enrolments:,} clients; at most {MOST_CLIENTS:,} are simulated",
            "Give fewer sites, practitioners or clients.",
        )
    if asked.draws < 1:
        yield Problem(f"{asked.draws} draws", "Give 8 or more.")


def _effects(asked: PlannedStudy) -> Iterator[Problem]:
    nothing = {POINTS: 0.0, STANDARDISED: 0.0, RATIO: 1.0}
    for told, value in asked.effects:
        if value == nothing[told]:
            yield Problem(
                f"an effect of {value:g} is none, and cannot be found",
                "Give the smallest effect that would matter. How often a mode without an effect is found "
                "stands in every answer.",
            )
        elif told == RATIO and value <= 0.0:
            yield Problem(f"an odds ratio of {value:g}", "An odds ratio is above 0; 1.5 or 2, say.")
        elif told == POINTS and abs(value) >= 50.0:
            yield Problem(
                f"{value:g} percentage points for each SD of a mode: nobody could be that different",
                "Give the smallest effect that would matter: 5 or 10 points, say.",
            )
        elif told == STANDARDISED and abs(value) > 2.0:
            yield Problem(
                f"{value:g} SDs of the outcome for each SD of a mode: nobody could be that different",
                "Give the smallest effect that would matter: 0.2, say.",
            )


def _rates(asked: PlannedStudy) -> Iterator[Problem]:
    for article, said, value in (
        ("a", "completion", asked.completion),
        ("an", "attendance", asked.attendance),
    ):
        if value is not None and not LEAST_RATE <= value <= LARGEST_RATE:
            yield Problem(
                f"{article} {said} of {100.0 * value:g} %",
                f"Give {said} as a percentage between {100 * LEAST_RATE:g} and {100 * LARGEST_RATE:g}: "
                "55 for 55 of every hundred.",
            )


def _shares(asked: PlannedStudy) -> Iterator[Problem]:
    for name, value in asked.shares:
        if not 0.0 <= value <= LARGEST_SHARE:
            said = {PRACTITIONER: "practitioners", SITE: "sites"}[name]
            yield Problem(
                f"a share of {value:g} of the variance between {said}",
                f"Give a share between 0 and {LARGEST_SHARE:g}; .02 to .10 are usual.",
            )
