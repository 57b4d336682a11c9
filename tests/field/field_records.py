"""Cases of ids that do not meet, of columns that say something else, and of occasions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from field_truth import ITEMS, Make, Truth
from field_writers import as_rows, csv, enrolments_and_forms, workbook


def _renamed(table: pd.DataFrame, ids: dict[str, str]) -> pd.DataFrame:
    return table.assign(enrolment_id=[ids[name] for name in table["enrolment_id"]])


def id_zeros(folder: Path, truth: Truth) -> None:
    """Ids of five digits as text in one export, as numbers in the other."""
    number = {name: place for place, name in enumerate(truth.enrolments["enrolment_id"], 1)}
    written = {name: f"{place:05}" for name, place in number.items()}
    csv(_renamed(truth.enrolments, written), folder / "enrolments.csv")
    forms = truth.forms.assign(enrolment_id=[number[name] for name in truth.forms["enrolment_id"]])
    workbook(folder / "client_forms.xlsx", {"Sheet1": as_rows(forms)})


def id_sci(folder: Path, truth: Truth) -> None:
    """Ids of fourteen digits that a spreadsheet has written in exponents."""
    long = {name: str(20250000000000 + place) for place, name in enumerate(truth.enrolments["enrolment_id"])}
    forms = truth.forms.assign(enrolment_id="2.025E+13")
    enrolments_and_forms(folder, truth, enrolments=_renamed(truth.enrolments, long), forms=forms)


def id_case(folder: Path, truth: Truth) -> None:
    """Every third id in small letters in one of two exports."""
    names = [
        name.lower() if place % 3 == 0 else name for place, name in enumerate(truth.forms["enrolment_id"])
    ]
    enrolments_and_forms(folder, truth, forms=truth.forms.assign(enrolment_id=names))


def staff_names(folder: Path, truth: Truth) -> None:
    """Workers by name with the enrolments, by number in the survey."""
    draw = np.random.default_rng(7)
    workers = sorted(set(truth.enrolments["practitioner_id"]))
    survey = pd.DataFrame({"Staff no": workers, "wave": 1})
    for item in range(1, 19):
        survey[f"mop_{item}"] = draw.integers(1, 6, len(workers))
    named = [f"Colleague {'ABCDEFGH'[workers.index(name)]}" for name in truth.enrolments["practitioner_id"]]
    table = truth.enrolments.drop(columns="practitioner_id").assign(facilitator=named)
    enrolments_and_forms(folder, truth, enrolments=table)
    csv(survey, folder / "survey.csv")


def rows_per_person(folder: Path, truth: Truth) -> None:
    """One row per start on a programme; some people started on a second one."""
    again = truth.enrolments.iloc[::4].assign(Programme="Healthy Relationships")
    table = pd.concat([truth.enrolments.assign(Programme="Thinking Ahead"), again])
    table["started_on"] = [
        start if programme == "Thinking Ahead" else "2024-09-02"
        for start, programme in zip(table["started_on"], table["Programme"], strict=True)
    ]
    table["ended_on"] = [
        max(end, start) for end, start in zip(table["ended_on"], table["started_on"], strict=True)
    ]
    names = {"enrolment_id": "Client ID"}
    enrolments_and_forms(
        folder, truth, enrolments=table.rename(columns=names), forms=truth.forms.rename(columns=names)
    )


def completed_yn(folder: Path, truth: Truth) -> None:
    """Completed yes or no, where a status is wanted."""
    said = ["Yes" if status == "completed" else "No" for status in truth.enrolments["status"]]
    enrolments_and_forms(
        folder, truth, enrolments=truth.enrolments.drop(columns="status").assign(Completed=said)
    )


def age_bands(folder: Path, truth: Truth) -> None:
    """Ages in bands, risk in words, planned sessions with their unit."""
    bands = [f"{age // 10 * 10}-{age // 10 * 10 + 9}" for age in truth.enrolments["age_years"]]
    risk = [
        "High" if score > 60 else "Medium" if score > 30 else "Low"
        for score in truth.enrolments["risk_score"]
    ]
    planned = [f"{number} sessions" for number in truth.enrolments["sessions_planned"]]
    table = truth.enrolments.assign(age_years=bands, risk_score=risk, sessions_planned=planned)
    enrolments_and_forms(folder, truth, enrolments=table)


def programme_text(folder: Path, truth: Truth) -> None:
    """The programme in a long text with a comma."""
    names = [
        "Thinking Ahead, the short course for community teams"
        if place % 2
        else "Healthy Relationships (moderate intensity)"
        for place in range(len(truth.enrolments))
    ]
    enrolments_and_forms(folder, truth, enrolments=truth.enrolments.assign(programme=names))


def time_fraction(folder: Path, truth: Truth) -> None:
    """Shares of time in percent cells, which hold fractions."""
    draw = np.random.default_rng(11)
    workers = sorted(set(truth.enrolments["practitioner_id"]))
    rows: list[list[object]] = [
        [
            "Staff no",
            "wave",
            "Time educative",
            "Time engagement",
            "Time therapeutic",
            *(f"mop_{i}" for i in range(1, 19)),
        ]
    ]
    for name in workers:
        first, second = int(draw.integers(20, 50)), int(draw.integers(20, 40))
        shares = [first / 100, second / 100, (100 - first - second) / 100]
        rows.append([name, 1, *shares, *draw.integers(1, 6, 18).tolist()])
    csv(truth.enrolments, folder / "enrolments.csv")
    workbook(folder / "survey.xlsx", {"Survey": rows})


def prepost(folder: Path, truth: Truth) -> None:
    """Before and after in words."""
    words = dict(zip(truth.occasions, ("Pre", "Post"), strict=True))
    forms = truth.forms.assign(session_no=[words[number] for number in truth.forms["session_no"]])
    enrolments_and_forms(folder, truth, forms=forms.rename(columns={"session_no": "timepoint"}))


def session_labels(folder: Path, truth: Truth) -> None:
    """Sessions by name."""
    forms = truth.forms.assign(session_no=[f"Session {number}" for number in truth.forms["session_no"]])
    enrolments_and_forms(folder, truth, forms=forms)


def _wide(truth: Truth, name: str) -> pd.DataFrame:
    """One row per person; ``name`` takes the place of the occasion, its session and the item."""
    parts = []
    for place, session in enumerate(truth.occasions, 1):
        part = truth.forms[truth.forms["session_no"] == session].set_index("enrolment_id")[list(ITEMS)]
        parts.append(
            part.rename(
                columns={item: name.format(place=place, session=session, item=item[4:]) for item in ITEMS}
            )
        )
    joined = pd.concat(parts, axis=1)
    one, other = (list(part.columns) for part in parts)
    return joined[[column for pair in zip(one, other, strict=True) for column in pair]].reset_index()


def wide_alliance(folder: Path, truth: Truth) -> None:
    """One row per person; the session at the end of each item's name."""
    enrolments_and_forms(folder, truth, forms=_wide(truth, "wai{item}_s{session}"))


