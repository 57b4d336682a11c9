"""What an engine answers without a word, and bad data: ``fit_model`` says a status and shows no number.

Each case is one that the engine alone lets pass (a convergence flag that is true, an SE of 1e148, a
grouping dropped in silence) or gives numbers for that look usable.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from simulated_tables import Truth, analysis_tables

from alliance_modes.ground.errors import ConfigurationError
from alliance_modes.models import outcome as outcome_module
from alliance_modes.models.collect import collect
from alliance_modes.models.engine.distributions import LOGISTIC
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.fitting import fit_model
from alliance_modes.models.result import FitResult
from alliance_modes.plan.parts import estimates_part, model_task
from alliance_modes.plan.plan import Plan, load_plan
from alliance_modes.plan.text import default_plan_yaml

TRUTH = Truth(practitioners=30, groups=45, enrolments=300, sessions=1, practitioner_sd=0.7)
FORMULA = "educative + engagement + therapeutic + mandated"
OUTCOME = {"alliance": "goal", "completion": "completed"}


def _plan(random: tuple[str, ...] = ("practitioner", "group", "site")) -> Plan:
    plan = Plan(draws=200)
    changed = {"formula": FORMULA, "slopes": {}, "random": random}
    models = {
        name: plan.models[name].model_copy(update={**changed, "outcomes": plan.models[name].outcomes[:1]})
        for name in OUTCOME
    }
    return plan.model_copy(update={"models": models})


PLAN = _plan()


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    found = analysis_tables(TRUTH, seed=6)
    return {"alliance": found["alliance"].query("rater == 'client'"), "completion": found["enrolment"]}


def fitted(name: str, table: pd.DataFrame, plan: Plan = PLAN) -> FitResult:
    (fit,) = fit_model(model_task(plan, name), {plan.models[name].table: table}).fits
    return fit


def assert_no_numbers(fit: FitResult, status: str, reason: str) -> None:
    assert fit.status == status and reason in fit.reason, (fit.status, fit.reason)
    assert fit.estimates == () and fit.variances == () and fit.curves == () and fit.refits == ()
    numbers = (fit.loglik, fit.r2_marginal, fit.r2_conditional, fit.icc_adjusted, fit.icc_unadjusted)
    assert all(value is None for value in numbers)
    name = "completion" if fit.family == "logistic" else "alliance"
    result = fit_model(model_task(PLAN, name), {PLAN.models[name].table: None}).model_copy(
        update={"fits": (fit,)}
    )
    (row,) = collect([result], estimates_part(PLAN)).estimates.to_dict("records")
    assert row["status"] == status and pd.isna(row["estimate"]) and pd.isna(row["p"])


def _near_copy(table: pd.DataFrame) -> pd.DataFrame:
    """A second predictor that is the first and a hair more, between practitioners."""
    noise = pd.Series(np.random.default_rng(1).normal(size=40), index=[f"p{n:03d}" for n in range(40)])
    return table.assign(engagement_z=table["educative_z"] + 1e-4 * table["practitioner_id"].map(noise))


def _never_complete(table: pd.DataFrame) -> pd.DataFrame:
    """Each row lacks one of two predictors."""
    even = np.arange(len(table)) % 2 == 0
    return table.assign(
        educative_z=table["educative_z"].where(even), engagement_z=table["engagement_z"].where(~even)
    )


def _first(count: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """All rows given to the first practitioners, with their own mode use."""

    def change(table: pd.DataFrame) -> pd.DataFrame:
        lead = np.arange(len(table)) % count
        use = np.random.default_rng(2).normal(size=(count, 3))
        modes = {
            f"{mode}_z": use[lead, at] for at, mode in enumerate(("educative", "engagement", "therapeutic"))
        }
        return table.assign(practitioner_id=[f"p{number}" for number in lead], **modes)

    return change


REFUSED = {
    "constant predictor": (lambda t: t.assign(educative_z=0.3), "not_estimated", "same value in every row"),
    "duplicated predictor": (
        lambda t: t.assign(therapeutic_z=t["educative_z"]),
        "not_estimated",
        "all but determine educative_z, therapeutic_z",
    ),
    "sum of two predictors": (
        lambda t: t.assign(therapeutic_z=t["educative_z"] - 2 * t["engagement_z"]),
        "not_estimated",
        "all but determine",
    ),
    "nearly collinear modes": (_near_copy, "not_estimated", "all but determine educative_z, engagement_z"),
    "one practitioner": (_first(1), "not_estimated", "same value in every row"),
    "two practitioners": (_first(2), "not_estimated", ""),
    "three practitioners": (_first(3), "not_estimated", ""),
    "ten practitioners": (_first(10), "not_estimated", "10 practitioners for 3 predictors"),
    "no row complete": (
        _never_complete,
        "not_estimated",
        "no row has the outcome and every predictor",
    ),
    "predictor without values": (
        lambda t: t.assign(educative_z=np.nan), "not_run", "no values of educative_z",
    ),
    "column that is absent": (
        lambda t: t.drop(columns="educative_z"), "not_run", "has no column educative_z",
    ),
    "no rows": (lambda t: t.iloc[:0], "not_run", "no rows in this cohort"),
}  # fmt: skip


@pytest.mark.parametrize("name", OUTCOME)
@pytest.mark.parametrize("case", REFUSED)
def test_bad_data_have_a_status_and_no_number(case: str, name: str, tables: dict[str, pd.DataFrame]) -> None:
    change, status, reason = REFUSED[case]
    assert_no_numbers(fitted(name, change(tables[name])), status, reason)


@pytest.mark.parametrize("name", OUTCOME)
def test_practitioners_surveyed_too_late_are_the_reason_given(
    name: str, tables: dict[str, pd.DataFrame]
) -> None:
    table = tables[name]
    people = sorted(table["practitioner_id"].unique())
    modes = ["educative_z", "engagement_z", "therapeutic_z"]
    why = {person: "no_survey" if at < 3 else "only_later" for at, person in enumerate(people)}
    late = table.assign(exposure=table["practitioner_id"].map(why), **dict.fromkeys(modes, np.nan))
    said = (
        f"no values of educative_z, engagement_z, therapeutic_z in this cohort; of mode use: of "
        f"{len(people)} practitioners {len(people) - 3} were surveyed only after their first enrolment had "
        "started, 3 were not surveyed; plan: exposure.waves"
    )
    assert_no_numbers(fitted(name, late), "not_run", said)
    kept = people[:4]
    some = table.assign(
        exposure=table["practitioner_id"].map(lambda one: "measured" if one in kept else "only_later")
    )
    some.loc[~some["practitioner_id"].isin(kept), modes] = np.nan
    found = fitted(name, some)
    assert found.status == "not_estimated", found.reason
    assert f"{len(people) - 4} were surveyed only after" in found.reason
    other = fitted(name, table.assign(exposure="measured", **dict.fromkeys(modes, np.nan)))
    assert "of mode use" not in other.reason


def test_late_surveys_are_no_reason_where_nobody_of_the_population_was_late(
    tables: dict[str, pd.DataFrame],
) -> None:
    """Outcomes of two practitioners alone, both surveyed in time: late surveys left out no row."""
    table = tables["completion"]
    people = sorted(table["practitioner_id"].unique())
    seen = table["practitioner_id"].isin(people[:2])
    some = table.assign(
        exposure=np.where(seen, "measured", "only_later"), completed=table["completed"].where(seen)
    )
    found = fitted("completion", some)
    assert found.status == "not_estimated" and "2 practitioners for" in found.reason
    assert "of mode use" not in found.reason


@pytest.mark.parametrize("name", OUTCOME)
def test_outcomes_all_alike_or_all_missing(name: str, tables: dict[str, pd.DataFrame]) -> None:
    table, column = tables[name], OUTCOME[name]
    assert_no_numbers(fitted(name, table.assign(**{column: 1.0})), "not_estimated", "same outcome (1)")
    found = fitted(name, table.assign(**{column: np.nan}))
    assert_no_numbers(found, "not_run", "")
    assert "no row of the analysis table" in found.reason or f"no values of {column}" in found.reason


def test_separation_in_every_form(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["completion"]
    alone = table.assign(completed=(table["educative_z"] > 0).astype(float))
    assert_no_numbers(fitted("completion", alone), "not_converged", "educative_z separates the outcomes")
    together = table["educative_z"] + table["engagement_z"] - table["therapeutic_z"] > 0.1
    found = fitted("completion", table.assign(completed=together.astype(float)))
    assert_no_numbers(found, "not_converged", "separates the outcomes")
    one_failure = table.assign(completed=1.0)
    one_failure.loc[table.index[5], "completed"] = 0.0
    found = fitted("completion", one_failure)
    assert found.status != "ok" or all(abs(row.estimate or 0) < 15 for row in found.estimates)


@pytest.mark.slow
def test_one_site_is_named_and_not_a_plain_regression_in_silence(tables: dict[str, pd.DataFrame]) -> None:
    for name, table in tables.items():
        found = fitted(name, table.assign(site_id="s0"))
        assert found.status in ("ok", "singular")
        assert "site left out: all rows are of one site" in found.reason and "| site" not in found.formula
        check = next(one for one in found.diagnostics if one.check == "groupings as planned")
        assert check.result == "fail"


def test_every_grouping_of_one_level_is_said_to_be_a_plain_regression(
    tables: dict[str, pd.DataFrame],
) -> None:
    plan = _plan(random=("site",))
    found = fitted("completion", tables["completion"].assign(site_id="s0"), plan)
    assert found.status == "ok" and "site left out" in found.reason and "(1 |" not in found.formula


def test_rows_that_the_engine_would_drop_are_counted_before(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["completion"].copy()
    table.loc[table.index[:40], "educative_z"] = np.nan
    table.loc[table.index[40:50], "practitioner_id"] = None
    found = fitted("completion", table)
    assert (found.n, found.rows_missing) == (len(table) - 50, 50)
    check = next(one for one in found.diagnostics if one.check == "complete rows")
    assert (
        check.result == "fail" and "educative_z 40" in check.detail and "practitioner_id 10" in check.detail
    )


def test_rows_dropped_by_the_engine_all_the_same_are_refused(
    tables: dict[str, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = outcome_module.fit_structure

    def short(design, model, *_, **__):
        structure = whole(design, model)
        fit = type(structure.fit)(**{**vars(structure.fit), "nobs": structure.fit.nobs - 3})
        return type(structure)(fit, structure.groupings)

    monkeypatch.setattr(outcome_module, "fit_structure", short)
    rows = len(tables["completion"])
    assert_no_numbers(
        fitted("completion", tables["completion"]),
        "not_estimated",
        f"used {rows - 3} of {rows} complete rows",
    )


@pytest.mark.slow
def test_unused_categories_of_a_grouping_change_nothing(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["completion"]
    names = sorted(table["practitioner_id"].unique())
    padded = table.assign(practitioner_id=pd.Categorical(table["practitioner_id"], ["x", *names, "y", "z"]))
    assert fitted("completion", padded).estimates == fitted("completion", table).estimates
    assert fitted("completion", padded).clusters["practitioner"] == len(names)


def test_quadrature_is_recorded_as_it_ran(tables: dict[str, pd.DataFrame]) -> None:
    assert fitted("completion", tables["completion"]).criterion == "Laplace"
    one = fitted("completion", tables["completion"], _plan(random=("practitioner",)))
    assert one.criterion == "quadrature, 11 nodes"


def test_singular_fits_name_what_is_at_zero(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["completion"]
    idle = table.assign(site_id=[f"s{number % 5}" for number in range(len(table))])
    found = fitted("completion", idle)
    assert found.status == "singular" and "variance at zero" in found.reason
    assert all(row.status == "singular" for row in found.estimates)


def test_the_engine_alone_would_have_said_nothing(tables: dict[str, pd.DataFrame]) -> None:
    """The traps are real: without the checks each of these comes out as a converged fit."""
    table = tables["completion"]
    lead = (Grouping("practitioner", ("practitioner_id",)),)
    alike = fit_mixed(table.assign(completed=1.0), "completed", ["educative_z"], lead, LOGISTIC)
    assert alike.converged and alike.se[1] > 1e3
    double = table.assign(again=table["educative_z"])
    assert fit_mixed(double, "completed", ["educative_z", "again"], lead, LOGISTIC).converged
    few = _first(3)(table)
    three = ["educative_z", "engagement_z"]
    assert fit_mixed(few, "completed", three, lead, LOGISTIC).converged


def test_a_plan_that_names_an_unknown_column_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(
        default_plan_yaml().replace("column: educative_z", "column: educativ_z"), encoding="utf-8"
    )
    with pytest.raises(ConfigurationError, match="educativ_z") as caught:
        load_plan(path)
    assert caught.value.problems[0].line
