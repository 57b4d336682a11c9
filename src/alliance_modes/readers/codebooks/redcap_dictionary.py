"""REDCap's data dictionary: the CSV that its designer saves, or its API under other names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from alliance_modes.readers import csv_text
from alliance_modes.readers.codebooks.book import (
    TICKED,
    CodeBook,
    CodedField,
    book_of,
    number_or_none,
    plain_text,
)
from alliance_modes.readers.delimited import first_record, open_records
from alliance_modes.readers.raw_table import cell_text, header_names
from alliance_modes.readers.source import undeclared

KIND = "a data dictionary of REDCap"
NAMES = {
    "field_name": "Variable / Field Name",
    "form_name": "Form Name",
    "field_type": "Field Type",
    "field_label": "Field Label",
    "select_choices_or_calculations": "Choices, Calculations, OR Slider Labels",
    "text_validation_type_or_show_slider_number": "Text Validation Type OR Show Slider Number",
    "text_validation_min": "Text Validation Min",
    "text_validation_max": "Text Validation Max",
    "identifier": "Identifier?",
}
"""Columns as the API calls them, and as the designer does."""

NEEDED = ("field_name", "field_type", "field_label", "select_choices_or_calculations")
CHOSEN = ("radio", "dropdown")
CODE = re.compile(r"-?\w[\w.-]*")
YES_NO: Mapping[str, Mapping[str, str]] = {
    "yesno": {"1": "Yes", "0": "No"},
    "truefalse": {"1": "True", "0": "False"},
}
FORM_STATUS: Mapping[str, str] = {"0": "Incomplete", "1": "Unverified", "2": "Complete"}
ORDERS = {"dmy": "day first", "mdy": "month first", "ymd": "year first"}
NUMBERS = ("integer", "number")


def read(path: Path, file: str) -> CodeBook | None:
    """The code book that a CSV is; None where it is none.

    Raises
    ------
    CohortError
        The file is no text with a header row.
    """
    with open_records(undeclared("csv"), path, file, frozenset()) as (records, _):
        header = header_names(first_record(records, file)[0])
    called = {own: own if own in header else shown for own, shown in NAMES.items()}
    if not all(called[own] in header for own in NEEDED):
        return None
    wanted = frozenset(called.values())
    table = csv_text.read(undeclared("csv"), path, file, wanted)
    cells = {
        own: [cell_text(table.columns[name].values[code]) for code in table.columns[name].codes]
        for own, name in called.items()
        if name in table.columns
    }
    rows = [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]
    described = [one for row in rows for one in _described(row)]
    forms = dict.fromkeys(row.get("form_name", "") for row in rows)
    described += [CodedField(f"{form}_complete", FORM_STATUS) for form in forms if form]
    return book_of(file, KIND, described)


def _described(row: Mapping[str, str]) -> Iterator[CodedField]:
    name, kind, text = row["field_name"], row["field_type"].lower(), plain_text(row["field_label"])
    listed = row["select_choices_or_calculations"]
    check = row.get("text_validation_type_or_show_slider_number", "").lower()
    marked = row.get("identifier", "").lower() in ("y", "yes")
    if not name or kind in ("descriptive", "file"):
        return
    if kind == "checkbox":
        for code, label in choices(listed).items():
            yield CodedField(f"{name}___{box_code(code)}", TICKED, text, identifies=marked, box=label)
        return
    limited = kind == "slider" or check in NUMBERS or check.startswith("number_")
    low, high = (number_or_none(row.get(f"text_validation_{end}", "")) for end in ("min", "max"))
    yield CodedField(
        name,
        choices(listed) if kind in CHOSEN else YES_NO.get(kind, {}),
        text,
        low if limited else None,
        high if limited else None,
        ORDERS.get(check[-3:], "") if check.startswith("date") else "",
        marked,
        kind == "notes",
    )


def box_code(code: str) -> str:
    """The code of a box as the name of its column ends: small letters, a minus as ``_``."""
    return re.sub(r"\W", "_", code.lower())


def choices(listed: str) -> dict[str, str]:
    """Codes and labels of "1, Yes | 2, No"; a part that begins with no code belongs to the label before it.

    REDCap separates choices by ``|`` (in older dictionaries by line breaks) and a code from its label by
    the first comma; a code without label is its own label.
    """
    found: dict[str, str] = {}
    last = ""
    for part in re.split(r"\||\\n|\n", listed):
        code, comma, label = (piece.strip() for piece in part.partition(","))
        if CODE.fullmatch(code):
            last = code
            found[code] = plain_text(label) if comma else code
        elif last and part.strip():
            found[last] = plain_text(f"{found[last]} | {part.strip()}")
    return found
