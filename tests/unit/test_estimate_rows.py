"""Rows of estimates from a design and its inference, made by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from alliance_modes.models.design.design import Design, DesignColumn
from alliance_modes.models.engine.prepared import INTERCEPT
from alliance_modes.models.engine.restricted.satterthwaite import Contrast
from alliance_modes.models.inference.estimate_rows import (
    coefficient_rows,
    exponent,
    finite,
    joint_rows,
    joint_term,
    ratio_row,
    standardised_row,
    with_closed_tests,
)
from alliance_modes.models.inference.inference import Inference
from alliance_modes.models.result import Estimate, Level

ROW = Estimate(
    term="engagement", level="between", estimand="coefficient", unit="log-odds per SD", estimate=0.5, se=0.2,
    df=30.0, statistic=2.5, p=0.018, ci_low=0.1, ci_high=0.9,
)  # fmt: skip


def column(name: str, level: Level = "between", tested: bool = True, predictor: str = "") -> DesignColumn:
    return DesignColumn(
        name, predictor or name, f"term {name}", level, f"label {name}", f"unit {name}", tested
    )


def design(*columns: DesignColumn) -> Design:
    return Design(pd.DataFrame(), columns, (), (), {}, 0, ())


def test_each_coefficient_has_its_term_level_and_unit_the_intercept_first() -> None:
    made = design(column("mode"), column("risk", "within", tested=False))
    vcov = np.diag([0.04, 0.09, 0.25])
    inference = Inference(
        (INTERCEPT, "mode", "risk"), np.array([1.0, 0.6, np.nan]), np.sqrt(np.diag(vcov)),
        np.array([math.inf, 30.0, 20.0]), vcov,
    )  # fmt: skip
    rows = coefficient_rows(made, inference, "log-odds", "ok")
    assert [(row.term, row.level, row.unit) for row in rows] == [
        (INTERCEPT, "", "log-odds"),
        ("term mode", "between", "log-odds per unit mode"),
        ("term risk", "within", "log-odds per unit risk"),
    ]
    low, high = inference.interval()
    assert [row.estimate for row in rows] == [1.0, 0.6, None]
    assert [row.se for row in rows] == pytest.approx([0.2, 0.3, 0.5])
    assert [row.df for row in rows] == [None, 30.0, 20.0]
    assert (rows[1].statistic, rows[1].p) == pytest.approx((2.0, inference.p[1]))
    assert (rows[1].ci_low, rows[1].ci_high) == pytest.approx((low[1], high[1]))
    assert {(row.estimand, row.status) for row in rows} == {("coefficient", "ok")}
    assert {row.status for row in coefficient_rows(made, inference, "log-odds", "singular")} == {"singular"}


def test_a_number_that_is_not_finite_is_none() -> None:
    assert (finite(2.5), finite(math.inf), finite(-math.inf), finite(math.nan)) == (2.5, None, None, None)
    assert isinstance(finite(np.float64(2.5)), float)


def test_e_to_the_power_up_to_what_a_number_holds() -> None:
    assert exponent(0.0) == 1.0 and exponent(math.log(3)) == pytest.approx(3.0)
    assert exponent(699.0) == math.exp(699.0)
    assert exponent(700.0) is None and exponent(800.0) is None and exponent(None) is None


def test_a_ratio_is_e_to_the_estimate_and_limits_with_the_same_test() -> None:
    row = ratio_row(ROW, "odds_ratio", "log-odds", "odds ratio")
    assert (row.estimate, row.ci_low, row.ci_high) == pytest.approx(
        (math.exp(0.5), math.exp(0.1), math.exp(0.9))
    )
    assert row.se is None and row.estimand == "odds_ratio" and row.unit == "odds ratio per SD"
    assert (row.term, row.level, row.df, row.statistic, row.p) == ("engagement", "between", 30.0, 2.5, 0.018)


def test_only_the_first_unit_is_renamed() -> None:
    twice = ROW.model_copy(update={"unit": "points per SD of points"})
    assert ratio_row(twice, "odds_ratio", "points", "ratio").unit == "ratio per SD of points"
    assert (
        standardised_row(twice, "standardised", "points", "points", 2.0).unit
        == "SD of points per SD of points"
    )


def test_a_standardised_row_divides_estimate_error_and_limits_by_the_sd() -> None:
    row = standardised_row(ROW, "standardised", "log-odds", "the outcome", 4.0)
    assert (row.estimate, row.se, row.ci_low, row.ci_high) == pytest.approx((0.125, 0.05, 0.025, 0.225))
    assert row.unit == "SD of the outcome per SD" and row.estimand == "standardised"
    assert (row.df, row.statistic, row.p) == (30.0, 2.5, 0.018)
    without = ROW.model_copy(update={"se": None, "ci_low": None})
    empty = standardised_row(without, "standardised", "log-odds", "y", 4.0)
    assert (empty.se, empty.ci_low) == (None, None)
    assert empty.ci_high == pytest.approx(0.225)


def test_products_have_a_joint_test_of_their_own() -> None:
    assert joint_term("engagement") == "modes (joint)"
    assert joint_term("engagement:mandated") == "modes:mandated (joint)"


def test_closed_tests_stay_within_the_predictors_of_one_joint_test() -> None:
    made = design(column("a"), column("b"), column("risk", tested=False), column("alone", "within"))
    rows = [ROW.model_copy(update={"p": p}) for p in (0.5, 0.01, 0.2, 0.03, 0.04)]
    names = ("(Intercept)", "a", "b", "risk", "alone")
    found = with_closed_tests(made, rows, names, lambda some: Contrast(3.5, 2.0, 27.5, 0.06))
    assert [row.p_closed for row in found] == [None, 0.06, 0.2, None, 0.04]


def test_one_joint_test_per_level_of_two_or_more_tested_predictors() -> None:
    made = design(
        column("a"),
        column("b"),
        column("risk", tested=False),
        column("alone", "within"),
        column("one", "within", predictor="a:mandated"),
        column("two", "within", predictor="b:mandated"),
        column("c", ""),
        column("d", ""),
    )
    asked: list[tuple[str, ...]] = []

    def test(names: Sequence[str]) -> Contrast:
        asked.append(tuple(names))
        return Contrast(3.5, float(len(names)), 27.5, 0.04)

    rows = list(joint_rows(made, test, "singular"))
    assert asked == [("a", "b"), ("c", "d"), ("one", "two")]
    assert [(row.term, row.level) for row in rows] == [
        ("modes (joint)", "between"),
        ("modes (joint)", ""),
        ("modes:mandated (joint)", "within"),
    ]
    first = rows[0]
    assert (first.statistic, first.df, first.p, first.estimate) == (3.5, 27.5, 0.04, None)
    assert (first.estimand, first.unit, first.status) == ("joint_test", "F on 2 and df", "singular")
