"""What is fixed before the first session: every enrolment's linear predictors and random effects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alliance_modes.domain import COMPONENTS, EARLY_ENDS, NEEDS
from alliance_modes.simulate.population import Population
from alliance_modes.simulate.process import Hazard
from alliance_modes.simulate.streams import Streams, correlated
from alliance_modes.simulate.truth import Truth
from alliance_modes.simulate.values import EnrolmentDeviations, GroupingDeviations


@dataclass(frozen=True)
class Links:
    """Per enrolment: the index of its practitioner, group and site."""

    practitioner: np.ndarray
    group: np.ndarray
    site: np.ndarray


@dataclass(frozen=True)
class Fixed:
    """Per enrolment, everything that does not change from session to session (latent units).

    ``alliance`` is enrolments x components; ``usual`` is its mean; ``bias_client`` and
    ``bias_practitioner`` are the raters' own parts. ``use`` and ``needs_use`` are enrolments x
    modes. ``ends`` are the log hazards of ``EARLY_ENDS`` without what changes.
    """

    links: Links
    alliance: np.ndarray
    usual: np.ndarray
    slope: np.ndarray
    bias_client: np.ndarray
    bias_practitioner: np.ndarray
    use: np.ndarray
    needs_use: np.ndarray
    following: np.ndarray
    use_noise: np.ndarray
    engagement: np.ndarray
    attendance: np.ndarray
    rupture: np.ndarray
    confrontation: np.ndarray
    repair: np.ndarray
    ends: np.ndarray


def fix_effects(truth: Truth, population: Population, streams: Streams) -> Fixed:
    """Draw every random effect and add up what stays the same over an enrolment's sessions."""
    clients, staff = population.clients, population.staff
    links = Links(population.groups.lead[clients.group], clients.group, population.groups.site[clients.group])
    modes, flexibility = staff.modes[links.practitioner], staff.flexibility[links.practitioner]
    alliance = _alliance(truth, population, links, modes, streams.part("alliance"))
    usual = alliance.mean(axis=1)
    engagement = _engagement(truth, population, links, modes, usual, streams.part("engagement"))
    use, ruptures = truth.mode_use, truth.rupture
    rng = streams.part("rupture")
    anti = clients.needs[:, NEEDS.index("anti_authoritarian")]
    return Fixed(
        links=links,
        alliance=alliance,
        usual=usual,
        slope=truth.alliance.growth_sd * streams.part("growth").standard_normal(len(usual)),
        bias_client=_bias(truth, population, links, "client", streams.part("client_bias")),
        bias_practitioner=_bias(truth, population, links, "practitioner", streams.part("practitioner_bias")),
        use=use.slope * modes,
        needs_use=use.follows_needs.array() * clients.needs_total[:, None],
        following=np.exp(use.flexibility_on_following * flexibility),
        use_noise=use.noise_sd * np.exp(use.flexibility_on_noise * flexibility),
        engagement=engagement,
        attendance=_attendance(truth, population, links, engagement, streams.part("attendance")),
        rupture=ruptures.intercept
        + ruptures.practitioner_sd * rng.standard_normal(len(staff.site))[links.practitioner],
        confrontation=ruptures.confrontation_intercept
        + ruptures.confrontation_mandated * clients.mandated
        + ruptures.confrontation_anti_authoritarian * anti,
        repair=ruptures.repair_intercept
        + _weighted(modes, ruptures.repair_modes.array())
        + ruptures.repair_flexibility * flexibility,
        ends=np.column_stack(
            [_log_hazard(truth, population, links, modes, end, streams.part(end)) for end in EARLY_ENDS]
        ),
    )


