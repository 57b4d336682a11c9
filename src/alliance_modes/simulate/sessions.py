"""The course of every enrolment, session by session: alliance, mode use, rupture, engagement, end.

One pass per session number over all enrolments at once. Within a session, in this order: the
alliance of the day; attendance; mode use; rupture and repair; engagement; and then, unless it is
the last planned session, whether the enrolment ends here, and how.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alliance_modes.dictionary.named import ATTENDED, RUPTURE
from alliance_modes.domain import EARLY_ENDS, MODES
from alliance_modes.simulate.effects import Fixed, fix_effects
from alliance_modes.simulate.population import Population
from alliance_modes.simulate.streams import Streams, correlated, logistic
from alliance_modes.simulate.truth import Truth

NONE, WITHDRAWAL, CONFRONTATION = 0, 1, 2
STAYS, COMPLETES = -1, len(EARLY_ENDS)
UNIT_OF_TIME = 10.0


@dataclass(frozen=True)
class Course:
    """One entry per enrolment and session while enrolled, ordered by enrolment and session.

    ``rupture`` is 0 none, 1 withdrawal, 2 confrontation; ``end`` is -1 (goes on), an index into
    ``EARLY_ENDS``, or 3 (completes). Latent: ``alliance`` (x components), ``engagement``, ``hazard``
    (x ``EARLY_ENDS``, per session; 0 in the last planned session).
    """

    enrolment: np.ndarray
    session: np.ndarray
    attended: np.ndarray
    use: np.ndarray
    rupture: np.ndarray
    repaired: np.ndarray
    unrepaired_before: np.ndarray
    alliance: np.ndarray
    engagement: np.ndarray
    hazard: np.ndarray
    end: np.ndarray


class _State:
    """What carries over from one session to the next."""

    def __init__(self, enrolments: int, started: np.ndarray) -> None:
        self.enrolled = started.copy()
        self.mood = np.zeros((enrolments, 3))
        self.strain = np.zeros(enrolments)
        self.deviation = np.zeros(enrolments)
        self.after_rupture = np.zeros(enrolments, dtype=bool)
        self.unrepaired = np.zeros(enrolments, dtype=bool)


def run_sessions(truth: Truth, population: Population, streams: Streams) -> tuple[Course, Fixed]:
    """Let every enrolment that starts run to its own end.

    Parameters
    ----------
    truth : Truth
    population : Population
    streams : Streams
        One part per session number, and those of ``fix_effects``.

    Returns
    -------
    Course
        One entry per enrolment and session while enrolled.
    Fixed
        Every enrolment's fixed and random effects.

    Notes
    -----
    Cause-specific hazards are complementary log-log: with rates ``r = exp(log hazard)`` the
    enrolment ends in a session with probability ``1 - exp(-sum r)``, by cause in proportion to
    ``r``, so that each cause alone would have ``1 - exp(-r)``.
    """
    fixed = fix_effects(truth, population, streams)
    state = _State(len(fixed.usual), population.clients.started)
    parts = [
        _session(truth, population, fixed, state, number, streams.part(f"session {number}"))
        for number in range(1, truth.programme.sessions_planned + 1)
    ]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    order = np.argsort(joined["enrolment"], kind="stable")
    return Course(**{name: values[order] for name, values in joined.items()}), fixed


def _session(
    truth: Truth, population: Population, fixed: Fixed, state: _State, number: int, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    time = (number - 1) / UNIT_OF_TIME
    level = fixed.alliance + truth.alliance.growth.array() * time + (fixed.slope * time)[:, None]
    _move_mood(truth, state, number, rng)
    alliance = level + state.mood + state.strain[:, None]
    attended = state.enrolled & ((rng.random(len(fixed.usual)) < logistic(fixed.attendance)) | (number == 1))
    use, use_within = _mode_use(truth, fixed, state, rng)
    rupture, repaired = _ruptures(truth, fixed, alliance, attended, rng)
    engagement = (
        fixed.engagement
        + truth.engagement.time * time
        + truth.engagement.alliance_previous * state.deviation
        + (truth.engagement.use.array() * use_within).sum(axis=1)
        + truth.engagement.rupture * (rupture != NONE)
        + truth.engagement.session_sd * rng.standard_normal(len(fixed.usual))
    )
    last = number == truth.programme.sessions_planned
    end, hazard = _ends(truth, fixed, state, alliance, rupture, time, last, rng)
    record = {
        "enrolment": np.arange(len(fixed.usual), dtype=np.int32),
        "session": np.full(len(fixed.usual), number, dtype=np.int16),
        ATTENDED: attended,
        "use": use,
        RUPTURE: rupture,
        "repaired": repaired,
        "unrepaired_before": state.unrepaired,
        "alliance": alliance,
        "engagement": engagement,
        "hazard": hazard,
        "end": end,
    }
    record = {name: values[state.enrolled] for name, values in record.items()}
    _carry_over(truth, state, alliance, level, rupture, repaired, end)
    return record


def _move_mood(truth: Truth, state: _State, number: int, rng: np.random.Generator) -> None:
    declared = truth.alliance
    news = correlated(rng, len(state.enrolled), declared.state_sd, declared.component_correlation)
    if number == 1:
        state.mood = news
        return
    kept = declared.state_autocorrelation
    state.mood = kept * state.mood + np.sqrt(1 - kept**2) * news


def _mode_use(
    truth: Truth, fixed: Fixed, state: _State, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Mode use 0-4, and its latent deviation from the practitioner's own level."""
    declared = truth.mode_use
    calls_for = fixed.needs_use + declared.follows_rupture.array() * state.after_rupture[:, None]
    noise = fixed.use_noise[:, None] * rng.standard_normal((len(fixed.usual), len(MODES)))
    within = fixed.following[:, None] * calls_for + noise
    latent = fixed.use + within + declared.level.array()
    return np.searchsorted(np.array(declared.cuts), latent).astype(np.int8), within


