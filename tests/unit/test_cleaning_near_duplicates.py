"""Records that are probably one and the same: flagged with where to look, and none left out."""

from __future__ import annotations

import pytest
from typed_tables import DATA_LOCK, enrolment, inventory, session, survey, typed

from alliance_modes.cleaning.clean import Cleaned, clean_cohort
from alliance_modes.instruments.model import load_instruments
from alliance_modes.plan.plan import CleaningRules

ANSWERS = (4, 3, 5, 4, 2, 6, 3, 4, 7, 5, 4, 3)
ONE_OTHER = (5, *ANSWERS[1:])
THREE_OTHER = (5, 4, 6, *ANSWERS[3:])
RATINGS: dict[str, float] = {
    f"session_engagement_{item}": value for item, value in enumerate((3, 2, 4, 3, 3), 1)
}
RATINGS |= {"srs_1": 8.1, "srs_2": 7.2}
FACTS = {"age_years": 34, "risk_score": 11, "prior_convictions": 3, "programme_id": "p", "group_id": "g"}


def clean(**tables) -> Cleaned:
    given = {name: typed(name, rows) for name, rows in tables.items()}
    given.setdefault("enrolments", typed("enrolments", [enrolment("e1"), enrolment("e2")]))
    return clean_cohort(given, None, CleaningRules(), DATA_LOCK, load_instruments())


def found(cleaned: Cleaned, flag: str) -> list[tuple[int, str]]:
    """Row and value of every near-duplicate of this kind."""
    flags = cleaned.flags[(cleaned.flags["kind"] == "near_duplicate") & (cleaned.flags["flag"] == flag)]
    return [(int(row), value) for row, value in zip(flags["source_row"], flags["value"], strict=True)]


def result(cleaned: Cleaned, table: str, check: str) -> str:
    checks = cleaned.checks[(cleaned.checks["table"] == table) & (cleaned.checks["check"] == check)]
    (only,) = checks["result"]
    return only


def test_one_person_under_two_client_ids_is_flagged_in_both_rows_and_kept():
    cleaned = clean(enrolments=[enrolment("e1", **FACTS), enrolment("e2", **FACTS)])
    assert found(cleaned, "two_client_ids") == [(2, "2"), (3, "2")]
    assert len(cleaned.tables["enrolments"]) == 2
    assert result(cleaned, "enrolments", "two_client_ids") == "fail"


@pytest.mark.parametrize(
    "other",
    [
        {"age_years": 35},
        {"prior_convictions": None},
        {"group_id": "g2"},
        {"started_on": "2025-01-07"},
        {"client_id": "client of e1"},
    ],
)
def test_two_people_who_differ_in_one_thing_are_two_people(other):
    cleaned = clean(enrolments=[enrolment("e1", **FACTS), enrolment("e2", **(FACTS | other))])
    assert found(cleaned, "two_client_ids") == []


def test_two_facts_are_too_few_to_say_anything():
    few = FACTS | {"prior_convictions": None}
    cleaned = clean(enrolments=[enrolment("e1", **few), enrolment("e2", **few)])
    assert result(cleaned, "enrolments", "two_client_ids") == "not_checked"


@pytest.mark.parametrize(
    ("second_start", "flagged"), [("2025-02-10", True), ("2025-01-06", True), ("2025-03-10", False)]
)
def test_one_client_cannot_be_twice_on_one_programme_at_once(second_start, flagged):
    first = enrolment("e1", client_id="c", programme_id="p")
    second = enrolment("e2", client_id="c", programme_id="p", started_on=second_start, ended_on="2025-05-05")
    cleaned = clean(enrolments=[second, first])
    rows = found(cleaned, "enrolled_twice_at_once")
    assert [row for row, _ in rows] == ([2] if second_start > "2025-01-06" else [3]) * flagged
    other = clean(enrolments=[first, second | {"programme_id": "q"}])
    assert found(other, "enrolled_twice_at_once") == []


