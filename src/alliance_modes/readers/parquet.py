"""Parquet files, as pandas, R (arrow), DuckDB and Spark write them; also the program that decodes one."""

from __future__ import annotations

import array
import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alliance_modes.ground.confined import Decoded, answer, written
from alliance_modes.readers.apart import Decoder, read_apart
from alliance_modes.readers.declaration import Format
from alliance_modes.readers.raw_table import LARGEST_WHOLE, RawTable, tidy_text
from alliance_modes.readers.source import RawSource

if TYPE_CHECKING:
    import pyarrow

HINT = (
    "Write it again (pandas: to_parquet, R: arrow::write_parquet) or copy the file again; "
    "a CSV export with format: csv holds the same."
)
DECODER = Decoder(__file__, "Parquet file", HINT, "columns but no rows")


def read(source: RawSource, path: Path, file: str, wanted: frozenset[str]) -> RawTable:
    """Read the wanted columns with the types that the file gives them; see ``readers.read``.

    Notes
    -----
    Numbers, truth values, dates and times arrive as such, a time with a zone as the clock there
    showed; categories (dictionary columns) as their text, lengths of time in seconds. Null and NaN
    both arrive as None. A whole number or a decimal that no float holds exactly arrives as text.
    Columns of lists or records are refused where they are wanted. Rows are numbered from 1, as in an
    SPSS file, because there is no header row.
    """
    return read_apart(DECODER, source, path, file, wanted)


def _decode(request: Mapping[str, Any]) -> Decoded:
    os.environ["ARROW_DEFAULT_MEMORY_POOL"] = "system"  # others reserve more than the limit of memory
    import pyarrow as pa
    from pyarrow import parquet

    pa.set_cpu_count(1)
    try:
        with parquet.ParquetFile(request["path"], pre_buffer=False) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
            names = [tidy_text(name) for name in schema.names]
            places = [place for place, name in enumerate(names) if name in set(request["wanted"])]
            refused = _refusal(schema, names, places)
            if refused or not rows:
                return {"names": names, "rows": rows, "columns": [], **refused}, []
            head: dict[str, Any] = {"names": names, "rows": rows, "columns": []}
            codes = []
            for place in places:
                column = file.read(columns=[schema.names[place]], use_threads=False).column(0)
                values, column_codes = _distinct(column)
                codes.append(column_codes)
                head["columns"].append({"name": names[place], "values": values, "missing": []})
            return head, codes
    except pa.ArrowMemoryError:
        raise MemoryError from None
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        return {"problem": (str(error).splitlines() or ["it is damaged"])[0]}, []


def _refusal(schema: pyarrow.Schema, names: list[str], places: list[int]) -> dict[str, str]:
    """The first wanted column that cannot be read, empty where all can."""
    from pyarrow import types

    for place in places:
        name, kind = names[place], _plain_type(schema.types[place])
        if names.count(name) > 1:
            hint = "Write the file again with one name per column."
            return {"problem": "the file has more than one column of this name", "column": name, "hint": hint}
        if types.is_nested(kind):
            hint = "Write each of its parts into a column of its own (flatten it), or leave the column out."
            problem = "the column is nested: its cells are lists or records, not single values"
            return {"problem": problem, "column": name, "hint": hint}
        if types.is_interval(kind):
            hint = "Write it as text, or as a number of days or seconds."
            return {"problem": f"values of the type {kind} cannot be read", "column": name, "hint": hint}
    return {}


def _plain_type(kind: pyarrow.DataType) -> pyarrow.DataType:
    """The type of the values themselves: of categories, or of what an extension type stores."""
    kind = getattr(kind, "storage_type", kind)
    return getattr(kind, "value_type", kind) if str(kind).startswith("dictionary") else kind


def _distinct(column: pyarrow.ChunkedArray) -> tuple[list[Any], array.array]:
    """The distinct cells of a column as JSON, in order of first appearance, and the code of each row."""
    encoded = _plain(column).combine_chunks().dictionary_encode(null_encoding="encode")
    codes = array.array("i", encoded.indices.to_numpy(zero_copy_only=False).astype("int32").tobytes())
    return [written(_cell(value)) for value in encoded.dictionary.to_pylist()], codes


def _plain(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """A column without categories, zones of time, and what is finer than a microsecond."""
    import pyarrow as pa
    from pyarrow import compute, types

    if isinstance(column.type, pa.BaseExtensionType):
        column = column.cast(column.type.storage_type)
    kind = _plain_type(column.type)
    if kind != column.type:
        column = column.cast(kind)
    if types.is_timestamp(kind):
        local = compute.local_timestamp(column) if kind.tz else column
        return local.cast(pa.timestamp("us"), safe=False)
    if types.is_time64(kind):
        return column.cast(pa.time64("us"), safe=False)
    if types.is_duration(kind):
        seconds = column.cast(pa.duration("us"), safe=False).cast(pa.int64()).cast(pa.float64())
        return compute.divide(seconds, 1e6)
    if types.is_float16(kind) or types.is_float32(kind):
        # 0.1 in single precision stands for 0.1, not for 0.10000000149
        return column.cast(pa.string()).cast(pa.float64())
    if types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind):
        return column.cast(pa.binary()).cast(pa.string())
    return column


def _cell(value: Any) -> Any:
    """A value as ``written`` takes it: truth as text, and numbers as text that no float holds."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) > LARGEST_WHOLE else value
    if isinstance(value, Decimal):
        return float(value) if Decimal(repr(float(value))) == value else str(value)
    return None if value != value else value


FORMAT = Format("parquet", read, suffixes=(".parquet", ".pq"))

if __name__ == "__main__":
    answer(_decode)
