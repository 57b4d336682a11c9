"""Answers to items: graded responses, session ratings, durations, survey answers."""

from __future__ import annotations

import numpy as np

from alliance_modes.instruments.model import Instrument
from alliance_modes.simulate.measures import Duration, GradedItems, SessionRating
from alliance_modes.simulate.people import TimeUse
from alliance_modes.simulate.streams import logistic

PERCENT_STEP = 5


def graded_responses(
    latent: np.ndarray, items: GradedItems, instrument: Instrument, rng: np.random.Generator
) -> np.ndarray:
    """Draw answers from a graded response model.

    Parameters
    ----------
    latent : array, respondents x items
        The latent quantity that each item measures (mean about 0, SD about 1).
    items : GradedItems
    instrument : Instrument
        Gives the range and the reversed items.
    rng : numpy Generator

    Returns
    -------
    array, respondents x items, float
        Answers in the instrument's range, reversed items as a respondent ticks them.

    Notes
    -----
    P(X >= c | latent) = logistic(a (latent - location - step_c)). One logistic deviate per answer
    is compared with all steps, which gives exactly these probabilities.

    References
    ----------
    Samejima, F. (1969). Estimation of latent ability using a response pattern of graded scores.
    Psychometrika Monograph 17.
    """
    slope, place = np.array(items.discrimination), np.array(items.location)
    propensity = latent - place + rng.logistic(size=latent.shape) / slope
    answers = np.searchsorted(np.array(items.steps), propensity) + instrument.range.low
    reverse = np.array([item - 1 for item in instrument.reversed], dtype=int)
    answers[:, reverse] = instrument.range.low + instrument.range.high - answers[:, reverse]
    return answers


def item_latents(by_subscale: np.ndarray, names: tuple[str, ...], instrument: Instrument) -> np.ndarray:
    """Spread latents per subscale (respondents x subscales, in the order ``names``) over the items."""
    column = np.zeros(instrument.items, dtype=int)
    for position, name in enumerate(names):
        column[np.array(instrument.subscales[name]) - 1] = position
    return by_subscale[:, column]


def session_ratings(alliance: np.ndarray, declared: SessionRating, rng: np.random.Generator) -> np.ndarray:
    """The four lines (relationship, goals and topics, approach, overall), 0-10 to one decimal.

    ``alliance`` is respondents x (goal, task, bond) as the client sees it.
    """
    goal, task, bond = alliance.T
    seen = np.column_stack([bond, goal, task, alliance.mean(axis=1)])
    seen = seen + declared.noise_sd * rng.standard_normal(seen.shape)
    return np.round(10 * logistic(declared.level + declared.slope * seen), 1)


def leave_out(answers: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """The answers with single ones missing (NaN), each with probability ``share``."""
    return np.where(rng.random(answers.shape) < share, np.nan, answers)


def durations(count: int, items: int, declared: Duration, rng: np.random.Generator) -> np.ndarray:
    """Seconds taken for ``items`` answers, whole seconds."""
    per_item = declared.seconds_per_item * np.exp(declared.log_sd * rng.standard_normal(count))
    return np.ceil(items * np.maximum(per_item, declared.shortest))


def time_percentages(modes: np.ndarray, declared: TimeUse, rng: np.random.Generator) -> np.ndarray:
    """Percentages of working time per mode, multiples of 5 that sum to 100."""
    weight = (
        declared.base.array() + declared.slope * modes + declared.noise_sd * rng.standard_normal(modes.shape)
    )
    weight = np.exp(weight)
    exact = 100 / PERCENT_STEP * weight / weight.sum(axis=1, keepdims=True)
    steps = np.floor(exact)
    short = (100 / PERCENT_STEP - steps.sum(axis=1)).astype(int)
    rank = np.argsort(np.argsort(-(exact - steps), axis=1, kind="stable"), axis=1, kind="stable")
    return PERCENT_STEP * (steps + (rank < short[:, None]))


def ordered(latent: np.ndarray, cuts: tuple[float, ...]) -> np.ndarray:
    """Categories 1, 2, ... of a latent quantity cut at ``cuts``."""
    return np.searchsorted(np.array(cuts), latent) + 1
