"""Leaving out practitioners and sites: the one that carries a finding is named."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from simulated_tables import Truth, analysis_tables

from alliance_modes.dictionary.models import TABLES
from alliance_modes.models.collect import collect
from alliance_modes.models.engine.glmm import EngineError, fit_mixed
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.fitting import fit_model
from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.models.refitting import left_out as module
from alliance_modes.models.refitting.deletion import deletions
from alliance_modes.models.refitting.influence import influence_model
from alliance_modes.models.refitting.influence_result import (
    InfluenceResult,
    InfluenceRow,
    influence_diagnostics,
    influence_table,
)
from alliance_modes.plan.parts import estimates_part, model_task
from alliance_modes.plan.plan import Plan
from alliance_modes.reports.research.models_and_checks.robustness import influence_sentences

pytestmark = pytest.mark.slow

TRUTH = Truth(practitioners=26, groups=40, enrolments=300, sessions=1, modes=(0.0, 0.0, 0.0))
FORMULA = "educative + engagement + therapeutic"


def _plan() -> Plan:
    plan = Plan(draws=200)
    changed = {"formula": FORMULA, "slopes": {}, "random": ("practitioner", "site")}
    models = {
        name: plan.models[name].model_copy(update={**changed, "outcomes": plan.models[name].outcomes[:1]})
        for name in ("alliance", "completion")
    }
    return plan.model_copy(update={"models": models})


PLAN = _plan()


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    """One practitioner of extreme mode use whose clients rate far above everyone else's."""
    found = analysis_tables(TRUTH, seed=4)
    for name, outcome in (("alliance", "goal"), ("enrolment", "completed")):
        table = found[name].copy()
        odd = table["practitioner_id"] == "p007"
        table.loc[odd, "engagement_z"] = 4.0
        table.loc[odd, outcome] = 9.0 if name == "alliance" else 1.0
        found[name] = table
    return found


@pytest.fixture(scope="module")
def alliance(tables: dict[str, pd.DataFrame]) -> InfluenceResult:
    return influence_model(
        model_task(PLAN, "alliance"), tables, fit_model(model_task(PLAN, "alliance"), tables)
    )


def _row(result: InfluenceResult, unit: str, term: str) -> InfluenceRow:
    return next(row for row in result.rows if (row.unit, row.term) == (unit, term))


def test_the_practitioner_who_carries_the_finding_is_named(alliance: InfluenceResult) -> None:
    row = _row(alliance, "practitioner", "engagement")
    assert (row.without, row.result, row.units, row.failures) == ("p007", "fail", 26, 0)
    assert row.p < 0.05 < row.p_without and row.claim_changed_by == ("p007",)
    assert abs(row.largest_change_in_se) > 1
    joint = _row(alliance, "practitioner", "modes (joint)")
    assert joint.without == "p007" and joint.claim_changes == 1 and joint.result == "fail"


def test_a_change_is_that_of_the_fit_without_those_rows(
    alliance: InfluenceResult, tables: dict[str, pd.DataFrame]
) -> None:
    fit = fit_model(model_task(PLAN, "alliance"), tables).fits[0]
    whole = next(row for row in fit.estimates if (row.term, row.estimand) == ("engagement", "coefficient"))
    less = tables["alliance"].query("rater == 'client' and practitioner_id != 'p007'")
    columns = [f"{mode}_z" for mode in FORMULA.split(" + ")]
    groupings = [Grouping(name, (f"{name}_id",)) for name in ("practitioner", "site")]
    again = fit_mixed(less, "goal", columns, groupings)
    row = _row(alliance, "practitioner", "engagement")
    assert row.estimate_without == pytest.approx(again.beta[2], abs=1e-5)
    assert row.largest_change_in_se == pytest.approx((again.beta[2] - whole.estimate) / whole.se, abs=1e-4)


def test_completion_is_looked_at_too_and_sites(tables: dict[str, pd.DataFrame]) -> None:
    result = influence_model(
        model_task(PLAN, "completion"), tables, fit_model(model_task(PLAN, "completion"), tables)
    )
    assert {(row.unit, row.units) for row in result.rows} == {("practitioner", 26), ("site", 6)}
    assert _row(result, "practitioner", "engagement").without == "p007"
    assert InfluenceResult.model_validate(result.model_dump(mode="json")) == result


def test_table_diagnostic_and_sentence(alliance: InfluenceResult) -> None:
    table = influence_table([alliance], lambda _, row: row.p_highest)
    assert TABLES["influence"].validate(table) is table and set(table["model"]) == {"alliance"}
    diagnostic = influence_diagnostics(alliance)["client_goal"]
    assert diagnostic.result == "fail" and "engagement (between)" in diagnostic.detail
    (sentence,) = influence_sentences(
        table, {("alliance", "client_goal"): "Goal agreement, client-rated"}, Plan()
    )
    assert sentence.startswith("Goal agreement, client-rated: without one practitioner (p007)")
    assert "p crosses .05 for engagement" in sentence


