"""Data frames of R (.rds, .RData); also the program that decodes one."""

from __future__ import annotations

import lzma
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alliance_modes.ground.confined import Decoded, answer, distinct, written
from alliance_modes.ground.errors import CohortError
from alliance_modes.readers.apart import Decoder, columns_apart, read_apart
from alliance_modes.readers.declaration import Format, ValueLabels
from alliance_modes.readers.r_serial import (
    DOUBLE,
    INTEGER,
    LOGICAL,
    PAIRLIST,
    STRINGS,
    NotReadError,
    RValue,
    unserialised,
)
from alliance_modes.readers.raw_table import LARGEST_WHOLE, RawTable, tidy_text
from alliance_modes.readers.source import RawSource

HINT = (
    'In R, with the data frame alone: saveRDS(x, "export.rds"), or write.csv(x, "export.csv", '
    'row.names = FALSE, na = "").'
)
DECODER = Decoder(__file__, "file of R", HINT, "columns but no rows")
DAMAGED = (
    EOFError, ValueError, TypeError, KeyError, IndexError, RecursionError, OSError, struct.error,
    lzma.LZMAError,
)  # fmt: skip
"""What a damaged file raises."""


FRAME = "data.frame"
ROW_NAMES = "row.names"
NO_INTEGER, NO_LONG = -(1 << 31), -(1 << 63)
UNIX = datetime(1970, 1, 1)
LENGTHS = {"secs": 1, "mins": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}
NUMBERS = (LOGICAL, INTEGER, DOUBLE)
PLAIN = frozenset(
    ("haven_labelled", "haven_labelled_spss", "labelled", "vctrs_vctr", "double", "integer", "numeric",
     "character", "logical", "AsIs", "noquote", "pseries")
)  # fmt: skip
"""Classes that change nothing in what the cells are."""


