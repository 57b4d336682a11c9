"""Power of one cohort by drawing its outcomes, beside that of cohorts of its kind, and of its own result."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pandas as pd
from scipy.special import expit

from alliance_modes.derive.levels import standardise
from alliance_modes.models.effects.detectable import chance_of_finding
from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.plan.parts import RelationTask, relation_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.plasmode import Plasmode
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.relations.plasmode.analysis import analyse
from relation_studies.study import Recovered, Setting, Study, of_row, row_of

CLIENTS = 20
PART, TERM, COLUMN = "completion.completed", "educative", "educative_z"
EFFECT, INTERCEPT, BETWEEN = 0.3, 0.4, 0.4
"""Log-odds per SD of the mode, log-odds of completing, SD of practitioners: the truth of every cohort."""

SETTINGS = {f"{practitioners}_ratio": Setting(practitioners) for practitioners in (15, 40)}


@cache
def _plan() -> Plan:
    plan = Plan()
    changed = {"formula": TERM, "tested": (TERM,), "random": ("practitioner",), "curves": ()}
    model = plan.models["completion"].model_copy(update=changed)
    outcome = model.outcomes[0].model_copy(update={"shown": "ratio"})
    asked = Plasmode(
        claim="exploratory", outcomes=(PART,), effects={"ratio": float(np.exp(EFFECT))}, cohorts=20
    )
    models = {"completion": model.model_copy(update={"outcomes": (outcome,)})}
    return plan.model_copy(update={"relations": Relations(plasmode=asked), "models": models, "draws": 200})


@cache
def _task() -> RelationTask:
    return relation_task(_plan(), "plasmode")


def once(rng: np.random.Generator, setting: Setting) -> Iterator[Recovered]:
    """One cohort without an effect and its power by drawing; one with it, and whether the plan finds it."""
    people = _people(rng, setting.practitioners)
    without, with_effect = _outcomes(rng, people, 0.0), _outcomes(rng, people, EFFECT)
    found = analyse(_task(), {"enrolment": without})
    yield of_row(row_of(found, PART, TERM, "power"), "plasmode", None, "power")
    yield of_row(row_of(found, PART, TERM, "type_one_error"), "plasmode", 0.05, "type-I error")
    yield of_row(row_of(found, PART, TERM, "type_one_error_plain"), "z test", 0.05, "type-I error")
    yield of_row(row_of(found, PART, TERM, "coverage"), "plasmode", 0.95, "coverage")
    own = _estimate(without)
    if own is not None:
        estimate, se, df, p = own
        yield Recovered("power", "observed power", None, chance_of_finding(estimate, se, df))
        yield Recovered("type-I error", "cohorts of this kind", None, float(p < 0.05), p=p)
    there = _estimate(with_effect)
    if there is not None:
        yield Recovered("power", "cohorts of this kind", None, float(there[3] < 0.05), p=there[3])


def _people(rng: np.random.Generator, practitioners: int) -> pd.DataFrame:
    modes = standardise(pd.Series(rng.standard_normal(practitioners))).to_numpy()
    lead = np.repeat(np.arange(practitioners), CLIENTS)
    return pd.DataFrame(
        {
            "practitioner_id": [f"p{one:03d}" for one in lead],
            "denominator": True,
            COLUMN: modes[lead],
            "educative": 3.0 + 0.5 * modes[lead],
        }
    )


def _outcomes(rng: np.random.Generator, people: pd.DataFrame, effect: float) -> pd.DataFrame:
    own = BETWEEN * rng.standard_normal(people["practitioner_id"].nunique())
    linear = INTERCEPT + effect * people[COLUMN] + np.repeat(own, CLIENTS)
    return people.assign(completed=rng.random(len(people)) < expit(linear))


def _estimate(table: pd.DataFrame) -> tuple[float, float, float, float] | None:
    model = _task().models["completion"]
    found = estimate_outcome(_task().predictors, model, model.outcomes[0], table)
    if not isinstance(found, Estimated):
        return None
    at = found.inference.place(COLUMN)
    one = found.inference
    return float(one.beta[at]), float(one.se[at]), float(one.df[at]), float(one.p[at])


STUDY = Study(SETTINGS, once)
