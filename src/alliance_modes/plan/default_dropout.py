"""The default models of drop-out: its hazard from session to session, beside the other early ends."""

from __future__ import annotations

from alliance_modes.dictionary.named import SESSION_NO
from alliance_modes.domain import MODES
from alliance_modes.plan.terms import Claim, Estimand, Outcome, PlannedModel, Predictor

BASELINE = "session"

_POPULATION = (
    "enrolments that started and whose planned end lies before data lock, at each session while "
    "enrolled but the last planned one, after which nobody can leave early"
)
_ENDS = "removal and administrative ends compete: they end the risk, and are not drop-out"
_COVARIATES = "mandated + risk_score + readiness + needs"


def dropout_predictors() -> dict[str, Predictor]:
    """What the models of drop-out name beyond the other models' predictors."""
    return {
        BASELINE: Predictor(
            label="Session",
            column=SESSION_NO,
            unit="1 session",
            smooth=3,
            reason="the hazard of leaving is another one early than late",
        ),
        "unrepaired_rupture": Predictor(
            label="Unrepaired rupture",
            column="unrepaired_before",
            unit="last rupture left unrepaired, rather than repaired or none",
        ),
    }


def dropout_models() -> dict[str, PlannedModel]:
    """Two models, because an unrepaired rupture lies between a mode and drop-out.

    Held at its value it would take its share out of the modes' association; so the modes are tested
    without it, and it is tested with the modes held.
    """
    return {"dropout_modes": _modes(), "dropout": _ruptures()}


def _outcomes() -> tuple[Outcome, ...]:
    def end(name: str, label: str, claim: Claim | None) -> Outcome:
        return Outcome(
            name=name,
            label=label,
            column=f"ended_{name}",
            where={"denominator": True, "at_risk": True},
            claim=claim,
            rater="records",
        )

    return (
        end("dropped_out", "Drop-out", None),
        end("removed", "Removal by the programme", "exploratory"),
        end("administrative", "Administrative end", "exploratory"),
    )


def _ruptures() -> PlannedModel:
    return PlannedModel(
        hypothesis="H8",
        title="Unrepaired ruptures and drop-out",
        table="session",
        family="cloglog",
        claim="primary",
        estimand=Estimand(
            population=_POPULATION,
            exposure="a last rupture up to the session before that was left unrepaired, against one that "
            "was repaired or none, clients of practitioners alike in mode use",
            outcome="dropping out in a session, of those still enrolled",
            level="between sessions and clients, at the same practitioner",
            time_zero="the first session",
            intercurrent_events=_ENDS,
            summary="hazard ratio, and difference in cumulative drop-out by the last planned session "
            "(percentage points) among those still enrolled after the landmark session",
        ),
        outcomes=_outcomes(),
        formula=f"unrepaired_rupture + {' + '.join(MODES)} + {BASELINE} + {_COVARIATES}",
        tested=("unrepaired_rupture",),
        random=("practitioner", "group", "site"),
        section="completion",
    )


def _modes() -> PlannedModel:
    return PlannedModel(
        hypothesis="H3",
        title="Mode use and drop-out over sessions",
        table="session",
        family="cloglog",
        claim="secondary",
        estimand=Estimand(
            population=_POPULATION,
            exposure="the lead practitioner's use of each mode; ruptures, which may follow from it, are "
            "not held",
            outcome="dropping out in a session, of those still enrolled",
            level="between practitioners",
            time_zero="the first session",
            intercurrent_events=_ENDS,
            summary="hazard ratio, and difference in cumulative drop-out by the last planned session "
            "(percentage points), per SD of mode use",
        ),
        outcomes=_outcomes(),
        formula=f"{' + '.join(MODES)} + {BASELINE} + {_COVARIATES}",
        tested=MODES,
        random=("practitioner", "group", "site"),
        section="completion",
    )
