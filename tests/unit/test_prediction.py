"""Conditional variances, predictions and simulation: lme4's values, Henderson's equations, moments."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from simulated_tables import Truth, enrolment_table

from alliance_modes.ground.errors import ModelError
from alliance_modes.models.effects.prediction import predict, predict_linear, simulate
from alliance_modes.models.engine.fit import EngineFit
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.families.registry import family_of
from alliance_modes.models.inference import random_effects
from alliance_modes.models.inference.random_effects import conditional_modes, fixed_matrix, random_matrix

RSCRIPT = shutil.which("Rscript")
TRUTH = Truth(practitioners=25, groups=50, enrolments=400, practitioner_sd=0.6, group_sd=0.4)
FIXED = ("educative_z", "engagement_z", "risk_score_z")
CROSSED = (Grouping("practitioner", ("practitioner_id",)), Grouping("site", ("site_id",)))
NESTED = (Grouping("practitioner", ("practitioner_id",)), Grouping("group", ("group_id",)))
SLOPED = (Grouping("practitioner", ("practitioner_id",), ("risk_score_z",)), NESTED[1])
CASES: dict[str, tuple[str | tuple[str, str], tuple[Grouping, ...], str]] = {
    "linear": ("linear", NESTED, "linear"),
    "linear_sloped": ("linear", SLOPED, "linear"),
    "linear_pinned": ("linear", (*NESTED, Grouping("idle", ("idle",))), "linear"),
    "logistic": ("completed", NESTED, "logistic"),
    "logistic_sloped": ("completed", SLOPED, "logistic"),
    "cloglog": ("completed", CROSSED, "cloglog"),
    "binomial_counts": (("attended", "offered"), NESTED, "binomial_counts"),
}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    table = enrolment_table(TRUTH, seed=8)
    rng = np.random.default_rng(1)
    slope = 0.4 * rng.normal(size=TRUTH.practitioners)
    lead = table["practitioner_id"].str[1:].astype(int).to_numpy()
    linear = table["linear"] + slope[lead] * table["risk_score_z"]
    table["offered"] = rng.integers(4, 12, len(table)).astype(float)
    table["attended"] = rng.binomial(table["offered"].astype(int), 1 / (1 + np.exp(-linear))).astype(float)
    table["completed"] = (rng.random(len(table)) < 1 / (1 + np.exp(-linear))).astype(float)
    table["idle"] = np.arange(len(table)) % 5
    table["linear"] = linear + 0.5 * rng.normal(size=len(table))
    left = table["linear"] - fit_mixed(table, "linear", FIXED, NESTED).fitted
    table["linear"] -= left.groupby(table["idle"]).transform("mean")
    return table.astype({"idle": "str"})


def _fit(name: str, rows: pd.DataFrame) -> tuple[EngineFit, tuple[Grouping, ...], np.ndarray | None]:
    response, groupings, family = CASES[name]
    trials = rows["offered"].to_numpy() if family == "binomial_counts" else None
    return fit_mixed(rows, response, FIXED, groupings, family_of(family).distribution), groupings, trials


def _henderson(fit: EngineFit, groupings, rows: pd.DataFrame, trials) -> tuple[np.ndarray, np.ndarray]:
    """Dense inverses: Var(b|y) by its formula, and Henderson's whole matrix of coefficients and effects."""
    z, x = random_matrix(fit, groupings, rows).toarray(), fixed_matrix(fit, rows)
    weights = random_effects.observation_weights(fit, trials)
    g = random_effects.effect_factor(fit).toarray()
    g = g @ g.T + 1e-12 * np.eye(len(g))
    random = np.linalg.inv(z.T @ (weights[:, None] * z) + np.linalg.inv(g))
    cross = x.T @ (weights[:, None] * z)
    whole = np.block([[x.T @ (weights[:, None] * x), cross], [cross.T, np.linalg.inv(random)]])
    return random, np.linalg.inv(whole)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("dense_up_to", [4000, 0])
def test_conditional_variances_are_the_inverse_of_the_precision(
    name: str, dense_up_to: int, rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random_effects, "DENSE_UP_TO", dense_up_to)
    fit, groupings, trials = _fit(name, rows)
    assert fit.converged and (fit.pinned() == ("idle",)) is (name == "linear_pinned")
    expected, place = _henderson(fit, groupings, rows, trials)[0], 0
    for found in conditional_modes(fit, groupings, rows, trials=trials):
        width = len(found.terms)
        for number in range(len(found.levels)):
            block = expected[place : place + width, place : place + width]
            np.testing.assert_allclose(found.covariance[number], block, rtol=1e-6, atol=1e-10)
            place += width
    assert place == len(expected)


