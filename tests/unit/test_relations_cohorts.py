"""Effects over cohorts: one model of all rows, each cohort's own, and when they are pooled."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from relation_tables import one_grouping, sessions_of_practitioners

from alliance_modes.domain import MODES
from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.plan.parts import RelationTask, cohorts_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.cohorts import Cohorts
from alliance_modes.plan.relations.relations import Relations
from alliance_modes.pooling.univariate import pooled, reml
from alliance_modes.relations.cohorts.analysis import few_cohorts, over_cohorts

FORMULA = " + ".join(MODES)
PLAN = one_grouping(Plan(), "engagement", FORMULA, tuple(MODES)).model_copy(
    update={"relations": Relations(cohorts=Cohorts(claims=("secondary",))), "draws": 200}
)
TASK = cohorts_task(PLAN)


def cohort(seed: int, educative: float = 0.0, spread: float = 1.0, practitioners: int = 30) -> pd.DataFrame:
    """Sessions whose engagement rises by ``educative`` per SD; its raw scores spread ``spread`` times."""
    people = sessions_of_practitioners(seed, practitioners).drop_duplicates("practitioner_id")
    rows = sessions_of_practitioners(seed, practitioners, educative * people["educative_z"].to_numpy())
    return rows.assign(educative=3.0 + spread * (rows["educative"] - 3.0))


def estimates_of(table: pd.DataFrame, task: RelationTask = TASK) -> pd.DataFrame:
    """As ``estimates.csv`` of one cohort; no rows where it could not be estimated."""
    model = task.models["engagement"]
    found = estimate_outcome(task.predictors, model, model.outcomes[0], table)
    rows = found.estimates if isinstance(found, Estimated) else ()
    who = {"model": "engagement", "outcome": "session_engagement", "n": len(table), "clusters": ""}
    columns = ["model", "outcome", "term", "level", "estimand", "estimate", "se", "df", "statistic", "p"]
    table = pd.DataFrame([{**who, **one.model_dump()} for one in rows])
    return (
        table
        if len(table)
        else pd.DataFrame(columns=[*columns, "ci_low", "ci_high", "n", "clusters", "status"])
    )


def found_over(cohorts: dict[str, pd.DataFrame], task: RelationTask = TASK) -> pd.DataFrame:
    """The table of effects, by way, cohort, term and estimand."""
    tables = {name: {"session": table} for name, table in cohorts.items()}
    own = {name: estimates_of(table, task) for name, table in cohorts.items()}
    found = over_cohorts(task, tables, own)
    return (
        found.assign(cohort=found["cohort"].astype("object").fillna(""))
        .set_index(["way", "cohort", "term", "estimand"])
        .sort_index()
    )


def test_one_model_of_all_rows_is_that_of_a_second_engine_with_the_cohort_fixed():
    cohorts = {"a": cohort(1, 0.2), "b": cohort(2, 0.3, spread=2.0)}
    ours = found_over(cohorts).loc[("one_stage", "", "educative", "coefficient")]
    people = {name: rows.drop_duplicates("practitioner_id") for name, rows in cohorts.items()}
    rows = pd.concat(
        one.assign(who=name + one["practitioner_id"], b=float(name == "b")) for name, one in cohorts.items()
    )
    design = pd.DataFrame({"constant": 1.0, "b": rows["b"]})
    for mode in MODES:
        common = np.sqrt(np.mean([one[mode].var() for one in people.values()]))
        centred = [cohorts[name][mode] - people[name][mode].mean() for name in cohorts]
        design[f"{mode}_z"] = np.concatenate(centred) / common
    theirs = sm.MixedLM(rows["session_engagement"], design, groups=rows["who"]).fit(reml=True)
    assert ours["estimate"] == pytest.approx(theirs.fe_params["educative_z"], abs=1e-4 * ours["se"])
    assert ours["se"] == pytest.approx(theirs.bse_fe["educative_z"], rel=1e-3)
    assert ours["cohorts"] == 2 and "practitioner=60" in ours["clusters"], "equal ids are other people"


def test_a_cohorts_own_effect_is_per_the_sd_of_all_cohorts():
    cohorts = {"a": cohort(1, 0.2), "b": cohort(2, 0.3, spread=2.0)}
    found = found_over(cohorts)
    for name, table in cohorts.items():
        own = estimates_of(table).set_index(["term", "estimand"]).loc[("educative", "coefficient")]
        spreads = [one.drop_duplicates("practitioner_id")["educative"].std() for one in cohorts.values()]
        per_point = own["estimate"] / table.drop_duplicates("practitioner_id")["educative"].std()
        ours = found.loc[("cohort", name, "educative", "coefficient")]
        assert ours["estimate"] == pytest.approx(per_point * np.sqrt(np.mean(np.square(spreads))))
        assert ours["p"] == pytest.approx(own["p"]) and ours["n"] == len(table)


def test_an_effect_that_differs_between_cohorts_is_told_and_one_that_does_not_is_not():
    alike = found_over({"a": cohort(3, 0.3), "b": cohort(4, 0.3), "c": cohort(5, 0.3)})
    apart = found_over({"a": cohort(3, 0.6), "b": cohort(4, 0.0), "c": cohort(5, -0.6)})
    test = ("one_stage", "", "educative", "cohorts_differ")
    assert alike.loc[test, "p"] > 0.05 > 0.001 > apart.loc[test, "p"]
    assert "F on 2" in apart.loc[test, "unit"]
    two = found_over({"a": cohort(3, 0.6), "b": cohort(4, 0.0)}).loc[test]
    assert two["p"] < 0.001 and "F on 1" in two["unit"]


def test_two_cohorts_are_not_pooled_as_a_sample_of_cohorts_and_five_are():
    two = found_over({"a": cohort(6), "b": cohort(7)})
    refused = two.loc[("two_stage", "", "educative", "coefficient")]
    assert refused["status"] == "not_run" and refused["reason"] == few_cohorts(2)
    assert not {"tau_squared", "prediction_interval"} & set(two.index.get_level_values("estimand"))
    assert two.loc[("normal", "", "educative", "coefficient"), "estimate"] == pytest.approx(
        two.loc["cohort"].xs("educative", level="term")["estimate"].mean(), abs=0.1
    )
    five = found_over({f"c{one}": cohort(10 + one, 0.2) for one in range(5)})
    own = five.loc["cohort"].xs("educative", level="term")
    effects, variances = own["estimate"].to_numpy(float), own["se"].to_numpy(float) ** 2
    expected = pooled(effects, variances, reml(effects, variances))
    found = five.loc[("two_stage", "", "educative")]
    assert found.loc["coefficient", "estimate"] == pytest.approx(expected.estimate)
    limits = tuple(found.loc["prediction_interval", ["ci_low", "ci_high"]].astype(float))
    assert limits == pytest.approx(expected.prediction())
    assert found.loc["heterogeneity_test", "statistic"] == pytest.approx(expected.q)
    assert five.loc[("one_stage", "", "educative", "coefficient"), "status"] == "ok"


def test_a_covariate_that_one_cohort_lacks_is_left_out_of_the_model_of_all_and_said():
    task = cohorts_task(_with_needs())
    rng = np.random.default_rng(8)
    known = [cohort(8), cohort(9)]
    known = [rows.assign(needs_between=0.0, needs_within=rng.standard_normal(len(rows))) for rows in known]
    known = [rows.assign(needs=rows["needs_within"]) for rows in known]
    lacking = known[1].assign(needs=np.nan, needs_between=np.nan, needs_within=np.nan)
    row = found_over({"a": known[0], "b": lacking}, task).loc[("one_stage", "", "educative", "coefficient")]
    assert row["n"] == 600 and "without needs" in row["reason"]
    both = found_over({"a": known[0], "b": known[1]}, task)
    assert both.loc[("one_stage", "", "educative", "coefficient"), "reason"] == ""


def _with_needs() -> Plan:
    planned = one_grouping(Plan(), "engagement", f"{FORMULA} + needs", tuple(MODES))
    return planned.model_copy(update={"relations": PLAN.relations, "draws": 200})


def test_different_instruments_and_an_outcome_of_one_cohort_alone_are_refused():
    tables = {"a": cohort(1).assign(instrument="wai_sr"), "b": cohort(2).assign(instrument="another")}
    for way in ("one_stage", "two_stage"):
        row = found_over(tables).loc[(way, "", "educative", "coefficient")]
        assert row["status"] == "not_run" and "different instruments" in row["reason"]
    without = cohort(2).assign(session_engagement=np.nan)
    row = found_over({"a": cohort(1), "b": without}).loc[("one_stage", "", "educative", "coefficient")]
    assert row["status"] == "not_run"
    assert "1 of 2 cohorts" in row["reason"] and "(b: no values" in row["reason"]


def test_a_cohort_without_the_outcome_is_named_beside_the_others():
    tables = {"a": cohort(1), "b": cohort(2), "c": cohort(3).assign(session_engagement=np.nan)}
    found = found_over(tables)
    assert "session_engagement" in found.loc["cohort"].loc["c"]["reason"].iloc[0]
    assert found.loc[("one_stage", "", "educative", "coefficient"), "cohorts"] == 2


def test_too_few_practitioners_are_refused_in_one_model_too():
    row = found_over({"a": cohort(1, practitioners=5), "b": cohort(2, practitioners=5)})
    refused = row.loc[("one_stage", "", "educative", "coefficient")]
    assert refused["status"] == "not_estimated" and "practitioners" in refused["reason"]


def test_only_outcomes_of_the_claims_that_are_asked_for_are_looked_at():
    default = cohorts_task(Plan())
    planned = {name: model.outcomes_with("primary") for name, model in Plan().models.items()}
    assert {name: model.outcomes for name, model in default.models.items()}.keys() == {
        name for name, found in planned.items() if found
    }
    assert "cohorts" not in Plan().relations.made, "it is of no cohort alone"
