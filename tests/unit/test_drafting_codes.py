"""What the draft asks of codes: nothing that changes a number silently is guessed."""

from __future__ import annotations

import pandas as pd
import pytest
from small_cohorts import ingest
from small_drafts import PEOPLE, answers, draft_of, enrolments

from alliance_modes.drafting.draft import draft_cohort
from alliance_modes.drafting.recognise import recognise_parts
from alliance_modes.ground.yaml_models import read_yaml
from alliance_modes.instruments.model import load_instruments

WAI = answers().to_csv(index=False)


def drafted(folder, **cells):
    return draft_of(folder, enrolments=enrolments(**cells), wai_client=WAI)


def column(folder, name: str) -> list:
    return ingest(folder).tables["enrolments"][name].tolist()


def test_every_open_answer_stands_as_a_numbered_question_at_the_top(tmp_path):
    draft = drafted(tmp_path, status=["completed", "Non-completer"], age=[31, 99, 40, 25, 36, 99])
    assert len(draft.open) == 2
    for question in draft.open.values():
        number, _, text = question.removeprefix("question ").partition(": ")
        assert draft.questions[int(number) - 1] == text


@pytest.mark.parametrize("word", ["Non-completer", "did not complete", "incomplete", "withdrew", "DNA"])
def test_words_for_an_end_that_are_not_known_are_asked_with_counts(tmp_path, word):
    draft = drafted(tmp_path, outcome=["completed", word, "completed"])
    question = draft.asked("labels", word)
    assert f'"{word}" (8 of 24 cells)' in question
    assert question.endswith("one of: not_started, completed, dropped_out, removed, administrative, ongoing")


def test_completed_yes_or_no_in_place_of_a_status_is_asked(tmp_path):
    draft = drafted(tmp_path, Completed=["Yes", "No", "Yes"])
    assert '"No" (8 of 24 cells)' in draft.asked("status", "labels", "No")
    folder = draft.answered(Yes="completed", No="dropped_out")
    assert column(folder, "status").count("completed") == 16


@pytest.mark.parametrize(
    ("name", "cells", "canonical"),
    [
        ("age", ["25-34", "35-44"], "age_years"),
        ("risk", ["High", "Low"], "risk_score"),
        ("prior convictions", ["1.5", "2"], "prior_convictions"),
        ("literacy", [str(n) for n in range(9)], "need_literacy"),
        ("setting", [f"text {n}" for n in range(20)], "setting"),
    ],
)
def test_a_known_name_whose_cells_do_not_fit_is_asked_and_can_be_left_out(tmp_path, name, cells, canonical):
    draft = drafted(tmp_path, **{name: cells})
    assert draft.asked("columns", canonical).endswith(f"one of: none, {name}")
    folder = draft.answered(**{canonical: "none"})
    assert read_yaml(folder / "cohort.yaml").open == ()
    assert pd.isna(column(folder, canonical)).all()


def test_a_long_name_of_a_programme_is_read(tmp_path):
    name = "Building Better Relationships of the north region (high intensity)"
    draft = drafted(tmp_path, programme=[name, "Core"])
    assert draft.open == {}
    assert set(column(tmp_path, "programme_id")) == {name, "Core"}


def test_a_number_with_its_unit_is_offered_with_the_unit(tmp_path):
    draft = drafted(tmp_path, **{"planned sessions": ["12 sessions", "9 sessions"]})
    assert '"sessions" (24)' in draft.asked("sessions_planned", "unit")
    assert set(column(draft.answered(unit="sessions"), "sessions_planned")) == {12, 9}


def test_shares_of_one_are_asked_and_multiplied(tmp_path):
    draft = drafted(tmp_path, readiness=["0.43", "0.1", "1"])
    assert draft.asked("readiness", "times").endswith("one of: 100, 1")
    assert set(column(draft.answered(times="100"), "readiness")) == {43, 10, 100}


AGES = [20, 25, 31, 36, 40, 52, 58, 60]


@pytest.mark.parametrize("code", [99, 999, -1, 98, 99.9, 999.9])
def test_a_spike_outside_the_rest_is_asked_with_counts(tmp_path, code):
    draft = drafted(tmp_path, age=[*AGES, code, code, 33, 34])
    question = draft.asked("age_years", "missing", str(code))
    assert f"is {code} (4 of 24 cells)" in question
    assert "20 to 60" in question
    folder = draft.answered(**{str(code): "not known"})
    assert pd.Series(column(folder, "age_years")).mean() == pytest.approx(sum([*AGES, 33, 34]) / 10)


def test_a_spike_can_be_answered_to_be_a_real_value(tmp_path):
    draft = drafted(tmp_path, **{"prior convictions": [0, 1, 2, 3, 4, 5, 99, 2]})
    folder = draft.answered(**{"99": "a real value"})
    assert column(folder, "prior_convictions").count(99) == 3


def test_a_number_among_the_others_is_no_spike(tmp_path):
    assert drafted(tmp_path, risk=[91, 95, 97, 99, 93, 88], sessions_planned=[6, 9, 9, 12]).open == {}


