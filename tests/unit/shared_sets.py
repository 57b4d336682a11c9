"""What holders of simulated cohorts give away: sets of estimates of three modes, by the default plan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from alliance_modes.domain import MODES
from alliance_modes.plan.parts import imputation_task
from alliance_modes.plan.plan import Plan
from alliance_modes.pooling.shared_set import Asked, SharedFit, SharedSet, SharedTerm

PLAN = Plan()
MODEL, OUTCOME = "completion", "completed"
CORRELATION = ((1.0, -0.13, 0.23), (-0.13, 1.0, -0.46), (0.23, -0.46, 1.0))


def asked(plan: Plan = PLAN) -> Asked:
    task = imputation_task(plan)
    return Asked(
        models=task.models, predictors=task.predictors, cleaning=plan.cleaning, exposure=plan.exposure
    )


def terms(estimates: Sequence[float], se: Sequence[float] = (0.2, 0.18, 0.22)) -> tuple[SharedTerm, ...]:
    return tuple(
        SharedTerm(
            term=mode,
            level="between",
            label=f"{mode.capitalize()} mode",
            unit="log-odds per 1 SD of practitioners",
            estimate=round(float(estimate), 4),
            se=float(error),
            df=30.0,
        )
        for mode, estimate, error in zip(MODES, estimates, se, strict=True)
    )


def fit(estimates: Sequence[float], **changed: object) -> SharedFit:
    """Completion by the use of three modes, of 40 practitioners."""
    made = SharedFit(
        model=MODEL,
        outcome=OUTCOME,
        title="Mode use and completion",
        label="Completion",
        claim="primary",
        status="ok",
        rows=300,
        people={"practitioner": 40},
        terms=terms(estimates),
        correlation=CORRELATION,
    )
    return made.model_copy(update=changed)


def shared(cohort: str, *fits: SharedFit, **changed: object) -> SharedSet:
    """A sealed set of one cohort."""
    made = SharedSet(
        cohort=cohort,
        title=f"Programmes of {cohort}",
        data_lock="2024-12-31",
        demonstration=True,
        release=1,
        threshold=10,
        software={"alliance-modes": "1"},
        plan_sha256="p1a4",
        asked=asked(),
        instruments={"modes_of_practice": "aaaa"},
        mode_sd={"educative": 0.5, "engagement": 0.6, "therapeutic": 0.7},
        fits=fits,
    )
    return made.model_copy(update=changed).sealed()


def several(count: int, seed: int = 1, spread: float = 0.1) -> list[SharedSet]:
    """Sets of so many cohorts, their effects .3, .1 and -.1 with an SD of ``spread`` between cohorts."""
    rng = np.random.default_rng(seed)
    found = []
    for place in range(count):
        truth = np.array([0.3, 0.1, -0.1]) + spread * rng.standard_normal(3)
        found.append(shared(f"c{place + 1}", fit((truth + 0.2 * rng.standard_normal(3)).tolist())))
    return found
