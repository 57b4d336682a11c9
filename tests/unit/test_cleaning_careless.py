"""Each index of careless responding equals its published formula; flagging follows the plan."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from typed_tables import DATA_LOCK, enrolment, inventory, survey, typed

from alliance_modes.cleaning.careless import (
    attention_failed,
    completion_too_fast,
    even_odd_consistency,
    longstring,
    mahalanobis_p,
    response_variability,
)
from alliance_modes.cleaning.clean import Cleaned, clean_cohort
from alliance_modes.instruments.model import Instrument, Range, Scoring, load_instruments
from alliance_modes.plan.plan import CleaningRules

NAN = float("nan")
CAREFUL = (5, 2, 4, 3, 6, 5, 4, 7, 5, 2, 6, 4)


def screened(rows: list[dict], rules: CleaningRules | None = None, **study: Instrument) -> Cleaned:
    tables = {
        "enrolments": typed("enrolments", [enrolment("e1", sessions_planned=None)]),
        "alliance": typed("alliance", rows),
    }
    return clean_cohort(tables, None, rules or CleaningRules(), DATA_LOCK, {**load_instruments(), **study})


def flags(cleaned: Cleaned) -> dict[int, set[str]]:
    return cleaned.flags.groupby("source_row")["flag"].agg(set).to_dict()


def numbered(answers: list[tuple], **more: Any) -> list[dict]:
    return [inventory("e1", given, session_no=number, **more) for number, given in enumerate(answers, 1)]


@pytest.mark.parametrize(
    "answers, longest",
    [
        ((1, 2, 2, 2, 3, 3), 3),
        ((4, 4, NAN, 4, 1, 1), 3),
        ((1, NAN, NAN, NAN, 2, 3), 1),
        ((NAN, NAN, NAN, NAN, NAN, NAN), 0),
        ((5, 5, 5, 5, 5, 5), 6),
    ],
)
def test_longstring_counts_answers_only(answers, longest):
    assert longstring(np.array([answers])).tolist() == [longest]


def test_response_variability_is_the_sd_of_the_answers_given():
    answers = np.array([[1, 2, 3, 4, 5, NAN], [3, 3, 3, 3, 3, 3], [2, NAN, NAN, NAN, NAN, NAN]])
    values = response_variability(answers)
    assert values[0] == pytest.approx(np.sqrt(2.5))
    assert values[1] == 0
    assert np.isnan(values[2])


def test_even_odd_is_the_corrected_correlation_of_the_halves():
    subscales = ((1, 2), (3, 4), (5, 6), (7, 8))
    answers = np.array(
        [[1, 2, 2, 1, 4, 5, 5, 3], [1, 5, 2, 4, 4, 2, 5, 1], [3] * 8, [1, 2, 2, 1, NAN, 5, NAN, NAN]]
    )
    r = np.corrcoef(answers[0, ::2], answers[0, 1::2])[0, 1]
    values = even_odd_consistency(answers, subscales)
    assert values[0] == pytest.approx(2 * r / (1 + r))
    assert values[1] == -1
    assert np.isnan(values[2:]).all()


def test_even_odd_with_two_subscales_says_nothing():
    assert np.isnan(even_odd_consistency(np.array([[1.0, 2, 5, 4]]), ((1, 2), (3, 4)))).all()


def test_mahalanobis_p_equals_the_distance_computed_row_by_row():
    from scipy.stats import chi2

    answers = np.random.default_rng(3).normal(size=(40, 6))
    answers[5, 2] = NAN
    complete = np.delete(answers, 5, axis=0)
    inverse = np.linalg.inv(np.cov(complete, rowvar=False))
    centred = complete - complete.mean(axis=0)
    expected = [chi2.sf(row @ inverse @ row, 6) for row in centred]
    p = mahalanobis_p(answers)
    assert np.isnan(p[5])
    np.testing.assert_allclose(np.delete(p, 5), expected)


IN_R = np.array(
    [
        [2, 2, 3, 5, 3, 2, 2, 3, 5, 3],
        [5, 1, 3, 1, 5, 5, 1, 3, 1, 5],
        [3, NAN, 3, 2, 2, 3, NAN, 3, 2, 2],
        [1, 4, 3, 3, 4, 1, 4, 3, 3, 4],
        [4, 3, 3, NAN, 1, 4, 3, 3, 4, 1],
        [3, 3, 3, 3, 3, 3, 3, 3, 3, 3],
        [1, 4, 4, 4, 4, 4, 4, 4, 3, 4],
    ]
)
"""Answers whose indices were computed in R 4.2.2: rle, sd(na.rm = TRUE), cor(use = "pairwise")."""


def test_indices_equal_those_computed_in_r():
    assert longstring(IN_R).tolist() == [2, 2, 2, 2, 2, 10, 7]
    spread = [1.154700538379251, 1.885618083164127, 0.534522483824849, 1.154700538379251, 1.166666666666667]
    np.testing.assert_allclose(response_variability(IN_R), [*spread, 0, 0.966091783079296], rtol=1e-12)
    pairs = ((1, 2), (3, 4), (5, 6), (7, 8), (9, 10))
    halves = [0.285714285714286, -0.666666666666667, -1, -1, -1, NAN, NAN]
    np.testing.assert_allclose(even_odd_consistency(IN_R, pairs), halves, rtol=1e-12)


def test_mahalanobis_p_equals_that_of_psych_outlier():
    row, item = np.meshgrid(np.arange(1, 41), np.arange(1, 6), indexing="ij")
    p = mahalanobis_p((row**2 * item + 3 * row + item**3 * row) % 7)
    in_r = [0.368129028180394, 0.600149914309449, 0.355212327296302, 0.408918411920019, 0.761009985574705]
    np.testing.assert_allclose(p[:5], in_r, rtol=1e-12)  # psych 2.2.9: pchisq(outlier(x), 5)


def test_what_was_not_recorded_is_neither_fast_nor_failed():
    fast = completion_too_fast(np.array([11.9, 12, NAN]), items=12, seconds_per_item=1)
    assert fast.tolist() == [True, False, False]
    assert attention_failed(np.array([0, 1, NAN])).tolist() == [True, False, False]


def test_mahalanobis_is_not_computed_on_too_few_records_or_singular_items():
    answers = np.random.default_rng(3).normal(size=(40, 6))
    assert mahalanobis_p(answers[:30]) is None
    answers[:, 1] = 3
    assert mahalanobis_p(answers) is None


def test_the_same_answer_throughout_is_flagged_where_items_are_reversed_and_not_on_an_exempt_instrument():
    same = numbered([(4,) * 12, CAREFUL, (4,) * 5])
    cleaned = screened([*same, inventory("e1", (5,) * 12, session_no=4, instrument="wai_sr")])
    assert flags(cleaned) == {2: {"longstring", "irv"}}
    exempt = cleaned.checks[cleaned.checks["instrument"] == "wai_sr"].set_index("check")["result"]
    assert exempt["longstring"] == exempt["irv"] == "not_checked"


def test_a_share_of_identical_answers_can_be_enough():
    nearly = (4,) * 10 + (1, 7)
    assert flags(screened(numbered([nearly]))) == {}
    assert flags(screened(numbered([nearly]), CleaningRules(longstring_share=0.8))) == {2: {"longstring"}}


def test_answers_that_hardly_vary_are_flagged_by_the_width_of_the_response_range():
    hardly = (4, 4, 4, 4, 4, 5, 4, 4, 4, 4, 4, 4)
    cleaned = screened(numbered([hardly]))
    assert flags(cleaned) == {2: {"irv"}}
    assert float(cleaned.flags["value"].iloc[0]) == pytest.approx(np.std(hardly, ddof=1), rel=1e-5)


def test_records_filled_in_too_fast_and_failed_attention_checks_are_flagged():
    rows = numbered([CAREFUL] * 4)
    for row, seconds, passed in zip(rows, (11.9, 12.0, None, 90), (True, None, True, False), strict=True):
        row |= {"duration_seconds": seconds, "attention_check": passed}
    cleaned = screened(rows, CleaningRules(exclude_flags=()))
    assert flags(cleaned) == {2: {"completion_time"}, 5: {"failed_attention_check"}}
    assert set(cleaned.flags["kind"]) == {"careless"}


def test_only_what_the_plan_names_is_excluded_and_the_flag_stays_listed():
    rows = numbered([CAREFUL, CAREFUL[::-1], (4,) * 12])
    rows[0] |= {"attention_check": False}
    rows[1] |= {"attention_check": True}
    cleaned = screened(rows)
    assert cleaned.excluded[["source_row", "reason"]].values.tolist() == [
        [2, "failed attention check (plan)"]
    ]
    assert flags(cleaned) == {2: {"failed_attention_check"}, 4: {"longstring", "irv"}}
    stricter = screened(rows, CleaningRules(exclude_flags=("irv", "longstring")))
    assert stricter.excluded[["source_row", "reason"]].values.tolist() == [[4, "longstring (plan)"]]


def test_even_odd_is_used_on_enough_subscales_with_reversed_items_turned_round():
    subscales: dict[str, tuple[int, ...]] = {f"s{k}": (2 * k - 1, 2 * k) for k in range(1, 6)}
    study = Instrument(
        id="study_scale",
        title="Five scales",
        measures="anything",
        raters=("client",),
        items=10,
        range=Range(low=1, high=7),
        reversed=(2, 4, 6, 8, 10),
        subscales=subscales,
        scoring=Scoring(method="mean"),
        source="-",
        rights="-",
        verified="-",
    )
    agreeing = (1, 7, 2, 6, 4, 4, 6, 2, 7, 1)
    disagreeing = (1, 1, 2, 2, 4, 4, 6, 6, 7, 7)
    cleaned = screened(numbered([agreeing, disagreeing], instrument="study_scale"), study_scale=study)
    assert flags(cleaned) == {3: {"even_odd"}}
    made = screened(numbered([CAREFUL])).checks.set_index("check")["result"]
    assert made["even_odd"] == "not_checked"


def test_a_record_far_from_all_others_is_flagged():
    rng = np.random.default_rng(11)
    person = rng.normal(4, 1, size=(200, 1))
    answers = np.clip(np.round(person + rng.normal(0, 0.6, size=(200, 12))), 1, 7)
    answers[7] = (1, 7) * 6
    cleaned = screened(numbered([tuple(row) for row in answers]))
    found = cleaned.flags.loc[cleaned.flags["flag"] == "mahalanobis"]
    assert 9 in found["source_row"].tolist()
    assert found["value"].astype(float).max() < 0.001
    assert len(found) < 20


def test_excluding_by_distance_leaves_no_record_that_cleaning_again_would_exclude():
    rng = np.random.default_rng(4)
    answers = np.clip(np.round(rng.normal(4, 1, size=(300, 1)) + rng.normal(0, 1, size=(300, 12))), 1, 7)
    answers[:40] = np.round(rng.uniform(1, 7, size=(40, 12)))
    rules = CleaningRules(exclude_flags=("mahalanobis",), mahalanobis_p=0.01)
    once = screened(numbered([tuple(row) for row in answers], instrument="wai_s"), rules)
    assert len(once.excluded) > 10
    assert once.flags["source_row"].is_unique and set(once.flags["flag"]) == {"mahalanobis"}
    twice = clean_cohort(once.tables, None, rules, DATA_LOCK, load_instruments())
    assert twice.excluded.empty


def test_surveys_of_practitioners_are_screened_too():
    rows = [survey("p1"), survey("p2", answers=(3,) * 18), survey("p3", attention_check=False)]
    tables = {
        "enrolments": typed("enrolments", [enrolment("e1")]),
        "practitioner_survey": typed("practitioner_survey", rows),
    }
    cleaned = clean_cohort(tables, None, CleaningRules(), DATA_LOCK, load_instruments())
    assert flags(cleaned) == {3: {"longstring", "irv"}, 4: {"failed_attention_check"}}
    assert cleaned.tables["practitioner_survey"]["practitioner_id"].tolist() == ["p1", "p2"]


def test_one_row_of_a_wide_file_that_holds_two_inventories_is_told_apart():
    rows = [
        inventory("e1", (4,) * 12, session_no=1, source_row=2),
        inventory("e1", CAREFUL, session_no=8, source_row=2),
    ]
    listed = screened(rows).flags[["source_row", "session_no", "rater", "instrument"]].drop_duplicates()
    assert listed.values.tolist() == [[2, 1, "client", "wai_s"]]


def test_a_plan_cannot_exclude_by_a_flag_that_does_not_exist():
    with pytest.raises(ValueError, match="exclude_flags"):
        CleaningRules.model_validate({"exclude_flags": ("long_string",)})


def test_the_value_of_a_flag_is_text_for_every_row():
    cleaned = screened(numbered([(4,) * 12]))
    assert cleaned.flags.set_index("flag")["value"].to_dict() == {"longstring": "12", "irv": "0"}
    assert isinstance(cleaned.flags["value"].dtype, pd.StringDtype)