def read(source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read the wanted columns of the one data frame of a file; see ``readers.read``.

    Notes
    -----
    Factors are their text, labelled vectors (haven) their codes, with user-missing values and tagged
    missing ones (``.a``) as the file labels them; whole numbers, numbers, truth values and texts are
    what they are, each NA is None. A Date is a day, whether held as whole or as decimal number. A
    POSIXct is the clock of its own time zone; without one it is a text in UTC that ends in Z, because
    which day was meant depends on where it was recorded. Lengths of time are their seconds. Row names
    that are texts are the column ``row.names``. Columns of lists, and classes of other packages, are
    refused where they are wanted. Rows are numbered from 1.
    """
    return read_apart(DECODER, source, path, file, wanted)


def value_labels(path: Path) -> ValueLabels:
    """What the labelled columns of a file say their codes mean."""
    try:
        head, _ = columns_apart(DECODER, path, path.name, encoding=None, wanted=[])
    except CohortError:
        return {}
    return {name: dict(said) for name, said in head["labels"].items()}


@dataclass(frozen=True)
class _Column:
    """The cells of one column, those of them that are missing with the reason, and labels of its codes."""

    cells: list[Any]
    missing: Mapping[Any, str]
    labels: Sequence[tuple[str, str]] = ()


def _decode(request: Mapping[str, Any]) -> Decoded:
    try:
        with open(request["path"], "rb") as stream:
            frame = _frame(unserialised(stream.read(), request["encoding"]))
        return _columns(frame, set(request["wanted"]))
    except NotReadError as error:
        return {"problem": str(error)}, []
    except DAMAGED as error:
        return {"problem": f"it is damaged ({str(error) or type(error).__name__})"}, []


def _frame(value: RValue) -> RValue:
    """The one data frame that a file holds."""
    if FRAME in value.classes:
        return value
    saved = value.attributes if value.kind == PAIRLIST else value.named()
    frames = [] if value.classes else [name for name, part in saved.items() if FRAME in part.classes]
    if value.kind == PAIRLIST and len(frames) == 1:
        return saved[frames[0]]
    if value.classes:
        held = f"an object of the class {value.classes[0]}"
    elif value.kind == PAIRLIST:
        held = f"{len(frames)} data frames ({', '.join(frames)})" if frames else "no data frame"
    else:
        held = f"a list, with {', '.join(frames)}" if frames else "no data frame"
    raise NotReadError(f"it holds {held}; a file with one data frame alone is read")


def _columns(frame: RValue, wanted: set[str]) -> Decoded:
    named = [tidy_text(name) for name in frame.names]
    parts = list(frame.value)
    rows = frame.attributes.get(ROW_NAMES)
    if rows is not None and rows.kind == STRINGS and ROW_NAMES not in named:
        named, parts = [ROW_NAMES, *named], [rows, *parts]
    head: dict[str, Any] = {"names": named, "rows": _rows(rows, parts), "columns": [], "labels": {}}
    codes = []
    for name, part in zip(named, parts, strict=True):
        if labels := _labels(part):
            head["labels"][name] = [[_code(code), label] for code, label in labels]
        if name not in wanted:
            continue
        if named.count(name) > 1:
            hint = "Write the file again with one name per column."
            return {
                "problem": "the file has more than one column of this name",
                "column": name,
                "hint": hint,
            }, []
        try:
            column = _column(part)
        except NotReadError as error:
            return {"problem": str(error), "column": name, "hint": HINT}, []
        if len(column.cells) != head["rows"]:
            raise ValueError("its columns have different lengths")
        values, places = distinct(column.cells)
        missing = [
            (place, column.missing[value]) for place, value in enumerate(values) if value in column.missing
        ]
        head["columns"].append({"name": name, "values": [written(one) for one in values], "missing": missing})
        codes.append(places)
    return head, codes


def _rows(names: RValue | None, parts: Sequence[RValue]) -> int:
    """How many rows a frame has: by its first column, else by its row names."""
    if parts and parts[0].value is not None and FRAME not in parts[0].classes:
        return len(parts[0].value)
    if names is None or names.value is None or not len(names.value):
        return 0
    first = names.value[0]
    return abs(int(names.value[1])) if first == NO_INTEGER and len(names.value) == 2 else len(names.value)


def _column(part: RValue) -> _Column:
    """One column as its class says, refused where that is none that is known."""
    classes = [one for one in part.classes if one not in PLAIN]
    if "dim" in part.attributes or part.kind not in (*NUMBERS, STRINGS):
        raise NotReadError("the column holds no single values, but lists, a matrix or another data frame")
    if "factor" in classes:
        levels = [None, *part.attributes["levels"].value]
        codes = [0 if code == NO_INTEGER else code for code in part.value]
        if codes and not 0 <= min(codes) <= max(codes) < len(levels):
            raise ValueError("a factor has codes beyond its levels")
        return _Column([levels[code] for code in codes], {})
    known: Mapping[str, Callable[[RValue], list[Any]]] = {
        "Date": _days, "POSIXct": _moments, "difftime": _lengths, "integer64": _long,
    }  # fmt: skip
    for name, read_as in known.items():
        if name in classes:
            return _Column(read_as(part), {})
    if classes:
        raise NotReadError(f"the column is of the class {classes[0]}, which is not read; make it a plain one")
    if part.kind == STRINGS:
        return _Column(list(part.value), _declared(part, part.value))
    cells = _truths(part) if part.kind == LOGICAL else _numbers(part)
    reasons = {code: label for code, label in _labels(part) if isinstance(code, str)}
    tags = {cell: reasons.get(cell, cell) for cell in set(cells) if isinstance(cell, str) and cell[:1] == "."}
    return _Column(cells, {**_declared(part, cells), **tags})


def _truths(part: RValue) -> list[str | None]:
    return [None if value == NO_INTEGER else ("true" if value else "false") for value in part.value]


def _numbers(part: RValue) -> list[Any]:
    """Numbers with NA as None, and haven's tagged NA as ".a"."""
    if part.kind != DOUBLE:
        return [None if value == NO_INTEGER else value for value in part.value]
    return [value if value == value else _tag(value) for value in part.value]


def _tag(value: float) -> str | None:
    """The letter in the fourth byte of a NaN, by which haven tells missing values apart."""
    sign = struct.pack(">d", value)[3:4]
    return f".{sign.decode('ascii')}" if sign.isalpha() else None


def _labels(part: RValue) -> list[tuple[Any, str]]:
    """Codes and labels of a labelled vector."""
    found = part.attributes.get("labels")
    if found is None or found.kind not in (*NUMBERS, STRINGS):
        return []
    codes = list(found.value) if found.kind == STRINGS else _numbers(found)
    return [(code, name) for code, name in zip(codes, found.names, strict=False) if code is not None]


def _code(code: Any) -> str:
    return str(int(code)) if isinstance(code, float) and code.is_integer() else str(code)


def _declared(part: RValue, cells: Sequence[Any]) -> dict[Any, str]:
    """Cells that the file itself declares missing (SPSS, by haven), with their labels."""
    values, ends = part.attributes.get("na_values"), part.attributes.get("na_range")
    labels = dict(_labels(part))
    single = set(values.value) if values is not None and values.value is not None else set()
    low, high = ends.value if ends is not None and ends.value is not None else (1.0, 0.0)
    return {
        cell: labels.get(cell, "user-missing value")
        for cell in set(cells)
        if cell in single or (isinstance(cell, int | float) and low <= cell <= high)
    }


def _days(part: RValue) -> list[Any]:
    return [None if number is None else _later(float(number) // 1 * 86_400) for number in _numbers(part)]


def _later(seconds: float) -> Any:
    """So many seconds after the beginning of 1970; a text where no calendar reaches."""
    try:
        return UNIX + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        return f"no date: {seconds:g}"


def _moments(part: RValue) -> list[Any]:
    """Moments on the clock of their zone; in UTC with a Z where the file names none."""
    said = part.attributes.get("tzone")
    zone = (said.value[0] or "") if said is not None and said.value else ""
    try:
        clock = ZoneInfo(zone) if zone else None
    except (ZoneInfoNotFoundError, ValueError):
        clock = None
    found: list[Any] = []
    for number in _numbers(part):
        moment = None if number is None else _later(float(number))
        if not isinstance(moment, datetime):
            found.append(moment)
        elif clock is None:
            found.append(f"{moment.isoformat(timespec='seconds')}Z")
        else:
            found.append(moment.replace(tzinfo=UTC).astimezone(clock).replace(tzinfo=None))
    return found


def _lengths(part: RValue) -> list[Any]:
    unit = part.attributes["units"].value[0] if "units" in part.attributes else "secs"
    if unit not in LENGTHS:
        raise NotReadError(f"the column holds lengths of time in {unit}")
    return [None if number is None else number * LENGTHS[unit] for number in _numbers(part)]


def _long(part: RValue) -> list[Any]:
    """Whole numbers of 64 bits (bit64), which R keeps as the bytes of decimal ones."""
    numbers = struct.unpack(f"={len(part.value)}q", part.value.tobytes())
    cells = (None if number == NO_LONG else number for number in numbers)
    return [str(one) if one is not None and abs(one) > LARGEST_WHOLE else one for one in cells]


FORMAT = Format("r", read, suffixes=(".rds", ".rdata", ".rda"), value_labels=value_labels)

if __name__ == "__main__":
    answer(_decode)
