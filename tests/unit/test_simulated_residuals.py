"""Residuals by simulation: a model that holds passes, curvature and overdispersion are seen."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from alliance_modes.models.checks.simulated_residuals import simulated_residuals
from alliance_modes.models.design.design import Design, DesignColumn
from alliance_modes.models.engine.distributions import LOGISTIC
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.families.registry import family_of

COLUMN = DesignColumn("x", "x", "x", "", "x", "1", tested=True)
PRACTITIONER = Grouping("practitioner", ("practitioner_id",))


def _design(
    curve: float = 0.0, sd: float = 0.4, trials: int = 0, extra: float = 0.0, seed: int = 3
) -> Design:
    """20 practitioners of 40 rows each; counts where ``trials``, whose odds vary by ``extra`` more."""
    rng = np.random.default_rng(seed)
    lead, x = np.repeat(np.arange(20), 40), rng.normal(size=800)
    eta = 0.3 * x + curve * (x**2 - 1) + sd * rng.normal(size=20)[lead] + extra * rng.normal(size=800)
    frame = pd.DataFrame({"x": x, "practitioner_id": [f"p{number:02d}" for number in lead]})
    if trials:
        frame["outcome"], frame["trials"] = rng.binomial(trials, expit(eta)).astype(float), float(trials)
    else:
        frame["outcome"] = (rng.random(800) < expit(eta)).astype(float)
    return Design(frame, (COLUMN,), (PRACTITIONER,), (), {"practitioner": 20}, 0, ())


def _checks(design: Design, family: str, groupings: tuple[Grouping, ...] = (PRACTITIONER,)):
    fit = fit_mixed(design.frame, design.response, ("x",), groupings, family_of(family).distribution)
    return simulated_residuals(design, fit, groupings, [1])


@pytest.mark.parametrize(("family", "trials"), [("logistic", 0), ("cloglog", 0), ("binomial_counts", 8)])
def test_a_model_that_holds_passes(family: str, trials: int) -> None:
    shape, spread = _checks(_design(trials=trials), family)
    assert (shape.check, shape.result) == ("residual shape", "pass"), shape.detail
    assert (spread.check, spread.result) == ("residual spread", "pass"), spread.detail
    assert shape.detail.endswith("(499 draws)")


def test_a_curve_fitted_as_a_line_is_seen() -> None:
    shape, _ = _checks(_design(curve=0.9), "logistic")
    assert shape.result == "fail" and "10 parts" in shape.detail


def test_practitioners_who_differ_more_than_the_model_allows_are_seen() -> None:
    design = _design(sd=1.2)
    fit = fit_mixed(design.frame, "outcome", ("x",), (), LOGISTIC)
    none = Grouping("practitioner", ("practitioner_id",))
    _, spread = simulated_residuals(design, fit, (none,), [1])
    assert spread.result == "fail" and "practitioners" in spread.detail
    assert float(spread.detail.split("practitioners ")[1].split(" times")[0]) > 2


def test_the_same_seed_gives_the_same_answer_and_few_clusters_are_not_checked() -> None:
    design = _design()
    assert _checks(design, "logistic") == _checks(design, "logistic")
    fit = fit_mixed(design.frame, "outcome", ("x",), (), LOGISTIC)
    _, spread = simulated_residuals(design, fit, (), [1])
    assert spread.result == "not_checked" and "no grouping with 8 levels" in spread.detail


@pytest.mark.slow
def test_false_alarms_are_rare() -> None:
    """Draws from a fitted model itself: at most 3 of 40 checks fail at .01 (P(more) < 1e-3)."""
    found = [check for seed in range(20) for check in _checks(_design(seed=seed), "logistic")]
    assert sum(check.result == "fail" for check in found) <= 3
