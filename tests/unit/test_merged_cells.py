"""Merged cells of a workbook: read where it is clear for which rows their value holds, else refused."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest
from small_cohorts import ingest
from small_drafts import PEOPLE, answers

from alliance_modes.drafting.draft import draft_cohort
from alliance_modes.drafting.recognise import recognise_parts
from alliance_modes.drafting.writing import draft_yaml
from alliance_modes.ground.errors import CohortError
from alliance_modes.instruments.model import load_instruments

BLOCK = 4


def workbook(path: Path, *merged: str, title: bool = False, worker: str = "Facilitator") -> Path:
    """Enrolments of which each four have one worker, whose cells are merged; perhaps a merged title above."""
    book = openpyxl.Workbook()
    sheet = book.active
    above = 1 if title else 0
    if title:
        sheet.append(["Starts in 2024"])
        sheet.merge_cells("A1:D1")
    sheet.append(["case no", worker, "started", "group"])
    for row in range(PEOPLE):
        block = f"S{row // BLOCK}" if row % BLOCK == 0 else None
        sheet.append([f"K{row:03}", block, "2024-03-04", f"g{row % 3}"])
    for row in range(0, PEOPLE, BLOCK):
        sheet.merge_cells(
            start_row=row + 2 + above, end_row=row + BLOCK + 1 + above, start_column=2, end_column=2
        )
    for cells in merged:
        sheet.merge_cells(cells)
    book.save(path)
    return path


def drafted(folder: Path) -> str:
    """The draft of the workbook and of forms beside it."""
    path = folder / "wai_client.csv"
    path.write_text(answers().to_csv(index=False), encoding="utf-8")
    files = (folder / "enrolments.xlsx", path)
    found = [part for file in files for part in recognise_parts(file, file.name)]
    return draft_yaml(draft_cohort("north", found, load_instruments()))


@pytest.mark.parametrize("title", [False, True])
def test_cells_merged_downwards_are_asked_and_filled_down(tmp_path, title):
    workbook(tmp_path / "enrolments.xlsx", title=title)
    text = drafted(tmp_path)
    assert 'fill_down: "?"' in text
    (tmp_path / "cohort.yaml").write_text(text.replace('fill_down: "?"', "fill_down: true"), encoding="utf-8")
    table = ingest(tmp_path).tables["enrolments"]
    assert table["practitioner_id"].notna().all()
    assert table["practitioner_id"].value_counts().tolist() == [BLOCK] * (PEOPLE // BLOCK)


@pytest.mark.parametrize("merged", ["C5:D5", "A1:B1", "D3:D4"])
def test_other_merged_cells_are_refused(tmp_path, merged):
    workbook(tmp_path / "enrolments.xlsx")
    text = drafted(tmp_path).replace('fill_down: "?"', "fill_down: true")
    workbook(tmp_path / "enrolments.xlsx", merged)
    (tmp_path / "cohort.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CohortError, match="merged cells") as refused:
        ingest(tmp_path)
    assert merged in str(refused.value)
    assert "B2:B5" not in str(refused.value)


def test_merged_cells_of_a_column_that_is_not_filled_down_are_refused_with_what_to_say(tmp_path):
    workbook(tmp_path / "enrolments.xlsx")
    text = drafted(tmp_path).replace('fill_down: "?"', "fill_down: false")
    (tmp_path / "cohort.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CohortError, match="fill_down: true under the column"):
        ingest(tmp_path)


def test_merged_cells_of_a_column_that_is_not_read_do_not_matter(tmp_path):
    workbook(tmp_path / "enrolments.xlsx", worker="shelf")
    (tmp_path / "cohort.yaml").write_text(drafted(tmp_path), encoding="utf-8")
    assert len(ingest(tmp_path).tables["enrolments"]) == PEOPLE
