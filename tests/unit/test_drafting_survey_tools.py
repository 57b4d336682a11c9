"""Exports of survey tools: response numbers are no people, and question texts are asked about."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pytest

from alliance_modes.drafting.draft import draft_cohort
from alliance_modes.drafting.joining import join_equal_forms
from alliance_modes.drafting.question_texts import is_question, question_blocks, without_number
from alliance_modes.drafting.recognise import recognise, recognise_parts
from alliance_modes.drafting.response_words import numbered_codes
from alliance_modes.drafting.writing import draft_yaml
from alliance_modes.ground.errors import CohortError
from alliance_modes.ingest.stage import check_cohort, ingest_cohort
from alliance_modes.instruments.model import load_instruments
from alliance_modes.readers import read
from alliance_modes.readers.source import RawSource
from alliance_modes.readers.surveymonkey import one_header
from alliance_modes.words.survey_tools import response_numbers

KNOWN = load_instruments()
PEOPLE = [f"Q{number:03}" for number in range(1, 25)]
OFTEN = ("seldom", "sometimes", "fairly often", "very often", "always")
OPEN_KEY = re.compile(r'^(?P<key>\s*(?:- )?(?P<name>"[^"]*"|[\w.]+)): "\?".*$', re.MULTILINE)


def answer(person: int, form: int, item: int) -> int:
    """One answer from 1 to 5 that tells items and people apart."""
    return min(5, max(1, 1 + (3 * person + 2 * form) % 5 + (person + item) % 3 - 1))


FORMS = [(person, form) for person in range(len(PEOPLE)) for form in range(2)]
MEAN = sum(answer(*form, item) for form in FORMS for item in range(12)) / (12 * len(FORMS))


def people(folder: Path) -> None:
    rows = [{"case": key, "start date": "2024-02-13", "outcome": "completed"} for key in PEOPLE]
    pd.DataFrame(rows).to_csv(folder / "people.csv", index=False)


def forms(own: Mapping[str, object], person: str, session: str, items: Sequence[str], answers=OFTEN):
    """The rows of a form: the tool's own columns, two questions and twelve items."""
    return pd.DataFrame(
        {
            **{name: [value if isinstance(value, str) else row + 1 for row in range(len(FORMS))]
               for name, value in own.items()},
            person: [PEOPLE[person] for person, _ in FORMS],
            session: [4 + 6 * form for _, form in FORMS],
            **{name: [answers[answer(*form, item) - 1] for form in FORMS] for item, name in enumerate(items)},
        }
    )  # fmt: skip


def drafted(folder: Path, *files: str) -> str:
    parts = [part for file in (*files, "people.csv") for part in recognise_parts(folder / file, file)]
    text = draft_yaml(draft_cohort("north", join_equal_forms(parts), KNOWN))
    (folder / "cohort.yaml").write_text(text, encoding="utf-8")
    return text


def answered(folder: Path, text: str, answers: Mapping[str, str]) -> pd.DataFrame:
    """Answer every open key by its name; the typed alliance forms."""
    asked = {match["name"].strip('"') for match in OPEN_KEY.finditer(text)}
    assert asked == set(answers)
    assert check_cohort(folder)
    text = OPEN_KEY.sub(lambda match: f"{match['key']}: {answers[match['name'].strip(chr(34))]}", text)
    (folder / "cohort.yaml").write_text(text, encoding="utf-8")
    assert check_cohort(folder) == ()
    return ingest_cohort(folder, b"k" * 32).tables["alliance"]


def mean_answer(alliance: pd.DataFrame) -> float:
    return float(alliance[[f"item_{item}" for item in range(1, 13)]].to_numpy().mean())


DONE = "2024-06-05 09:05:12"
TEXTS = [f"We come back to theme {'abcdefghijkl'[item]} together" for item in range(12)]
TOOLS: dict[str, tuple[dict[str, object], str, str, list[str]]] = {
    "microsoft": ({"ID": 1, "Start time": DONE, "Completion time": DONE, "Email": "anonymous", "Name": "a"},
                  "Your participant number", "Which session was this?", TEXTS),
    "google": ({"Timestamp": DONE}, "Participant ID", "Session number", [f"How often? [{t}]" for t in TEXTS]),
    "jisc": ({"Unique Response Number": "1"}, "1. Participant number", "2. Session",
             [f"3.{item}. {text}" for item, text in enumerate(TEXTS, 1)]),
}  # fmt: skip