def wide_alliance2(folder: Path, truth: Truth) -> None:
    """One row per person; the occasion before each item's name."""
    enrolments_and_forms(folder, truth, forms=_wide(truth, "T{place}_WAI_{item}"))


def redcap_long(folder: Path, truth: Truth) -> None:
    """A longitudinal REDCap project: events, a data access group, forms of several events in one file."""
    codes = {"completed": 1, "dropped_out": 2, "removed": 3, "administrative": 4}
    rows = []
    for number, person in enumerate(truth.enrolments.to_dict("records"), 1):
        shared = {"record_id": number, "redcap_repeat_instrument": "", "redcap_repeat_instance": ""}
        shared["redcap_data_access_group"] = f"team_{1 + number % 3}"
        intake = {
            "facilitator": person["practitioner_id"], "start_date": person["started_on"],
            "end_date": person["ended_on"], "outcome": codes[person["status"]], "age": person["age_years"],
            "baseline_complete": 2,
        }  # fmt: skip
        rows.append({**shared, "redcap_event_name": "baseline_arm_1", **intake})
        for form in truth.forms[truth.forms["enrolment_id"] == person["enrolment_id"]].to_dict("records"):
            event = f"session_{form['session_no']}_arm_1"
            rows.append(
                {**shared, "redcap_event_name": event, **{i: form[i] for i in ITEMS}, "wai_complete": 2}
            )
    first = ["record_id", "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"]
    order = [*first, "redcap_data_access_group", "facilitator", "start_date", "end_date", "outcome", "age"]
    table = pd.DataFrame(rows)[[*order, "baseline_complete", *ITEMS, "wai_complete"]]
    whole = ["outcome", "age", "baseline_complete", *ITEMS, "wai_complete"]
    csv(table.astype(dict.fromkeys(whole, "Int64")), folder / "Programmes_DATA_2025-02-03.csv")


MAKE: dict[str, Make] = {
    "id_zeros": id_zeros,
    "id_sci": id_sci,
    "id_case": id_case,
    "staff_names": staff_names,
    "rows_per_person": rows_per_person,
    "completed_yn": completed_yn,
    "age_bands": age_bands,
    "programme_text": programme_text,
    "time_fraction": time_fraction,
    "prepost": prepost,
    "session_labels": session_labels,
    "wide_alliance": wide_alliance,
    "wide_alliance2": wide_alliance2,
    "redcap_long": redcap_long,
}
