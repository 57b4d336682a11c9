"""A simulated cohort turned into one that holds people: what identifies them stands everywhere it can."""

from __future__ import annotations

import csv
from pathlib import Path

import pyreadstat

BIRTH_DATE = "1961-11-23"
NAME = "Ottoline Grimsthorpe-Vane"
PHONE = "01632 960417"
OFFICIAL_NUMBER = "AV9087QX"
CLIENT_NUMBER = "NOMS-55821-K"
STAFF_NUMBER = "STAFF/40177/ZR"
MAIL = "o.grimsthorpe@probation.example"

PLANTED: dict[str, str] = {
    "dropped name": NAME,
    "surname": "Grimsthorpe",
    "dropped birth date": BIRTH_DATE,
    "dropped notes": f"keeps a blue canoe at Wexcombe, rang from {PHONE}",
    "phone": PHONE,
    "mail": MAIL,
    "client number": CLIENT_NUMBER,
    "record number": OFFICIAL_NUMBER,
    "staff number": STAFF_NUMBER,
    "unmapped free text": "the sister Philippa Thornycroft drives a red Saab",
    "unmapped number": "QQ 12 34 56 C",
    "SPSS file label": "Interviews by Leopold Hartenfeld",
    "SPSS note": "see casefile of Wilhelmina Stracke",
    "SPSS variable label": "session as told by Cosmo Featherstone",
    "SPSS unmapped text": "Araminta Duckworth's words",
    "SPSS value label": "on paper at Isolde Pumphrey's",
    "Excel comment": "ask Barnaby Wolstenholme about P01",
    "Excel second sheet": "Euphemia Cholmondeley 07700 900461",
    "Excel author": "Ignatius Beauclerk",
    "Excel title": "Staff of Lysander Quarles",
    "Excel unmapped header row": "room of Clementina Ravenscar",
    "Qualtrics address": "203.0.113.77",
    "Qualtrics response": "R_7kYbPlantedResp01",
    "Qualtrics question text": "About your work with Jolyon Peverell",
    "Qualtrics comment": "please call Hyacinth Molyneux at home",
}
"""What must be found nowhere, by where it stands."""


def plant(folder: Path) -> str:
    """Plant all of ``PLANTED`` in the raw files of the simulated cohort in ``folder``.

    Returns the client record whose row in the enrolments is the planted person's.
    """
    text = (folder / "cohort.yaml").read_text(encoding="utf-8")
    text = text.replace("demonstration: true\n", "").replace("(simulated)", "")
    (folder / "cohort.yaml").write_text(text, encoding="utf-8")
    _enrolments(folder)
    for path in sorted(folder.glob("sessions*.csv")):
        _sessions(path)
    for path in sorted(folder.glob("*.sav")):
        _spss(path)
    _workbook(folder / "practitioners.xlsx")
    for path in sorted(folder.glob("survey_*.csv")):
        _survey(path)
    return OFFICIAL_NUMBER


def _table(path: Path, delimiter: str = ",") -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream, delimiter=delimiter))


def _write(path: Path, rows: list[list[str]], delimiter: str = ",") -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        csv.writer(stream, delimiter=delimiter).writerows(rows)


def _enrolments(folder: Path) -> None:
    path = folder / "enrolments_redcap.csv"
    rows = _table(path)
    place = {name: number for number, name in enumerate(rows[0])}
    client = rows[1][place["client_no"]]
    rows[0].append("insurance_no")
    for row in rows[1:]:
        row.append(PLANTED["unmapped number"])
        if row[place["client_no"]] == client:
            row[place["client_no"]] = CLIENT_NUMBER
        if row[place["record_id"]] == "E001":
            row[place["record_id"]] = OFFICIAL_NUMBER
            row[place["full_name"]] = NAME
            row[place["date_of_birth"]] = BIRTH_DATE
            row[place["notes"]] = f"{PLANTED['dropped notes']}; {MAIL}"
        for name in ("facilitator", "co_facilitator"):
            if row[place[name]] == "P01":
                row[place[name]] = STAFF_NUMBER
    _write(path, rows)


def _sessions(path: Path) -> None:
    delimiter = ";" if "S06" in path.name else ","
    rows = _table(path, delimiter)
    rows[0].append("remarks")
    for row in rows[1:]:
        row[0] = OFFICIAL_NUMBER if row[0] == "E001" else row[0]
        row.append(PLANTED["unmapped free text"])
    _write(path, rows, delimiter)


def _spss(path: Path) -> None:
    table, meta = pyreadstat.read_sav(str(path), user_missing=True)
    table["enrolment"] = table["enrolment"].replace("E001", OFFICIAL_NUMBER)
    table["remark"] = PLANTED["SPSS unmapped text"]
    labels = {name: label for name, label in meta.column_names_to_labels.items() if label}
    value_labels = {**meta.variable_value_labels}
    if "completed" in value_labels:
        value_labels["completed"] = {1.0: PLANTED["SPSS value label"]}
    pyreadstat.write_sav(
        table,
        str(path),
        file_label=PLANTED["SPSS file label"],
        note=PLANTED["SPSS note"],
        column_labels={**labels, "session": PLANTED["SPSS variable label"]},
        variable_value_labels=value_labels,
        missing_ranges=meta.missing_ranges,
    )


def _workbook(path: Path) -> None:
    from openpyxl import load_workbook
    from openpyxl.comments import Comment

    book = load_workbook(path)
    sheet = book["Staff"]
    last = sheet.max_column + 1
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value == "P01":
                cell.value = STAFF_NUMBER
                cell.comment = Comment(PLANTED["Excel comment"], PLANTED["Excel author"])
    sheet.cell(row=1, column=last, value="Office")
    sheet.cell(row=2, column=last, value=PLANTED["Excel unmapped header row"])
    book.create_sheet("Contacts").append([NAME, PLANTED["Excel second sheet"]])
    book.properties.creator = PLANTED["Excel author"]
    book.properties.title = PLANTED["Excel title"]
    book.save(path)


def _survey(path: Path) -> None:
    rows = _table(path)
    place = {name: number for number, name in enumerate(rows[0])}
    rows[1][place["mop_1"]] = PLANTED["Qualtrics question text"]
    for row in rows[3:]:
        row[place["IPAddress"]] = PLANTED["Qualtrics address"]
        row[place["ResponseId"]] = PLANTED["Qualtrics response"]
        row[place["RecipientLastName"]] = "Grimsthorpe-Vane"
        row[place["RecipientEmail"]] = MAIL
        row[place["comments"]] = PLANTED["Qualtrics comment"]
        if row[place["staff_no"]] == "P01":
            row[place["staff_no"]] = STAFF_NUMBER
    _write(path, rows)
