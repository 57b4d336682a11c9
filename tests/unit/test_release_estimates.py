"""Estimates of a release tell no number of people more exactly than it is shown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alliance_modes.disclosure.rules import Disclosure, could_be, rounded
from alliance_modes.disclosure.sizes import ShownCount, sizes
from alliance_modes.release.estimates import released_estimates

RULES = Disclosure()


def shown_of(estimates, rules=RULES, counts=()):
    """Estimates of a release that shows these counts of practitioners, as they are."""
    found = [
        ("practitioner", int(text.split("=")[1].split(";")[0])) for text in estimates["clusters"].unique()
    ]
    told = sizes([*found, *(("rows", int(n)) for n in estimates["n"].unique())], counts, rules)
    return released_estimates(estimates, {"m": "rows"}, told)


def fit(practitioners: int, coefficients: int = 8, n: int = 607) -> pd.DataFrame:
    """Estimates of a fit: of practitioners, of practitioners with fewer df, of rows, and a joint test."""
    free = practitioners - coefficients
    rows = []
    for term, estimate, df in (
        ("engagement", 0.5, free),
        ("educative", -0.2, 12.67),
        ("role", 0.1, free),
        ("therapeutic", 0.3, 29.8),
        ("risk", 0.2, n - coefficients),
    ):
        half = stats.t.ppf(0.975, df) * 0.15
        p = 2 * stats.t.sf(abs(estimate / 0.15), df)
        rows.append(
            (term, "coefficient", estimate, 0.15, df, estimate / 0.15, p, estimate - half, estimate + half)
        )
    rows.append(("modes", "joint_test", np.nan, np.nan, free, 4.2, stats.f.sf(4.2, 3, free), np.nan, np.nan))
    names = ["term", "estimand", "estimate", "se", "df", "statistic", "p", "ci_low", "ci_high"]
    return pd.DataFrame(rows, columns=names).assign(
        model="m", outcome="y", level="between", n=n, family="primary", p_adjusted=0.12345,
        clusters=f"practitioner={practitioners}; site=6",
    )  # fmt: skip


@pytest.mark.parametrize("practitioners", [38, 40, 42, 103])
def test_whoever_works_back_from_df_p_or_limits_finds_the_least_number_that_is_possible(practitioners):
    shown = shown_of(fit(practitioners))
    least = could_be(rounded(practitioners, RULES.base), RULES)[0]
    row = shown.set_index("term").loc["engagement"]
    assert row["df"] == least - 8
    tried = np.arange(3, 200)
    of_p = tried[np.argmin(np.abs(2 * stats.t.sf(row["statistic"], tried) - row["p"]))]
    of_limits = tried[np.argmin(np.abs(stats.t.ppf(0.975, tried) - (row["ci_high"] - 0.5) / row["se"]))]
    joint = shown.set_index("term").loc["modes"]
    of_f = tried[np.argmin(np.abs(stats.f.sf(joint["statistic"], 3, tried) - joint["p"]))]
    assert of_p == of_limits == of_f == least - 8


def test_all_numbers_that_are_shown_alike_give_the_same_estimates():
    every = [shown_of(fit(n, n=rows)) for n, rows in ((38, 603), (40, 605), (42, 607))]
    for one in every[1:]:
        pd.testing.assert_frame_equal(one, every[0])


def test_df_that_rest_on_the_data_and_all_estimates_stay():
    before, after = fit(38), shown_of(fit(38))
    assert after["estimate"].equals(before["estimate"]) and after["se"].equals(before["se"])
    educative = after[after["term"] == "educative"].iloc[0]
    assert educative["df"] == 12.67 and educative["p"] == before.loc[1, "p"]
    assert (after["df"] <= before["df"]).all() and (after["p"] >= before["p"]).all()


def test_without_rounding_nothing_but_the_decimals_of_adjusted_p_changes():
    rules = Disclosure(base=1)
    before, after = fit(38), shown_of(fit(38), rules)
    pd.testing.assert_series_equal(after["p"], before["p"])
    assert set(after["p_adjusted"]) == {0.123}


def test_of_a_fit_close_below_a_count_that_is_shown_df_tell_no_more_than_the_count():
    everybody = ShownCount("practitioner", 40, 40)
    every = [shown_of(fit(n, n=607), counts=[everybody]) for n in range(30, 41)]
    for one in every[1:]:
        pd.testing.assert_frame_equal(
            one[one["term"] != "therapeutic"], every[0][every[0]["term"] != "therapeutic"]
        )
    least = could_be(40, RULES)[0] - RULES.threshold
    assert every[0].set_index("term").loc["engagement", "df"] == least - 8
