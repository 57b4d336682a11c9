"""Alpha and item statistics on known answers, and keys that are wrong are noticed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pingouin
import pytest

from alliance_modes.dictionary.measurement import TABLES
from alliance_modes.instruments.model import Range, load_instruments
from alliance_modes.measurement.cohort import measure_cohort
from alliance_modes.measurement.items.items import describe_items, has_wrong_sign
from alliance_modes.measurement.reliability.alpha import cronbach_alpha, feldt_interval

INSTRUMENTS = load_instruments()
SEVEN = Range(low=1, high=7)


def answers(seed: int, people: int, items: int, loading: float = 0.8, high: int = 7) -> np.ndarray:
    """Whole-number answers to items that all measure one thing."""
    rng = np.random.default_rng(seed)
    trait = rng.normal(size=(people, 1))
    latent = loading * trait + np.sqrt(1 - loading**2) * rng.normal(size=(people, items))
    return np.clip(np.rint((high + 1) / 2 + 1.2 * latent), 1, high)


def inventory(seed: int, people: int, name: str) -> pd.DataFrame:
    """Raw answers to a whole inventory (reversed items as people answer them)."""
    instrument = INSTRUMENTS[name]
    high = int(instrument.range.high)
    values = answers(seed, people, instrument.items, high=high)
    for item in instrument.reversed:
        values[:, item - 1] = 1 + high - values[:, item - 1]
    table = pd.DataFrame(values, columns=[f"item_{item}" for item in range(1, instrument.items + 1)])
    return table.assign(
        enrolment_id=[f"e{number}" for number in range(people)],
        session_no=3,
        rater="client",
        instrument=name,
        source_file="a.csv",
        source_row=range(2, people + 2),
    )


def test_alpha_of_two_items_by_hand():
    """Variances 4 and 4, covariance 2: alpha = 2 x (1 - 8 / 12) = 2/3."""
    unit = np.array([[1, 1], [1, -1], [-1, 1], [-1, -1]] * 4, dtype=float)
    whiten = unit / np.sqrt(np.cov(unit.T)[0, 0])
    items = pd.DataFrame(whiten @ np.linalg.cholesky([[4, 2], [2, 4]]).T)
    alpha = cronbach_alpha(items)
    assert alpha.alpha == pytest.approx(2 / 3, abs=1e-12)
    assert (alpha.n, alpha.items, alpha.status) == (16, 2, "ok")


@pytest.mark.parametrize(("seed", "people", "items"), [(1, 30, 4), (2, 150, 12), (3, 400, 36)])
def test_interval_equals_the_rounded_one_of_pingouin(seed, people, items):
    table = pd.DataFrame(answers(seed, people, items))
    ours = cronbach_alpha(table)
    theirs, interval = pingouin.cronbach_alpha(table, nan_policy="listwise")
    assert ours.alpha == theirs
    assert np.round([ours.ci_low, ours.ci_high], 3) == pytest.approx(interval, abs=1e-12)
    assert ours.ci_low < ours.alpha < ours.ci_high


def test_interval_rests_on_complete_respondents_only():
    table = pd.DataFrame(answers(4, 60, 4))
    incomplete = table.head(40).assign(**{"hole": np.nan})[["hole", 1, 2, 3]].set_axis(range(4), axis=1)
    alpha = cronbach_alpha(pd.concat([table, incomplete], ignore_index=True))
    assert alpha == cronbach_alpha(table)
    assert alpha.n == 60


def test_interval_covers_the_truth_at_its_level():
    """2,000 samples of parallel normal items with alpha = .8: 95 % coverage within 3 Monte-Carlo errors."""
    rng = np.random.default_rng(20)
    samples, people, items = 2000, 40, 4
    trait = rng.normal(size=(samples, people, 1))
    values = trait + rng.normal(size=(samples, people, items))
    deviations = values - values.mean(axis=1, keepdims=True)
    variances = (deviations**2).sum(axis=1) / (people - 1)
    total = (deviations.sum(axis=2) ** 2).sum(axis=1) / (people - 1)
    alphas = items / (items - 1) * (1 - variances.sum(axis=1) / total)
    limits = np.array([feldt_interval(alpha, people, items) for alpha in alphas])
    covered = ((limits[:, 0] < 0.8) & (limits[:, 1] > 0.8)).mean()
    assert abs(covered - 0.95) < 3 * np.sqrt(0.95 * 0.05 / samples)


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (pd.DataFrame(answers(5, 9, 4)), "9 complete respondents; at least 10 are needed"),
        (pd.DataFrame(np.full((40, 4), 3.0)), "does not vary"),
        (pd.DataFrame(answers(5, 40, 1)), "a single item"),
        (pd.DataFrame(columns=[1, 2], dtype="float64"), "0 complete respondents"),
    ],
)
def test_what_cannot_be_estimated_says_why(table, reason):
    alpha = cronbach_alpha(table)
    assert alpha.status == "not_estimated" and reason in alpha.reason
    assert alpha.alpha is None and alpha.ci_low is None


def test_item_statistics_equal_direct_computation():
    table = pd.DataFrame(answers(6, 80, 5))
    table.iloc[0, 1] = np.nan
    described = describe_items(table, SEVEN)
    complete = table.dropna()
    for item in table.columns:
        others = complete.drop(columns=item)
        expected = np.corrcoef(complete[item], others.sum(axis=1))[0, 1]
        assert described.loc[item, "item_rest"] == pytest.approx(expected, abs=1e-12)
        dropped = pingouin.cronbach_alpha(others)[0]
        assert described.loc[item, "alpha_if_dropped"] == pytest.approx(dropped, abs=1e-12)
    assert described["n"].tolist() == [80, 79, 80, 80, 80]
    assert described["missing"].tolist() == [0, 1, 0, 0, 0]
    assert described.loc[2, "ceiling"] == (table[2] == 7).mean()
    assert described.loc[2, "floor"] == (table[2] == 1).mean()
    assert (described["flag"] == "").all()


def test_a_constant_item_is_named():
    table = pd.DataFrame(answers(7, 50, 4)).assign(**{"3": 2.0})
    described = describe_items(table.drop(columns=3), SEVEN)
    assert described["flag"].tolist() == ["", "", "", "no variance"]
    assert np.isnan(described.loc["3", "item_rest"])


def test_a_negative_correlation_that_could_be_chance_is_not_a_keying_error():
    assert not has_wrong_sign(-0.10, 100)
    assert has_wrong_sign(-0.25, 100)
    assert not has_wrong_sign(-0.25, 30)
    assert not has_wrong_sign(float("nan"), 100)
    assert has_wrong_sign(-1.0, 10)


@pytest.mark.slow
@pytest.mark.parametrize("unreversed", INSTRUMENTS["wai_36"].reversed)
def test_a_reversed_item_that_was_not_reversed_is_flagged_and_no_other(unreversed):
    table = inventory(8, 120, "wai_36")
    table[f"item_{unreversed}"] = 8 - table[f"item_{unreversed}"]
    _, items = measure_cohort({"alliance": table}, INSTRUMENTS)
    flagged = items[items["flag"] == "likely keying error"]
    assert flagged["item"].unique().tolist() == [unreversed]
    assert set(flagged["scale"]) >= {"total"} and len(flagged) == 2
    assert flagged["reversed"].all()


def test_a_published_key_that_reversed_28_in_place_of_29_is_noticed():
    """Answers made by the right key, measured with the wrong one: 28 and 29 have the wrong sign."""
    right = INSTRUMENTS["wai_36"]
    wrong = right.model_copy(
        update={"reversed": tuple(28 if item == 29 else item for item in right.reversed)}
    )
    table = inventory(9, 150, "wai_36")
    _, clean = measure_cohort({"alliance": table}, INSTRUMENTS)
    assert (clean["flag"] == "").all()
    _, items = measure_cohort({"alliance": table}, {"wai_36": wrong})
    bond = items[items["scale"] == "bond"].set_index("item")
    assert bond.index[bond["flag"] == "likely keying error"].tolist() == [28, 29]
    assert (bond.loc[[28, 29], "item_rest"] < -0.3).all()


def test_unrelated_items_are_rarely_flagged():
    """True correlation 0, the worst case of an honest key: at most 2.5 % (+ 3 Monte-Carlo errors)."""
    rng = np.random.default_rng(10)
    trials = 4000
    flagged = sum(has_wrong_sign(np.corrcoef(*rng.normal(size=(2, 60)))[0, 1], 60) for _ in range(trials))
    assert flagged / trials < 0.025 + 3 * np.sqrt(0.025 * 0.975 / trials)


def test_reliability_per_rater_instrument_and_scale():
    client = inventory(11, 60, "wai_sr")
    practitioner = inventory(12, 40, "wai_s").assign(rater="practitioner")
    reliability, items = measure_cohort(
        {"alliance": pd.concat([client, practitioner], ignore_index=True)}, INSTRUMENTS
    )
    assert TABLES["reliability"].validate(reliability) is reliability
    assert TABLES["items"].validate(items) is items
    assert reliability[["rater", "instrument", "scale", "items", "n"]].to_numpy().tolist() == [
        [rater, instrument, scale, size, n]
        for rater, instrument, n in (("client", "wai_sr", 60), ("practitioner", "wai_s", 40))
        for scale, size in (("goal", 4), ("task", 4), ("bond", 4), ("total", 12))
    ]
    assert (reliability["status"] == "ok").all() and (reliability["alpha"] > 0.75).all()
    assert len(items) == 2 * 24


def test_one_administration_per_person_the_first():
    first = inventory(13, 50, "wai_sr")
    later = inventory(14, 50, "wai_sr").assign(session_no=12)
    both = pd.concat([later, first], ignore_index=True)
    alone, _ = measure_cohort({"alliance": first}, INSTRUMENTS)
    together, _ = measure_cohort({"alliance": both}, INSTRUMENTS)
    pd.testing.assert_frame_equal(alone, together)
    assert alone["n"].unique().tolist() == [50]


def test_two_enrolments_of_one_client_count_once():
    table = inventory(15, 50, "wai_sr")
    enrolments = pd.DataFrame(
        {"enrolment_id": table["enrolment_id"], "client_id": [f"c{number // 2}" for number in range(50)]}
    )
    reliability, _ = measure_cohort({"alliance": table, "enrolments": enrolments}, INSTRUMENTS)
    assert reliability["n"].unique().tolist() == [25]


def test_survey_and_sessions_are_measured_and_single_item_cells_are_not():
    survey = pd.DataFrame(answers(16, 40, 18, high=5)).set_axis(
        [f"modes_of_practice_{item}" for item in range(1, 19)], axis=1
    )
    survey = survey.assign(practitioner_id=[f"p{number}" for number in range(40)], wave=1)
    sessions = pd.DataFrame(answers(17, 60, 5, high=5)).set_axis(
        [f"session_engagement_{item}" for item in range(1, 6)], axis=1
    )
    enrolment = [f"e{number // 2}" for number in range(60)]
    sessions = sessions.assign(enrolment_id=enrolment, session_no=[1, 2] * 30)
    sessions.loc[0, [f"session_engagement_{item}" for item in range(1, 6)]] = np.nan
    reliability, _ = measure_cohort({"practitioner_survey": survey, "sessions": sessions}, INSTRUMENTS)
    assert reliability[["scale", "n"]].to_numpy().tolist() == [
        ["educative", 40], ["engagement", 40], ["therapeutic", 40], ["session_engagement", 30],
    ]  # fmt: skip


def test_a_cohort_without_inventories_gives_empty_typed_tables():
    reliability, items = measure_cohort({}, INSTRUMENTS)
    assert reliability.empty and items.empty
    assert TABLES["reliability"].validate(reliability) is reliability
    assert TABLES["items"].validate(items) is items
