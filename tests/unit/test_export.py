"""Exported data read back as they were, with labels, without clock and without what identifies people."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pyreadstat
import pytest
from typed_tables import enrolment, inventory, session, survey, typed

from alliance_modes.dictionary.canonical import TABLES
from alliance_modes.dictionary.every import reported_tables
from alliance_modes.export.codebook import CODEBOOK, codebook, codebook_page
from alliance_modes.export.files import write_scored
from alliance_modes.export.records import ScoredTable, scored_tables
from alliance_modes.export.variables import LONGEST_LABELLED, LONGEST_NAME, scale_names
from alliance_modes.instruments.model import Instrument, load_instruments
from alliance_modes.scoring.scores import score_cohort

INSTRUMENTS = load_instruments()
NAN = float("nan")
READERS = {"sav": pyreadstat.read_sav, "dta": pyreadstat.read_dta}


def tables() -> dict[str, pd.DataFrame]:
    rated = {f"session_engagement_{item}": 4 for item in range(1, 6)}
    lines = {f"srs_{item}": 9.5 for item in range(1, 5)}
    rows = {
        "practitioner_survey": [survey("p1", completed_on="2024-03-01", stance=2)],
        "enrolments": [
            enrolment("e1", setting="custody", mandated=True, programme_id="=HYPERLINK(1)", age_years=31.5),
            enrolment("e2", status=None, started_on=None, mandated=False),
        ],
        "sessions": [session("e1", 1, held_on="2025-01-06", **rated, **lines), session("e1", 2, **rated)],
        "alliance": [
            inventory("e1", (5, 4, 3, 2, 1, 5, 4, 3, 2, 1, 5, 4), "wai_sr", session_no=3),
            inventory("e1", (4,) * 36, "wai_36", "practitioner", session_no=3),
            inventory("e2", (4, None, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4), "wai_sr", session_no=12),
        ],
    }
    return {name: typed(name, rows.get(name, [])) for name in TABLES}


def flags() -> pd.DataFrame:
    row = {"table": "alliance", "source_file": "alliance.csv", "source_row": 4, "session_no": 12.0}
    return pd.DataFrame([{**row, "rater": "client", "instrument": "wai_sr", "kind": "careless"}])


def by_name(scored: Iterable[ScoredTable]) -> dict[str, ScoredTable]:
    return {one.name: one for one in scored}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    there = tmp_path_factory.mktemp("data")
    for scored in scored_tables(tables(), INSTRUMENTS, flags()):
        write_scored(scored, there)
    return there


@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["sav", "dta"])
@pytest.mark.parametrize("name", TABLES)
def test_every_value_and_label_reads_back(folder, name, suffix):
    scored = by_name(scored_tables(tables(), INSTRUMENTS, flags()))[name]
    found, meta = READERS[suffix](folder / f"{name}.{suffix}")
    names = [variable.stata if suffix == "dta" else variable.name for variable in scored.variables]
    assert list(found.columns) == names and len(found) == len(scored.records)
    for variable, column in zip(scored.variables, names, strict=True):
        values = scored.records[variable.name]
        if variable.type == "category":
            values = values.map({text: code for code, text in variable.values.items()})
        if variable.type in ("identifier", "label"):
            assert found[column].fillna("").tolist() == values.fillna("").tolist()
        elif variable.type == "date":
            dates = pd.Series(pd.to_datetime(found[column]))
            assert dates.dropna().tolist() == values.dropna().tolist()
            assert dates.isna().tolist() == values.isna().tolist()
            assert meta.original_variable_types[column] == {"sav": "DATE11", "dta": "%td"}[suffix]
        else:
            np.testing.assert_array_equal(
                found[column].astype(float), values.astype("Float64").to_numpy(float, na_value=NAN)
            )
        shown = meta.column_names_to_labels[column]
        assert variable.label == shown or variable.label.startswith(shown.rstrip("…"))
        labels = {float(code): text for code, text in meta.variable_value_labels.get(column, {}).items()}
        assert labels == {float(code): text for code, text in variable.values.items()}


def test_csv_holds_categories_as_words_and_no_formula(folder):
    text = (folder / "enrolments.csv").read_text(encoding="utf-8")
    first = text.splitlines()[1]
    assert ",custody," in first and ",completed,1,31.5," in first and "'=HYPERLINK(1)" in first
    assert "2025-01-06" in first


@pytest.mark.slow
def test_scores_are_those_of_the_long_table():
    long = score_cohort(tables(), INSTRUMENTS, flags())
    scored = by_name(scored_tables(tables(), INSTRUMENTS, flags()))
    checked = 0
    for row in long.itertuples():
        records = scored[row.table].records
        record = records[records["source_row"] == row.source_row]
        assert record[row.scale].iloc[0] == row.score
        assert record[f"{row.scale}_mean"].iloc[0] == row.item_mean
        assert record[f"{row.scale}_valid"].iloc[0] == row.items_valid
        assert record[f"{row.scale}_prorated"].iloc[0] == row.prorated
        checked += 1
    techniques = 9
    assert checked == 12 + 3 + techniques + 12
    alliance = scored["alliance"].records
    assert alliance["careless"].tolist() == [False, False, True]
    assert scored["sessions"].records["srs_total"].isna().tolist() == [False, True]


def test_the_same_records_give_the_same_bytes_at_another_time(folder, tmp_path, monkeypatch):
    """The formats stamp the clock in the header: the stamps read the same whatever the time is."""
    for scored in scored_tables(tables(), INSTRUMENTS, flags()):
        write_scored(scored, tmp_path)
    for name in TABLES:
        for suffix in ("csv", "sav", "dta"):
            assert (tmp_path / f"{name}.{suffix}").read_bytes() == (folder / f"{name}.{suffix}").read_bytes()
        assert (folder / f"{name}.sav").read_bytes()[92:109] == b"01 Jan 2400:00:00"
        stamp = re.search(rb"<timestamp>(.*?)</timestamp>", (folder / f"{name}.dta").read_bytes(), re.DOTALL)
        assert stamp.group(1) == b"\x1101 Jan 2024 00:00"
        assert b"<release>118</release>" in (folder / f"{name}.dta").read_bytes()


def test_the_original_answers_stay_and_unanswered_items_are_left_out():
    given = tables()
    before = {name: table.copy() for name, table in given.items()}
    scored = by_name(scored_tables(given, INSTRUMENTS, flags()))
    for name, table in given.items():
        pd.testing.assert_frame_equal(table, before[name])
    client_only = {**given, "alliance": given["alliance"].iloc[[0, 2]]}
    assert "item_36" in scored["alliance"].records
    assert "item_13" not in by_name(scored_tables(client_only, INSTRUMENTS, flags()))["alliance"].records
    assert scored["alliance"].records["item_3"].tolist() == [3, 4, 4]  # as answered, reversed in wai_36


def test_the_codebook_describes_every_variable():
    scored = by_name(scored_tables(tables(), INSTRUMENTS, flags()))
    table = codebook([one.counted() for one in scored.values()])
    assert CODEBOOK.validate(table) is table
    assert len(table) == sum(one.records.shape[1] for one in scored.values())
    assert (table["label"].str.len() > 3).all()
    row = table[(table["table"] == "alliance") & (table["variable"] == "goal")].iloc[0]
    assert row["label"] == "goal: score (wai_36 12 to 84; wai_sr 4 to 20)"
    assert (row["low"], row["high"], row["records"], row["present"]) == (4, 84, 3, 3)
    item = table[table["variable"] == "item_3"].iloc[0]
    assert "reversed when scored: wai_36" in item["label"]
    last = table[table["variable"] == "item_34"].iloc[0]
    assert last["reversed"] and last["instrument"] == "wai_36"
    status = table[table["variable"] == "status"].iloc[0]
    assert status["values"].startswith("1 = not_started; 2 = completed")
    mode = table[table["variable"] == "modes_of_practice_1"].iloc[0]
    assert mode["values"].startswith("1 = never") and "programme manual" in mode["label"]
    page = codebook_page([one.counted() for one in scored.values()], INSTRUMENTS, "Small")
    assert "<h1>Small</h1>" in page and "group climate forms" in page and "1R 5 8 17 19 20R" in page
    assert (
        "linked by <code>enrolment_id</code>, <code>practitioner_id</code> and <code>group_id</code>." in page
    )
    beside = Path(CODEBOOK.file).parent
    linked = {os.path.normpath(beside / link) for link in re.findall(r'href="([^"#]+)"', page)}
    assert linked == {CODEBOOK.file, next(one.file for one in reported_tables() if one.name == "dictionary")}


def test_names_are_unique_and_short_enough_for_stata():
    for scored in scored_tables(tables(), INSTRUMENTS, flags()):
        names = [variable.stata for variable in scored.variables]
        assert len(set(names)) == len(names) and max(map(len, names)) <= LONGEST_NAME
        labelled = [len(variable.stata) for variable in scored.variables if variable.values]
        assert max(labelled, default=0) <= LONGEST_LABELLED


def test_two_inventories_of_one_record_that_share_a_scale_name_are_told_apart():
    def own(name: str, scale: str) -> Instrument:
        return Instrument.model_validate(
            {
                "id": name, "title": name, "measures": name, "raters": ["client"], "items": 2,
                "range": {"low": 0, "high": 3}, "subscales": {scale: [1, 2]},
                "scoring": {"method": "mean"}, "source": "own", "rights": "own", "verified": "no",
            }
        )  # fmt: skip

    long = "a_name_of_a_scale_that_is_long_enough"
    both = {"first": own("first", "safety"), "second": own("second", "safety"), "third": own("third", long)}
    assert [scale.name for scale in scale_names("sessions", list(both.values()))] == [
        "first_safety", "second_safety", long,
    ]  # fmt: skip
    items = {f"{name}_{item}": [float(item)] for name in both for item in (1, 2)}
    one = typed("sessions", [session("e1", 1)]).drop(columns=["source_file", "source_row"])
    table = one.assign(**items, source_file="s.csv", source_row=pd.array([2], dtype="Int64"))
    scored = by_name(scored_tables({"sessions": table}, {**INSTRUMENTS, **both}))["sessions"]
    assert scored.records[["first_safety", "second_safety", long]].iloc[0].tolist() == [1.5, 1.5, 1.5]
    names = {variable.name: variable.stata for variable in scored.variables}
    assert names[long] == "a_name_of_a_scale_that_is_long_e"[:30] + "_1"
    assert len(set(names.values())) == len(names)


def test_spss_knows_the_measurement_level_of_every_variable(folder):
    _, meta = pyreadstat.read_sav(folder / "alliance.sav")
    levels = meta.variable_measure
    assert "unknown" not in levels.values()
    assert [levels[name] for name in ("enrolment_id", "rater", "careless")] == ["nominal"] * 3
    assert [levels[name] for name in ("item_1", "total", "session_no")] == ["ordinal", "scale", "scale"]
