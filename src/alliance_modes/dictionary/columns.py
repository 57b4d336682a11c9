"""What one column holds, and the check of a whole table against its columns."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from alliance_modes.domain import Source
from alliance_modes.ground.errors import Problem
from alliance_modes.ground.yaml_models import Closed

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from pandera.pandas import Check, DataFrameSchema

ColumnType = Literal["identifier", "label", "integer", "number", "boolean", "date", "category"]

DTYPES: Mapping[str, str] = {
    "identifier": "str",
    "label": "str",
    "category": "str",
    "integer": "Int64",
    "number": "float64",
    "boolean": "boolean",
    "date": "datetime64[us]",
}
"""pandas dtype of each column type. Items are ``float64`` (missing = NaN)."""

TEXTS = ("identifier", "label", "category")
"""Types whose values are text; an empty text counts as missing."""

ROUNDING = 1e-9
"""How far a computed number may lie outside its range, by rounding."""

SHOWN_VALUES = 5
"""Values that one broken rule lists at most."""


class Column(Closed):
    """One column: its type, its meaning, and the values that it may have.

    ``low`` and ``high`` are inclusive, ``values`` is the closed list of a category, and ``filled``
    says that every row has a value. ``told_by`` is who tells it, where that is not the records of the
    programme (``unknown``: somebody's judgement, and the data do not say whose).
    """

    type: ColumnType
    meaning: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    values: tuple[str, ...] = ()
    filled: bool = False
    told_by: Source | Literal["unknown"] | None = None

    @property
    def dtype(self) -> str:
        """The pandas dtype."""
        return DTYPES[self.type]


@dataclass(frozen=True)
class Place:
    """How the problems of a table name it: its file, its name, and the number of each row."""

    file: str
    table: str
    numbers: Callable[[np.ndarray], Iterable[int]]

    def problem(
        self, message: str, hint: str = "", column: str = "", where: np.ndarray | None = None
    ) -> Problem:
        """A problem of the table; ``where`` (boolean) says which rows it is of."""
        rows = () if where is None else tuple(int(row) for row in self.numbers(where.nonzero()[0]))
        return Problem(message, hint, self.file, self.table, column, rows=rows)


def layout_problems(
    present: Sequence[str], expected: Sequence[str], unknown: Sequence[str], place: Place
) -> Iterator[Problem]:
    """Columns that are missing, stand twice, are not of the table, or are out of order."""
    times = Counter(present)
    for column in expected:
        if times[column] != 1:
            how = "is missing" if column not in times else "stands twice"
            yield place.problem(f"the column {how}", "Write the table with all of its columns.", column)
    for column in unknown:
        near = difflib.get_close_matches(column, expected, n=1)
        hint = f'Did you mean "{near[0]}"?' if near else "Remove it."
        yield place.problem("this is not a column of the table", hint, column)
    if sorted(present) == sorted(expected) and list(present) != list(expected):
        yield place.problem("the columns are out of order", f"Expected: {', '.join(expected)}.")


def dtype_problems(table: pd.DataFrame, columns: Mapping[str, Column], place: Place) -> Iterator[Problem]:
    """Columns whose dtype is another; nanoseconds are not microseconds."""
    for name, column in columns.items():
        found = table[name].dtype
        if str(found) != column.dtype:
            hint = f"Convert the column to {column.dtype}."
            yield place.problem(f"the dtype is {found}, not {column.dtype}", hint, name)


def value_problems(table: pd.DataFrame, columns: Mapping[str, Column], place: Place) -> Iterator[Problem]:
    """Values missing where there must be one, outside the range, or not on the closed list.

    pandera finds them, all at once; a missing value breaks no rule but that every row has one. It is not
    asked where every column keeps its rules at a first look, which takes a fifth of the time.
    """
    if all(keeps_rules(table[name], column) for name, column in columns.items()):
        return
    import numpy as np
    from pandera.errors import SchemaErrors

    try:
        # in place: nothing is converted or filled in, so that a copy would be of no use
        _schema(columns).validate(table.reset_index(drop=True), lazy=True, inplace=True)
    except SchemaErrors as error:
        found = error.failure_cases
        for (name, rule), cases in found.groupby(["column", "check"], sort=False):
            broken = np.zeros(len(table), dtype=bool)
            broken[cases["index"].to_numpy(dtype="int64")] = True
            secret = columns[name].type == "identifier"
            shown = "" if secret else f" ({_some(table[name][broken])})"
            yield place.problem(f"values break the rule {rule}{shown}", "", str(name), broken)


def keeps_rules(values: pd.Series, column: Column) -> bool:
    """Whether every value keeps the rules of its column, by its least, its largest and its distinct values.

    False as well where that does not tell: a range of what is no number, a list of what is no text.
    """
    if column.filled and values.hasnans:
        return False
    ranged = column.low is not None or column.high is not None
    if column.type in TEXTS:
        if column.values:
            allowed = column.values if column.filled else (*column.values, "")
            return not ranged and set(allowed).issuperset(values.dropna().unique())
        return not ranged and not (column.filled and values.eq("").any())
    if column.values or (ranged and column.type not in ("integer", "number")):
        return False
    if not ranged or values.isna().all():
        return True
    enough = column.low is None or values.min() >= column.low
    return bool(enough and (column.high is None or values.max() <= column.high))


def _schema(columns: Mapping[str, Column]) -> DataFrameSchema:
    import pandera.pandas as pa

    checked = {name: list(_checks(column)) for name, column in columns.items()}
    return pa.DataFrameSchema(
        {name: pa.Column(checks=checks, nullable=True) for name, checks in checked.items() if checks}
    )


def _checks(column: Column) -> Iterator[Check]:
    from pandera.pandas import Check

    if column.filled:
        yield Check(lambda values: ~_blank(values, column), ignore_na=False, error="a value in every row")
    if column.low is not None:
        yield Check.ge(column.low, error=f"at least {column.low:g}")
    if column.high is not None:
        yield Check.le(column.high, error=f"at most {column.high:g}")
    if column.values:
        yield Check.isin([*column.values, ""], error=f"one of {', '.join(column.values)}")


def key_problems(table: pd.DataFrame, key: Sequence[str], place: Place) -> Iterator[Problem]:
    """Rows that the key does not tell apart."""
    if key and (again := table.duplicated(list(key)).to_numpy()).any():
        hint = "Every row must have values of these columns that no other row has."
        yield place.problem(f"rows repeat another in {', '.join(key)}", hint, where=again)


def _blank(values: pd.Series, column: Column) -> pd.Series:
    return values.isna() | values.eq("").fillna(False).astype(bool) if column.type in TEXTS else values.isna()


def _some(values: pd.Series) -> str:
    return ", ".join(str(value) for value in values.drop_duplicates().iloc[:SHOWN_VALUES])
