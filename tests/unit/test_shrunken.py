"""Shrunken estimates of practitioners: what they are, and whom they call different."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alliance_modes.ground.errors import ModelError
from alliance_modes.models.effects.shrunken import LevelInformation, LevelSums, Shrunken, shrunken_estimates
from alliance_modes.models.engine.distributions import BINOMIAL
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.engine.prepared import Grouping

GROUPINGS = (Grouping("practitioner", ("practitioner",)), Grouping("group", ("group",)))


def ratings(seed: int, spread: float, practitioners: int = 20, clients: int = 12) -> pd.DataFrame:
    """One rating per client; two groups of each practitioner, who differ by ``spread`` (``effect``)."""
    rng = np.random.default_rng(seed)
    lead = np.repeat(np.arange(practitioners), clients)
    group = 2 * lead + np.tile([0, 1], len(lead) // 2)
    effect = spread * rng.standard_normal(practitioners)
    risk = rng.standard_normal(len(lead))
    rating = 3.5 - 0.2 * risk + effect[lead] + 0.2 * rng.standard_normal(2 * practitioners)[group]
    return pd.DataFrame(
        {
            "practitioner": [f"p{one:02d}" for one in lead],
            "group": [f"g{one:02d}" for one in group],
            "risk": risk,
            "rating": rating + rng.standard_normal(len(lead)),
            "effect": effect[lead],
        }
    )


def shrunken(rows: pd.DataFrame) -> Shrunken:
    fit = fit_mixed(rows, "rating", ["risk"], GROUPINGS)
    return shrunken_estimates(fit, GROUPINGS, rows, "practitioner")


def test_the_likelihood_of_the_spread_is_the_restricted_one():
    rows = ratings(1, 0.5)
    fit = fit_mixed(rows, "rating", ["risk"], GROUPINGS)
    known = LevelInformation.of(fit, GROUPINGS, rows, "practitioner")
    other = fit.covariances[1].covariance[0, 0]

    def restricted(spread: float) -> float:
        def alike(column: str) -> np.ndarray:
            return rows[column].to_numpy()[:, None] == rows[column].to_numpy()

        total = spread**2 * alike("practitioner") + other * alike("group")
        inverse = np.linalg.inv(total + fit.dispersion * np.eye(len(rows)))
        fixed = np.column_stack([np.ones(len(rows)), rows["risk"]])
        beta = np.linalg.solve(fixed.T @ inverse @ fixed, fixed.T @ inverse @ rows["rating"])
        left = rows["rating"] - fixed @ beta
        logs = np.linalg.slogdet(fixed.T @ inverse @ fixed)[1] - np.linalg.slogdet(inverse)[1]
        return -0.5 * float(logs + left @ inverse @ left)

    spreads = np.array([0.0, 0.2, 0.5, 1.1])
    expected = [restricted(one) - restricted(0.0) for one in spreads]
    np.testing.assert_allclose(known.likelihood(spreads), expected, atol=1e-8)


def test_estimates_are_nearer_to_none_than_what_was_seen_and_the_more_so_the_fewer_the_clients():
    rows = ratings(2, 0.6)
    few = rows["practitioner"].eq("p03") & (rows.groupby("practitioner").cumcount() >= 3)
    rows = rows[~few].reset_index(drop=True)
    found = shrunken(rows)
    fit = fit_mixed(rows, "rating", ["risk"], GROUPINGS)
    left = rows["rating"] - fit.beta[0] - fit.beta[1] * rows["risk"]
    seen = left.groupby(rows["practitioner"]).mean().loc[list(found.levels)].to_numpy()
    kept = found.estimate / seen
    assert (kept > 0).all() and (kept < 1).all()
    widths = found.high - found.low
    assert found.levels[int(np.argmax(widths))] == "p03" == found.levels[int(np.argmin(kept))]


def test_without_a_difference_limits_have_a_width_all_the_same():
    at_zero = next(
        rows
        for rows in (ratings(seed, 0.0) for seed in range(20))
        if fit_mixed(rows, "rating", ["risk"], GROUPINGS).covariances[0].pinned[0]
    )
    found = shrunken(at_zero)
    assert not found.apart.any() and 0.0 < found.spread < 0.5
    assert (found.high - found.low > 0.05).all()


def at_sites(seed: int) -> pd.DataFrame:
    """Practitioners at three sites that differ, where the practitioners themselves do not."""
    rows = ratings(seed, 0.0, practitioners=12)
    site = rows["practitioner"].str[1:].astype(int) % 3
    return rows.assign(
        site=[f"s{one}" for one in site], rating=rows["rating"] + np.array([-0.4, 0.0, 0.5])[site]
    )


WITH_SITES = (*GROUPINGS, Grouping("site", ("site",)))


def test_sums_say_what_the_whole_covariance_says_at_any_standard_deviations():
    rows = at_sites(4)
    fit = fit_mixed(rows, "rating", ["risk"], WITH_SITES)
    sums = LevelSums.of(fit, WITH_SITES, rows, "practitioner")
    fixed = np.column_stack([np.ones(len(rows)), rows["risk"]])
    order = [one.grouping for one in fit.effects if one.grouping != "practitioner"]

    def restricted(spread: float, others: dict[str, float]) -> float:
        total = fit.dispersion * np.eye(len(rows))
        for column, sd in {"practitioner": spread, **others}.items():
            names = rows[column].to_numpy()
            total = total + sd**2 * (names[:, None] == names)
        inverse = np.linalg.inv(total)
        beta = np.linalg.solve(fixed.T @ inverse @ fixed, fixed.T @ inverse @ rows["rating"])
        left = rows["rating"] - fixed @ beta
        logs = np.linalg.slogdet(fixed.T @ inverse @ fixed)[1] - np.linalg.slogdet(inverse)[1]
        return -0.5 * float(logs + left @ inverse @ left)

    def from_sums(spread: float, others: dict[str, float]) -> float:
        known, base = sums.at([others[name] for name in order])
        return base + float(known.likelihood(np.array([spread]))[0])

    start = 0.1, {"group": 0.2, "site": 0.4}
    for spread, group, site in ((0.0, 0.0, 0.0), (0.5, 0.1, 0.9), (0.2, 0.6, 0.05)):
        there = spread, {"group": group, "site": site}
        expected = restricted(*there) - restricted(*start)
        assert from_sums(*there) - from_sums(*start) == pytest.approx(expected, abs=1e-8)


def test_what_sites_may_differ_by_widens_the_limits_of_their_practitioners():
    rows = at_sites(4)
    fit = fit_mixed(rows, "rating", ["risk"], WITH_SITES)
    found = shrunken_estimates(fit, WITH_SITES, rows, "practitioner")
    unknown = found.high - found.low
    sums = LevelSums.of(fit, WITH_SITES, rows, "practitioner")
    known = sums.at(sums.fitted)[0]
    sds = known.standard_deviations()
    weights = np.exp(known.likelihood(sds) - known.likelihood(sds).max())
    modes, errors = known.modes(sds)
    share = weights / weights.sum()
    variance = (modes**2 + errors**2) @ share - (modes @ share) ** 2
    assert not found.apart.any()
    assert (unknown > 2 * 1.9 * np.sqrt(variance)).mean() > 0.5


@pytest.mark.slow
def test_limits_hold_what_they_are_for():
    held = [
        np.mean((found.low <= true) & (true <= found.high))
        for found, true in (
            (shrunken(rows), rows.groupby("practitioner")["effect"].first().to_numpy())
            for rows in (ratings(seed, 0.4) for seed in range(40))
        )
    ]
    assert 0.92 < float(np.mean(held)) < 0.98


def test_what_it_is_not_for_is_refused():
    rows = ratings(3, 0.5).assign(high=lambda found: (found["rating"] > 3.5).astype(float))
    of_others = fit_mixed(rows, "rating", ["risk"], GROUPINGS[1:])
    with pytest.raises(ModelError, match="no random intercept of each practitioner"):
        shrunken_estimates(of_others, GROUPINGS[1:], rows, "practitioner")
    of_chances = fit_mixed(rows, "high", ["risk"], GROUPINGS, BINOMIAL)
    with pytest.raises(ModelError, match="linear models"):
        shrunken_estimates(of_chances, GROUPINGS, rows, "practitioner")
    by_name = rows.assign(
        **{f"is_{one}": rows["practitioner"].eq(one) for one in rows["practitioner"].unique()}
    )
    columns = [name for name in by_name if name.startswith("is_")][1:]
    fit = fit_mixed(by_name, "rating", columns, GROUPINGS)
    with pytest.raises(ModelError, match="nothing by which to tell"):
        shrunken_estimates(fit, GROUPINGS, by_name, "practitioner")
