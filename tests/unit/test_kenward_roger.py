"""Kenward and Roger's adjustment: its known special case, what it refuses, and the check it makes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from simulated_tables import Truth, analysis_tables

from alliance_modes.ground.errors import ModelError
from alliance_modes.models.design.design import Design, DesignColumn
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.fitting import fit_model
from alliance_modes.models.inference.inference import Inference
from alliance_modes.models.inference.kenward_roger import (
    CHECK,
    kenward_roger,
    kenward_roger_check,
    not_for,
)
from alliance_modes.models.result import Diagnostic
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


def _slopes() -> tuple[pd.DataFrame, tuple[Grouping, ...]]:
    """15 groups of 2 to 8 rows with slopes of z, crossed with 6 raters."""
    rng = np.random.default_rng(12)
    group = np.repeat(np.arange(15), rng.integers(2, 9, 15))
    rater = rng.integers(0, 6, len(group))
    z, x = rng.normal(size=len(group)), rng.normal(size=15)[group]
    effects = 1.2 * rng.normal(size=15)[group] + (0.4 + 0.9 * rng.normal(size=15)[group]) * z
    y = 0.5 * x + effects + rng.normal(size=6)[rater] + 0.8 * rng.normal(size=len(group))
    names = {"group": [f"g{i:02d}" for i in group], "rater": [f"r{i}" for i in rater]}
    groupings = (Grouping("group", ("group",), ("z",)), Grouping("rater", ("rater",)))
    return pd.DataFrame({"y": y, "x": x, "z": z, **names}), groupings


def _papers(x: np.ndarray, v: np.ndarray, parts: list[np.ndarray]) -> tuple[np.ndarray, list[float]]:
    """Adjusted covariance, and df of each coefficient by the paper's formulas for l coefficients, l = 1."""
    inverse = np.linalg.inv(v)
    phi = np.linalg.inv(x.T @ inverse @ x)
    projection = inverse - inverse @ x @ phi @ x.T @ inverse
    w = np.linalg.inv([[0.5 * np.trace(projection @ a @ projection @ b) for b in parts] for a in parts])
    p = [-x.T @ inverse @ part @ inverse @ x for part in parts]
    pairs = [(i, j) for i in range(len(parts)) for j in range(len(parts))]
    q = {(i, j): x.T @ inverse @ parts[i] @ inverse @ parts[j] @ inverse @ x for i, j in pairs}
    adjusted = phi + 2 * phi @ sum(w[i, j] * (q[i, j] - p[i] @ phi @ p[j]) for i, j in pairs) @ phi
    df = []
    for place in range(x.shape[1]):
        theta = np.zeros_like(phi)
        theta[place, place] = 1 / phi[place, place]
        moved = [theta @ phi @ part @ phi for part in p]
        a1 = sum(w[i, j] * np.trace(moved[i]) * np.trace(moved[j]) for i, j in pairs)
        a2 = sum(w[i, j] * np.trace(moved[i] @ moved[j]) for i, j in pairs)
        b, g = (a1 + 6 * a2) / 2, (2 * a1 - 5 * a2) / (3 * a2)
        c1, c2, c3 = (c / (3 + 2 * (1 - g)) for c in (g, 1 - g, 3 - g))
        mean = 1 / (1 - a2)
        rho = 2 * (1 + c1 * b) / ((1 - c2 * b) ** 2 * (1 - c3 * b)) / (2 * mean**2)
        df.append(4 + 3 / (rho - 1))
    return adjusted, df


def test_slopes_and_crossed_groupings_have_the_papers_covariance_and_df() -> None:
    data, groupings = _slopes()
    fit = fit_mixed(data, "y", ["x", "z"], groupings)
    assert not fit.singular
    group, rater = (pd.get_dummies(data[name], dtype=float).to_numpy() for name in ("group", "rater"))
    slope = group * data["z"].to_numpy()[:, None]
    crossed = group @ slope.T
    parts = [group @ group.T, crossed + crossed.T, slope @ slope.T, rater @ rater.T, np.eye(len(data))]
    own, of_rater = fit.covariances[0].covariance, fit.covariances[1].covariance
    sizes = [own[0, 0], own[0, 1], own[1, 1], of_rater[0, 0], fit.dispersion]
    x = np.column_stack([np.ones(len(data)), data["x"], data["z"]])
    v = sum(size * part for size, part in zip(sizes, parts, strict=True))
    adjusted, df = _papers(x, v, parts)
    found = kenward_roger(fit, groupings, data)
    np.testing.assert_allclose(found.vcov, adjusted, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(found.se, np.sqrt(np.diag(adjusted)), rtol=1e-8)
    np.testing.assert_allclose(found.df, df, rtol=1e-6)
    np.testing.assert_allclose(found.p, 2 * stats.t.sf(np.abs(fit.beta) / found.se, df), rtol=1e-6)
    assert found.names == fit.names and (found.se > fit.se * 1.001).any()


def _checked(fit: EngineFit, data: pd.DataFrame, se: float, tested: bool = True) -> Diagnostic:
    """The check of ``x`` where the rule gave it this SE, on 8 df; ``z`` is not tested."""
    columns = [
        DesignColumn(name, name, f"term {name}", "between", name, "SD", asked)
        for name, asked in (("x", tested), ("z", False))
    ]
    design = Design(data, tuple(columns), GROUP, (), {}, 0, ())
    errors = np.array([1.0, se, fit.se[2]])
    inference = Inference(fit.names, fit.beta, errors, np.array([30.0, 8.0, 40.0]), np.diag(errors**2))
    return kenward_roger_check(design, fit, GROUP, inference)


def test_the_check_fails_where_p_crosses_a_twentieth_in_either_direction() -> None:
    clear = _balanced()
    sure = fit_mixed(clear, "y", ["x", "z"], GROUP)
    found = kenward_roger(sure, GROUP, clear)
    assert found.p[1] < 0.02
    same, other = _checked(sure, clear, found.se[1]), _checked(sure, clear, 1e6)
    assert (same.check, same.result, other.result) == (CHECK, "pass", "fail")
    assert same.detail == f"{found.df[1]:.1f} beside 8.0 by the rule"
    assert other.detail == f"{same.detail}; p crosses .05 for term x"
    faint = clear.assign(y=clear["y"] - 0.9 * sure.beta[1] * clear["x"])
    unsure = fit_mixed(faint, "y", ["x", "z"], GROUP)
    assert kenward_roger(unsure, GROUP, faint).p[1] > 0.5
    assert _checked(unsure, faint, abs(unsure.beta[1]) / 10).result == "fail"
    assert _checked(unsure, faint, unsure.se[1]).result == "pass"


def test_the_check_is_not_made_above_1500_rows_or_without_a_tested_predictor() -> None:
    data = _balanced()
    fit = fit_mixed(data, "y", ["x", "z"], GROUP)
    for nobs, detail in ((1500, "no tested predictor"), (1501, "1501 rows, above 1500")):
        made = _checked(replace(fit, nobs=nobs), data, 1.0, tested=False)
        assert (made.result, made.detail) == ("not_checked", detail)
    assert not_for(replace(fit, nobs=2000)) == "" and not_for(replace(fit, nobs=2001)).startswith("2001")
    assert _checked(replace(fit, singular=True, nobs=1501), data, 1.0).detail == "a variance is at zero"
