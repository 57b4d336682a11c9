"""Cases of spreadsheet furniture, of form tools, and of containers."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat
from field_truth import ITEMS, WORDS, Make, Truth
from field_writers import (
    archive,
    as_rows,
    csv,
    enrolments_and_forms,
    html_table,
    old_workbook,
    open_document,
    r_data_frame,
    with_sessions,
    workbook,
)

DAYS = ("started_on", "ended_on")


def _sheet(folder: Path, truth: Truth, rows: list[list[Any]]) -> None:
    workbook(folder / "enrolments.xlsx", {"Enrolments": rows})
    csv(truth.forms, folder / "client_forms.csv")


def excel_title(folder: Path, truth: Truth) -> None:
    """A title above the header."""
    title = [["Programmes team: starts in 2024"], ["Not for onward sharing"], [], []]
    _sheet(folder, truth, [*title, *as_rows(truth.enrolments, DAYS)])


def excel_two(folder: Path, truth: Truth) -> None:
    """A second site below the first, with a header of its own."""
    rows = as_rows(truth.enrolments, DAYS)
    _sheet(folder, truth, [*rows[:20], [], ["Second site"], rows[0], *rows[20:]])


def excel_footer(folder: Path, truth: Truth) -> None:
    """A line of totals and one that says when it was extracted."""
    total = ["Total", *[None] * 5, 6, None, None, 40, 51]
    note = ["Extracted 14/01/2025 from the case management system."]
    _sheet(folder, truth, [*as_rows(truth.enrolments, DAYS), [], total, note])


def filldown(folder: Path, truth: Truth) -> None:
    """The worker only in the first row of each block."""
    table = truth.enrolments.sort_values("practitioner_id", kind="stable")
    again = table["practitioner_id"].duplicated()
    enrolments_and_forms(
        folder, truth, enrolments=table.assign(practitioner_id=table["practitioner_id"].mask(again))
    )


def filldown_sessions(folder: Path, truth: Truth) -> None:
    """The id only in the first row of each person's sessions."""
    again = truth.sessions["enrolment_id"].duplicated()
    sessions = truth.sessions.assign(enrolment_id=truth.sessions["enrolment_id"].mask(again))
    with_sessions(folder, truth, sessions=sessions)


def _register(truth: Truth) -> pd.DataFrame:
    wide = truth.sessions.pivot(index="enrolment_id", columns="session_no", values="attended")
    wide.columns = pd.Index([f"Session {number}" for number in wide.columns])
    return wide.reset_index()


def register_wide(folder: Path, truth: Truth) -> None:
    """A column per session, one row per person."""
    enrolments_and_forms(folder, truth)
    csv(_register(truth), folder / "attendance.csv")


def folder_mix(folder: Path, truth: Truth) -> None:
    """Old workbooks and OpenDocument beside text files."""
    enrolments_and_forms(folder, truth)
    later = truth.sessions["session_no"] > 3
    register = _register(replace(truth, sessions=truth.sessions[later]))
    open_document(folder / "attendance.ods", as_rows(register))
    old_workbook(folder / "sessions.xls", as_rows(truth.sessions[~later]))


def _in_words(truth: Truth) -> pd.DataFrame:
    forms = truth.forms.copy()
    for item in ITEMS:
        forms[item] = [WORDS[number] for number in forms[item]]
    return forms


STATEMENT = "Statement {} on working together (wording withheld)"


def ms_forms(folder: Path, truth: Truth) -> None:
    """Microsoft Forms."""
    about = [
        "ID",
        "Start time",
        "Completion time",
        "Email",
        "Name",
        "Participant number",
        "Which session was this?",
    ]
    rows: list[list[Any]] = [[*about, *(STATEMENT.format(item) for item in range(1, 13))]]
    begun = pd.Timestamp("2024-09-02 10:00:00")
    for number, form in enumerate(_in_words(truth).to_dict("records"), 1):
        start = (begun + pd.Timedelta(minutes=7 * number)).to_pydatetime()
        end = start + timedelta(minutes=4)
        who = [number, start, end, "anonymous", None, form["enrolment_id"], f"Session {form['session_no']}"]
        rows.append([*who, *(form[item] for item in ITEMS)])
    workbook(folder / f"Working together(1-{len(truth.forms)}).xlsx", {"Sheet1": rows})
    csv(truth.enrolments, folder / "enrolments.csv")