def _weighted(modes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum of modes x weights per row, without BLAS."""
    return (modes * weights).sum(axis=1)


def _alliance(
    truth: Truth, population: Population, links: Links, modes: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    declared, clients = truth.alliance, population.clients
    fixed = np.column_stack(
        [_weighted(modes, getattr(declared.modes, component).array()) for component in COMPONENTS]
    )
    for effect, values in (
        (declared.mandated, clients.mandated.astype(float)),
        (declared.risk, clients.risk),
        (declared.readiness, clients.readiness),
        (declared.needs, clients.needs_total),
    ):
        fixed = fixed + effect.array() * values[:, None]
    for sd, rows, index in _groupings(declared.sd, truth, links):
        fixed = fixed + correlated(rng, rows, sd, declared.component_correlation)[index]
    own = correlated(rng, len(links.group), declared.sd.enrolment, declared.component_correlation)
    return fixed + own


def _groupings(
    sd: GroupingDeviations, truth: Truth, links: Links
) -> tuple[tuple[float, int, np.ndarray], ...]:
    sizes = truth.sizes
    return (
        (sd.practitioner, sizes.practitioners, links.practitioner),
        (sd.group, sizes.groups, links.group),
        (sd.site, sizes.sites, links.site),
    )


def _random(sd: GroupingDeviations, truth: Truth, links: Links, rng: np.random.Generator) -> np.ndarray:
    """Practitioner, group and site effects of each enrolment, and its own where declared."""
    total = sum(size * rng.standard_normal(rows)[index] for size, rows, index in _groupings(sd, truth, links))
    if isinstance(sd, EnrolmentDeviations):
        total = total + sd.enrolment * rng.standard_normal(len(links.group))
    return total


def _bias(
    truth: Truth, population: Population, links: Links, rater: str, rng: np.random.Generator
) -> np.ndarray:
    view = getattr(truth.alliance, rater)
    common = view.practitioner_bias_sd * rng.standard_normal(truth.sizes.practitioners)
    common = common + view.habit * population.staff.habit
    return common[links.practitioner] + view.bias_sd * rng.standard_normal(len(links.group))


def _engagement(
    truth: Truth,
    population: Population,
    links: Links,
    modes: np.ndarray,
    usual: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    declared, clients, staff = truth.engagement, population.clients, population.staff
    mandated_slope = declared.mandated + _weighted(modes, declared.mandated_modes.array())
    deviation = declared.mandated_sd * rng.standard_normal(truth.sizes.practitioners)
    mandated_slope = mandated_slope + deviation[links.practitioner]
    risk_slope = declared.risk + _weighted(modes, declared.risk_modes.array())
    return (
        _weighted(modes, declared.modes.array())
        + mandated_slope * clients.mandated
        + risk_slope * clients.risk
        + declared.readiness * clients.readiness
        + declared.alliance_level * usual
        + declared.flexibility * staff.flexibility[links.practitioner]
        + declared.habit * staff.habit[links.practitioner]
        + _random(declared.sd, truth, links, rng)
    )


def _attendance(
    truth: Truth, population: Population, links: Links, engagement: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Log-odds of attending; the habit of the rater of engagement has no part in it."""
    declared = truth.attendance
    felt = engagement - truth.engagement.habit * population.staff.habit[links.practitioner]
    own = declared.enrolment_sd * rng.standard_normal(len(felt))
    own = own + declared.practitioner_sd * rng.standard_normal(truth.sizes.practitioners)[links.practitioner]
    own = own + declared.group_sd * rng.standard_normal(truth.sizes.groups)[links.group]
    return (
        declared.intercept
        + declared.engagement * felt
        + declared.mandated * population.clients.mandated
        + own
    )


def _log_hazard(
    truth: Truth, population: Population, links: Links, modes: np.ndarray, end: str, rng: np.random.Generator
) -> np.ndarray:
    hazard: Hazard = getattr(truth.ends, end)
    clients = population.clients
    mandated_slope = hazard.mandated + _weighted(modes, hazard.mandated_modes.array())
    return (
        hazard.intercept
        + _weighted(modes, hazard.modes.array())
        + mandated_slope * clients.mandated
        + hazard.risk * clients.risk
        + hazard.readiness * clients.readiness
        + hazard.custody * population.custody[links.site]
        + _random(hazard.sd, truth, links, rng)
    )