@pytest.mark.parametrize("tool", TOOLS)
def test_question_texts_are_a_block_that_is_asked_and_then_read_in_the_order_of_the_file(tmp_path, tool):
    own, person, session, items = TOOLS[tool]
    people(tmp_path)
    file = "form.xlsx" if tool == "microsoft" else "form.csv"
    table = forms(own, person, session, items)
    table.to_excel(tmp_path / file, index=False) if file.endswith("x") else table.to_csv(
        tmp_path / file, index=False
    )
    text = drafted(tmp_path, file)
    alliance = answered(tmp_path, text, {"instrument": "wai_sr", "in_item_order": "true"})
    assert len(alliance) == len(FORMS)
    assert mean_answer(alliance) == pytest.approx(MEAN)
    assert set(alliance["session_no"]) == {4, 10}


def test_a_list_that_is_not_in_item_order_is_refused_until_it_is(tmp_path):
    own, person, session, items = TOOLS["google"]
    people(tmp_path)
    forms(own, person, session, items).to_csv(tmp_path / "form.csv", index=False)
    text = drafted(tmp_path, "form.csv")
    answers = {"instrument": "wai_sr", "in_item_order": "false"}
    text = OPEN_KEY.sub(lambda match: f"{match['key']}: {answers[match['name']]}", text)
    (tmp_path / "cohort.yaml").write_text(text, encoding="utf-8")
    assert any("in the order of the instrument" in problem.message for problem in check_cohort(tmp_path))


@pytest.mark.parametrize("codes", [("A1", "A2", "A3", "A4", "A5"), ("AO01", "AO02", "AO03", "AO04", "AO05")])
@pytest.mark.parametrize("rising", ["true", "false"])
def test_answer_codes_are_numbers_in_their_order_once_the_direction_is_said(tmp_path, codes, rising):
    own: dict[str, object] = {
        "id": 1,
        "submitdate": "2024-06-05 10:00:00",
        "lastpage": 2,
        "startlanguage": "en",
    }
    people(tmp_path)
    items = [f"WAI[SQ{item:03}]" for item in range(1, 13)]
    forms(own, "case", "session", items, codes).to_csv(tmp_path / "form.csv", index=False)
    text = drafted(tmp_path, "form.csv")
    found = mean_answer(answered(tmp_path, text, {"labels_rising": rising, "instrument": "wai_sr"}))
    assert found == pytest.approx(MEAN if rising == "true" else 6 - MEAN)


def test_codes_beyond_the_points_of_an_instrument_or_of_other_letters_get_no_numbers():
    known = KNOWN["wai_sr"]
    assert numbered_codes(["A2", "A4"], known) == {"A2": 2, "A4": 4}
    assert numbered_codes(["A0", "A4"], known) == {"A0": 1, "A4": 5}
    assert numbered_codes(["A1", "A6"], known) == {}
    assert numbered_codes(["A1", "B2"], known) == {}
    assert numbered_codes(["A1", "A01"], known) == {}
    assert numbered_codes(["often", "A1"], known) == {}


def test_lines_of_another_scale_are_never_taken_for_the_session_rating(tmp_path):
    people(tmp_path)
    table = pd.DataFrame({"case": PEOPLE, "session": 1, "session date": "2024-02-13", "present": "yes"})
    for item in range(1, 5):
        table[f"ORS{item}"] = [(7 * row + item) % 100 / 10 for row in range(len(PEOPLE))]
        table[f"SRS{item}"] = [(9 * row + item) % 100 / 10 for row in range(len(PEOPLE))]
    table.to_csv(tmp_path / "sessions.csv", index=False)
    text = drafted(tmp_path, "sessions.csv")
    assert text.count("instrument: srs") == 1
    assert 'items: "SRS{item}"' in text
    assert "Outcome Rating Scale" in text


