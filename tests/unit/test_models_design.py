"""Which rows, columns and groupings a model is fitted to, and what is said about the rest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog
from simulated_tables import Truth, analysis_tables

from alliance_modes.models.design.build import build_design
from alliance_modes.models.design.collinearity import variance_inflation
from alliance_modes.models.design.design import Design, Refusal
from alliance_modes.models.design.separation import cancel, separating_columns
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.fitting import fit_model
from alliance_modes.models.refusals import refusal_before
from alliance_modes.plan.parts import model_task
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.terms import PlannedModel, Predictor

PLAN = Plan()
SMALL = Truth(practitioners=30, groups=60, enrolments=300, sessions=3)


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    return {name: table.copy() for name, table in analysis_tables(SMALL, seed=2).items()}


def built(table: pd.DataFrame | None, name: str, model: PlannedModel | None = None, plan: Plan = PLAN):
    model = model or plan.models[name]
    return build_design(table, model, model.outcomes[0], plan.predictors)


def test_population_and_missing_rows_are_counted(tables: dict[str, pd.DataFrame]) -> None:
    alliance = tables["alliance"]
    client = alliance.index[alliance["rater"] == "client"]
    alliance.loc[client[:5], "goal"] = np.nan
    alliance.loc[client[3:10], "readiness_z_within"] = np.nan
    alliance.loc[alliance.index[alliance["rater"] == "practitioner"][:40], "goal"] = np.nan
    design = built(alliance, "alliance")
    assert (len(design.frame), design.rows_missing) == (len(client) - 10, 10)
    assert dict(design.missing)["goal"] == 5 and dict(design.missing)["readiness_z_within"] == 7


def test_rows_without_a_countable_outcome_are_not_missing_data(tables: dict[str, pd.DataFrame]) -> None:
    """An administrative end has no ``completed``: it is outside the population, not missing."""
    enrolment = tables["enrolment"]
    enrolment.loc[:19, "completed"] = np.nan
    enrolment.loc[20:29, "denominator"] = False
    enrolment.loc[30:31, "needs_within"] = np.nan
    design = built(enrolment, "completion")
    assert (len(design.frame), design.rows_missing) == (268, 2)


def test_practitioner_level_columns_are_found_in_the_data(tables: dict[str, pd.DataFrame]) -> None:
    design = built(tables["enrolment"], "completion")
    found = {column.name for column in design.columns if column.practitioner_level}
    modes = {"educative_z", "engagement_z", "therapeutic_z"}
    assert found == modes | {
        f"{name}_between" for name in ("mandated", "needs", "risk_score_z", "readiness_z")
    }
    assert design.practitioner_columns == 7 and design.practitioners == 30


def test_split_predictors_have_both_levels(tables: dict[str, pd.DataFrame]) -> None:
    design = built(tables["session"], "engagement")
    levels = {(column.term, column.level) for column in design.columns}
    assert {("mandated", "between"), ("mandated", "within"), ("time", "")} < levels
    assert {("educative", "between"), ("educative", "within")} < levels


@pytest.mark.parametrize(
    ("spoil", "grouping", "reason"),
    [
        (lambda table: table.assign(site_id="one"), "site", "all rows are of one site"),
        (lambda table: table.assign(group_id=table["practitioner_id"]), "group", "as practitioner does"),
        (lambda table: table.assign(group_id=table["enrolment_id"]), "group", "every row is its own group"),
    ],
)
def test_groupings_that_cannot_be_told_apart_are_left_out_and_named(
    tables: dict[str, pd.DataFrame], spoil, grouping: str, reason: str
) -> None:
    design = built(spoil(tables["enrolment"]), "completion")
    assert [name for name, _ in design.dropped] == [grouping]
    assert reason in design.dropped[0][1]
    assert grouping not in {kept.name for kept in design.groupings}
    assert grouping in design.clusters


def test_absent_data_are_not_run_and_say_why(tables: dict[str, pd.DataFrame]) -> None:
    enrolment = tables["enrolment"]
    cases = {
        "has no rows": (None, enrolment.iloc[:0]),
        "no column engagement_z": (enrolment.drop(columns="engagement_z"),),
        "no values of educative_z": (enrolment.assign(educative_z=np.nan),),
        "is about Programme completion": (enrolment.assign(denominator=False),),
    }
    for said, spoiled in cases.items():
        for table in spoiled:
            found = built(table, "completion")
            assert isinstance(found, Refusal) and found.status == "not_run"
            assert said in found.reason


def test_no_complete_row_is_not_estimated(tables: dict[str, pd.DataFrame]) -> None:
    enrolment = tables["enrolment"]
    half = np.arange(len(enrolment)) % 2 == 0
    enrolment["needs_within"] = enrolment["needs_within"].where(half)
    enrolment["risk_score_z_within"] = enrolment["risk_score_z_within"].where(~half)
    found = built(enrolment, "completion")
    assert isinstance(found, Refusal) and found.status == "not_estimated"


def test_categories_become_columns_against_their_reference(tables: dict[str, pd.DataFrame]) -> None:
    setting = Predictor(label="Setting", column="setting", unit="", reference="community")
    plan = PLAN.model_copy(update={"predictors": {**PLAN.predictors, "setting": setting}})
    model = plan.models["completion"].model_copy(update={"formula": "educative + setting"})
    enrolment = tables["enrolment"]
    custody = np.arange(len(enrolment)) % 3 == 0
    design = built(
        enrolment.assign(setting=np.where(custody, "custody", "community")), "completion", model, plan
    )
    (column,) = (column for column in design.columns if column.predictor == "setting")
    assert (column.term, column.unit) == ("setting: custody", "custody rather than community")
    np.testing.assert_array_equal(design.frame[column.name], custody.astype(float))


def test_rows_without_exposure_are_outside_the_population(tables: dict[str, pd.DataFrame]) -> None:
    model = PLAN.models["completion"]
    (outcome,) = model.outcomes
    counted = outcome.model_copy(update={"exposure": "sessions_offered_after_first"})
    table = tables["enrolment"]
    none = (table["sessions_offered_after_first"] == 0).sum()
    assert none > 0
    design = build_design(table, model, counted, PLAN.predictors)
    assert isinstance(design, Design)
    assert len(design.frame) == len(table) - none and design.rows_missing == 0
    offered = table.loc[table["sessions_offered_after_first"] > 0, "sessions_offered_after_first"]
    np.testing.assert_allclose(np.exp(design.offsets), offered)
    assert design.offset == "log_exposure" and built(table, "completion").offset is None


def refusal(table: pd.DataFrame, name: str = "completion", **changes: object) -> Refusal | None:
    model = PLAN.models[name].model_copy(update=changes)
    design = built(table, name, model)
    assert isinstance(design, Design)
    return refusal_before(design, family_of(model.family))


def test_outcome_of_one_value_is_refused_before_the_fit(tables: dict[str, pd.DataFrame]) -> None:
    found = refusal(tables["enrolment"].assign(completed=1.0))
    assert found.status == "not_estimated" and "same outcome (1)" in found.reason


def test_constant_predictor_is_named(tables: dict[str, pd.DataFrame]) -> None:
    found = refusal(tables["enrolment"].assign(therapeutic_z=0.3))
    assert found.status == "not_estimated" and found.reason.startswith("therapeutic_z has the same value")


def test_collinear_predictors_are_named(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["enrolment"]
    for noise in (0.0, 1e-4):
        jitter = noise * np.random.default_rng(1).normal(size=len(table))
        found = refusal(table.assign(therapeutic_z=0.5 * table["engagement_z"] + jitter))
        assert found.status == "not_estimated"
        assert "engagement_z" in found.reason and "therapeutic_z" in found.reason
        assert "readiness" not in found.reason


def test_variance_inflation_is_one_over_one_minus_r2(tables: dict[str, pd.DataFrame]) -> None:
    design = built(tables["enrolment"], "completion")
    matrix, found = design.matrix(), variance_inflation(design)
    assert tuple(found) == design.fixed
    for place, name in enumerate(design.fixed, 1):
        others = np.delete(matrix, place, axis=1)
        fitted = others @ np.linalg.lstsq(others, matrix[:, place], rcond=None)[0]
        tolerance = np.var(matrix[:, place] - fitted) / np.var(matrix[:, place])
        assert found[name] == pytest.approx(1.0 / tolerance, rel=1e-8), name


def test_too_few_practitioners_are_refused() -> None:
    table = analysis_tables(Truth(practitioners=14, groups=30, enrolments=200), seed=3)["enrolment"]
    assert refusal(table) is None
    found = refusal(few_practitioners(table, 10))
    assert found.status == "not_estimated" and "10 practitioners for 3 predictors" in found.reason
    assert refusal(few_practitioners(table, 10), formula="educative + engagement") is None


def test_separation_is_found_by_linear_programming(tables: dict[str, pd.DataFrame]) -> None:
    table = tables["enrolment"]
    assert separating_columns(built(table, "completion")) == ()
    score = table["risk_score_z_within"] + 0.5 * table["readiness_z_within"]
    together = built(table.assign(completed=(score > 0.1).astype(float)), "completion")
    assert set(separating_columns(together)) >= {"risk_score_z_within", "readiness_z_within"}
    off_by_one = (score > 0.1).astype(float)
    inner = (score - 0.1).abs().sort_values().index
    off_by_one[inner[5]] = 1 - off_by_one[inner[5]]
    off_by_one[inner[40]] = 1 - off_by_one[inner[40]]
    off_by_one[score.idxmax()] = 0.0
    off_by_one[score.idxmin()] = 1.0
    assert separating_columns(built(table.assign(completed=off_by_one), "completion")) == ()


def test_weights_that_cancel_are_found_just_where_nothing_separates() -> None:
    rng = np.random.default_rng(4)
    told = {True: 0, False: 0}
    for sample in range(120):
        rows, columns = int(rng.integers(12, 60)), int(rng.integers(1, 5))
        x = np.column_stack([np.ones(rows), rng.integers(0, 3, size=(rows, columns)) - 1.0])
        slope = (0.0, 1.0, 6.0)[sample % 3]
        y = rng.uniform(size=rows) < 1.0 / (1.0 + np.exp(-(x[:, 1] * slope - 1.0)))
        signed = np.where(y[:, None], x, -x)
        found = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(rows), bounds=(-1.0, 1.0))
        separated = -found.fun > 1e-6
        full = np.linalg.matrix_rank(x) == x.shape[1]
        assert cancel(signed) == (full and not separated)
        told[separated] += 1
    assert min(told.values()) >= 20


def test_a_covariate_that_the_cohort_lacks_leaves_reduced_models_and_not_none(
    tables: dict[str, pd.DataFrame],
) -> None:
    columns = [name for name in tables["enrolment"] if name.startswith("readiness")]
    for absent in (
        tables["enrolment"].assign(**dict.fromkeys(columns, np.nan)),
        tables["enrolment"].drop(columns=columns),
    ):
        design = built(absent, "completion")
        assert design.reduced == ("readiness",) and len(design.frame) == 300
        assert not any(column.predictor == "readiness" for column in design.columns)
    assert built(tables["enrolment"], "completion").reduced == ()


def test_products_slopes_and_curves_go_with_a_covariate_and_what_is_tested_does_not(
    tables: dict[str, pd.DataFrame],
) -> None:
    columns = [name for name in tables["enrolment"] if name.startswith("mandated")]
    absent = tables["enrolment"].assign(**dict.fromkeys(columns, np.nan))
    moderation = PLAN.models["completion_moderation"]
    assert built(absent, "completion_moderation").status == "not_run"
    only_risk = moderation.model_copy(
        update={"tested": tuple(name for name in moderation.tested if not name.endswith(":mandated"))}
    )
    design = built(absent, "", only_risk)
    assert design.reduced == ("mandated",)
    assert not any("mandated" in column.name for column in design.columns)
    assert not any("mandated" in slope for grouping in design.groupings for slope in grouping.slopes)


def test_a_covariate_that_is_not_let_go_stops_the_model(tables: dict[str, pd.DataFrame]) -> None:
    held = PLAN.predictors["readiness"].model_copy(update={"when_present": False})
    plan = PLAN.model_copy(update={"predictors": {**PLAN.predictors, "readiness": held}})
    columns = [name for name in tables["enrolment"] if name.startswith("readiness")]
    absent = tables["enrolment"].assign(**dict.fromkeys(columns, np.nan))
    refusal = built(absent, "completion", plan=plan)
    assert refusal.status == "not_run" and "no values of readiness" in refusal.reason


def test_a_covariate_with_one_value_for_everybody_is_let_go_as_an_absent_one(
    tables: dict[str, pd.DataFrame],
) -> None:
    """Everybody mandated by a court: a programme as many are, which lost every model."""
    everybody = tables["enrolment"].assign(mandated=True, mandated_between=1.0, mandated_within=0.0)
    design = built(everybody, "completion")
    assert design.reduced == ("mandated",) and not any("mandated" in name for name in design.fixed)
    fit = fit_model(model_task(PLAN, "completion"), {"enrolment": everybody}).fits[0]
    assert fit.status in ("ok", "singular") and "mandated, of which the cohort has no value" in fit.reason


def test_a_covariate_that_nobody_in_the_population_has_is_let_go(tables: dict[str, pd.DataFrame]) -> None:
    """Recorded since last year: those who are still on the programme have it, and no one counted."""
    table = tables["enrolment"].assign(denominator=np.arange(len(tables["enrolment"])) % 4 > 0)
    columns = [name for name in table if name.startswith("readiness")]
    table.loc[table["denominator"], columns] = np.nan
    assert built(table, "completion").reduced == ("readiness",)


def test_a_part_that_is_the_same_in_every_row_leaves_the_other_part(tables: dict[str, pd.DataFrame]) -> None:
    """Clients of one practitioner all mandated or all voluntary: sites with courts, and sites without."""
    table = tables["enrolment"]
    court = (table["site_id"] < "s3").astype(float)
    table = table.assign(mandated=court > 0, mandated_between=court, mandated_within=0.0)
    design = built(table, "completion")
    assert "mandated_between" in design.fixed and "mandated_within" not in design.fixed
    assert design.alike == ("mandated_within",) and design.reduced == ()
    fit = fit_model(model_task(PLAN, "completion"), {"enrolment": table}).fits[0]
    assert "mandated_within left out: the same in every row" in fit.reason


def test_a_cohort_that_does_not_name_its_groups_or_sites_is_modelled_without_them(
    tables: dict[str, pd.DataFrame],
) -> None:
    unnamed = tables["enrolment"].assign(site_id=None).drop(columns="group_id")
    design = built(unnamed, "completion")
    assert [grouping.name for grouping in design.groupings] == ["practitioner"]
    assert dict(design.dropped) == dict.fromkeys(("group", "site"), "the cohort does not say which there are")
    assert "site" not in design.clusters
    refusal = built(tables["enrolment"].assign(practitioner_id=None), "completion")
    assert refusal.status == "not_run"


def few_practitioners(table: pd.DataFrame, practitioners: int) -> pd.DataFrame:
    leads = sorted(table["practitioner_id"].unique())[:practitioners]
    return table[table["practitioner_id"].isin(leads)].reset_index(drop=True)


COVARIATES = ("mandated", "risk_score", "readiness", "needs")


def test_below_a_declared_number_of_practitioners_covariates_enter_as_one_column(
    tables: dict[str, pd.DataFrame],
) -> None:
    enrolment = tables["enrolment"]
    few = built(few_practitioners(enrolment, 24), "completion")
    assert few.pooled == COVARIATES and few.few
    assert few.fixed[3:] == ("mandated", "risk_score_z", "readiness_z", "needs")
    assert few.practitioner_columns == 3 and {one.level for one in few.columns[3:]} == {""}
    assert few.frame["needs"].to_list() == few_practitioners(enrolment, 24)["needs"].to_list()
    (mandated,) = (column for column in few.columns if column.name == "mandated")
    assert mandated.binary == "mandated"
    enough = built(few_practitioners(enrolment, 25), "completion")
    assert enough.pooled == () and enough.practitioner_columns == 7 and not enough.few


def test_the_practitioners_that_decide_are_those_of_the_complete_rows(
    tables: dict[str, pd.DataFrame],
) -> None:
    enrolment = few_practitioners(tables["enrolment"], 25)
    last = enrolment["practitioner_id"] == enrolment["practitioner_id"].max()
    enrolment.loc[last, "needs_within"] = np.nan
    design = built(enrolment, "completion")
    assert design.practitioners == 24 and design.pooled == COVARIATES
    assert design.rows_missing == int(last.sum())


def test_other_rows_of_a_cohort_are_made_like_those_that_were_fitted(tables: dict[str, pd.DataFrame]) -> None:
    """Imputed rows may have one practitioner more, and must not have other columns."""
    model, enrolment = PLAN.models["completion"], few_practitioners(tables["enrolment"], 25)
    few = built(few_practitioners(enrolment, 24), "completion")
    more = build_design(enrolment, model, model.outcomes[0], PLAN.predictors, like=few)
    assert isinstance(more, Design) and more.practitioners == 25
    assert (more.fixed, more.pooled, more.few) == (few.fixed, few.pooled, True)


def test_a_covariate_that_the_cohort_lacks_is_not_called_pooled(tables: dict[str, pd.DataFrame]) -> None:
    columns = [name for name in tables["enrolment"] if name.startswith("readiness")]
    few = few_practitioners(tables["enrolment"].assign(**dict.fromkeys(columns, np.nan)), 20)
    design = built(few, "completion")
    assert design.reduced == ("readiness",) and design.pooled == ("mandated", "risk_score", "needs")


def test_what_a_model_tests_or_multiplies_is_never_pooled(tables: dict[str, pd.DataFrame]) -> None:
    few = few_practitioners(tables["enrolment"], 20)
    moderated = built(few, "completion_moderation")
    assert moderated.pooled == ("readiness", "needs") and moderated.few
    assert {"mandated_between", "mandated_within", "risk_score_z_within"} <= set(moderated.fixed)
    model = PLAN.models["completion"].model_copy(update={"tested": ("needs",)})
    assert built(few, "completion", model).pooled == ("mandated", "risk_score", "readiness")


def test_a_plan_without_the_number_splits_covariates_however_few_the_practitioners(
    tables: dict[str, pd.DataFrame],
) -> None:
    split = {name: one.model_copy(update={"pooled_below": None}) for name, one in PLAN.predictors.items()}
    plan = PLAN.model_copy(update={"predictors": split})
    design = built(few_practitioners(tables["enrolment"], 15), "completion", plan=plan)
    assert design.pooled == () and design.practitioner_columns == 7 and not design.few
    with pytest.raises(ValueError, match="only a split predictor has two columns to pool"):
        Predictor(label="Age", column="age_years_z", unit="1 SD of clients", pooled_below=25)