@pytest.mark.parametrize(
    ("sites", "reason"),
    [(2, "2 sites: leaving one out leaves too few"), (1, "1 site: leaving one out leaves too few")],
)
def test_too_few_sites_are_not_checked(sites: int, reason: str) -> None:
    table = analysis_tables(TRUTH, seed=4)["enrolment"]
    number = table["site_id"].str[1:].astype(int) % sites
    some = {"enrolment": table.assign(site_id="s" + number.astype(str))}
    result = influence_model(
        model_task(PLAN, "completion"), some, fit_model(model_task(PLAN, "completion"), some)
    )
    (row,) = (row for row in result.rows if row.unit == "site")
    assert row.result == "not_checked" and row.reason.startswith(reason) and row.estimate is None


def test_models_without_estimates_and_failed_refits_are_not_checked(
    tables: dict[str, pd.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    none = {"enrolment": None}
    result = influence_model(
        model_task(PLAN, "completion"), none, fit_model(model_task(PLAN, "completion"), none)
    )
    assert [row.result for row in result.rows] == ["not_checked"] * 2
    assert influence_diagnostics(result)["completed"].result == "not_checked"
    fitted = fit_model(model_task(PLAN, "completion"), tables)
    few = PLAN.models["completion"].model_copy(update={"random": ("practitioner",)})
    plan = PLAN.model_copy(update={"models": {"completion": few}})
    refits = iter(range(1000))
    whole = module.fit_prepared

    def failing(*arguments: Any, **keys: Any):
        if next(refits) % 20 < 4:
            raise EngineError("planted")
        return whole(*arguments, **keys)

    monkeypatch.setattr(module, "fit_prepared", failing)
    result = influence_model(model_task(plan, "completion"), tables, fitted)
    by_unit = {row.unit: row for row in result.rows}
    assert "refits failed" in by_unit["practitioner"].reason and by_unit["practitioner"].failures >= 2
    assert by_unit["site"].reason == "the model has no grouping site"


@pytest.mark.parametrize("unit", ["practitioner", "site"])
def test_the_deletion_formula_is_least_squares_with_the_variances_of_the_fit(
    unit: str, tables: dict[str, pd.DataFrame]
) -> None:
    found = _estimated("alliance", tables)
    fit, frame = found.structure.fit, found.design.frame
    codes, levels = pd.factorize(frame[f"{unit}_id"], sort=True)
    without = deletions(found.design, found.structure, codes, len(levels))
    covariance = fit.dispersion * np.eye(len(frame))
    for grouping in ("practitioner", "site"):
        variance = next(one.covariance[0, 0] for one in fit.covariances if one.grouping == grouping)
        names = frame[f"{grouping}_id"].to_numpy()
        covariance += variance * (names[:, None] == names)
    matrix, outcome = found.design.matrix(), frame["outcome"].to_numpy()
    for level in range(len(levels)):
        kept = codes != level
        weighted = np.linalg.solve(covariance[np.ix_(kept, kept)], matrix[kept])
        vcov = np.linalg.inv(matrix[kept].T @ weighted)
        assert without.beta[level] == pytest.approx(vcov @ weighted.T @ outcome[kept], abs=1e-6)
        assert without.vcov[level] == pytest.approx(vcov, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("name", ["alliance", "completion"])
def test_by_formula_the_same_is_found_with_few_refits(name: str, tables: dict[str, pd.DataFrame]) -> None:
    found = _estimated(name, tables)
    tested = [column for column in found.design.columns if column.tested]
    every = module.leave_out_each(found, "practitioner", tested)
    some = module.leave_out_each(found, "practitioner", tested, most_refits=0)
    assert every.refitted == 26 > some.refitted > 0 and not some.failures
    assert {one.level for one in some.made} == {one.level for one in every.made}
    for one, other in zip(every.made, sorted(some.made, key=lambda one: one.level), strict=True):
        assert (one.p < 0.05).tolist() == (other.p < 0.05).tolist()
    place = found.inference.place("engagement_z")
    extreme = max(every.made, key=lambda one: abs(one.beta[1] - found.inference.beta[place]))
    again = next(one for one in some.made if one.level == extreme.level)
    assert again.beta == pytest.approx(extreme.beta, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "practitioners", "most"),
    [
        ("alliance", 40, 0.4),
        ("alliance", 300, 0.1),
        ("completion", 40, 0.4),
        ("completion", 300, 0.1),
        ("completion", 3000, 0.03),
    ],
)
def test_the_formula_errs_the_less_the_more_there_are(name: str, practitioners: int, most: float) -> None:
    """Largest error over the 6 levels that the formula says change most, and 4 others, in SE."""
    truth = Truth(practitioners=practitioners, groups=practitioners, enrolments=6 * practitioners, sessions=1)
    found = _estimated(name, analysis_tables(truth, seed=9))
    tested = [column for column in found.design.columns if column.tested]
    places = [found.inference.place(column.name) for column in tested]
    codes, levels = pd.factorize(found.design.frame["practitioner_id"], sort=True)
    without = deletions(found.design, found.structure, codes, len(levels)).beta[:, places]
    change = (without - found.inference.beta[places]) / found.inference.se[places]
    looked = [*np.argsort(-np.abs(change).max(axis=1))[:6], 0, 7, 13, 29]
    refits = module._Refits(found, "practitioner", tested)
    again = np.array([refits.without(levels[place]).beta for place in looked])
    assert np.abs((again - without[looked]) / found.inference.se[places]).max() < most


def test_a_p_of_zero_is_a_very_small_one() -> None:
    assert module.times_apart(0.0, 0.0) == 0.0 < module.times_apart(0.0, 1e-9) < 800
    assert module.times_apart(0.1, 0.2) == module.times_apart(0.2, 0.1) == pytest.approx(np.log(2.0))


def _estimated(name: str, tables: dict[str, pd.DataFrame]) -> Estimated:
    model = PLAN.models[name]
    found = estimate_outcome(PLAN.predictors, model, model.outcomes[0], tables[model.table])
    assert isinstance(found, Estimated)
    return found


def test_only_primary_outcomes_are_looked_at(tables: dict[str, pd.DataFrame]) -> None:
    model = PLAN.models["completion"]
    outcome = model.outcomes[0].model_copy(update={"claim": "secondary"})
    plan = PLAN.model_copy(
        update={
            "models": {"completion": model.model_copy(update={"outcomes": (outcome,), "claim": "secondary"})}
        }
    )
    assert (
        influence_model(
            model_task(plan, "completion"), tables, fit_model(model_task(plan, "completion"), tables)
        ).rows
        == ()
    )
    assert len(influence_table([], lambda _, row: row.p_highest)) == 0


def test_the_largest_p_without_one_is_that_of_closed_testing(
    alliance: InfluenceResult, tables: dict[str, pd.DataFrame]
) -> None:
    row, joint = (_row(alliance, "practitioner", term) for term in ("engagement", "modes (joint)"))
    assert row.p_highest >= max(row.p_without, joint.p_without)
    less = {name: table[table["practitioner_id"] != "p007"] for name, table in tables.items()}
    again = fit_model(model_task(PLAN, "alliance"), less).fits[0]
    whole = next(one for one in again.estimates if (one.term, one.estimand) == ("engagement", "coefficient"))
    assert row.p_highest == pytest.approx(whole.p_closed, abs=0.02)


def test_a_claim_that_one_carries_only_after_adjustment_is_found(tables: dict[str, pd.DataFrame]) -> None:
    """p = .012 over three tests is clear at .036; .03 without one practitioner is .09, though below .05."""
    result = fit_model(model_task(PLAN, "alliance"), tables)
    planned = PLAN.models["alliance"]
    three = tuple(
        planned.outcomes[0].model_copy(update={"name": name}) for name in ("client_goal", "second", "third")
    )
    plan = Plan().model_copy(update={"models": {"alliance": planned.model_copy(update={"outcomes": three})}})
    shared: dict[str, Any] = {
        "outcome": "client_goal",
        "level": "between",
        "units": 26,
        "result": "pass",
        "claim_changes": 0,
    }
    rows = (
        InfluenceRow(**shared, unit="practitioner", term="engagement", p=0.004, p_highest=0.02),
        InfluenceRow(**shared, unit="practitioner", term="modes (joint)", p=0.012, p_highest=0.03),
        InfluenceRow(**shared, unit="site", term="modes (joint)", p=0.012, p_highest=0.013),
    )
    looked_at = [InfluenceResult(model="alliance", rows=rows)]
    found = collect([result], estimates_part(plan), influences=looked_at).influence
    assert list(found["p_adjusted_highest"]) == pytest.approx([0.09, 0.09, 0.039])


def test_products_with_two_moderators_have_a_row_for_each_joint_test(tables: dict[str, pd.DataFrame]) -> None:
    formula = f"{FORMULA} + mandated + risk_score + educative:mandated + engagement:mandated"
    products = ("educative:mandated", "engagement:mandated", "educative:risk_score", "engagement:risk_score")
    model = PLAN.models["alliance"].model_copy(
        update={
            "formula": f"{formula} + educative:risk_score + engagement:risk_score",
            "tested": products,
            "slopes": {"practitioner": ("mandated", "risk_score")},
        }
    )
    plan = PLAN.model_copy(update={"models": {"alliance": model}})
    task = model_task(plan, "alliance")
    result = influence_model(task, tables, fit_model(task, tables))
    found = influence_table([result], lambda _, row: row.p_highest)
    assert TABLES["influence"].validate(found) is found
    here = found[(found["unit"] == "practitioner") & found["term"].str.endswith("(joint)")]
    assert list(here["term"]) == ["modes:mandated (joint)", "modes:risk_score (joint)"]
    assert here["p_highest"].nunique() == 2
