"""Which way answers run: labels of the file, names, and how the items go together; then the scores."""

from __future__ import annotations

import numpy as np
import pytest
from small_cohorts import ingest
from small_drafts import answers, draft_of, enrolments

from alliance_modes.instruments.model import load_instruments
from alliance_modes.scoring.scores import score_cohort

KNOWN = load_instruments()
OFTEN = ("Seldom", "Sometimes", "Fairly often", "Very often", "Always")
SEVEN = ("Never", "Rarely", "Occasionally", "Sometimes", "Often", "Very often", "Always")


def items_of(frame) -> list[str]:
    return [name for name in frame if name.startswith("wai_")]


def with_key(frame, low: int, high: int):
    """The forms of a WAI-S as they were answered: its reversed items the other way."""
    turned = frame.copy()
    for item in KNOWN["wai_s"].reversed:
        turned[f"wai_{item}"] = low + high - turned[f"wai_{item}"]
    return turned


def read(folder) -> np.ndarray:
    table = ingest(folder).tables["alliance"].sort_values(["enrolment_id", "session_no"])
    return table[[f"item_{item}" for item in range(1, 13)]].to_numpy(dtype=float)


def mean_total(folder) -> float:
    scores = score_cohort(ingest(folder).tables, KNOWN)
    return float(scores.loc[scores["scale"] == "total", "item_mean"].mean())


def mean_answer(frame) -> float:
    return float(frame[items_of(frame)].to_numpy(dtype=float).mean())


def test_labels_that_fall_in_every_item_turn_all_answers(tmp_path):
    frame = answers()
    stored = frame.copy()
    stored[items_of(frame)] = 6.0 - frame[items_of(frame)]
    labels = {name: {float(6 - n): text for n, text in enumerate(OFTEN, 1)} for name in items_of(frame)}
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_client=(stored, labels))
    assert draft.open == {}
    assert read(tmp_path).mean() == pytest.approx(mean_answer(frame))


def test_labels_that_fall_in_two_items_say_that_these_are_reversed_already(tmp_path):
    frame = answers(high=7)
    labels = {name: {float(n): text for n, text in enumerate(SEVEN, 1)} for name in items_of(frame)}
    for item in KNOWN["wai_s"].reversed:
        labels[f"wai_{item}"] = {float(8 - n): text for n, text in enumerate(SEVEN, 1)}
    held = frame.astype(dict.fromkeys(labels, float))
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_s_client=(held, labels))
    assert draft.open == {}
    assert 'already_reversed: "4 and 10"' in draft.text
    assert mean_total(tmp_path) == pytest.approx(mean_answer(frame))


@pytest.mark.parametrize("mark", ["R", "_rev", "r", "_recoded", ""])
def test_items_that_are_reversed_already_are_asked_by_name_or_by_how_they_go_together(tmp_path, mark):
    frame = answers(high=7)
    renamed = frame.rename(columns={f"wai_{item}": f"wai_{item}{mark}" for item in (4, 10)})
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_s_client=renamed)
    question = draft.asked("already_reversed")
    assert "item 10 runs against the others" in question
    assert question.endswith("one of: 4 and 10, none")
    folder = draft.answered(already_reversed="4 and 10")
    assert mean_total(folder) == pytest.approx(mean_answer(frame))


def test_a_reversed_copy_beside_the_item_is_left_alone(tmp_path):
    frame = with_key(answers(high=7), 1, 7)
    beside = frame.assign(wai_4R=8 - frame["wai_4"], wai_10R=8 - frame["wai_10"])
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_s_client=beside)
    assert draft.open == {}
    assert mean_total(tmp_path) == pytest.approx(mean_answer(answers(high=7)))


def test_items_as_they_were_answered_are_no_question(tmp_path):
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_s_client=with_key(answers(high=7), 1, 7))
    assert draft.open == {}


