"""A response surface and the hazard after each kind of rupture beside lme4, asked where R is there.

``relations_between.R`` fits both models and works out what follows of the surface by itself.
"""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest

from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.second_engines.rscript import QUIET, find_lme4
from alliance_modes.plan.parts import RelationTask, relation_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.dyad import Dyad
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.plan.terms import Predictor
from alliance_modes.relations.dyad.surface import CONTRASTS, Surface, polynomial
from alliance_modes.relations.fitted import asked, fit
from alliance_modes.relations.result import RelationEstimate

HERE = find_lme4()
PROGRAM = Path(__file__).with_name("relations_between.R")
pytestmark = pytest.mark.skipif(not HERE.is_there, reason=f"not run: {HERE.reason}")
KINDS = ("withdrawal", "confrontation")


def task(model: str, **changed: object) -> RelationTask:
    plan = Plan(relations=Relations(dyad=Dyad(models=(model,))))
    one = plan.models[model].model_copy(update={"slopes": {}, "curves": (), "tested": (), **changed})
    return relation_task(plan.model_copy(update={"models": {model: one}}), "dyad")


@cache
def pairs() -> pd.DataFrame:
    rng = np.random.default_rng(20_261)
    lead = np.repeat(np.arange(30), 8)
    own, other = rng.normal(0.5, 1.5, (2, len(lead)))
    level = -0.1 * (own - other) ** 2 + 0.1 * own + rng.normal(0.0, 0.4, 30)[lead]
    level += rng.normal(0.0, 0.4, len(lead))
    rows = np.repeat(np.arange(len(lead)), 3)
    return pd.DataFrame(
        {
            "outcome": level[rows] + rng.normal(0.0, 0.5, len(rows)),
            "own": own[rows],
            "other": other[rows],
            "practitioner": [f"p{one:02d}" for one in lead[rows]],
            "enrolment": [f"e{one:03d}" for one in rows],
        }
    )


@cache
def hazard() -> pd.DataFrame:
    rng = np.random.default_rng(20_262)
    lead = np.repeat(np.arange(25), 100)
    kind = rng.choice(3, len(lead), p=[0.7, 0.18, 0.12])
    eta = -2.8 + rng.normal(0.0, 0.4, 25)[lead] + np.array([0.0, 0.3, 0.8])[kind]
    return pd.DataFrame(
        {
            "outcome": (rng.random(len(lead)) < 1.0 - np.exp(-np.exp(eta))).astype(int),
            "withdrawal": (kind == 1).astype(int),
            "confrontation": (kind == 2).astype(int),
            "practitioner": [f"p{one:02d}" for one in lead],
        }
    )


@cache
def theirs() -> pd.Series:
    with TemporaryDirectory() as folder:
        pairs().to_csv(Path(folder) / "pairs.csv", index=False)
        hazard().to_csv(Path(folder) / "hazard.csv", index=False)
        asked_of = [HERE.program, *QUIET, str(PROGRAM), folder]
        said = subprocess.run(asked_of, capture_output=True, text=True, timeout=120, check=True).stdout
    rows = [line.split(",") for line in said.splitlines()]
    return pd.Series({name: float(value) for name, value in rows})


def surface() -> dict[str, RelationEstimate]:
    table = pairs().assign(
        **polynomial(pairs()["own"].to_numpy(), pairs()["other"].to_numpy()),
        session_engagement=pairs()["outcome"],
        attended=True,
        practitioner_id=pairs()["practitioner"],
        enrolment_id=pairs()["enrolment"],
    )
    columns = tuple(polynomial(np.zeros(1), np.zeros(1)))
    model = {"formula": columns[0], "random": ("practitioner", "enrolment")}
    of = task("engagement", **model)
    one = next(iter(asked(of)))
    predictors = {name: Predictor(label=name, column=name, unit="1") for name in columns}
    known = of.model_copy(update={"predictors": {**of.predictors, columns[0]: predictors[columns[0]]}})
    done = fit(one, known, table, {name: predictors[name] for name in columns[1:]})
    assert isinstance(done.found, Estimated)
    made = Surface("engagement", done.found, "points", (-3.0, 3.0), 2000, 1)
    return {row.term: row for row in made.rows()}


@pytest.mark.parametrize("term", CONTRASTS)
def test_slopes_and_curvatures_of_a_surface_equal_lme4s_with_their_delta_method_errors(term: str):
    ours = surface()[term]
    assert ours.estimate == pytest.approx(theirs()[term], abs=1e-5)
    assert ours.se == pytest.approx(theirs()[f"{term}_se"], rel=0.01)


@pytest.mark.parametrize("term", ["p10", "p11"])
def test_the_ridge_equals_that_of_lme4s_coefficients_and_lies_in_its_interval(term: str):
    ours = surface()[term]
    assert ours.estimate == pytest.approx(theirs()[term], abs=1e-4)
    assert ours.ci_low < theirs()[term] < ours.ci_high


def test_the_hazard_after_each_kind_of_rupture_equals_lme4s():
    table = hazard().assign(
        ended_dropped_out=hazard()["outcome"],
        denominator=True,
        at_risk=True,
        practitioner_id=hazard()["practitioner"],
        enrolment_id=[f"e{place:05d}" for place in range(len(hazard()))],
        sessions_planned=24,
        session_no=1,
    )
    of = task("dropout", formula="withdrawal", random=("practitioner",))
    predictors = {kind: Predictor(label=kind, column=kind, unit="1") for kind in KINDS}
    known = of.model_copy(update={"predictors": {**of.predictors, "withdrawal": predictors["withdrawal"]}})
    done = fit(next(iter(asked(known))), known, table, {"confrontation": predictors["confrontation"]})
    ours = {
        row.term: row
        for row in done.rows({kind: kind for kind in KINDS}, known)
        if row.estimand == "coefficient"
    }
    for kind in KINDS:
        assert ours[kind].estimate == pytest.approx(theirs()[kind], abs=2e-3 * ours[kind].se)
