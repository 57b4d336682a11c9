"""Refits of linear models by the gradient: what the engine finds for the same rows, or None."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from simulated_tables import Truth, analysis_tables

from alliance_modes.models.engine.distributions import NORMAL
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.glmm import fit_prepared
from alliance_modes.models.engine.nested.linear.deviance import NestedDeviance
from alliance_modes.models.engine.nested.tree import tree_of
from alliance_modes.models.engine.prepared import Grouping, prepare
from alliance_modes.models.engine.start import lower_factor
from alliance_modes.models.inference.random_effects import fixed_matrix
from alliance_modes.models.refitting.linear import restricted
from alliance_modes.models.refitting.linear.restricted import restricted_fits

TRUTH = Truth(practitioners=16, groups=26, enrolments=150, sites=4)
FIXED = ("engagement_z", "time", "mandated")
GROUPINGS = (
    Grouping("practitioner", ("practitioner_id",)),
    Grouping("group", ("group_id",)),
    Grouping("site", ("site_id",)),
    Grouping("enrolment", ("enrolment_id",), ("time",)),
)


@pytest.fixture(autouse=True, params=[restricted.MOST_OTHERS, -1], ids=["any groupings", "that nest"])
def _most_others(request, monkeypatch) -> None:
    monkeypatch.setattr(restricted, "MOST_OTHERS", request.param)


def _rows(truth: Truth = TRUTH, seed: int = 3) -> pd.DataFrame:
    table = analysis_tables(truth, seed)["alliance"]
    rows = table[table["rater"] == "client"].reset_index(drop=True)
    return rows.assign(mandated=rows["mandated"].astype(float))


def _whole(rows: pd.DataFrame, groupings: tuple[Grouping, ...] = GROUPINGS) -> EngineFit:
    return fit_prepared(prepare(rows, "goal", FIXED, groupings), NORMAL)


@pytest.mark.parametrize("slopes", [("time",), ()], ids=["slope", "intercepts"])
def test_refits_are_the_engines(slopes: tuple[str, ...]) -> None:
    rows = _rows()
    groupings = (*GROUPINGS[:3], Grouping("enrolment", ("enrolment_id",), slopes))
    fit = _whole(rows, groupings)
    refits = restricted_fits(fit, groupings, rows)
    asked = prepare(rows, "goal", FIXED, groupings)
    found = 0
    for column in ("practitioner_id", "site_id"):
        for level in rows[column].unique()[:4]:
            left_out = (rows[column] == level).to_numpy()
            ours = refits.without(left_out)
            if ours is None:
                continue
            engine = fit_prepared(asked.keep(~left_out), fit.distribution, start=fit, quick=True)
            assert ours.deviance == pytest.approx(engine.reml_criterion, abs=1e-7)
            assert ours.beta == pytest.approx(engine.beta, abs=5e-5 * engine.se.min())
            assert np.sqrt(np.diag(ours.vcov)) == pytest.approx(engine.se, rel=5e-5)
            found += 1
    assert found >= 6


def test_a_variance_at_zero_may_rise_from_it_and_fall_to_it() -> None:
    """By deviance: never above the engine's, whether an intercept starts or ends at zero."""
    at_zero, groupings = {"started": 0, "ended": 0}, GROUPINGS[:3]
    for seed in (1, 6, 9):
        rows = _rows(Truth(**{**vars(TRUTH), "site_sd": 0.1, "group_sd": 0.15}), seed)
        fit, asked = _whole(rows, groupings), prepare(rows, "goal", FIXED, groupings)
        refits = restricted_fits(fit, groupings, rows)
        of_row = rows["practitioner_id"].to_numpy()
        for first in range(0, 16, 2):
            left_out = np.isin(of_row, np.unique(of_row)[first : first + 5])
            ours = refits.without(left_out)
            engine = fit_prepared(asked.keep(~left_out), fit.distribution, start=fit, quick=True)
            at_zero["started"] += bool(set(fit.pinned()) - set(engine.pinned()))
            at_zero["ended"] += bool(set(engine.pinned()) - set(fit.pinned()))
            assert ours.deviance < engine.reml_criterion + 1e-7
            assert ours.beta == pytest.approx(engine.beta, abs=1e-4 * engine.se.min())
    assert min(at_zero.values()) > 0


