"""Kenward and Roger's adjustment: its known special case, what it refuses, and the check it makes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from simulated_tables import Truth, analysis_tables

from alliance_modes.ground.errors import ModelError
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.fitting import fit_model
from alliance_modes.models.inference.kenward_roger import CHECK, kenward_roger
from alliance_modes.plan.parts import model_task
from alliance_modes.plan.plan import Plan

GROUP = (Grouping("group", ("group",)),)


def _balanced(groups: int = 10, each: int = 6) -> pd.DataFrame:
    """A predictor that is constant within groups, in equal groups."""
    rng = np.random.default_rng(3)
    group = np.repeat(np.arange(groups), each)
    x = rng.normal(size=groups)[group]
    y = 0.5 * x + 1.5 * rng.normal(size=groups)[group] + rng.normal(size=groups * each)
    return pd.DataFrame({"y": y, "x": x, "z": rng.normal(size=groups * each), "group": group.astype(str)})


def test_balanced_groups_have_the_df_of_the_regression_of_their_means() -> None:
    """Then the mixed model is ordinary regression of the means: J - 2 df and its SE, exactly."""
    data = _balanced()
    fit = fit_mixed(data, "y", ["x"], GROUP)
    assert not fit.singular
    found = kenward_roger(fit, GROUP, data)
    np.testing.assert_allclose(found.df, [8.0, 8.0], rtol=1e-6)
    means = data.groupby("group")[["y", "x"]].mean()
    design = np.column_stack([np.ones(10), means["x"]])
    beta, squares, *_ = np.linalg.lstsq(design, means["y"], rcond=None)
    se = np.sqrt(squares[0] / 8 * np.diag(np.linalg.inv(design.T @ design)))
    np.testing.assert_allclose(fit.beta, beta, rtol=1e-6)
    np.testing.assert_allclose(found.se, se, rtol=1e-5)


def test_unbalanced_groups_have_a_wider_se_than_the_engines() -> None:
    data = _balanced().drop(index=range(1, 25, 2)).reset_index(drop=True)
    fit = fit_mixed(data, "y", ["x", "z"], GROUP)
    found = kenward_roger(fit, GROUP, data)
    assert (found.se >= fit.se).all() and found.se[1] > fit.se[1] * 1.0001
    assert 5 < found.df[1] < 9 < found.df[2]


def test_what_it_is_not_for_is_refused() -> None:
    data = _balanced()
    with pytest.raises(ModelError, match="by REML"):
        kenward_roger(fit_mixed(data, "y", ["x"], GROUP, reml=False), GROUP, data)
    with pytest.raises(ModelError, match="no random effects"):
        kenward_roger(fit_mixed(data, "y", ["x"], (), reml=True), (), data)
    large = pd.concat([_balanced(20, 120)], ignore_index=True)
    with pytest.raises(ModelError, match="2400 rows, above 2000"):
        kenward_roger(fit_mixed(large, "y", ["x"], GROUP), GROUP, large)
    idle = data.assign(y=np.tile([1.0, -1.0, 2.0, -2.0, 0.5, -0.5], 10))
    with pytest.raises(ModelError, match="a variance is at zero"):
        kenward_roger(fit_mixed(idle, "y", ["x"], GROUP), GROUP, idle)


def test_primary_linear_models_say_what_it_finds() -> None:
    plan = Plan(draws=200)
    model = plan.models["alliance"]
    kept = tuple(one for one in model.outcomes if one.name in ("client_goal", "client_total"))
    model = model.model_copy(update={"outcomes": kept, "slopes": {}, "random": ("practitioner", "enrolment")})
    plan = plan.model_copy(update={"models": {"alliance": model}})
    truth = Truth(practitioners=30, groups=40, enrolments=200, sessions=1, practitioner_sd=0.8)
    primary, secondary = fit_model(model_task(plan, "alliance"), analysis_tables(truth, seed=2)).fits
    (check,) = (one for one in primary.diagnostics if one.check == CHECK)
    assert check.result == "pass" and "by the rule" in check.detail, check
    assert not [one for one in secondary.diagnostics if one.check == CHECK]
