"""Reliability between and within persons, beside psych in R and on simulated truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alliance_modes.measurement.reliability.repeated import repeated_reliability

PERSON, OCCASION, ITEM, RESIDUAL = 1.0, 0.36, 0.25, 0.49


def answers(seed: int, persons: int, occasions: int = 3, items: int = 4) -> np.ndarray:
    """Persons x occasions x items, continuous, with variances as above and an item-occasion shift."""
    rng = np.random.default_rng(seed)
    person = np.sqrt(PERSON) * rng.normal(size=(persons, 1, 1))
    occasion = np.sqrt(OCCASION) * rng.normal(size=(persons, occasions, 1))
    item = np.sqrt(ITEM) * rng.normal(size=(persons, 1, items))
    shift = 0.3 * rng.normal(size=(1, occasions, items))
    noise = np.sqrt(RESIDUAL) * rng.normal(size=(persons, occasions, items))
    return person + occasion + item + shift + noise


def long(values: np.ndarray) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    persons, occasions, items = values.shape
    table = pd.DataFrame(values.reshape(persons * occasions, items))
    person = pd.Series(np.repeat([f"p{number}" for number in range(persons)], occasions))
    return table, person, pd.Series(np.tile(np.arange(occasions), persons))


def test_balanced_data_equal_psych():
    """psych 2.2.9: multilevel.reliability(aov = TRUE) of these whole numbers (seed 21)."""
    table, person, occasion = long(np.rint(4 + 1.3 * answers(21, 30)))
    found = repeated_reliability(table, person, occasion)
    assert (found.persons, found.repeated, found.inventories, found.per_person) == (30, 30, 90, 3)
    variances = (found.var_person, found.var_person_occasion, found.var_person_item, found.var_residual)
    assert variances == pytest.approx(
        (2.1039591315453552, 0.5557471264367803, 0.2583014048531254, 0.8045019157088168), abs=1e-8
    )
    assert found.r_kf == pytest.approx(0.97001138988764, abs=1e-8)
    assert found.r_c == pytest.approx(0.73426772550384, abs=1e-8)
    assert found.reason == ""
    for name in ("r_kf", "r_kr", "r_c"):
        low, high = getattr(found, f"{name}_low"), getattr(found, f"{name}_high")
        assert low < getattr(found, name) < high


@pytest.mark.slow
def test_truth_is_recovered_where_persons_have_different_numbers_of_occasions():
    """4,000 persons with 1 to 6 occasions: every variance within .03 of the truth."""
    table, person, occasion = long(answers(5, 4000, occasions=6))
    stay = np.random.default_rng(6).integers(1, 7, 4000)
    kept = occasion.to_numpy() < np.repeat(stay, 6)
    found = repeated_reliability(table[kept], person[kept], occasion[kept])
    variances = (found.var_person, found.var_person_occasion, found.var_person_item, found.var_residual)
    assert variances == pytest.approx((PERSON, OCCASION, ITEM, RESIDUAL), abs=0.03)
    assert found.r_c == pytest.approx(OCCASION / (OCCASION + RESIDUAL / 4), abs=0.01)
    lasting, k = PERSON + ITEM / 4, 1 / np.mean(1 / stay)
    assert found.per_person == pytest.approx(k, abs=1e-9)
    assert found.r_kf == pytest.approx(lasting / (lasting + RESIDUAL / 4 / k), abs=0.01)
    assert found.r_kr == pytest.approx(lasting / (lasting + (OCCASION + RESIDUAL / 4) / k), abs=0.01)
    assert found.sem_within == pytest.approx(np.sqrt(RESIDUAL / 4), abs=0.01)


@pytest.mark.slow
def test_intervals_cover_where_persons_of_one_practitioner_are_alike():
    """200 samples of 200 persons of 40 practitioners: coverage of r_c within 3 Monte-Carlo errors."""
    truth, covered = OCCASION / (OCCASION + RESIDUAL / 4), 0
    for seed in range(200):
        values = answers(1000 + seed, 200)
        shared = np.repeat(0.5 * np.random.default_rng(seed).normal(size=40), 5)
        table, person, occasion = long(values + shared[:, None, None])
        practitioner = pd.Series(np.repeat([f"q{number}" for number in range(40)], 15))
        found = repeated_reliability(table, person, occasion, practitioner)
        covered += found.r_c_low < truth < found.r_c_high
    assert abs(covered / 200 - 0.95) < 3 * np.sqrt(0.95 * 0.05 / 200)


def test_incomplete_and_doubled_inventories_are_left_out():
    table, person, occasion = long(answers(7, 30))
    expected = repeated_reliability(table, person, occasion)
    hole = table.head(5).copy()
    hole[0] = np.nan
    more = pd.concat([table, table.head(5) + 1, hole], ignore_index=True)
    again = [pd.concat([one, one.head(5), one.head(5)], ignore_index=True) for one in (person, occasion)]
    assert repeated_reliability(more, *again) == expected


def test_what_does_not_change_within_persons_has_no_reliable_change():
    table, person, occasion = long(answers(8, 60) * 0 + answers(9, 60, occasions=1))
    noise = np.random.default_rng(10).normal(size=table.shape)
    found = repeated_reliability(table + noise - noise.mean(axis=1, keepdims=True), person, occasion)
    assert found.r_c == 0
    assert "person x occasion" in found.reason and found.status == "ok"


@pytest.mark.parametrize(
    ("persons", "items", "reason"),
    [(9, 4, "9 rated twice or more"), (30, 1, "a single item"), (0, 3, "0 rated twice or more")],
)
def test_what_cannot_be_estimated_says_why(persons, items, reason):
    found = repeated_reliability(*long(answers(11, persons, items=items)))
    assert found.status == "not_estimated" and reason in found.reason
    assert found.r_c is None and found.var_person is None


def test_few_clusters_give_no_interval():
    table, person, occasion = long(answers(12, 40))
    practitioner = pd.Series(np.repeat(["q1", "q2", "q3", "q4"], 30))
    found = repeated_reliability(table, person, occasion, practitioner)
    assert found.r_kf is not None and found.r_kf_low is None and found.r_c_high is None
