"""What a draft takes from labels and ranges, and what it asks because they do not reach far enough."""

from __future__ import annotations

import numpy as np
import pytest
from small_cohorts import ingest
from small_drafts import PEOPLE, answers, draft_of, enrolments

from alliance_modes.ground.yaml_models import STILL_OPEN, read_yaml
from alliance_modes.ingest.stage import check_cohort
from alliance_modes.instruments.model import load_instruments

OFTEN = ("Seldom", "Sometimes", "Fairly often", "Very often", "Always")
OWN = ("not my thing", "now and again", "so so", "on good days", "like that")
WAI = [f"wai_{item}" for item in range(1, 13)]


def read(folder) -> np.ndarray:
    table = ingest(folder).tables["alliance"].sort_values("source_row")
    return table[[f"item_{item}" for item in range(1, 13)]].to_numpy(dtype=float)


def truth(frame) -> np.ndarray:
    return frame[WAI].to_numpy(dtype=float)


def in_words(frame, name: str, turned: bool = False, ends: bool = False, words=OFTEN) -> list:
    """One item as "4 - Very often", its number perhaps the other way round, middle answers perhaps bare."""
    said = []
    for number in frame[name]:
        code = 6 - number if turned else number
        said.append(code if ends and code not in (1, 5) else f"{code} - {words[number - 1]}")
    return said


@pytest.mark.parametrize("ends", [False, True])
def test_words_of_one_item_say_nothing_of_the_others_and_are_asked(tmp_path, ends):
    frame = answers()
    stored = frame.astype({"wai_4": object})
    stored["wai_4"] = in_words(frame, "wai_4", turned=True, ends=ends)
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_sr_client=stored)
    question = draft.asked("already_reversed")
    assert "The words of wai_4 run from the highest answer to the lowest" in question
    assert "11 of 12 items have no words" in question
    assert any(STILL_OPEN in problem.message for problem in check_cohort(tmp_path, load_instruments()))
    folder = draft.answered(already_reversed="4")
    assert read(folder) == pytest.approx(truth(frame))


def test_words_of_one_item_can_be_answered_to_speak_for_all(tmp_path):
    frame = answers()
    stored = frame.astype(dict.fromkeys(WAI, object))
    stored[WAI] = 6 - frame[WAI]
    stored["wai_4"] = in_words(frame, "wai_4", turned=True)
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_sr_client=stored)
    every = " and ".join(map(str, range(1, 13)))
    assert draft.asked("already_reversed").endswith(f"one of: 4, {every}")
    assert read(draft.answered(already_reversed=f'"{every}"')) == pytest.approx(truth(frame))


@pytest.mark.parametrize("falling", [["wai_4"], ["wai_4", "wai_10", "wai_11"]])
def test_value_labels_of_some_items_are_asked(tmp_path, falling):
    frame = answers()
    stored = frame.astype(dict.fromkeys(WAI, float))
    stored[falling] = 6 - stored[falling]
    labels = {name: {float(6 - n): text for n, text in enumerate(OFTEN, 1)} for name in falling}
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_client=(stored, labels))
    items = " and ".join(name[4:] for name in falling)
    assert f"{12 - len(falling)} of 12 items have no words" in draft.asked("already_reversed")
    assert read(draft.answered(already_reversed=f'"{items}"')) == pytest.approx(truth(frame))


def test_words_that_disagree_decide_each_item_and_the_silent_ones_are_asked(tmp_path):
    frame = answers()
    stored = frame.astype(dict.fromkeys(WAI, object))
    stored["wai_4"] = in_words(frame, "wai_4", turned=True)
    stored["wai_5"] = in_words(frame, "wai_5")
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_sr_client=stored)
    assert "those of 1 the other way, and 10 of 12" in draft.asked("already_reversed")
    assert read(draft.answered(already_reversed="4")) == pytest.approx(truth(frame))


@pytest.mark.parametrize("rising", [True, False])
def test_words_of_no_known_order_are_asked(tmp_path, rising):
    frame = answers()
    stored = frame.astype(dict.fromkeys(WAI, object))
    for name in WAI:
        stored[name] = in_words(frame, name, turned=not rising, words=OWN)
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_sr_client=stored)
    assert "of no order that is known" in draft.asked("labels_rising")
    assert read(draft.answered(labels_rising=str(rising).lower())) == pytest.approx(truth(frame))


