"""Kinds of files that are not read, each with what to export instead."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from alliance_modes.ground.errors import Problem

ACCESS = "In Access: External Data, Export, Excel (.xlsx) or text (.csv), one table or query at a time."
TEXT = (
    "A table inside a document is no export: save it as .csv or .xlsx from the program that holds the data."
)
GOOGLE = "This is a link, not the data. In Google Sheets: File, Download, .xlsx or .csv."
PROGRAM = "This is a program, not data. Run it, and save what it reads as .sav, .dta or .csv."
DATABASE = "Export the table or query from the database as CSV."

INSTEAD: Mapping[str, str] = MappingProxyType(
    {
        ".omt": "This is a template, without data. Name the .omv file with the data.",
        ".jasp": "In JASP: File, Export Data, as .csv.",
        ".xml": (
            "CDISC ODM and other XML is nested. Export one table per form as CSV: in REDCap, Data Exports, "
            "CSV (raw data); in OpenClinica and LibreClinica, a dataset as SPSS, Excel or tab-delimited text."
        ),
        ".odm": "CDISC ODM is nested XML. Export one table per form as CSV.",
        ".sas7bcat": "This is a catalogue of formats, not data. Name the .sas7bdat or .xpt file itself.",
        ".sas": PROGRAM,
        ".sps": PROGRAM,
        ".do": PROGRAM,
        ".r": PROGRAM,
        ".spv": "This is SPSS output. Save the data file itself: File, Save As, .sav.",
        ".mdb": ACCESS,
        ".accdb": ACCESS,
        ".numbers": "In Numbers: File, Export To, Excel (.xlsx) or CSV.",
        ".gsheet": GOOGLE,
        ".pdf": TEXT,
        ".doc": TEXT,
        ".docx": TEXT,
        ".odt": TEXT,
        ".rtf": TEXT,
        ".qsf": "This is the questionnaire. Its answers, in Qualtrics: Data & Analysis, Export Data, CSV.",
        ".lss": "This is the questionnaire. Its answers, in LimeSurvey: Responses, Export, CSV.",
        ".db": DATABASE,
        ".sqlite": DATABASE,
        ".sqlite3": DATABASE,
        ".sql": DATABASE,
        ".7z": "Unpack it, and name the export itself.",
        ".rar": "Unpack it, and name the export itself.",
        ".gz": "Unpack it, and name the export itself.",
        ".tgz": "Unpack it, and name the export itself.",
        ".feather": "Write it as Parquet, or as CSV.",
        ".arrow": "Write it as Parquet, or as CSV.",
        ".mtw": "In Minitab: File, Export, as .csv or .xlsx.",
        ".jmp": "In JMP: File, Save As, .csv or .sav.",
        ".dbf": "Open it in Excel or LibreOffice and save it as .xlsx.",
        ".123": "Open it in LibreOffice and save it as .xlsx.",
        ".wk1": "Open it in LibreOffice and save it as .xlsx.",
    }
)


def unknown_kind(file: str, suffix: str, known: tuple[str, ...]) -> Problem:
    """The problem of a file that no reader knows, with what to export instead."""
    message = (
        f"files that end in {suffix.lower()} are not read" if suffix else "a file without ending is not read"
    )
    hint = INSTEAD.get(suffix.lower(), f"Export it as one of: {', '.join(known)}.")
    return Problem(message, hint, file=file)
