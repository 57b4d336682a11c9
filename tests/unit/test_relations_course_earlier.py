"""What earlier cohorts let expect of the ratings of a later one, and whether it is like them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from relation_courses import SCALE, by_time_alone, rated_cohort
from relation_tables import task_of

from alliance_modes.derive.levels import standardise
from alliance_modes.ground.errors import ConfigurationError, ModelError
from alliance_modes.models.design.design import OUTCOME, Refusal
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.plan.parts import RelationTask
from alliance_modes.plan.relations.course import Course
from alliance_modes.relations.collect import collect
from alliance_modes.relations.course.analysis import analyse as analyse_course
from alliance_modes.relations.course.earlier import OWN, Learnt, learnt
from alliance_modes.relations.course.noise import noise
from alliance_modes.relations.course.rated import rated
from alliance_modes.relations.course.rules import NEXT, Rules, limits_of
from alliance_modes.relations.registry import analyse
from alliance_modes.relations.result import Relation
from alliance_modes.running.study import load_study

Tables = dict[str, pd.DataFrame]
TASK = task_of("course", by_time_alone(), outcomes=())
BEFORE = {"north_2024": rated_cohort(1, 14)}
LATER = rated_cohort(2, 6)


def made(tables: Tables = LATER, before: Mapping[str, Tables] = BEFORE, task: RelationTask = TASK) -> Learnt:
    found = asked(tables, before, task)
    assert isinstance(found, Learnt)
    return found


def asked(
    tables: Tables = LATER, before: Mapping[str, Tables] = BEFORE, task: RelationTask = TASK
) -> Learnt | Refusal:
    (one,) = rated(task, tables)
    return learnt(one, task, tables["session"], {name: of["session"] for name, of in before.items()})


def sessions(tables: Tables, **columns: object) -> Tables:
    return {**tables, "session": tables["session"].assign(**columns)}


def checks(found: Relation) -> dict[str, str]:
    return {one.check: one.result for one in found.checks}


def test_what_is_expected_of_a_later_cohort_is_by_the_model_of_the_earlier_ones_alone():
    """Brute force: the earlier cohort fitted by itself, and one client's ratings conditioned one by one."""
    found = made().found
    rows = BEFORE["north_2024"]["session"].rename(columns={SCALE: OUTCOME})
    by = (Grouping("practitioner", ("practitioner_id",)), Grouping("enrolment", ("enrolment_id",)))
    fit = fit_mixed(rows, OUTCOME, ("time", "readiness_z"), by)
    client = LATER["session"][LATER["session"]["enrolment_id"] == "e0003"]
    design = np.column_stack([np.ones(len(client)), client["time"], client["readiness_z"]])
    spread = sum(float(group.covariance[0, 0]) for group in fit.covariances)
    covariance = spread + fit.dispersion * np.eye(len(client)) + design @ fit.vcov @ design.T
    mean, values = design @ fit.beta, client[SCALE].to_numpy()
    of_client = (found.rows["enrolment_id"] == "e0003").to_numpy()
    errors = found.errors(found.rows["value"].to_numpy()[:, None])[of_client, 0]
    for place in range(len(client)):
        weights = np.linalg.solve(covariance[:place, :place], covariance[:place, place])
        expected = mean[place] + weights @ (values - mean)[:place]
        sd = np.sqrt(covariance[place, place] - weights @ covariance[:place, place])
        assert errors[place] == pytest.approx((values[place] - expected) / sd, abs=1e-4)


def test_nothing_is_learnt_from_the_later_cohort():
    before = made().found
    own = LATER["session"]["practitioner_id"] == "p02"
    after = made(sessions(LATER, **{SCALE: LATER["session"][SCALE] - 9.0 * own})).found
    assert after.rows["expected"].to_numpy() == pytest.approx(before.rows["expected"].to_numpy())
    assert after.own_sd == pytest.approx(before.own_sd)


