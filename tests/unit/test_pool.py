"""Effects of several holders as one: which numbers there are of how many cohorts, and in which unit."""

from __future__ import annotations

import math

import numpy as np
import pytest
from shared_sets import CORRELATION, MODEL, OUTCOME, fit, several, shared, terms

from alliance_modes.domain import MODES
from alliance_modes.pooling.pool import enough_said, pool
from alliance_modes.pooling.together import pool_together


def row(found, estimand="mean", way="together", term="engagement"):
    rows = found.pooled.set_index(["term", "way", "estimand"])
    return rows.loc[(term, way, estimand)]


def test_from_five_cohorts_on_the_mean_of_cohorts_like_these_is_that_of_the_model_of_three_effects():
    sets = several(6)
    found = pool(sets)
    effects = np.array([[term.estimate for term in one.fits[0].terms] for one in sets])
    covariances = np.array([one.fits[0].covariance for one in sets])
    for place, (mode, one) in enumerate(zip(MODES, pool_together(effects, covariances), strict=True)):
        mean = row(found, term=mode)
        assert (mean["estimate"], mean["ci_low"], mean["ci_high"]) == pytest.approx(
            (one.estimate, *one.interval)
        )
        assert row(found, "tau", term=mode)["estimate"] == pytest.approx(math.sqrt(one.tau2))
        low, high = row(found, "prediction_interval", term=mode)[["ci_low", "ci_high"]]
        assert (low, high) == pytest.approx(one.prediction())
        (alone,) = pool_together(effects[:, [place]], covariances[:, [place]][:, :, [place]])
        assert row(found, way="alone", term=mode)["estimate"] == pytest.approx(alone.estimate)
    assert found.sets["used"].all() and len(found.cohorts) == 18
    assert found.cohorts.groupby("term")["weight"].sum().to_numpy() == pytest.approx(np.ones(3))


def test_of_few_cohorts_only_what_can_be_said_is_said():
    two, three = pool(several(2)), pool(several(3))
    assert row(two, way="these")["status"] == "ok"
    assert row(two)["status"] == "not_run" and "of two cohorts" in row(two)["reason"]
    assert two.influence.empty
    assert row(three)["status"] == "ok"
    assert "fewer than five (3 here)" in row(three, "prediction_interval")["reason"]
    assert len(three.influence) == 9 and three.influence["tau"].isna().all()
    assert "just these" in enough_said(4) and "roughly" in enough_said(5)
    assert enough_said(10).startswith("10 cohorts are enough")


def test_an_effect_is_per_the_sd_of_practitioners_within_cohorts():
    own = {"educative": 0.5, "engagement": 0.4, "therapeutic": 0.7}
    one = shared("north", fit((0.3, 0.2, 0.1)))
    other = shared("south", fit((0.2, 0.3, 0.0), people={"practitioner": 20}), mode_sd=own)
    found = pool([one, other])
    common = math.sqrt((39 * 0.6**2 + 19 * 0.4**2) / 58)
    rows = found.cohorts.set_index(["term", "cohort"])
    assert rows.loc[("engagement", "north"), "estimate"] == pytest.approx(0.2 * common / 0.6)
    assert rows.loc[("engagement", "south"), "se"] == pytest.approx(0.18 * common / 0.4)
    assert rows.loc[("educative", "north"), "estimate"] == pytest.approx(0.3)
    assert row(found, way="these")["unit"].endswith("practitioners, within cohorts")
    hidden = pool([one, shared("south", *other.fits, mode_sd={})])
    rows = hidden.cohorts.set_index(["term", "cohort"])
    assert rows.loc[("engagement", "south"), "estimate"] == pytest.approx(0.3)
    assert not row(hidden, way="these")["unit"].endswith("within cohorts")


def test_leaving_out_the_holder_who_is_unlike_the_others_moves_the_mean_most():
    sets = [shared(f"c{place}", fit((0.02 * place, 0.1, 0.0))) for place in range(6)]
    sets.append(shared("far", fit((2.5, 0.1, 0.0))))
    found = pool(sets)
    moved = found.influence[found.influence["term"] == "educative"].set_index("cohort")
    assert moved["change_in_se"].abs().idxmax() == "far"
    assert moved.loc["far", "estimate_without"] == pytest.approx(0.05, abs=0.02)
    assert moved.loc["far", "tau"] == pytest.approx(0.0, abs=1e-3)


def test_an_effect_that_a_cohort_lacks_is_pooled_of_the_others():
    lacking = fit((0, 0, 0)).model_copy(
        update={"terms": terms((0.1, 0.2, 0.3))[:2], "correlation": tuple(r[:2] for r in CORRELATION[:2])}
    )
    found = pool([*several(5), shared("north", lacking)])
    assert row(found, term="therapeutic")["cohorts"] == 5 and row(found)["cohorts"] == 6


def test_what_is_refused_stands_in_the_tables_with_why():
    sets = [shared("north", fit((0.3, 0.2, 0.1))), shared("south", fit((0.1, 0.2, 0.1), withheld="too few"))]
    found = pool(sets)
    (only,) = found.pooled.to_dict("records")
    assert (only["model"], only["outcome"], only["status"]) == (MODEL, OUTCOME, "not_run")
    reasons = found.sets.set_index("cohort")["reason"]
    assert reasons["south"] == "too few" and not found.sets["used"].any()
