"""The correction for measurement error: right where the truth is known, refused where it is not."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from simulated_tables import Truth, analysis_tables

from alliance_modes.models.design.design import Design, DesignColumn
from alliance_modes.models.effects.measurement_error import (
    CHECK,
    Reliability,
    _inverse_wishart,
    correct_for_measurement_error,
    practitioner_covariance,
    reliabilities_of,
)
from alliance_modes.models.fitting import fit_model
from alliance_modes.models.inference.inference import Inference
from alliance_modes.plan.parts import model_task
from alliance_modes.plan.plan import Plan

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "benchmarks"))
import measurement_error as study

NAMES = ("educative", "engagement", "therapeutic", "covariate")
OMEGA = {"educative": 0.8, "engagement": 0.7, "therapeutic": 0.75}


def exact_case(true_slopes: np.ndarray, practitioners: int = 60) -> tuple[Inference, Design]:
    """Observed slopes and scores whose covariances are exactly those of the truth plus error."""
    rng = np.random.default_rng(1)
    raw = rng.normal(size=(practitioners, 4))
    raw -= raw.mean(axis=0)
    white = raw @ np.linalg.inv(np.linalg.cholesky(np.cov(raw.T))).T
    true = np.full((4, 4), 0.5)
    true[3, :] = true[:, 3] = 0.2
    np.fill_diagonal(true, 1.0)
    error = np.diag([*(1.0 / omega - 1.0 for omega in OMEGA.values()), 0.0])
    scores = white @ np.linalg.cholesky(true + error).T
    frame = pd.DataFrame(np.repeat(scores, 3, axis=0), columns=list(NAMES))
    frame["practitioner_id"] = np.repeat([f"p{i:02d}" for i in range(practitioners)], 3)
    frame["within"] = np.tile([-1.0, 0.0, 1.0], practitioners)
    columns = [DesignColumn(name, name, name, "between", name, "1 SD", True, True) for name in NAMES]
    columns.insert(2, DesignColumn("within", "within", "within", "within", "w", "1", False))
    design = Design(frame, tuple(columns), (), (), {"practitioner": practitioners}, 0, ())
    observed = np.linalg.solve(true + error, true @ true_slopes)
    names = ("(Intercept)", *design.fixed)
    beta = np.array([2.0, *observed[:2], 9.0, *observed[2:]])
    return Inference(names, beta, np.full(6, 0.02), np.full(6, 30.0), np.eye(6) * 4e-4), design


def known(se_log: float = 0.1) -> dict[str, Reliability]:
    return {name: Reliability(value, se_log) for name, value in OMEGA.items()}


def test_exact_covariances_give_the_truth_and_division_does_not():
    """Slopes .3, .2, 0 and .2 come back; dividing by omega moves the null mode further from zero."""
    truth = np.array([0.3, 0.2, 0.0, 0.2])
    inference, design = exact_case(truth)
    found = correct_for_measurement_error(inference, design, known(), 400, 1)
    assert [one.column.name for one in found] == list(NAMES)
    assert [one.estimate for one in found] == pytest.approx(truth, abs=1e-10)
    assert [one.true_sd for one in found] == pytest.approx(np.ones(4), abs=1e-10)
    assert [one.reliability for one in found] == [0.8, 0.7, 0.75, 1.0]
    observed = inference.beta[inference.place("therapeutic")]
    assert observed > 0.03 and observed / OMEGA["therapeutic"] > 1.3 * observed
    for one in found:
        assert one.ci_low < one.estimate < one.ci_high


def test_perfect_scores_are_left_as_they_are_with_their_t_interval():
    inference, design = exact_case(np.array([0.3, 0.2, 0.0, 0.2]))
    perfect = {name: Reliability(1.0, 0.0) for name in OMEGA}
    found = correct_for_measurement_error(inference, design, perfect, 40_000, 3)
    places = [inference.place(name) for name in NAMES]
    assert [one.estimate for one in found] == pytest.approx(inference.beta[places], abs=1e-12)
    reach = stats.t.ppf(0.975, 30.0) * 0.02
    assert [one.ci_high - one.estimate for one in found] == pytest.approx([reach] * 4, rel=0.04)


def test_unknown_reliability_widens_the_interval():
    inference, design = exact_case(np.array([0.3, 0.2, 0.0, 0.2]), 200)
    narrow, wide = (
        correct_for_measurement_error(inference, design, known(se), 4000, 5)[0] for se in (0.01, 0.35)
    )
    assert wide.ci_high - wide.ci_low > 1.15 * (narrow.ci_high - narrow.ci_low)


def test_draws_of_the_covariance_are_inverse_wishart():
    """Means of the drawn precisions equal the observed precision, and their variances Wishart's."""
    observed = np.array([[1.0, 0.4], [0.4, 2.0]])
    drawn = np.linalg.inv(_inverse_wishart(np.random.default_rng(2), observed, 39, 40_000))
    precision = np.linalg.inv(observed)
    assert drawn.mean(axis=0) == pytest.approx(precision, rel=0.02)
    assert drawn[:, 0, 0].var() == pytest.approx(2.0 * precision[0, 0] ** 2 / 39, rel=0.05)


