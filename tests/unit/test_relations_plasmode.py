"""Would this cohort have found it: what is drawn, what is counted, and what every gate refuses."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from relation_tables import one_grouping, sessions_of_practitioners, task_of
from scipy import stats

from alliance_modes.plan.plan import Plan
from alliance_modes.plan.relations.plasmode import Plasmode
from alliance_modes.relations.collect import collect
from alliance_modes.relations.plasmode.analysis import EACH, analyse
from alliance_modes.reports.research.relations.block import numbers_of
from alliance_modes.reports.research.relations.section import BLOCKS

PLAN = one_grouping(Plan(), "engagement", "educative", ("educative",))
PART = "engagement.session_engagement"
ON = {"claim": "exploratory", "outcomes": (PART,), "effects": {"standardised": 0.3}}


def found_in(table: pd.DataFrame, **settings: object) -> dict[str, pd.DataFrame]:
    task = task_of("plasmode", PLAN, **{**ON, "cohorts": 20, **settings})
    return collect([analyse(task, {"session": table})])


def numbers(found: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return found["relations"].set_index(["term", "estimand"]).sort_index()


def reason(table: pd.DataFrame, **settings: object) -> tuple[str, str]:
    (row,) = found_in(table, **settings)["relations"].itertuples()
    return row.status, row.reason


def test_it_is_off_unless_a_plan_asks_for_it():
    assert Plasmode().claim == "off" and "plasmode" not in Plan().relations.made


@pytest.mark.slow
def test_what_it_counts_is_the_exact_t_test_of_the_cohorts_own_practitioners():
    """Balanced, one grouping: by the practitioners' means, with the variances that the fit has."""
    practitioners = 24
    table = sessions_of_practitioners(5, practitioners)
    found = numbers(found_in(table, cohorts=400))
    means = table.groupby("practitioner_id")["session_engagement"].mean()
    values = table.groupby("practitioner_id")["educative_z"].first()
    line = stats.linregress(values, means)
    residual = means - line.intercept - line.slope * values
    variance = (residual**2).sum() / (practitioners - 2)  # of a practitioner's mean: what REML has here
    se = np.sqrt(variance / ((values - values.mean()) ** 2).sum())
    effect = 0.3 * table["session_engagement"].std(ddof=1)
    needed = stats.t.ppf(0.975, practitioners - 2)
    exact = stats.nct.sf(needed, practitioners - 2, effect / se)
    by_z = 2.0 * stats.t.sf(stats.norm.ppf(0.975), practitioners - 2)
    power, type_one = found.loc[("educative", "power")], found.loc[("educative", "type_one_error")]
    plain = found.loc[("educative", "type_one_error_plain")]
    assert abs(power["estimate"] - exact) < 3 * power["se"] and power["n"] == 200
    assert abs(type_one["estimate"] - 0.05) < 3 * type_one["se"]
    assert abs(plain["estimate"] - by_z) < 3 * plain["se"] and plain["estimate"] > type_one["estimate"]
    assert abs(found.loc[("educative", "bias"), "estimate"]) < 3 * found.loc[("educative", "bias"), "se"]
    assert abs(found.loc[(EACH, "coverage"), "estimate"] - 0.95) < 3 * found.loc[(EACH, "coverage"), "se"]
    assert found.loc[("educative", "effect"), "estimate"] == pytest.approx(0.3)


def test_what_was_found_in_the_cohort_is_not_put_into_what_is_drawn():
    table = sessions_of_practitioners(6, 40)
    with_effect = table.assign(session_engagement=table["session_engagement"] + 0.8 * table["educative_z"])
    settings = {"cohorts": 40, "effects": {"standardised": 1.2}}
    strong = numbers(found_in(with_effect, **settings))
    assert strong.loc[("educative", "power"), "estimate"] == 1.0
    assert strong.loc[("educative", "type_one_error"), "estimate"] < 0.3
    assert strong.loc[("educative", "detectable"), "estimate"] < 1.2


