"""Intervals of what was observed: for new practitioners and sites, by hand and by coverage."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit

from alliance_modes.measurement.incidence import CENSORED, cumulative_incidence
from alliance_modes.measurement.intervals import (
    clustered_mean,
    clustered_reach,
    clustered_share,
    groupings_of,
    wilson_interval,
)


def test_levels_of_one_size_give_the_interval_of_their_means():
    rng = np.random.default_rng(1)
    levels = np.repeat(np.arange(12), 10)
    values = pd.Series(rng.normal(size=120) + rng.normal(size=12)[levels])
    means = values.groupby(levels).mean()
    expected = stats.t.interval(0.95, 11, means.mean(), stats.sem(means))
    found = clustered_mean(values, (pd.Series(levels),))
    assert (found.low, found.high) == pytest.approx(expected)


def test_levels_of_unequal_size_by_hand():
    """Two levels of 3 and 1: w = .75 and .25, sum w^2 = .625; c = .625 / (.5625 x .125 + .0625 x 1.125)."""
    values = pd.Series([1.0, 2.0, 3.0, 6.0])
    level = pd.Series(["a", "a", "a", "b"])
    parts = (values - 3.0).to_numpy()[:, None] / 4
    reach = clustered_reach(parts, (level,))
    c = 0.625 / (0.5625 * (1 - 1.5 + 0.625) + 0.0625 * (1 - 0.5 + 0.625))
    se = np.sqrt(c * ((-0.75) ** 2 + 0.75**2))
    assert reach.se[0] == pytest.approx(se)
    assert reach.half[0] == pytest.approx(stats.t.ppf(0.975, 1) * se)


def test_the_widest_grouping_holds_and_one_level_says_nothing():
    rng = np.random.default_rng(2)
    rows = pd.DataFrame({"practitioner_id": np.repeat(np.arange(20), 10).astype(str)})
    rows["site_id"] = np.repeat(["a", "b", "c", "d"], 50)
    values = pd.Series(rng.normal(size=200)) + rows["site_id"].map({"a": 0.0, "b": 2.0, "c": 4.0, "d": 1.0})
    by_practitioner = clustered_mean(values, (rows["practitioner_id"],))
    by_site = clustered_mean(values, (rows["site_id"],))
    both = clustered_mean(values, groupings_of(rows))
    assert both.high - both.low == pytest.approx(by_site.high - by_site.low)
    assert by_site.high - by_site.low > by_practitioner.high - by_practitioner.low
    alone = clustered_mean(values, groupings_of(rows.assign(site_id="a")))
    assert (alone.low, alone.high) == (by_practitioner.low, by_practitioner.high)
    assert (
        groupings_of(rows.assign(site_id=None))[0] is not None and len(groupings_of(rows[["site_id"]])) == 1
    )


def test_a_missing_level_is_one_of_its_own():
    values, level = pd.Series([1.0, 2.0, 4.0, 5.0]), pd.Series(["a", None, None, "b"])
    own = clustered_mean(values, (pd.Series(["a", "c", "d", "b"]),))
    found = clustered_mean(values, (level,))
    assert (found.low, found.high, found.clusters) == (own.low, own.high, 4)


def test_shares_stay_within_0_and_1_and_none_of_all_is_not_certainty():
    level = pd.Series(np.repeat(np.arange(10), 5))
    most = pd.Series([1.0] * 49 + [0.0])
    found = clustered_share(most, (level,))
    assert 0 < found.low < 0.98 < found.high < 1
    none = clustered_share(pd.Series([0.0] * 50), (level,))
    assert (none.low, none.high) == pytest.approx((0.0, wilson_interval(0, 10).high))
    plain = clustered_share(most)
    assert (plain.low, plain.high) == (wilson_interval(49, 50).low, wilson_interval(49, 50).high)
    assert np.isnan(clustered_share(pd.Series([], dtype=float), (level.iloc[:0],)).estimate)


def test_levels_that_happen_to_be_alike_do_not_make_an_interval_of_no_width():
    level = pd.Series(np.repeat(["a", "b", "c"], 4))
    half = pd.Series([0.0, 0.0, 1.0, 1.0] * 3)
    found = clustered_share(half, (level,))
    assert found.high - found.low > 0.4
    mean, alone = clustered_mean(half, (level,)), clustered_mean(half)
    assert (mean.low, mean.high) == pytest.approx((alone.low, alone.high))
    assert mean.clusters == 3


def test_intervals_end_where_values_end():
    """Two sites, t on one degree of freedom: a mean of 4.5 on a scale of 1 to 5 reached from -1.9 to 10.9."""
    sites = pd.Series(np.repeat(["a", "b"], 10))
    ratings = pd.Series([4.0] * 10 + [5.0] * 10)
    free = clustered_mean(ratings, (sites,))
    kept = clustered_mean(ratings, (sites,), bounds=(1.0, 5.0))
    assert free.low < 1 and free.high > 5
    assert (kept.estimate, kept.low, kept.high) == (4.5, 1.0, 5.0)
    of_sessions = pd.Series(np.linspace(0.9, 1.0, 20))
    found = clustered_share(of_sessions, (sites,))
    assert 0 < found.low < 0.95 < found.high < 1


def test_a_single_practitioner_or_site_tells_nobody_apart():
    rows = pd.DataFrame({"practitioner_id": ["a"] * 6, "site_id": ["s"] * 6})
    values = pd.Series([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    found, alone = clustered_mean(values, groupings_of(rows)), clustered_mean(values)
    assert (found.low, found.high) == (alone.low, alone.high)


@pytest.mark.slow
@pytest.mark.parametrize(("practitioners", "sites", "clients"), [(40, 6, 20), (15, 3, 20)])
def test_a_rate_over_new_practitioners_and_sites_is_covered(practitioners, sites, clients):
    """Taken as independent such intervals hold the truth in some 60 %; see ``benchmarks/rates.py``."""
    rng, held, plain = np.random.default_rng(3), 0, 0
    nodes, weights = np.polynomial.hermite_e.hermegauss(61)
    truth = float((weights / weights.sum()) @ expit(0.8 + np.sqrt(0.25 + 0.09) * nodes))
    for _ in range(400):
        site = np.concatenate([np.arange(sites), rng.integers(0, sites, practitioners - sites)])
        lead = rng.integers(0, practitioners, practitioners * clients)
        effects = 0.5 * rng.normal(size=practitioners) + 0.3 * rng.normal(size=sites)[site]
        hits = pd.Series(rng.random(len(lead)) < expit(0.8 + effects[lead])).astype(float)
        found = clustered_share(hits, (pd.Series(lead), pd.Series(site[lead])))
        held += found.low <= truth <= found.high
        alone = clustered_share(hits)
        plain += alone.low <= truth <= alone.high
    assert held / 400 > 0.92 and plain / 400 < 0.8


KINDS = ("left", "removed", "moved")


def ends(people=400, seed=4):
    rng = np.random.default_rng(seed)
    time = rng.integers(1, 13, people).astype(float)
    kind = rng.choice([*KINDS, CENSORED], people, p=[0.4, 0.2, 0.1, 0.3])
    return time, kind


@pytest.mark.slow
def test_what_an_enrolment_adds_to_an_incidence_is_what_leaving_it_out_takes():
    """The jackknife's variance, which needs no formula, beside those of influences and the delta method."""
    time, kind = ends()
    every = np.arange(len(time))
    found = cumulative_incidence(time, kind, KINDS, (every,))["left"]
    plain = cumulative_incidence(time, kind, KINDS)["left"]
    assert found.incidence == plain.incidence
    without = np.array(
        [
            [cumulative_incidence(*kept, KINDS)["left"].at(t)[0] for t in (4, 8, 12)]
            for kept in ((np.delete(time, one), np.delete(kind, one)) for one in every[:400])
        ]
    )
    jackknife = np.sqrt((len(time) - 1) * without.var(axis=0))
    steps = [found.time.index(t) for t in (4, 8, 12)]
    assert np.array(found.se)[steps] == pytest.approx(jackknife, rel=0.01)
    assert np.array(plain.se)[steps] == pytest.approx(jackknife, rel=0.02)


def test_the_incidence_of_people_who_share_a_practitioner_is_known_less_well():
    time, kind = ends(100)
    copies = (np.tile(time, 4), np.tile(kind, 4))
    shared = np.tile(np.arange(100), 4)
    found = cumulative_incidence(*copies, KINDS, (shared,))["left"]
    once = cumulative_incidence(time, kind, KINDS, (np.arange(100),))["left"]
    assert found.se == pytest.approx(once.se) and found.ci_high == pytest.approx(once.ci_high)
    alone = cumulative_incidence(*copies, KINDS)["left"]
    assert found.se[-1] > 1.8 * alone.se[-1]