@pytest.mark.parametrize("rising", [True, False])
def test_value_labels_of_no_known_order_are_asked(tmp_path, rising):
    frame = answers()
    stored = frame.astype(dict.fromkeys(WAI, float))
    stored[WAI] = stored[WAI] if rising else 6 - stored[WAI]
    labels = {float(n if rising else 6 - n): text for n, text in enumerate(OWN, 1)}
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_client=(stored, dict.fromkeys(WAI, labels)))
    assert "like that" in draft.asked("labels_rising")
    assert read(draft.answered(labels_rising=str(rising).lower())) == pytest.approx(truth(frame))


@pytest.mark.parametrize("turned", [False, True])
def test_labels_from_0_to_4_decide_where_the_answers_start(tmp_path, turned):
    frame = answers()
    stored = frame.astype(dict.fromkeys(WAI, float))
    stored[WAI] = 5 - stored[WAI] if turned else stored[WAI] - 1
    labels = {float(5 - n if turned else n - 1): text for n, text in enumerate(OFTEN, 1)}
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_sr_client=(stored, dict.fromkeys(WAI, labels)))
    assert draft.open == {}
    assert read(tmp_path) == pytest.approx(truth(frame))


def test_labels_from_1_to_7_decide_the_form_though_nobody_answered_7(tmp_path):
    frame = answers()
    labels = {1.0: "never", 7.0: "always"}
    held = frame.astype(dict.fromkeys(WAI, float))
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_client=(held, dict.fromkeys(WAI, labels)))
    assert "instrument: wai_s " in draft.text
    assert {place[-1] for place in draft.open} == {"already_reversed"}


def test_answers_of_2_to_6_are_asked_as_which_form_and_from_where(tmp_path):
    frame = answers()
    stored = frame.copy()
    stored[WAI] += 1
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_client=stored)
    question = draft.asked("instrument")
    assert "Their answers are 2 to 6" in question
    assert "wai_s (1 to 7) or wai_sr (1 to 5, counted from 2)" in question
    folder = draft.answered(starts_at="2", already_reversed="none", **{"- instrument": "wai_sr"})
    assert read(folder) == pytest.approx(truth(frame))


def test_answers_of_1_to_4_that_may_count_from_0_are_asked(tmp_path):
    frame = answers()
    frame[WAI] = frame[WAI].clip(upper=4)
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_sr_client=frame)
    assert draft.asked("starts_at").endswith("one of: 1, 0")
    assert read(draft.answered(starts_at="0")) == pytest.approx(truth(frame) + 1)
    assert read(draft.answered(starts_at="1")) == pytest.approx(truth(frame))


@pytest.mark.parametrize("step", [10, 20])
def test_answers_at_steps_are_asked_as_labels(tmp_path, step):
    frame = answers()
    stored = frame.copy()
    stored[WAI] *= step
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_sr_client=stored)
    assert f"do {step}, {2 * step}" in draft.asked("labels_rising")
    folder = draft.answered(labels_rising="true", **{"- instrument": "wai_sr"})
    assert read(folder) == pytest.approx(truth(frame))


def test_answers_in_percent_are_asked_and_refused_as_they_are(tmp_path):
    frame = answers()
    stored = frame.astype(dict.fromkeys(WAI, float))
    rng = np.random.default_rng(5)
    stored[WAI] = np.round((stored[WAI] - rng.random(stored[WAI].shape)) * 20, 1)
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_sr_client=stored)
    assert "on which scale" in draft.asked("instrument")
    problems = check_cohort(draft.answered(**{"- instrument": "wai_sr"}), load_instruments())
    assert any("not a response of wai_sr" in problem.message for problem in problems)


