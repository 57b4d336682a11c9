"""JSON of KoboToolbox' API: groups, repeats as nested lists, pages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from raw_exports import read_export, refusal, texts
from small_drafts import PEOPLE

from alliance_modes.drafting.draft import draft_cohort
from alliance_modes.drafting.recognise import recognise_parts
from alliance_modes.drafting.writing import draft_yaml
from alliance_modes.ground.errors import CohortError
from alliance_modes.ingest.stage import check_cohort, ingest_cohort
from alliance_modes.instruments.model import load_instruments


def form(number: int, *sessions: dict) -> dict:
    """One submission, with what Kobo puts beside the answers."""
    record = {
        "_id": 900 + number, "_uuid": f"u-{number}", "_submission_time": "2024-05-02T10:00:00",
        "_attachments": [{"filename": "x.jpg"}], "_geolocation": [None, None], "_tags": [], "_notes": [],
        "_validation_status": {"label": "Not Approved"} if number == 2 else {},
        "person/case_no": f"K{number:03}", "person/needs": "lit cog" if number % 2 else "lit",
        "start_day": f"2024-03-{number % 27 + 1:02}",
    }  # fmt: skip
    return {**record, "visit": list(sessions)} if sessions else record


def session(number: int, *notes: str) -> dict:
    row = {
        "visit/session_no": str(number),
        "visit/session_date": f"2024-04-{number:02}",
        "visit/attended": "yes" if number % 3 else "no",
    }
    return {**row, "visit/remark": [{"visit/remark/what": note} for note in notes]} if notes else row


FORMS = [form(1, session(1, "a"), session(2)), form(2, session(3, "b", "c")), form(3)]


def saved(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize("content", [FORMS, {"count": 3, "next": None, "previous": None, "results": FORMS}])
def test_forms_repeats_and_what_stands_around_them_are_read(tmp_path, content):
    path = saved(tmp_path / "x.json", content)
    forms = read_export(path, "kobo", ("person/case_no", "person/needs/cog"))
    assert texts(forms, "person/case_no") == ["K001", "K002", "K003"]
    assert texts(forms, "person/needs/cog") == ["1", "0", "1"]
    visits = read_export(path, "kobo", ("visit/session_no", "parent:person/case_no"), sheet="visit")
    assert texts(visits, "visit/session_no") == ["1", "2", "3"]
    assert texts(visits, "parent:person/case_no") == ["K001", "K001", "K002"]
    wanted = (
        "visit/remark/what",
        "parent:visit/session_no",
        "parent:parent:person/case_no",
        "parent:parent:_id",
    )
    remarks = read_export(path, "kobo", wanted, sheet="visit/remark")
    assert [texts(remarks, name) for name in wanted] == [
        ["a", "b", "c"], ["1", "3", "3"], ["K001", "K002", "K002"], ["901", "902", "902"],
    ]  # fmt: skip
    assert "visit" not in forms.names and "_attachments" not in forms.names


def test_one_form_is_a_form_and_not_a_frame_around_its_repeat(tmp_path):
    table = read_export(saved(tmp_path / "x.json", FORMS[0]), "kobo", ("person/case_no",))
    assert texts(table, "person/case_no") == ["K001"]


def test_forms_that_are_not_approved_can_be_left_out(tmp_path):
    path = saved(tmp_path / "x.json", FORMS)
    assert texts(read_export(path, "kobo", ("_id",), responses="finished"), "_id") == ["901", "903"]


def test_a_repeat_as_a_column_and_one_that_is_not_there_are_refused(tmp_path):
    path = saved(tmp_path / "x.json", FORMS)
    assert "sheet" in refusal(path, "kobo", ("visit",)).hint
    assert "The file has: visit, visit/remark" in refusal(path, "kobo", ("x",), sheet="visits").hint


@pytest.mark.parametrize(
    "around", [{"count": 40, "next": None}, {"next": "https://kobo/?page=2"}, {"total": 9}]
)
def test_one_page_of_several_is_refused(tmp_path, around):
    path = saved(tmp_path / "x.json", {**around, "results": FORMS})
    for name in ("kobo", "json"):
        assert "one page" in refusal(path, name, ("_id",)).message


def test_a_draft_links_the_rows_of_a_repeat_to_their_people(tmp_path):
    forms = [form(number, *(session(visit) for visit in (1, 2, 3))) for number in range(1, PEOPLE + 1)]
    saved(tmp_path / "forms.json", {"count": PEOPLE, "next": None, "results": forms})
    items = ",".join(f"wai_{item}" for item in range(1, 13))
    rows = "".join(f"K{n:03},2,{','.join(str((n + i) % 5 + 1) for i in range(12))}\n" for n in range(1, 25))
    (tmp_path / "wai_client.csv").write_text(f"case_no,session,{items}\n{rows}", encoding="utf-8")
    parts = [
        part for name in ("forms.json", "wai_client.csv") for part in recognise_parts(tmp_path / name, name)
    ]
    assert [(part.format, part.settings.get("sheet")) for part in parts[:2]] == [
        ("kobo", None),
        ("kobo", "visit"),
    ]
    text = draft_yaml(draft_cohort("north", parts, load_instruments()))
    assert 'enrolment_id: "parent:person/case_no"' in text
    text = text.replace('responses: "?"', "responses: all").replace('"?"', "true")
    (tmp_path / "cohort.yaml").write_text(text, encoding="utf-8")
    assert check_cohort(tmp_path) == ()
    tables = ingest_cohort(tmp_path, b"k" * 32).tables
    assert (len(tables["enrolments"]), len(tables["sessions"])) == (PEOPLE, 3 * PEOPLE)
    assert set(tables["sessions"]["enrolment_id"]) == set(tables["enrolments"]["enrolment_id"])


def test_nested_json_of_another_kind_is_refused_by_a_draft_in_words(tmp_path):
    saved(tmp_path / "x.json", [{"case": "a", "visits": [{"no": 1}]}, {"case": "b", "visits": []}])
    with pytest.raises(CohortError, match="nested"):
        recognise_parts(tmp_path / "x.json", "x.json")