def test_uncertain_coefficients_give_hendersons_error_variance(rows: pd.DataFrame) -> None:
    fit, groupings, _ = _fit("linear_sloped", rows)
    expected = np.diag(_henderson(fit, groupings, rows, None)[1])[len(fit.names) :]
    found = conditional_modes(fit, groupings, rows, coefficient_uncertainty=True)
    ours = np.concatenate([np.einsum("lii->li", one.covariance).ravel() for one in found])
    np.testing.assert_allclose(ours, expected, rtol=1e-6)


@pytest.mark.parametrize("name", ["linear", "linear_sloped"])
def test_error_of_a_prediction_is_hendersons(name: str, rows: pd.DataFrame) -> None:
    fit, groupings, _ = _fit(name, rows)
    some = rows.head(7)
    design = np.hstack([fixed_matrix(fit, some), random_matrix(fit, groupings, some).toarray()])
    expected = np.sqrt(np.diag(design @ _henderson(fit, groupings, rows, None)[1] @ design.T))
    found = predict(fit, groupings, rows, some)
    np.testing.assert_allclose(found.linear_se, expected, rtol=1e-6)
    np.testing.assert_allclose(found.linear, fit.fitted[:7], rtol=1e-9)
    assert not found.new_sd.any()


@pytest.mark.parametrize("name", ["logistic_sloped", "cloglog", "binomial_counts"])
def test_predictions_of_the_rows_of_a_fit_are_its_fitted_means(name: str, rows: pd.DataFrame) -> None:
    fit, groupings, trials = _fit(name, rows)
    found = predict(fit, groupings, rows, rows, trials=trials)
    np.testing.assert_allclose(found.response, fit.fitted, rtol=1e-6)
    np.testing.assert_allclose(found.response_averaged, found.response, rtol=1e-9)
    assert (found.response_low < found.response).all() and (found.response < found.response_high).all()


def test_a_new_practitioner_adds_the_variance_between_practitioners(rows: pd.DataFrame) -> None:
    fit, groupings, _ = _fit("logistic_sloped", rows)
    unseen = rows.head(3).assign(
        practitioner_id="never seen", group_id="nor this", risk_score_z=[0.0, 1.0, 2.0]
    )
    found = predict(fit, groupings, rows, unseen)
    of_practitioner, of_group = (group.covariance for group in fit.covariances)
    for place, risk in enumerate((0.0, 1.0, 2.0)):
        z = np.array([1.0, risk])
        assert found.new_sd[place] ** 2 == pytest.approx(z @ of_practitioner @ z + of_group[0, 0])
    np.testing.assert_allclose(found.linear, fixed_matrix(fit, unseen) @ fit.beta)
    by_name = predict(fit, groupings, rows, rows.head(3), new=("practitioner",))
    known = predict(fit, groupings, rows, rows.head(3))
    assert (by_name.new_sd > 0).all() and (known.new_sd == 0).all()
    draws = np.random.default_rng(2).normal(found.linear[:, None], found.new_sd[:, None], (3, 200_000))
    np.testing.assert_allclose(found.response_averaged, (1 / (1 + np.exp(-draws))).mean(axis=1), atol=2e-3)


@pytest.mark.parametrize("name", ["linear_sloped", "logistic", "cloglog", "binomial_counts"])
def test_simulated_outcomes_have_the_moments_of_the_fit(name: str, rows: pd.DataFrame) -> None:
    """Means within 5 Monte-Carlo SE, row by row; draws share practitioners as the fit says."""
    fit, groupings, trials = _fit(name, rows)
    count = np.ones(len(rows)) if trials is None else trials
    drawn = simulate(fit, groupings, rows, np.random.default_rng(3), 2000, trials=trials) / count[:, None]
    everyone = tuple(grouping.name for grouping in groupings)
    expected = predict(fit, groupings, rows, rows, new=everyone, trials=trials).response_averaged
    error = drawn.std(axis=1) / np.sqrt(drawn.shape[1])
    assert np.abs((drawn.mean(axis=1) - expected) / error).max() < 5.0
    held = simulate(fit, groupings, rows, np.random.default_rng(3), 2000, trials=trials, conditional=True)
    held = held / count[:, None]
    error = held.std(axis=1) / np.sqrt(held.shape[1])
    assert np.abs((held.mean(axis=1) - fit.fitted) / error).max() < 5.0
    if name == "linear_sloped":
        variance = rows.shape[0] * [fit.dispersion]
        for group in fit.covariances:
            z = np.column_stack([np.ones(len(rows)), rows["risk_score_z"]])[:, : len(group.terms)]
            variance = variance + np.einsum("ij,jk,ik->i", z, group.covariance, z)
        assert drawn.var(axis=1).mean() == pytest.approx(variance.mean(), rel=0.02)