def labelled(**labels) -> tuple[pd.DataFrame, dict]:
    """Enrolments with columns of the codes 0 and 1 (the last of five people 99), and their labels."""
    frame = pd.DataFrame({"case_no": [f"K{row:03}" for row in range(PEOPLE)]})
    frame["started"] = [f"2024-0{row % 9 + 1}-11" for row in range(PEOPLE)]
    frame["group"] = [f"g{row % 4}" for row in range(PEOPLE)]
    for name, codes in labels.items():
        held = list(codes)
        frame[name] = [float(held[row % len(held)]) for row in range(PEOPLE)]
    return frame, labels


def test_a_label_that_says_no_answer_is_a_reason_in_its_own_column_alone(tmp_path):
    enrolled = labelled(age={30: "", 41: "", 99: "Unknown"}, risk={7: "", 68: "", 99: "Not recorded"})
    draft = draft_of(tmp_path, enrolments=enrolled, wai_client=WAI)
    ingested = ingest(tmp_path)
    assert draft.open == {}
    assert ingested.tables["enrolments"]["age_years"].dropna().max() == 41
    reasons = ingested.missing.groupby("column")["reason"].unique()
    assert list(reasons["age_years"]) == ["unknown"]
    assert list(reasons["risk_score"]) == ["not recorded"]


def test_labels_that_run_against_the_codes_of_yes_and_no_are_asked(tmp_path):
    enrolled = labelled(mandated={0: "Court ordered", 1: "Voluntary"}, literacy={0: "No", 1: "Yes"})
    draft = draft_of(tmp_path, enrolments=enrolled, wai_client=WAI)
    assert set(draft.open) == {(*place, code) for (*place, code) in draft.open if code in ("0", "1")}
    assert 'labels "Court ordered"' in draft.asked("mandated", "labels", "0")
    folder = draft.answered(**{"0": "true", "1": "false"})
    assert column(folder, "mandated")[:2] == [True, False]
    assert column(folder, "need_literacy")[:2] == [False, True]


def test_attendance_of_mostly_nobody_is_asked(tmp_path):
    sessions = answers()[["case no", "session"]].assign(attended=[0, 0, 1] * 16, held="2024-03-04")
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_client=WAI, sessions=sessions)
    assert "nobody came" in draft.asked("attended", "labels", "1")
    assert "nobody came" in draft.asked("attended", "labels", "0")


@pytest.mark.parametrize("tick", ["x", "yes", "Yes", "✓", "1"])
def test_a_tick_or_nothing_is_asked(tmp_path, tick):
    draft = drafted(tmp_path, literacy=[tick, "", ""])
    question = draft.asked("need_literacy", "empty")
    assert "16 of 24 cells are empty" in question
    assert column(draft.answered(empty="false"), "need_literacy").count(False) == 16
    assert pd.isna(column(draft.answered(empty="missing"), "need_literacy")).sum() == 16


def test_a_few_blanks_beside_yes_and_no_are_missing_and_no_question(tmp_path):
    draft = drafted(tmp_path, literacy=["yes", "no", ""])
    assert draft.open == {}
    assert pd.isna(column(tmp_path, "need_literacy")).sum() == 8


def test_signs_of_a_typesetter_do_not_hide_a_word_for_missing(tmp_path):
    draft = drafted(tmp_path, mandated=["yes", "no", "don\N{RIGHT SINGLE QUOTATION MARK}t know"])
    assert draft.open == {}
    assert pd.isna(column(tmp_path, "mandated")).sum() == 8


@pytest.mark.parametrize(
    "name", ["voluntary", "unmandated", "not mandated", "non mandated", "nicht mandated"]
)
def test_no_column_is_taken_for_its_opposite(tmp_path, name):
    assert f"mandated: {name}" not in drafted(tmp_path, **{name: ["0", "1"]}).text


def test_an_entry_says_in_counts_by_what_it_is_sure(tmp_path):
    text = drafted(tmp_path, age=[30, 41, ""]).text
    assert "age_years: age  # sure: its name; 16 of 24 cells are 30 to 41, within 10 to 110" in text


def test_a_code_with_a_decimal_in_a_stata_float_is_asked_and_missing_where_it_is_declared(tmp_path):
    frame = pd.DataFrame({"readiness": [99.9 if at % 5 == 0 else 40.0 + at for at in range(PEOPLE)]})
    frame.insert(0, "case_no", [f"K{row:03}" for row in range(PEOPLE)])
    frame["started"] = [f"2024-0{row % 9 + 1}-11" for row in range(PEOPLE)]
    frame.astype({"readiness": "float32"}).to_stata(tmp_path / "e.dta", write_index=False)
    (found,) = recognise_parts(tmp_path / "e.dta", "e.dta")
    draft = draft_cohort("north", [found], load_instruments())
    (question,) = [question for question in draft.questions if "99.9" in question]
    assert "99.9 (5 of 24 cells)" in question and "41 to 63" in question
