"""No text of a raw file is computed by the spreadsheet in which a written list is opened."""

from __future__ import annotations

import csv

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_cohorts import ENROLMENTS, ingest, write_cohort

from alliance_modes.dictionary.cleaning import TABLES as CLEANING
from alliance_modes.ground.files import read_typed_csv, write_csv

STARTS = tuple("=+-@\t\r\n＝＋－＠")
FORMULAS = (
    "=1+1",
    "+49 170 1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "-",
    "=HYPERLINK(0)",
    "'=1",
    "''=1",
    "＝1",
)
NUMBERS = ("-99", "+3", "-1.5", "-1,5", "1e-5", "-1e5", "0", "12")
DTYPES = {"row": "Int64", "text": "str"}
ORDINARY = ("", "a=b", "3-4", "x@y", "'quoted'", "öfters", " =1")


def _written(texts, path):
    write_csv(pd.DataFrame({"row": range(len(texts)), "text": pd.Series(texts, dtype="str")}), path)
    with path.open(encoding="utf-8", newline="") as stream:
        return [row["text"] for row in csv.DictReader(stream)]


def test_a_text_that_a_spreadsheet_would_compute_gets_an_apostrophe(tmp_path):
    assert _written(FORMULAS, tmp_path / "t.csv") == [f"'{text}" for text in FORMULAS]


def test_numbers_and_ordinary_texts_stay_as_they_are(tmp_path):
    texts = (*NUMBERS, *ORDINARY)
    assert _written(texts, tmp_path / "t.csv") == list(texts)


def test_number_columns_are_not_touched(tmp_path):
    table = pd.DataFrame({"a": [-1.5, 2.0], "b": pd.array([-3, None], dtype="Int64")})
    write_csv(table, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == "a,b\n-1.5,-3\n2.0,\n"


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(st.text(st.sampled_from("=+-@'\t\r\n1a,.＝"), min_size=1, max_size=6), min_size=1),
)
def test_what_is_read_again_is_what_was_written(texts, tmp_path_factory):
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    texts = ["a", *texts]  # a column of texts, not of numbers
    written = _written(texts, path)
    assert all(not text.startswith(STARTS) or text.lstrip("+-")[:1].isdigit() for text in written)
    assert read_typed_csv(path, DTYPES)["text"].tolist() == texts
    before = path.read_bytes()
    write_csv(read_typed_csv(path, DTYPES), path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("label", ["=1+1", "@home", "-often"])
def test_a_raw_cell_that_is_a_formula_is_none_in_the_list_of_changed_cells(label, tmp_path):
    from small_cohorts import COHORT
    from typed_tables import DATA_LOCK

    from alliance_modes.cleaning.clean import clean_cohort
    from alliance_modes.instruments.model import load_instruments
    from alliance_modes.plan.plan import CleaningRules

    raw = ENROLMENTS.replace("client,started", "client,started,setting").replace("-08", f"-08,{label}")
    raw = raw.replace("-09\n", "-09,custody\n")
    cohort = COHORT.replace(
        "started_on: started\n",
        f'started_on: started\n      setting: {{column: setting, labels: {{"{label}": community}}}}\n',
    )
    write_cohort(tmp_path, cohort, enrolments__csv=raw)
    read = ingest(tmp_path)
    cleaned = clean_cohort(read.tables, read.changes, CleaningRules(), DATA_LOCK, load_instruments())
    assert label in cleaned.changes["raw_value"].tolist()
    write_csv(cleaned.changes, tmp_path / "changes.csv")
    assert f",'{label},community," in (tmp_path / "changes.csv").read_text(encoding="utf-8")
    assert label in CLEANING["changes"].read(tmp_path / "changes.csv")["raw_value"].tolist()