def google_forms(folder: Path, truth: Truth) -> None:
    """Google Forms."""
    forms = _in_words(truth)
    names = {item: f"How often was this so? [{STATEMENT.format(item[4:])}]" for item in ITEMS}
    forms.insert(0, "Timestamp", "2024/09/02 10:07:41 am GMT+1")
    names |= {"enrolment_id": "Participant ID", "session_no": "Session number"}
    csv(forms.rename(columns=names), folder / "Responses.csv")
    csv(truth.enrolments, folder / "enrolments.csv")


def jisc(folder: Path, truth: Truth) -> None:
    """JISC Online Surveys."""
    forms = _in_words(truth)
    names = {item: f"3.{item[4:]}. {STATEMENT.format(item[4:])}" for item in ITEMS}
    names |= {"enrolment_id": "1. Participant number", "session_no": "2. Session"}
    forms.insert(0, "Unique Response Number", [f"{3000 + n}-{5100 + n}" for n in range(len(forms))])
    csv(forms.rename(columns=names), folder / "results-for-working-together.csv", encoding="utf-8-sig")
    csv(truth.enrolments, folder / "enrolments.csv")


def surveymonkey(folder: Path, truth: Truth) -> None:
    """SurveyMonkey: two header rows."""
    about = ["Respondent ID", "Collector ID", "Start Date", "End Date", "IP Address", "Email Address"]
    about += [
        "First Name",
        "Last Name",
        "Custom Data 1",
        "Please enter your participant number",
        "Session number",
    ]
    first = [*about, "How often was each of these so?", *[""] * 11]
    second = [
        *[""] * 9,
        "Open-Ended Response",
        "Open-Ended Response",
        *(STATEMENT.format(i) for i in range(1, 13)),
    ]
    rows: list[list[Any]] = [first, second]
    for number, form in enumerate(_in_words(truth).to_dict("records"), 1):
        who = [11900000000 + number, 5002, "09/02/2024 10:01:00 AM", "09/02/2024 10:04:30 AM", "10.0.0.9"]
        rows.append([*who, *[""] * 4, form["enrolment_id"], form["session_no"], *(form[i] for i in ITEMS)])
    pd.DataFrame(rows).to_csv(folder / "Sheet_1.csv", index=False, header=False)
    csv(truth.enrolments, folder / "enrolments.csv")


KOBO_PEOPLE = (
    "start end person/case_no person/worker person/needs person/needs/literacy person/needs/cognitive "
    "person/first_session person/outcome _id _uuid _submission_time _index"
)
KOBO_REPEATS = (
    "session/no session/date session/attended _index _parent_table_name _parent_index _submission__id "
    "_submission__uuid"
)


def kobo_xlsx(folder: Path, truth: Truth) -> None:
    """KoboToolbox: a repeat sheet, a question with several answers."""
    people: list[list[Any]] = [KOBO_PEOPLE.split()]
    repeats: list[list[Any]] = [KOBO_REPEATS.split()]
    for number, row in enumerate(truth.enrolments.to_dict("records"), 1):
        needs = ["literacy cognitive", 1, 1] if number % 3 else [None, None, None]
        moment = f"{row['started_on']}T21:10:00.000+00:00"
        about = [row["started_on"], row["status"], 7000 + number, f"uuid-{number}", moment, number]
        people.append([moment, moment, row["enrolment_id"], row["practitioner_id"], *needs, *about])
        for session in truth.sessions[truth.sessions["enrolment_id"] == row["enrolment_id"]].to_dict(
            "records"
        ):
            came = "yes" if session["attended"] else "no"
            below = [len(repeats), "Start of a course", number, 7000 + number, f"uuid-{number}"]
            repeats.append([session["session_no"], session["held_on"], came, *below])
    workbook(
        folder / "Start_of_a_course_-_all_versions_-_English.xlsx",
        {"Start of a course": people, "session": repeats},
    )
    csv(truth.forms, folder / "alliance_client.csv")


def ors_srs(folder: Path, truth: Truth) -> None:
    """Two session ratings of four lines each, side by side."""
    draw = np.random.default_rng(5)
    sessions = truth.sessions.copy()
    for name in ("ORS1", "ORS2", "ORS3", "ORS4", "SRS1", "SRS2", "SRS3", "SRS4"):
        sessions[name] = np.round(draw.uniform(0.5, 9.9, len(sessions)), 1)
    with_sessions(folder, truth, sessions=sessions)


