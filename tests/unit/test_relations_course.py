"""What is expected of the next rating, alerts below it, and what they would have been worth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from relation_courses import SCALE, by_time_alone, rated_cohort
from relation_tables import task_of

from alliance_modes.models.design.design import Refusal
from alliance_modes.models.peers.courses import parts_of, without_each
from alliance_modes.models.peers.following import Following, following
from alliance_modes.models.peers.peers import Peers, fit_peers
from alliance_modes.plan.parts import RelationTask, SupervisionTask, comparable
from alliance_modes.plan.relations.course import Course
from alliance_modes.relations.collect import collect
from alliance_modes.relations.course import noise
from alliance_modes.relations.course.analysis import analyse
from alliance_modes.relations.course.noise import NOISE
from alliance_modes.relations.course.rated import rated
from alliance_modes.relations.course.rules import CONCERN, FALL, NEXT, OVERALL, Rules, limits
from alliance_modes.relations.course.worth import Clients

PLAN = by_time_alone()


def task(**settings: object) -> RelationTask:
    return task_of("course", PLAN, outcomes=(), **settings)


def peers_of(tables: dict[str, pd.DataFrame]) -> Peers:
    (one,) = rated(task(), tables)
    predictors, model = comparable(one.model, task().predictors)
    asked = SupervisionTask(clients_at_least=1, peers_at_least=5, predictors=predictors, model=model)
    found = fit_peers(asked, tables["session"])
    assert not isinstance(found, Refusal)
    return found


def numbers(tables: dict[str, pd.DataFrame], **settings: object) -> pd.DataFrame:
    found = collect([analyse(task(**settings), tables)])["relations"]
    return found.set_index(["term", "estimand"])


def test_what_is_expected_is_the_mean_of_a_normal_distribution_given_the_earlier_ratings():
    """Brute force: the covariance of one client's ratings written out, and conditioned rating by rating."""
    tables = rated_cohort(1, 12)
    peers = peers_of(tables)
    found = following(peers, 4)
    errors = found.errors(found.rows["value"].to_numpy()[:, None])[:, 0]
    expected = found.rows["value"].to_numpy() - errors * found.own_sd
    client = found.rows[found.rows["enrolment_id"] == "e0007"]
    fit = dict(without_each(peers, parts_of(peers, peers.rows, 4)))[int(client["part"].iloc[0])]
    spread = sum(float(group.covariance[0, 0]) for group in fit.covariances)
    readiness = tables["enrolment"].set_index("enrolment_id").loc["e0007", "readiness_z"]
    design = np.column_stack(
        [np.ones(len(client)), (client["session_no"] - 1) / 10.0, np.full(len(client), readiness)]
    )
    assert fit.names == ("(Intercept)", "time", "readiness_z")
    mean = design @ fit.beta
    covariance = spread + fit.dispersion * np.eye(len(client)) + design @ fit.vcov @ design.T
    for place in range(len(client)):
        known, apart = covariance[:place, :place], client["value"].to_numpy()[:place] - mean[:place]
        weights = np.linalg.solve(known, covariance[:place, place])
        row = client.index[place]
        assert expected[row] == pytest.approx(mean[place] + weights @ apart, abs=1e-9)
        left = covariance[place, place] - weights @ covariance[:place, place]
        assert found.own_sd[row] == pytest.approx(np.sqrt(left), abs=1e-9)


@pytest.mark.slow
def test_what_is_expected_of_a_client_does_not_know_how_their_practitioner_is_rated():
    tables = rated_cohort(2, 12)
    before = following(peers_of(tables))
    own = tables["session"]["practitioner_id"] == "p03"
    moved = {**tables, "session": tables["session"].assign(**{SCALE: tables["session"][SCALE] - 9.0 * own})}
    after = following(peers_of(moved))
    theirs = (before.rows["practitioner_id"] == "p03").to_numpy()
    assert after.rows.loc[theirs, "expected"].to_numpy() == pytest.approx(
        before.rows.loc[theirs, "expected"].to_numpy(), abs=1e-6
    )
    assert not np.allclose(after.rows.loc[~theirs, "expected"], before.rows.loc[~theirs, "expected"])


