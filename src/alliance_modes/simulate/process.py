"""Truth about what happens: alliance, mode use, rupture, engagement, and how enrolments end.

Client covariates enter every linear predictor as: mandated 0/1, risk and readiness per SD, needs
as the number of needs per SD. ``time`` is (session - 1) / 10.
"""

from __future__ import annotations

from pydantic import Field

from alliance_modes.ground.yaml_models import Closed
from alliance_modes.simulate.values import (
    ByComponent,
    ByMode,
    Correlation,
    Deviation,
    EnrolmentDeviations,
    GroupingDeviations,
    Share,
)


class ModesOnAlliance(Closed):
    """H1: effect of each latent mode (per practitioner SD) on each component (latent units, SD about 1)."""

    goal: ByMode
    task: ByMode
    bond: ByMode


class RaterView(Closed):
    """How a rater sees the dyad's alliance: share x alliance + own parts."""

    share: float = Field(description="weight of the dyad's true alliance in the rating")
    bias_sd: Deviation = Field(description="SD of the rater's own bias, one draw per dyad")
    practitioner_bias_sd: Deviation = Field(
        description="SD of a bias common to all ratings of one practitioner's clients"
    )
    habit: float = Field(
        description="effect of the practitioner's rating habit (0 for clients: not their habit)"
    )


class Alliance(Closed):
    """The latent alliance of one dyad at one session, per component."""

    modes: ModesOnAlliance
    mandated: ByComponent
    risk: ByComponent
    readiness: ByComponent
    needs: ByComponent
    sd: EnrolmentDeviations
    component_correlation: Share = Field(
        description="correlation of goal, task and bond in every random part"
    )
    growth: ByComponent = Field(description="mean change per 10 sessions")
    growth_sd: Deviation = Field(description="SD over enrolments of the change per 10 sessions")
    state_sd: Deviation = Field(description="SD of the session-to-session state")
    state_autocorrelation: Correlation
    unrepaired_rupture: float = Field(description="change of all components after an unrepaired rupture")
    repaired_rupture: float = Field(description="change of all components after a repaired rupture")
    rupture_persistence: Share = Field(description="share of that change left one session later")
    client: RaterView
    practitioner: RaterView


class ModeUse(Closed):
    """Mode use in one session: latent = slope x mode + what the client calls for + noise, cut into 0-4."""

    slope: float = Field(description="effect of the practitioner's mode (per SD) on its use in a session")
    follows_needs: ByMode = Field(description="change of use per SD of the client's needs")
    follows_rupture: ByMode = Field(description="change of use in the session after a rupture")
    flexibility_on_following: float = Field(description="following is multiplied by exp(this x flexibility)")
    noise_sd: Deviation
    flexibility_on_noise: float = Field(description="noise SD is multiplied by exp(this x flexibility)")
    cuts: tuple[float, float, float, float]
    level: ByMode = Field(description="how common each mode's use is (added before cutting)")


class Rupture(Closed):
    """Ruptures in a session attended (log-odds), and their repair (log-odds)."""

    intercept: float
    alliance: float = Field(description="per SD of the dyad's mean alliance")
    practitioner_sd: Deviation
    confrontation_intercept: float = Field(description="log-odds that a rupture is a confrontation")
    confrontation_mandated: float
    confrontation_anti_authoritarian: float
    repair_intercept: float
    repair_modes: ByMode
    repair_bond: float
    repair_flexibility: float


class Engagement(Closed):
    """H2, H5, H6, H7: latent engagement in a session attended, rated by the practitioner."""

    modes: ByMode = Field(description="direct effect of each mode, per practitioner SD")
    mandated: float
    mandated_modes: ByMode = Field(description="H6: difference of the mode's effect in mandated clients")
    mandated_sd: Deviation = Field(description="SD over practitioners of the effect of mandated")
    risk: float
    risk_modes: ByMode = Field(description="H6: difference of the mode's effect per SD of risk")
    readiness: float
    alliance_level: float = Field(
        description="H4: effect of the client's usual alliance (mean of the components)"
    )
    alliance_previous: float = Field(description="H7: effect of the previous session's deviation from it")
    use: ByMode = Field(description="effect of mode use in this session beyond the practitioner's own level")
    flexibility: float = Field(description="H5: per SD of flexibility")
    rupture: float = Field(description="change in the session of a rupture")
    time: float = Field(description="change per 10 sessions")
    habit: float = Field(description="same-source part: effect of the practitioner's rating habit")
    sd: EnrolmentDeviations
    session_sd: Deviation


class Attendance(Closed):
    """Attending a session, from the second on (log-odds)."""

    intercept: float
    engagement: float = Field(description="per unit of the client's usual engagement")
    mandated: float
    practitioner_sd: Deviation
    group_sd: Deviation
    enrolment_sd: Deviation


class NotStarted(Closed):
    """Never starting, of those referred (log-odds)."""

    intercept: float
    readiness: float
    mandated: float
    risk: float


class Hazard(Closed):
    """One way to leave: log hazard per session (complementary log-log)."""

    intercept: float
    time: float = Field(description="change per 10 sessions")
    modes: ByMode = Field(description="H3: direct effect of each mode, beside what the alliance carries")
    alliance: float = Field(description="per SD of the dyad's current mean alliance")
    unrepaired: float = Field(description="H8: after an unrepaired rupture in any earlier session")
    mandated: float
    mandated_modes: ByMode
    risk: float
    readiness: float
    confrontation: float = Field(description="a confrontation in this session")
    custody: float
    sd: GroupingDeviations


class Ends(Closed):
    """How enrolments end; who is at no risk any more after the last planned session has completed."""

    not_started: NotStarted
    dropped_out: Hazard
    removed: Hazard
    administrative: Hazard
