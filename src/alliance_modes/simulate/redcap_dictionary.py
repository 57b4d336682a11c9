"""The data dictionary of the simulated REDCap project: one row per field, as REDCap's designer saves it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import pandas as pd

from alliance_modes.dictionary.canonical import CanonicalColumn, dictionary
from alliance_modes.domain import NEEDS
from alliance_modes.simulate import headers

FORM = "enrolment"
COLUMNS = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
BOXES = "___"
"""What stands between the name of a question and the code of one of its boxes."""

PEOPLE: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "full_name": {"Field Type": "text", "Field Label": "Full name"},
        "date_of_birth": {
            "Field Type": "text",
            "Field Label": "Date of birth",
            "Text Validation Type OR Show Slider Number": "date_ymd",
        },
    }
)
"""Fields that say who somebody is, which follow the first two."""

NOTES: Mapping[str, str] = MappingProxyType({"Field Type": "notes", "Field Label": "Notes"})
NEED_QUESTION = "Which of these will the programme have to take into account?"
SHOWN_IF: Mapping[str, str] = MappingProxyType({"end_date": '[start_date] <> ""'})


def data_dictionary() -> pd.DataFrame:
    """The data dictionary of the export of enrolments: one row per field, all cells text.

    Notes
    -----
    Fields are those of the export in its order, the boxes of one question as one field. Labels, codes and
    limits are those of the canonical columns, so that the form takes every cell that the simulator writes;
    codes for a missing answer are planted and stand in no dictionary.
    """
    columns = dictionary().enrolments.columns
    fields: dict[str, Mapping[str, str]] = {}
    for name, header in headers.ENROLMENTS.items():
        question = header.partition(BOXES)[0]
        fields[question] = _boxes() if BOXES in header else _field(columns[name])
    first = list(fields)[:2]
    identifying = {name: {**said, "Identifier?": "y"} for name, said in PEOPLE.items()}
    ordered = {name: fields.pop(name) for name in first} | identifying | fields
    ordered["notes"] = {**NOTES, "Identifier?": "y"}
    rows = [
        {
            **dict.fromkeys(COLUMNS, ""),
            **said,
            "Variable / Field Name": name,
            "Form Name": FORM,
            "Branching Logic (Show field only if...)": SHOWN_IF.get(name, ""),
        }
        for name, said in ordered.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _field(column: CanonicalColumn) -> dict[str, str]:
    """Type of a field, with its choices or the check of what is typed."""
    said = {"Field Type": "text", "Field Label": column.meaning[0].upper() + column.meaning[1:]}
    if column.type == "boolean":
        said["Field Type"] = "yesno"
    elif column.type == "category":
        said["Field Type"] = "radio"
        codes = headers.codes(column).items()
        said["Choices, Calculations, OR Slider Labels"] = _choices((code, value) for value, code in codes)
    elif column.type == "date":
        said["Text Validation Type OR Show Slider Number"] = "date_ymd"
    elif column.is_number:
        said["Text Validation Type OR Show Slider Number"] = "integer"
        said["Text Validation Min"], said["Text Validation Max"] = _limit(column.low), _limit(column.high)
    return said


def _boxes() -> dict[str, str]:
    listed = _choices(enumerate(NEEDS, 1))
    return {
        "Field Type": "checkbox",
        "Field Label": NEED_QUESTION,
        "Choices, Calculations, OR Slider Labels": listed,
    }


def _choices(listed: Iterable[tuple[object, str]]) -> str:
    return " | ".join(f"{code}, {value.replace('_', ' ').capitalize()}" for code, value in listed)


def _limit(number: float | None) -> str:
    return "" if number is None else f"{number:g}"
