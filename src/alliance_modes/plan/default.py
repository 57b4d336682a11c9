"""The default predictors and models: what a cohort is asked unless its plan says otherwise."""

from __future__ import annotations

from alliance_modes.dictionary.named import ATTENDED
from alliance_modes.domain import COMPONENTS, MODES, PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.plan.default_dropout import dropout_models, dropout_predictors
from alliance_modes.plan.terms import Estimand, Outcome, PlannedModel, Predictor

_SCALES = {"goal": "Goal agreement", "task": "Task agreement", "bond": "Bond", "total": "Alliance overall"}
_EXPOSURE = "the lead practitioner's use of each mode"
_MODERATORS = ("mandated", "risk_score")
_BETWEEN = "between practitioners"
_COVARIATES = "mandated + risk_score + readiness + needs"


def _mode(name: str) -> Predictor:
    return Predictor(
        label=f"{name.capitalize()} mode",
        column=f"{name}_z",
        unit="1 SD of practitioners",
        level="between",
        raw_column=name,
    )


def _mode_in_session(name: str) -> Predictor:
    return Predictor(
        label=f"{name.capitalize()} mode in the session",
        column=f"use_{name}_within",
        unit="1 point of 0-4",
        level="within",
        term=name,
    )


def _rated(rater: str, scale: str) -> Outcome:
    primary = rater == "client" and scale in COMPONENTS
    outcome = Outcome(
        name=f"{rater}_{scale}",
        label=f"{_SCALES[scale]}, {rater}-rated",
        column=scale,
        where={"rater": rater},
        claim="primary" if primary else "secondary",
    )
    at_a_glance = rater == "client" and scale == "total"
    return outcome.model_copy(update={"at_a_glance": True}) if at_a_glance else outcome


def default_predictors() -> dict[str, Predictor]:
    """The predictors that the default formulas name."""
    return {
        **{name: _mode(name) for name in MODES},
        **{f"{name}_in_session": _mode_in_session(name) for name in MODES},
        "time": Predictor(
            label="Time on the programme",
            column="time",
            unit="10 sessions",
            reason="ratings change over a programme, and late ones are of those who stayed",
        ),
        "mandated": Predictor(
            label="Mandated",
            column="mandated",
            unit="mandated rather than voluntary",
            reason="people who must attend differ in alliance and completion, and are not spread evenly over "
            "practitioners",
            split=True,
            when_present=True,
            pooled_below=PRACTITIONERS_FOR_A_CLAIM,
        ),
        "risk_score": Predictor(
            label="Risk score",
            column="risk_score_z",
            unit="1 SD of clients",
            reason="risk decides who is referred to which programme, and goes with drop-out",
            split=True,
            when_present=True,
            pooled_below=PRACTITIONERS_FOR_A_CLAIM,
        ),
        "readiness": Predictor(
            label="Readiness",
            column="readiness_z",
            unit="1 SD of clients",
            reason="who is ready to change forms an alliance more easily, whatever the practitioner does",
            split=True,
            when_present=True,
            pooled_below=PRACTITIONERS_FOR_A_CLAIM,
        ),
        "needs": Predictor(
            label="Responsivity needs",
            column="needs",
            unit="1 need",
            reason="needs make taking part harder, and practitioners may answer them by working otherwise",
            split=True,
            when_present=True,
            pooled_below=PRACTITIONERS_FOR_A_CLAIM,
        ),
        **dropout_predictors(),
    }


def _alliance() -> PlannedModel:
    return PlannedModel(
        hypothesis="H1",
        title="Mode use and the working alliance",
        table="alliance",
        family="linear",
        claim="primary",
        estimand=Estimand(
            population="clients who started, at each inventory by or about them",
            exposure=_EXPOSURE,
            outcome="goal, task, bond and total, each by rater",
            level=_BETWEEN,
            time_zero="the first session",
            intercurrent_events="there are no inventories after drop-out: missing at random given the model",
            summary="difference in mean item rating per SD of mode use",
        ),
        outcomes=tuple(_rated(rater, scale) for rater in ("client", "practitioner") for scale in _SCALES),
        formula=f"{' + '.join(MODES)} + time + {_COVARIATES}",
        tested=MODES,
        random=("practitioner", "group", "site", "enrolment"),
        slopes={"enrolment": ("time",)},
        section="alliance",
    )