def test_the_limits_are_those_of_held_out_ratings_of_the_earlier_cohorts():
    one = made()
    rules = Rules(one.found, Course(), None, one.before)
    errors = np.sort(one.before.errors(one.before.rows["value"].to_numpy()[:, None])[:, 0])
    place = int(0.025 * (len(errors) + 1))
    assert set(rules.bands[NEXT].low) == {errors[place - 1]} == {limits_of(errors, 0.95)[0]}
    assert set(rules.bands[NEXT].high) == {errors[-place]}
    assert len(one.before.rows) == len(BEFORE["north_2024"]["session"])
    assert set(one.found.rows["enrolment_id"]) == set(LATER["enrolment"]["enrolment_id"])


def test_columns_in_sds_are_in_those_of_the_earlier_clients():
    raw = [BEFORE["north_2024"]["session"]["readiness_z"], LATER["session"]["readiness_z"] + 1.0]
    before = {"a": sessions(BEFORE["north_2024"], readiness=3.0 + 2.0 * raw[0])}
    later = sessions(LATER, readiness=3.0 + 2.0 * raw[1], readiness_z=standardise(raw[1]))
    table = made(later, before).table
    clients = table[table["cohort"] == "a"].drop_duplicates("enrolment_id")["readiness"]
    expected = (table["readiness"] - clients.mean()) / clients.std()
    assert table["readiness_z"].to_numpy() == pytest.approx(expected.to_numpy())


def test_a_predictor_that_the_later_cohort_does_not_record_counts_as_the_mean_of_the_earlier_clients():
    without = {**LATER, "session": LATER["session"].drop(columns=["readiness_z"])}
    clients = BEFORE["north_2024"]["enrolment"]["readiness_z"]
    told = made(sessions(LATER, readiness_z=float(clients.mean()))).found.rows["expected"]
    assert made(without).found.rows["expected"].to_numpy() == pytest.approx(told.to_numpy())


def test_a_later_cohort_that_is_alike_is_not_said_to_differ_and_one_that_is_lower_is():
    alike = analyse(TASK, rated_cohort(2, 15), {"north_2024": rated_cohort(1, 40)})
    assert checks(alike)["like_earlier_cohorts"] == "pass"
    assert checks(alike)["band_between_cohorts"] == "not_checked"
    tables = rated_cohort(2, 15)
    lower = sessions(tables, **{SCALE: tables["session"][SCALE] - 3.0})
    shifted = analyse(TASK, lower, {"north_2024": rated_cohort(1, 40)})
    assert checks(shifted)["like_earlier_cohorts"] == "fail"
    detail = next(one.detail for one in shifted.checks if one.check == "like_earlier_cohorts")
    rows = collect([shifted])["relations"].set_index(["term", "estimand"])
    level = rows.loc[("this_cohort", "coefficient")]
    assert level["ci_high"] < 0 and f"{-level['estimate']:.2f} points lower" in detail
    assert {one.series for one in shifted.points} >= {"expected_from_earlier"}


def test_a_cohort_that_is_lower_throughout_gives_no_alerts_that_noise_like_it_does_not():
    one = made(sessions(LATER, **{SCALE: LATER["session"][SCALE] - 6.0}))
    rules = Rules(one.found, Course(), None, one.before)
    own = rules.alerts(one.found.rows["value"].to_numpy()[:, None])[NEXT]
    chance = np.vstack([values for _, values in noise(rules, 1)])
    assert own.mean() > 0.08
    assert rules.alerts(chance)[NEXT].mean() == pytest.approx(own.mean(), abs=0.03)


def test_each_of_five_earlier_cohorts_is_expected_from_the_others():
    before = {f"c{seed}": rated_cohort(10 + seed, 12) for seed in range(5)}
    one = made(before=before)
    cohort = one.before.rows["enrolment_id"].str.split(" ").str[0]
    parts = one.before.rows.groupby(cohort)["part"]
    assert parts.nunique().tolist() == [1] * 5 and parts.first().nunique() == 5
    assert one.differ and set(one.found.rows["part"]) == {OWN}
    found = analyse(TASK, LATER, before)
    assert checks(found)["band_between_cohorts"] == "pass"