def test_the_same_seed_gives_the_same_draws(rows: pd.DataFrame) -> None:
    fit, groupings, _ = _fit("logistic", rows)
    first, second = (simulate(fit, groupings, rows, np.random.default_rng(4), 3) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_what_cannot_be_predicted_is_refused(rows: pd.DataFrame) -> None:
    fit, groupings, trials = _fit("binomial_counts", rows)
    with pytest.raises(ModelError, match="no column risk_score_z"):
        predict_linear(fit, groupings, rows.drop(columns="risk_score_z"))
    with pytest.raises(ModelError, match="400 were fitted"):
        predict(fit, groupings, rows.head(9), rows.head(9), trials=trials)
    with pytest.raises(ModelError, match="number of trials"):
        simulate(fit, groupings, rows, np.random.default_rng(1), 2)
    with pytest.raises(ModelError, match="which is not among those given"):
        predict_linear(fit, groupings[:1], rows)


def test_a_start_from_the_answer_ends_there_at_once(rows: pd.DataFrame) -> None:
    for name in ("linear_sloped", "linear_pinned", "logistic"):
        response, groupings, family = CASES[name]
        cold = fit_mixed(rows, response, FIXED, groupings, family_of(family).distribution)
        warm = fit_mixed(
            rows, response, FIXED, groupings, family_of(family).distribution, start=cold, quick=True
        )
        assert warm.loglik == pytest.approx(cold.loglik, abs=1e-5)
        np.testing.assert_allclose(warm.beta, cold.beta, atol=2e-4)
        assert warm.raw.n_eval <= cold.raw.n_eval


R_PROGRAM = """
suppressMessages(library(lme4))
d <- read.csv("{rows}")
tight <- glmerControl(optimizer = "bobyqa", optCtrl = list(rhoend = 1e-9))
m <- {model}
r <- ranef(m, condVar = TRUE)$practitioner_id
v <- attr(r, "postVar")
out <- data.frame(level = rownames(r), mode = r[, 1], slope = r[, ncol(r)],
  v11 = v[1, 1, ], v12 = v[1, dim(v)[1], ], v22 = v[dim(v)[1], dim(v)[1], ])
write.csv(out, "{modes}", row.names = FALSE)
write.csv(data.frame(known = predict(m), new = predict(m, re.form = NA)), "{predictions}", row.names = FALSE)
"""
R_MODELS = {
    "linear_sloped": "lmer(linear ~ {fixed} + (1 + risk_score_z | practitioner_id) + (1 | group_id), d)",
    "logistic": "glmer(completed ~ {fixed} + (1 | practitioner_id) + (1 | group_id), d, binomial,"
    " control = tight)",
    "binomial_counts": "glmer(cbind(attended, offered - attended) ~ {fixed} + (1 | practitioner_id) +"
    " (1 | group_id), d, binomial, control = tight)",
}


@pytest.mark.slow
@pytest.mark.skipif(RSCRIPT is None, reason="not run: no Rscript on this machine")
@pytest.mark.parametrize("name", R_MODELS)
def test_lme4_says_the_same(name: str, rows: pd.DataFrame, tmp_path: Path) -> None:
    """``ranef(, condVar = TRUE)`` and ``predict`` of lme4 on the same rows, as far as its optimiser goes."""
    paths = {key: tmp_path / f"{key}.csv" for key in ("rows", "modes", "predictions")}
    rows.to_csv(paths["rows"], index=False)
    program = R_PROGRAM.format(model=R_MODELS[name].format(fixed=" + ".join(FIXED)), **paths)
    said = subprocess.run([str(RSCRIPT), "-e", program], capture_output=True, text=True, check=False)
    if "there is no package called" in said.stderr:
        pytest.skip("not run: R without lme4")
    assert said.returncode == 0, said.stderr
    fit, groupings, trials = _fit(name, rows)
    theirs = pd.read_csv(paths["modes"], dtype={"level": "str"}).set_index("level")
    ours = conditional_modes(fit, groupings, rows, trials=trials)[0]
    theirs = theirs.loc[list(ours.levels)]
    close: dict[str, Any] = {"rtol": 2e-3, "atol": 5e-4}
    np.testing.assert_allclose(ours.values[:, 0], theirs["mode"], **close)
    np.testing.assert_allclose(ours.covariance[:, 0, 0], theirs["v11"], **close)
    np.testing.assert_allclose(ours.covariance[:, 0, -1], theirs["v12"], **close)
    np.testing.assert_allclose(ours.covariance[:, -1, -1], theirs["v22"], **close)
    predictions = pd.read_csv(paths["predictions"])
    everyone = tuple(grouping.name for grouping in groupings)
    np.testing.assert_allclose(predict_linear(fit, groupings, rows), predictions["known"], **close)
    np.testing.assert_allclose(
        predict_linear(fit, groupings, rows, new=everyone), predictions["new"], **close
    )