def test_ratings_made_from_errors_have_these_errors():
    found = following(peers_of(rated_cohort(3, 12)))
    errors = np.random.default_rng(1).standard_normal((len(found.rows), 3))
    assert found.errors(found.from_errors(errors)) == pytest.approx(errors, abs=1e-9)


def test_limits_are_those_of_the_other_parts_and_hold_whatever_the_distribution():
    rng = np.random.default_rng(4)
    part = np.repeat([0, 1], 199)
    errors = np.concatenate([rng.exponential(size=199), 50.0 + rng.exponential(size=199)])
    found = limits(errors, part, 0.95)
    first, second = np.sort(errors[:199]), np.sort(errors[199:])
    assert found.low[0] == second[4] and found.high[0] == second[-5]
    assert found.low[-1] == first[4] and found.high[-1] == first[-5]
    held = []
    for seed in range(300):
        drawn = np.random.default_rng(seed).exponential(size=400)
        low = limits(drawn, np.repeat(np.arange(10), 40), 0.95).low
        held.append((drawn < low).mean())
    assert np.mean(held) == pytest.approx(0.025, abs=0.001) and np.mean(held) <= 0.0252


def test_a_band_that_so_few_ratings_cannot_tell_has_no_limits():
    found = limits(np.arange(20.0), np.repeat([0, 1], 10), 0.95)
    assert np.isinf(found.low).all() and np.isinf(found.high).all()


def of_two_clients() -> tuple[Following, pd.DataFrame]:
    rows = pd.DataFrame(
        {
            "enrolment_id": ["a", "a", "a", "b", "b"],
            "practitioner_id": ["p", "p", "p", "q", "q"],
            "session_no": [1, 2, 5, 1, 3],
            "value": [37.0, 36.0, 35.5, 30.0, 37.0],
            "part": [0, 0, 0, 1, 1],
            "expected": 35.0,
            "sd": 1.0,
        }
    )
    people = pd.DataFrame(
        {
            "enrolment_id": ["a", "b"],
            "practitioner_id": ["p", "q"],
            "end_kind": ["dropped_out", "completed"],
            "last_session": [6, 8],
        }
    )
    return Following(rows, (np.eye(3), np.eye(2))), people


def test_the_rules_in_use_are_a_fall_of_a_point_and_a_total_below_the_one_of_concern():
    found, _ = of_two_clients()
    said = Rules(found, Course(), 36.0).alerts(found.rows["value"].to_numpy()[:, None])
    assert said[FALL][:, 0].tolist() == [False, True, False, False, False]
    assert said[CONCERN][:, 0].tolist() == [False, False, True, True, False]
    assert set(Rules(found, Course(), None).alerts(np.zeros((5, 1)))) == {NEXT, "same_band_for_all"}


@pytest.mark.parametrize("at_a_time", [1, 70, 5_000])
def test_noise_is_counted_as_it_would_be_of_all_cohorts_at_once(at_a_time, monkeypatch):
    """Brute force: every rating of every cohort of noise in one array."""
    tables = rated_cohort(3, 12)
    rules = Rules(following(peers_of(tables)), Course(), 36.0)
    ids = rules.found.rows["enrolment_id"].unique()
    clients = Clients(rules.found.rows, tables["enrolment"].set_index("enrolment_id").loc[ids].reset_index())
    errors = rules.own[NEXT] - rules.own[NEXT].mean()
    drawn = np.random.default_rng([1, 15]).choice(errors, size=(len(errors), NOISE))
    value = rules.found.rows["value"]
    every = rules.alerts(np.clip(rules.found.from_errors(drawn), value.min(), value.max()))
    monkeypatch.setattr(noise, "AT_A_TIME", at_a_time)
    found = noise.alerts_by_chance(rules, clients, 1)
    assert set(found) == set(every) == {NEXT, OVERALL, FALL, CONCERN}
    for name, alerts in every.items():
        lead = clients.lead(alerts)[clients.dropped_out]
        assert found[name].per_rating.tolist() == alerts.mean(axis=0).tolist()
        assert found[name].of_clients.tolist() == clients.alerted(alerts).mean(axis=0).tolist()
        for left in (0, 1, 5, int(lead.max()), int(lead.max()) + 1, 1_000):
            assert found[name].hits(left).tolist() == (lead >= left).mean(axis=0).tolist()
        assert found[name].hits(1).max() > 0


