"""Bounds on confounding against published examples."""

from __future__ import annotations

from typing import Any

import contract_tables as tables
import pandas as pd
import pytest

from alliance_modes.models.checks.sensitivity import (
    Bound,
    e_value,
    ratio_bound,
    robustness_value,
    sensitivity_table,
)
from alliance_modes.models.families.cloglog import CLOGLOG, risk_ratio_of_hazards
from alliance_modes.models.families.logistic import LOGISTIC
from alliance_modes.models.result import CurvePoint, FitResult, ModelResult, PredictedIncidence
from alliance_modes.plan.plan import Plan
from alliance_modes.reports.questions import questions
from alliance_modes.reports.research.cannot_conclude.sensitivity import sensitivity_sentences


def odds_ratio_bound(*ratio: float, common: bool) -> Bound:
    return ratio_bound(LOGISTIC.risk, *ratio, common=common)


def hazard_ratio_bound(*ratio: float, common: bool) -> Bound:
    return ratio_bound(CLOGLOG.risk, *ratio, common=common)


def test_e_values_of_the_published_example() -> None:
    """VanderWeele & Ding (2017): risk ratio 3.9 [1.8, 8.7], E-values 7.26 and 3.0."""
    bound = odds_ratio_bound(3.9, 1.8, 8.7, common=False)
    assert round(bound.value, 2) == 7.26 and round(bound.value_interval, 1) == 3.0
    assert e_value(1 / 3.9) == pytest.approx(e_value(3.9))
    assert e_value(1.0) == 1.0


def test_e_value_of_a_common_outcome_takes_the_root() -> None:
    """The example of R's EValue: evalues.OR(0.86, 0.75, 0.99, rare = FALSE), risk ratio 0.927."""
    bound = odds_ratio_bound(0.86, 0.75, 0.99, common=True)
    assert bound.value == pytest.approx(e_value(0.927362), abs=1e-5)
    assert round(bound.value, 2) == 1.37 and round(bound.value_interval, 2) == 1.08
    assert odds_ratio_bound(0.86, 0.70, 1.02, common=True).value_interval == 1.0


def test_e_values_of_hazard_ratios() -> None:
    """The example of R's EValue: evalues.HR(0.56, 0.46, 0.69, rare = FALSE), worked out by hand."""
    common = hazard_ratio_bound(0.56, 0.46, 0.69, common=True)
    assert risk_ratio_of_hazards(0.56, common=True) == pytest.approx(0.670084, abs=1e-6)
    assert common.value == pytest.approx(2.349531, abs=1e-6)
    assert common.value_interval == pytest.approx(1.908004, abs=1e-6)
    turned = hazard_ratio_bound(1 / 0.56, 1 / 0.69, 1 / 0.46, common=True)
    assert (turned.value, turned.value_interval) == pytest.approx((common.value, common.value_interval))
    rare = hazard_ratio_bound(0.56, 0.46, 0.69, common=False)
    assert rare.value == pytest.approx(e_value(0.56)) and rare.value_interval == pytest.approx(e_value(0.69))
    assert hazard_ratio_bound(1.2, 0.9, 1.6, common=True).value_interval == 1.0


@pytest.mark.parametrize(("reached", "opening"), [(0.3, "common outcome"), (0.1, "rare outcome"), (None, "")])
def test_whether_drop_out_is_common_is_told_by_its_incidence(reached: float | None, opening: str) -> None:
    row: dict[str, Any] = {
        "model": "dropout_modes",
        "outcome": "dropped_out",
        "term": "engagement",
        "level": "between",
    }
    row |= {"family": "secondary", "estimand": "hazard_ratio", "estimate": 0.56, "ci_low": 0.46}
    curve = () if reached is None else (incidence(0.9, "engagement"), incidence(reached, ""))
    named: dict[str, Any] = {"outcome": "dropped_out", "label": "Drop-out", "formula": "", "engine": "glmm"}
    fit = FitResult(**named, family="cloglog", status="ok", incidences=curve)
    result = ModelResult(model="dropout_modes", hypothesis="H3", title="", status="ok", fits=(fit,))
    (found,) = sensitivity_table(pd.DataFrame([row | {"ci_high": 0.69}]), [result]).to_dict("records")
    if reached is None:
        assert found["status"] == "not_checked" and pd.isna(found["value"])
    else:
        assert found["approximation"].startswith(opening)
        bound = hazard_ratio_bound(0.56, 0.46, 0.69, common=reached > 0.15)
        assert (found["value"], found["value_interval"]) == (bound.value, bound.value_interval)


def incidence(reached: float, term: str) -> PredictedIncidence:
    points = (CurvePoint(x=0, estimate=0.0), CurvePoint(x=20, estimate=reached))
    return PredictedIncidence(end="dropped_out", term=term, points=points)


def test_robustness_values_of_the_darfur_example() -> None:
    """Cinelli & Hazlett (2020): t = 4.18, df = 783; robustness values .139 (q = 1) and .076 (alpha = .05)."""
    bound = robustness_value(4.184447, 783)
    assert round(bound.value, 3) == 0.139 and round(bound.value_interval, 3) == 0.076
    assert robustness_value(-4.184447, 783) == bound


def test_an_interval_that_holds_none_needs_no_confounder() -> None:
    assert robustness_value(1.0, 30).value_interval == 0.0 < robustness_value(1.0, 30).value
    assert robustness_value(3.0, 1.0).value_interval == 0.0
    assert 0.0 < robustness_value(80.0, 3.0).value_interval < 1.0


def test_every_tested_mode_has_one_bound_and_products_have_none() -> None:
    results = {
        name: model.model_copy(
            update={"fits": tuple(fit.model_copy(update={"outcome_mean": 0.7}) for fit in model.fits)}
        )
        for name, model in tables.models().items()
    }
    table = sensitivity_table(tables.estimates(results), results.values())
    assert len(table) == 3 * (8 + 1 + 1 + 1) and (table["status"] == "checked").all()
    assert not table["term"].str.contains(":").any()
    assert table.groupby("measure").size().to_dict() == {"e_value": 6, "robustness_value": 27}
    chance = table[table["measure"] == "e_value"]
    assert chance["approximation"].str.startswith("common outcome").all()
    unknown = sensitivity_table(tables.estimates(results), tables.models().values())
    assert (unknown.loc[unknown["measure"] == "e_value", "status"] == "not_checked").all()
    assert pd.isna(unknown.loc[unknown["measure"] == "e_value", "value"]).all()


def test_the_report_speaks_of_clear_modes_only() -> None:
    results = {
        name: model.model_copy(
            update={"fits": tuple(fit.model_copy(update={"outcome_mean": 0.7}) for fit in model.fits)}
        )
        for name, model in tables.models(clear=True).items()
    }
    estimates = tables.estimates(results)
    (said,) = sensitivity_sentences(estimates, questions(Plan(), results, estimates))
    odds = estimates[(estimates["model"] == "completion") & (estimates["estimand"] == "odds_ratio")]
    row = odds[odds["term"] == "engagement"].iloc[0]
    bound = odds_ratio_bound(row["estimate"], row["ci_low"], row["ci_high"], common=True)
    assert said.startswith("Engagement mode and programme completion: ")
    assert f"risk ratio of {bound.value:.2f} each" in said and "common outcome" in said
    unclear = tables.models()
    none = tables.estimates(unclear)
    assert sensitivity_sentences(none, questions(Plan(), unclear, none)) == []
