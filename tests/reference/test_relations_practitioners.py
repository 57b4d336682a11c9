"""Facets of the modes and curvature over practitioners beside lme4 and lmerTest, asked where R is there.

``relations_practitioners.R`` fits both contrasts of every inventory together, shrinks practitioners' means,
and fits the line and the square over them by itself.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pytest

from alliance_modes.domain import COMPONENTS
from alliance_modes.models.second_engines.rscript import QUIET, find_lme4
from alliance_modes.plan.parts import RelationTask, relation_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.curvature import Curvature
from alliance_modes.plan.relations.facets import Facets
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.relations.curvature.analysis import analyse as analyse_curvature
from alliance_modes.relations.facets.analysis import EVERY, OWN_LESS_OTHERS
from alliance_modes.relations.facets.analysis import analyse as analyse_facets
from alliance_modes.relations.facets.components import APART, CELLS, own_less_others
from alliance_modes.relations.result import RelationEstimate

HERE = find_lme4()
PROGRAM = Path(__file__).with_name("relations_practitioners.R")
pytestmark = pytest.mark.skipif(not HERE.is_there, reason=f"not run: {HERE.reason}")


@cache
def people() -> pd.DataFrame:
    rng = np.random.default_rng(20_263)
    values = pd.DataFrame(rng.standard_normal((30, 9)), columns=list(CELLS))
    scaled = (values - values.mean()) / values.std()
    return scaled.assign(practitioner_id=[f"p{one:02d}" for one in range(30)], educative_z=values.iloc[:, 0])


@cache
def inventories() -> pd.DataFrame:
    """Six to twelve clients of each practitioner with one to three inventories."""
    rng = np.random.default_rng(20_264)
    lead = np.repeat(np.arange(30), rng.integers(6, 13, 30))
    own = 0.25 * rng.standard_normal((30, 3))
    for place, (_, component) in enumerate(CELLS.values()):
        own[:, component] += 0.08 * people().iloc[:, place]
    client = np.repeat(np.arange(len(lead)), rng.integers(1, 4, len(lead)))
    level = own[lead] + 0.3 * rng.standard_normal((len(lead), 3))
    ratings = 3.0 + level[client] + 0.4 * rng.standard_normal((len(client), 3))
    ratings += 0.3 * rng.standard_normal((len(client), 1))
    return pd.DataFrame(dict(zip(COMPONENTS, ratings.T, strict=True))).assign(
        rater="client",
        session_no=3,
        enrolment_id=[f"e{one:03d}" for one in client],
        practitioner_id=[f"p{one:02d}" for one in lead[client]],
        educative_z=people()["educative_z"].to_numpy()[lead[client]],
    )


@cache
def clients() -> pd.DataFrame:
    rng = np.random.default_rng(20_265)
    lead = np.repeat(np.arange(35), rng.integers(5, 25, 35))
    true, own = rng.standard_normal(35), rng.standard_normal(len(lead))
    level = 0.3 * true - 0.2 * true**2 + 0.2 * rng.standard_normal(35)
    return pd.DataFrame(
        {
            "practitioner": [f"p{one:02d}" for one in lead],
            "rating": np.where(rng.random(len(lead)) < 0.8, 4.0 + 0.4 * true[lead] + 0.6 * own, np.nan),
            "outcome": 3.0 + level[lead] + 0.1 * own + 0.5 * rng.standard_normal(len(lead)),
        }
    )


def stacked() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Both contrasts of every inventory, and the weights of the mean contrast of all facets."""
    table, facets = inventories(), people().set_index("practitioner_id")[list(CELLS)]
    contrasts = table[list(COMPONENTS)].to_numpy() @ APART.T
    rows = pd.DataFrame(
        {"practitioner": table["practitioner_id"], "enrolment": table["enrolment_id"]}
    ).assign(**{f"f{k + 1}": table["practitioner_id"].map(facets[cell]) for k, cell in enumerate(CELLS)})
    both = pd.concat([rows.assign(outcome=contrasts[:, k], second=k) for k in (0, 1)])
    weights = [
        {"contrast": contrast, "facet": f"f{list(CELLS).index(cell) + 1}", "value": value}
        for cell, of_components in own_less_others(list(CELLS)).items()
        for contrast, value in enumerate(APART @ of_components)
    ]
    return both, pd.DataFrame(weights)