def test_practitioners_count_once_each():
    _, design = exact_case(np.zeros(4))
    columns = [column for column in design.columns if column.practitioner_level]
    repeated = replace(design, frame=pd.concat([design.frame, design.frame.head(90)], ignore_index=True))
    assert practitioner_covariance(repeated, columns) == pytest.approx(
        practitioner_covariance(design, columns), abs=1e-12
    )


@pytest.mark.slow
def test_simulated_practitioners_recover_each_mode():
    """100 cohorts of 100: corrected slopes within 3 Monte-Carlo errors of .3, .2, 0 (plus .01, the bias
    of small samples); the null mode's observed slope is not, and dividing it makes it worse."""
    table = study.study(100, "linear", 100).set_index("mode")
    reach = 3 * table["corrected_mc_error"] + 0.01
    assert (abs(table["corrected"] - table["true"]) < reach).all()
    null = table.loc["therapeutic"]
    assert null["observed"] > 5 * null["observed_mc_error"]
    assert null["divided"] > 1.3 * null["observed"]
    assert abs(null["corrected"]) < 0.5 * null["observed"]
    assert (table["corrected_coverage"] > 0.95 - 3 * np.sqrt(0.05 * 0.95 / 100)).all()


def test_refused_where_the_true_covariance_may_not_exist():
    """Fifteen practitioners, reliability .73, modes correlated .5: two draws in five have none."""
    found = study.sample(np.random.default_rng(8), 15, "linear")
    names = ("(Intercept)", *found.design.fixed)
    inference = Inference(names, np.zeros(5), np.ones(5), np.full(5, 10.0), np.eye(5))
    given = {mode: Reliability(study.RELIABILITY, 0.2) for mode in study.MODES}
    corrected = correct_for_measurement_error(inference, found.design, given, 1000, 1)
    assert all(one.estimate is None and one.ci_low is None for one in corrected)
    assert "not positive definite" in corrected[0].reason


def test_refused_where_a_reliability_is_not_known_and_absent_where_none_is_given():
    inference, design = exact_case(np.zeros(4))
    given = known() | {"educative": Reliability(None, None, "", "9 complete respondents")}
    corrected = correct_for_measurement_error(inference, design, given, 400, 1)
    assert {one.reason for one in corrected} == {"no reliability of educative (9 complete respondents)"}
    assert correct_for_measurement_error(inference, design, {"other": Reliability(0.5, 0.1)}, 400, 1) == ()


def test_table_of_reliabilities_serves_score_and_standardised_score():
    table = pd.DataFrame(
        {
            "score": ["educative", "educative_goal"],
            "reliability": [0.8, np.nan],
            "se_log": [0.2, np.nan],
            "source": ["omega", np.nan],
            "status": ["ok", "not_estimated"],
            "reason": [np.nan, "a single item"],
        }
    )
    found = reliabilities_of(table)
    assert found["educative"] == found["educative_z"] == Reliability(0.8, 0.2, "omega")
    assert found["educative_goal_z"] == Reliability(None, None, "", "a single item")


@pytest.mark.slow
def test_whole_models_carry_the_corrected_rows_without_p():
    tables = analysis_tables(Truth(practitioners=60, groups=90, enrolments=600, sessions=2), seed=4)
    reliabilities = {f"{mode}_z": Reliability(0.85, 0.15) for mode in study.MODES}
    (fit,) = fit_model(model_task(Plan(draws=400), "completion"), tables, reliabilities).fits
    by_kind = {
        kind: {row.term: row for row in fit.estimates if row.estimand == kind and row.level == "between"}
        for kind in ("coefficient", "coefficient_corrected", "odds_ratio_corrected")
    }
    assert set(by_kind["coefficient_corrected"]) == set(by_kind["coefficient"])
    row = by_kind["coefficient_corrected"]["engagement"]
    assert row.p is None and row.statistic is None
    assert abs(row.estimate) > abs(by_kind["coefficient"]["engagement"].estimate)
    assert by_kind["odds_ratio_corrected"]["engagement"].estimate == pytest.approx(np.exp(row.estimate))
    (check,) = (one for one in fit.diagnostics if one.check == CHECK)
    assert check.result == "pass" and "engagement 0.85 (omega)" in check.detail
    assert fit_model(model_task(Plan(draws=400), "completion"), tables).fits[0].estimates == tuple(
        one for one in fit.estimates if not one.estimand.endswith("corrected")
    )


def test_refused_where_a_product_of_scores_is_a_predictor_between_practitioners():
    inference, design = exact_case(np.zeros(4))
    columns = [
        replace(one, parts=("educative", "covariate")) if one.name == "covariate" else one
        for one in design.columns
    ]
    corrected = correct_for_measurement_error(
        inference, replace(design, columns=tuple(columns)), known(), 400, 1
    )
    assert {one.reason for one in corrected} == {"the error of a product of scores is not known: covariate"}