def test_earlier_cohorts_that_cannot_be_learnt_from_are_refused_with_the_reason():
    def why(tables: Tables = LATER, before: Mapping[str, Tables] = BEFORE, **settings: object) -> str:
        task = task_of("course", by_time_alone(), outcomes=(), **settings)
        found = analyse(task, tables, before)
        assert found.status in ("not_run", "not_estimated") and not found.alerts
        return found.reason

    empty = {"old": sessions(LATER, **{SCALE: np.nan})}
    assert why(before=empty) == "old, from which it was to be expected: no such ratings"
    assert "old" not in why(before={**empty, **BEFORE}, ratings_at_least=5000)
    assert "of north_2024" in why(ratings_at_least=5000) and "5000 are needed" in why(ratings_at_least=5000)
    assert "6 practitioners" in why(before={"small": LATER})
    assert why(sessions(LATER, **{SCALE: np.nan})) == "the cohort has no such ratings"
    lost = sessions(LATER, practitioner_id=pd.Series([None] * len(LATER["session"]), dtype="str"))
    assert "no rating of this cohort has all" in why(lost)


def test_another_instrument_is_refused():
    before = {"old": sessions(BEFORE["north_2024"], instrument="wai_36")}
    found = asked(sessions(LATER, instrument="wai_sr"), before)
    assert isinstance(found, Refusal) and found.status == "not_run"
    assert "old: wai_36; this cohort: wai_sr" in found.reason


@pytest.mark.parametrize("lacking", ["site_id", "group_id"])
def test_a_grouping_that_only_the_earlier_cohorts_know_leaves_the_later_one_its_ratings(lacking: str):
    task = task_of("course", by_time_alone(("practitioner", "site", "group", "enrolment")), outcomes=())

    def grouped(tables: Tables) -> Tables:
        groups = tables["session"]["practitioner_id"] + tables["session"]["enrolment_id"].str[-1].isin(
            ["1", "3"]
        ).astype(str)
        return sessions(tables, group_id=groups)

    before = {"old": grouped(BEFORE["north_2024"])}
    later = grouped(LATER)
    without = {**later, "session": later["session"].drop(columns=[lacking])}
    assert len(made(without, before, task).found.rows) == len(LATER["session"])


def test_cohorts_learn_from_those_that_stand_before_them():
    settings = Course(earlier=("first", "second"))
    assert [settings.earlier_than(name) for name in ("first", "second", "third")] == [
        (),
        ("first",),
        ("first", "second"),
    ]
    assert Course().earlier_than("first") == ()
    with pytest.raises(ValueError, match="stands twice"):
        Course(earlier=("first", "first"))


def test_other_analyses_learn_nothing_from_earlier_cohorts():
    with pytest.raises(ModelError, match="learns nothing"):
        analyse(task_of("balance"), LATER, BEFORE)


def test_a_plan_that_learns_from_a_cohort_that_is_not_there_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    plan = Path("config/plan.yaml").read_text()
    (tmp_path / "plan.yaml").write_text(plan.replace("    earlier: []", "    earlier: [north, suoth]"))
    (tmp_path / "config.yaml").write_text("cohorts: {north: north, south: south}\nplan: plan.yaml\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigurationError) as caught:
        load_study(path="config.yaml")
    assert "relations: course: earlier" in str(caught.value) and 'no cohort "suoth"' in str(caught.value)
    (tmp_path / "plan.yaml").write_text(plan.replace("    earlier: []", "    earlier: [north]"))
    study = load_study(path="config.yaml")
    assert (study.earlier("course", "south"), study.earlier("course", "north")) == (["north"], [])
    assert study.earlier("balance", "south") == []


@pytest.mark.slow
def test_the_band_holds_95_percent_of_the_ratings_of_later_cohorts_that_are_alike():
    held = []
    for seed in range(20):
        earlier = {"old": rated_cohort(100 + seed, 40, skewed=True)}
        found = analyse_course(TASK, rated_cohort(200 + seed, 15, skewed=True), earlier)
        rows = collect([found])["relations"].set_index(["term", "estimand"])
        held.append(rows.loc[(NEXT, "coverage"), "estimate"])
    assert np.mean(held) == pytest.approx(0.95, abs=0.01)
