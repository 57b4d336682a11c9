"""Outcomes over practitioners' true mean alliance: its square, where it turns, and what raw means give."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from relation_curves import curves_plan, over_practitioners_of
from relation_tables import task_of

from alliance_modes.figures.alliance_curvature import alliance_curvature
from alliance_modes.models.design.design import Refusal
from alliance_modes.plan.parts import figures_part, relation_task
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.relations.collect import collect
from alliance_modes.relations.curvature.analysis import BY_REGRESSION, RAW_MEAN, analyse
from alliance_modes.relations.curvature.low import treated
from alliance_modes.relations.curvature.turning import Quadratic
from alliance_modes.relations.curvature.usual import OWN, RAW, SQUARE, USUAL, Usual, usual_alliance
from alliance_modes.reports.research.relations.block import Block, numbers_of
from alliance_modes.reports.research.relations.section import BLOCKS

PLAN = curves_plan()
ENGAGED, COMPLETED = "engagement.session_engagement", "completion.completed"


def tables_of(given: dict[str, pd.DataFrame], **settings: object) -> dict[str, pd.DataFrame]:
    return collect([analyse(task_of("curvature", PLAN, **settings), given)])


def numbers(given: dict[str, pd.DataFrame], part: str = ENGAGED, **settings: object) -> pd.DataFrame:
    rows = tables_of(given, **settings)["relations"]
    return rows[(rows["part"] == part) & (rows["level"] != "within")].set_index("estimand")


def told(given: dict[str, pd.DataFrame]) -> Block:
    plan = PLAN.model_copy(update={"relations": Relations(), "draws": 200})
    inputs: Any = SimpleNamespace(plan=plan, **tables_of(given))
    return BLOCKS["curvature"](numbers_of("curvature", inputs))


def bow(x: np.ndarray) -> np.ndarray:
    return 0.1 * x - 0.3 * x**2


def straight(x: np.ndarray) -> np.ndarray:
    return 0.3 * x


def test_what_is_known_of_a_true_mean_is_by_hand_the_shrunken_mean_and_its_square_with_its_variance():
    given = over_practitioners_of(1, 40, straight)
    ratings = given["alliance"].set_index("enrolment_id")["total"]
    found = usual_alliance(given["enrolment"], ratings, ["readiness_z_between"])
    assert isinstance(found, Usual)
    rated = given["alliance"]
    design = sm.add_constant(rated[["readiness_z_between"]])
    theirs = sm.MixedLM(rated["total"], design, groups=rated["practitioner_id"]).fit(reml=True)
    between, counts = float(theirs.cov_re.iloc[0, 0]), rated.groupby("practitioner_id").size()
    kept = between / (between + theirs.scale / counts)
    expected = (design @ theirs.fe_params).groupby(rated["practitioner_id"]).first()
    modes = pd.Series({name: float(one.iloc[0]) for name, one in theirs.random_effects.items()})
    mean = (expected + modes).sort_index()
    known = found.practitioners.sort_index()
    assert found.centre + found.spread * known[USUAL].to_numpy() == pytest.approx(mean.to_numpy(), abs=1e-3)
    variance = (known[SQUARE] - known[USUAL] ** 2) * found.spread**2
    assert variance.to_numpy() == pytest.approx((between * (1.0 - kept)).sort_index().to_numpy(), rel=1e-2)
    raw = rated.groupby("practitioner_id")["total"].mean().sort_index()
    assert known[RAW].to_numpy() == pytest.approx(((raw - raw.mean()) / raw.std()).to_numpy())


def test_a_client_who_gave_no_rating_is_taken_as_expected_and_others_by_their_own_difference():
    given = over_practitioners_of(2, 30, straight)
    ratings = given["alliance"].set_index("enrolment_id")["total"]
    found = usual_alliance(given["enrolment"], ratings, [])
    assert isinstance(found, Usual)
    wider = found.beside(given["enrolment"]).set_index("enrolment_id")
    silent = wider.index.difference(ratings.index)
    assert len(silent) and (wider.loc[silent, OWN] == 0.0).all()
    there = wider.loc[ratings.index]
    assert found.centre + found.spread * (there[USUAL] + there[OWN]).to_numpy() == pytest.approx(
        ratings.to_numpy()
    )


def test_a_bow_is_found_with_its_turn_and_raw_means_see_less_of_it():
    found = numbers(over_practitioners_of(13, 60, bow, clients=(4, 10)))
    square, raw = found.loc["square"], found.loc[f"square{RAW_MEAN}"]
    assert square["ci_low"] < -0.3 < square["ci_high"] < 0.0
    assert abs(raw["estimate"]) < abs(square["estimate"])
    turn = found.loc["turning_point"]
    assert turn["ci_low"] < 1.0 / 6.0 < turn["ci_high"]
    assert found.loc["turn", "p"] < 0.001


def test_a_turning_point_beyond_every_practitioner_is_told_as_outside():
    given = over_practitioners_of(14, 40, lambda x: 0.6 * x - 0.03 * x**2)
    checks = tables_of(given)["relation_checks"]
    check = checks[(checks["check"] == "turning_point") & (checks["part"] == ENGAGED)].iloc[0]
    assert check["result"] == "fail" and "practitioners lie between" in check["detail"]
    assert told(given).tables[0].rows[0][4] == "outside"


def test_a_straight_line_has_no_bow_and_no_turn_and_its_own_rating_stays_apart():
    given = over_practitioners_of(4, 60, straight, own=0.25)
    found = numbers(given)
    assert found.loc["square", "p"] > 0.05 and found.loc["turn", "p"] > 0.5
    assert found.loc["coefficient", "ci_low"] < 0.3 < found.loc["coefficient", "ci_high"]
    assert abs(found.loc[BY_REGRESSION, "estimate"]) < 0.05
    rows = tables_of(given)["relations"]
    own = rows[(rows["part"] == ENGAGED) & (rows["level"] == "within")].iloc[0]
    assert own["estimate"] == pytest.approx(0.25 * 0.4 / 0.5, abs=0.05)  # per SD of practitioners


def test_means_of_the_other_clients_bring_the_own_rating_back_with_the_other_sign():
    """Why the own rating stands beside the mean: taken out of it, it is what the mean of the others lacks."""
    given = over_practitioners_of(5, 90, lambda x: 0.0 * x, own=0.5, clients=(5, 8), spread=0.2)
    sessions, rating = given["session"], given["alliance"].set_index("enrolment_id")["total"]
    own = sessions["enrolment_id"].map(rating)
    lead = sessions["practitioner_id"]
    others = (own.groupby(lead).transform("sum") - own) / (own.groupby(lead).transform("count") - 1)
    rows = pd.DataFrame({"y": sessions["session_engagement"], "x": others, "lead": lead}).dropna()
    usual = sm.MixedLM(rows["y"], sm.add_constant(rows["x"]), groups=rows["lead"]).fit(reml=True)
    assert usual.fe_params["x"] < -3 * usual.bse_fe["x"]
    assert numbers(given).loc["coefficient", "p"] > 0.05


def test_completion_is_told_in_percentage_points_from_the_practitioner_in_the_middle():
    given = over_practitioners_of(6, 60, bow)
    points = tables_of(given)["relation_points"]
    mine = points[points["part"] == COMPLETED].sort_values("x")
    assert len(mine) == 9 and mine["estimate"].abs().max() > 10.0
    ends = mine.iloc[[0, -1]]
    assert (ends["estimate"] < 0.0).all() and (ends["ci_low"] < ends["estimate"]).all()
    assert numbers(given, COMPLETED).loc["square", "estimate"] < 0.0


def test_fieller_by_hand_and_without_an_end_where_the_square_is_not_told_from_none():
    one = Quadratic(np.array([1.0, -1.0]), np.diag([0.01, 0.01]), 1e9)
    place, low, high = one.turning()
    t2 = 1.959964**2
    roots = np.roots([4 * (1 - t2 * 0.01), -4.0, 1 - t2 * 0.01])
    assert place == 0.5 and [low, high] == pytest.approx(sorted(roots))
    for end in (low, high):
        slope, se = one.slope(end)
        assert abs(slope / se) == pytest.approx(1.959964, abs=1e-5)
    flat = Quadratic(np.array([1.0, -0.1]), np.diag([0.01, 0.01]), 1e9)
    assert flat.turning()[1:] == (None, None)


def test_a_turn_needs_a_slope_at_each_end_and_none_is_told_of_a_line_that_flattens():
    flattens = Quadratic(np.array([1.0, -0.2]), np.diag([1e-4, 1e-4]), 100.0)
    assert flattens.turns(-2.0, 2.0)[1] > 0.5
    turns = Quadratic(np.array([0.0, -0.2]), np.diag([1e-4, 1e-4]), 100.0)
    statistic, p = turns.turns(-2.0, 2.0)
    slope, se = turns.slope(2.0)
    assert statistic == pytest.approx(-slope / se) and p < 1e-6


def test_ratings_that_do_not_differ_between_practitioners_few_of_them_and_none_are_refused():
    flat = over_practitioners_of(7, 40, straight, spread=0.0)
    rated = flat["alliance"]
    means = rated.groupby("practitioner_id")["total"].transform("mean")
    flat["alliance"] = rated.assign(total=4.0 + rated["total"] - means)
    assert "does not differ between practitioners" in numbers(flat).loc["square", "reason"]
    few = numbers(over_practitioners_of(8, 9, straight)).loc["square"]
    assert few["status"] == "not_estimated" and "9 practitioners" in few["reason"]
    given = over_practitioners_of(9, 40, straight)
    without = tables_of({"session": given["session"]})["relations"].iloc[0]
    assert without["status"] == "not_run" and "no inventories" in without["reason"]
    unknown = tables_of(given, rating="group_total")["relations"].iloc[0]
    assert unknown["status"] == "not_run" and "no outcome group_total" in unknown["reason"]
    assert isinstance(usual_alliance(given["enrolment"], pd.Series(dtype="float64"), []), Refusal)


def test_low_ratings_are_those_so_many_sds_below_the_mean_left_out_or_put_there():
    ratings = pd.Series([4.0, 4.2, 3.8, 4.1, 3.9, 4.0, 4.1, 3.9, 4.0, 1.0], index=list("abcdefghij"))
    cut = ratings.mean() - 2.0 * ratings.std()
    left, drawn = treated(ratings, "left_out_two_sd"), treated(ratings, "drawn_in_two_sd")
    assert list(left.low) == list(drawn.low) == ["j"] and "j" not in left.ratings
    assert drawn.ratings["j"] == pytest.approx(cut) and drawn.ratings["a"] == 4.0
    assert not len(treated(ratings, "left_out_three_sd").low)
    table = pd.DataFrame({"enrolment_id": ["a", "j", "z"]})
    assert list(left.remaining(table)["enrolment_id"]) == ["a", "z"] and drawn.remaining(table) is table


def test_an_association_that_few_low_ratings_make_is_gone_where_they_are_left_out():
    given = over_practitioners_of(15, 40, lambda x: 0.0 * x)
    low = given["alliance"].groupby("practitioner_id")["enrolment_id"].first().iloc[:8]
    rated, sessions = given["alliance"], given["session"]
    given["alliance"] = rated.assign(total=rated["total"] - 3.0 * rated["enrolment_id"].isin(low))
    fallen = 2.0 * sessions["enrolment_id"].isin(low)
    given["session"] = sessions.assign(session_engagement=sessions["session_engagement"] - fallen)
    found = tables_of(given)
    rows = found["relations"]
    own = rows[(rows["part"] == ENGAGED) & (rows["level"] == "within")].set_index("estimand")
    assert own.loc["coefficient", "p"] < 1e-4
    assert (
        abs(own.loc["coefficient_left_out_three_sd", "estimate"]) < 0.3 * own.loc["coefficient", "estimate"]
    )
    checks = found["relation_checks"].set_index(["part", "check"])["detail"]
    assert checks[ENGAGED, "low ratings: left_out_three_sd"] == f"8 of {len(rated)} ratings are low"


def test_few_practitioners_at_the_ends_are_said():
    checks = tables_of(over_practitioners_of(10, 12, straight))["relation_checks"]
    ends = checks[(checks["check"] == "ends") & (checks["part"] == ENGAGED)].iloc[0]
    low = int(ends["detail"].split(" ", 1)[0])
    assert ends["result"] == ("pass" if low >= 3 and " 3 above" in ends["detail"] else "fail")


def test_the_report_tells_a_bow_with_its_turn_a_line_without_and_draws_both():
    block = told(over_practitioners_of(3, 60, bow))
    assert any("rises and then falls from the lowest practitioner" in said for said in block.said)
    assert block.figure == "alliance_curvature"
    (table,) = block.tables
    assert len(table.rows) == 2 and "[" in table.rows[0][4]
    plain = told(over_practitioners_of(4, 60, straight))
    verdicts = [said for said in plain.said if "carry the ends" not in said and "low ratings" not in said]
    assert len(verdicts) == 2 and all("no curvature can be told" in said for said in verdicts)
    assert sum("with low ratings left out or drawn in, the slope lies between" in said for said in plain.said)
    assert all(row[4] == "outside" or "[no end]" in row[4] for row in plain.tables[0].rows)
    refused = told(over_practitioners_of(8, 9, straight))
    assert not refused.tables and not refused.figure and refused.not_done


def test_the_figure_has_a_panel_per_outcome_and_says_where_there_is_none():
    plan = PLAN.model_copy(update={"draws": 200})
    found = analyse(relation_task(plan, "curvature"), over_practitioners_of(3, 40, bow))
    picture = alliance_curvature(collect([found])["relation_points"], figures_part(plan))
    assert picture.figure is not None and len(picture.figure.axes) == 2
    assert "percentage points" in picture.alt and picture.numbers is not None
    assert len(picture.numbers.rows) == 18
    nothing = collect([found])["relation_points"].iloc[:0]
    assert alliance_curvature(nothing, figures_part(plan)).status.startswith("not_run")