def test_a_grouping_of_one_level_and_a_column_without_a_difference_are_left_to_the_engine() -> None:
    rows = _rows()
    refits = restricted_fits(_whole(rows), GROUPINGS, rows)
    first = rows["site_id"].iloc[0]
    assert refits.without((rows["site_id"] != first).to_numpy()) is None
    constant = rows.assign(engagement_z=np.where(rows["site_id"] == first, rows["engagement_z"], 1.0))
    refits = restricted_fits(_whole(constant), GROUPINGS, constant)
    assert refits.without((constant["site_id"] == first).to_numpy()) is None


def test_what_is_not_quicker_is_left_to_the_engine() -> None:
    rows = _rows()
    by_ml = fit_prepared(prepare(rows, "goal", FIXED, GROUPINGS), NORMAL, reml=False)
    assert restricted_fits(by_ml, GROUPINGS, rows) is None
    without = fit_prepared(prepare(rows, "goal", FIXED, ()), NORMAL)
    assert restricted_fits(without, (), rows) is None


def test_other_values_give_the_engines_fit_with_its_df() -> None:
    rows = _rows()
    fit = _whole(rows)
    refits = restricted_fits(fit, GROUPINGS, rows)
    rng = np.random.default_rng(2)
    for _ in range(3):
        other = rows.assign(mandated=np.where(rng.random(len(rows)) < 0.1, 1.0, rows["mandated"]))
        ours = refits.with_values(other)
        engine = fit_prepared(prepare(other, "goal", FIXED, GROUPINGS), NORMAL, start=fit)
        assert ours.loglik == pytest.approx(engine.loglik, abs=1e-7)
        assert ours.beta == pytest.approx(engine.beta, abs=5e-5 * engine.se.min())
        assert ours.se == pytest.approx(engine.se, rel=5e-5)
        assert ours.df == pytest.approx(engine.df, rel=2e-3)
        for one, same in zip(ours.covariances, engine.covariances, strict=True):
            assert one.grouping == same.grouping and one.pinned == same.pinned
            assert one.covariance == pytest.approx(same.covariance, abs=2e-4)
        assert np.isnan(ours.fitted).all() and ours.raw is None


@pytest.mark.parametrize(
    "slopes",
    [
        {},
        {"enrolment": ("time",)},
        {"practitioner": ("time",)},
        dict.fromkeys(("enrolment", "group"), ("time",)),
    ],
    ids=lambda slopes: " and ".join(slopes) or "intercepts",
)
def test_the_deviance_of_nested_groupings_is_the_engines_and_its_gradient_its_slope(slopes) -> None:
    rows = _rows()
    plain = (*GROUPINGS[:3], Grouping("enrolment", ("enrolment_id",)))
    groupings = tuple(replace(one, slopes=slopes.get(one.name, ())) for one in plain)
    fit, tree = _whole(rows, groupings), tree_of(prepare(rows, "goal", FIXED, groupings))
    columns = {name: rows[list(of)].to_numpy(dtype=float) for name, of in slopes.items()}
    deviance = NestedDeviance(tree, np.column_stack([fixed_matrix(fit, rows), fit.response]), columns)
    covariances = {one.grouping: one.covariance for one in fit.covariances}
    factors = [lower_factor(covariances[name]) / np.sqrt(fit.dispersion) for name in tree.groupings]
    here, _ = deviance(factors)
    assert here.deviance == pytest.approx(fit.reml_criterion, abs=1e-8)
    assert here.beta == pytest.approx(fit.beta, abs=1e-8)
    assert here.vcov == pytest.approx(fit.vcov, rel=1e-8, abs=1e-10)
    beside = [factor + 0.1 * np.tril(np.ones_like(factor)) for factor in factors]
    _, slope = deviance(beside)
    for which, factor in enumerate(beside):
        for place in zip(*np.tril_indices(len(factor)), strict=True):
            sides = []
            for step in (1e-5, -1e-5):
                moved = [one.copy() for one in beside]
                moved[which][place] += step
                sides.append(deviance(moved)[0].deviance)
            assert slope[which][place] == pytest.approx((sides[0] - sides[1]) / 2e-5, rel=1e-5, abs=1e-5)


def test_groupings_that_cross_are_left_to_the_engine_where_there_are_many(monkeypatch) -> None:
    monkeypatch.setattr(restricted, "MOST_OTHERS", -1)
    rows = _rows()
    shuffled = rows.assign(site_id=np.random.default_rng(1).permutation(rows["site_id"].to_numpy()))
    assert restricted_fits(_whole(shuffled), GROUPINGS, shuffled) is None
