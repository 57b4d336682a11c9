"""What SPSS and Stata files have in common: the program that decodes them, and labels of values."""

from __future__ import annotations

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
    import pyreadstat

    return _labels(pyreadstat.read_por if path.suffix.lower() == ".por" else pyreadstat.read_sav, path)


def stata_labels(path: Path) -> ValueLabels:
    """What a Stata file says its codes mean, by variable."""
    import pyreadstat

    return _labels(pyreadstat.read_dta, path)


def _labels(read: Any, path: Path) -> ValueLabels:
    import pyreadstat

    try:
        _, about = read(path, metadataonly=True)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError, OverflowError):
        return {}
    return about.variable_value_labels


def with_unseen_reasons(table: RawTable, note: str) -> RawTable:
    """``table`` with a note where a number is missing and the format does not say why."""
    missing = any(None in column.values for column in table.columns.values())
    return replace(table, detected={**table.detected, UNSEEN_REASONS: note}) if missing else table
