"""Which share of working time is which mode: told by the words of the questions, else asked."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from test_drafting_code_books import drafted

from alliance_modes.ground.yaml_models import read_yaml

ROWS = range(14)
STEM = "How is your week divided between educative, engagement and therapeutic work?"
TURNED = {"time_1": "Therapeutic", "time_2": "Educative", "time_3": "Engagement"}


def survey(*shares: str) -> pd.DataFrame:
    """Fourteen answers to the modes survey, with three shares of time under these names."""
    frame = pd.DataFrame({"staff_no": [f"P{row:02}" for row in ROWS]})
    for item in range(1, 19):
        frame[f"mop_{item}"] = [(row + item) % 5 + 1 for row in ROWS]
    cells = ([50 for _ in ROWS], [row + 10 for row in ROWS], [40 - row for row in ROWS])
    return frame.assign(**dict(zip(shares, cells, strict=True)))


def enrolments(folder: Path) -> None:
    rows = {"record_id": [f"K{row:02}" for row in ROWS], "facilitator": [f"P{row:02}" for row in ROWS]}
    dates = {"start_date": [f"2024-0{row % 9 + 1}-11" for row in ROWS]}
    pd.DataFrame({**rows, **dates}).to_csv(folder / "people.csv", index=False)


def as_qualtrics(folder: Path, frame: pd.DataFrame, texts: dict[str, str]) -> str:
    """The survey with Qualtrics' three header rows."""
    headers = pd.DataFrame(
        [
            {name: texts.get(name, name) for name in frame},
            {name: f'{{"ImportId":"QID_{name}"}}' for name in frame},
        ]
    )
    pd.concat([headers, frame.astype(str)]).to_csv(folder / "wave1.csv", index=False)
    return "wave1.csv"


def shares_of(folder: Path) -> dict[str, str]:
    """Raw column by mode, as the draft has them."""
    (source,) = read_yaml(folder / "cohort.yaml").value["tables"]["practitioner_survey"]
    origins = {name.removeprefix("time_"): one for name, one in source["columns"].items() if "time_" in name}
    return {mode: one["column"] if isinstance(one, dict) else one for mode, one in origins.items()}


RIGHT = {"therapeutic": "time_1", "educative": "time_2", "engagement": "time_3"}


@pytest.mark.parametrize(
    "said",
    [
        "{stem} - {mode}",
        "{stem} [{mode}]",
        "Percent of time: {mode} work",
        "{mode} (in percent)",
    ],
)
def test_the_second_header_row_of_qualtrics_tells_each_mode_whatever_its_place(tmp_path, said):
    enrolments(tmp_path)
    texts = {name: said.format(stem=STEM, mode=mode) for name, mode in TURNED.items()}
    file = as_qualtrics(tmp_path, survey(*TURNED), texts)
    text, still = drafted(tmp_path, "people.csv", file)
    assert shares_of(tmp_path) == RIGHT
    assert "its question names the mode; the three sum to 100 in 14 of 14 rows" in text
    assert not still


def test_labels_of_variables_tell_it_too(tmp_path):
    enrolments(tmp_path)
    labels = {name: f"Share of time, {mode.lower()} mode" for name, mode in TURNED.items()}
    pyreadstat.write_sav(survey(*TURNED), tmp_path / "wave1.sav", column_labels=labels)
    pyreadstat.write_dta(survey(*TURNED), tmp_path / "wave2.dta", column_labels=labels)
    for file in ("wave1.sav", "wave2.dta"):
        _, still = drafted(tmp_path, "people.csv", file)
        assert shares_of(tmp_path) == RIGHT
        assert not still


def test_headers_that_are_questions_tell_it_without_numbers(tmp_path):
    enrolments(tmp_path)
    survey(*(f"{STEM} [{mode}]" for mode in TURNED.values())).to_csv(tmp_path / "wave1.csv", index=False)
    text, still = drafted(tmp_path, "people.csv", "wave1.csv")
    for mode in TURNED.values():
        assert re.search(rf"time_{mode.lower()}: .*\[{mode}\]\"  # sure", text), mode
    assert not still


@pytest.mark.parametrize(
    "texts",
    [
        {},
        {name: STEM for name in TURNED},
        TURNED | {"time_3": "Educative"},
        TURNED | {"time_3": "Everything else"},
        TURNED | {"time_3": "Not engagement"},
        TURNED | {"time_1": "Therapeutic rather than engagement"},
    ],
    ids=["names", "one text", "twice", "one unnamed", "denied", "two in one"],
)
def test_what_the_words_do_not_settle_is_asked(tmp_path, texts):
    enrolments(tmp_path)
    file = as_qualtrics(tmp_path, survey(*TURNED), texts)
    _, still = drafted(tmp_path, "people.csv", file)
    (asked,) = [said for place, said in still.items() if place[-1] == "looked_up"]
    assert "is this the order of the shares of working time" in asked
    assert set(shares_of(tmp_path).values()) == set(TURNED)


def test_a_share_that_is_named_keeps_its_mode_where_the_others_are_asked(tmp_path):
    enrolments(tmp_path)
    file = as_qualtrics(tmp_path, survey(*TURNED), TURNED | {"time_2": "Lessons", "time_3": "Getting going"})
    _, still = drafted(tmp_path, "people.csv", file)
    assert shares_of(tmp_path) == RIGHT
    assert [place[-1] for place in still] == ["looked_up"]


def test_columns_that_are_called_after_modes_but_do_not_sum_to_100_are_no_shares(tmp_path):
    enrolments(tmp_path)
    frame = survey(*TURNED)
    frame["time_1"] = 10
    drafted(tmp_path, "people.csv", as_qualtrics(tmp_path, frame, TURNED))
    assert shares_of(tmp_path) == {}