def test_lead_time_is_from_the_first_alert_to_the_last_session():
    found, people = of_two_clients()
    clients = Clients(found.rows, people)
    alerts = np.array([[False, True, True, False, False], [False, False, False, False, True]]).T
    assert clients.lead(alerts).tolist() == [[4.0, -1.0], [-1.0, 5.0]]
    assert clients.alerted(alerts).tolist() == [[True, False], [False, True]]
    assert clients.dropped_out.tolist() == [True, False] and clients.stayed.tolist() == [False, True]
    more = clients.more_before_drop_out(alerts[:, 0])
    assert more.estimate == pytest.approx(2 / 3)


@pytest.mark.slow
def test_held_out_coverage_of_skewed_ratings_is_as_stated_where_normal_limits_are_passed_from_below():
    rows = numbers(rated_cohort(5, 40, skewed=True))
    assert rows.loc[(NEXT, "coverage"), "estimate"] == pytest.approx(0.95, abs=0.02)
    assert rows.loc[(NEXT, "alerts_per_rating"), "estimate"] <= 0.03
    assert rows.loc[(NEXT, "alerts_per_rating_normal_limits"), "estimate"] > 0.035


@pytest.mark.slow
def test_falls_before_dropping_out_are_found_and_the_rule_of_one_point_hits_as_often_by_chance():
    tables = rated_cohort(6, 40, fall=3.0)
    found = analyse(task(), tables)
    rows = collect([found])["relations"].set_index(["term", "estimand"])
    checks = {one.check: one.result for one in found.checks}
    assert checks == dict.fromkeys(("held_out_coverage", "hits_beyond_noise"), "pass")
    assert rows.loc[(NEXT, "more_before_drop_out"), "ci_low"] > 0.0
    assert rows.loc[(NEXT, "hit_rate"), "estimate"] > 2 * rows.loc[(NEXT, "hit_rate_by_noise"), "estimate"]
    assert rows.loc[(FALL, "clients_alerted_by_noise"), "estimate"] > 0.8
    alerts = collect([found])["alerts"]
    sessions = tables["session"].set_index(["enrolment_id", "session_no"])[SCALE]
    assert len(alerts) == round(rows.loc[(NEXT, "alerts_per_rating"), "estimate"] * len(sessions))
    assert (alerts["value"] < alerts["low"]).all() and (alerts["low"] < alerts["expected"]).all()
    where = pd.MultiIndex.from_frame(alerts[["enrolment_id", "session_no"]])
    assert sessions.loc[where].to_numpy() == pytest.approx(alerts["value"].to_numpy())


@pytest.mark.slow
def test_the_same_cohort_gives_the_same_numbers():
    tables = rated_cohort(7, 12)
    assert analyse(task(), tables) == analyse(task(), tables)


def test_too_few_practitioners_or_ratings_are_refused_with_the_reason():
    few = analyse(task(), rated_cohort(8, 8))
    assert few.status == "not_estimated" and "8 practitioners" in few.reason
    ratings = analyse(task(ratings_at_least=5000), rated_cohort(8, 12))
    assert ratings.status == "not_estimated" and "5000 are needed" in ratings.reason


def test_a_cohort_without_such_ratings_is_not_run():
    tables = rated_cohort(9, 12)
    gone = {**tables, "session": tables["session"].drop(columns=[SCALE])}
    found = analyse(task(), gone)
    assert found.status == "not_run" and found.reason == f"no session has a value of {SCALE}"


def test_nobody_who_dropped_out_leaves_hits_unanswered():
    tables = rated_cohort(10, 12)
    stayed = {**tables, "enrolment": tables["enrolment"].assign(end_kind="completed")}
    found = analyse(task(), stayed)
    rows = collect([found])["relations"].set_index(["term", "estimand"])
    assert rows.loc[(NEXT, "hit_rate"), "status"] == "not_estimated"
    assert {one.check: one.result for one in found.checks}["hits_beyond_noise"] == "not_checked"
    assert rows.loc[(NEXT, "coverage"), "status"] == "ok"
