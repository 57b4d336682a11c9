"""Reliability of mode use as it enters models: one wave, and means over waves."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alliance_modes.instruments.model import load_instruments
from alliance_modes.measurement.reliability.exposure import exposure_reliability, of_a_mean

INSTRUMENTS = load_instruments()
LOADING, NOISE = 0.75, 0.8


def survey(
    seed: int, people: int, waves: int, state: float = 0.0
) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Answers (1-5) to the 18 items, with the true modes and the scores (people x waves x modes)."""
    rng = np.random.default_rng(seed)
    true = rng.normal(size=(people, 1, 3))
    of_wave = true + state * rng.normal(size=(people, waves, 3))
    latent = 3.0 + LOADING * np.repeat(of_wave, 6, axis=2) + NOISE * rng.normal(size=(people, waves, 18))
    items = np.clip(np.rint(latent), 1.0, 5.0)
    table = pd.DataFrame(
        items.reshape(-1, 18), columns=[f"modes_of_practice_{item}" for item in range(1, 19)]
    )
    table["practitioner_id"] = np.repeat([f"p{i:05d}" for i in range(people)], waves)
    table["wave"] = np.tile(np.arange(1, waves + 1), people)
    return table, true[:, 0, :], items.reshape(people, waves, 3, 6).mean(axis=3)


def practitioners(surveys: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"surveys": pd.array(surveys, dtype="Int64"), "exposure": "measured"})


def modes(table: pd.DataFrame, waves: list[int]) -> pd.DataFrame:
    found = exposure_reliability({"practitioner_survey": table}, INSTRUMENTS, practitioners(waves))
    return found[found["items"] == 6].set_index("score")


@pytest.mark.parametrize(("state", "source"), [(0.0, None), (0.7, "two waves")])
def test_equals_the_squared_correlation_with_the_true_mode(state, source):
    table, true, scores = survey(1, 3000, 2, state)
    found = modes(table, [1] * 3000)
    for k, mode in enumerate(("educative", "engagement", "therapeutic")):
        squared = np.corrcoef(true[:, k], scores[:, 0, k])[0, 1] ** 2
        assert found.loc[mode, "reliability"] == pytest.approx(squared, abs=0.025)
        if source:
            assert found.loc[mode, "source"] == source
            assert found.loc[mode, "internal"] > squared + 0.1


def test_mean_of_two_waves_is_more_reliable_as_it_should_be():
    table, true, scores = survey(2, 3000, 2, 0.7)
    found = modes(table, [2] * 3000)
    squared = np.corrcoef(true[:, 1], scores[:, :, 1].mean(axis=1))[0, 1] ** 2
    assert found.loc["engagement", "reliability"] == pytest.approx(squared, abs=0.025)
    assert found.loc["engagement", "reliability"] > found.loc["engagement", "one_wave"] + 0.05


def test_mean_follows_spearman_and_brown():
    """Reliability .6 of one wave: .75 of the mean of two; the log's SE shrinks by the chain rule."""
    share, se = of_a_mean(0.4, 0.2, 0.5)
    assert 1 - share == pytest.approx(2 * 0.6 / (1 + 0.6))
    step = 1e-6
    slope = (np.log(of_a_mean(0.4 * np.exp(step), 0.2, 0.5)[0]) - np.log(share)) / step
    assert se == pytest.approx(0.2 * slope, rel=1e-4)
    assert of_a_mean(0.4, 0.2, 1.0) == (0.4, 0.2)


def test_too_few_with_two_waves_leaves_omega():
    table, _, _ = survey(3, 60, 2, 0.7)
    table = table[(table["wave"] == 1) | (table["practitioner_id"] < "p00020")]
    found = modes(table, [1] * 60)
    assert set(found["source"]) == {"omega"}
    assert set(found["n_two_waves"]) == {20}
    assert found["between_waves"].isna().all()


def test_alpha_where_omega_is_not_estimable_and_nothing_for_one_item():
    table, _, _ = survey(4, 40, 1)
    table["modes_of_practice_2"] = table["modes_of_practice_1"]
    found = exposure_reliability({"practitioner_survey": table}, INSTRUMENTS, practitioners([1] * 40))
    found = found.set_index("score")
    assert found.loc["educative", "source"] == "alpha"
    assert "omega not estimable" in found.loc["educative", "reason"]
    assert found.loc["engagement", "source"] == "omega"
    assert found.loc["educative_goal", "status"] == "not_estimated"
    assert np.isnan(found.loc["educative_goal", "reliability"])


def test_no_survey_gives_no_rows():
    empty = exposure_reliability({}, INSTRUMENTS, practitioners([]))
    assert empty.empty and "reliability" in empty