def test_the_same_plan_draws_the_same_cohorts():
    table = sessions_of_practitioners(6, 20)
    pd.testing.assert_frame_equal(found_in(table)["relations"], found_in(table)["relations"])


def test_every_gate_refuses_with_its_reason():
    table = sessions_of_practitioners(7, 14)
    assert reason(table) == ("not_run", "14 practitioners; at least 15 are required")
    table = sessions_of_practitioners(7, 20)
    status, said = reason(table, effects={"percentage_points": 10.0})
    assert (status, said) == ("not_run", "the plan gives no effect for outcomes shown by standardised")
    assert reason(table, effects={"standardised": 5.0})[1] == "no effect on this outcome is as large as 5"
    status, said = reason(table.assign(session_engagement=np.nan))
    assert status == "not_run" and "no values of session_engagement" in said
    status, said = reason(table, outcomes=("engagement.other",))
    assert (status, said) == ("not_run", "the plan has none of the outcomes that are asked for")
    hazard = task_of("plasmode", Plan(), claim="exploratory", outcomes=("dropout.dropped_out",))
    (row,) = analyse(hazard, {"session": table}).estimates
    assert row.status == "not_run" and "ends cannot be drawn session by session" in row.reason


def test_a_model_that_tests_nothing_between_practitioners_is_refused():
    rng = np.random.default_rng(1)
    table = sessions_of_practitioners(8, 20)
    table = table.assign(use_educative_within=rng.standard_normal(len(table)))
    plan = one_grouping(Plan(), "engagement", "educative_in_session", ("educative_in_session",))
    task = task_of("plasmode", plan, **ON)
    (row,) = analyse(task, {"session": table}).estimates
    assert row.reason == "it tests no predictor that differs between practitioners alone"


@pytest.mark.parametrize("effects", [{"standardised": 0.0}, {"ratio": 1.0}])
def test_an_effect_of_none_is_refused(effects):
    with pytest.raises(ValidationError, match="is none"):
        Plasmode(effects=effects)


def test_few_practitioners_and_a_variance_of_zero_are_told():
    rng = np.random.default_rng(9)
    table = sessions_of_practitioners(9, 20)
    checks = found_in(table)["relation_checks"].set_index("check")
    assert checks.loc["drawn_cohorts_estimated", "detail"] == "20 of 20 drawn cohorts could be estimated"
    assert "below 25 nothing that is found is claimed" in checks.loc["practitioners_for_a_claim", "detail"]
    assert checks.loc["variance_between_practitioners", "result"] == "pass"
    mean = rng.standard_normal(len(table))
    flat = mean - pd.Series(mean).groupby(table["practitioner_id"]).transform("mean").to_numpy()
    checks = found_in(table.assign(session_engagement=flat))["relation_checks"].set_index("check")
    assert checks.loc["variance_between_practitioners", "result"] in ("pass", "fail")


def test_the_block_says_what_would_have_been_found_and_why_nothing_was_drawn():
    table = sessions_of_practitioners(10, 20)
    found = found_in(table)
    inputs: Any = SimpleNamespace(
        plan=PLAN, **{name: found[name] for name in ("relations", "relation_checks")}
    )
    inputs.relation_points = found["relation_points"]
    block = BLOCKS["plasmode"](numbers_of("plasmode", inputs))
    assert "0.30 standard deviations per 1 SD of practitioners would have been found" in block.said[0]
    assert any("20 practitioners: below 25 nothing" in text for text in block.said)
    rows = block.tables[0].rows
    assert [row[1] for row in rows] == ["Educative mode", "Each in turn"]
    assert rows[0][2] == "0.30" and rows[0][3].endswith("%") is False and "±" in rows[0][3]
    refused = found_in(sessions_of_practitioners(10, 12))
    inputs = SimpleNamespace(plan=PLAN, **{name: refused[name] for name in refused})
    empty = BLOCKS["plasmode"](numbers_of("plasmode", inputs))
    assert empty.tables == () and "12 practitioners; at least 15 are required" in empty.not_done[0]
