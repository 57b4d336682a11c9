"""Ruptures are counted over clients, falls are set beside noise, and drop-out follows what came before it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from relation_ruptures import SEM, ruptured, scales
from relation_tables import task_of

from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.rupture import Rupture
from alliance_modes.relations.collect import collect
from alliance_modes.relations.rupture.analysis import analyse
from alliance_modes.relations.rupture.ends import ever_rupture, last_rupture
from alliance_modes.relations.rupture.falls import (
    REACH,
    Ratings,
    by_noise,
    by_one_sd,
    falls_of,
    ratings_of,
    what_falls,
)
from alliance_modes.relations.rupture.recorded import rate, recorded

PART = "dropout.dropped_out"


def task() -> RelationTask:
    plan = Plan()
    dropout = plan.models["dropout"]
    changed = {"formula": "unrepaired_rupture + session", "random": ("practitioner",)}
    model = dropout.model_copy(update={**changed, "outcomes": dropout.outcomes[:1]})
    return task_of("rupture", plan.model_copy(update={"models": {"dropout": model}}))


def found_in(sessions: pd.DataFrame, errors: pd.DataFrame | None = None) -> dict[str, pd.DataFrame]:
    return collect([analyse(task(), {"session": sessions, "scales": scales() if errors is None else errors})])


def ratings(values: list[list[float]]) -> Ratings:
    longest = max(map(len, values))
    padded = np.array([[*row, *[np.nan] * (longest - len(row))] for row in values])
    session = np.where(np.isfinite(padded), np.arange(1.0, longest + 1), np.nan)
    return Ratings(padded, session, pd.DataFrame(index=range(len(values))))


def test_rates_of_recorded_ruptures_are_counts_over_clients_and_sessions():
    sessions = ruptured(1, 10)
    sessions.loc[sessions.index[::7], "rupture"] = None
    rows = pd.DataFrame([one.model_dump() for one in recorded(sessions)]).set_index(["term", "estimand"])
    known = sessions[sessions["rupture"].notna()]
    confronted = known[known["rupture"] == "confrontation"]
    clients = known["enrolment_id"].nunique()
    estimates = rows["estimate"]
    assert estimates["confrontation", "events_per_client"] == pytest.approx(len(confronted) / clients)
    assert estimates["confrontation", "per_hundred_sessions"] == pytest.approx(
        100 * len(confronted) / len(known)
    )
    with_one = confronted["enrolment_id"].nunique() / clients
    assert estimates["confrontation", "share_of_clients"] == pytest.approx(with_one)
    repaired = confronted["rupture_resolved"].astype(float).mean()
    assert estimates["confrontation", "share_repaired"] == pytest.approx(repaired)
    kinds = estimates.xs("per_hundred_sessions", level="estimand")
    assert kinds["any_kind"] == pytest.approx(kinds["withdrawal"] + kinds["confrontation"])


def test_the_interval_of_a_rate_is_wider_where_clients_of_a_practitioner_are_alike():
    events = pd.Series([4.0, 4.0, 4.0, 0.0, 0.0, 0.0, 2.0, 2.0, 2.0])
    at_risk = pd.Series(10.0, index=events.index)
    lead = pd.Series(list("aaabbbccc"))
    alone, together = (rate(events, at_risk, groupings) for groupings in ((lead.index.to_series(),), (lead,)))
    assert alone.estimate == together.estimate == pytest.approx(20.0)
    assert together.low < alone.low < 20.0 < alone.high < together.high
    sums = np.array([6.0, -6.0, 0.0]) / 90.0
    se = np.sqrt(3 / 2 * (sums**2).sum())
    from scipy.stats import t

    assert together.high == pytest.approx(20.0 * np.exp(t.ppf(0.975, 2) * se / 0.2))


def test_no_ruptures_recorded_and_kinds_not_told_apart_are_said():
    without = ruptured(2, 9).assign(rupture=None)
    found = found_in(without)
    rows = found["relations"].set_index(["part", "term"])
    assert "no session says" in rows.loc[("recorded", "any_kind"), "reason"]
    assert PART not in rows.index.get_level_values("part")
    one_kind = ruptured(2, 9)
    one_kind["rupture"] = one_kind["rupture"].replace("confrontation", "withdrawal")
    checks = found_in(one_kind)["relation_checks"].set_index("check")
    assert checks.loc["kinds_told_apart", "result"] == "fail"
    assert checks.loc["agreement_of_coders", "result"] == "not_checked"
    assert analyse(task(), {}).reason == "no sessions"


def test_falls_are_those_of_a_loop_over_people():
    rng = np.random.default_rng(3)
    people = [list(30 + 3 * rng.standard_normal(rng.integers(6, 12))) for _ in range(40)]
    limit = 4.0
    drops: list[float] = []
    lengths: list[int] = []
    backs = seen = with_one = 0
    for row in people:
        falls = [at for at in range(1, len(row)) if row[at - 1] - row[at] > limit]
        with_one += bool(falls)
        for at in falls:
            drops.append(row[at - 1] - row[at])
            later = range(at + 1, len(row))
            seen += bool(later)
            back = next((when for when in later if row[at - 1] - row[when] <= limit), None)
            if back is not None:
                backs, lengths = backs + 1, [*lengths, back - at]
    made = ratings(people)
    found = what_falls(made, made.values, limit)
    followed = sum(len(row) - 1 for row in people)
    assert found["share_of_clients"] == pytest.approx(with_one / 40)
    assert found["per_hundred_ratings"] == pytest.approx(100 * len(drops) / followed)
    assert found["size"] == pytest.approx(np.mean(drops))
    assert found["sessions_until_back"] == pytest.approx(np.mean(lengths))
    assert found["share_repaired"] == pytest.approx(backs / seen)


def test_the_rule_of_one_sd_flags_two_in_three_people_at_three_ratings_of_pure_noise():
    values = np.random.default_rng(4).standard_normal((20_000, 3))
    assert by_one_sd(values).mean() == pytest.approx(2 / 3, abs=0.012)
    rule = [row.std(ddof=1) <= max(row[0] - row[1], row[1] - row[2]) for row in values[:500]]
    assert by_one_sd(values[:500]).tolist() == rule


def test_noise_falls_beyond_the_limit_in_one_of_forty_pairs_whatever_the_error():
    made = ratings([[0.0] * 10] * 200)
    for sem in (0.5, 3.0):
        noise = by_noise(made, sem, REACH * sem, 5).numbers
        assert noise["per_hundred_ratings"].mean() == pytest.approx(2.5, abs=0.1)
    assert noise["share_of_clients"].mean() > 0.15


def test_a_cohort_of_pure_noise_does_not_pass_for_one_with_ruptures_and_one_with_falls_does():
    sessions = ruptured(12, 20)
    checks = found_in(sessions)["relation_checks"].set_index("check")
    assert checks.loc["beyond_noise", "result"] == "fail"
    falls = sessions["session_no"].isin([5, 9]) & (sessions["enrolment_id"].str[-1].astype(int) < 4)
    fallen = sessions.assign(srs_total=sessions["srs_total"].where(~falls, sessions["srs_total"] - 8.0))
    found = found_in(fallen)
    assert found["relation_checks"].set_index("check").loc["beyond_noise", "result"] == "pass"
    rows = found["relations"].set_index(["term", "estimand"])
    assert rows.loc[("fall", "size"), "estimate"] > rows.loc[("fall", "size_by_noise"), "ci_high"]


def test_fewer_ratings_than_six_and_ratings_without_error_are_refused():
    sessions = ruptured(7, 9)
    early = sessions.assign(srs_total=sessions["srs_total"].where(sessions["session_no"] <= 5))
    reasons = {
        "0 people with 6 ratings or more": (early, scales()),
        "no standard error of measurement": (sessions, scales().iloc[:0]),
        "no session has srs_total": (sessions.drop(columns="srs_total"), scales()),
    }
    for said, (table, errors) in reasons.items():
        rows = falls_of(table, errors, Rupture(), 1).estimates
        assert [one.status for one in rows] == ["not_run"] and said in rows[0].reason
    assert len(ratings_of(sessions, "srs_total", 6).values) > 20
    with pytest.raises(ValueError, match="greater than or equal to 6"):
        Rupture(ratings=3)


def test_the_last_rupture_up_to_the_session_before_is_that_of_a_loop():
    sessions = ruptured(8, 9)
    sessions.loc[sessions.index[::5], "rupture"] = None
    ours = last_rupture(sessions, "confrontation")
    for _, rows in sessions.groupby("enrolment_id"):
        last = "none"
        for place, kind in rows["rupture"].items():
            assert ours[place] == (last == "confrontation")
            last = kind if kind in ("withdrawal", "confrontation") else last
        ever = (rows["rupture"] == "confrontation").any()
        assert (ever_rupture(sessions, "confrontation")[rows.index] == ever).all()


def test_confrontation_before_drop_out_is_found_and_told_from_withdrawal():
    rows = found_in(ruptured(9, 40, after={"confrontation": 1.2}))["relations"]
    rows = rows[rows["part"] == PART].set_index(["term", "estimand"])
    assert rows.loc[("confrontation", "coefficient"), "ci_low"] > 0.5
    assert rows.loc[("withdrawal", "coefficient"), "ci_low"] < 0.0
    assert rows.loc[("confrontation_less_withdrawal", "hazard_ratio"), "ci_low"] > 1.0
    apart = rows["estimate"]["confrontation", "coefficient"] - rows["estimate"]["withdrawal", "coefficient"]
    assert rows["estimate"]["confrontation_less_withdrawal", "coefficient"] == pytest.approx(apart)
    assert ("unrepaired_rupture", "hazard_ratio_beside_repair") in rows.index


def test_ruptures_at_any_time_seem_to_keep_people_where_they_do_nothing():
    rows = found_in(ruptured(10, 40))["relations"]
    rows = rows[rows["part"] == PART].set_index(["term", "estimand"])
    for kind in ("withdrawal", "confrontation"):
        assert rows.loc[(kind, "hazard_ratio_ever"), "ci_high"] < 1.0
        assert rows.loc[(kind, "hazard_ratio"), "ci_low"] < 1.0 < rows.loc[(kind, "hazard_ratio"), "ci_high"]


def test_the_errors_that_noise_is_made_of_are_those_of_the_cohort():
    sessions = ruptured(11, 20)
    told = found_in(sessions, scales(2 * SEM))["relation_checks"].set_index("check")
    assert f"more than {2 * REACH * SEM:.2f}" in told.loc["beyond_noise", "detail"]