@cache
def theirs() -> pd.Series:
    with TemporaryDirectory() as folder:
        both, weights = stacked()
        both.to_csv(Path(folder) / "stacked.csv", index=False)
        weights.to_csv(Path(folder) / "weights.csv", index=False)
        clients().to_csv(Path(folder) / "clients.csv", index=False)
        asked = [HERE.program, *QUIET, str(PROGRAM), folder]
        done = subprocess.run(asked, capture_output=True, text=True, timeout=120, check=False)
    if "lmerTest" in done.stderr and "no package" in done.stderr:
        pytest.skip("not run: R has no lmerTest")
    assert done.returncode == 0, done.stderr
    rows = [line.split(",") for line in done.stdout.splitlines()]
    return pd.Series({name: float(value) for name, value in rows})


def task(name: str, settings: Facets | Curvature, **models: Mapping[str, object]) -> RelationTask:
    plan = Plan(relations=Relations.model_validate({name: settings}))
    plain = {"tested": ("educative",), "slopes": {}, "curves": ()}
    changed = {one: plan.models[one].model_copy(update={**plain, **of}) for one, of in models.items()}
    return relation_task(plan.model_copy(update={"models": changed, "draws": 50}), name)


def test_the_contrast_of_all_facets_equals_lmertests_with_its_error_and_degrees_of_freedom():
    of = {"formula": "educative", "random": ("practitioner", "enrolment")}
    found = analyse_facets(
        task("facets", Facets(models=(), techniques=()), alliance=of),
        {"practitioner": people(), "alliance": inventories()},
    )
    ours = next(row for row in found.estimates if (row.term, row.estimand) == (EVERY, OWN_LESS_OTHERS))
    assert ours.estimate == pytest.approx(theirs()["facets"], abs=1e-4 * ours.se)
    assert ours.se == pytest.approx(theirs()["facets_se"], rel=0.03)  # widened for few practitioners
    assert ours.se >= theirs()["facets_se"] * (1 - 1e-4)
    assert ours.df == pytest.approx(min(theirs()["facets_df"], 30 - 9 - 1), rel=1e-3)


@cache
def curve() -> dict[str, RelationEstimate]:
    people = clients().assign(
        enrolment_id=[f"e{one:04d}" for one in range(len(clients()))],
        practitioner_id=clients()["practitioner"],
        educative_z=0.0,
    )
    rated = people.assign(rater="client", session_no=3, total=people["rating"]).dropna(subset=["total"])
    sessions = people.assign(session_no=4, attended=True, session_engagement=people["outcome"])
    of = {"formula": "educative", "random": ("practitioner",)}
    found = analyse_curvature(
        task("curvature", Curvature(models=("engagement",)), alliance={}, engagement=of),
        {"alliance": rated, "enrolment": people, "session": sessions},
    )
    rows = [row for row in found.estimates if row.estimand in ("coefficient", "square")]
    return {"square" if row.estimand == "square" else row.level: row for row in rows}


@pytest.mark.parametrize(("ours", "term"), [("between", "usual"), ("square", "square"), ("within", "own")])
def test_the_line_the_square_and_the_own_rating_equal_lme4s_over_means_shrunken_in_r(ours: str, term: str):
    row = curve()[ours]
    assert row.estimate == pytest.approx(theirs()[term], abs=2e-3 * row.se)


def test_the_error_of_the_own_rating_is_lme4s():
    assert theirs()["own_se"] * 0.999 <= curve()["within"].se <= 1.03 * theirs()["own_se"]


@pytest.mark.parametrize(("ours", "term"), [("between", "usual"), ("square", "square")])
def test_the_errors_of_the_curve_are_the_jackknife_of_lme4s_fits_without_each_practitioner(
    ours: str, term: str
):
    """Here variances are held while a practitioner is left out; lmer finds them anew."""
    row = curve()[ours]
    assert row.se == pytest.approx(theirs()[f"{term}_jackknife"], rel=0.05)
    assert row.se > 1.2 * theirs()[f"{term}_se"]  # the line bends, and lmer takes all as equally close to it
