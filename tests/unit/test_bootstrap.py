"""The simulated likelihood-ratio test: valid p, early stopping, failures, and what stands beside the rule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from simulated_tables import Truth, analysis_tables

from alliance_modes.dictionary.models import TABLES
from alliance_modes.ground.errors import ConfigurationError
from alliance_modes.models.design.build import build_design
from alliance_modes.models.design.design import Design
from alliance_modes.models.engine.distributions import LOGISTIC, Distribution
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.fitting import fit_model
from alliance_modes.models.refitting import bootstrap
from alliance_modes.models.refitting.bootstrap import bootstrap_joint_test, bootstrap_test
from alliance_modes.models.refitting.bootstrap_check import (
    BootstrapResult,
    bootstrap_diagnostics,
    bootstrap_model,
    bootstrap_table,
)
from alliance_modes.plan.parts import bootstrap_task, model_task
from alliance_modes.plan.plan import Bootstrap, Plan, load_plan
from alliance_modes.plan.text import default_plan_yaml

NULL = Truth(practitioners=30, groups=45, enrolments=300, sessions=1, modes=(0.0, 0.0, 0.0))
STRONG = Truth(practitioners=30, groups=45, enrolments=300, sessions=1, modes=(0.0, 0.9, 0.0))
MODES = ("educative_z", "engagement_z", "therapeutic_z")


def _plan(**bootstrap_keys: Any) -> Plan:
    plan = Plan(draws=200, bootstrap=Bootstrap(**bootstrap_keys))
    models = {name: _simple(plan, name) for name in ("alliance", "completion")}
    return plan.model_copy(update={"models": models})


def _simple(plan: Plan, name: str):
    model = plan.models[name]
    formula = "educative + engagement + therapeutic + mandated"
    changed = {
        "formula": formula,
        "slopes": {},
        "random": ("practitioner", "group"),
        "outcomes": model.outcomes[:1],
    }
    return model.model_copy(update=changed)


def _design(truth: Truth, seed: int, name: str = "completion") -> tuple[Design, Distribution]:
    plan = _plan()
    model = plan.models[name]
    table = analysis_tables(truth, seed)[model.table]
    design = build_design(table, model, model.outcomes[0], plan.predictors)
    assert isinstance(design, Design)
    return design, family_of(model.family).distribution


@pytest.mark.slow
@pytest.mark.parametrize("name", ["completion", "alliance"])
def test_a_strong_effect_and_none_are_told_apart(name: str) -> None:
    strong, distribution = _design(STRONG, 2, name)
    found = bootstrap_joint_test(strong, distribution, strong.groupings, 39, 20, np.random.default_rng(1))
    assert (found.status, found.p, found.draws, found.df) == ("ok", 1 / 36, 35, 3)
    null, distribution = _design(NULL, 5, name)
    found = bootstrap_joint_test(null, distribution, null.groupings, 99, 10, np.random.default_rng(1))
    assert found.stopped and found.draws < 99 and found.p == found.exceeding / found.draws > 0.1
    assert found.monte_carlo_se == pytest.approx(np.sqrt(found.p * (1 - found.p) / found.draws))


@pytest.mark.slow
def test_the_simulated_p_is_near_the_chi_squared_where_clusters_are_many() -> None:
    """With 150 practitioners the asymptotic distribution holds: p within 4 Monte-Carlo SE of it."""
    truth = Truth(practitioners=150, groups=150, enrolments=900, modes=(0.0, 0.1, 0.0), sessions=1)
    design, distribution = _design(truth, 3)
    found = bootstrap_joint_test(design, distribution, design.groupings[:1], 80, 0, np.random.default_rng(2))
    asymptotic = stats.chi2.sf(found.statistic, 3)
    assert 0.02 < asymptotic < 0.6, "another seed is needed"
    assert abs(found.p - asymptotic) < 4 * found.monte_carlo_se


@pytest.mark.slow
def test_the_same_seed_gives_the_same_test_and_no_draws_none() -> None:
    design, distribution = _design(NULL, 5)
    first, second = (
        bootstrap_joint_test(design, distribution, design.groupings, 12, 0, np.random.default_rng(3))
        for _ in range(2)
    )
    assert first == second and first.draws == 12
    none = bootstrap_joint_test(design, distribution, design.groupings, 0, 20, np.random.default_rng(3))
    assert (none.status, none.p, none.reason) == ("not_checked", None, "the plan asks for no draws")
    untested = bootstrap_test(design, LOGISTIC, design.groupings, (), 9, 2, np.random.default_rng(3))
    assert untested.status == "not_checked" and "no tested predictor" in untested.reason


@pytest.mark.slow
def test_more_than_five_percent_failures_are_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    design, distribution = _design(NULL, 5)
    whole, calls = bootstrap.fit_prepared, iter(range(10_000))

    def failing(*arguments: Any, **keys: Any) -> EngineFit:
        if next(calls) > 1 and keys.get("start") is None:
            raise bootstrap.EngineError("planted")
        if keys.get("start") is not None and next(calls) % 9 == 0:
            raise bootstrap.EngineError("planted")
        return whole(*arguments, **keys)

    monkeypatch.setattr(bootstrap, "fit_prepared", failing)
    found = bootstrap_joint_test(design, distribution, design.groupings, 40, 0, np.random.default_rng(1))
    assert found.status == "not_checked" and found.p is None and found.failures > 2
    assert "could not be refitted" in found.reason


@pytest.fixture(scope="module")
def tables() -> dict[str, pd.DataFrame]:
    return analysis_tables(STRONG, seed=2)


@pytest.mark.slow
def test_one_row_per_primary_test_beside_the_rule(tables: dict[str, pd.DataFrame]) -> None:
    plan = _plan(draws=9, single_terms=True)
    fitted = fit_model(model_task(plan, "completion"), tables)
    result = bootstrap_model(bootstrap_task(plan, "completion"), tables, fitted)
    table = bootstrap_table([result])
    assert TABLES["bootstrap"].validate(table) is table
    assert list(table["term"]) == ["modes (joint)", "educative", "engagement", "therapeutic"]
    joint = next(row for row in fitted.fits[0].estimates if row.estimand == "joint_test")
    assert table["rule_p"].iloc[0] == joint.p and table["bootstrap_p"].iloc[0] == 1 / 10
    assert BootstrapResult.model_validate(result.model_dump(mode="json")) == result
    assert bootstrap_model(bootstrap_task(plan, "completion"), tables, fitted) == result


@pytest.mark.slow
def test_disagreement_at_five_percent_fails_and_says_so(tables: dict[str, pd.DataFrame]) -> None:
    """19 draws cannot go below 1/20, which is not below .05: a rule's p of .0001 stands against it."""
    plan = _plan(draws=19)
    result = bootstrap_model(
        bootstrap_task(plan, "completion"), tables, fit_model(model_task(plan, "completion"), tables)
    )
    (check,) = result.checks
    assert check.rule_p < 0.05 and check.test.p == 0.05 and check.result == "fail"
    (diagnostic,) = bootstrap_diagnostics(result).values()
    assert diagnostic.result == "fail" and diagnostic.detail.endswith("they disagree at .05")
    assert "0.05 by the bootstrap (19 draws)" in diagnostic.detail


