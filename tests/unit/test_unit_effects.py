"""Practitioners and sites beside what a model expects of them: modes of the fit, and nearer to the truth."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from simulated_tables import Truth, enrolment_table

from alliance_modes.models.inference.estimated import Estimated
from alliance_modes.models.inference.random_effects import conditional_modes
from alliance_modes.models.outcome import estimate_outcome
from alliance_modes.models.units.effects import unit_effects
from alliance_modes.plan.plan import Plan

PLAN = Plan()
MODES = ["educative_z", "engagement_z", "therapeutic_z"]
TRUTH = Truth(practitioners=40, enrolments=1200, practitioner_sd=0.8, group_sd=0.0, site_sd=0.0)


@cache
def table() -> pd.DataFrame:
    return enrolment_table(TRUTH, seed=3)


@cache
def estimated() -> Estimated:
    model = PLAN.models["completion"]
    found = estimate_outcome(PLAN.predictors, model, model.outcomes[0], table())
    assert isinstance(found, Estimated)
    return found


@cache
def effects() -> pd.DataFrame:
    found = unit_effects(estimated().design, estimated().structure)
    return pd.DataFrame([{**dict(one), "adjusted": one.adjusted} for one in found])


def of(kind: str) -> pd.DataFrame:
    return effects()[effects()["kind"] == kind].set_index("unit")


def test_modes_and_their_errors_are_those_of_the_fit():
    fit, rows = estimated().structure, estimated().design.frame
    modes = {one.grouping: one for one in conditional_modes(fit.fit, fit.groupings, rows)}
    for kind in ("practitioner", "site"):
        here = of(kind).loc[list(modes[kind].levels)]
        np.testing.assert_allclose(here["mode"], modes[kind].values[:, 0])
        np.testing.assert_allclose(here["se"] ** 2, modes[kind].covariance[:, 0, 0])


def test_observed_and_n_are_those_of_the_rows():
    rows = estimated().design.frame.groupby("practitioner_id")["outcome"].agg(["mean", "size"])
    here = of("practitioner").loc[list(rows.index)]
    np.testing.assert_allclose(here["observed"], rows["mean"])
    assert here["n"].tolist() == rows["size"].tolist()
    assert here["overall"].nunique() == 1


def test_shrunken_values_lie_nearer_to_the_truth_than_adjusted_ones_and_within_their_limits():
    eta, rows = 0.6 + table()["linear"], table()
    expected = 0.6 + rows[MODES] @ np.array(TRUTH.modes) + TRUTH.mandated * rows["mandated"].astype(float)
    moved = pd.Series(expit(eta) - expit(expected)).groupby(rows["practitioner_id"]).mean()
    here = of("practitioner")
    off = moved.loc[list(here.index)]
    truth = here["overall"] + off - np.average(off, weights=here["n"])
    errors = {name: float(((here[name] - truth) ** 2).mean()) for name in ("adjusted", "shrunken")}
    assert errors["shrunken"] < errors["adjusted"]
    inside = ((here["ci_low"] <= truth) & (truth <= here["ci_high"])).mean()
    assert inside > 0.8
    nearer = (here["shrunken"] - here["overall"]).abs() / (here["adjusted"] - here["overall"]).abs()
    assert nearer.median() < 1


def test_the_spread_is_that_of_true_means():
    here = of("practitioner")
    assert here["spread"].iloc[0] == pytest.approx(0.8 * 0.2, rel=0.4)
    assert of("site")["spread"].iloc[0] < here["spread"].iloc[0]


def test_a_variance_at_zero_leaves_no_difference():
    none = enrolment_table(Truth(practitioner_sd=0.0, group_sd=0.0, site_sd=0.0), seed=11)
    model = PLAN.models["completion"]
    found = estimate_outcome(PLAN.predictors, model, model.outcomes[0], none)
    assert isinstance(found, Estimated)
    at_zero = {one.grouping for one in found.structure.fit.covariances if all(one.pinned)}
    for one in unit_effects(found.design, found.structure):
        if one.kind in at_zero:
            assert one.shrunken == one.ci_low == one.ci_high == pytest.approx(one.overall)
