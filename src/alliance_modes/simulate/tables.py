"""From truth to canonical tables, with the latent truth beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from alliance_modes.dictionary.canonical import TABLES, dictionary, empty_table
from alliance_modes.dictionary.named import (
    ATTENDED,
    CLIENT_ID,
    CO_PRACTITIONER_ID,
    ENDED_ON,
    ENROLMENT_ID,
    ENROLMENT_STATUS,
    GROUP_ID,
    HELD_ON,
    PRACTITIONER_ID,
    PROGRAMME_ID,
    REFERRED_ON,
    RUPTURE,
    RUPTURE_RESOLVED,
    SESSION_NO,
    SESSIONS_PLANNED,
    SETTING,
    SITE_ID,
    STARTED_ON,
)
from alliance_modes.domain import COMPONENTS, EARLY_ENDS, MODES, NEEDS
from alliance_modes.instruments.model import load_instruments
from alliance_modes.simulate.effects import Fixed
from alliance_modes.simulate.inventories import alliance_table
from alliance_modes.simulate.names import enrolment_names, numbered
from alliance_modes.simulate.population import NO_ONE, Population, draw_population
from alliance_modes.simulate.responses import graded_responses, leave_out, session_ratings
from alliance_modes.simulate.sessions import COMPLETES, Course, run_sessions
from alliance_modes.simulate.streams import Streams
from alliance_modes.simulate.survey import survey_table
from alliance_modes.simulate.truth import Truth

SOURCE = "simulated"
RUPTURES = ("none", "withdrawal", "confrontation")


@dataclass(frozen=True)
class Simulated:
    """One simulated cohort.

    ``tables`` holds the six canonical tables as after cleaning (group climate without rows).
    ``practitioners``, ``enrolments`` and ``sessions`` hold the latent truth, one row per
    practitioner, enrolment, and enrolment x session while enrolled.
    """

    truth: Truth
    tables: Mapping[str, pd.DataFrame]
    practitioners: pd.DataFrame
    enrolments: pd.DataFrame
    sessions: pd.DataFrame


def simulate_tables(truth: Truth) -> Simulated:
    """Simulate one cohort from its truth.

    Parameters
    ----------
    truth : Truth
        Untidiness plays no part here: it is added to the exports only.

    Returns
    -------
    Simulated
        Canonical tables (see ``docs/pipeline.md`` for columns and dtypes) and latent truth.
        The same truth gives the same tables.
    """
    streams = Streams(truth.seed)
    population = draw_population(truth, streams)
    course, fixed = run_sessions(truth, population, streams)
    enrolments = _enrolments(truth, population, course, streams)
    running = enrolments[ENROLMENT_STATUS].eq("ongoing").to_numpy()
    held = _held_on(truth, population, course)
    seen = held <= np.datetime64(truth.calendar.data_lock)
    tables = {
        "practitioners": _practitioners(truth, population),
        "practitioner_survey": survey_table(truth, population, streams),
        "enrolments": enrolments,
        "sessions": _sessions(truth, course, fixed, held, streams)[seen],
        "alliance": alliance_table(truth, course, fixed, held, seen, streams),
    }
    typed = {name: _typed(name, tables[name]) if name in tables else empty_table(name) for name in TABLES}
    return Simulated(
        truth=truth,
        tables=MappingProxyType(typed),
        practitioners=_latent_practitioners(truth, population),
        enrolments=_latent_enrolments(truth, population, fixed),
        sessions=_latent_sessions(truth, course, running)[seen].reset_index(drop=True),
    )


def _typed(name: str, table: pd.DataFrame) -> pd.DataFrame:
    table = table.reset_index(drop=True)
    declared = dictionary().table(name).columns
    columns = {key: table[key].astype(column.dtype) for key, column in declared.items() if key in table}
    items = {key: table[key].astype("float64") for key in table.columns if key not in declared}
    typed = pd.DataFrame({**columns, **items})
    for key, column in declared.items():
        if key not in typed:
            typed[key] = pd.Series(pd.NA, index=typed.index, dtype=column.dtype)
    typed = typed[[*declared, *items]]
    rows = pd.Series(np.arange(1, len(typed) + 1), dtype="Int64")
    return typed.assign(source_file=pd.Series(SOURCE, index=typed.index, dtype="str"), source_row=rows)


def _practitioners(truth: Truth, population: Population) -> pd.DataFrame:
    staff = population.staff
    return pd.DataFrame(
        {
            PRACTITIONER_ID: numbered("P", len(staff.site)),
            SITE_ID: numbered("S", truth.sizes.sites)[staff.site],
            **staff.records,
        }
    )


def _held_on(truth: Truth, population: Population, course: Course) -> np.ndarray:
    start = population.groups.start[population.clients.group[course.enrolment]]
    return start + (course.session.astype(np.int64) - 1) * truth.calendar.days_between_sessions


def _enrolments(truth: Truth, population: Population, course: Course, streams: Streams) -> pd.DataFrame:
    groups, clients = population.groups, population.clients
    group = clients.group
    site, co = groups.site[group], groups.co[group]
    practitioner_names = numbered("P", truth.sizes.practitioners)
    rng = streams.part("enrolment_records")
    client_names = numbered("C", len(group))[rng.permutation(len(group))]
    start = groups.start[group]
    ended, status = _how_it_ended(truth, start, course, rng)
    table = {
        ENROLMENT_ID: enrolment_names(truth),
        CLIENT_ID: client_names,
        PROGRAMME_ID: np.array(truth.programme.names)[groups.programme[group]],
        GROUP_ID: numbered("G", truth.sizes.groups)[group],
        SITE_ID: numbered("S", truth.sizes.sites)[site],
        PRACTITIONER_ID: practitioner_names[groups.lead[group]],
        CO_PRACTITIONER_ID: pd.Series(practitioner_names[co], dtype="str").mask(co == NO_ONE),
        SETTING: np.where(population.custody[site], "custody", "community"),
        REFERRED_ON: clients.referred.astype("datetime64[us]"),
        STARTED_ON: np.where(clients.started, start, np.datetime64("NaT")).astype("datetime64[us]"),
        ENDED_ON: ended.astype("datetime64[us]"),
        SESSIONS_PLANNED: truth.programme.sessions_planned,
        ENROLMENT_STATUS: status,
        "mandated": clients.mandated,
    }
    for name, recorded in clients.records.items():
        table[name] = leave_out(recorded.values, recorded.missing, rng)
    needs = {f"need_{need}": clients.needs[:, position] for position, need in enumerate(NEEDS)}
    return pd.DataFrame({**table, **needs})


def _how_it_ended(
    truth: Truth, start: np.ndarray, course: Course, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """End date and status; who left did so up to the day before the next session."""
    last = np.zeros(len(start), dtype=np.int64)
    end = np.full(len(start), -1)
    closes = course.end >= 0
    last[course.enrolment[closes]] = course.session[closes]
    end[course.enrolment[closes]] = course.end[closes]
    names = np.array([*EARLY_ENDS, "completed", "not_started"])
    interval = truth.calendar.days_between_sessions
    lag = np.where(end == COMPLETES, 0, rng.integers(interval, size=len(start)))
    ended = start + (last - 1) * interval + lag
    ended = np.where(end >= 0, ended, np.datetime64("NaT"))
    running = ended > np.datetime64(truth.calendar.data_lock)
    status = np.where(running, "ongoing", names[end])
    return np.where(running, np.datetime64("NaT"), ended), status


def _sessions(truth: Truth, course: Course, fixed: Fixed, held: np.ndarray, streams: Streams) -> pd.DataFrame:
    rng = streams.part("session_records")
    there = course.attended
    instruments = load_instruments()
    share = truth.responses.item_missing
    latent = np.repeat(course.engagement[:, None], instruments["session_engagement"].items, axis=1)
    rated = graded_responses(
        latent, truth.responses.items.session_engagement, instruments["session_engagement"], rng
    )
    rated = np.where(there[:, None], leave_out(rated, share, rng), np.nan)
    seen = truth.alliance.client.share * course.alliance + fixed.bias_client[course.enrolment, None]
    lines = leave_out(session_ratings(seen, truth.responses.session_rating, rng), share, rng)
    answered = there & (rng.random(len(there)) < truth.responses.session_rating_answers)
    lines = np.where(answered[:, None], lines, np.nan)
    rupture = pd.Series(np.array(RUPTURES)[course.rupture], dtype="str").mask(~there)
    return pd.DataFrame(
        {
            ENROLMENT_ID: enrolment_names(truth)[course.enrolment],
            SESSION_NO: course.session,
            HELD_ON: held.astype("datetime64[us]"),
            ATTENDED: there,
            RUPTURE: rupture,
            RUPTURE_RESOLVED: pd.array(course.repaired, dtype="boolean"),
            **{f"use_{mode}": np.where(there, course.use[:, i], np.nan) for i, mode in enumerate(MODES)},
            **{f"session_engagement_{i + 1}": rated[:, i] for i in range(rated.shape[1])},
            **{f"srs_{i + 1}": lines[:, i] for i in range(lines.shape[1])},
        }
    ).assign(**{RUPTURE_RESOLVED: lambda table: table[RUPTURE_RESOLVED].mask(course.rupture == 0)})


def _latent_practitioners(truth: Truth, population: Population) -> pd.DataFrame:
    staff = population.staff
    return pd.DataFrame(
        {
            PRACTITIONER_ID: pd.Series(numbered("P", truth.sizes.practitioners), dtype="str"),
            **{mode: staff.modes[:, position] for position, mode in enumerate(MODES)},
            "flexibility": staff.flexibility,
            "habit": staff.habit,
        }
    )


def _latent_enrolments(truth: Truth, population: Population, fixed: Fixed) -> pd.DataFrame:
    return pd.DataFrame(
        {
            ENROLMENT_ID: pd.Series(enrolment_names(truth), dtype="str"),
            **{component: fixed.alliance[:, position] for position, component in enumerate(COMPONENTS)},
            "growth": fixed.slope,
            "risk": population.clients.risk,
            "readiness": population.clients.readiness,
            "needs": population.clients.needs_total,
            "engagement": fixed.engagement,
            "bias_client": fixed.bias_client,
            "bias_practitioner": fixed.bias_practitioner,
        }
    )


def _latent_sessions(truth: Truth, course: Course, running: np.ndarray) -> pd.DataFrame:
    names = np.array(["", *EARLY_ENDS, "completed"])
    end = np.where(running[course.enrolment], 0, course.end + 1)
    return pd.DataFrame(
        {
            ENROLMENT_ID: pd.Series(enrolment_names(truth)[course.enrolment], dtype="str"),
            SESSION_NO: course.session,
            **{component: course.alliance[:, position] for position, component in enumerate(COMPONENTS)},
            "engagement": course.engagement,
            "unrepaired_before": course.unrepaired_before,
            **{f"hazard_{name}": course.hazard[:, position] for position, name in enumerate(EARLY_ENDS)},
            "end": pd.Series(names[end], dtype="str"),
        }
    )
