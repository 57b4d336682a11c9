"""Small-sample covariance, against the same written out with full matrices."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize_scalar

from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.engine.prepared import Grouping
from alliance_modes.models.inference.inference import linear_inference
from alliance_modes.models.inference.small_sample import small_sample_covariance

GROUPINGS = (
    Grouping("practitioner", ("practitioner_id",)),
    Grouping("group", ("group_id",)),
    Grouping("enrolment", ("enrolment_id",), ("time",)),
)
FIXED = ("mode", "time")


def cohort(seed: int, practitioner_sd: float) -> pd.DataFrame:
    """12 practitioners with 2 groups each and 1 to 8 clients, 3 inventories a client."""
    rng = np.random.default_rng(seed)
    practitioner, group, enrolment = (np.repeat(np.arange(n), 288 // n) for n in (12, 24, 96))
    time = np.tile([0.0, 1.0, 2.0], 96)
    y = (
        practitioner_sd * rng.standard_normal(12)[practitioner]
        + 0.4 * rng.standard_normal(24)[group]
        + 0.6 * rng.standard_normal(96)[enrolment]
        + 0.3 * rng.standard_normal(96)[enrolment] * time
        + 0.5 * rng.standard_normal(288)
    )
    names = {"practitioner_id": practitioner, "group_id": group, "enrolment_id": enrolment}
    ids = {name: pd.Series(values).map("{:03d}".format) for name, values in names.items()}
    table = pd.DataFrame({**ids, "mode": rng.standard_normal(12)[practitioner], "time": time, "y": y})
    there = rng.random(96) < np.linspace(0.25, 1.0, 12).repeat(8)
    return table[there[enrolment]].reset_index(drop=True)


def indicator(levels: pd.Series) -> np.ndarray:
    return pd.get_dummies(levels, dtype=float).to_numpy()


class Dense:
    """V, its parts and the restricted likelihood, with every matrix written out."""

    def __init__(self, data: pd.DataFrame, fit, practitioner_variance: float) -> None:
        self.x = np.column_stack([np.ones(len(data)), data["mode"], data["time"]])
        self.y = data["y"].to_numpy()
        by_name = {group.grouping: group.covariance for group in fit.covariances}
        own = indicator(data["enrolment_id"])
        slope = own * data["time"].to_numpy()[:, None]
        g = by_name["enrolment"]
        self.clusters = [indicator(data["practitioner_id"]), indicator(data["group_id"])]
        variances = [practitioner_variance, by_name["group"][0, 0]]
        self.v = fit.dispersion * np.eye(len(data))
        self.v += sum(v * z @ z.T for v, z in zip(variances, self.clusters, strict=True))
        self.v += g[0, 0] * own @ own.T + g[1, 1] * slope @ slope.T
        self.v += g[0, 1] * (own @ slope.T + slope @ own.T)
        self.inverse = np.linalg.inv(self.v)
        self.phi = np.linalg.inv(self.x.T @ self.inverse @ self.x)
        self.p = self.inverse - self.inverse @ self.x @ self.phi @ self.x.T @ self.inverse

    def restricted_loglik(self) -> float:
        log_v, log_phi = np.linalg.slogdet(self.v)[1], -np.linalg.slogdet(self.phi)[1]
        return -0.5 * (log_v + log_phi + self.y @ self.p @ self.y)

    def kenward_roger(self) -> np.ndarray:
        d = [z @ z.T for z in self.clusters]
        info = np.array([[0.5 * np.trace(self.p @ a @ self.p @ b) for b in d] for a in d])
        w, total = np.linalg.inv(info), np.zeros((3, 3))
        first = [-self.x.T @ self.inverse @ a @ self.inverse @ self.x for a in d]
        for i, a in enumerate(d):
            for j, b in enumerate(d):
                q = self.x.T @ self.inverse @ a @ self.inverse @ b @ self.inverse @ self.x
                total += w[i, j] * (q - first[i] @ self.phi @ first[j])
        return self.phi + 2.0 * self.phi @ total @ self.phi


def test_the_adjusted_covariance_is_kenward_and_rogers() -> None:
    data = cohort(3, 0.5)
    fit = fit_mixed(data, "y", FIXED, GROUPINGS)
    assert "practitioner" not in fit.pinned()
    found = small_sample_covariance(fit, GROUPINGS, data)
    dense = Dense(data, fit, fit.covariances[0].covariance[0, 0])
    assert found.practitioner_variance is None
    np.testing.assert_allclose(dense.phi, fit.vcov, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(found.vcov, dense.kenward_roger(), rtol=1e-6, atol=1e-12)
    assert np.sqrt(found.vcov[1, 1] / fit.vcov[1, 1]) > 1.005
    assert np.sqrt(found.vcov[2, 2] / fit.vcov[2, 2]) == pytest.approx(1.0, abs=1e-3)


@pytest.fixture(scope="module")
def at_zero():
    """A cohort whose practitioner variance is estimated at zero, and its fit."""
    for seed in range(60):
        data = cohort(seed, 0.1)
        fit = fit_mixed(data, "y", FIXED, GROUPINGS)
        if fit.pinned() == ("practitioner",):
            return data, fit
    raise AssertionError("no cohort with the practitioner variance at zero")


def test_a_practitioner_variance_at_zero_is_put_at_the_penalised_maximum(at_zero) -> None:
    data, fit = at_zero
    found = small_sample_covariance(fit, GROUPINGS, data)

    def loss(log_variance: float) -> float:
        return -Dense(data, fit, np.exp(log_variance)).restricted_loglik() - 0.5 * log_variance

    best = minimize_scalar(loss, bounds=(-12.0, 1.0), method="bounded", options={"xatol": 1e-6})
    assert found.practitioner_variance == pytest.approx(np.exp(best.x), rel=1e-3)
    expected = Dense(data, fit, found.practitioner_variance).kenward_roger()
    np.testing.assert_allclose(found.vcov, expected, rtol=1e-6, atol=1e-12)
    assert found.vcov[1, 1] > fit.vcov[1, 1]


def test_the_rule_tells_of_the_adjustment_and_of_what_stands_in_for_zero(at_zero) -> None:
    data, fit = at_zero
    rule = linear_inference(fit, data, GROUPINGS, ("mode",), 9.0)
    adjusted = small_sample_covariance(fit, GROUPINGS, data)
    assert rule.small_sample and rule.practitioner_variance == adjusted.practitioner_variance
    assert rule.practitioner_variance is not None and rule.practitioner_variance > 0


def test_without_widening_the_covariance_is_that_of_the_variances_with_zero_kept_off(at_zero) -> None:
    data, fit = at_zero
    found = small_sample_covariance(fit, GROUPINGS, data, widened=False)
    widened = small_sample_covariance(fit, GROUPINGS, data)
    assert found.practitioner_variance == widened.practitioner_variance is not None
    phi = Dense(data, fit, found.practitioner_variance).phi
    np.testing.assert_allclose(found.vcov, phi, rtol=1e-6, atol=1e-12)
    assert fit.vcov[1, 1] < found.vcov[1, 1] < widened.vcov[1, 1]
    rule = linear_inference(fit, data, GROUPINGS, ("mode",), 9.0, few=True)
    assert rule.se[1] == pytest.approx(np.sqrt(found.vcov[1, 1])) and rule.df[1] <= 9.0
    assert rule.small_sample and rule.practitioner_variance == found.practitioner_variance


def test_without_widening_variances_off_zero_leave_the_engines_standard_errors() -> None:
    data = cohort(3, 0.5)
    fit = fit_mixed(data, "y", FIXED, GROUPINGS)
    assert "practitioner" not in fit.pinned()
    found = small_sample_covariance(fit, GROUPINGS, data, widened=False)
    assert found.vcov is fit.vcov and not found.adjusted
    few = linear_inference(fit, data, GROUPINGS, ("mode",), 9.0, few=True)
    np.testing.assert_allclose(few.se, fit.se)
    assert (few.se[:2] < linear_inference(fit, data, GROUPINGS, ("mode",), 9.0).se[:2]).all()


def test_the_restricted_likelihood_at_zero_is_the_engines(at_zero) -> None:
    data, fit = at_zero
    constant = -0.5 * (len(data) - 3) * np.log(2 * np.pi)
    assert Dense(data, fit, 0.0).restricted_loglik() + constant == pytest.approx(fit.loglik, abs=1e-6)


def test_without_clusters_nothing_is_adjusted() -> None:
    data = cohort(3, 0.5)
    only = (Grouping("enrolment", ("enrolment_id",)),)
    fit = fit_mixed(data, "y", FIXED, only)
    found = small_sample_covariance(fit, only, data)
    assert found.vcov is fit.vcov and not found.adjusted


def test_with_many_clusters_nothing_is_adjusted_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    data = cohort(3, 0.5)
    fit = fit_mixed(data, "y", FIXED, GROUPINGS)
    levels = data["practitioner_id"].nunique() + data["group_id"].nunique()
    monkeypatch.setattr("alliance_modes.models.inference.small_sample.MOST_CLUSTERS", levels)
    assert small_sample_covariance(fit, GROUPINGS, data).adjusted
    monkeypatch.setattr("alliance_modes.models.inference.small_sample.MOST_CLUSTERS", levels - 1)
    assert small_sample_covariance(fit, GROUPINGS, data).vcov is fit.vcov
    assert not linear_inference(fit, data, GROUPINGS, ("mode",), 9.0).small_sample


def test_weights_count() -> None:
    """Prior weights divide the residual variance: a row of weight 2 counts as two means of it."""
    data = cohort(3, 0.5)
    groupings = GROUPINGS[:2]
    weights = np.random.default_rng(1).uniform(0.5, 2.0, len(data))
    fit = fit_mixed(data, "y", FIXED, groupings, weights=weights)
    found = small_sample_covariance(fit, groupings, data, weights=weights)
    x = np.column_stack([np.ones(len(data)), data["mode"], data["time"]])
    v = np.diag(fit.dispersion / weights)
    for group, column in zip(fit.covariances, ("practitioner_id", "group_id"), strict=True):
        z = indicator(data[column])
        v += group.covariance[0, 0] * z @ z.T
    phi = np.linalg.inv(x.T @ np.linalg.inv(v) @ x)
    np.testing.assert_allclose(phi, fit.vcov, rtol=1e-6, atol=1e-12)
    assert found.vcov[1, 1] > phi[1, 1]
    assert found.vcov[2, 2] == pytest.approx(phi[2, 2], rel=1e-3)


def test_a_weighted_variance_off_zero_is_that_of_the_matrices_written_out() -> None:
    """l(v) + log(sqrt(v)) over a grid of v with V = phi / w + sum of v_g ZZ', and (X'V^-1 X)^-1 there."""
    groupings = GROUPINGS[:2]
    for seed in range(60):
        data = cohort(seed, 0.1)
        weights = np.random.default_rng(seed).uniform(0.5, 2.0, len(data))
        fit = fit_mixed(data, "y", FIXED, groupings, weights=weights)
        if fit.pinned() == ("practitioner",):
            break
    assert fit.pinned() == ("practitioner",)
    x = np.column_stack([np.ones(len(data)), data["mode"], data["time"]])
    y, people, groups = data["y"].to_numpy(), *map(indicator, (data["practitioner_id"], data["group_id"]))
    of_groups = {group.grouping: group.covariance[0, 0] for group in fit.covariances}["group"]

    def at(variance: float) -> tuple[float, np.ndarray]:
        v = np.diag(fit.dispersion / weights) + of_groups * groups @ groups.T + variance * people @ people.T
        inverse = np.linalg.inv(v)
        phi = np.linalg.inv(x.T @ inverse @ x)
        left = y - x @ (phi @ x.T @ inverse @ y)
        log_v, log_phi = np.linalg.slogdet(v)[1], np.linalg.slogdet(phi)[1]
        return -0.5 * (log_v - log_phi + left @ inverse @ left) + 0.5 * np.log(variance), phi

    found = small_sample_covariance(fit, groupings, data, weights=weights, widened=False)
    best = max(np.exp(np.linspace(-9.0, 0.0, 901)), key=lambda variance: at(variance)[0])
    assert found.practitioner_variance == pytest.approx(best, rel=0.011)
    np.testing.assert_allclose(found.vcov, at(found.practitioner_variance)[1], rtol=1e-6, atol=1e-12)
    assert found.vcov[1, 1] > fit.vcov[1, 1]
