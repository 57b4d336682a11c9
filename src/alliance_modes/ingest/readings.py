"""What one raw cell turns out to be: a value, missing with its reason, empty, or a problem."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from types import MappingProxyType

from alliance_modes.ground.errors import shown
from alliance_modes.ingest.dates import date_reading
from alliance_modes.ingest.id_forms import AS_WRITTEN, WrittenForm, lost_digits
from alliance_modes.ingest.reading import EMPTY, Reading, Value, refused
from alliance_modes.readers.header import is_furniture, is_trial
from alliance_modes.readers.raw_table import Cell, cell_text, tidy_text
from alliance_modes.words.pseudonyms import Kind
from alliance_modes.words.pseudonyms import wrong as wrong_pseudonym
from alliance_modes.words.spelling import near_spelling

LONGEST_LABEL = 200
"""Characters of a text that may be a misspelt label."""

SYSTEM_MISSING = "system missing"
DECIMAL_COMMA = "decimal comma"
LABEL = "label"
EMPTY_CELL = "what an empty cell stands for"
UNIT = "unit behind the number"
TIMES = "times a number"
STARTS_AT = "answers start at another number"
REVERSED = "already reversed in the file"

NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
WITH_UNIT = re.compile(r"([+-]?[0-9][0-9.,]*)\s*(\D*)")
DIGITS = 9
"""Decimal places of a number that was multiplied: 0.29 times 100 is 29."""

WHOLE_WITH_POINT = re.compile(r"([+-]?[0-9]+)\.0+")
SPREADSHEET_ERRORS = frozenset(
    {"#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"}
)
TRUTH: Mapping[str, bool] = MappingProxyType({"1": True, "true": True, "0": False, "false": False})

Outside = Callable[[float], tuple[str, str]]


@dataclass(frozen=True)
class Meaning:
    """What the raw cells of one column mean, as ``cohort.yaml`` and the dictionary declare it.

    Parameters
    ----------
    kind : str
        Column type of the dictionary, or ``item``.
    low, high : float, optional
        Inclusive range of a number.
    whole : bool
        Whether only whole numbers are valid.
    values : tuple of str
        The closed list of a category.
    labels : mapping of str to Value
        Raw text and the value that it stands for.
    missing : mapping of str to str
        Raw code and reason, the most specific declaration having replaced the others.
    decimal : {'.', ','}
        Decimal sign of numbers held as text.
    date_formats : tuple of str
        Formats of dates held as text, in order of preference.
    time_zone : str
        Zone whose day is meant where a time has a zone; '' for the day as written.
    outside : callable, optional
        Gives message and hint for a number outside the range.
    empty : Value, optional
        What an empty cell stands for.
    unit : str
        Word or sign that stands behind the number of a cell.
    times : float, optional
        What the number of a cell is multiplied by.
    shift : float
        What is added to the number of a cell: the answers start at another number than the range.
    turned : bool
        Whether the file holds the item reversed; it is turned back to what was answered.
    form : WrittenForm
        How an id is brought to the form that the other tables have.
    pseudonyms : Kind, optional
        Whose pseudonyms the ids are: one whose check character does not fit is a problem.
    """

    kind: str
    low: float | None = None
    high: float | None = None
    whole: bool = False
    values: tuple[str, ...] = ()
    labels: Mapping[str, Value] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    decimal: str = "."
    date_formats: tuple[str, ...] = ()
    time_zone: str = ""
    outside: Outside | None = None
    empty: Value | None = None
    unit: str = ""
    times: float | None = None
    shift: float = 0.0
    turned: bool = False
    form: WrittenForm = AS_WRITTEN
    pseudonyms: Kind | None = None

    def read(self, cell: Cell, user_missing: Mapping[Cell, str] | None = None) -> Reading:
        """Exactly one of: a value, a reason why it is missing, empty, a problem.

        Notes
        -----
        In this order: a declared label; a declared missing code; a value that the file itself
        declares missing; empty; the value itself. Codes are compared as text, so that ``-99``
        is also found where the file holds -99.0, and a spreadsheet's own date by its ISO day.
        """
        code = code_text(cell_text(cell))
        if isinstance(cell, date) and code not in {*self.labels, *self.missing}:
            code = f"{cell:%Y-%m-%d}"
        if cell is not None and code in self.labels:
            return self._labelled(code)
        if cell is not None and code in self.missing:
            return Reading(missing=self.missing[code])
        if user_missing and cell in user_missing:
            return Reading(missing=user_missing[cell])
        if self.empty is not None and code == "":
            return replace(self.declared(self.empty), rule=EMPTY_CELL)
        if cell is None:
            return Reading(missing=SYSTEM_MISSING)
        return EMPTY if code == "" else self._as_answered(self.value(cell))

    def declared(self, target: Value) -> Reading:
        """A value written in ``cohort.yaml``: what a label stands for, or a constant."""
        written = replace(
            self,
            labels={},
            missing={},
            decimal=".",
            date_formats=("%Y-%m-%d",),
            unit="",
            times=None,
            shift=0.0,
        )
        return written.value(target if isinstance(target, str) else value_text(target))

    def _labelled(self, code: str) -> Reading:
        reading = self.declared(self.labels[code])
        same = reading.value is not None and value_text(reading.value) == code
        return self._as_answered(
            reading if same or reading.problem else Reading(value=reading.value, rule=LABEL)
        )

    def _as_answered(self, reading: Reading) -> Reading:
        """An item that the file holds reversed, turned back: what was answered."""
        if not self.turned or not isinstance(reading.value, float) or self.low is None or self.high is None:
            return reading
        return Reading(value=self.low + self.high - reading.value, rule=REVERSED)

    def value(self, cell: Cell) -> Reading:
        """Read a cell that is not empty and is neither a label nor a missing code."""
        if isinstance(cell, str) and cell.upper() in SPREADSHEET_ERRORS:
            hint = "Mend the formula in the spreadsheet, or declare this text under missing with its reason."
            return refused(f"{cell} is the error of a spreadsheet formula", hint)
        if self.kind == "date":
            return date_reading(cell, self.date_formats, self.time_zone)
        if isinstance(cell, datetime | date | time):
            message = f"a date where {_expected(self.kind)} is expected"
            return refused(
                message, "A spreadsheet may have made a date of it: set the column to text and retype it."
            )
        text = cell_text(cell)
        if self.kind == "identifier" and text.startswith("="):
            hint = "Save the file again with the ids as plain text, not as formulas."
            return refused("an id that is a spreadsheet formula", hint)
        if self.kind == "identifier" and is_furniture(text):
            message = "an id that is the label of a totals line, or says where the table comes from"
            return refused(message, "No record? Say so: leave_out_rows: {row: true}, with the row's number.")
        if self.kind == "identifier" and is_trial(text):
            hint = (
                "Leave the row out: leave_out_rows: {row: true}; in other formats, declare the id under "
                "missing. If it is somebody's after all, say so under labels."
            )
            return refused("an id that says that the record is a test", hint)
        if self.kind == "identifier":
            return lost_digits(cell, text) or self._id(self.form.of(code_text(text)))
        if self.kind == "label":
            return Reading(value=code_text(text))
        if self.kind == "category":
            return self._category(code_text(text))
        if self.kind == "boolean":
            return self._truth(code_text(text))
        return self._number(cell, text)

    def _id(self, text: str) -> Reading:
        why = wrong_pseudonym(text, self.pseudonyms) if self.pseudonyms else ""
        if not why:
            return Reading(value=text)
        hint = (
            "Look up the label on the person's card or list, correct it in the survey tool and export again; "
            "or write the right one under labels, or declare this one under missing with its reason."
        )
        return refused(f"an id that is no pseudonym of a {self.pseudonyms}: {why}", hint)

    def _category(self, text: str) -> Reading:
        if text in self.values:
            return Reading(value=text)
        hint = (
            self._label_hint(text) or f"Declare what it stands for under labels ({', '.join(self.values)})."
        )
        return refused(f'"{shown(text)}" is not one of {", ".join(self.values)}', hint)

    def _truth(self, text: str) -> Reading:
        if text.lower() in TRUTH:
            return Reading(value=TRUTH[text.lower()])
        hint = self._label_hint(text) or f'Declare it under labels, e.g. "{shown(text)}": true.'
        return refused(f'"{shown(text)}" is neither true nor false', hint)

    def _number(self, cell: Cell, text: str) -> Reading:
        comma = self.decimal == "," and isinstance(cell, str)
        if comma and "." in text:
            message = f'"{shown(text)}" has a decimal point, but a decimal comma is declared'
            return refused(message, 'Write every number of the file the same way, or declare decimal: ".".')
        number_text, unit = self._without_unit(text)
        plain = number_text.replace(",", ".") if comma else number_text
        if NUMBER.fullmatch(plain) is None or not math.isfinite(float(plain)):
            return refused(f'"{shown(text)}" is not a number', self._number_hint(text))
        number, changed = self._in_own_units(float(plain))
        if self.whole and not number.is_integer():
            return refused(f"{shown(text)} is not a whole number", "Correct it, or declare it under missing.")
        low, high = self.low, self.high
        if (low is not None and number < low) or (high is not None and number > high):
            return refused(*(self.outside or self._outside)(number))
        rule = changed or unit or (DECIMAL_COMMA if comma and "," in text else "")
        return Reading(value=number + 0.0, rule=rule)

    def _without_unit(self, text: str) -> tuple[str, str]:
        """The number before the declared unit, in the singular or the plural, and the rule."""
        if not self.unit:
            return text, ""
        match = WITH_UNIT.fullmatch(text)
        said = match[2].lower().rstrip("s") if match else ""
        return (match[1], UNIT) if match and said == self.unit.lower().rstrip("s") else (text, "")

    def _in_own_units(self, number: float) -> tuple[float, str]:
        if self.times is not None:
            return round(number * self.times, DIGITS), TIMES
        return (number + self.shift, STARTS_AT) if self.shift else (number, "")

    def _outside(self, number: float) -> tuple[str, str]:
        bounds = [f"at least {self.low:g}" if self.low is not None else ""]
        bounds += [f"at most {self.high:g}" if self.high is not None else ""]
        message = f"{number:g} is out of range ({' and '.join(bound for bound in bounds if bound)})"
        return message, "Correct it, or, if it is a code, declare it under missing with its reason."

    def _number_hint(self, text: str) -> str:
        if self.decimal == "." and NUMBER.fullmatch(text.replace(",", ".")):
            return 'If the comma is a decimal comma, declare decimal: "," for this source.'
        return (
            self._label_hint(text)
            or "Declare it under labels (with its number) or missing (with its reason)."
        )

    def _label_hint(self, text: str) -> str:
        near = near_spelling(text, [*self.labels, *self.missing]) if len(text) <= LONGEST_LABEL else ""
        return f'It is close to the declared "{near}"; declare this spelling too.' if near else ""


def code_text(text: str) -> str:
    """``text`` as codes and ids are compared: trimmed, "12.0" as "12", "007" as it is."""
    text = tidy_text(text)
    whole = WHOLE_WITH_POINT.fullmatch(text)
    return whole.group(1) if whole else text


def value_text(value: Value) -> str:
    """A canonical value as text: true or false, whole numbers without a point, dates in ISO form."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat()
    return cell_text(float(value) if isinstance(value, int) else value)


def _expected(kind: str) -> str:
    names = {"identifier": "an id", "label": "text", "category": "a label", "boolean": "true or false"}
    return names.get(kind, "a number")
