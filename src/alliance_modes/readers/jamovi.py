"""jamovi's files (.omv): the data of one, without its analyses; also the program that decodes one."""

from __future__ import annotations

import array
import json
import operator
import re
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from alliance_modes.ground.confined import Decoded, answer, distinct, written
from alliance_modes.ground.errors import CohortError
from alliance_modes.readers.apart import Decoder, columns_apart, read_apart
from alliance_modes.readers.archive import BROKEN
from alliance_modes.readers.declaration import Format, ValueLabels
from alliance_modes.readers.raw_table import RawTable, tidy_text
from alliance_modes.readers.source import RawSource

HINT = "In jamovi: File, Export, as .csv, or as .sav, which keeps value labels."
DECODER = Decoder(__file__, "file of jamovi", HINT, "columns but no rows")
DAMAGED = (*BROKEN, KeyError, TypeError, IndexError, AttributeError)
"""What a damaged file raises."""

WIDTHS: Mapping[str, tuple[str, int]] = {"integer": ("i", 4), "number": ("d", 8), "string": ("i", 4)}
"""Codes and bytes of the cells by the type of a column; a text is its place among the texts."""

NONE = -(1 << 31)
RULE = re.compile(r"\s*(?P<sign>==|!=|<=|>=|<|>)\s*(?P<value>.+?)\s*")
SIGNS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le,
    ">=": operator.ge,
}  # fmt: skip
DECLARED = "missing in jamovi"


def read(source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read the wanted columns of the data; see ``readers.read``.

    Notes
    -----
    Whole numbers are kept, with the labels of their levels as value labels; levels of text are their
    labels, as jamovi shows them. Cells that the file declares missing (``== 99``) are missing for that
    reason. Filters are columns of 0 and 1 and leave no row out; keep rows by them with ``rows``. What is
    computed or recoded is read as it stands. Rows are numbered from 1.
    """
    return read_apart(DECODER, source, path, file, wanted)


def value_labels(path: Path) -> ValueLabels:
    """Labels of the levels of whole numbers, where they are not the numbers themselves."""
    try:
        head, _ = columns_apart(DECODER, path, path.name, wanted=[])
    except CohortError:
        return {}
    return {name: dict(said) for name, said in head["labels"].items()}


def _decode(request: Mapping[str, Any]) -> Decoded:
    try:
        with zipfile.ZipFile(request["path"]) as archive:
            names = archive.namelist()
            about = json.loads(archive.read("metadata.json"))["dataSet"]
            data = archive.read("data.bin")
            texts = archive.read("strings.bin") if "strings.bin" in names else b""
            levels = json.loads(archive.read("xdata.json")) if "xdata.json" in names else {}
        if not about["fields"]:
            return {"problem": "it holds no data"}, []
        return _columns(about, data, texts, levels, set(request["wanted"]))
    except DAMAGED as error:
        return {"problem": f"it is damaged, or of a form that is not known ({type(error).__name__})"}, []


def _columns(
    about: Mapping[str, Any], data: bytes, texts: bytes, levels: Mapping[str, Any], wanted: set[str]
) -> Decoded:
    rows, fields = int(about["rowCount"]), list(about["fields"])
    if len(data) != rows * sum(WIDTHS[one["type"]][1] for one in fields):
        raise ValueError("as many bytes as the columns need")
    names = [tidy_text(one["name"]) for one in fields]
    head: dict[str, Any] = {"names": names, "rows": rows, "columns": [], "labels": {}}
    codes, place = [], 0
    for name, one in zip(names, fields, strict=True):
        code, width = WIDTHS[one["type"]]
        cells: array.array = array.array(code, data[place : place + rows * width])
        place += rows * width
        said = {int(level[0]): str(level[1]) for level in levels.get(one["name"], {}).get("labels", ())}
        numbers = one["dataType"] == "Integer" and one["type"] == "integer"
        if numbers and any(label != str(number) for number, label in said.items()):
            head["labels"][name] = [[str(number), label] for number, label in said.items()]
        if name not in wanted:
            continue
        if names.count(name) > 1:
            hint = "Rename one of them in jamovi, and save the file again."
            return {
                "problem": "the file has more than one column of this name",
                "column": name,
                "hint": hint,
            }, []
        if sys.byteorder == "big":
            cells.byteswap()
        values, places = distinct(_cells(one["type"], cells, texts, {} if numbers else said))
        rules = [_rule(rule) for rule in one.get("missingValues") or ()]
        missing = [(at, DECLARED) for at, value in enumerate(values) if _is_missing(value, rules)]
        head["columns"].append(
            {"name": name, "values": [written(value) for value in values], "missing": missing}
        )
        codes.append(places)
    return head, codes


def _cells(kind: str, cells: Sequence[Any], texts: bytes, levels: Mapping[int, str]) -> Iterator[Any]:
    """The cells of a column as jamovi shows them, numbers without label as they are; missing ones None."""
    known: dict[int, str] = {}
    for cell in cells:
        if cell != cell or cell == NONE:
            yield None
        elif kind == "string":
            if cell not in known:
                if cell < 0 or (cell and texts[cell - 1] != 0):
                    raise ValueError("a text that begins nowhere")
                known[cell] = texts[cell : texts.index(b"\0", cell)].decode("utf-8")
            yield known[cell]
        elif levels:
            yield levels[int(cell)]
        else:
            yield cell


def _rule(rule: str) -> tuple[Callable[[Any, Any], bool], Any]:
    """A rule of missing values such as ``== 99`` or ``== 'n/a'``: a comparison and what is compared with."""
    match = RULE.fullmatch(rule)
    if match is None:
        raise ValueError(f"a rule of missing values that is not known: {rule}")
    value = match["value"]
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
    return SIGNS[match["sign"]], value[1:-1] if quoted else float(value)


def _is_missing(value: Any, rules: Sequence[tuple[Callable[[Any, Any], bool], Any]]) -> bool:
    if value is None:
        return False
    alike = ((sign, other) for sign, other in rules if isinstance(value, str) == isinstance(other, str))
    return any(sign(value, other) for sign, other in alike)


FORMAT = Format("jamovi", read, suffixes=(".omv",), value_labels=value_labels)

if __name__ == "__main__":
    answer(_decode)
