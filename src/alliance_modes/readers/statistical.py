"""What SPSS and Stata files have in common: the program that decodes them, and labels of values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from alliance_modes.readers import statistical_file
from alliance_modes.readers.apart import Decoder
from alliance_modes.readers.declaration import ValueLabels
from alliance_modes.readers.raw_table import RawTable

UNSEEN_REASONS = "unseen_reasons"
"""The note that reasons of missing numbers cannot be seen."""


def decoder(program: str, ending: str) -> Decoder:
    """The decoder of the files that ``program`` saves with this ending."""
    hint = (
        f"Open it in {program} and save it as {ending} again, or copy the file again; "
        "declare its encoding if letters look wrong."
    )
    return Decoder(statistical_file.__file__, f"{program} file", hint, "variables but no cases")


def spss_labels(path: Path) -> ValueLabels:
    """What an SPSS file says its codes mean, by variable."""
    about = _spss(path)
    return about.variable_value_labels if about else {}


def spss_texts(path: Path) -> Mapping[str, str]:
    """The labels of the variables of an SPSS file."""
    return _texts(_spss(path))


def stata_labels(path: Path) -> ValueLabels:
    """What a Stata file says its codes mean, by variable."""
    about = _stata(path)
    return about.variable_value_labels if about else {}


def stata_texts(path: Path) -> Mapping[str, str]:
    """The labels of the variables of a Stata file."""
    return _texts(_stata(path))


def _spss(path: Path) -> Any:
    import pyreadstat

    return _about(pyreadstat.read_por if path.suffix.lower() == ".por" else pyreadstat.read_sav, path)


def _stata(path: Path) -> Any:
    import pyreadstat

    return _about(pyreadstat.read_dta, path)


def _about(read: Any, path: Path) -> Any:
    """What a file says of its variables, None where it cannot be read."""
    import pyreadstat

    try:
        _, about = read(path, metadataonly=True)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError, OverflowError):
        return None
    return about


def _texts(about: Any) -> dict[str, str]:
    labels = about.column_names_to_labels if about else {}
    return {name: text for name, text in labels.items() if text}


def with_unseen_reasons(table: RawTable, note: str) -> RawTable:
    """``table`` with a note where a number is missing and the format does not say why."""
    missing = any(None in column.values for column in table.columns.values())
    return replace(table, detected={**table.detected, UNSEEN_REASONS: note}) if missing else table
