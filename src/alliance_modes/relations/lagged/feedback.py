"""What an effect of none would come out as: the bias that feedback makes, by simulation from the fit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alliance_modes.relations.pairs import Courses, within_slopes

ROUNDS = 5
WARMING_UP = 15
STEADY = 0.95
MOST_COURSES = 40_000
"""Simulated courses in all: with more clients fewer cohorts of them tell as much."""


@dataclass(frozen=True)
class Process:
    """How rating and outcome move within a client from session to session.

    outcome(t) = ``carried`` outcome(t-1) + noise; rating(t) = ``feedback`` outcome(t) + ``kept``
    rating(t-1) + noise, with the SDs of the two noises. The rating has no effect on what follows.
    """

    carried: float
    feedback: float
    kept: float
    outcome_sd: float
    rating_sd: float

    def courses(self, noise: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Ratings and outcomes (draws x people x sessions) from standard normal noise.

        ``noise`` is (2 x sessions x draws x people), with sessions before the first one, in which the start
        is forgotten.
        """
        outcome, rating = np.zeros((2, *noise.shape[2:]))
        ratings, outcomes = [], []
        for of_outcome, of_rating in zip(*noise, strict=True):
            outcome = self.carried * outcome + self.outcome_sd * of_outcome
            rating = self.feedback * outcome + self.kept * rating + self.rating_sd * of_rating
            ratings.append(rating)
            outcomes.append(outcome)
        return np.stack(ratings[WARMING_UP:], axis=-1), np.stack(outcomes[WARMING_UP:], axis=-1)


@dataclass(frozen=True)
class Fitted:
    """The lagged slope within clients, and the process as least squares within clients finds it."""

    lagged: np.ndarray
    process: np.ndarray


@dataclass(frozen=True)
class FeedbackBias:
    """Mean of the lagged slope over simulated cohorts in which it is none, with its Monte-Carlo error.

    ``draws`` are the simulated cohorts, ``process`` what they were drawn from.
    """

    bias: float
    error: float
    draws: int
    process: Process


def fitted(rating: np.ndarray, outcome: np.ndarray, pairs: np.ndarray, *, lines: bool) -> Fitted:
    """The slopes of both equations of ``Process``, by draw.

    Parameters
    ----------
    rating, outcome : array
        (draws x people x sessions); NaN where not known.
    pairs : array of bool
        ``Courses.pairs``.
    lines : bool
        As in ``within_slopes``.
    """
    following = np.full_like(outcome, np.nan)
    following[..., :-1] = outcome[..., 1:]
    ahead = within_slopes(following, (rating, outcome), pairs, lines=lines)
    known = np.isfinite(rating[0]) & np.isfinite(outcome[0])
    rated = np.isfinite(rating[0])
    known[:, 1:] &= rated[:, :-1]
    known[:, 0] = False
    before = np.full_like(rating, np.nan)
    before[..., 1:] = rating[..., :-1]
    back = within_slopes(rating, (outcome, before), known, lines=lines)
    process = np.column_stack([ahead.slopes[:, 1], back.slopes, ahead.residual_sd, back.residual_sd])
    return Fitted(ahead.slopes[:, 0], process)


def feedback_bias(courses: Courses, draws: int, seed: list[int], *, lines: bool) -> FeedbackBias:
    """The slope that comes out where there is none: same people, sessions, gaps, feedback, autocorrelation.

    Parameters
    ----------
    courses : Courses
        Of those who are analysed.
    draws : int
        Simulated cohorts at most; the mean over them is the bias.
    seed : list of int
    lines : bool
        As in ``within_slopes``.

    Returns
    -------
    FeedbackBias

    Notes
    -----
    A rating that follows the outcome of its own session carries that session's noise into the person's mean
    rating, from which every rating is counted: deviations of earlier ratings are then correlated with the
    noise of later outcomes, however many people there are, and the slope is biased by an amount that falls
    with the number of ratings. Autocorrelations within people are biased likewise; the
    process is therefore moved, in five rounds, until cohorts simulated from it give the slopes of the data.

    References
    ----------
    Nickell, S. (1981). Biases in dynamic models with fixed effects. Econometrica, 49(6), 1417-1426.
    Gourieroux, C., Phillips, P. C. B., & Yu, J. (2010). Indirect inference for dynamic panel models. Journal
    of Econometrics, 157(1), 68-77.
    """
    people, sessions = courses.rating.shape
    draws = max(min(draws, MOST_COURSES // people), 2)
    noise = np.random.default_rng(seed).standard_normal((2, WARMING_UP + sessions, draws, people))
    asked = fitted(courses.rating[None], courses.outcome[None], courses.pairs, lines=lines).process[0]
    values = asked.copy()
    for _ in range(ROUNDS):
        found = _simulated(values, courses, noise, lines).process.mean(axis=0)
        values[:3] = values[:3] + asked[:3] - found[:3]
        values[[0, 2]] = np.clip(values[[0, 2]], -STEADY, STEADY)
        values[3:] = values[3:] * asked[3:] / found[3:]
    lagged = _simulated(values, courses, noise, lines).lagged
    error = float(lagged.std(ddof=1) / np.sqrt(draws))
    return FeedbackBias(float(lagged.mean()), error, draws, Process(*map(float, values)))


def _simulated(values: np.ndarray, courses: Courses, noise: np.ndarray, lines: bool) -> Fitted:
    rating, outcome = Process(*map(float, values)).courses(noise)
    rating[:, ~np.isfinite(courses.rating)] = np.nan
    outcome[:, ~np.isfinite(courses.outcome)] = np.nan
    return fitted(rating, outcome, courses.pairs, lines=lines)
