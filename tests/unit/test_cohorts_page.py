"""The page over all cohorts says what was found in each, over them, and why what is not there is not."""

from __future__ import annotations

import pandas as pd

from alliance_modes.dictionary.relations import TABLES
from alliance_modes.plan.plan import Plan
from alliance_modes.relations.cohorts.analysis import few_cohorts
from alliance_modes.reports.over_cohorts.words import HEADINGS, cohorts_said, parts
from alliance_modes.words.rounding import MISSING

WHO = {"model": "completion", "outcome": "completed", "term": "engagement", "level": "between"}


def row(way: str, estimand: str = "coefficient", **values: object) -> dict:
    return {**WHO, "way": way, "estimand": estimand, "status": "ok", **values}


def number(estimate: float) -> dict:
    return {"estimate": estimate, "ci_low": estimate - 0.1, "ci_high": estimate + 0.1}


def effects(*rows: dict) -> pd.DataFrame:
    own = [row("cohort", cohort="first", **number(0.3)), row("cohort", cohort="second", **number(0.5))]
    together = [row("one_stage", **number(0.4)), row("one_stage", "cohorts_differ", p=0.2)]
    points = row("one_stage", "percentage_points", estimate=6.0, ci_low=2.0, ci_high=9.0)
    return TABLES["over_cohorts"].from_rows([*own, *together, points, *rows])


def test_two_cohorts_stand_side_by_side_and_no_average_is_given_with_the_reason():
    refused = row("two_stage", reason=few_cohorts(2)) | {"status": "not_run"}
    found = effects(refused)
    (part,) = parts(found, Plan())
    (line,) = part.table.rows
    assert part.table.headings == HEADINGS[:5]
    assert line[2] == "first 0.30 [0.20, 0.40]; second 0.50 [0.40, 0.60]"
    assert line[3] == "0.40 [0.30, 0.50], or 6.0 points [2.0 to 9.0]"
    assert line[4] == "p .200"
    said = cohorts_said(found)
    assert "first and second" in said and "cannot be told from fewer than 5 (2 here)" in said
    assert part.not_done == ()


def test_what_is_pooled_has_its_mean_and_what_another_cohort_would_have():
    pooled = row("two_stage", **number(0.41))
    predicted = row("two_stage", "prediction_interval", estimate=0.41, ci_low=-0.2, ci_high=1.0)
    found = effects(pooled, predicted)
    (part,) = parts(found, Plan())
    assert part.table.headings == HEADINGS
    assert part.table.rows[0][5:] == ("0.41 [0.31, 0.51]", "[−0.20, 1.00]")
    assert "No average" not in cohorts_said(found)


def test_what_a_cohort_lacks_and_what_a_model_is_without_is_said():
    lacking = row("cohort", cohort="third", reason="no values of completed in this cohort")
    without = row("one_stage", "odds_ratio", reason="without needs, which a cohort lacks", **number(1.5))
    found = effects(lacking | {"status": "not_run", "term": None, "level": None}, without)
    (part,) = parts(found, Plan())
    assert part.not_done == (
        "Programme completion in third: no values of completed in this cohort.",
        "The model of all cohorts is without needs, which a cohort lacks.",
    )


def test_a_model_without_any_number_has_no_table():
    only = TABLES["over_cohorts"].from_rows(
        [row("one_stage", reason="1 of 2 cohorts") | {"status": "not_run"}]
    )
    (part,) = parts(only, Plan())
    assert part.table is None and part.not_done == ("Programme completion: 1 of 2 cohorts.",)
    assert cohorts_said(only) == "No cohort has an estimate."
    assert MISSING not in part.not_done[0]
