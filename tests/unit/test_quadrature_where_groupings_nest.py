"""More than one quadrature node where groupings nest: when, what is said of it, and what follows it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from simulated_tables import Truth, analysis_tables

from alliance_modes.models.checks.diagnostics import diagnose
from alliance_modes.models.engine.distributions import LOGISTIC, NORMAL
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.engine.nested.tree import why_not_nested
from alliance_modes.models.engine.prepared import Grouping, prepare
from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.models.refitting import left_out
from alliance_modes.models.result import Diagnostic
from alliance_modes.models.second_engines import compare
from alliance_modes.models.second_engines.lme4 import Lme4Answer
from alliance_modes.models.second_engines.rscript import Lme4
from alliance_modes.plan.check import disagreements
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.terms import PlannedModel

PLAN = Plan()
PRACTITIONER, GROUP = (Grouping(name, (f"{name}_id",)) for name in ("practitioner", "group"))
TRUTH = Truth(enrolments=400, groups=110, sessions=1, practitioner_sd=0.8, group_sd=0.9, site_sd=0.0)


def planned(name: str = "completion", **changes: Any) -> PlannedModel:
    """A model of the plan with modes alone, of groups and practitioners."""
    changes = {"formula": "educative + engagement + therapeutic", "slopes": {}, **changes}
    return PLAN.models[name].model_copy(update={"random": ("practitioner", "group"), **changes})


@pytest.fixture(scope="module")
def enrolments() -> pd.DataFrame:
    return analysis_tables(TRUTH, seed=2)["enrolment"]


def estimated(enrolments: pd.DataFrame, **changes: Any) -> Estimated:
    model = planned(**changes)
    found = estimate_outcome(PLAN.predictors, model, model.outcomes[0], enrolments)
    assert isinstance(found, Estimated)
    return found


def quadrature(found: Estimated) -> Diagnostic:
    checks = diagnose(found.design, found.structure, {}, "log-odds")
    return next(one for one in checks if one.check == "quadrature")


@pytest.fixture(scope="module")
def crossing(enrolments: pd.DataFrame) -> pd.DataFrame:
    """Two groups that had a second lead practitioner."""
    table = enrolments.copy()
    for group in table["group_id"].value_counts().index[:2]:
        first = table.index[table["group_id"] == group][0]
        other = next(one for one in table["practitioner_id"] if one != table.loc[first, "practitioner_id"])
        same = table["practitioner_id"] == other
        modes = ["educative_z", "engagement_z", "therapeutic_z"]
        table.loc[first, ["practitioner_id", *modes]] = table.loc[same, ["practitioner_id", *modes]].iloc[0]
    return table


def test_the_default_is_laplace(enrolments: pd.DataFrame) -> None:
    found = estimated(enrolments)
    assert found.structure.fit.nagq == 1 and found.structure.fit.laplace is None
    assert quadrature(found).detail == "Laplace (1 node)" and quadrature(found).result == "pass"


def test_nodes_of_the_plan_are_used_and_set_beside_laplace(enrolments: pd.DataFrame) -> None:
    fit, laplace = (estimated(enrolments, quadrature_nodes=nodes).structure.fit for nodes in (9, 1))
    assert fit.nagq == 9 and fit.laplace is not None and fit.engine.endswith("then nested quadrature")
    np.testing.assert_array_equal(fit.laplace.beta, laplace.beta)
    assert fit.names == laplace.names and fit.parameters == laplace.parameters
    name, change = fit.moved()
    place = fit.names.index(name)
    assert change == pytest.approx(abs(fit.beta[place] - laplace.beta[place]) / fit.se[place])
    assert 0.001 < change < 0.5
    groups = [one.covariance[0, 0] for both in (fit, laplace) for one in both.covariances][1::2]
    assert groups[0] > 1.02 * groups[1]  # Laplace's approximation makes variances too small
    check = quadrature(estimated(enrolments, quadrature_nodes=9))
    assert check.result == "pass"
    assert "9 nodes at each of 2 levels (group in practitioner)" in check.detail
    assert f"{change:.2g} SE from Laplace's ({name})" in check.detail


def test_too_few_nodes_are_said_and_fail(enrolments: pd.DataFrame) -> None:
    found = estimated(enrolments, quadrature_nodes=5)
    fit, limit = found.structure.fit, estimated(enrolments, quadrature_nodes=15).structure.fit
    moves = float(np.max(np.abs(fit.beta - limit.beta) / limit.se))
    assert moves < fit.unsettled < 0.05 and limit.unsettled < 1e-4
    assert "with 4 more nodes nothing would move by more than" in quadrature(found).detail
    coarse = replace(found, structure=replace(found.structure, fit=replace(fit, unsettled=0.2)))
    assert quadrature(coarse).result == "fail"
    assert "with 4 more nodes an estimate would move by 0.2 SE: take more" in quadrature(coarse).detail
    again = fit_mixed(enrolments, "completed", [], (PRACTITIONER, GROUP), LOGISTIC, nagq=5, quick=True)
    assert again.nagq == 5 and again.unsettled is None


def test_effects_and_fitted_means_belong_together(enrolments: pd.DataFrame) -> None:
    found = estimated(enrolments, quadrature_nodes=7)
    fit, frame = found.structure.fit, found.design.frame
    predictor = found.design.matrix() @ fit.beta
    for block, column in zip(fit.effects, ("practitioner_id", "group_id"), strict=True):
        predictor += frame[column].map(dict(zip(block.levels, block.values[:, 0], strict=True))).to_numpy()
    np.testing.assert_allclose(fit.fitted, 1.0 / (1.0 + np.exp(-predictor)), rtol=1e-9)
    residual = (fit.response - fit.fitted).astype(float)
    for block, group, column in zip(
        fit.effects, fit.covariances, ("practitioner_id", "group_id"), strict=True
    ):
        pull = pd.Series(residual).groupby(frame[column].to_numpy()).sum()[list(block.levels)]
        np.testing.assert_allclose(block.values[:, 0] / group.covariance[0, 0], pull, atol=1e-4)


def test_the_order_of_rows_changes_nothing(enrolments: pd.DataFrame) -> None:
    fit = estimated(enrolments, quadrature_nodes=5).structure.fit
    again = estimated(enrolments.sample(frac=1.0, random_state=3), quadrature_nodes=5).structure.fit
    np.testing.assert_allclose(again.beta, fit.beta, atol=1e-7)
    np.testing.assert_allclose(again.se, fit.se, rtol=1e-6)


def test_rows_with_a_missing_value_are_left_out(enrolments: pd.DataFrame) -> None:
    columns = ["educative_z"]
    gaps = enrolments.assign(educative_z=enrolments["educative_z"].where(np.arange(len(enrolments)) > 5))
    fits = [
        fit_mixed(table, "completed", columns, (PRACTITIONER, GROUP), LOGISTIC, nagq=5)
        for table in (gaps, gaps.dropna(subset=columns))
    ]
    assert fits[0].rows_dropped == 6 and fits[0].nagq == 5
    np.testing.assert_allclose(fits[0].beta, fits[1].beta, atol=1e-8)


def test_groupings_that_cross_are_fitted_by_laplace_and_the_check_fails(crossing: pd.DataFrame) -> None:
    found = estimated(crossing, quadrature_nodes=9)
    assert found.structure.fit.nagq == 1 and found.structure.fit.converged
    check = quadrature(found)
    assert check.result == "fail"
    assert "Laplace (1 node) in place of the 9 nodes that the plan asks for" in check.detail
    assert "group and practitioner cross: 2 of" in check.detail and "quadrature_nodes" in check.detail


def test_why_groupings_do_not_nest(enrolments: pd.DataFrame, crossing: pd.DataFrame) -> None:
    def why(table: pd.DataFrame, *groupings: Grouping) -> str:
        return why_not_nested(prepare(table, "completed", ["educative_z"], groupings))

    assert why(enrolments, GROUP, PRACTITIONER) == "" and why(enrolments, GROUP) == ""
    assert "2 of" in why(crossing, PRACTITIONER, GROUP)
    sloped = replace(PRACTITIONER, slopes=("educative_z",))
    assert why(enrolments, sloped, GROUP) == "there are random slopes over practitioner"
    asked = prepare(enrolments, "completed", ["site_id"], (PRACTITIONER, GROUP))
    assert why_not_nested(asked) == "site_id is no column of numbers"


def test_a_variance_at_zero_stays_there_and_is_named(enrolments: pd.DataFrame) -> None:
    draw = np.random.default_rng(7)
    idle = enrolments.assign(completed=(draw.random(len(enrolments)) < 0.6).astype(float))
    idle["group_id"] = idle["practitioner_id"] + np.where(np.arange(len(idle)) % 2, "a", "b")
    # one success in every pair of rows: less alike than by chance
    idle["completed"] = (np.arange(len(idle)) // 2 % 2).astype(float)
    fit = fit_mixed(idle, "completed", ["educative_z"], (PRACTITIONER, GROUP), LOGISTIC, nagq=5)
    assert fit.nagq == 5 and fit.singular and "variance at zero" in fit.boundary()
    assert all(one.covariance[0, 0] == 0.0 for one in fit.covariances if one.pinned[0])
    assert np.all(np.isfinite(fit.se))


def test_a_linear_model_takes_no_notice(enrolments: pd.DataFrame) -> None:
    fit = fit_mixed(enrolments, "linear", ["educative_z"], (PRACTITIONER, GROUP), NORMAL, nagq=9)
    assert fit.nagq == 1 and fit.no_quadrature == ""


def test_lme4_is_asked_for_laplace_and_set_beside_it(
    enrolments: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = estimated(enrolments, quadrature_nodes=5)
    laplace = found.structure.fit.laplace
    asked: list[int] = []

    def answer(*_: object, nodes: int, **__: object) -> Lme4Answer:
        asked.append(nodes)
        beta, se = (dict(zip(laplace.names, values, strict=True)) for values in (laplace.beta, laplace.se))
        return Lme4Answer("ok", "", beta=beta, se=se, loglik=laplace.loglik)

    monkeypatch.setattr(compare, "ask_lme4", answer)
    refit = compare.beside(found, Lme4("Rscript", "1.1"), 10.0)
    assert asked == [1] and refit.largest_difference_in_se == 0.0
    assert (
        "both are compared by Laplace's approximation" in refit.reason and "5 nodes a level" in refit.reason
    )


def test_leaving_out_a_practitioner_takes_as_many_nodes(
    enrolments: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = estimated(enrolments, quadrature_nodes=5)
    asked: list[int] = []
    whole = left_out.fit_prepared

    def counting(*arguments: Any, nagq: int, **keys: Any):
        asked.append(nagq)
        return whole(*arguments, nagq=nagq, **keys)

    monkeypatch.setattr(left_out, "fit_prepared", counting)
    levels = ["p001", "p002"]
    tested = [column for column in found.design.columns if column.tested]
    without = left_out._Refits(found, "practitioner", tested)
    refits = [without.without(level) for level in levels]
    assert asked == [5, 5] and [one.level for one in refits] == levels
    assert all(np.max(np.abs(one.beta - found.structure.fit.beta[1:])) < 0.2 for one in refits)


def test_a_plan_asks_for_nodes_where_they_can_be_used() -> None:
    def said(model: PlannedModel) -> list[str]:
        return [
            one.message
            for one in disagreements(PLAN.predictors, {"one": model})
            if one.location[-1] == "quadrature_nodes"
        ]

    assert said(planned(quadrature_nodes=9)) == []
    assert said(planned("alliance", quadrature_nodes=9)) == ["a linear model needs no quadrature"]
    sloped = planned(formula="educative + mandated", slopes={"practitioner": ("mandated",)})
    assert said(sloped) == []
    sloped = sloped.model_copy(update={"quadrature_nodes": 9})
    assert said(sloped) == ["random slopes are fitted by Laplace's approximation, with 1 node"]
    values = PLAN.models["completion"].model_dump()
    with pytest.raises(ValidationError, match="2 to 4 nodes are too coarse"):
        PlannedModel(**{**values, "quadrature_nodes": 3})