def refused(folder) -> bool:
    """Whether an answer is open and nothing is read before."""
    return any(STILL_OPEN in problem.message for problem in check_cohort(folder, load_instruments()))


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"wai_7": None}, 'columns called "wai_" and a number (up to 12, without 7)'),
        ({"wai_7": "wai_6"}, "without 7, wai_6 twice"),
        ({"wai_7": "wai_13"}, "(up to 13, without 7)"),
    ],
)
def test_an_inventory_without_one_of_its_items_is_asked(tmp_path, columns, said):
    frame = answers()
    for old, new in columns.items():
        frame = frame.drop(columns=old) if new is None else frame.rename(columns={old: new})
    draft = draft_of(tmp_path, enrolments=enrolments(), forms=frame, wai_client=FORMS)
    assert said in draft.asked("left_out", "forms.csv")
    assert refused(tmp_path)
    (tmp_path / "cohort.yaml").write_text(draft.text.replace('"?"', '"pilot forms"'), encoding="utf-8")
    assert check_cohort(tmp_path, load_instruments()) == ()


def test_a_file_that_is_not_recognised_is_left_out_only_on_purpose(tmp_path):
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_client=FORMS, rooms="room,floor\nA,1\nB,2\n")
    assert "Its columns: room, floor" in draft.asked("left_out", "rooms.csv")
    assert refused(tmp_path)
    (tmp_path / "cohort.yaml").write_text(draft.text.replace('"?"', '"rooms, not people"'), encoding="utf-8")
    assert check_cohort(tmp_path, load_instruments()) == ()


def test_a_file_that_is_read_cannot_be_left_out_as_well(tmp_path):
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_client=FORMS)
    text = draft.text.replace("\ntables:", '\nleft_out: {enrolments.csv: "not needed"}\ntables:')
    (tmp_path / "cohort.yaml").write_text(text, encoding="utf-8")
    (problem,) = (p for p in check_cohort(tmp_path, load_instruments()) if "left_out" in p.message)
    assert "is read by a table" in problem.message


@pytest.mark.parametrize("day", ["1899-12-30", "0001-01-01", "1753-01-01", "2999-12-31"])
def test_a_column_of_days_that_programs_fill_in_is_no_column_of_phone_numbers(tmp_path, day):
    draft = drafted(tmp_path, **{"end date": [day, day, "2024-09-11"]})
    assert "a day that programs write" in draft.asked("ended_on", "missing", day)


def test_a_known_name_whose_cells_look_personal_is_asked_without_its_cells(tmp_path):
    draft = drafted(tmp_path, status=["020 7946 0018", "020 7946 0991"])
    question = draft.asked("columns", "status")
    assert "it holds phone numbers" in question
    assert "7946" not in draft.text


def test_two_columns_of_one_known_name_are_asked(tmp_path):
    text = enrolments(age=[31, 32], risk=[40, 41]).replace("risk", "age", 1)
    draft = draft_of(tmp_path, enrolments=text, wai_client=FORMS)
    assert 'two columns are called "age"' in draft.asked("columns", "age_years")


FORMS = answers().to_csv(index=False)


def drafted(folder, **cells):
    return draft_of(folder, enrolments=enrolments(**cells), wai_client=FORMS)


@pytest.mark.parametrize(
    ("name", "cells", "code"),
    [
        ("planned sessions", [6, 6, 6, 99], "99"),
        ("planned sessions", [6, 6, 6, 9], "9"),
        ("planned sessions", [6, 6, 6, -1], "-1"),
        ("prior convictions", [0, 1, 0, 99], "99"),
        ("risk score", [20, 999, 20, 20], "999"),
        ("age", [30, 40, 99, 30], "99"),
        ("age", [99], "99"),
        ("risk score", [5, 60, 95, 99, 12, 99, 33, 44], "99"),
    ],
)
def test_a_code_among_few_or_equal_numbers_is_asked(tmp_path, name, cells, code):
    draft = drafted(tmp_path, **{name: cells})
    assert f"is {code} (" in draft.asked("missing", code)


@pytest.mark.parametrize("code", [9, 99, 999])
def test_a_code_beside_codes_of_a_category_or_yes_and_no_is_asked_as_missing(tmp_path, code):
    draft = drafted(tmp_path, mandated=[0, 1, 1, code], setting=[1, 2, 2, code])
    for column in ("mandated", "setting"):
        assert draft.asked(column, "missing", str(code)).endswith("not applicable, refused")
    folder = draft.answered(looked_up="true", **{str(code): "not known"})
    enrolled = ingest(folder).tables["enrolments"]
    assert enrolled["mandated"].isna().sum() == enrolled["setting"].isna().sum() == PEOPLE // 4


