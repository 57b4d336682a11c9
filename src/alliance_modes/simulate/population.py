"""Sites, practitioners, groups and enrolments: who is where, when, and with what characteristics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from alliance_modes.domain import NEEDS
from alliance_modes.simulate.people import Practitioners
from alliance_modes.simulate.streams import Streams, logistic
from alliance_modes.simulate.truth import Truth, mode_correlation
from alliance_modes.simulate.values import Spread

WEEKDAYS = 5
SMALLEST_GROUP_SHARE = 0.6
"""Part of an average group's size that every group has; the rest falls at random."""
NO_ONE = -1


@dataclass(frozen=True)
class Staff:
    """One entry per practitioner; latent quantities have mean 0 and SD 1."""

    site: np.ndarray
    modes: np.ndarray
    flexibility: np.ndarray
    habit: np.ndarray
    records: Mapping[str, np.ndarray]
    """What the staff list says of them, by canonical column."""


@dataclass(frozen=True)
class Groups:
    """One entry per group, in order of the first session."""

    site: np.ndarray
    lead: np.ndarray
    co: np.ndarray
    start: np.ndarray
    programme: np.ndarray


class Recorded(NamedTuple):
    """One canonical column before cells are left out: its values, and the share that is not recorded."""

    values: np.ndarray
    missing: float


@dataclass(frozen=True)
class Clients:
    """One entry per enrolment. ``risk``, ``readiness`` and ``needs_total`` are per SD."""

    group: np.ndarray
    mandated: np.ndarray
    risk: np.ndarray
    readiness: np.ndarray
    records: Mapping[str, Recorded]
    """What is recorded of their age, risk and readiness, by canonical column."""
    needs: np.ndarray
    needs_total: np.ndarray
    referred: np.ndarray
    started: np.ndarray


@dataclass(frozen=True)
class Population:
    """Everyone, and the sites' settings."""

    custody: np.ndarray
    staff: Staff
    groups: Groups
    clients: Clients


def draw_population(truth: Truth, streams: Streams) -> Population:
    """Draw sites, practitioners, groups and enrolments.

    Parameters
    ----------
    truth : Truth
    streams : Streams
        Uses the parts ``sites``, ``staff``, ``staff_records``, ``groups``, ``clients`` and ``starts``.

    Returns
    -------
    Population
        Every practitioner leads at least one group where there are as many groups.
    """
    custody = np.arange(truth.sizes.sites) < round(truth.sites.custody_share * truth.sizes.sites)
    custody = streams.part("settings").permutation(custody)
    staff = _draw_staff(truth, streams)
    groups = _draw_groups(truth, staff, streams.part("groups"))
    clients = _draw_clients(truth, groups, custody, streams)
    return Population(custody, staff, groups, clients)


def first_group_day(population: Population) -> np.ndarray:
    """Per practitioner, the first session of the first group led or co-led (NaT without one)."""
    groups = population.groups
    first = np.full(len(population.staff.site), np.iinfo(np.int64).max)
    days = groups.start.astype("datetime64[D]").astype(np.int64)
    np.minimum.at(first, groups.lead, days)
    with_second = groups.co != NO_ONE
    np.minimum.at(first, groups.co[with_second], days[with_second])
    nobody = first == np.iinfo(np.int64).max
    return np.where(nobody, np.datetime64("NaT"), np.where(nobody, 0, first).astype("datetime64[D]"))


def _draw_staff(truth: Truth, streams: Streams) -> Staff:
    rng = streams.part("sites")
    count, sites = truth.sizes.practitioners, truth.sizes.sites
    weights = np.exp(truth.sites.size_spread * rng.standard_normal(sites))
    even = np.arange(min(count, 2 * sites)) % sites
    rest = rng.choice(sites, size=count - len(even), p=weights / weights.sum())
    site = np.sort(np.concatenate([even, rest]))
    rng = streams.part("staff")
    root = np.linalg.cholesky(mode_correlation(truth.practitioners.mode_correlation))
    modes = (rng.standard_normal((count, 1, 3)) * root[None]).sum(axis=2)
    flexibility, habit = rng.standard_normal(count), rng.standard_normal(count)
    return Staff(site, modes, flexibility, habit, _staff_records(truth.practitioners, count, streams))


def _staff_records(declared: Practitioners, count: int, streams: Streams) -> dict[str, np.ndarray]:
    rng = streams.part("staff_records")
    experience = declared.experience_years_median * np.exp(
        declared.experience_log_sd * rng.standard_normal(count)
    )
    hours = declared.supervision_hours.mean + declared.supervision_hours.sd * rng.standard_normal(count)
    roles, qualifications = declared.roles, declared.qualifications
    return {
        "experience_years": np.clip(np.round(experience, 1), 0, 40),
        "supervision_hours_month": np.clip(np.round(hours * 2) / 2, 0, 20),
        "role": rng.choice(list(roles), size=count, p=list(roles.values())),
        "qualification": rng.choice(list(qualifications), size=count, p=list(qualifications.values())),
    }


def _draw_groups(truth: Truth, staff: Staff, rng: np.random.Generator) -> Groups:
    count, practitioners = truth.sizes.groups, truth.sizes.practitioners
    each_one = rng.permutation(practitioners)[:count]
    lead = np.concatenate([each_one, rng.integers(practitioners, size=count - len(each_one))])
    site = staff.site[lead]
    start = _group_starts(truth, site, rng)
    order = np.argsort(start, kind="stable")
    lead, site, start = lead[order], site[order], start[order]
    co = _second_practitioners(lead, staff.site, truth.programme.co_practitioner_share, rng)
    return Groups(site, lead, co, start, rng.integers(len(truth.programme.names), size=count))