def scores_only(folder: Path, truth: Truth) -> None:
    """Totals without the answers."""
    forms = truth.forms[["enrolment_id", "session_no"]].copy()
    for name, items in (("Goal", (1, 4, 8, 11)), ("Task", (2, 6, 10, 12)), ("Bond", (3, 5, 7, 9))):
        forms[f"WAI_{name}"] = truth.forms[[f"wai_{item}" for item in items]].sum(axis=1)
    forms["WAI_Total"] = forms[["WAI_Goal", "WAI_Task", "WAI_Bond"]].sum(axis=1)
    enrolments_and_forms(folder, truth, forms=forms)


CONTAINERS = ("ods", "xpt", "por", "rds", "parquet", "json", "zip")


def _container(name: str, folder: Path, truth: Truth) -> None:
    """The forms in another container."""
    csv(truth.enrolments, folder / "enrolments.csv")
    at, forms = folder / name, truth.forms
    short = forms.rename(columns={"enrolment_id": "ENROL", "session_no": "SESSION"})
    short = short.rename(columns={item: f"WAI{item[4:]}" for item in ITEMS})
    if name.endswith(".por"):
        pyreadstat.write_por(short, at)
    elif name.endswith(".xpt"):
        pyreadstat.write_xport(short, at)
    elif name.endswith(".parquet"):
        forms.to_parquet(at)
    elif name.endswith(".json"):
        at.write_text(json.dumps(forms.to_dict("records")))
    elif name.endswith(".rds"):
        r_data_frame(at, forms)
    elif name.endswith(".zip"):
        archive(at, {"client_forms.csv": forms.to_csv(index=False).encode()})
    elif name.endswith(".ods"):
        open_document(at, as_rows(forms))


def fmt_xls(folder: Path, truth: Truth) -> None:
    """A workbook of the old kind."""
    csv(truth.enrolments, folder / "enrolments.csv")
    old_workbook(folder / "client_forms.xls", as_rows(truth.forms))


def fmt_htmlxls(folder: Path, truth: Truth) -> None:
    """A web page called .xls."""
    csv(truth.enrolments, folder / "enrolments.csv")
    html_table(folder / "client_forms.xls", as_rows(truth.forms))


ODM = (
    '<?xml version="1.0" encoding="UTF-8"?><ODM xmlns="http://www.cdisc.org/ns/odm/v1.3" '
    'ODMVersion="1.3.1" FileType="Snapshot"><ClinicalData StudyOID="W" MetaDataVersionOID="1">'
    '<SubjectData SubjectKey="1"><FormData FormOID="Form.wai"><ItemGroupData ItemGroupOID="wai">'
    '<ItemData ItemOID="wai_1" Value="4"/></ItemGroupData></FormData></SubjectData></ClinicalData></ODM>'
)


def fmt_odm(folder: Path, truth: Truth) -> None:
    """The XML of a clinical data system."""
    csv(truth.enrolments, folder / "enrolments.csv")
    (folder / "forms.xml").write_text(ODM)


def fmt_omv(folder: Path, truth: Truth) -> None:
    """A jamovi file without a table in it."""
    csv(truth.enrolments, folder / "enrolments.csv")
    manifest = b"Manifest-Version: 1.0\nData-Archive-Version: 1.0.2\njamovi-Archive-Version: 11.0\n"
    said = json.dumps({"dataSet": {"rowCount": 1, "columnCount": 1, "fields": []}}).encode()
    archive(folder / "forms.omv", {"META-INF/MANIFEST.MF": manifest, "metadata.json": said, "data.bin": b""})


MAKE: dict[str, Make] = {
    "excel_title": excel_title,
    "excel_two": excel_two,
    "excel_footer": excel_footer,
    "filldown": filldown,
    "filldown_sessions": filldown_sessions,
    "register_wide": register_wide,
    "folder_mix": folder_mix,
    "ms_forms": ms_forms,
    "google_forms": google_forms,
    "jisc": jisc,
    "surveymonkey": surveymonkey,
    "kobo_xlsx": kobo_xlsx,
    "ors_srs": ors_srs,
    "scores_only": scores_only,
    "fmt_xls": fmt_xls,
    "fmt_htmlxls": fmt_htmlxls,
    "fmt_odm": fmt_odm,
    "fmt_omv": fmt_omv,
    **{f"fmt_{end}": partial(_container, f"client_forms.{end}") for end in CONTAINERS},
}
