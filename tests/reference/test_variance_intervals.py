"""Intervals of variances and shares, and tests of random slopes, against lme4 1.1-31 (R 4.2).

The values are those that ``Rscript tests/reference/variance_intervals.R`` prints.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alliance_modes.models.engine.distributions import BINOMIAL, LOGISTIC, NORMAL, Distribution
from alliance_modes.models.engine.fit import RESIDUAL
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.engine.prepared import INTERCEPT, Grouping
from alliance_modes.models.variances.intervals import VarianceIntervals, profile_intervals
from alliance_modes.models.variances.slopes import mixture_test

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "reference" / "data"
pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="not run: the reference values beside the project are absent"
)
CLOSE = 1e-4  # of an SD or a share: a tenth of what is promised


def intervals(
    data: pd.DataFrame,
    response: str | tuple[str, str],
    fixed: list[str],
    groupings: tuple[Grouping, ...],
    distribution: Distribution = NORMAL,
    shares: Collection[str] | None = None,
) -> VarianceIntervals:
    fit = fit_mixed(data, response, fixed, groupings, distribution)
    trials = None if isinstance(response, str) else data[response[1]].to_numpy(dtype=float)
    return profile_intervals(fit, groupings, data, trials, shares=shares)


def sd(found: VarianceIntervals, grouping: str, term: str = INTERCEPT) -> list[float]:
    one = found.variances[grouping, term]
    return [float(np.sqrt(one.low)), float(np.sqrt(one.high))]


def share(found: VarianceIntervals, grouping: str) -> list[float]:
    one = found.shares[grouping, INTERCEPT]
    return [one.low, one.high]


def test_random_intercept() -> None:
    data, groupings = pd.read_csv(DATA / "sleepstudy.csv"), (Grouping("subject", ("Subject",)),)
    found = intervals(data, "Reaction", ["Days"], groupings)
    assert sd(found, "subject") == pytest.approx([26.00712045, 52.93598353], rel=CLOSE)
    assert sd(found, RESIDUAL) == pytest.approx([27.81384721, 34.59104986], rel=CLOSE)
    found = intervals(data, "Reaction", [], groupings, shares=["subject"])
    assert share(found, "subject") == pytest.approx([0.2171686294, 0.5869762619], rel=CLOSE)


def test_random_slope() -> None:
    data = pd.read_csv(DATA / "sleepstudy.csv")
    found = intervals(data, "Reaction", ["Days"], (Grouping("subject", ("Subject",), ("Days",)),))
    assert sd(found, "subject") == pytest.approx([14.3814181608, 37.7159953183], rel=CLOSE)
    assert sd(found, "subject", "Days") == pytest.approx([3.8011640533, 8.7533807531], rel=CLOSE)
    assert sd(found, RESIDUAL) == pytest.approx([22.8982668821, 28.8579965114], rel=CLOSE)


def test_of_a_random_slope_by_restricted_likelihood() -> None:
    data = pd.read_csv(DATA / "sleepstudy.csv")
    with_slope, without = (
        fit_mixed(data, "Reaction", ["Days"], (Grouping("subject", ("Subject",), slopes),))
        for slopes in (("Days",), ())
    )
    tested = mixture_test(2.0 * (with_slope.loglik - without.loglik), 1)
    assert tested.statistic == pytest.approx(42.83681343, abs=1e-4)
    assert tested.p == pytest.approx(2.792529817e-10, rel=1e-4)


def test_of_a_random_slope_of_a_logistic_model() -> None:
    data = pd.read_csv(DATA / "VerbAgg.csv")
    data = data[data["id"] <= 60].reset_index(drop=True)
    data = data.assign(do=(data["mode"] == "do") * 1.0)
    item = Grouping("item", ("item",))
    with_slope, without = (
        fit_mixed(data, "y", ["Anger", "do"], (Grouping("id", ("id",), slopes), item), LOGISTIC)
        for slopes in (("do",), ())
    )
    tested = mixture_test(2.0 * (with_slope.loglik - without.loglik), 1)
    assert tested.statistic == pytest.approx(18.04441393, abs=1e-3)
    assert tested.p == pytest.approx(7.114027244e-05, rel=1e-3)


def test_crossed() -> None:
    data = pd.read_csv(DATA / "Penicillin.csv")
    groupings = (Grouping("plate", ("plate",)), Grouping("sample", ("sample",)))
    found = intervals(data, "diameter", [], groupings)
    assert sd(found, "plate") == pytest.approx([0.6335659669, 1.1821039914], rel=CLOSE)
    assert sd(found, "sample") == pytest.approx([1.0957891882, 3.5562916368], rel=CLOSE)
    assert sd(found, RESIDUAL) == pytest.approx([0.4858454002, 0.6294534785], rel=CLOSE)
    found = intervals(data, "diameter", [], groupings, shares=["plate", "sample"])
    assert share(found, "plate") == pytest.approx([0.04733465825, 0.3807001633], rel=CLOSE)
    assert share(found, "sample") == pytest.approx([0.5106059945, 0.9289711032], rel=CLOSE)


def test_one_sided_where_a_variance_may_be_zero() -> None:
    data = pd.read_csv(DATA / "Pastes.csv")
    groupings = (Grouping("batch", ("batch",)), Grouping("cask", ("batch", "cask")))
    found = intervals(data, "strength", [], groupings)
    assert sd(found, "cask") == pytest.approx([2.1579337083, 4.053588937], rel=CLOSE)
    assert sd(found, "batch") == pytest.approx([0.0, 2.946591098], rel=CLOSE)
    found = intervals(data, "strength", [], groupings, shares=["batch", "cask"])
    assert share(found, "cask") == pytest.approx([0.4260570469, 0.9662423472], rel=CLOSE)
    assert share(found, "batch") == pytest.approx([0.0, 0.5282293398], rel=CLOSE)


def test_counts_out_of_so_many() -> None:
    data = pd.read_csv(DATA / "cbpp.csv")
    periods = [f"period_{period}" for period in (2, 3, 4)]
    data = data.assign(**{name: (data["period"] == int(name[-1])) * 1.0 for name in periods})
    herd = (Grouping("herd", ("herd",)),)
    found = intervals(data, ("incidence", "size"), periods, herd, BINOMIAL)
    assert sd(found, "herd") == pytest.approx([0.346073203, 1.09997465], rel=CLOSE)


def test_crossed_logistic() -> None:
    data = pd.read_csv(DATA / "VerbAgg.csv")
    data = data[data["id"] <= 60].reset_index(drop=True)
    groupings = (Grouping("id", ("id",)), Grouping("item", ("item",)))
    found = intervals(data, "y", ["Anger"], groupings, LOGISTIC)
    assert sd(found, "id") == pytest.approx([1.1118201330, 1.752465318], rel=CLOSE)
    # lme4 interpolates its profile by a spline: with a search as exact as can be ours is 1.353444
    assert sd(found, "item") == pytest.approx([0.7015037959, 1.353618975], rel=2e-4)