def test_scores_without_items_are_refused_with_what_to_export(tmp_path):
    people(tmp_path)
    table = pd.DataFrame(
        {"case": PEOPLE, "session": 3, "WAI-SR Goal": 14, "WAI-SR Task": 12, "wai_sr_total": 40}
    )
    table.to_csv(tmp_path / "scores.csv", index=False)
    text = drafted(tmp_path, "scores.csv")
    assert "look like scores of wai_sr or wai_sr_t without its items" in " ".join(
        text.replace("#", " ").split()
    )
    assert "  alliance:" not in text
    assert check_cohort(tmp_path)


def test_response_numbers_are_no_people_and_an_id_that_does_not_link_is_asked(tmp_path):
    assert response_numbers(["ID", "Start time", "Completion time"]) == {"ID"}
    assert response_numbers(["ID", "name"]) == frozenset()
    people(tmp_path)
    wai = [f"wai{item}" for item in range(1, 13)]
    table = forms({}, "case", "session", wai, (1, 2, 3, 4, 5))
    table["case"] = [f"x{row}" for row in range(len(table))]
    table.to_csv(tmp_path / "form.csv", index=False)
    text = drafted(tmp_path, "form.csv")
    assert "enrolment_id: case  # guess: by its name alone: 0% of its values stand in enrolments" in text
    assert 'is "case" the enrolment_id of enrolments?' in " ".join(text.replace("#", " ").split())