def _ruptures(
    truth: Truth, fixed: Fixed, alliance: np.ndarray, attended: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    declared = truth.rupture
    chance, kind, mended = rng.random((3, len(attended)))
    happens = attended & (chance < logistic(fixed.rupture + declared.alliance * alliance.mean(axis=1)))
    confronted = kind < logistic(fixed.confrontation)
    repaired = happens & (mended < logistic(fixed.repair + declared.repair_bond * alliance[:, 2]))
    rupture = np.where(happens, np.where(confronted, CONFRONTATION, WITHDRAWAL), NONE)
    return rupture.astype(np.int8), repaired


def _ends(
    truth: Truth,
    fixed: Fixed,
    state: _State,
    alliance: np.ndarray,
    rupture: np.ndarray,
    time: float,
    last: bool,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    hazards = [getattr(truth.ends, end) for end in EARLY_ENDS]
    changing = np.column_stack(
        [
            hazard.time * time
            + hazard.alliance * alliance.mean(axis=1)
            + hazard.unrepaired * state.unrepaired
            + hazard.confrontation * (rupture == CONFRONTATION)
            for hazard in hazards
        ]
    )
    rate = np.zeros_like(fixed.ends) if last else np.exp(fixed.ends + changing)
    total = rate.sum(axis=1)
    chance, which = rng.random((2, len(total)))
    ends = chance < -np.expm1(-total)
    cause = (which[:, None] * total[:, None] > np.cumsum(rate, axis=1)[:, :-1]).sum(axis=1)
    end = np.where(ends, cause, COMPLETES if last else STAYS).astype(np.int8)
    return end, -np.expm1(-rate)


def _carry_over(
    truth: Truth,
    state: _State,
    alliance: np.ndarray,
    level: np.ndarray,
    rupture: np.ndarray,
    repaired: np.ndarray,
    end: np.ndarray,
) -> None:
    declared = truth.alliance
    happened = rupture != NONE
    impact = np.where(repaired, declared.repaired_rupture, declared.unrepaired_rupture)
    state.deviation = (alliance - level).mean(axis=1)
    state.strain = declared.rupture_persistence * state.strain + happened * impact
    state.after_rupture = happened
    state.unrepaired = state.unrepaired | (happened & ~repaired)
    state.enrolled = state.enrolled & (end == STAYS)
