"""Data frames of R: what was typed in R comes back, of every type, in every form that R writes."""

from __future__ import annotations

import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest
from r_frames import FILES, SCRIPT, bytes_of
from raw_exports import cells, read_export, refusal

from alliance_modes.drafting.recognise import recognise_parts
from alliance_modes.readers.r_data import DAMAGED, value_labels
from alliance_modes.readers.r_serial import NotReadError, unserialised

TYPED: dict[str, list] = {
    "case": ["K1", "K2", "K3"],
    "whole": [7.0, None, -2.0],
    "number": [0.25, None, None],
    "truth": ["true", None, "false"],
    "text": ["café", None, ""],
    "latin": ["über", "so", None],
    "factor": ["late", None, "early"],
    "ordered": ["b", "a", None],
    "day": [datetime(2023, 11, 5), None, datetime(1969, 12, 30)],
    "whole_day": [datetime(2023, 11, 5), None, datetime(1969, 12, 29)],
    "utc": [datetime(2023, 11, 5, 23, 30), None, datetime(2023, 7, 1, 0, 10)],
    "berlin": [datetime(2023, 11, 5, 23, 30), None, datetime(2023, 7, 1, 0, 10)],
    "nowhere": ["2023-11-05T23:30:00Z", None, "2023-07-01T00:10:00Z"],
    "length": [5400.0, None, 7200.0],
    "labelled": [1.0, None, 2.0],
    "spss": [1.0, 99.0, 2.0],
    "ranged": [1.0, 98.0, -7.0],
    "tagged": [1.0, ".a", None],
    "long": [5.0, None, "18014398509481985"],
    "row": [1.0, 2.0, 3.0],
}
SMALL = ("case", "whole", "number", "truth", "factor", "day", "berlin", "labelled")


def saved(folder: Path, name: str, content: bytes | None = None) -> Path:
    path = folder / name
    path.write_bytes(bytes_of(name) if content is None else content)
    return path


def test_every_type_is_what_was_typed_in_r(tmp_path):
    table = read_export(saved(tmp_path, "frame.rds"), "r", tuple(TYPED))
    assert {name: cells(table, name) for name in TYPED} == TYPED
    missing = {name: dict(table.columns[name].user_missing) for name in ("spss", "ranged", "tagged")}
    assert missing == {
        "spss": {99.0: "Refused"}, "ranged": {98.0: "user-missing value"}, "tagged": {".a": "Refused"},
    }  # fmt: skip
    assert list(table.rows) == [1, 2, 3]


@pytest.mark.parametrize("name", ["gzip2.rds", "bzip2.rds", "xz.rds", "table.rds", "one.RData"])
def test_compressions_versions_tibbles_and_data_tables_are_the_same(tmp_path, name):
    table = read_export(saved(tmp_path, name), "r", SMALL)
    assert {one: cells(table, one) for one in SMALL} == {one: TYPED[one] for one in SMALL}


def test_row_names_that_are_texts_are_a_column(tmp_path):
    table = read_export(saved(tmp_path, "rows.rds"), "r", ("row.names", "whole", "day"))
    assert cells(table, "row.names") == ["K3", "K1"]
    assert cells(table, "whole") == [-2.0, 7.0]


@pytest.mark.parametrize(
    ("column", "said"), [("list", "no single values"), ("clock", "no single values"), ("month", "yearmon")]
)
def test_columns_that_are_no_single_values_are_refused_where_they_are_wanted(tmp_path, column, said):
    problem = refusal(saved(tmp_path, "frame.rds"), "r", (column,))
    assert said in problem.message and problem.column == column


def test_a_file_of_several_data_frames_is_refused_by_their_names(tmp_path):
    problem = refusal(saved(tmp_path, "two.RData"), "r", ("whole",))
    assert "2 data frames (g, rn)" in problem.message and "saveRDS" in problem.hint


def test_labels_of_the_file_reach_the_draft(tmp_path):
    path = saved(tmp_path, "frame.rds")
    assert value_labels(path)["labelled"] == {"1": "Completed", "2": "Dropped out"}
    assert value_labels(path)["tagged"] == {"1": "Yes", ".a": "Refused"}
    (part,) = recognise_parts(saved(tmp_path, "one.RData"), "one.RData")
    assert (part.format, part.facts["day"].kind) == ("r", "date")
    assert part.facts["labelled"].value_labels == {"1": "Completed", "2": "Dropped out"}


@pytest.mark.parametrize("name", ["gzip2.rds", "xz.rds"])
def test_a_damaged_file_is_a_problem_and_never_a_table(tmp_path, name):
    whole = bytes_of(name)
    for end in (1, 3, 40, len(whole) // 2, len(whole) - 3):
        problem = refusal(saved(tmp_path, name, whole[:end]), "r", ("whole",))
        assert "cannot be read" in problem.message and "write.csv" in problem.hint


def test_the_serialisation_cut_anywhere_or_changed_raises_what_is_expected():
    import gzip

    inside = gzip.decompress(bytes_of("gzip2.rds"))
    for end in range(len(inside)):
        with pytest.raises((NotReadError, *DAMAGED)):
            unserialised(inside[:end])
    for place in range(14, len(inside), 3):
        changed = bytes([*inside[:place], inside[place] ^ 0x5A, *inside[place + 1 :]])
        try:
            unserialised(changed)
        except (NotReadError, *DAMAGED):
            continue


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"A\n3\n", "ASCII"), (b"PK\3\4", "no form of R"), (b"X\n\0\0\0\t" + bytes(8), "version 9")],
)
def test_other_forms_are_refused_in_words(tmp_path, content, said):
    assert said in refusal(saved(tmp_path, "x.rds", content), "r", ("a",)).message


@pytest.mark.slow
def test_what_this_machines_r_writes_is_read_alike(tmp_path):
    if shutil.which("Rscript") is None:
        pytest.skip("Rscript is not installed")
    made = subprocess.run(["Rscript", "-e", SCRIPT, str(tmp_path)], capture_output=True, text=True)
    if "there is no package" in made.stderr:
        pytest.skip(made.stderr.splitlines()[0])
    assert made.returncode == 0, made.stderr
    for name in FILES:
        if not name.startswith(("two", "rows")):
            wanted = tuple(TYPED) if name.startswith("frame") else SMALL
            table = read_export(tmp_path / name, "r", wanted)
            assert {one: cells(table, one) for one in wanted} == {one: TYPED[one] for one in wanted}, name
    assert cells(read_export(tmp_path / "deferred.rds", "r", ("n",)), "n") == ["1", "2", "3"]
    for name, said in {
        "list.rds": "a list, with g", "matrix.rds": "no data frame", "model.rds": "class lm",
        "none.rds": "no rows", "ascii.rds": "ASCII",
    }.items():  # fmt: skip
        assert said in refusal(tmp_path / name, "r", ("case",)).message
