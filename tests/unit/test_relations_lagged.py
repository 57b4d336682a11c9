"""The next session on this one's rating: pairs of sessions, slopes within clients, the bias of feedback."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import numpy as np
import pandas as pd
import pytest
from relation_tables import one_grouping, task_of

from alliance_modes.plan.plan import Plan
from alliance_modes.relations.collect import collect
from alliance_modes.relations.lagged.analysis import NAIVE, analyse
from alliance_modes.relations.lagged.feedback import Process, feedback_bias, fitted
from alliance_modes.relations.pairs import Courses, courses, within_slopes
from alliance_modes.reports.inputs import ReportInputs
from alliance_modes.reports.research.relations.block import numbers_of
from alliance_modes.reports.research.relations.within.lagged import block

PART, RATING = "engagement.session_engagement", "srs_total"
PLAN = one_grouping(Plan(), "engagement", "educative", ("educative",))
OUTCOME = Plan().models["engagement"].outcomes[0]


def sessions(seed: int, people: int = 60, length: int = 12, effect: float = 0.0, usual: float = 0.5):
    """Clients of ten practitioners, who miss some sessions; ``usual`` is the SD of how they usually are."""
    rng = np.random.default_rng(seed)
    outcome, rating = np.zeros((2, people))
    columns = []
    for number in range(-10, length):
        outcome = effect * rating + 0.6 * rng.standard_normal(people)
        rating = rng.standard_normal(people)
        if number >= 0:
            columns.append((outcome, rating))
    values = np.array(columns).transpose(1, 2, 0) + usual * rng.standard_normal((people, 1))
    attended = rng.random((people, length)) < 0.9
    return pd.DataFrame(
        {
            "enrolment_id": np.repeat([f"e{one:03d}" for one in range(people)], length),
            "practitioner_id": np.repeat([f"p{one % 10}" for one in range(people)], length),
            "group_id": np.repeat([f"g{one % 20}" for one in range(people)], length),
            "site_id": np.repeat([f"s{one % 2}" for one in range(people)], length),
            "session_no": np.tile(np.arange(1, length + 1), people),
            "attended": attended.ravel(),
            "session_engagement": np.where(attended, 3.0 + values[0], np.nan).ravel(),
            RATING: np.where(attended, 30.0 + values[1], np.nan).ravel(),
        }
    )


def found_in(table: pd.DataFrame, **settings: object):
    result = analyse(task_of("lagged", PLAN, **{"cohorts": 10, **settings}), {"session": table})
    return collect([result])["relations"].set_index("estimand"), result


def test_a_rating_before_a_missed_session_has_no_next_one():
    table = pd.DataFrame(
        {
            "enrolment_id": "e1",
            "session_no": [1, 2, 3, 4, 5],
            "attended": [True, True, False, True, True],
            "session_engagement": [3.0, 4.0, np.nan, 2.0, 5.0],
            RATING: [30.0, 31.0, np.nan, 29.0, 28.0],
        }
    )
    course = courses(table, OUTCOME, RATING)
    assert course.pairs.tolist() == [[True, False, False, True, False]]
    assert course.following()[course.pairs].tolist() == [4.0, 5.0]
    assert course.rated_before_a_gap == 1


@pytest.mark.parametrize("lines", [False, True])
def test_slopes_within_people_are_those_of_least_squares_with_a_column_each(lines: bool):
    course = courses(sessions(1, people=20), OUTCOME, RATING)
    pairs = course.pairs
    person, session = np.nonzero(pairs)
    dummies = np.equal.outer(person, np.arange(20)).astype(float)
    clock = dummies * session[:, None] if lines else session[:, None].astype(float)
    design = np.column_stack([course.rating[pairs], course.outcome[pairs], dummies, clock])
    theirs, left, *_ = np.linalg.lstsq(design, course.following()[pairs], rcond=None)
    ours = within_slopes(
        course.following()[None], (course.rating[None], course.outcome[None]), pairs, lines=lines
    )
    assert ours.slopes[0] == pytest.approx(theirs[:2], abs=1e-9)
    freedom = len(person) - np.linalg.matrix_rank(design)
    assert ours.residual_sd[0] == pytest.approx(np.sqrt(left[0] / freedom), rel=1e-9)


def test_the_coefficient_is_that_of_least_squares_where_slopes_do_not_vary():
    table = sessions(2, effect=0.2)
    rows, _ = found_in(table)
    course = courses(table, OUTCOME, RATING)
    course = course.of(course.pairs.sum(axis=1) >= 8)
    for kind, lines in (("", False), ("_detrended", True)):
        theirs = fitted(course.rating[None], course.outcome[None], course.pairs, lines=lines).lagged[0]
        here = rows.loc[f"coefficient{kind}"]
        spread = (
            rows.loc["coefficient"]["estimate"]
            / fitted(course.rating[None], course.outcome[None], course.pairs, lines=False).lagged[0]
        )
        assert here["estimate"] == pytest.approx(theirs * spread, abs=0.3 * here["se"])
    assert rows.loc["coefficient_less_bias", "ci_low"] > 0.0


def test_the_bias_of_feedback_is_what_a_true_none_comes_out_as():
    process = Process(carried=0.0, feedback=1.0, kept=0.5, outcome_sd=1.0, rating_sd=1.0)
    noise = np.random.default_rng(4).standard_normal((2, 15 + 9, 150, 80))
    rating, outcome = process.courses(noise)
    pairs = np.ones((80, 9), dtype=bool)
    pairs[:, -1] = False
    comes_out = fitted(rating, outcome, pairs, lines=False).lagged
    assert comes_out.mean() < -0.05
    names = np.array([f"e{one}" for one in range(80)], dtype=object)
    told = [
        feedback_bias(Courses(names, rating[one], outcome[one]), 60, [5, one], lines=False).bias
        for one in range(6)
    ]
    error = comes_out.std() / np.sqrt(len(comes_out)) + np.std(told) / np.sqrt(len(told))
    assert np.mean(told) == pytest.approx(comes_out.mean(), abs=3.0 * error)


def test_the_bias_is_larger_with_three_waves_than_with_twelve():
    process = Process(carried=0.2, feedback=0.6, kept=0.2, outcome_sd=0.6, rating_sd=1.0)
    means = {}
    for waves in (3, 12):
        noise = np.random.default_rng(6).standard_normal((2, 15 + waves + 1, 100, 100))
        rating, outcome = process.courses(noise)
        pairs = np.ones((100, waves + 1), dtype=bool)
        pairs[:, -1] = False
        following = np.full_like(outcome, np.nan)
        following[..., :-1] = outcome[..., 1:]
        means[waves] = within_slopes(following, (rating,), pairs, lines=False).slopes.mean()
    assert means[3] < -0.02 and means[3] < 2.0 * means[12]


def test_clients_who_are_better_at_everything_are_no_lag_but_the_usual_way_finds_one():
    rows, _ = found_in(sessions(7, people=150, usual=1.0))
    assert rows.loc[NAIVE, "p"] < 0.05
    assert rows.loc["coefficient_less_bias", "p"] > 0.05


def test_too_few_ratings_too_few_clients_and_no_ratings_are_refused_with_the_reason():
    rows, result = found_in(sessions(8, length=3))
    assert result.status == "not_run" and "0 clients have at least 8 ratings" in rows.iloc[0]["reason"]
    _, result = found_in(sessions(8, people=20))
    assert result.status == "not_run" and "30 are required" in result.reason
    _, result = found_in(sessions(8).drop(columns=[RATING]))
    assert result.status == "not_run" and "no session has a value of srs_total" in result.reason
    task = task_of("lagged", models=("completion",))
    assert "no linear model" in analyse(task, {"enrolment": pd.DataFrame()}).reason


def test_the_report_tells_both_ways_with_their_bias_or_why_there_is_nothing():
    _, result = found_in(sessions(2, effect=0.2))
    told = block(numbers_of("lagged", cast(ReportInputs, SimpleNamespace(plan=PLAN, **collect([result])))))
    (table,) = told.tables
    assert [row[0].rpartition(", ")[2] for row in table.rows] == ["as it is", "detrended"]
    assert "as the next session was missed" in told.said[0]
    _, result = found_in(sessions(8, length=3))
    told = block(numbers_of("lagged", cast(ReportInputs, SimpleNamespace(plan=PLAN, **collect([result])))))
    assert not told.tables and "30 are required" in told.not_done[0]
