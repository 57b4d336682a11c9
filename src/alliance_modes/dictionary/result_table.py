"""Tables that rules write: each knows its file, grain and columns, and is written and read by them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from alliance_modes.dictionary.columns import (
    Column,
    Place,
    dtype_problems,
    key_problems,
    layout_problems,
    value_problems,
)
from alliance_modes.ground.errors import Problem, TableError
from alliance_modes.ground.files import (
    parquet_columns,
    parquet_in_parts,
    parquet_parts,
    read_csv_header,
    read_parquet,
    read_typed_csv,
    write_csv,
    write_parquet,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

HOLDER = re.compile(r"<([a-z]+)>")
"""What stands for a name in a pattern of columns: ``<scale>`` in ``<scale>_prorated``."""

NAME = "[a-z][a-z0-9_]*"
Rows = Literal["none or more", "one or more"]
ROWS_AT_ONCE = 200_000


@dataclass(frozen=True)
class ResultTable:
    """One table that a rule writes.

    Parameters
    ----------
    name, file : str
        Its name within its stage, and where it lies, with ``{cohort}`` in the path.
    rule : str
        The rule that writes it.
    section, title, meaning : str
        Where a reader finds it, and what it is called and holds.
    grain : str
        What one row is.
    key : tuple of str
        Columns that tell its rows apart; none where nothing does.
    rows : str
        Whether it may have no rows.
    columns : mapping
        Its columns in order. A name such as ``<scale>_prorated`` is a pattern, and stands for one
        column of each name that takes the place of ``<scale>``; patterns that follow one another
        are repeated together.
    of_people : bool
        Whether it names single people, by an id of the analysis: such a table is read where it lies alone.
    """

    name: str
    file: str
    rule: str
    section: str
    title: str
    meaning: str
    grain: str
    key: tuple[str, ...]
    rows: Rows
    columns: Mapping[str, Column] = field(repr=False)
    of_people: bool = False

    @cached_property
    def fixed(self) -> dict[str, Column]:
        """The columns that are no patterns."""
        return {name: column for name, column in self.columns.items() if not HOLDER.search(name)}

    @cached_property
    def patterns(self) -> dict[str, re.Pattern[str]]:
        """The patterns of columns, those with most letters of their own first."""
        found = {}
        for name in sorted(set(self.columns) - set(self.fixed), key=lambda key: -len(HOLDER.sub("", key))):
            found[name] = re.compile(HOLDER.sub(rf"(?P<\1>{NAME})", name))
        return found

    def declared(self, present: Sequence[str]) -> tuple[dict[str, Column], list[str]]:
        """The columns that a table with the columns ``present`` should have, and those it should not.

        Patterns are filled in with the names found in ``present``, in their order there.
        """
        stands, unknown = {}, []
        for name in dict.fromkeys(present):
            if name not in self.fixed:
                pattern = self._pattern_of(name)
                if pattern is None:
                    unknown.append(name)
                else:
                    stands[name] = pattern
        expected: dict[str, Column] = {}
        for run in self._runs():
            filled = self._filled(run, stands) if run[0] in self.patterns else None
            expected |= {name: self.columns[name] for name in run} if filled is None else filled
        return expected, unknown

    def chosen(self, present: Iterable[str], only: Collection[str]) -> list[str]:
        """The columns among ``present`` that ``only`` names, by themselves or by their pattern."""
        return [
            name
            for name in present
            if name in only or (name not in self.fixed and self._pattern_of(name) in only)
        ]

    def with_names(self, **names: Sequence[str]) -> dict[str, Column]:
        """Every column in order, each pattern repeated for the ``names`` of its one holder."""
        expected: dict[str, Column] = {}
        for run in self._runs():
            if run[0] not in self.patterns:
                expected |= {name: self.columns[name] for name in run}
                continue
            (holder,) = set(HOLDER.findall(" ".join(run)))
            expected |= {
                _with(pattern, {holder: name}): self.columns[pattern]
                for name in names[holder]
                for pattern in run
            }
        return expected

    def typed(self, table: pd.DataFrame) -> pd.DataFrame:
        """``table`` with the columns of this one in order, absent ones missing, in their dtypes."""
        expected, _ = self.declared([str(name) for name in table.columns])
        given = table.reindex(columns=list(expected))
        others = {name: one.dtype for name, one in expected.items() if str(given[name].dtype) != one.dtype}
        return given.astype(others) if others else given

    def from_rows(self, rows: Iterable[Mapping[str, object]]) -> pd.DataFrame:
        """The table of these rows; what a row does not name is missing in it."""
        import pandas as pd

        return self.typed(pd.DataFrame(list(rows), columns=list(self.columns)))

    def empty(self) -> pd.DataFrame:
        """The table without rows, and without columns of patterns."""
        import pandas as pd

        return pd.DataFrame({name: pd.Series(dtype=column.dtype) for name, column in self.fixed.items()})

    def validate(self, table: pd.DataFrame, path: str | Path = "") -> pd.DataFrame:
        """Return ``table`` if it is as the dictionary says.

        Parameters
        ----------
        table : DataFrame
            One row per what ``grain`` says.
        path : path
            Where it lies, or will; shown in the message.

        Raises
        ------
        TableError
            Every failure at once: a column absent, unknown or out of order; another dtype; a value
            outside range or list, or missing where there must be one; rows with the same key; no
            rows where there must be some. Rows are numbered as a spreadsheet shows the file.
        """
        present = [str(name) for name in table.columns]
        expected, unknown = self.declared(present)
        place = self._place(path)
        problems = [*layout_problems(present, list(expected), unknown, place)]
        once = {name: column for name, column in expected.items() if present.count(name) == 1}
        problems += dtype_problems(table, once, place)
        if not problems:
            problems = [*value_problems(table, expected, place), *key_problems(table, self.key, place)]
        if self.rows == "one or more" and not len(table):
            problems.append(place.problem("the table has no rows", "It always has some."))
        self._raise(problems)
        return table

    def write(self, table: pd.DataFrame, path: str | Path) -> None:
        """Validate ``table`` and write it, as Parquet or CSV by the name of the file.

        Raises
        ------
        TableError
            As ``validate``.
        """
        self.validate(table, path)
        write = write_parquet if Path(path).suffix == ".parquet" else write_csv
        write(table, path)

    @contextmanager
    def in_parts(self, path: str | Path) -> Iterator[Callable[[pd.DataFrame], None]]:
        """Give what writes one more part of a Parquet file, so that no more than one has to be held.

        A key is held to within each part alone. All parts have the same columns, and there is at least one;
        it may be without rows.

        Raises
        ------
        TableError
            As ``validate``.
        """
        with parquet_in_parts(path) as add:
            yield lambda part: add(self.validate(part, path))

    def read(
        self, path: str | Path, only: Collection[str] = (), where: Mapping[str, str] = MappingProxyType({})
    ) -> pd.DataFrame:
        """Read and validate what ``write`` wrote: the same columns, dtypes and values.

        Empty texts come back as missing ones, and marks of formulas are taken off.

        Parameters
        ----------
        path : path
        only : collection of str
            Of a Parquet file, the columns (or patterns of columns) that are read, in the order of the table;
            default all. Names that the table has no column of stand for none, and the values of what is left
            out are not looked at.
        where : mapping of str to str
            Of a Parquet file, the value that rows have in these columns; default all rows.

        Raises
        ------
        TableError
            As ``validate``, and for values of a CSV that are not of their column's type.
        """
        if only:
            some = self._some(only, path)
            return some.validate(read_parquet(path, tuple(some.columns), where), path)
        if Path(path).suffix == ".parquet":
            return self.validate(read_parquet(path, where=where), path)
        header = read_csv_header(path)
        expected, unknown = self.declared(header)
        place = self._place(path)
        self._raise([*layout_problems(header, list(expected), unknown, place)])
        dtypes = {name: column.dtype for name, column in expected.items()}
        try:
            table = read_typed_csv(path, dtypes)
        except (ValueError, TypeError):
            self._raise(list(_not_of_their_type(path, expected, place)))
            raise
        return self.validate(table, path)

    def read_parts(self, path: str | Path, only: Collection[str]) -> Iterator[pd.DataFrame]:
        """Some columns of a Parquet file, ``ROWS_AT_ONCE`` rows at a time; see ``read``.

        A key is held to within each part alone.

        Raises
        ------
        TableError
            As ``read``.
        """
        some = self._some(only, path)
        for part in parquet_parts(path, tuple(some.columns), ROWS_AT_ONCE):
            yield some.validate(part, path)

    def _some(self, only: Collection[str], path: str | Path) -> ResultTable:
        """The same table with some of its columns alone; its key counts where all of it is among them."""
        header = parquet_columns(path)
        expected, unknown = self.declared(header)
        self._raise([*layout_problems(header, list(expected), unknown, self._place(path))])
        chosen = self.chosen(header, only)
        columns = {name: column for name, column in expected.items() if name in chosen}
        key = self.key if set(self.key) <= set(columns) else ()
        return replace(self, columns=columns, key=key)

    def together(self, paths: Iterable[str | Path]) -> pd.DataFrame:
        """The rows of several files of this table, one below the other; see ``read``."""
        import pandas as pd

        parts = [self.read(path) for path in paths]
        return self.typed(pd.concat(parts, ignore_index=True)) if parts else self.empty()

    def _runs(self) -> Iterator[tuple[str, ...]]:
        """The columns in order, those that are patterns and those that are not in turn."""
        for _, run in groupby(self.columns, key=lambda key: key in self.patterns):
            yield tuple(run)

    def _pattern_of(self, name: str) -> str | None:
        return next((key for key, pattern in self.patterns.items() if pattern.fullmatch(name)), None)

    def _filled(self, patterns: tuple[str, ...], stands: Mapping[str, str]) -> dict[str, Column]:
        """The columns of a run of patterns for every set of names that is there."""
        sets = {}
        for name, pattern in stands.items():
            if pattern in patterns and (match := self.patterns[pattern].fullmatch(name)):
                sets[tuple(sorted(match.groupdict().items()))] = match.groupdict()
        return {
            _with(pattern, found): self.columns[pattern] for found in sets.values() for pattern in patterns
        }

    def _place(self, path: str | Path) -> Place:
        first = 1 if Path(path or self.file).suffix == ".parquet" else 2

        def numbers(rows: np.ndarray) -> np.ndarray:
            return rows + first

        return Place(str(path or self.file), self.name, numbers)

    def _raise(self, problems: Sequence[Problem]) -> None:
        if problems:
            raise TableError(f"table {self.name}", problems)


def _with(pattern: str, names: Mapping[str, str]) -> str:
    for holder, name in names.items():
        pattern = pattern.replace(f"<{holder}>", name)
    return pattern


def _not_of_their_type(path: str | Path, columns: Mapping[str, Column], place: Place) -> Iterator[Problem]:
    """Every column of a CSV with values that its type does not allow."""
    import pandas as pd

    texts = read_typed_csv(path, dict.fromkeys(columns, "str"))
    for name, column in columns.items():
        if column.type in ("integer", "number"):
            given = texts[name].notna()
            read = pd.to_numeric(texts[name], errors="coerce")
            wrong = given & (read.isna() | ((read % 1 != 0) if column.type == "integer" else False))
        elif column.type == "boolean":
            wrong = texts[name].notna() & ~texts[name].isin(["True", "False"])
        elif column.type == "date":
            wrong = texts[name].notna() & pd.to_datetime(texts[name], errors="coerce").isna()
        else:
            continue
        if wrong.any():
            some = ", ".join(texts.loc[wrong, name].drop_duplicates().iloc[:3])
            message = f"values are no {column.type} ({some})"
            yield place.problem(message, "", name, wrong.to_numpy(dtype=bool))


def read_each(
    declared: Mapping[str, ResultTable],
    paths: Iterable[str | Path],
    only: Mapping[str, Collection[str]] = MappingProxyType({}),
) -> dict[str, pd.DataFrame]:
    """Read every file of ``paths``; the tables by the names of their files.

    Of a Parquet file that ``only`` names, these columns alone.

    Raises
    ------
    TableError
        As ``ResultTable.read``.
    """
    return {
        Path(path).stem: declared[Path(path).stem].read(path, only.get(Path(path).stem, ())) for path in paths
    }


def write_each(
    declared: Mapping[str, ResultTable], found: Mapping[str, pd.DataFrame], paths: Iterable[str | Path]
) -> None:
    """Write every table of ``declared`` that ``paths`` has a file for, by the name of the file.

    Raises
    ------
    TableError
        As ``ResultTable.validate``.
    """
    for path in paths:
        name = Path(path).stem
        if name in declared:
            declared[name].write(found[name], path)