def test_a_form_that_counts_from_another_number_is_offered_with_it(tmp_path):
    frame = answers()
    stored = frame.copy()
    stored[items_of(frame)] -= 1
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_sr_client=stored)
    assert "instrument: wai_sr" in draft.text
    assert draft.asked("starts_at").endswith("one of: 0, 1")
    assert read(draft.answered(starts_at="0")).mean() == pytest.approx(mean_answer(frame))


@pytest.mark.parametrize(
    "form",
    [
        "{n} - {w}",
        "{n}: {w}",
        "{w} ({n})",
        "{n}. {w}",
        "{n} \N{EN DASH} {w}",
        "{n} = {w}",
        "{n} {w}",
        "{w} [{n}]",
    ],
)
def test_answers_that_say_their_number_are_read_by_it(tmp_path, form):
    frame = answers()
    stored = frame.astype({name: object for name in items_of(frame)})
    for name in items_of(frame):
        stored[name] = [form.format(n=n, w=OFTEN[n - 1]) for n in frame[name]]
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_sr_client=stored)
    assert draft.open == {}
    assert read(tmp_path).mean() == pytest.approx(mean_answer(frame))


def test_words_decide_where_the_numbers_beside_them_run_the_other_way(tmp_path):
    frame = answers()
    stored = frame.astype({name: object for name in items_of(frame)})
    for name in items_of(frame):
        stored[name] = [f"{6 - n} - {OFTEN[n - 1]}" for n in frame[name]]
    draft_of(tmp_path, enrolments=enrolments(), wai_sr_client=stored)
    assert read(tmp_path).mean() == pytest.approx(mean_answer(frame))


@pytest.mark.parametrize("code", [9, 99, -1])
def test_a_code_among_the_answers_is_asked_and_hides_no_instrument(tmp_path, code):
    frame = answers()
    frame.loc[[0, 5, 7], "wai_3"] = code
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_sr_client=frame)
    assert f"is {code} (3 of 576 cells)" in draft.asked("missing", str(code))
    assert np.isnan(read(draft.answered(**{str(code): "refused"}))).sum() == 3


def test_a_label_that_says_no_answer_is_missing_in_the_items(tmp_path):
    frame = answers().astype({name: float for name in items_of(answers())})
    frame.loc[[0, 5], "wai_3"] = 8.0
    labels = {"wai_3": {8.0: "Refused"}}
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_sr_client=(frame, labels))
    assert draft.open == {}
    assert np.isnan(read(tmp_path)).sum() == 2


def test_twelve_ratings_are_the_clients_only_where_something_says_so(tmp_path):
    frame = answers()
    assert draft_of(tmp_path, enrolments=enrolments(), wai_client=frame).open == {}
    draft = draft_of(tmp_path, enrolments=enrolments(), wai=frame)
    question = draft.asked("instrument")
    assert question.endswith("one of: wai_sr, wai_sr_t")
    assert "not verified" in question
    for answer, rater in (("wai_sr", "client"), ("wai_sr_t", "practitioner")):
        table = ingest(draft.answered(**{"- instrument": f"{answer}"})).tables["alliance"]
        assert set(table["instrument"]) == {answer}
        assert set(table["rater"]) == {rater}


def test_practitioners_ratings_beside_the_clients_stay_apart(tmp_path):
    client = answers()
    both = client.assign(**{f"wai_srt_{item}": 6 - client[f"wai_{item}"] for item in range(1, 13)})
    both = both.rename(columns={f"wai_{item}": f"client_wai_{item}" for item in range(1, 13)})
    draft = draft_of(tmp_path, enrolments=enrolments(), forms=both)
    assert draft.asked("instrument").endswith("one of: wai_sr_t, wai_s")
    scores = score_cohort(ingest(draft.answered(**{"- instrument": "wai_sr_t"})).tables, KNOWN)
    means = scores[scores["scale"] == "total"].groupby(["instrument", "rater"])["item_mean"].mean()
    assert means["wai_sr", "client"] == pytest.approx(mean_answer(client))
    assert means["wai_sr_t", "practitioner"] == pytest.approx(6 - mean_answer(client))
