"""Files of equal form become one source; what only looks equal stays apart."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from test_drafting import KNOWN, drafted, ratings

from alliance_modes.cohort import load_cohort
from alliance_modes.drafting.draft import draft_cohort
from alliance_modes.drafting.joining import join_equal_forms
from alliance_modes.drafting.recognise import recognise
from alliance_modes.drafting.writing import draft_yaml
from alliance_modes.ground.yaml_models import read_yaml
from alliance_modes.ingest.stage import ingest_cohort

ANSWERS = ["1", "2", "3", "4", "5"]
NORTH = "case no,client,start date,status\n" + "".join(
    f"k{row:02},c{row},{row + 14}/0{row + 1}/2024,completed\n" for row in range(1, 7)
)
OPEN_NORTH = "case no,client,start date,status\n" + "".join(
    f"k{row:02},c{row},0{row}/0{row + 1}/2024,completed\n" for row in range(1, 7)
)
SOUTH = "client,case no,status,start date\n" + "".join(
    f"d{row},s{row:02},removed,{row + 12}/02/2024\n" for row in range(1, 7)
)


def _sources(folder: Path, table: str) -> list[tuple[str, ...]]:
    return [source.files for name, source in load_cohort(folder).sources() if name == table]


def test_one_export_per_site_is_one_source_and_each_row_keeps_its_file(tmp_path):
    south = SOUTH.replace(",", ";")
    text, questions = drafted(
        tmp_path, enrolments_north=NORTH, enrolments_south=south, wai_client=ratings(ANSWERS)
    )
    assert _sources(tmp_path, "enrolments") == [("enrolments_north.csv", "enrolments_south.csv")]
    assert "delimiter" not in text
    (asked,) = (question for question in questions if "read as one table" in question)
    assert "enrolments_north.csv, enrolments_south.csv" in asked and "site_id: {constant: north}" in asked
    table = ingest_cohort(tmp_path, bytes(32)).tables["enrolments"]
    assert table["source_file"].tolist() == ["enrolments_north.csv"] * 6 + ["enrolments_south.csv"] * 6
    assert table["source_row"].tolist() == [*range(2, 8)] * 2


def test_the_order_of_day_and_month_of_one_file_is_not_read_into_another(tmp_path):
    """Day or month first cannot be told in the north; the 13th day of the south does not tell it."""
    drafted(tmp_path, enrolments_north=OPEN_NORTH, enrolments_south=SOUTH, wai_client=ratings(ANSWERS))
    path = tmp_path / "cohort.yaml"
    (answer,) = read_yaml(path).open
    assert answer.location[-1] == "date_formats" and "enrolments_north.csv" in answer.question
    assert "enrolments_south.csv is day first; this file may be otherwise" in answer.question
    answered = path.read_text(encoding="utf-8").replace('date_formats: "?"', "date_formats: month first")
    path.write_text(answered, encoding="utf-8")
    table = ingest_cohort(tmp_path, bytes(32)).tables["enrolments"]
    assert table["started_on"].iloc[[0, 6]].tolist() == [pd.Timestamp(2024, 1, 2), pd.Timestamp(2024, 2, 13)]


@pytest.mark.parametrize(
    "names",
    [
        ("wai_client", "wai_practitioner"),
        ("client_t1", "client_t2"),
        ("client_pre", "client_post"),
        ("client session 3", "client session 12"),
    ],
)
def test_files_whose_names_speak_of_other_raters_or_occasions_stay_apart(names, tmp_path):
    drafted(tmp_path, people=NORTH, **dict.fromkeys(names, ratings(ANSWERS)))
    draft = tmp_path / "cohort.yaml"
    draft.write_text(draft.read_text(encoding="utf-8").replace('instrument: "?"', "instrument: wai_sr_t"))
    assert sorted(_sources(tmp_path, "alliance")) == [(f"{name}.csv",) for name in sorted(names)]


@pytest.mark.parametrize(
    "other",
    [
        "case,client,score\nk1,c1,2\n",
        "case,client,start,score\nk1,c1,3,2\n",
        'case,client,start\nk1,c1,"2,5"\n',
    ],
)
def test_other_columns_or_another_decimal_sign_keep_files_apart(other, tmp_path):
    (tmp_path / "a.csv").write_text("case,client,start\nk1,c1,2.5\n")
    (tmp_path / "b.csv").write_text(other)
    files = [recognise(tmp_path / name, name) for name in ("a.csv", "b.csv")]
    assert [file.further for file in join_equal_forms(files)] == [(), ()]


def _sav(path: Path, label: str, reason: str, first: int) -> None:
    import pyreadstat

    rows = {"case": [f"k{first + row}" for row in range(4)], "session": [1.0, 2, 3, 4]}
    rows |= {f"wai_{item}": [1.0, 2, 3, -9] for item in range(1, 13)}
    pyreadstat.write_sav(
        pd.DataFrame(rows),
        str(path),
        variable_value_labels={f"wai_{item}": {1.0: label, -9.0: reason} for item in range(1, 13)},
        missing_ranges={f"wai_{item}": [-9] for item in range(1, 13)},
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("label", "reason", "joined"),
    [("seldom", "refused", True), ("always", "refused", False), ("seldom", "absent", False)],
)
def test_spss_files_are_joined_where_their_labels_and_reasons_agree(label, reason, joined, tmp_path):
    _sav(tmp_path / "client_a.sav", "seldom", "refused", 0)
    _sav(tmp_path / "client_b.sav", label, reason, 10)
    files = [recognise(tmp_path / name, name) for name in ("client_a.sav", "client_b.sav")]
    found = join_equal_forms(files)
    assert [file.further for file in found] == ([("client_b.sav",)] if joined else [(), ()])
    if joined:
        assert found[0].rows == 8 and found[0].title == "client_a.sav and 1 more file"
        assert 'files: ["client_a.sav", "client_b.sav"]' in draft_yaml(draft_cohort("north", found, KNOWN))