def _engagement() -> PlannedModel:
    sessions = tuple(f"{name}_in_session" for name in MODES)
    return PlannedModel(
        hypothesis="H2",
        title="Mode use and engagement in sessions",
        table="session",
        family="linear",
        claim="secondary",
        estimand=Estimand(
            population="clients who started, at each session they attended",
            exposure=f"{_EXPOSURE} (between); its use in the session against their own mean (within)",
            outcome="the practitioner's rating of engagement in the session",
            level="between practitioners, and within them, apart",
            time_zero="the first session",
            intercurrent_events="engagement while enrolled: sessions after drop-out do not exist",
            summary="difference in mean rating (1-5) per SD of mode use, and per point of use in the session",
        ),
        outcomes=(
            Outcome(
                name="session_engagement",
                label="Engagement in sessions, practitioner-rated",
                column="session_engagement",
                where={ATTENDED: True},
                rater="practitioner",
                at_a_glance=True,
                heading="Engagement, practitioner-rated",
            ),
        ),
        formula=f"{' + '.join((*MODES, *sessions))} + time + {_COVARIATES}",
        tested=(*MODES, *sessions),
        random=("practitioner", "group", "site", "enrolment"),
        section="engagement",
    )


def _attendance() -> PlannedModel:
    return PlannedModel(
        hypothesis="H2",
        title="Mode use and attendance",
        table="enrolment",
        family="binomial_counts",
        claim="primary",
        estimand=Estimand(
            population="enrolments that started, whose planned end lies before data lock, and that were "
            "offered a second session",
            exposure=_EXPOSURE,
            outcome="sessions attended of those offered while enrolled, after the first: coming to the "
            "first is what starting means",
            level=_BETWEEN,
            time_zero="the second session offered",
            intercurrent_events="attendance while enrolled: nothing is offered after drop-out, removal or "
            "an administrative end",
            summary="odds ratio, and difference in percentage points of sessions, per SD of mode use",
        ),
        outcomes=(
            Outcome(
                name="attendance",
                label="Attendance after the first session",
                column="sessions_attended_after_first",
                trials="sessions_offered_after_first",
                where={"denominator": True},
                rater="records",
                at_a_glance=True,
                heading="Attendance",
            ),
        ),
        formula=f"{' + '.join(MODES)} + {_COVARIATES}",
        tested=MODES,
        random=("practitioner", "group", "site"),
        curves=MODES,
        section="engagement",
    )


def _completion() -> PlannedModel:
    return PlannedModel(
        hypothesis="H3",
        title="Mode use and completion",
        table="enrolment",
        family="logistic",
        claim="primary",
        estimand=Estimand(
            population="enrolments that started and whose planned end lies before data lock",
            exposure=_EXPOSURE,
            outcome="completed, of those who started",
            level=_BETWEEN,
            time_zero="the first session",
            intercurrent_events="drop-out and removal are non-completion; administrative ends are left out",
            summary="odds ratio, and difference in percentage points, per SD of mode use",
        ),
        outcomes=(
            Outcome(
                name="completed",
                label="Programme completion",
                column="completed",
                where={"denominator": True},
                population_has_outcome=True,
                rater="records",
                at_a_glance=True,
                heading="Completion",
            ),
        ),
        formula=f"{' + '.join(MODES)} + {_COVARIATES}",
        tested=MODES,
        random=("practitioner", "group", "site"),
        curves=MODES,
        section="completion",
    )


def _moderated(model: PlannedModel, title: str, outcome: str, summary: str) -> PlannedModel:
    """A model of mode use asked whether a mode goes along otherwise with clients of another kind."""
    products = tuple(f"{mode}:{moderator}" for moderator in _MODERATORS for mode in MODES)
    time = "time + " if "time" in model.predictors else ""
    told = model.estimand.model_dump() | {
        "exposure": f"{_EXPOSURE}, among clients who differ",
        "outcome": outcome,
        "level": "differences between practitioners, compared across the clients of one practitioner",
        "summary": summary,
    }
    return model.model_copy(
        update={
            "hypothesis": "H6",
            "title": title,
            "claim": "secondary",
            "estimand": Estimand.model_validate(told),
            "formula": f"{' + '.join(MODES)} + {time}{_COVARIATES} + {' + '.join(products)}",
            "tested": products,
            "slopes": {"practitioner": _MODERATORS},
            "outcomes": tuple(one.model_copy(update={"at_a_glance": False}) for one in model.outcomes),
            "curves": (),
            "section": "moderation",
        }
    )


def _engagement_moderation() -> PlannedModel:
    return _moderated(
        _engagement(),
        "Mode use and engagement in sessions, by mandate and risk",
        "the practitioner's rating of engagement in the session",
        "difference between mandated and voluntary clients, and per SD of risk, in the difference in mean "
        "rating (1-5) per SD of mode use",
    )


def _completion_moderation() -> PlannedModel:
    return _moderated(
        _completion(),
        "Mode use and completion, by mandate and risk",
        "completed, of those who started",
        "difference between mandated and voluntary clients, and per SD of risk, in the difference per SD of "
        "mode use: ratio of odds ratios, and percentage points",
    )


def default_models() -> dict[str, PlannedModel]:
    """The models that are run by default, in the order they are reported."""
    return {
        "alliance": _alliance(),
        "engagement": _engagement(),
        "engagement_moderation": _engagement_moderation(),
        "attendance": _attendance(),
        "completion": _completion(),
        "completion_moderation": _completion_moderation(),
        **dropout_models(),
    }
