"""Agreement of two raters: the same numbers as pingouin, and limits that cover."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alliance_modes.instruments.model import load_instruments
from alliance_modes.measurement.agreement.pairs import rater_pairs
from alliance_modes.measurement.agreement.raters import limits_of_agreement, rater_agreement

INSTRUMENTS = load_instruments()


def ratings(seed: int, dyads: int, bias: float = 5.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    true = rng.normal(60, 12, dyads)
    return pd.DataFrame(
        {"first": true + rng.normal(0, 8, dyads), "second": true - bias + rng.normal(0, 8, dyads)}
    )


@pytest.mark.parametrize(("seed", "dyads", "bias"), [(1, 20, 5.0), (2, 200, 0.0), (3, 60, 40.0)])
def test_iccs_and_their_intervals_equal_pingouin(seed, dyads, bias):
    import pingouin

    table = ratings(seed, dyads, bias)
    ours = rater_agreement(table["first"], table["second"])
    tall = table.assign(dyad=range(dyads)).melt("dyad", var_name="rater", value_name="rating")
    before = pingouin.options["round.column.CI95"]
    pingouin.options["round.column.CI95"] = None
    try:
        theirs = pingouin.intraclass_corr(tall, "dyad", "rater", "rating").set_index("Type")
    finally:
        pingouin.options["round.column.CI95"] = before
    for name, kind in (("icc_a1", "ICC(A,1)"), ("icc_c1", "ICC(C,1)")):
        assert getattr(ours, name) == pytest.approx(theirs.loc[kind, "ICC"], abs=1e-10)
        limits = [getattr(ours, f"{name}_low"), getattr(ours, f"{name}_high")]
        assert limits == pytest.approx(list(theirs.loc[kind, "CI95"]), abs=1e-10)


def test_a_constant_difference_is_disagreement_in_a_and_not_in_c():
    rating = pd.Series(np.random.default_rng(4).normal(50, 10, 40))
    found = rater_agreement(rating + 20, rating + np.tile([0.1, -0.1], 20))
    assert found.icc_c1 > 0.999 and found.icc_a1 < 0.45
    assert found.bias == pytest.approx(20, abs=0.1)
    assert found.mean_first - found.mean_second == pytest.approx(found.bias, abs=1e-9)


def test_without_clusters_these_are_the_limits_of_bland_and_altman():
    table = ratings(5, 50)
    found = rater_agreement(table["first"], table["second"])
    difference = table["first"] - table["second"]
    assert found.sd_difference == pytest.approx(difference.std(), abs=1e-10)
    half = 1.959963984540054 * difference.std()
    assert (found.lower, found.upper) == pytest.approx((difference.mean() - half, difference.mean() + half))
    from scipy.stats import t

    reach = t.ppf(0.975, 49) * difference.std() / np.sqrt(50)
    assert found.bias_high - found.bias == pytest.approx(reach, abs=1e-10)
    assert found.lower_low < found.lower < found.lower_high < found.upper_low < found.upper < found.upper_high


@pytest.mark.slow
def test_limits_cover_where_practitioners_differ():
    """1,000 samples, 30 practitioners with 1 to 20 dyads: coverage of every limit, 3 Monte-Carlo errors."""
    rng = np.random.default_rng(6)
    sizes = rng.integers(1, 21, 30)
    codes, samples = np.repeat(np.arange(30), sizes), 1000
    clusters = pd.Series(codes).astype("str")
    truth = {"bias": 3.0, "lower": 3 - 1.96 * np.sqrt(120), "upper": 3 + 1.96 * np.sqrt(120)}
    covered = dict.fromkeys(truth, 0)
    for _ in range(samples):
        difference = 3 + rng.normal(0, np.sqrt(20), 30)[codes] + rng.normal(0, 10, len(codes))
        found = limits_of_agreement(pd.Series(difference), clusters)
        for name, value in truth.items():
            covered[name] += found[f"{name}_low"] < value < found[f"{name}_high"]
    for name, count in covered.items():
        assert abs(count / samples - 0.95) < 3 * np.sqrt(0.95 * 0.05 / samples), name


def test_slope_over_the_level_equals_statsmodels():
    import statsmodels.api as sm

    table = ratings(8, 90).assign(second=lambda each: 20 + 0.6 * each["second"])
    codes = np.repeat(np.arange(15), 6)
    found = rater_agreement(table["first"], table["second"], pd.Series(codes).astype("str"))
    level = sm.add_constant((table["first"] + table["second"]) / 2)
    fit = sm.OLS(table["first"] - table["second"], level).fit(
        cov_type="cluster", cov_kwds={"groups": codes, "df_correction": True, "use_correction": False}
    )
    from scipy.stats import t

    reach = t.ppf(0.975, 14) * fit.bse.iloc[1] * np.sqrt(15 / 14)
    assert found.slope == pytest.approx(fit.params.iloc[1], abs=1e-10)
    assert (found.slope_low, found.slope_high) == pytest.approx((found.slope - reach, found.slope + reach))
    assert found.slope_low > 0


def test_few_clusters_and_few_dyads_say_so():
    table = ratings(7, 40)
    few = rater_agreement(table["first"], table["second"], pd.Series(np.repeat(["a", "b"], 20)))
    assert few.icc_a1 is not None and few.icc_a1_clustered_low is None and "2 clusters" in few.reason
    none = rater_agreement(table["first"].head(9), table["second"].head(9))
    assert none.status == "not_estimated" and none.icc_a1 is None and "9 dyads" in none.reason
    flat = rater_agreement(table["first"], table["second"] * 0)
    assert flat.status == "not_estimated" and "do not vary" in flat.reason


def score(enrolment: str, session: int, rater: str, instrument: str, mean: float, scale: str = "goal"):
    return {
        "table": "alliance",
        "enrolment_id": enrolment,
        "session_no": session,
        "rater": rater,
        "instrument": instrument,
        "scale": scale,
        "kind": "subscale",
        "item_mean": mean,
    }


def test_pairs_are_on_one_metric_and_from_the_first_session_that_both_rated():
    scores = pd.DataFrame(
        [
            score("e1", 3, "client", "wai_sr", 5.0),
            score("e1", 12, "client", "wai_sr", 3.0),
            score("e1", 24, "client", "wai_sr", 2.0),
            score("e1", 12, "practitioner", "wai_36", 4.0),
            score("e1", 24, "practitioner", "wai_36", 7.0),
            score("e2", 3, "client", "wai_sr", 1.0),
            score("e2", 3, "practitioner", "wai_36", 7.0),
            score("e3", 3, "client", "wai_sr", 1.0),
        ]
    )
    enrolments = pd.DataFrame({"enrolment_id": ["e1", "e2"], "practitioner_id": ["p1", None]})
    pairs = rater_pairs(scores, enrolments, INSTRUMENTS)
    assert list(pairs) == [("wai_sr", "wai_36")]
    rows = pairs["wai_sr", "wai_36"].set_index("enrolment_id")
    assert rows.loc["e1", ["session_no", "first", "second", "cluster"]].tolist() == [12, 50.0, 50.0, "p1"]
    assert rows.loc["e2", ["session_no", "first", "second"]].tolist() == [3, 0.0, 100.0]
    assert len(rows) == 2 and pd.isna(rows.loc["e2", "cluster"])