def test_who_is_still_on_the_programme_cannot_start_it_again():
    first = enrolment("e1", client_id="c", programme_id="p", status="ongoing", ended_on=None)
    second = enrolment("e2", client_id="c", programme_id="p", started_on="2025-05-05", ended_on="2025-06-02")
    assert found(clean(enrolments=[first, second]), "enrolled_twice_at_once") == [(3, "2")]


@pytest.mark.slow
@pytest.mark.parametrize(("answers", "flagged"), [(ANSWERS, True), (ONE_OTHER, True), (THREE_OTHER, False)])
def test_a_form_entered_twice_with_few_items_different_is_flagged(answers, flagged):
    rows = [
        inventory("e1", ANSWERS, session_no=3, completed_on="2025-01-20"),
        inventory("e1", answers, session_no=4, completed_on="2025-01-20"),
    ]
    cleaned = clean(alliance=rows)
    assert found(cleaned, "entered_twice") == [(3, "2")] * flagged
    assert len(cleaned.tables["alliance"]) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"completed_on": "2025-01-27"},
        {"enrolment_id": "e2"},
        {"rater": "practitioner"},
    ],
)
def test_the_same_answers_on_another_day_or_of_another_person_are_no_double_entry(other):
    first = inventory("e1", ANSWERS, session_no=3, completed_on="2025-01-20")
    cleaned = clean(alliance=[first, first | {"session_no": 4} | other])
    assert found(cleaned, "entered_twice") == []


def test_a_double_entry_is_found_between_any_two_of_three_forms():
    day = {"completed_on": "2025-01-20"}
    far = tuple(8 - answer for answer in ANSWERS)
    rows = [
        inventory("e1", ANSWERS, session_no=1, **day),
        inventory("e1", far, session_no=2, **day),
        inventory("e1", ANSWERS, session_no=3, **day),
    ]
    assert found(clean(alliance=rows), "entered_twice") == [(4, "2")]


def test_missing_answers_count_neither_as_same_nor_as_different():
    gaps = (*ANSWERS[:5], *(None,) * 7)
    day = {"completed_on": "2025-01-20"}
    pair = [inventory("e1", ANSWERS, session_no=3, **day), inventory("e1", gaps, session_no=4, **day)]
    assert found(clean(alliance=pair), "entered_twice") == []
    enough = inventory("e1", (*ANSWERS[:6], *(None,) * 6), session_no=4, **day)
    assert found(clean(alliance=[pair[0], enough]), "entered_twice") == [(3, "2")]


def test_surveys_of_two_waves_on_one_day_and_undated_forms():
    waves = [survey("p1", 1, completed_on="2025-01-03"), survey("p1", 2, completed_on="2025-01-03")]
    assert found(clean(practitioner_survey=waves), "entered_twice") == [(3, "2")]
    undated = clean(alliance=[inventory("e1", ANSWERS, session_no=3)])
    assert result(undated, "alliance", "entered_twice") == "not_checked"


def test_a_session_with_every_rating_of_the_one_before_is_flagged():
    rows = [session("e1", 1, **RATINGS), session("e1", 2, **RATINGS), session("e1", 3, **RATINGS)]
    cleaned = clean(sessions=rows[::-1])
    assert found(cleaned, "ratings_repeated") == [(2, "2"), (3, "1")]
    assert len(cleaned.tables["sessions"]) == 3


@pytest.mark.parametrize(
    "second",
    [
        session("e1", 3, **RATINGS),
        session("e2", 2, **RATINGS),
        session("e1", 2, **(RATINGS | {"srs_2": 7.3})),
        session("e1", 2, **(RATINGS | {"srs_2": None})),
    ],
)
def test_ratings_of_another_person_a_later_session_or_one_apart_are_no_repeat(second):
    cleaned = clean(sessions=[session("e1", 1, **RATINGS), second])
    assert found(cleaned, "ratings_repeated") == []


def test_one_same_answer_throughout_is_no_repeat():
    flat = dict.fromkeys(RATINGS, 4)
    cleaned = clean(sessions=[session("e1", 1, **flat), session("e1", 2, **flat)])
    assert found(cleaned, "ratings_repeated") == []
