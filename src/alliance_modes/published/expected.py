"""Published numbers: which quantity of which table, the number as printed, and how near it must be.

``expected.csv`` has a row per number. A quantity is a cell of a table of results, named by the table, its
column and the key of its row: ``estimates.estimate{model=completion, term=educative, level=between}``. Keys
that tell nothing apart may be left out.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from alliance_modes.ground.errors import ConfigurationError, Problem
from alliance_modes.ground.files import whole_file

COLUMNS = ("quantity", "value", "digits", "tolerance", "where")
QUANTITY = re.compile(r"(?P<table>[a-z_]+)\.(?P<column>[A-Za-z0-9_]+)(?:\{(?P<keys>.*)\})?")
NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
WHOLE = re.compile(r"-?[0-9]{1,3}")
BEYOND = "beyond"
"""Where the cells of a row are kept that no column names."""

DIGITS = range(-9, 31)
"""Decimals in which a number may have been printed; below zero it was rounded to tens, hundreds and so on."""

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
        slack = 1e-12 * max(abs(self.value), abs(found))
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
    pairs = [one.partition("=") for one in re.split(r",\s*(?=[a-z_]+\s*=)", found["keys"] or "") if one]
    if any(not equals for _, equals, _ in pairs):
        raise ValueError("each key is written key=value")
    keys = {key.strip(): value.strip() for key, _, value in pairs}
    if len(keys) < len(pairs):
        raise ValueError("a key is given twice")
    return Quantity(found["table"], found["column"], keys)


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
    rows = csv.DictReader(io.StringIO(_text_of(path)), restkey=BEYOND, strict=True)
    try:
        if tuple(rows.fieldnames or ()) != COLUMNS:
            hint = "Cells are separated by commas. alliance-modes freeze writes such a file."
            raise ConfigurationError(str(path), [Problem(f"its columns must be {', '.join(COLUMNS)}", hint)])
        for row in rows:
            try:
                found.append(_expected(row))
            except ValueError as error:
                problems.append(Problem(f"row {rows.line_num}: {error}", file=name))
    except csv.Error as error:
        problems.append(Problem(f"row {rows.line_num}: it is not CSV: {error}", file=name))
    if not found and not problems:
        problems.append(Problem("it names no number", file=name))
    if problems:
        raise ConfigurationError(str(path), problems)
    return found


def _text_of(path: str | Path) -> str:
    try:
        return Path(path).read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        hint = "Save it again as CSV UTF-8."
        raise ConfigurationError(str(path), [Problem("the file is not UTF-8 text", hint)]) from None


def _expected(row: Mapping[str, str | None]) -> Expected:
    if BEYOND in row:
        raise ValueError(f"it has more than {len(COLUMNS)} cells; a quantity with commas stands in quotes")
    quantity, value, digits, tolerance, where = ((row[name] or "").strip() for name in COLUMNS)
    if digits and tolerance:
        raise ValueError("give digits or a tolerance, not both")
    reach = _number("tolerance", tolerance) if tolerance else None
    if reach is not None and reach < 0:
        raise ValueError("a tolerance is zero or more")
    return Expected(quantity_of(quantity), _number("value", value), _decimals(digits), reach, where)


def _number(name: str, text: str) -> float:
    """A finite number as Python, R and English spreadsheets write it."""
    if not NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        said = f'{name} "{text}" is no number'
        raise ValueError(f"{said}: write it with a decimal point, and nothing between thousands")
    return float(text)


def _decimals(text: str) -> int | None:
    if not text:
        return None
    if not WHOLE.fullmatch(text) or int(text) not in DIGITS:
        raise ValueError(f'digits "{text}" is no whole number from {DIGITS.start} to {DIGITS.stop - 1}')
    return int(text)


def write_expected(numbers: Iterable[Expected], path: str | Path) -> None:
    """Write ``expected.csv``, numbers in full precision."""
    with whole_file(path) as draft, draft.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        for one in numbers:
            reach = "" if one.tolerance is None else f"{one.tolerance:.6g}"
            digits = "" if one.digits is None else one.digits
            writer.writerow([str(one.quantity), repr(one.value), digits, reach, one.where])
