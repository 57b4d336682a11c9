"""jamovi's files, as jamovi saves them: columns one after the other, texts and levels beside them."""

from __future__ import annotations

import json
import struct
import zipfile
from pathlib import Path

import pytest
from raw_exports import cells, read_export, refusal

from alliance_modes.drafting.recognise import recognise_parts
from alliance_modes.readers.jamovi import value_labels

NONE = -(1 << 31)
CODES = {"integer": "i", "number": "d", "string": "i"}
Column = tuple[str, str, str, list, dict]
"""Name, type of the cells, type of the data, cells, and further keys (labels apart)."""

COLUMNS: list[Column] = [
    ("case", "string", "Text", ["K1", "", "K3", None], {}),
    ("score", "number", "Decimal", [1.5, float("nan"), -3.0, 0.1], {}),
    ("outcome", "integer", "Integer", [1, 2, 99, NONE],
     {"labels": {1: "Completed", 2: "Dropped out", 99: "99"}, "missingValues": ["== 99"]}),
    ("plain", "integer", "Integer", [3, 4, 3, 5], {"labels": {3: "3", 4: "4", 5: "5"}}),
    ("site", "integer", "Text", [0, 1, 0, NONE],
     {"labels": {0: "Nørd", 1: "n/a"}, "missingValues": ["== 'n/a'"]}),
    ("age", "integer", "Integer", [30, 17, 121, 44], {"missingValues": ["< 18", "> 120"]}),
    ("Filter 1", "integer", "Integer", [1, 0, 1, 1], {"columnType": "Filter"}),
]  # fmt: skip


def omv(path: Path, columns: list[Column] = COLUMNS, rows: int = 4, cut: int = 0) -> Path:
    """A file of jamovi with these columns."""
    data, texts = b"", b""
    fields, levels = [], {}
    for name, kind, held, values, more in columns:
        further = dict(more)
        if labels := further.pop("labels", None):
            levels[name] = {"labels": [[code, label, label, False] for code, label in labels.items()]}
        if kind == "string":
            places = []
            for text in values:
                places.append(NONE if text is None else len(texts))
                texts += b"" if text is None else text.encode() + b"\0"
            values = places
        data += struct.pack(f"<{len(values)}{CODES[kind]}", *values)
        fields.append({"name": name, "columnType": "Data", "dataType": held, "type": kind, **further})
    about = {"dataSet": {"rowCount": rows, "columnCount": len(columns), "fields": fields}}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("meta", "Manifest-Version: 1.0\n")
        archive.writestr("metadata.json", json.dumps(about))
        archive.writestr("xdata.json", json.dumps(levels))
        archive.writestr("data.bin", data[: len(data) - cut])
        archive.writestr("strings.bin", texts)
    return path


def test_every_type_of_column_is_read_with_its_missing_values(tmp_path):
    names = tuple(name for name, *_ in COLUMNS)
    table = read_export(omv(tmp_path / "x.omv"), "jamovi", names)
    assert table.names == names and list(table.rows) == [1, 2, 3, 4]
    assert cells(table, "case") == ["K1", "", "K3", None]
    assert cells(table, "score") == [1.5, None, -3.0, 0.1]
    assert cells(table, "outcome") == [1.0, 2.0, 99.0, None]
    assert cells(table, "site") == ["Nørd", "n/a", "Nørd", None]
    missing = {name: set(column.user_missing) for name, column in table.columns.items()}
    assert {name: found for name, found in missing.items() if found} == {
        "outcome": {99.0}, "site": {"n/a"}, "age": {17.0, 121.0},
    }  # fmt: skip
    assert set(table.columns["age"].user_missing.values()) == {"missing in jamovi"}


def test_labels_that_are_more_than_their_number_reach_the_draft(tmp_path):
    path = omv(tmp_path / "x.omv")
    assert value_labels(path) == {"outcome": {"1": "Completed", "2": "Dropped out", "99": "99"}}
    (part,) = recognise_parts(path, "x.omv")
    assert part.format == "jamovi" and part.facts["outcome"].value_labels["2"] == "Dropped out"


def test_rows_can_be_kept_by_a_filter(tmp_path):
    table = read_export(omv(tmp_path / "x.omv"), "jamovi", ("case",), rows={"Filter 1": 1})
    assert cells(table, "case") == ["K1", "K3", None]


@pytest.mark.parametrize(
    ("made", "said"),
    [
        ({"cut": 1}, "damaged"),
        ({"rows": 5}, "damaged"),
        ({"columns": []}, "no data"),
        ({"columns": [("a", "integer", "Integer", [1], {"type": "moment"})], "rows": 1}, "KeyError"),
        (
            {"columns": [("a", "integer", "Integer", [1], {"missingValues": ["is odd"]})], "rows": 1},
            "damaged",
        ),
        ({"columns": [("a", "integer", "Text", [7], {"labels": {1: "x"}})], "rows": 1}, "damaged"),
        ({"columns": [("a", "integer", "Integer", [], {})], "rows": 0}, "no rows"),
    ],
)
def test_what_is_of_another_form_is_refused_with_what_to_export(tmp_path, made, said):
    problem = refusal(omv(tmp_path / "x.omv", **made), "jamovi", ("a", "case"))
    assert said in problem.message
    assert "jamovi" in problem.hint or said == "no rows"


def test_an_archive_without_data_is_refused(tmp_path):
    (tmp_path / "x.omv").write_bytes(b"PK")
    assert "cannot be read" in refusal(tmp_path / "x.omv", "jamovi", ("a",)).message
