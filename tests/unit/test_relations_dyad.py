"""A rating is judged against the truth's mean, and agreement is said only of a surface with its ridge."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from pydantic import ValidationError
from relation_dyads import RANGES, SCALE, dyads, inventories
from relation_tables import one_grouping, task_of

from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.dyad import Dyad
from alliance_modes.relations.collect import collect
from alliance_modes.relations.dyad.analysis import DIFFERENCE, analyse
from alliance_modes.relations.dyad.judgement import OWN_MEAN
from alliance_modes.relations.dyad.pairs import pairs_of
from alliance_modes.relations.dyad.surface import axis

PLAN = one_grouping(Plan(), "engagement", "readiness", ("readiness",))
PART, OUTCOME = f"client_practitioner.{SCALE}", "engagement.session_engagement"
RATERS = ("client", "practitioner")


def task(**settings: object):
    return task_of("dyad", PLAN, **{"scales": (SCALE,), "models": ("engagement",), **settings})


def found_in(tables, **settings: object) -> dict[str, pd.DataFrame]:
    return collect([analyse(task(**settings), tables)])


def numbers(tables, **settings: object) -> pd.DataFrame:
    rows = found_in(tables, **settings)["relations"]
    return rows.set_index([rows["part"], rows["term"], rows["estimand"], rows["level"].fillna("")])


def ridge(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    return -0.15 * (own - other) ** 2


def client_alone(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    return -0.15 * own**2 + 0.0 * other


def test_bias_and_tracking_equal_a_second_engine_with_both_centred_on_the_truths_mean():
    tables = dyads(1, 40)
    rows = pairs_of(tables["alliance"], tables["centiles"], RATERS, SCALE).rows
    truth = rows["truth"] - rows["truth"].mean()
    judged = rows["judged"] - rows["truth"].mean()
    groups = rows["practitioner_id"]
    theirs = sm.MixedLM(judged, sm.add_constant(truth), groups=groups).fit(reml=True)
    mean = sm.MixedLM(truth, np.ones(len(rows)), groups=groups).fit(reml=True)
    ours = numbers(tables)
    tracking, bias = (ours.loc[(PART, term, "coefficient", "")] for term in ("tracking", "directional_bias"))
    assert tracking["estimate"] == pytest.approx(theirs.params["truth"], abs=1e-4)
    assert tracking["se"] == pytest.approx(theirs.bse["truth"], rel=0.02)
    assert bias["estimate"] == pytest.approx(theirs.params["const"], abs=1e-4)
    reach = math.hypot(theirs.bse["const"], (1 - theirs.params["truth"]) * mean.bse["const"])
    assert bias["se"] == pytest.approx(reach, rel=0.02)


def test_a_planted_bias_is_found_and_centring_on_the_own_mean_deletes_it():
    rows = numbers(dyads(2, 40, bias=1.0))
    bias = rows.loc[(PART, "directional_bias", "coefficient", "")]
    assert bias["ci_low"] < 1.0 < bias["ci_high"] and bias["ci_low"] > 0.5
    assert abs(rows.loc[(PART, "directional_bias", OWN_MEAN, ""), "estimate"]) < 0.05
    assert rows.loc[(PART, "tracking", "coefficient", "within"), "estimate"] == pytest.approx(0.5, abs=0.1)


def test_ratings_of_different_forms_are_put_on_one_range_by_hand():
    people = pd.DataFrame({"enrolment_id": ["a", "b"], "practitioner_id": ["p", "p"]})
    rated = [inventories(people, rater, np.array([0.0, 2.0])) for rater in RANGES]
    rated[1]["wai_36_total"] = [36.0, 252.0]
    tables = {"alliance": pd.concat(rated, ignore_index=True), "centiles": dyads(1, 9)["centiles"]}
    rows = pairs_of(tables["alliance"], tables["centiles"], RATERS, SCALE).rows
    assert rows["truth"].tolist() == [5.0, 7.0]
    assert rows["judged"].tolist() == [0.0, 10.0]


def test_only_ratings_of_the_same_session_are_pairs():
    tables = dict(dyads(3, 40))
    later = tables["alliance"]["rater"] == "practitioner"
    tables["alliance"] = tables["alliance"].assign(session_no=np.where(later, 4, 3))
    rows = numbers(tables)
    assert set(rows["status"]) == {"not_run"}
    assert rows["reason"].str.contains("no session of one enrolment").all()


def test_a_form_without_the_scale_is_not_commensurable():
    tables = dict(dyads(4, 40))
    bounds = tables["centiles"]
    tables["centiles"] = bounds.assign(scale=np.where(bounds["rater"] == "client", SCALE, "caring"))
    assert numbers(tables)["reason"].str.contains("not commensurable: wai_36").all()
    only = tables["alliance"][tables["alliance"]["rater"] == "client"]
    assert numbers({**tables, "alliance": only})["reason"].str.contains("rated by the practitioner").all()


def test_fifteen_practitioners_have_no_surface_and_a_hint_of_bias():
    found = found_in(dyads(5, 15))
    rows = found["relations"].set_index(["part", "term"])
    assert rows.loc[(OUTCOME, "a4"), "status"] == "not_estimated"
    assert "15 practitioners for a surface" in rows.loc[(OUTCOME, "a4"), "reason"]
    checks = found["relation_checks"].set_index(["part", "check"])
    assert checks.loc[(PART, "practitioners"), "result"] == "fail"


def test_no_pair_up_to_the_landmark_and_two_raters_who_are_one_are_refused():
    refused = numbers(dyads(6, 40), landmark=2).loc[(OUTCOME, "a4", "coefficient", "")]
    assert "session 2 or earlier" in refused["reason"]
    with pytest.raises(ValidationError, match="name two raters"):
        Dyad(truth="client", judge="client")
    empty = analyse(task(), {"alliance": dyads(6, 9)["alliance"].iloc[:0], "centiles": pd.DataFrame()})
    assert (empty.status, empty.reason) == ("not_run", "no inventories of the alliance")


def test_a_planted_ridge_along_agreement_is_found():
    found = found_in(dyads(7, 60, ridge, bias=0.0))
    checks = found["relation_checks"].set_index(["part", "check"])
    assert checks.loc[(OUTCOME, "congruence"), "result"] == "pass"
    rows = found["relations"].set_index(["part", "term"])
    assert rows.loc[(OUTCOME, "a4"), "estimate"] == pytest.approx(-0.6, abs=0.1)
    assert rows.loc[(OUTCOME, "p11"), "ci_low"] < 1.0 < rows.loc[(OUTCOME, "p11"), "ci_high"]
    points = found["relation_points"].set_index(["part", "series", "x"])
    assert points.loc[(OUTCOME, "differ", 1.0), "ci_high"] < 0.0


def test_curvature_of_one_rating_alone_is_no_agreement_though_the_difference_score_says_so():
    found = found_in(dyads(8, 60, client_alone, bias=0.0))
    rows = found["relations"].set_index(["part", "term", "estimand"])
    assert rows.loc[(OUTCOME, "absolute_difference", DIFFERENCE), "ci_high"] < 0.0
    checks = found["relation_checks"].set_index(["part", "check"])
    assert checks.loc[(OUTCOME, "congruence"), "result"] == "fail"
    assert "which way a ridge runs is open" in rows.loc[(OUTCOME, "p11", "axis"), "reason"]


def test_a_plane_has_no_ridge():
    rows = found_in(dyads(9, 60, lambda own, other: 0.2 * own))["relations"].set_index(["part", "term"])
    assert rows.loc[(OUTCOME, "p11"), "status"] == "not_estimated"
    assert "no ridge" in rows.loc[(OUTCOME, "p11"), "reason"]
    assert rows.loc[(OUTCOME, "a1"), "ci_low"] > 0.0


def test_the_axis_of_a_surface_that_is_known_is_its_ridge():
    own, other = np.meshgrid(np.linspace(-3, 3, 601), np.linspace(-3, 3, 601))
    coefficients = np.array([0.2, -0.1, -0.3, 0.5, -0.4])
    b1, b2, b3, b4, b5 = coefficients
    height = b1 * own + b2 * other + b3 * own**2 + b4 * own * other + b5 * other**2
    top = np.unravel_index(height.argmax(), height.shape)
    intercept, slope = axis(coefficients)
    assert other[top] == pytest.approx(intercept + slope * own[top], abs=0.02)
    curved = np.array([[2 * b3, b4], [b4, 2 * b5]])
    least = np.linalg.eigh(curved)[1][:, 1]
    assert slope == pytest.approx(least[1] / least[0])


def test_sessions_before_the_landmark_are_no_outcome():
    tables = dict(dyads(10, 40))
    early = tables["session"].assign(session_no=lambda rows: rows["session_no"] - 3)
    everything = pd.concat([early.assign(session_engagement=5.0), tables["session"]], ignore_index=True)
    with_early = numbers({**tables, "session": everything}).loc[(OUTCOME, "a1", "coefficient", "")]
    assert with_early["estimate"] == numbers(tables).loc[(OUTCOME, "a1", "coefficient", ""), "estimate"]
