"""Drafts of values written once per block, of registers with a column per session, and of second starts."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_drafting_occasions import ENROLMENTS, PEOPLE, long

from alliance_modes.drafting.draft import draft_cohort
from alliance_modes.drafting.joining import join_equal_forms
from alliance_modes.drafting.recognise import recognise
from alliance_modes.drafting.registers import with_register
from alliance_modes.drafting.writing import draft_yaml
from alliance_modes.ingest.stage import ingest_cohort
from alliance_modes.instruments.model import load_instruments

DRAW = random.Random(5)
CAME = {(person, session): DRAW.random() < 0.7 for person in range(PEOPLE) for session in range(1, 7)}
FORMS = long("3|10", "session_no")


def drafted(folder: Path, files: dict[str, str]) -> str:
    found = []
    for name, text in {"enrolments.csv": ENROLMENTS, **FORMS, **files}.items():
        (folder / name).write_text(text)
        found += list(with_register(recognise(folder / name, name)))
    return draft_yaml(draft_cohort("small", join_equal_forms(found), load_instruments()))


def register(present: str, absent: str, names: str = "Session {}") -> str:
    heads = ",".join(names.format(session) for session in range(1, 7))
    rows = [
        ",".join([f"C{person:02}", *((absent, present)[CAME[person, session]] for session in range(1, 7))])
        for person in range(PEOPLE)
    ]
    return f"case,{heads}\n" + "\n".join(rows) + "\n"


def sessions_of(folder: Path, text: str) -> dict[tuple[int, int], bool]:
    (folder / "cohort.yaml").write_text(text)
    tables = ingest_cohort(folder, bytes(32)).tables
    ids = dict(zip(tables["enrolments"]["enrolment_id"], range(PEOPLE), strict=True))
    rows = tables["sessions"]
    return {
        (ids[row.enrolment_id], int(row.session_no)): bool(row.attended)
        for row in rows.itertuples(index=False)
    }


MARKS = [("1", "0"), ("P", "A"), ("present", "absent"), ("Y", "N"), ("✓", "✗"), ("x", "/")]


@pytest.mark.parametrize("names", ["Session {}", "S{}", "{}. Sitzung", "séance {}", "{}", "2024-03-0{}"])
def test_register_is_a_table_of_sessions_and_no_inventory(tmp_path, names):
    text = drafted(tmp_path, {"register.csv": register("1", "0", names)})
    assert "unpivot:" in text and text.count("instrument:") == 1
    assert text.count('"?"  # question') == 2, "whether 1 is presence, and 0 absence"
    answered = re.sub(r'"1": "\?"', '"1": true', re.sub(r'"0": "\?"', '"0": false', text))
    assert sessions_of(tmp_path, answered) == CAME


@pytest.mark.parametrize(("present", "absent"), MARKS)
def test_marks_of_a_register_are_read_or_asked(tmp_path, present, absent):
    text = drafted(tmp_path, {"register.csv": register(present, absent)})
    lines = [
        line.replace('"?"', "true" if f"{present}" in line.partition(":")[0] else "false", 1)
        if '"?"  # question' in line
        else line
        for line in text.splitlines()
    ]
    assert sessions_of(tmp_path, "\n".join(lines)) == CAME


def test_empty_cells_beside_marks_of_absence_are_asked(tmp_path):
    text = drafted(tmp_path, {"register.csv": register("P", "A").replace("P\n", "\n", 2)})
    assert 'leave_out_empty: "?"  # question' in text and "2 of 60 cells" in text


def test_ratings_of_sessions_are_no_register(tmp_path):
    text = drafted(tmp_path, {"ratings.csv": register("5", "2")})
    assert "unpivot" not in text


def test_value_once_per_block_is_asked_and_filled_down(tmp_path):
    rows = [
        f"{f'C{person:02}' * (session == 1)},{session},2024-03-{session:02},{int(CAME[person, session])}"
        for person in range(PEOPLE)
        for session in range(1, 7)
    ]
    text = drafted(tmp_path, {"sessions.csv": "case,session_no,held_on,attended\n" + "\n".join(rows) + "\n"})
    assert 'fill_down: "?"  # question' in text and "50 of 60 cells are empty" in text
    assert sessions_of(tmp_path, text.replace('fill_down: "?"', "fill_down: true")) == CAME


@settings(max_examples=25, deadline=None)
@given(gaps=st.sets(st.integers(0, PEOPLE - 1), max_size=5), same=st.booleans())
def test_ordinary_gaps_are_not_asked(tmp_path_factory, gaps, same):
    folder = tmp_path_factory.mktemp("gaps")
    lines = ENROLMENTS.splitlines()
    leads = ["P1" if same else f"P{person % 3}" for person in range(PEOPLE)]
    rows = [
        f"{line},{'' if person in gaps and person else leads[person]}"
        for person, line in enumerate(lines[1:])
    ]
    text = drafted(folder, {"enrolments.csv": "\n".join([lines[0] + ",practitioner_id", *rows]) + "\n"})
    assert "fill_down" not in text or len(gaps - {0}) * 3 >= PEOPLE


def test_person_who_starts_twice_is_told_and_a_second_column_offered(tmp_path):
    rows = [
        f"K{person % 7},Programme {person // 7},2024-02-{person + 1:02},completed" for person in range(PEOPLE)
    ]
    files = {
        "enrolments.csv": "Client ID,Course,started_on,status\n" + "\n".join(rows) + "\n",
        "client_forms.csv": FORMS["client_forms.csv"].replace("case", "Client ID").replace("C0", "K"),
    }
    text = drafted(tmp_path, files)
    assert "3 keys repeat, in 10 rows" in text and '- "?"  # question' in text
    assert "6 of 20 rows of client_forms.csv (alliance)" in text
    (tmp_path / "cohort.yaml").write_text(text.replace('- "?"', "- Course"))
    enrolments = ingest_cohort(tmp_path, bytes(32)).tables["enrolments"]
    assert enrolments["enrolment_id"].nunique() == PEOPLE and enrolments["client_id"].nunique() == 7