def test_a_code_within_a_wide_range_of_answers_is_asked_where_it_stands_alone(tmp_path):
    sessions = answers()[["case no", "session"]].assign(attended="yes", held="2024-03-04")
    for place, name in enumerate(("relationship", "goals", "approach", "overall")):
        sessions[f"sr_{name}"] = [9 if (row + place) % 9 == 0 else (row + place) % 6 for row in range(48)]
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_client=FORMS, sessions=sessions)
    assert "an item of srs is 9" in draft.asked("missing", "9")


def test_bare_codes_of_a_category_are_asked_once_per_column(tmp_path):
    draft = drafted(tmp_path, outcome=[1, 2, 3, 2])
    question = draft.asked("status", "looked_up")
    assert "1 = not_started, 2 = completed, 3 = dropped_out" in question
    assert any(STILL_OPEN in problem.message for problem in check_cohort(tmp_path, load_instruments()))
    enrolled = ingest(draft.answered(looked_up="true")).tables["enrolments"]
    assert (enrolled["status"] == "completed").sum() == PEOPLE // 2


def test_a_guess_that_is_not_right_is_refused_until_it_is_mended(tmp_path):
    folder = drafted(tmp_path, outcome=[1, 2]).answered(looked_up="false")
    problems = check_cohort(folder, load_instruments())
    assert any("correct the entry, then write true" in problem.message for problem in problems)


def test_check_shows_what_the_file_calls_each_code(tmp_path):
    labels = {"setting": {1.0: "Custody", 2.0: "Community"}}
    frame = answers()[["case no"]].drop_duplicates().rename(columns={"case no": "case_no"})
    frame = frame.assign(started="2024-03-04", group="g1", setting=[1.0 + row % 2 for row in range(PEOPLE)])
    held = answers().astype(dict.fromkeys(WAI, float))
    words = {name: {float(n): text for n, text in enumerate(OFTEN, 1)} for name in WAI}
    draft_of(tmp_path, enrolments=(frame, labels), wai_client=(held, words))
    seen = {column.column: column for column in ingest(tmp_path).seen}
    assert {code.label: code.meaning for code in seen["setting"].codes} == {
        "Custody": "custody",
        "Community": "community",
    }
    assert {code.label for code in seen["item_3"].codes} == set(OFTEN)


@pytest.mark.parametrize("code", [3.0, 5.0])
@pytest.mark.parametrize("word", ["on holiday", "see notes"])
def test_a_word_that_is_no_answer_beside_one_number_of_one_item_is_asked(tmp_path, code, word):
    held = answers().astype(dict.fromkeys(WAI, float))
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_client=(held, {"wai_3": {code: word}}))
    assert f'Its word there is "{word}"' in draft.asked("missing", f"{code:g}")
    assert refused(tmp_path)


def test_a_word_of_the_known_answers_beside_one_number_is_no_question(tmp_path):
    held = answers().astype(dict.fromkeys(WAI, float))
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_client=(held, {"wai_3": {5.0: "Always"}}))
    assert draft.open == {}


def test_a_single_number_that_the_file_has_a_word_for_is_asked(tmp_path):
    frame = answers()[["case no"]].drop_duplicates().rename(columns={"case no": "case_no"})
    frame = frame.assign(started="2024-03-04", group="g1", age=[30.0 + row % 5 for row in range(PEOPLE)])
    draft = draft_of(tmp_path, enrolments=(frame, {"age": {33.0: "in another system"}}), wai_client=FORMS)
    assert 'The file calls it "in another system"' in draft.asked("missing", "33")


@pytest.mark.parametrize(
    ("name", "cells", "asked"),
    [
        ("risk score", [40, 0, 55, 61, 0, 72], True),
        ("prior convictions", [0, 1, 0, 2, 0, 3], False),
        ("readiness", [0, 12, 31, 44, 58, 66, 70, 81, 93, 99], False),
    ],
)
def test_a_nought_far_from_the_others_or_frequent_is_asked(tmp_path, name, cells, asked):
    draft = drafted(tmp_path, **{name: cells})
    assert any(place[-2:] == ("missing", "0") for place in draft.open) is asked


