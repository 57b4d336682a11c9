"""Published numbers: which quantity of which table, the number as printed, and how near it must be.

``expected.csv`` has a row per number. A quantity is a cell of a table of results, named by the table, its
column and the key of its row: ``estimates.estimate{model=completion, term=educative, level=between}``. Keys
that tell nothing apart may be left out.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.ground.files import whole_file

COLUMNS = ("quantity", "value", "digits", "tolerance", "where")
QUANTITY = re.compile(r"(?P<table>[a-z_]+)\.(?P<column>[A-Za-z0-9_]+)(?:\{(?P<keys>.*)\})?")
NEAR = 1e-6
"""Relative distance within which a frozen number is the same: machines may differ in its last digits."""


@dataclass(frozen=True)
class Quantity:
    """One cell of a table of results.

    Parameters
    ----------
    table, column : str
        As ``docs/tables.md`` names them.
    keys : mapping
        Values of key columns that tell its row from others.
    """

    table: str
    column: str
    keys: Mapping[str, str]

    def __str__(self) -> str:
        inside = ", ".join(f"{key}={value}" for key, value in self.keys.items())
        return f"{self.table}.{self.column}" + (f"{{{inside}}}" if inside else "")


@dataclass(frozen=True)
class Expected:
    """One published number.

    Parameters
    ----------
    quantity : Quantity
    value : float
    digits : int, optional
        Decimals with which it was printed: a number that rounds to it is the same.
    tolerance : float, optional
        How far another may lie from it, in its own unit.
    where : str
        Where it was published.
    """

    quantity: Quantity
    value: float
    digits: int | None = None
    tolerance: float | None = None
    where: str = ""

    @property
    def reach(self) -> float:
        """How far from the published number another is still the same."""
        if self.tolerance is not None:
            return self.tolerance
        return 0.0 if self.digits is None else 0.5 * 10.0**-self.digits

    def is_met_by(self, found: float) -> bool:
        """Whether a number is the published one, as precisely as that was told."""
        slack = 1e-12 * max(abs(self.value), abs(found), 1.0)
        return abs(found - self.value) <= self.reach + slack


def quantity_of(text: str) -> Quantity:
    """Read a quantity as ``expected.csv`` names it.

    Raises
    ------
    ValueError
        It is not written like one.
    """
    found = QUANTITY.fullmatch(text.strip())
    if not found:
        raise ValueError("write table.column{key=value, key=value}")
    pairs = [one.partition("=") for one in re.split(r",\s*(?=[a-z_]+=)", found["keys"] or "") if one]
    if any(not equals for _, equals, _ in pairs):
        raise ValueError("each key is written key=value")
    return Quantity(found["table"], found["column"], {key.strip(): value for key, _, value in pairs})


def read_expected(path: str | Path) -> list[Expected]:
    """Read ``expected.csv``.

    Raises
    ------
    ConfigurationError
        It is not there, lacks a column, or rows cannot be read: all that is wrong at once.
    """
    name, problems, found = Path(path).name, [], []
    if not Path(path).is_file():
        raise ConfigurationError(str(path), [Problem("there is no such file")])
    with open(path, encoding="utf-8", newline="") as stream:
        rows = csv.DictReader(stream)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            hint = "alliance-modes freeze writes such a file."
            raise ConfigurationError(str(path), [Problem(f"its columns must be {', '.join(COLUMNS)}", hint)])
        for row in rows:
            try:
                found.append(_expected(row))
            except ValueError as error:
                problems.append(Problem(f"row {rows.line_num}: {error}", file=name))
    if not found and not problems:
        problems.append(Problem("it names no number", file=name))
    if problems:
        raise ConfigurationError(str(path), problems)
    return found


def _expected(row: Mapping[str, str]) -> Expected:
    value = float(row["value"])
    if not math.isfinite(value):
        raise ValueError(f"{row['value']} is no number")
    if row["digits"] and row["tolerance"]:
        raise ValueError("give digits or a tolerance, not both")
    digits = int(row["digits"]) if row["digits"] else None
    tolerance = float(row["tolerance"]) if row["tolerance"] else None
    if tolerance is not None and not tolerance >= 0:
        raise ValueError("a tolerance is zero or more")
    return Expected(quantity_of(row["quantity"]), value, digits, tolerance, row["where"])


def write_expected(numbers: Iterable[Expected], path: str | Path) -> None:
    """Write ``expected.csv``, numbers in full precision."""
    with whole_file(path) as draft, draft.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        for one in numbers:
            reach = "" if one.tolerance is None else f"{one.tolerance:.6g}"
            digits = "" if one.digits is None else one.digits
            writer.writerow([str(one.quantity), repr(one.value), digits, reach, one.where])