@pytest.mark.parametrize(
    ("keys", "reason"),
    [({"draws": 0}, "no draws"), ({"models": ("alliance",)}, "does not ask for it")],
)
def test_a_check_that_was_not_asked_for_says_so(
    keys: dict, reason: str, tables: dict[str, pd.DataFrame]
) -> None:
    plan = _plan(**keys)
    (check,) = bootstrap_model(
        bootstrap_task(plan, "completion"), tables, fit_model(model_task(plan, "completion"), tables)
    ).checks
    assert check.result == "not_checked" and reason in check.detail and check.test.p is None


def test_few_practitioners_and_absent_tables_are_not_checked() -> None:
    plan = _plan(draws=9)
    few = analysis_tables(Truth(practitioners=20, groups=40, enrolments=300, sessions=1), seed=5)
    (check,) = bootstrap_model(
        bootstrap_task(plan, "completion"), few, fit_model(model_task(plan, "completion"), few)
    ).checks
    assert check.result == "not_checked" and "20 practitioners" in check.detail
    many = _plan(draws=9, most_practitioners=29)
    result = fit_model(model_task(plan, "completion"), few)
    result = result.model_copy(
        update={"fits": tuple(f.model_copy(update={"clusters": {"practitioner": 30}}) for f in result.fits)}
    )
    (check,) = bootstrap_model(bootstrap_task(many, "completion"), few, result).checks
    assert check.result == "not_checked" and "more than 29" in check.detail and not check.test.draws
    none = {"enrolment": None}
    (check,) = bootstrap_model(
        bootstrap_task(plan, "completion"), none, fit_model(model_task(plan, "completion"), none)
    ).checks
    assert check.result == "not_checked" and "no estimates" in check.detail


def test_a_plan_that_names_an_unknown_model_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(
        default_plan_yaml().replace("models: [completion]", "models: [completions]"), encoding="utf-8"
    )
    with pytest.raises(ConfigurationError, match="unknown model completions") as caught:
        load_plan(path)
    assert caught.value.problems[0].line