def test_texts_are_told_from_names_and_blocks_end_where_the_answers_change(tmp_path):
    assert without_number("3.1.a. How often") == "How often"
    assert without_number("2024") == "2024"
    assert is_question("Which session was this?")
    assert not is_question("start date")
    table = forms({}, "case", "session", TEXTS)
    table.insert(8, "Did you fill in this form alone?", ["yes", "no"] * (len(table) // 2))
    table.to_csv(tmp_path / "form.csv", index=False)
    facts = recognise(tmp_path / "form.csv", "form.csv").facts
    assert [len(block) for block in question_blocks(facts, ())] == [6, 6]
    assert [len(block) for block in question_blocks(facts, TEXTS[:6])] == [6]


def test_a_question_that_speaks_of_an_address_is_no_address(tmp_path):
    texts = [text.replace("theme", "my home address and") for text in TEXTS]
    people(tmp_path)
    forms({}, "case", "session", texts).to_csv(tmp_path / "form.csv", index=False)
    text = drafted(tmp_path, "form.csv")
    assert "drop:" not in text
    assert "in_item_order" in text


def redcap(folder: Path, events: Sequence[str]) -> str:
    """A longitudinal project: one event of intake, then events with the form; the draft's text."""
    wai = [f"wai_{item}" for item in range(1, 13)]
    rows: list[dict[str, object]] = []
    for person, key in enumerate(PEOPLE):
        own = {"record_id": key, "redcap_data_access_group": ("north", "south")[person % 2]}
        rows.append(
            {**own, "redcap_event_name": "intake_arm_1", "start_date": "2024-02-13", "outcome": "completed"}
        )
        for form, event in enumerate(events):
            answers = {name: answer(person, form, item) for item, name in enumerate(wai)}
            rows.append({**own, "redcap_event_name": event, **answers, "wai_complete": 2})
    table = pd.DataFrame(rows)
    table[[*wai, "wai_complete"]] = table[[*wai, "wai_complete"]].astype("Int64")
    table.to_csv(folder / "project.csv", index=False)
    parts = recognise_parts(folder / "project.csv", "project.csv")
    text = draft_yaml(draft_cohort("north", parts, KNOWN))
    (folder / "cohort.yaml").write_text(text, encoding="utf-8")
    return text


def test_events_that_fill_in_other_columns_are_sources_and_say_their_session(tmp_path):
    text = redcap(tmp_path, ["session_4_arm_1", "session_10_arm_1"])
    assert "event: [intake_arm_1]" in text
    assert "labels: {session_4_arm_1: 4, session_10_arm_1: 10}" in text
    assert "site_id: redcap_data_access_group" in text
    answered(tmp_path, text, {"instrument": "wai_sr"})
    tables = ingest_cohort(tmp_path, b"k" * 32).tables
    assert len(tables["enrolments"]) == len(PEOPLE)
    assert len(tables["alliance"]) == len(FORMS)
    assert mean_answer(tables["alliance"]) == pytest.approx(MEAN)


def test_events_called_after_stages_are_each_asked_for_their_session(tmp_path):
    text = redcap(tmp_path, ["mid_arm_1", "post_arm_1"])
    alliance = answered(tmp_path, text, {"mid_arm_1": "5", "post_arm_1": "11", "instrument": "wai_sr"})
    assert set(alliance["session_no"]) == {5, 11}
    assert mean_answer(alliance) == pytest.approx(MEAN)


def test_a_column_called_event_name_makes_no_redcap_export_of_a_table(tmp_path):
    rows = [f"k{row},{('open day', 'intake')[row % 2]},{row}" for row in range(9)]
    (tmp_path / "other.csv").write_text("\n".join(["case,Event Name,age", *rows]) + "\n", encoding="utf-8")
    assert [part.format for part in recognise_parts(tmp_path / "other.csv", "other.csv")] == ["csv"]


def test_rows_of_a_repeat_keep_their_person_and_joined_answers_are_no_id(tmp_path):
    main = pd.DataFrame(
        {
            "start": "2024-02-13T09:00:00",
            "person/case_no": PEOPLE,
            "person/needs": ["literacy cognitive" if row % 3 else "" for row in range(len(PEOPLE))],
            "person/needs/literacy": [int(row % 3 > 0) for row in range(len(PEOPLE))],
            "person/first_session": "2024-02-13",
            "person/outcome": "completed",
            "_id": range(100, 100 + len(PEOPLE)),
            "_uuid": [f"uuid-{row}" for row in range(len(PEOPLE))],
            "_submission_time": "2024-02-13T10:00:00",
            "_index": range(1, len(PEOPLE) + 1),
        }
    )
    repeats = [(person, number) for person in range(len(PEOPLE)) for number in range(1, 4)]
    session = pd.DataFrame(
        {
            "session/no": [number for _, number in repeats],
            "session/attended": ["yes" if (person + number) % 4 else "no" for person, number in repeats],
            "session/date": [f"2024-03-{number:02}" for _, number in repeats],
            "_index": range(1, len(repeats) + 1),
            "_parent_table_name": "Intake",
            "_parent_index": [person + 1 for person, _ in repeats],
            "_submission__id": [100 + person for person, _ in repeats],
        }
    )
    with pd.ExcelWriter(tmp_path / "intake.xlsx") as book:
        main.to_excel(book, sheet_name="Intake", index=False)
        session.to_excel(book, sheet_name="session", index=False)
    parts = recognise_parts(tmp_path / "intake.xlsx", "intake.xlsx")
    text = draft_yaml(draft_cohort("north", parts, KNOWN))
    assert 'enrolment_id: "parent:person/case_no"' in text
    assert 'client_id: "person/needs"' not in text
    forms({}, "case_no", "session_no", [f"wai_{item}" for item in range(1, 13)], (1, 2, 3, 4, 5)).to_csv(
        tmp_path / "wai_client.csv", index=False
    )
    parts += recognise_parts(tmp_path / "wai_client.csv", "wai_client.csv")
    (tmp_path / "cohort.yaml").write_text(draft_yaml(draft_cohort("north", parts, KNOWN)), encoding="utf-8")
    assert check_cohort(tmp_path) == ()
    sessions = ingest_cohort(tmp_path, b"k" * 32).tables["sessions"]
    assert len(sessions) == len(repeats)
    assert sessions.groupby("enrolment_id").size().tolist() == [3] * len(PEOPLE)
    assert int(sessions["attended"].sum()) == sum((person + number) % 4 > 0 for person, number in repeats)


def test_when_a_form_was_filled_in_is_no_day_of_what_happened_to_people(tmp_path):
    header = ["case", "ID", "Start time", "Completion time", "Outcome", "Age"]
    rows = [[key, row, "2024-06-05", "2024-06-05", "completed", 30] for row, key in enumerate(PEOPLE)]
    pd.DataFrame(rows, columns=header).to_csv(tmp_path / "people.csv", index=False)
    text = drafted(tmp_path)
    assert "enrolment_id: case" in text
    assert "started_on" not in text
    assert "ended_on" not in text


def surveymonkey(folder: Path, file: str) -> None:
    """The rows of a form below two header rows, of which the first names the grid over its first column."""
    own = {"Respondent ID": 1, "Collector ID": 1, "Start Date": DONE, "End Date": DONE, "Email Address": ""}
    table = forms(own, "Please enter your participant number", "Session number", TEXTS)
    first = [*table.columns[:7], "How often?", *[""] * 11]
    second = [*[""] * 5, "Open-Ended Response", "Open-Ended Response", *TEXTS]
    rows = pd.DataFrame([first, second, *table.to_numpy().tolist()])
    if file.endswith("xlsx"):
        rows.to_excel(folder / file, index=False, header=False)
    else:
        rows.to_csv(folder / file, index=False, header=False)


@pytest.mark.parametrize("file", ["sheet.csv", "sheet.xlsx"])
def test_two_header_rows_of_surveymonkey_are_one(tmp_path, file):
    people(tmp_path)
    surveymonkey(tmp_path, file)
    (part,) = recognise_parts(tmp_path / file, file)
    assert part.format == "surveymonkey"
    assert f"How often? [{TEXTS[0]}]" in part.facts
    assert f"How often? [{TEXTS[11]}]" in part.facts
    alliance = answered(tmp_path, drafted(tmp_path, file), {"instrument": "wai_sr", "in_item_order": "true"})
    assert len(alliance) == len(FORMS)
    assert mean_answer(alliance) == pytest.approx(MEAN)
    assert alliance["source_row"].tolist() == list(range(3, 3 + len(FORMS)))


def test_one_header_row_is_refused_as_surveymonkey():
    rows = iter([["Respondent ID", "Collector ID", "Q1"], ["11", "4", "often"]])
    with pytest.raises(CohortError, match="two header rows"):
        one_header(rows, "sheet.csv")
    named = next(one_header(iter([["Respondent ID", "Which?", "", "Why?"], ["", "a", "b", "Response"]]), "x"))
    assert named == ["Respondent ID", "Which? [a]", "Which? [b]", "Why?"]


@pytest.mark.parametrize("counted", ["finished", "all"])
def test_unfinished_responses_are_told_with_counts_and_read_as_answered(tmp_path, counted):
    people(tmp_path)
    own = {"id": 1, "submitdate": DONE, "lastpage": 2, "startlanguage": "en"}
    items = [f"wai[SQ{item:03}]" for item in range(1, 13)]
    table = forms(own, "case", "session", items, (1, 2, 3, 4, 5))
    table.loc[table.index % 6 == 0, "submitdate"] = ""
    table.to_csv(tmp_path / "form.csv", index=False)
    text = drafted(tmp_path, "form.csv")
    assert f"8 of {len(FORMS)} responses are unfinished" in text
    alliance = answered(tmp_path, text, {"responses": counted, "instrument": "wai_sr"})
    assert len(alliance) == len(FORMS) - (8 if counted == "finished" else 0)


def test_previews_of_qualtrics_are_left_out_and_a_file_that_cannot_say_so_is_refused(tmp_path):
    rows = [
        ("IP Address", "True"),
        ("Survey Preview", "True"),
        ("IP Address", "False"),
        ("1", "1"),
        ("0", "1"),
    ]
    ids = ('{"ImportId":"status"}', '{"ImportId":"finished"}', '{"ImportId":"QID1"}')
    table = pd.DataFrame([("Response Type", "Finished", "Case"), ids, *((*row, "k") for row in rows)])
    table.to_csv(tmp_path / "q.csv", index=False, header=["Status", "Finished", "case"])
    source = RawSource.model_validate({"files": "q.csv", "format": "qualtrics", "responses": "finished"})
    read_rows = read(source, tmp_path / "q.csv", "q.csv", frozenset({"case"}))
    assert read_rows.rows.tolist() == [4, 8]
    assert read_rows.detected["rows_left_out"].startswith("Status says unfinished or no real response: 2")
    table.drop(columns=[0, 1]).to_csv(tmp_path / "q.csv", index=False, header=["case"])
    with pytest.raises(CohortError, match="which responses are finished"):
        read(source, tmp_path / "q.csv", "q.csv", frozenset({"case"}))