def test_percent_cells_among_numbers_are_asked(tmp_path):
    draft = drafted(tmp_path, **{"risk score": [40, "0.55", 61, 72]})
    assert "6 of 24 cells fractions" in draft.asked("risk_score", "times")


def test_a_score_of_a_few_small_numbers_is_asked_as_bands_are(tmp_path):
    draft = drafted(tmp_path, **{"risk score": [1, 2, 3]})
    assert '"1" (8), "2" (8), "3" (8)' in draft.asked("columns", "risk_score")


@pytest.mark.parametrize("name", ["TEST", "test 01", "Dummy", "test client 2"])
def test_a_record_that_says_that_it_is_a_test_is_asked(tmp_path, name):
    text = enrolments(age=[31, 42]) + f"{name},2024-03-04,g1,33\n"
    draft = draft_of(tmp_path, enrolments=text, wai_client=FORMS)
    assert f'begins with "{name.split()[0]}"' in draft.asked("leave_out_rows", "26")
    assert not read_yaml(draft.answered(**{"26": "true"}) / "cohort.yaml").open
    assert len(ingest(tmp_path).tables["enrolments"]) == PEOPLE


def test_an_id_that_says_that_the_record_is_a_test_is_refused(tmp_path):
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_client=FORMS)
    path = draft.folder / "wai_client.csv"
    path.write_text(path.read_text(encoding="utf-8") + "TEST,3" + ",3" * 12 + "\n", encoding="utf-8")
    (problem,) = check_cohort(tmp_path, load_instruments())
    assert "the record is a test" in problem.message
    assert "TEST" not in f"{problem.message} {problem.hint}"


@pytest.mark.parametrize("yes", ["1", "yes", "x"])
def test_a_column_called_after_the_contrary_is_asked(tmp_path, yes):
    no = {"1": "0", "yes": "no", "x": ""}[yes]
    draft = drafted(tmp_path, voluntary=[yes, no, no])
    assert "says the contrary" in draft.asked("mandated", "labels", yes)
    answers_given = {yes: "false", **({"empty": "true"} if not no else {no: "true"})}
    enrolled = ingest(draft.answered(**answers_given)).tables["enrolments"]
    assert enrolled["mandated"].tolist()[:3] == [False, True, True]


def test_sessions_that_say_who_missed_them_are_asked(tmp_path):
    sessions = answers()[["case no", "session"]].assign(missed=[0, 0, 1] * 16, held="2024-03-04")
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_client=FORMS, sessions=sessions)
    assert "says the contrary" in draft.asked("attended", "labels", "0")
    assert "says the contrary" in draft.asked("attended", "labels", "1")


def test_answers_of_3_to_7_are_asked_as_which_form(tmp_path):
    frame = answers()
    stored = frame.copy()
    stored[WAI] += 2
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_client=stored)
    assert "wai_s (1 to 7) or wai_sr (1 to 5, counted from 3)" in draft.asked("instrument")
    folder = draft.answered(starts_at="3", already_reversed="none", **{"- instrument": "wai_sr"})
    assert read(folder) == pytest.approx(truth(frame))


def test_one_item_beyond_the_range_of_the_others_does_not_decide_the_form(tmp_path):
    frame = answers()
    frame["wai_5"] += 2
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_client=frame)
    assert "wai_s (1 to 7) or wai_sr (1 to 5)" in draft.asked("instrument")
    problems = check_cohort(
        draft.answered(already_reversed="none", **{"- instrument": "wai_sr"}), load_instruments()
    )
    assert {problem.column for problem in problems} == {"wai_5"}


def test_an_item_that_runs_against_the_others_is_asked_whatever_the_key(tmp_path):
    frame = answers()
    stored = frame.copy()
    stored["wai_5"] = 6 - stored["wai_5"]
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_client=stored)
    assert "item 5 runs against the others" in draft.asked("already_reversed")
    assert read(draft.answered(already_reversed="5")) == pytest.approx(truth(frame))


def test_a_file_called_after_another_form_is_asked(tmp_path):
    draft = draft_of(tmp_path, enrolments=enrolments(), wai_s_client=answers())
    assert draft.asked("instrument").endswith("one of: wai_sr, wai_s")
    assert draft_of(tmp_path, enrolments=enrolments(), wai_sr_client=answers()).open == {}
