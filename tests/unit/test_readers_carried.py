"""What every answer to a survey carries: held against the protocol of the study, row by row."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from raw_exports import read_export, refusal, texts, written
from small_cohorts import COHORT, write_cohort

from alliance_modes.ground.layout import RAW
from alliance_modes.running.checks import check_data
from alliance_modes.running.registering import register

ROOT = Path(__file__).parents[2]
DIGEST, OTHER = "5a" * 32, "6b" * 32


def answers(folder: Path, *carried: str) -> Path:
    rows = "".join(f"{place},{one}\n" for place, one in enumerate(carried))
    return written(folder / "x.csv", f"a,protocol\n{rows}")


def test_rows_carry_the_digest_its_beginning_or_nothing(tmp_path):
    path = answers(tmp_path, DIGEST, DIGEST[:12], "")
    table = read_export(path, "csv", ("a",), carries={"protocol": DIGEST})
    assert texts(table, "a") == ["0", "1", "2"] and set(table.columns) == {"a"}
    assert table.detected["carries"] == "protocol in 2 of 3 rows" and table.used == ("protocol",)


@pytest.mark.parametrize("wrong", [OTHER, OTHER[:12], DIGEST[:11], DIGEST[1:], f"{DIGEST}5"])
def test_a_row_of_another_version_is_told_by_its_number(wrong, tmp_path):
    problem = refusal(answers(tmp_path, DIGEST, wrong), "csv", ("a",), carries={"protocol": DIGEST})
    assert problem.rows == (3,) and "another version of the form" in problem.message


def test_rows_that_are_not_read_may_carry_anything(tmp_path):
    path = answers(tmp_path, DIGEST, OTHER)
    read_export(path, "csv", ("a",), rows={"a": "0"}, carries={"protocol": DIGEST})
    read_export(path, "csv", ("a",), carries={"protocol": [DIGEST, OTHER]})


def test_a_file_without_the_column_is_read_and_the_note_says_so(tmp_path):
    table = read_export(answers(tmp_path, DIGEST), "csv", ("a",), carries={"version": DIGEST})
    assert table.detected["carries"] == "version is not in the file"


@pytest.mark.parametrize("same", [True, False])
def test_the_protocol_of_the_config_is_that_of_the_forms(same, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("alliance_modes.reports.protocol.page.protocol_documents", lambda *_: {"html": b"x"})
    shutil.copytree(ROOT / "config", "config")
    shutil.copy(ROOT / "requirements.lock", ".")
    registered = register(Path("protocols/north"), "North", date(2026, 11, 30))
    config = "cohorts: [small]\nplan: config/plan.yaml\nprotocol: protocols/north\n"
    Path("config/config.yaml").write_text(config)
    (RAW / "small").mkdir(parents=True)
    carried = f'protocol: "{registered.sha256 if same else OTHER}"\ntables:\n'
    write_cohort(RAW / "small", COHORT.replace("tables:\n", carried))
    said = "\n".join(check_data("small").lines)
    assert ("the forms of small carry the protocol 6b6b6b6b6b6b" in said) is not same
