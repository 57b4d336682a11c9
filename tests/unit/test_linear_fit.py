"""Linear fits along the gradient: what the engine finds for the same rows, or None."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from simulated_tables import Truth, analysis_tables

from alliance_modes.models.engine import glmm
from alliance_modes.models.engine.distributions import NORMAL
from alliance_modes.models.engine.glmm import contrast_test, fit_prepared
from alliance_modes.models.engine.nested import levels
from alliance_modes.models.engine.nested.linear.fit import ENGINE, fit_linear
from alliance_modes.models.engine.nested.tree import why_crossing
from alliance_modes.models.engine.prepared import Grouping, prepare

FIXED = ("engagement_z", "time", "mandated")
PLAIN = tuple(Grouping(name, (f"{name}_id",)) for name in ("practitioner", "group", "site", "enrolment"))
TRUTH = Truth(practitioners=24, groups=60, enrolments=300, sites=5)


def rows(truth: Truth = TRUTH, seed: int = 3) -> pd.DataFrame:
    table = analysis_tables(truth, seed)["alliance"]
    found = table[table["rater"] == "client"].reset_index(drop=True)
    return found.assign(mandated=found["mandated"].astype(float))


def sloped(*names: str) -> tuple[Grouping, ...]:
    return tuple(replace(one, slopes=("time",)) if one.name in names else one for one in PLAIN)


def asked(data: pd.DataFrame, groupings=PLAIN, fixed=FIXED):
    return prepare(data, "goal", fixed, groupings)


@pytest.mark.parametrize("names", [(), ("enrolment",)], ids=["intercepts", "a slope"])
@pytest.mark.parametrize("missing", [False, True], ids=["complete", "with gaps"])
def test_it_is_the_engines_fit(names, missing) -> None:
    data = rows()
    if missing:
        data = data.assign(goal=data["goal"].where(np.arange(len(data)) % 7 != 0))
    wanted = asked(data, sloped(*names))
    ours, engine = fit_linear(wanted), fit_prepared(wanted, NORMAL)
    assert ours.engine == ENGINE and engine.engine != ENGINE
    assert ours.names == engine.names and ours.formula == engine.formula
    assert (ours.nobs, ours.rows_dropped, ours.parameters) == (
        engine.nobs, engine.rows_dropped, engine.parameters,
    )  # fmt: skip
    assert ours.loglik == pytest.approx(engine.loglik, abs=1e-7)
    assert ours.beta == pytest.approx(engine.beta, abs=5e-5 * engine.se.min())
    assert ours.se == pytest.approx(engine.se, rel=5e-5)
    assert ours.df == pytest.approx(engine.df, rel=2e-3)
    assert ours.dispersion == pytest.approx(engine.dispersion, rel=1e-4)
    for one, same in zip(ours.covariances, engine.covariances, strict=True):
        assert (one.grouping, one.terms, one.pinned) == (same.grouping, same.terms, same.pinned)
        assert one.covariance == pytest.approx(same.covariance, abs=2e-4)
    for modes, known in zip(ours.effects, engine.effects, strict=True):
        assert (modes.grouping, modes.terms, modes.levels) == (known.grouping, known.terms, known.levels)
        assert modes.values == pytest.approx(known.values, abs=1e-3)
    assert ours.fitted == pytest.approx(engine.fitted, abs=1e-3)
    assert ours.response == pytest.approx(engine.response)
    joint, theirs = contrast_test(ours, FIXED), contrast_test(engine, FIXED)
    assert (joint.statistic, joint.numerator_df) == pytest.approx((theirs.statistic, 3.0), rel=1e-4)
    assert joint.denominator_df == pytest.approx(theirs.denominator_df, rel=5e-3)
    assert joint.p == pytest.approx(theirs.p, rel=5e-3)


@pytest.mark.parametrize(
    "names", [("practitioner", "enrolment"), ("practitioner",), ("group",)], ids=" and ".join
)
def test_slopes_over_outer_groupings_are_the_engines(names) -> None:
    data = rows()
    codes, levels = pd.factorize(data["practitioner_id"])
    moved = np.random.default_rng(4).normal(0.0, 0.8, len(levels))[codes] * data["time"]
    wanted = asked(data.assign(goal=data["goal"] + moved), sloped(*names))
    ours, engine = fit_linear(wanted), fit_prepared(wanted, NORMAL)
    assert ours.loglik == pytest.approx(engine.loglik, abs=1e-6)
    assert ours.beta == pytest.approx(engine.beta, abs=1e-4 * engine.se.min())
    assert ours.df == pytest.approx(engine.df, rel=5e-3)
    for one, same in zip(ours.covariances, engine.covariances, strict=True):
        assert one.covariance == pytest.approx(same.covariance, abs=2e-3)
    assert ours.fitted == pytest.approx(engine.fitted, abs=5e-3)


def test_a_variance_at_zero_is_found_there() -> None:
    found = set()
    for seed in (1, 3, 4, 7, 12):
        data = rows(Truth(**{**vars(TRUTH), "site_sd": 0.0, "group_sd": 0.0}), seed)
        ours, engine = fit_linear(asked(data)), fit_prepared(asked(data), NORMAL)
        assert ours.pinned() == engine.pinned() and ours.singular == engine.singular
        assert ours.boundary() == engine.boundary()
        assert ours.loglik == pytest.approx(engine.loglik, abs=1e-7)
        assert ours.df == pytest.approx(engine.df, rel=1e-4)
        found |= set(ours.pinned())
    assert found == {"group", "site"}


@pytest.mark.parametrize("names", [(), ("enrolment",)], ids=["intercepts", "a slope"])
def test_rows_can_weigh_more_or_less(monkeypatch, names) -> None:
    data = rows()
    wanted = asked(data, sloped(*names))
    weights = np.random.default_rng(8).uniform(0.1, 6.0, len(data))
    engine = fit_prepared(wanted, NORMAL, weights=weights)
    monkeypatch.setattr(glmm, "MANY_ROWS", 100)
    ours = fit_prepared(wanted, NORMAL, weights=weights)
    assert ours.engine == ENGINE and engine.engine != ENGINE
    assert ours.loglik == pytest.approx(engine.loglik, abs=1e-6)
    assert ours.beta == pytest.approx(engine.beta, abs=5e-5 * engine.se.min())
    assert ours.se == pytest.approx(engine.se, rel=5e-5)
    assert ours.df == pytest.approx(engine.df, rel=2e-3)
    assert ours.dispersion == pytest.approx(engine.dispersion, rel=1e-4)
    joint, theirs = contrast_test(ours, FIXED), contrast_test(engine, FIXED)
    assert joint.denominator_df == pytest.approx(theirs.denominator_df, rel=5e-3)
    gaps = asked(data.assign(goal=data["goal"].where(np.arange(len(data)) > 3)))
    assert fit_linear(gaps, weights=weights) is None


@pytest.mark.parametrize("weighted", [False, True], ids=["alike", "weighted"])
def test_rows_are_summed_in_parts_as_at_once(monkeypatch, weighted) -> None:
    data = rows()
    weights = np.random.default_rng(8).uniform(0.1, 6.0, len(data)) if weighted else None
    at_once = fit_linear(asked(data, sloped("enrolment")), weights=weights)
    monkeypatch.setattr(levels, "PART", 70)
    in_parts = fit_linear(asked(data, sloped("enrolment")), weights=weights)
    assert in_parts.loglik == pytest.approx(at_once.loglik, abs=1e-8)
    assert in_parts.beta == pytest.approx(at_once.beta, abs=1e-8)


def test_a_slope_at_the_edge_is_found_there() -> None:
    found = set()
    for seed in (3, 5, 6, 9):
        data = rows(seed=seed)
        beside = 0.01 * np.random.default_rng(seed).normal(size=len(data))
        for name in ("practitioner", "site"):
            wanted = asked(data.assign(time=data["time"] + beside), sloped(name))
            ours, engine = fit_linear(wanted), fit_prepared(wanted, NORMAL)
            states = [
                [(one.pinned, one.dependent) for one in fit.covariances if one.grouping == name]
                for fit in (ours, engine)
            ]
            assert states[0] == states[1] and ours.boundary() == engine.boundary()
            assert ours.loglik == pytest.approx(engine.loglik, abs=1e-6)
            found |= set(states[0])
    assert found == {((False, False), False), ((False, False), True), ((True, True), False)}


def test_what_the_engine_has_to_fit_is_none() -> None:
    data = rows()
    assert fit_linear(asked(data.assign(other=data["time"] * 2.0), fixed=(*FIXED, "other"))) is None
    assert fit_linear(asked(data.assign(site_id="one"))) is None
    assert fit_linear(asked(data.assign(time=1.0), sloped("site"), ("mandated",))) is None
    shuffled = data.assign(site_id=np.random.default_rng(1).permutation(data["site_id"].to_numpy()))
    assert "cross" in why_crossing(asked(shuffled)) and not why_crossing(asked(data))


def test_many_rows_are_fitted_so_and_few_are_not(monkeypatch) -> None:
    data = rows()
    assert fit_prepared(asked(data), NORMAL).engine != ENGINE
    monkeypatch.setattr(glmm, "MANY_ROWS", 100)
    found = fit_prepared(asked(data), NORMAL, quick=True)
    assert found.engine == ENGINE and np.isnan(found.df).all()
    assert fit_prepared(asked(data), NORMAL, reml=False).engine != ENGINE
    again = fit_prepared(asked(data), NORMAL, start=found)
    assert again.engine == ENGINE and again.loglik == pytest.approx(found.loglik, abs=1e-8)
