"""A large table as CSV, a column at a time: the bytes that pandas writes a cell at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

FEWEST_ROWS = 20_000
"""Rows below which nothing is gained."""

ROWS_AT_ONCE = 100_000
QUOTED = '[",\n\r]'
PLAIN = ("Int64", "Float64", "boolean")


def by_column(table: pd.DataFrame) -> bool:
    """Whether ``csv_bytes`` can write this table, and would be quicker.

    Texts, numbers, truth values and days; columns of other types or of times of day are left to pandas.
    """
    return (
        len(table) >= FEWEST_ROWS and table.shape[1] > 1 and all(map(_known, table.columns, _series(table)))
    )


def csv_bytes(table: pd.DataFrame) -> Iterator[bytes | memoryview]:
    """The table without its index as UTF-8 with Unix line ends, quoted where needed, in parts.

    Parameters
    ----------
    table : DataFrame
        One for which ``by_column`` is true.

    Notes
    -----
    Equal to ``table.to_csv(index=False, lineterminator="\\n")`` byte for byte. Every different number or day
    is formatted once, by pandas; fields are joined by Arrow, in a third to a fifth of the time.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    yield table.iloc[:0].to_csv(index=False, lineterminator="\n").encode()
    for first in range(0, len(table), ROWS_AT_ONCE):
        part = table.iloc[first : first + ROWS_AT_ONCE]
        fields = [_fields(column) for column in _series(part)]
        fields[-1] = pc.binary_join_element_wise(fields[-1], "", "\n")
        lines = pc.binary_join_element_wise(*fields, ",")
        for chunk in lines.chunks if isinstance(lines, pa.ChunkedArray) else [lines]:
            _, ends, data = chunk.buffers()
            bounds = np.frombuffer(ends, dtype=np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
            yield memoryview(data)[bounds[0] : bounds[-1]]


def _series(table: pd.DataFrame) -> Iterator[pd.Series]:
    return (table.iloc[:, place] for place in range(table.shape[1]))


def _known(name: object, column: pd.Series) -> bool:
    import pandas as pd

    if not isinstance(name, str):
        return False
    dtype = column.dtype
    if isinstance(dtype, pd.StringDtype) or str(dtype) in PLAIN:
        return True
    if isinstance(dtype, np.dtype) and dtype.kind == "M":
        return bool((column.dt.normalize() == column)[column.notna()].all())
    return isinstance(dtype, np.dtype) and dtype.kind in "iubf"


def _fields(column: pd.Series) -> pa.Array:
    """The text of each cell, in quotation marks where it needs them; empty where it is missing."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    if isinstance(column.dtype, pd.StringDtype):
        texts = pa.array(column, type=pa.string())
        doubled = pc.replace_substring(texts, '"', '""')
        quoted = pc.binary_join_element_wise('"', doubled, '"', "")
        return pc.fill_null(pc.if_else(pc.match_substring_regex(texts, QUOTED), quoted, texts), "")
    below_zero = _negative_zeros(column)
    codes, different = pd.factorize(column if below_zero is None else column + 0.0)
    listed = pd.DataFrame({"value": different}).to_csv(index=False, header=False, lineterminator="\n")
    texts = pa.array(listed.split("\n")[:-1], type=pa.string())
    texts = pc.fill_null(texts.take(pa.array(codes, mask=codes < 0)), "")
    return texts if below_zero is None else pc.if_else(pa.array(below_zero), "-0.0", texts)


def _negative_zeros(column: pd.Series) -> np.ndarray | None:
    """Where -0.0 stands, which is one value with 0.0 but is written otherwise; None where nowhere."""
    if not isinstance(column.dtype, np.dtype) or column.dtype.kind != "f":
        return None
    values = column.to_numpy()
    found = np.signbit(values) & (values == 0.0)
    return found if found.any() else None
