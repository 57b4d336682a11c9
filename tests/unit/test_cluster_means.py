"""Slopes on a practitioner's true mean rating: recovered where the observed mean's is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alliance_modes.ground.errors import ModelError
from alliance_modes.models.effects.cluster_means import bayes_means, cluster_mean_effects
from alliance_modes.models.engine.glmm import fit_mixed
from alliance_modes.models.engine.prepared import Grouping

PRACTITIONER = Grouping("practitioner", ("practitioner_id",))
WITHIN, BETWEEN = 0.3, 0.8
MODE_ON_RATING, MODE_ON_OUTCOME = 0.4, 0.2


def cohort(seed: int, practitioners: int = 60, clients: int = 8, between: float = 0.2) -> pd.DataFrame:
    """Clients rate an alliance that is partly their practitioner's and hangs on a mode of theirs."""
    rng = np.random.default_rng(seed)
    mode = rng.normal(size=practitioners)
    true_mean = MODE_ON_RATING * mode + np.sqrt(between) * rng.normal(size=practitioners)
    of = np.repeat(np.arange(practitioners), clients)
    own = np.sqrt(0.8) * rng.normal(size=len(of))
    outcome = (
        WITHIN * own
        + BETWEEN * true_mean[of]
        + MODE_ON_OUTCOME * mode[of]
        + 0.3 * rng.normal(size=practitioners)[of]
        + rng.normal(size=len(of))
    )
    return pd.DataFrame(
        {
            "practitioner_id": [f"p{i:03d}" for i in of],
            "mode": mode[of],
            "alliance": true_mean[of] + own,
            "outcome": outcome,
        }
    )


@pytest.mark.slow
def test_slopes_within_and_between_are_recovered_and_dividing_is_wrong():
    """120 cohorts of 60 practitioners with 8 clients: slopes within 4 Monte-Carlo errors of .3, and (plus
    .03, the bias of 60 practitioners; .825 +- .010 in 400 cohorts) of .8. The slope of the observed mean
    is pulled to .64, and divided by ICC(2) it is .98."""
    found, naive, covered, icc = [], [], [], []
    for seed in range(120):
        data = cohort(seed)
        result = cluster_mean_effects(data, "outcome", "alliance", PRACTITIONER, ["mode"])
        found.append((result.within.estimate, result.between.estimate))
        covered.append(result.between.ci_low <= BETWEEN <= result.between.ci_high)
        icc.append(result.reliability)
        mean = data.groupby("practitioner_id")["alliance"].transform("mean")
        split = data.assign(mean=mean, deviation=data["alliance"] - mean)
        fit = fit_mixed(split, "outcome", ("mean", "deviation", "mode"), (PRACTITIONER,))
        naive.append(fit.beta[fit.names.index("mean")])
    slopes, error = np.array(found), np.std(found, axis=0, ddof=1) / np.sqrt(len(found))
    assert abs(slopes[:, 0].mean() - WITHIN) < 4 * error[0]
    assert abs(slopes[:, 1].mean() - BETWEEN) < 4 * error[1] + 0.03
    assert np.mean(naive) < BETWEEN - 0.1
    assert abs(np.mean(naive) / np.mean(icc) - BETWEEN) > 0.1
    assert np.mean(covered) > 0.95 - 3 * np.sqrt(0.05 * 0.95 / 120)


def test_shrunk_towards_the_regression_and_less_so_with_more_clients():
    """By hand: the prediction of the mode plus the shrunk mean residual, which many clients leave alone."""
    few, many = cohort(1, clients=5), cohort(1, clients=200)
    shrunk = bayes_means(few, "alliance", PRACTITIONER, ["mode"])
    fit = fit_mixed(few, "alliance", ("mode",), (PRACTITIONER,))
    effects = dict(zip(fit.effects[0].levels, fit.effects[0].values.ravel(), strict=True))
    expected = fit.beta[0] + fit.beta[1] * few["mode"] + few["practitioner_id"].map(effects)
    assert shrunk.means == pytest.approx(expected.to_numpy(), abs=1e-6)
    kept = shrunk.between / (shrunk.between + fit.dispersion / 5)
    assert shrunk.variances == pytest.approx(np.full(len(few), shrunk.between * (1.0 - kept)))
    close = bayes_means(many, "alliance", PRACTITIONER, ["mode"])
    assert shrunk.reliability == pytest.approx(kept)
    assert shrunk.reliability < 0.7 < 0.97 < close.reliability
    observed = many.groupby("practitioner_id")["alliance"].transform("mean")
    assert np.abs(close.means - observed).max() < 0.1


def test_refused_without_true_differences_and_with_missing_values():
    flat = cohort(2).assign(alliance=np.tile(np.arange(8.0), 60))
    with pytest.raises(ModelError, match="does not differ between practitioners"):
        cluster_mean_effects(flat, "outcome", "alliance", PRACTITIONER, ["mode"])
    holed = cohort(2)
    holed.loc[3, "alliance"] = np.nan
    with pytest.raises(ModelError, match="alliance has missing values"):
        cluster_mean_effects(holed, "outcome", "alliance", PRACTITIONER)
