"""Rules of REDCap that one field keeps or breaks by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from alliance_modes.readers.codebooks.redcap_dictionary import box_code
from alliance_modes.simulate.redcap_dictionary import COLUMNS
from alliance_modes.survey.redcap.dictionary import CHOSEN, Field

(
    NAME,
    FORM,
    _,
    KIND,
    LABEL,
    CHOICES,
    _,
    VALIDATION,
    LOW,
    HIGH,
    IDENTIFIER,
    BRANCHING,
    REQUIRED,
    ALIGNMENT,
) = COLUMNS[:14]
MATRIX, RANKING, ANNOTATION = COLUMNS[15:]

Fault = tuple[Field, str, str, str]
"""A field, the column of the dictionary, which rule is broken, and what to do."""

TYPES = (*CHOSEN, "text", "notes", "calc", "file", "descriptive", "slider", "yesno", "truefalse")
SILENT = ("descriptive", "calc", "file")
"""Types of which nothing is chosen or typed."""

LONGEST_NAME, ADVISED_NAME, LONGEST_FORM, LONGEST_CELL = 100, 26, 64, 32_767
"""Signs of a variable at most, and as advised; of a form; of a cell that spreadsheets keep whole."""

RESERVED = (
    "redcap_event_name",
    "redcap_repeat_instrument",
    "redcap_repeat_instance",
    "redcap_data_access_group",
    "redcap_survey_identifier",
    "redcap_survey_timestamp",
    "redcap_survey_return_code",
    "redcap_csrf_token",
    "hidden_edit_flag",
)
WORD = re.compile(r"[a-z][a-z0-9_]*")
CODE = re.compile(r"-?[A-Za-z0-9._-]+")
ALIGNMENTS = ("LV", "LH", "RV", "RH")
DATES = ("date_dmy", "date_mdy", "date_ymd")
DECIMALS = tuple(f"number_{places}dp" for places in (1, 2, 3, 4))
WITH_COMMA = ("number_comma_decimal", *(f"{name}_comma_decimal" for name in DECIMALS))
NUMBERS = ("integer", "number", *DECIMALS, *WITH_COMMA)
TIMES = tuple(
    f"{kind}_{order}" for kind in ("datetime", "datetime_seconds") for order in ("dmy", "mdy", "ymd")
)
LIMITED = (*DATES, *TIMES, *NUMBERS, "time", "time_hh_mm_ss", "time_mm_ss")
VALIDATIONS = (
    *LIMITED,
    *(
        "email",
        "phone",
        "phone_australia",
        "phone_uk",
        "ssn",
        "alpha_only",
        "zipcode",
        "mrn_10d",
        "mrn_generic",
        "vmrn",
    ),
    *(f"postalcode_{place}" for place in ("australia", "canada", "french", "germany", "uk")),
)
SHOWN_AS = {"slider": ("number",), "file": ("signature",), "dropdown": ("autocomplete",)}
"""What else the column of validation may say of fields that are not text."""


def broken_by(field: Field) -> Iterator[Fault]:
    """The rules that a field breaks, whatever the others are."""
    yield from _of_names(field)
    yield from _of_kind(field)
    yield from _of_choices(field)
    yield from _of_validation(field)
    yield from _of_limits(field)
    yield from _of_flags(field)


def _of_names(field: Field) -> Iterator[Fault]:
    name = field.name
    if not WORD.fullmatch(name):
        rule = "a variable has small letters a to z, digits and _ alone, and begins with a letter"
        yield field, NAME, rule, "Rename it before anything is collected; a new name is a new variable."
    elif name.endswith("_") or "__" in name:
        rule = "a variable neither ends with _ nor has two _ in a row: REDCap takes them out"
        yield field, NAME, rule, "Rename it."
    if len(name) > LONGEST_NAME:
        yield (
            field,
            NAME,
            f"a variable has at most {LONGEST_NAME} signs, and this one has {len(name)}",
            "Shorten it.",
        )
    elif len(name) > ADVISED_NAME:
        rule = f"REDCap advises against more than {ADVISED_NAME} signs, and this variable has {len(name)}"
        yield field, NAME, rule, "Shorten it: statistical programs cut longer ones off."
    if name in RESERVED:
        yield field, NAME, "REDCap keeps this name for a column of its own", "Rename it."
    if not WORD.fullmatch(field.form) or len(field.form) > LONGEST_FORM:
        rule = (
            f'"{field.form}" is no name of a form: small letters, digits and _, at most {LONGEST_FORM} signs'
        )
        yield field, FORM, rule, "Rename the form; how it is shown is said in REDCap."
    for column, cell in zip(COLUMNS, field.cells(), strict=True):
        if len(cell) > LONGEST_CELL:
            rule = f"the cell has {len(cell):,} signs, and a spreadsheet keeps {LONGEST_CELL:,}"
            yield field, column, rule, "Shorten it."


def _of_kind(field: Field) -> Iterator[Fault]:
    if field.kind not in TYPES:
        hint = f"There are {', '.join(TYPES)}; sql is the administrators'."
        yield field, KIND, f'"{field.kind}" is no type of field', hint
    if not field.label:
        yield field, LABEL, "a field needs a label", "Say what is asked."


def _of_choices(field: Field) -> Iterator[Fault]:
    if field.kind in (*CHOSEN, "calc") and not field.choices:
        what = "a formula" if field.kind == "calc" else "choices"
        yield field, CHOICES, f"a field of type {field.kind} needs {what}", f"Give it {what}."
    if field.choices and field.kind in TYPES and field.kind not in (*CHOSEN, "calc", "slider"):
        yield (
            field,
            CHOICES,
            f"a field of type {field.kind} has no choices",
            "Remove them, or change its type.",
        )
    if field.kind == "slider" and field.choices.count("|") > 2:
        yield field, CHOICES, "a slider has at most three labels", "Keep those of its ends and its middle."
    codes: dict[str, str] = {}
    for code, label in field.listed():
        if not code and not label:
            yield field, CHOICES, "a choice is empty", 'Remove the "|" that nothing stands behind.'
        elif not CODE.fullmatch(code):
            rule = f'"{code}" is no code: letters, digits, ".", "-" and "_"'
            yield field, CHOICES, rule, 'Write "code, label | code, label"; no label may hold a "|".'
        elif not label:
            yield field, CHOICES, f"the choice {code} has no label", 'Write "code, label".'
        same = box_code(code) if field.kind == "checkbox" else code
        if code and codes.setdefault(same, code) != code:
            rule = f"the boxes {codes[same]} and {code} would be one column, {field.name}___{same}"
            yield field, CHOICES, rule, "Give each a code of its own, small letters counting as capitals."
    listed = [code for code, _ in field.listed() if code]
    for code in sorted({code for code in listed if listed.count(code) > 1}):
        yield field, CHOICES, f"the code {code} stands for two choices", "Give each a code of its own."


def _of_validation(field: Field) -> Iterator[Fault]:
    allowed = SHOWN_AS.get(field.kind, ())
    if field.validation and field.kind != "text" and field.validation not in allowed:
        rule = f"only text is validated, and this field is of type {field.kind}"
        yield field, VALIDATION, rule, "Remove the validation, or change the type."
    if field.kind == "text" and field.validation and field.validation not in VALIDATIONS:
        rule = f'"{field.validation}" is no validation that REDCap comes with'
        yield field, VALIDATION, rule, f"It comes with {', '.join(VALIDATIONS)}."


def _of_limits(field: Field) -> Iterator[Fault]:
    for column, limit in ((LOW, field.low), (HIGH, field.high)):
        if limit and (field.kind != "text" or field.validation not in LIMITED):
            rule = f"{limit} is a limit of a field that has no numbers, dates or times"
            yield field, column, rule, "Remove it, or say what is validated."
    low, high = _value(field, field.low), _value(field, field.high)
    for column, limit, value in ((LOW, field.low, low), (HIGH, field.high, high)):
        if limit and value is None and field.validation in (*NUMBERS, *DATES):
            rule = f'"{limit}" is no limit of {field.validation}'
            yield field, column, rule, "Write numbers as they are typed, and dates as YYYY-MM-DD."
    if low is not None and high is not None and low > high:
        yield (
            field,
            LOW,
            f"the lowest answer, {field.low}, lies above the highest, {field.high}",
            "Exchange them.",
        )


def _value(field: Field, limit: str) -> float | None:
    """A limit as a number (of a date: its day); None where it is none."""
    try:
        if field.validation in DATES:
            return float(date.fromisoformat(limit).toordinal())
        if field.validation in WITH_COMMA:
            return float(limit.replace(",", "."))
        return float(int(limit)) if field.validation == "integer" else float(limit)
    except ValueError:
        return None


def _of_flags(field: Field) -> Iterator[Fault]:
    for column, flag in (
        (IDENTIFIER, field.identifier),
        (REQUIRED, field.required),
        (RANKING, field.ranking),
    ):
        if flag not in ("", "y"):
            yield field, column, f'"{flag}" is neither y nor empty', "Write y, or leave it empty."
    if field.required and field.kind in SILENT:
        rule = f"nobody can answer a field of type {field.kind}, and it is required"
        yield field, REQUIRED, rule, "Leave it empty."
    if field.alignment and field.alignment not in ALIGNMENTS:
        rule = f'"{field.alignment}" is no alignment'
        yield field, ALIGNMENT, rule, f"There are {', '.join(ALIGNMENTS)}."
