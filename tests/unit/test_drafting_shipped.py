"""How good a draft is on cohorts whose right ``cohort.yaml`` is known: the edits are counted."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pandas as pd
import pytest
from draft_edits import edits

from alliance_modes.cohort import load_cohort
from alliance_modes.dictionary.canonical import TABLES, dictionary
from alliance_modes.drafting.draft import draft_cohort
from alliance_modes.drafting.joining import join_equal_forms
from alliance_modes.drafting.recognise import recognise, recognise_parts
from alliance_modes.drafting.writing import draft_yaml
from alliance_modes.ingest.stage import ingest_cohort
from alliance_modes.instruments.model import load_instruments
from alliance_modes.readers.codebooks.recognise import code_book

pytestmark = pytest.mark.slow

HERE = Path(__file__).resolve().parents[2]
RAW = HERE / "data/raw"
USER = HERE.parent / "shared/data/meyer-waisr"
EXPORTS = (
    "practitioners.xlsx",
    "survey_wave1_qualtrics.csv",
    "survey_wave2_qualtrics.csv",
    "enrolments_redcap.csv",
    "sessions.csv",
    "sessions_S06.csv",
    "alliance_client.sav",
    "alliance_practitioner.sav",
)
CODES = "enrolments_redcap_dictionary.csv"
HANDFUL = 5
LOOKED_UP = 'looked_up: "?"'
"""What neither export nor code book says, which a person has to look up."""

KEY = bytes(32)


def _draft(folder: Path, data: Path, files: tuple[str, ...], name: str) -> tuple[str, tuple[str, ...]]:
    books = [book] if (book := code_book(data / CODES, CODES)) else []
    found = [part for file in files for part in recognise_parts(data / file, file, books)]
    draft = draft_cohort(name, join_equal_forms(found), load_instruments(), str(data))
    folder.mkdir(parents=True, exist_ok=True)
    text = draft_yaml(draft)
    (folder / "cohort.yaml").write_text(text, encoding="utf-8")
    return text, draft.questions


@pytest.fixture(scope="module", params=["demo_2024", "demo_2025"])
def demo(request, tmp_path_factory):
    """Name of a demonstration cohort, folder of its draft, text and questions of the draft."""
    folder = tmp_path_factory.mktemp("drafts") / request.param
    return request.param, folder, *_draft(folder, RAW / request.param, EXPORTS, request.param)


def test_the_draft_of_a_demonstration_cohort_needs_one_edit(demo):
    name, folder, _, questions = demo
    needed = edits(load_cohort(folder), load_cohort(RAW / name), RAW / name)
    assert needed == ["readable_ids/site_id: None -> True"]
    assert any("readable_ids" in question for question in questions)


def test_what_codes_and_shares_of_a_demonstration_cohort_mean_is_told_by_its_files_and_not_asked(demo):
    _, _, text, questions = demo
    assert '"?"' not in text
    for asked in ("codes stand for", "which need is which box", "order of the shares"):
        assert asked not in " ".join(questions)


@pytest.mark.parametrize("name", ["demo_2024", "demo_2025"])
def test_without_its_code_book_and_the_words_of_its_questions_five_meanings_are_looked_up(name, tmp_path):
    for file in EXPORTS:
        shutil.copy2(RAW / name / file, tmp_path / file)
    for survey in tmp_path.glob("survey_*.csv"):
        said = survey.read_text(encoding="utf-8-sig")
        for mode in ("Educative: ", "Engagement: ", "Therapeutic: "):
            said = said.replace(f"- {mode}", "- ", 1)
        survey.write_text(said, encoding="utf-8-sig")
    text, _ = _draft(tmp_path / "drafted", tmp_path, EXPORTS, name)
    assert text.count('"?"') == text.count(LOOKED_UP) == 5
    for asked in ("codes stand for", "which need is which box", "order of the shares"):
        assert asked in text
    (tmp_path / "drafted/cohort.yaml").write_text(text.replace(LOOKED_UP, "looked_up: true"))
    needed = edits(load_cohort(tmp_path / "drafted"), load_cohort(RAW / name), RAW / name)
    assert needed == ["readable_ids/site_id: None -> True"]


def test_after_that_edit_its_typed_tables_are_those_of_the_shipped_cohort(demo):
    name, folder, text, _ = demo
    edited = folder.parent / "edited" / name
    edited.mkdir(parents=True)
    (edited / "cohort.yaml").write_text(text.replace("\ntables:", "\nreadable_ids: [site_id]\ntables:", 1))
    ours, theirs = ingest_cohort(edited, KEY), ingest_cohort(RAW / name, KEY)
    for table in TABLES:
        pd.testing.assert_frame_equal(ours.tables[table], theirs.tables[table])
    order = ["table", "source_file", "source_row", "column"]
    pd.testing.assert_frame_equal(
        ours.missing.sort_values(order, ignore_index=True),
        theirs.missing.sort_values(order, ignore_index=True),
    )


def test_what_the_export_does_not_say_is_marked_as_a_guess_and_asked(demo):
    _, _, text, questions = demo
    for told in ("setting", "status", "need_literacy", "time_educative"):
        assert re.search(rf"^ +{told}:.*# sure: ", text, flags=re.MULTILINE), told
    assert re.findall(r"^ +(\w+):.*# guess: ", text, flags=re.MULTILINE) == ["attention_check"] * 2
    asked = " ".join(questions)
    for raw in ("check_1", "data lock"):
        assert raw in asked


def test_no_value_of_a_column_that_says_who_somebody_is_stands_in_the_draft(demo):
    name, folder, text, _ = demo
    for table, source in load_cohort(folder).sources():
        ids = dictionary().table(table).those(lambda column: column.type == "identifier")
        secret = {source.columns[column].column for column in ids if column in source.columns}
        for file in source.files:
            found = recognise(RAW / name / file, file)
            for raw in (secret | set(source.drop)) & set(found.facts):
                for value in found.facts[raw].counts:
                    assert not re.search(rf"(?<![\w.]){re.escape(value)}(?![\w.])", text) or len(value) < 3


def test_the_draft_of_a_real_study_needs_two_edits(tmp_path):
    if not USER.is_dir():
        pytest.skip("not run: the data of Meyer & Elsweiler are not there (../shared/data/meyer-waisr)")
    _, questions = _draft(tmp_path / "meyer_waisr", USER, ("user.csv",), "meyer_waisr")
    needed = edits(load_cohort(tmp_path / "meyer_waisr"), load_cohort(RAW / "meyer_waisr"), USER)
    assert len(needed) == 2
    assert len(needed) <= HANDFUL
    assert all("attention_check" in edit and "NULL" in edit for edit in needed)
    assert any("öfters" in question for question in questions)


def test_the_count_sees_what_a_person_would_have_to_mend(demo, tmp_path):
    name, _, text, _ = demo
    spoilt = text.replace(
        "columns:\n        practitioner_id: Staff no", "columns:\n        practitioner_id: Role", 1
    )
    spoilt = spoilt.replace('"2": completed', '"2": removed').replace(
        "instrument: wai_sr", "instrument: wai_s"
    )
    spoilt = spoilt.replace("        held_on: date", "        # held_on: date", 1)
    (tmp_path / "cohort.yaml").write_text(spoilt, encoding="utf-8")
    needed = " ".join(edits(load_cohort(tmp_path), load_cohort(RAW / name), RAW / name))
    for place in ("practitioner_id", "labels/2", "wai_sr", "held_on"):
        assert place in needed
