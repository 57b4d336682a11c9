"""Truth about the population: how many, when, and who they are."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, field_validator

from alliance_modes.ground.yaml_models import Closed
from alliance_modes.simulate.values import ByMode, Correlation, Deviation, Share, Spread

Positive = Annotated[int, Field(ge=1)]


class Sizes(Closed):
    """How many of each."""

    sites: Positive
    practitioners: Positive
    groups: Positive
    enrolments: Positive


class Calendar(Closed):
    """Dates of the cohort."""

    first_start: date = Field(description="earliest first session of a group")
    last_start: date = Field(description="latest first session of a group")
    data_lock: date = Field(description="day on which the records were exported")
    days_between_sessions: Positive
    late_groups_share: Share = Field(
        description="share of groups that start too late to end before data lock"
    )

    @field_validator("first_start", "last_start", "data_lock", mode="before")
    @classmethod
    def _date_from_text(cls, value: object) -> object:
        return date.fromisoformat(value) if isinstance(value, str) else value


class Programme(Closed):
    """The programmes delivered, all of one length."""

    names: tuple[str, ...] = Field(min_length=1, description="a group follows one of them, at random")
    sessions_planned: Positive
    inventory_sessions: tuple[Positive, ...] = Field(
        description="sessions with alliance inventories by both raters"
    )
    co_practitioner_share: Share = Field(
        description="share of groups with a second practitioner of the same site"
    )


class Sites(Closed):
    """Where the programmes are delivered."""

    custody_share: Share = Field(description="share of sites that are prisons")
    size_spread: Deviation = Field(description="SD of the log of a site's share of practitioners")


class ModeCorrelation(Closed):
    """Correlations of the three latent modes, each of mean 0 and SD 1 over practitioners."""

    educative_engagement: Correlation
    educative_therapeutic: Correlation
    engagement_therapeutic: Correlation


class TimeUse(Closed):
    """Percentages of working time per mode: softmax(base + slope x mode + noise), in steps of 5."""

    base: ByMode
    slope: float
    noise_sd: Deviation


class SurveyWaves(Closed):
    """When practitioners answer the modes survey, and how many do."""

    days_before_first_group: tuple[int, int] = Field(
        description="wave 1: between so many days before the first group"
    )
    days_after_first_group: tuple[int, int] = Field(description="wave 2: between so many days after it")
    answered: tuple[Share, Share] = Field(description="share of practitioners who answer wave 1, wave 2")
    state_sd: Deviation = Field(description="SD of a wave's own deviation from a practitioner's lasting mode")


class Practitioners(Closed):
    """Who delivers, and how they work."""

    mode_correlation: ModeCorrelation
    survey: SurveyWaves
    time_use: TimeUse
    habit_on_survey: float = Field(
        description="effect of the rater's habit (SD 1) on every survey item, latent units"
    )
    stance: ByMode = Field(description="effect of each mode on the latent stance (higher = collaborate)")
    stance_cuts: tuple[float, float, float, float]
    role_induction_cuts: tuple[float, float, float, float]
    experience_years_median: Annotated[float, Field(gt=0)]
    experience_log_sd: Deviation
    supervision_hours: Spread
    roles: dict[str, Share] = Field(description="shares, summing to 1")
    qualifications: dict[str, Share] = Field(description="shares, summing to 1")


class Needs(Closed):
    """Prevalence of each responsivity need."""

    literacy: Share
    cognitive: Share
    mental_health: Share
    anti_authoritarian: Share
    entitlement: Share
    interpersonal: Share


class Clients(Closed):
    """Who takes part. Effects elsewhere are per SD of these quantities before rounding."""

    mandated_custody: Share
    mandated_community: Share
    age_years: Spread
    risk_score: Spread
    readiness: Spread
    prior_convictions_mean: Annotated[float, Field(gt=0)]
    prior_convictions_dispersion: Annotated[float, Field(gt=0)] = Field(
        description="size of the negative binomial"
    )
    prior_convictions_on_risk: float = Field(description="log rate ratio per SD of risk")
    risk_age: Correlation
    risk_readiness: Correlation
    needs: Needs
    need_loading: Share = Field(description="correlation of each need's latent with one general need")
    site_sd: Share = Field(description="SD of sites' mean risk and readiness, in SD of the quantity")
    missing_age: Share
    missing_risk: Share
    missing_readiness: Share
    missing_prior_convictions: Share
