"""Factors of clients and practitioners at once: what is found, what is not fitted, what a reader is told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from test_reliability import INSTRUMENTS

from alliance_modes.measurement.factors.confirmatory import fit_structure
from alliance_modes.measurement.factors.structures import FactorStructure
from alliance_modes.measurement.factors.two_level.clustered import clustered, deviance
from alliance_modes.measurement.factors.two_level.fit import (
    AnswersOfPractitioners,
    TwoLevelFit,
    fit_two_level,
)
from alliance_modes.measurement.factors.two_level.tables import TwoLevelTables, two_levels_of_cohort
from alliance_modes.plan.plan import Between, TwoLevel
from alliance_modes.reports.research.structure.section import structure
from alliance_modes.tables.two_level import two_level_sentences, two_level_table

SIX = FactorStructure("subscales", {"goal": (1, 2, 3), "bond": (4, 5, 6)})


def answers(practitioners: int = 60, shared: float = 0.3, seed: int = 5) -> tuple[pd.DataFrame, pd.Series]:
    """Six items with loadings of .7 on two factors, of which practitioners share ``shared``."""
    rng = np.random.default_rng(seed)
    codes = np.repeat(np.arange(practitioners), rng.integers(5, 13, practitioners))
    root = np.linalg.cholesky([[1, 0.5], [0.5, 1]]).T

    def factors(count: int) -> np.ndarray:
        return np.repeat(rng.standard_normal((count, 2)) @ root, 3, axis=1)

    common = np.sqrt(1 - shared) * factors(len(codes)) + np.sqrt(shared) * factors(practitioners)[codes]
    values = 0.7 * common + np.sqrt(0.51) * rng.standard_normal(common.shape)
    return pd.DataFrame(values, columns=range(1, 7)), pd.Series([f"p{code}" for code in codes])


def fitted(between: Between, gate: TwoLevel | None = None, **given) -> TwoLevelFit:
    return fit_two_level(AnswersOfPractitioners(*answers(**given), gate), SIX, between)


def found(fit: TwoLevelFit, level: str, kind: str) -> dict[object, float]:
    shown = [one for one in fit.estimates if (one.level, one.kind) == (level, kind)]
    return {one.item or one.factor: one.estimate for one in shown}


def test_the_likelihood_is_that_of_all_answers_of_a_practitioner_at_once():
    from scipy.stats import multivariate_normal

    items, practitioners = answers(practitioners=12)
    data = clustered(items.to_numpy(), practitioners.to_numpy())
    scaled = (items.to_numpy() - items.to_numpy().mean(axis=0)) / data.spread
    within, between, mean = 0.6 * np.eye(6) + 0.2, 0.1 * np.eye(6) + 0.15, np.linspace(-0.1, 0.1, 6)
    total = 2 * len(items) * np.log(data.spread).sum()
    for name in practitioners.unique():
        own = scaled[practitioners == name]
        cov = np.kron(np.eye(len(own)), within) + np.kron(np.ones((len(own), len(own))), between)
        total -= 2 * multivariate_normal.logpdf(own.ravel(), np.tile(mean, len(own)), cov)
    assert deviance(data, within, between, mean)[0] == pytest.approx(total, abs=1e-8)


def test_known_factors_are_found_on_both_levels():
    fit = fitted("alike", practitioners=200)
    assert (fit.status, fit.df) == ("ok", 26)
    assert found(fit, "within", "icc") == {}
    assert found(fit, "between", "icc") == pytest.approx({"goal": 0.3, "bond": 0.3}, abs=0.1)
    assert fit.cfi > 0.99
    free = fitted("subscales", practitioners=200)
    assert min(found(free, "between", "loading").values()) > 0.9, "practitioners differ in the factors alone"
    assert free.loglik >= fit.loglik
    # loadings within are those of factors whose variance is .7 there: .49 x .7 of .49 x .7 + .51
    expected = np.sqrt(0.343 / (0.343 + 0.51))
    assert list(found(free, "within", "loading").values()) == pytest.approx([expected] * 6, abs=0.05)


def test_omega_is_of_sums_of_answers_in_their_own_units():
    items, practitioners = answers(practitioners=100)
    items[1] *= 3
    fit = fit_two_level(AnswersOfPractitioners(items, practitioners), SIX, "saturated")
    plain = fitted("saturated", practitioners=100)
    assert fit.chi2 == pytest.approx(plain.chi2, abs=1e-4), "chi-square knows no units"
    assert found(fit, "within", "omega")["goal"] < found(plain, "within", "omega")["goal"]
    assert found(fit, "within", "omega")["bond"] == pytest.approx(
        found(plain, "within", "omega")["bond"], abs=1e-6
    )


def test_what_is_within_is_that_of_a_single_level_where_practitioners_share_nothing():
    items, practitioners = answers(practitioners=80, shared=0.0)
    fit = fit_two_level(AnswersOfPractitioners(items, practitioners), SIX, "saturated")
    single = fit_structure(items, SIX)
    loadings = [entry.estimate for entry in single.loadings if entry.kind == "loading"]
    assert list(found(fit, "within", "loading").values()) == pytest.approx(loadings, abs=0.03)


@pytest.mark.parametrize(
    ("given", "gate", "reason"),
    [
        ({"practitioners": 30}, None, "30 practitioners; at least 40 are needed"),
        ({}, TwoLevel(clients=12), "complete inventories per practitioner; at least 12 are needed"),
        ({}, TwoLevel(practitioners_per_item=11), "60 practitioners for 6 items; at least 66 are needed"),
    ],
)
def test_too_few_are_not_fitted_and_it_is_said(given, gate, reason):
    fit = fitted("saturated", gate, **given)
    assert fit.status == "not_estimated" and reason in fit.reason
    assert np.isnan(fit.chi2) and fit.estimates == ()


def test_a_factor_per_subscale_between_practitioners_needs_more_of_them():
    fit = fitted("subscales")
    assert fit.reason == "60 practitioners; at least 100 are needed for that"
    assert fitted("one").ok


def test_answers_that_cannot_be_fitted_are_told():
    items, practitioners = answers()
    nobody = AnswersOfPractitioners(items, practitioners.where(practitioners.isna()))
    assert fit_two_level(nobody, SIX, "one").reason == "no respondent's practitioner is known"
    items[2] = items[2].groupby(practitioners).transform("mean")
    alike = fit_two_level(AnswersOfPractitioners(items, practitioners), SIX, "one")
    assert alike.reason == "clients of one practitioner all answered item 2 alike"


def test_gaps_and_unknown_practitioners_are_left_out_and_counted():
    items, practitioners = answers()
    items.iloc[3, 2] = np.nan
    practitioners.iloc[[10, 11]] = None
    fit = fit_two_level(AnswersOfPractitioners(items, practitioners), SIX, "one")
    assert (fit.n, fit.incomplete, fit.unplaced) == (len(items) - 3, 1, 2)


def test_a_residual_variance_below_zero_within_practitioners_has_no_numbers():
    items, practitioners = answers(practitioners=150)
    rng = np.random.default_rng(9)
    own = rng.standard_normal((len(items), 3))
    items[2], items[3] = own[:, 0], 0.5 * own[:, 0] + np.sqrt(0.75) * own[:, 1]
    items[1] = 0.55 * (items[2] + items[3]) + 0.3 * own[:, 2]
    fit = fit_two_level(AnswersOfPractitioners(items, practitioners), SIX, "saturated")
    assert (fit.status, np.isnan(fit.chi2), fit.estimates) == ("heywood", True, ())
    assert fit.reason == "within practitioners, item 1 has a residual variance at or below zero"


def cohort(practitioners: int = 45) -> dict[str, pd.DataFrame]:
    """A cohort of which every client answered the WAI-SR once."""
    rng = np.random.default_rng(12)
    codes = np.repeat(np.arange(practitioners), 8)
    common = rng.standard_normal((len(codes), 1)) + 0.5 * rng.standard_normal((practitioners, 1))[codes]
    values = (3 + 0.7 * common + 0.8 * rng.standard_normal((len(codes), 12))).round().clip(1, 5)
    ids = [f"e{place}" for place in range(len(codes))]
    alliance = pd.DataFrame(values, columns=[f"item_{number}" for number in range(1, 13)]).astype("Int64")
    alliance = alliance.assign(enrolment_id=ids, session_no=1, rater="client", instrument="wai_sr")
    enrolments = pd.DataFrame({"enrolment_id": ids, "client_id": ids, "practitioner_id": codes.astype(str)})
    return {"alliance": alliance, "enrolments": enrolments}


@pytest.fixture(scope="module")
def tables() -> TwoLevelTables:
    return two_levels_of_cohort(cohort(), INSTRUMENTS, TwoLevel())


def test_every_model_of_the_plan_has_a_row(tables):
    assert list(tables.fit["between"]) == ["saturated", "alike", "one", "subscales"]
    assert list(tables.fit["n"]) == [360] * 4
    shares = tables.estimates[tables.estimates["between"] == "unrestricted"]
    assert list(shares["item"]) == list(range(1, 13)) and shares["estimate"].between(0, 0.5).all()


def test_a_plan_that_lists_nothing_fits_nothing():
    nothing = two_levels_of_cohort(cohort(), INSTRUMENTS, TwoLevel(between=()))
    assert nothing.fit.empty and nothing.estimates.empty


def test_a_reader_is_told_of_both_levels(tables):
    (told,) = two_level_sentences(tables.fit, tables.estimates)
    assert told.startswith("WAI-SR, client-rated: n = 360 from 45 practitioners")
    assert "of the variance of an item lies between practitioners" in told
    assert "one factor per subscale between practitioners: 45 practitioners; at least 100 are needed" in told
    proper = tables.fit[tables.fit["status"] == "ok"]
    shown = two_level_table(tables.fit)
    assert (shown is None) == proper.empty and (shown is None or len(shown.rows) == len(proper))


def test_what_was_not_fitted_is_one_sentence():
    few = two_levels_of_cohort(cohort(practitioners=30), INSTRUMENTS, TwoLevel())
    assert two_level_sentences(few.fit, few.estimates) == [
        "Not fitted: WAI-SR, client-rated (30 practitioners; at least 40 are needed)."
    ]
    assert two_level_table(few.fit) is None


def test_the_section_has_both(tables):
    row = {"rater": "client", "instrument": "wai_sr", "structure": "one", "estimator": "ml"}
    one = pd.DataFrame([row | {"status": "not_estimated", "reason": "too few"}])
    context = structure(
        {"factor_fit": one, "two_level_fit": tables.fit, "two_level_estimates": tables.estimates}
    )
    assert len(context["levels"]) == 1