def _group_starts(truth: Truth, site: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    calendar = truth.calendar
    first, last, lock = (
        np.datetime64(day) for day in (calendar.first_start, calendar.last_start, calendar.data_lock)
    )
    length = np.timedelta64((truth.programme.sessions_planned - 1) * calendar.days_between_sessions, "D")
    late = rng.random(len(site)) < calendar.late_groups_share
    low = np.where(late, max(first, lock - length + np.timedelta64(WEEKDAYS + 2, "D")), first)
    high = np.where(late, lock, last)
    days = np.floor(rng.random(len(site)) * ((high - low).astype(np.int64) + 1)).astype(np.int64)
    start = low + days
    # Every site has its own day of the week; moving back to it never passes the last day allowed.
    weekday = (start.astype(np.int64) + 3) % 7
    return np.maximum(start - ((weekday - site % WEEKDAYS) % 7), first)


def _second_practitioners(
    lead: np.ndarray, site: np.ndarray, share: float, rng: np.random.Generator
) -> np.ndarray:
    """Another practitioner of the lead's site (practitioners are numbered site by site)."""
    first = np.searchsorted(site, site[lead], side="left")
    others = np.searchsorted(site, site[lead], side="right") - first - 1
    step = 1 + np.floor(rng.random(len(lead)) * np.maximum(others, 1)).astype(np.int64)
    co = first + (lead - first + step) % (others + 1)
    return np.where((rng.random(len(lead)) < share) & (others > 0), co, NO_ONE)


def _group_of_each(truth: Truth, rng: np.random.Generator) -> np.ndarray:
    count, groups = truth.sizes.enrolments, truth.sizes.groups
    smallest = int(SMALLEST_GROUP_SHARE * count / groups)
    sizes = smallest + rng.multinomial(count - smallest * groups, np.full(groups, 1 / groups))
    return np.repeat(np.arange(groups), sizes)


def _draw_clients(truth: Truth, groups: Groups, custody: np.ndarray, streams: Streams) -> Clients:
    declared = truth.clients
    rng = streams.part("clients")
    group = _group_of_each(truth, rng)
    count, site = len(group), groups.site[group]
    risk = _between_sites(rng, site, truth.sizes.sites, declared.site_sd)
    rest = np.sqrt(1 - declared.risk_readiness**2)
    readiness = declared.risk_readiness * risk + rest * _between_sites(
        rng, site, truth.sizes.sites, declared.site_sd
    )
    age = declared.risk_age * risk + np.sqrt(1 - declared.risk_age**2) * rng.standard_normal(count)
    mandated = rng.random(count) < np.where(
        custody[site], declared.mandated_custody, declared.mandated_community
    )
    needs = _draw_needs(truth, count, rng)
    mean = declared.prior_convictions_mean * np.exp(declared.prior_convictions_on_risk * risk)
    size = declared.prior_convictions_dispersion
    priors = rng.poisson(mean * rng.gamma(size, 1 / size, size=count))
    score = needs.sum(axis=1)
    expected = np.array([getattr(declared.needs, need) for need in NEEDS])
    return Clients(
        group=group,
        mandated=mandated,
        risk=risk,
        readiness=readiness,
        records={
            "age_years": Recorded(_rounded(declared.age_years, age, 18, 80), declared.missing_age),
            "risk_score": Recorded(_rounded(declared.risk_score, risk, 0, 100), declared.missing_risk),
            "prior_convictions": Recorded(
                np.minimum(priors, 200).astype(float), declared.missing_prior_convictions
            ),
            "readiness": Recorded(
                _rounded(declared.readiness, readiness, 0, 100), declared.missing_readiness
            ),
        },
        needs=needs,
        needs_total=(score - expected.sum()) / np.sqrt((expected * (1 - expected)).sum()),
        referred=groups.start[group] - rng.integers(14, 121, size=count),
        started=_draw_started(truth, mandated, risk, readiness, streams.part("starts")),
    )


def _between_sites(rng: np.random.Generator, site: np.ndarray, sites: int, sd: float) -> np.ndarray:
    """Standard normal over clients, with a site part of standard deviation ``sd``."""
    return sd * rng.standard_normal(sites)[site] + np.sqrt(1 - sd**2) * rng.standard_normal(len(site))


def _draw_needs(truth: Truth, count: int, rng: np.random.Generator) -> np.ndarray:
    from scipy.special import ndtri

    loading = truth.clients.need_loading
    prevalence = np.array([getattr(truth.clients.needs, need) for need in NEEDS])
    latent = loading * rng.standard_normal((count, 1))
    latent = latent + np.sqrt(1 - loading**2) * rng.standard_normal((count, len(NEEDS)))
    return latent > -ndtri(prevalence)


def _rounded(spread: Spread, latent: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.clip(np.round(spread.mean + spread.sd * latent), low, high)


def _draw_started(
    truth: Truth, mandated: np.ndarray, risk: np.ndarray, readiness: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    effect = truth.ends.not_started
    log_odds = (
        effect.intercept + effect.readiness * readiness + effect.mandated * mandated + effect.risk * risk
    )
    return rng.random(len(risk)) >= logistic(log_odds)
