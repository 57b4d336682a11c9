"""Every format that can be read, by its name; a new one is added here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from alliance_modes.readers import (
    csv_text,
    excel,
    html_table,
    jamovi,
    json_records,
    kobo,
    limesurvey,
    parquet,
    r_data,
    sas,
    spss,
    stata,
    surveymonkey,
)
from alliance_modes.readers.declaration import Format
from alliance_modes.readers.qualtrics import import_ids as qualtrics
from alliance_modes.readers.redcap import export as redcap

FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        form.name: form
        for form in (
            csv_text.FORMAT,
            excel.FORMAT,
            spss.FORMAT,
            stata.FORMAT,
            sas.FORMAT,
            parquet.FORMAT,
            r_data.FORMAT,
            jamovi.FORMAT,
            json_records.FORMAT,
            html_table.FORMAT,
            qualtrics.FORMAT,
            redcap.FORMAT,
            redcap.API,
            surveymonkey.FORMAT,
            limesurvey.FORMAT,
            kobo.FORMAT,
        )
    }
)
"""In the order in which a draft asks for their marks: Qualtrics' header rows prove the most."""


def format_of_suffix(suffix: str) -> Format | None:
    """The format of files with this ending (".csv", in any case), None where none has it."""
    return next((form for form in FORMATS.values() if suffix.lower() in form.suffixes), None)


def known_suffixes() -> tuple[str, ...]:
    """The endings of all files that can be read."""
    return tuple(suffix for form in FORMATS.values() for suffix in form.suffixes)
