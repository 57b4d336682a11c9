"""Through the alliance: the landmark cohort, both paths between practitioners, and what is refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from relation_tables import one_grouping, task_of

from alliance_modes.domain import MODES
from alliance_modes.plan.plan import Plan
from alliance_modes.relations.collect import collect
from alliance_modes.relations.fitted import asked
from alliance_modes.relations.mediation.analysis import analyse
from alliance_modes.relations.mediation.landmark import RATING, landmark_cohort
from alliance_modes.relations.mediation.natural import natural_effects
from alliance_modes.relations.mediation.paths import USUAL, Paths, paths
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.research.relations.between.mediation import block
from alliance_modes.reports.research.relations.block import numbers_of

FORMULA = " + ".join(MODES)
ALONE = one_grouping(Plan(), "completion", FORMULA, tuple(MODES))
PLAN = ALONE.model_copy(update={"models": {**ALONE.models, "alliance": Plan().models["alliance"]}})
MEDIATOR = next(one for one in Plan().models["alliance"].outcomes if one.name == "client_total")
PART = "completion.completed"


def cohort(seed: int, practitioners: int = 40, *, a: float = 0.5, b: float = 2.0, habit: float = 0.4):
    """Twelve clients of each practitioner; the engagement mode goes with rating, the rating with staying."""
    rng = np.random.default_rng(seed)
    modes = rng.standard_normal((practitioners, 3))
    lead = np.repeat(np.arange(practitioners), 12)
    usual = (a * modes[:, 1] + habit * rng.standard_normal(practitioners))[lead]
    rating = 3.5 + usual + 0.5 * rng.standard_normal(len(lead))
    completed = rng.random(len(lead)) < 1.0 / (1.0 + np.exp(-0.5 - b * usual))
    people = pd.DataFrame(
        {
            "enrolment_id": [f"e{one:04d}" for one in range(len(lead))],
            "practitioner_id": [f"p{one:02d}" for one in lead],
            "denominator": True,
            "completed": completed.astype(float),
            "last_session": np.where(completed, 24, 8),
            **{f"{mode}_z": modes[lead, place] for place, mode in enumerate(MODES)},
        }
    )
    inventories = pd.DataFrame(
        {"enrolment_id": people["enrolment_id"], "session_no": 2, "rater": "client", "total": rating}
    )
    return {"enrolment": people, "alliance": inventories}


def found_in(tables: dict[str, pd.DataFrame], plan: Plan = PLAN, **settings: object):
    result = analyse(task_of("mediation", plan, **{"models": ("completion",), **settings}), tables)
    return collect([result])["relations"], result


def paths_of(tables: dict[str, pd.DataFrame]) -> Paths:
    task = task_of("mediation", PLAN, models=("completion",))
    one = next(one for one in asked(task) if one.part == PART)
    found = paths(one, task, landmark_cohort(tables["enrolment"], tables["alliance"], MEDIATOR, 3), tables)
    assert isinstance(found, Paths)
    return found


def test_the_landmark_cohort_is_those_still_there_with_their_last_rating_by_then():
    enrolments = pd.DataFrame({"enrolment_id": ["a", "b", "c", "d"], "last_session": [2, 3, 9, None]})
    inventories = pd.DataFrame(
        {
            "enrolment_id": ["a", "b", "b", "b", "c", "d"],
            "session_no": [1, 1, 3, 4, 5, 1],
            "rater": ["client", "client", "client", "client", "client", "client"],
            "total": [1.0, 2.0, 3.0, 4.0, 5.0, 2.0],
        }
    )
    found = landmark_cohort(enrolments, inventories, MEDIATOR, 3)
    assert found.enrolments[["enrolment_id", RATING]].to_numpy().tolist() == [["b", 3.0]]
    assert (found.started, found.there, found.rated) == (3, 2, 1)
    later = found.later(pd.DataFrame({"enrolment_id": ["b", "b", "c"], "session_no": [3, 4, 6]}))
    assert later["session_no"].tolist() == [4]


def test_path_a_is_that_of_a_second_engine_and_the_indirect_effect_the_product_of_both_paths():
    tables = cohort(1)
    rows = found_in(tables)[0].set_index(["term", "level", "estimand"])["estimate"]
    people = tables["enrolment"].merge(tables["alliance"], on="enrolment_id")
    design = sm.add_constant(people[[f"{mode}_z" for mode in MODES]].to_numpy())
    theirs = sm.MixedLM(people["total"], design, groups=people["practitioner_id"]).fit(reml=True)
    a, b = rows["engagement", "between", "path_a"], rows["client_total", "between", "path_b"]
    assert a == pytest.approx(theirs.fe_params.iloc[2], abs=1e-4)
    assert rows["engagement", "between", "indirect"] == pytest.approx(a * b, abs=1e-10)


def test_natural_effects_are_those_of_drawing_every_random_effect():
    found = paths_of(cohort(2))
    effects = natural_effects(found, "engagement", 400, [1])
    fit, frame = found.outcome.structure.fit, found.outcome.design.frame
    names = list(fit.names)
    beta = dict(zip(names, fit.beta, strict=True))
    eta = found.outcome.design.matrix() @ fit.beta
    through = found.to_rating("engagement").estimate * (beta[RATING] + beta[USUAL])
    spread = np.sqrt(sum(one.covariance[0, 0] for one in fit.covariances))
    random = spread * np.random.default_rng(3).standard_normal((2000, len(frame)))
    chance = [
        100.0 / (1.0 + np.exp(-(eta + random + move)))
        for move in (0.0, beta["engagement_z"], beta["engagement_z"] + through)
    ]
    assert effects["natural_direct"].estimate == pytest.approx((chance[1] - chance[0]).mean(), abs=0.05)
    assert effects["natural_indirect"].estimate == pytest.approx((chance[2] - chance[1]).mean(), abs=0.05)
    total = effects["natural_direct"].estimate + effects["natural_indirect"].estimate
    assert effects["natural_total"].estimate == pytest.approx(total, abs=1e-9)


def test_what_goes_through_the_alliance_is_found_and_none_is_where_the_mode_moves_no_rating():
    rows = found_in(cohort(4))[0].set_index(["term", "estimand"])
    assert rows.loc[("engagement", "natural_indirect"), "ci_low"] > 0.0
    assert rows.loc[("educative", "indirect"), "p"] > 0.05
    rows = found_in(cohort(5, a=0.0))[0].set_index(["term", "estimand"])
    assert rows.loc[("engagement", "indirect"), "p"] > 0.05


def test_a_weaker_confounder_undoes_a_weaker_path():
    strong, weak = (found_in(cohort(6, b=b))[0].set_index(["estimand"])["estimate"] for b in (2.5, 0.5))
    for bound in ("robustness_value", "confounding_correlation"):
        assert 0.0 < weak[bound] < strong[bound] < 1.0


def test_ratings_that_rise_with_staying_make_the_usual_way_find_a_path_within_practitioners():
    tables = cohort(7, b=0.0)
    stayed = tables["enrolment"].loc[tables["enrolment"]["last_session"] == 24, "enrolment_id"]
    later = tables["alliance"][tables["alliance"]["enrolment_id"].isin(stayed)]
    later = later.assign(session_no=20, total=later["total"] + 1.0)
    tables["alliance"] = pd.concat([tables["alliance"], later], ignore_index=True)
    rows = found_in(tables)[0]
    rows = rows[rows["level"] == "within"].set_index("estimand")
    assert rows.loc["path_b", "p"] > 0.05
    assert rows.loc["path_b_over_all_sessions", "ci_low"] > 0.5


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"mediator": "nobody"}, "no outcome nobody"),
        ({"alliance": "nowhere"}, "of a model nowhere"),
    ],
)
def test_a_mediator_that_the_plan_lacks_is_refused(changed: dict[str, Any], said: str):
    _, result = found_in(cohort(8, practitioners=14), **changed)
    assert result.status == "not_run" and said in result.reason


def test_no_inventories_few_practitioners_and_ratings_alike_everywhere_are_refused():
    tables = cohort(9)
    _, result = found_in({**tables, "alliance": tables["alliance"].iloc[:0]})
    assert result.status == "not_run" and "no inventories" in result.reason
    _, result = found_in(cohort(9, practitioners=10))
    assert result.status == "not_estimated" and "practitioners" in result.reason
    alike = tables["alliance"].assign(total=np.tile([3.0, 4.0], 240))
    _, result = found_in({**tables, "alliance": alike})
    assert result.status == "not_estimated" and "beyond chance" in result.reason


def test_within_clients_it_is_not_run_where_mode_use_was_not_recorded_by_session():
    tables = cohort(10, practitioners=14)
    sessions = tables["enrolment"].assign(session_no=4, attended=True, session_engagement=3.0)
    rows, _ = found_in({**tables, "session": sessions}, Plan(), models=("engagement",))
    here = rows[rows["level"] == "within"]
    assert set(here["status"]) == {"not_run"} and here["reason"].str.contains("no session has").all()


def test_the_report_tells_both_paths_and_what_would_undo_them_or_why_there_is_nothing():
    _, result = found_in(cohort(4))
    told = block(numbers_of("mediation", cast(ReportInputs, SimpleNamespace(plan=PLAN, **collect([result])))))
    (table,) = told.tables
    assert [row[0].split(": ")[-1] for row in table.rows] == list(MODES)
    assert all("log-odds" in row[-1] and "points" in row[2] for row in table.rows)
    assert any("were still enrolled at session 3" in sentence for sentence in told.said)
    assert any("would bring the first to none" in sentence for sentence in told.said)
    _, result = found_in(cohort(9, practitioners=10))
    told = block(numbers_of("mediation", cast(ReportInputs, SimpleNamespace(plan=PLAN, **collect([result])))))
    assert not told.tables and "practitioners" in told.not_done[0]


def test_what_would_undo_a_path_is_not_said_of_one_that_is_told_from_none_in_no_way():
    _, result = found_in(cohort(6, b=0.0))
    told = block(numbers_of("mediation", cast(ReportInputs, SimpleNamespace(plan=PLAN, **collect([result])))))
    (said,) = [one for one in told.said if "per point of the usual rating" in one]
    assert said.endswith("The first cannot be told from none.") and "confounder" not in said


def test_ratings_that_never_differ_and_a_landmark_that_nobody_reached_are_said_to_be_so():
    tables = cohort(7)
    nobody = {**tables, "enrolment": tables["enrolment"].assign(last_session=1)}
    rows, _ = found_in(nobody)
    assert (
        rows["reason"].iloc[0] == "nobody who was still enrolled at session 3 had rated the alliance by then"
    )
    alike = {**tables, "alliance": tables["alliance"].assign(total=3.0)}
    rows, _ = found_in(alike)
    assert set(rows["status"]) <= {"not_run", "not_estimated"} and rows["reason"].notna().all()
