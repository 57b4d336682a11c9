"""Writing whole files or none: every output goes to a temporary name and is renamed."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


FORMULA = r"'*[=+\-@\t\r\n＝＋－＠]"
"""How a text begins that a spreadsheet would compute, or that would read back as one that was marked."""

MARKED = re.compile(rf"\A'(?={FORMULA})")
FIRST_SIGNS = frozenset("'=+-@\t\r\n＝＋－＠")
"""With one of these, every text begins that ``FORMULA`` finds."""

ROWS_OF_A_GROUP = 200_000
"""Rows of a table that a Parquet file holds together."""

FEW_ROWS = 5_000
"""Rows up to which texts are looked at one by one, which takes a fifth of the time there."""

NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)*(?:[eE][+-]?[0-9]+)?")
"""A text that a spreadsheet can only take for a number; it is left as it is."""


@contextmanager
def whole_file(path: str | Path, lasting: bool = False) -> Iterator[Path]:
    """Give a temporary path beside ``path``; rename it to ``path`` when the block succeeds.

    The temporary name keeps the suffix, so that writers which look at it still work. When the
    block raises, the temporary file is removed and ``path`` is left as it was. With ``lasting`` it is on the
    disk, and will be there after a power cut, when this ends: for what cannot be made again.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.stem}.{os.getpid()}.part{target.suffix}")
    try:
        yield temporary
        if lasting:
            _to_disk(temporary)
        os.replace(temporary, target)
        if lasting:
            _to_disk(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """Give a temporary folder beside ``path``; put it in the place of ``path`` when the block succeeds.

    When the block raises, the temporary folder is removed and ``path`` is left as it was.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary, before = (
        target.with_name(f".{target.name}.{os.getpid()}.{end}") for end in ("part", "old.part")
    )
    for left in (temporary, before):
        shutil.rmtree(left, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
        if target.exists():
            os.replace(target, before)
        os.replace(temporary, target)
    finally:
        for left in (temporary, before):
            shutil.rmtree(left, ignore_errors=True)


def write_text(text: str, path: str | Path, lasting: bool = False) -> None:
    """Write ``text`` as UTF-8 with Unix line ends, whole or not at all; see ``whole_file``."""
    with whole_file(path, lasting) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_bytes(content: bytes, path: str | Path) -> None:
    """Write a document whole."""
    with whole_file(path) as draft:
        draft.write_bytes(content)


def write_json(value: Any, path: str | Path) -> None:
    """Write ``value`` as indented JSON; floats in full precision, NaN refused."""
    write_text(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n", path)


def read_json(path: str | Path) -> Any:
    """Read JSON as UTF-8."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def write_parquet(table: pd.DataFrame, path: str | Path) -> None:
    """Write ``table`` without its index; the bytes depend on the table alone."""
    with parquet_in_parts(path) as add:
        add(table)


@contextmanager
def parquet_in_parts(path: str | Path) -> Iterator[Callable[[pd.DataFrame], None]]:
    """Give what writes one more part of a table below those before, so that no more than one has to be held.

    The bytes are those of the whole table written at once: rows are put together in groups of
    ``ROWS_OF_A_GROUP``, whatever the parts. Without any part nothing is written, and it is an error.
    """
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    with whole_file(path) as temporary, ExitStack() as opened:
        writers: list[ParquetWriter] = []
        waiting: list[pa.Table] = []

        def write(rows: int) -> None:
            """The first of the rows that wait, as one group."""
            every = pa.concat_tables(waiting)
            writers[0].write_table(every.slice(0, rows).combine_chunks())
            waiting[:] = [every.slice(rows)]

        def add(part: pd.DataFrame) -> None:
            stored = pa.Table.from_pandas(part, preserve_index=False)
            if not writers:
                opened.enter_context(writer := ParquetWriter(temporary, stored.schema, compression="zstd"))
                writers.append(writer)
            waiting.append(stored)
            while sum(map(len, waiting)) >= ROWS_OF_A_GROUP:
                write(ROWS_OF_A_GROUP)

        yield add
        if not writers:
            raise ValueError(f"{path} has no part, so that its columns are not known")
        if left := sum(map(len, waiting)):
            write(left)


def read_parquet(
    path: str | Path, only: Sequence[str] | None = None, where: Mapping[str, str] = MappingProxyType({})
) -> pd.DataFrame:
    """Read a table, or ``only`` some of its columns, or the rows with these values in other columns.

    No more than a column is held twice meanwhile.
    """
    import pandas as pd

    return pd.read_parquet(
        path,
        columns=None if only is None else list(only),
        filters=[(name, "==", value) for name, value in where.items()] or None,
        to_pandas_kwargs={"split_blocks": True, "self_destruct": True},
    )


def parquet_parts(path: str | Path, only: Sequence[str], rows: int) -> Iterator[pd.DataFrame]:
    """Some columns of a table, at most ``rows`` rows at a time; a table without rows is one part."""
    from pyarrow.parquet import ParquetFile

    with ParquetFile(path) as stored:
        if not stored.metadata.num_rows:
            yield stored.read(list(only)).to_pandas()
        for part in stored.iter_batches(rows, columns=list(only)):
            yield part.to_pandas()


def parquet_columns(path: str | Path) -> list[str]:
    """The names of its columns, in order."""
    from pyarrow.parquet import read_schema

    return list(read_schema(path).names)


def write_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write ``table`` as UTF-8 CSV without its index, floats in full precision.

    Notes
    -----
    A text from the raw files can begin with ``=``, ``+``, ``-``, ``@``, a tab or a line break, and a
    spreadsheet would compute it when the file is opened. Such a text gets an apostrophe in front
    (``'=1+1``), which ``read_typed_csv`` takes away; numbers, negative ones too, stay as they are. A
    table with a carriage return inside a text has every text in quotation marks, since not every
    version of Python puts them around that sign.
    """
    from alliance_modes.ground.csv_bytes import by_column, csv_bytes

    returns = any(_has_returns(table[name]) for name in _texts(table))
    quoting = csv.QUOTE_NONNUMERIC if returns else csv.QUOTE_MINIMAL
    safe = _without_formulas(table)
    with whole_file(path) as temporary:
        if not returns and by_column(safe):
            with temporary.open("wb") as stream:
                stream.writelines(csv_bytes(safe))
            return
        safe.to_csv(temporary, index=False, lineterminator="\n", encoding="utf-8", quoting=quoting)


def _without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """``table`` with an apostrophe before every text that a spreadsheet would compute."""
    marked = {}
    for name in _texts(table):
        texts = table[name]
        if len(texts) <= FEW_ROWS and not any(_first_sign(one) in FIRST_SIGNS for one in texts.tolist()):
            continue
        risky = texts.str.match(FORMULA).eq(True)
        if not risky.any():
            continue
        risky &= ~texts.where(risky, "").str.fullmatch(NUMBER.pattern).eq(True)
        if risky.any():
            marked[name] = texts.mask(risky, "'" + texts.where(risky, ""))
    return table.assign(**marked) if marked else table


def _first_sign(value: object) -> str:
    return value[:1] if isinstance(value, str) else ""


def _has_returns(texts: pd.Series) -> bool:
    if len(texts) <= FEW_ROWS:
        return any("\r" in one for one in texts.tolist() if isinstance(one, str))
    return bool(texts.str.contains("\r", regex=False).eq(True).any())


def _texts(table: pd.DataFrame) -> list[str]:
    return [str(name) for name in table.select_dtypes(include=["object", "string"]).columns]


def write_tables(tables: Mapping[str, pd.DataFrame], paths: Iterable[str | Path]) -> None:
    """Write to each of ``paths`` (Parquet) the table of its name."""
    for path in paths:
        write_parquet(tables[Path(path).stem], path)


def read_csv_header(path: str | Path) -> list[str]:
    """Names of the columns of a CSV."""
    with open(path, encoding="utf-8", newline="") as stream:
        return next(csv.reader(stream), [])


def read_typed_csv(path: str | Path, dtypes: Mapping[str, str]) -> pd.DataFrame:
    """Read what ``write_csv`` wrote in these dtypes; marks of formulas are taken off.

    Only an empty field is missing: a text such as ``NA`` stays one.

    Raises
    ------
    ValueError
        A value is not of its column's dtype.
    """
    import pandas as pd

    dates = {name: dtype for name, dtype in dtypes.items() if dtype.startswith("datetime")}
    table = pd.read_csv(
        path, dtype={**dtypes, **dict.fromkeys(dates, "str")}, keep_default_na=False, na_values=[""]
    )
    changed = {name: table[name].astype(dtype) for name, dtype in dates.items()}
    for name in (name for name, dtype in dtypes.items() if dtype == "str"):
        if table[name].str.startswith("'").eq(True).any():
            changed[name] = table[name].str.replace(MARKED.pattern, "", n=1, regex=True)
    return table.assign(**changed) if changed else table


def read_tables(paths: Iterable[str | Path]) -> dict[str, pd.DataFrame]:
    """Read each of ``paths`` (Parquet); the tables by the names of their files."""
    return {Path(path).stem: read_parquet(path) for path in paths}


class StoredTables(Mapping):
    """Tables in Parquet by the names of their files, each read whenever it is looked at and not kept."""

    def __init__(self, paths: Iterable[str | Path]) -> None:
        self._paths = {Path(path).stem: Path(path) for path in paths}

    def __getitem__(self, name: str) -> pd.DataFrame:
        return read_parquet(self._paths[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    def __len__(self) -> int:
        return len(self._paths)

    def __contains__(self, name: object) -> bool:
        return name in self._paths


def sha256(path: str | Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
