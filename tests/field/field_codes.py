"""Cases of labels, codes and dates."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pyreadstat
from field_truth import ITEMS, WORDS, Differs, Make, Truth
from field_writers import as_rows, csv, days, enrolments_and_forms, spss, with_sessions, workbook

SEVEN = ("Never", "Rarely", "Occasionally", "Sometimes", "Often", "Very often", "Always")
MONTHS = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
]


def spss_two_reversed(folder: Path, truth: Truth) -> None:
    """Value labels of two items run the other way."""
    labels = {number: word for number, word in enumerate(SEVEN, 1)}
    turned = {8 - number: word for number, word in labels.items()}
    names = {item: f"wais_{item[4:]}" for item in ITEMS}
    forms = truth.forms.rename(columns=names)
    for name in names.values():
        forms[name] += 2
    for name in ("wais_4", "wais_10"):
        forms[name] = 8 - forms[name]
    csv(truth.enrolments, folder / "enrolments.csv")
    spss(
        forms, folder / "wai_client.sav",
        variable_value_labels=dict.fromkeys(names.values(), labels) | {"wais_4": turned, "wais_10": turned},
    )  # fmt: skip


def stata_reversed(folder: Path, truth: Truth) -> None:
    """Value labels of all items run the other way."""
    forms = truth.forms.copy()
    forms[list(ITEMS)] = 6 - forms[list(ITEMS)]
    labels = {6 - number: word for number, word in WORDS.items()}
    csv(truth.enrolments, folder / "enrolments.csv")
    pyreadstat.write_dta(
        forms, folder / "client_forms.dta", variable_value_labels=dict.fromkeys(ITEMS, labels)
    )


def spss_inverted_bool(folder: Path, truth: Truth) -> None:
    """Labels that turn yes and no round."""
    table = days(truth.enrolments, "started_on", "ended_on")
    table["mandated"] = 1 - table["mandated"]
    spss(
        table,
        folder / "enrolments.sav",
        variable_value_labels={"mandated": {0: "Court ordered", 1: "Voluntary"}},
    )
    sessions = days(truth.sessions, "held_on")
    sessions["attended"] = 1 - sessions["attended"]
    spss(sessions, folder / "sessions.sav", variable_value_labels={"attended": {0: "Present", 1: "Absent"}})
    csv(truth.forms, folder / "client_forms.csv")


def _known_ages(truth: Truth) -> float:
    return round(float(truth.enrolments["age_years"].drop(truth.enrolments.index[::6]).mean()), 6)


def _spikes(truth: Truth) -> pd.DataFrame:
    table = truth.enrolments.copy()
    table.loc[table.index[::6], ["age_years", "risk_score"]] = 99
    return table


def spss_label_missing(folder: Path, truth: Truth) -> None:
    """A code that the file itself calls unknown."""
    labels = {"age_years": {99: "Unknown"}, "risk_score": {99: "Not recorded"}}
    spss(_spikes(truth), folder / "enrolments.sav", variable_value_labels=labels)
    csv(truth.forms, folder / "client_forms.csv")


def code99(folder: Path, truth: Truth) -> None:
    """99 for unknown, and nothing that says so."""
    convictions = [99 if place % 6 == 0 else place % 7 for place in range(len(truth.enrolments))]
    enrolments_and_forms(folder, truth, enrolments=_spikes(truth).assign(prior_convictions=convictions))


def likert_num_label(folder: Path, truth: Truth) -> None:
    """Number and word in one cell."""
    forms = truth.forms.copy()
    for item in ITEMS:
        forms[item] = [
            f"{number} - {WORDS[number]}" if number in (1, 5) else number for number in forms[item]
        ]
    enrolments_and_forms(folder, truth, forms=forms)


def csv_cp1252(folder: Path, truth: Truth) -> None:
    """Semicolons, decimal commas, a typographic apostrophe, a separator too many."""
    table = truth.enrolments.copy()
    unknown = "don\u2019t know"
    table["mandated"] = ["yes" if value else unknown for value in table["mandated"]]
    table["risk_score"] = [f"{score / 10:.1f}".replace(".", ",") for score in table["risk_score"]]
    lines = [";".join([*map(str, row), ""]) for row in as_rows(table)]
    (folder / "enrolments.csv").write_text("\r\n".join(lines) + "\r\n", encoding="cp1252")
    csv(truth.forms, folder / "client_forms.csv")


def wai_0to4(folder: Path, truth: Truth) -> None:
    """Answers counted from nought."""
    forms = truth.forms.copy()
    forms[list(ITEMS)] -= 1
    enrolments_and_forms(folder, truth, forms=forms)


def wai_rev_only(folder: Path, truth: Truth) -> None:
    """Two items whose names say that they have been turned round."""
    forms = truth.forms.copy()
    forms[list(ITEMS)] += 2
    enrolments_and_forms(folder, truth, forms=forms.rename(columns={"wai_4": "wai_4R", "wai_10": "wai_10R"}))


def _lime(folder: Path, truth: Truth, code: str) -> None:
    rows = []
    for number, form in enumerate(truth.forms.to_dict("records"), 1):
        finished = "" if number % 11 == 0 else "2024-09-03 14:10:00"
        about = {
            "id": number,
            "submitdate": finished,
            "lastpage": 2,
            "startlanguage": "en",
            "seed": 4000 + number,
        }
        items = {f"WAI[SQ{int(item[4:]):03}]": code.format(form[item]) for item in ITEMS}
        rows.append({**about, "case": form["enrolment_id"], "session": form["session_no"], **items})
    csv(truth.enrolments, folder / "enrolments.csv")
    csv(pd.DataFrame(rows), folder / "results-survey482.csv", quoting=1)


def lime_a(folder: Path, truth: Truth) -> None:
    """LimeSurvey, answer codes A1 to A5."""
    _lime(folder, truth, "A{}")


def lime_ao(folder: Path, truth: Truth) -> None:
    """LimeSurvey, answer codes AO01 to AO05."""
    _lime(folder, truth, "AO{:02}")


def blank_absent(folder: Path, truth: Truth) -> None:
    """Yes, or nothing."""
    said = ["yes" if value else None for value in truth.sessions["attended"]]
    with_sessions(folder, truth, sessions=truth.sessions.assign(attended=said))


def needs_x(folder: Path, truth: Truth) -> None:
    """Needs ticked with a cross or a word, or blank."""
    places = range(len(truth.enrolments))
    table = truth.enrolments.assign(
        need_literacy=["x" if place % 3 else None for place in places],
        need_mental_health=["Yes" if place % 4 == 0 else None for place in places],
    )
    enrolments_and_forms(folder, truth, enrolments=table)


def status_words(folder: Path, truth: Truth) -> None:
    """A word that holds the opposite of another."""
    words = {"completed": "Completed", "dropped_out": "Non-completer", "removed": "Removed"}
    table = truth.enrolments.assign(status=[words[status] for status in truth.enrolments["status"]])
    enrolments_and_forms(folder, truth, enrolments=table)


def _started(folder: Path, truth: Truth, written: list[str]) -> None:
    enrolments_and_forms(folder, truth, enrolments=truth.enrolments.assign(started_on=written))


def _dates(truth: Truth) -> list[date]:
    return [date.fromisoformat(text) for text in truth.enrolments["started_on"]]


def date_one2(folder: Path, truth: Truth) -> None:
    """A remark where one date should be."""
    said = truth.enrolments["started_on"].tolist()
    said[5] = "awaiting transfer"
    _started(folder, truth, said)


def _all_but_sixth(truth: Truth) -> tuple[str, str, int]:
    kept = truth.enrolments["started_on"].drop(truth.enrolments.index[5])
    return kept.min(), kept.max(), len(kept)


def date_monthname(folder: Path, truth: Truth) -> None:
    """Short names of months, two digits of the year."""
    _started(folder, truth, [day.strftime("%d-%b-%y") for day in _dates(truth)])


def date_german(folder: Path, truth: Truth) -> None:
    """Names of months in another language."""
    _started(folder, truth, [f"{day.day}. {MONTHS[day.month - 1]} {day.year}" for day in _dates(truth)])


def odk_tz(folder: Path, truth: Truth) -> None:
    """Moments with a zone, late in the evening."""
    table = truth.enrolments.assign(
        started_on=[f"{day}T23:30:00.000-05:00" for day in truth.enrolments["started_on"]],
        ended_on=[f"{day}T09:30:00.000Z" for day in truth.enrolments["ended_on"]],
    )
    enrolments_and_forms(folder, truth, enrolments=table)


def serials(folder: Path, truth: Truth) -> None:
    """Days as the numbers that a spreadsheet keeps."""
    first = date(1899, 12, 30)
    counted = {
        name: [(date.fromisoformat(text) - first).days for text in truth.enrolments[name]]
        for name in ("started_on", "ended_on")
    }
    enrolments_and_forms(folder, truth, enrolments=truth.enrolments.assign(**counted))


def excel_dates_mangled(folder: Path, truth: Truth) -> None:
    """Days up to the twelfth became dates with day and month swapped, the others stayed text."""
    rows = as_rows(truth.enrolments, ("started_on", "ended_on"))
    for row in rows[1:]:
        for place in (4, 5):
            day = row[place]
            row[place] = (
                day.replace(month=day.day, day=day.month) if day.day <= 12 else day.strftime("%d/%m/%Y")
            )
    workbook(folder / "enrolments.xlsx", {"Sheet1": rows})
    csv(truth.forms, folder / "client_forms.csv")


def site_dates(folder: Path, truth: Truth) -> None:
    """Two sites, two orders of day and month; at one of them every day can be a month as well."""
    half = len(truth.enrolments) * 2 // 3
    here, there = truth.enrolments.iloc[:half].copy(), truth.enrolments.iloc[half:].copy()
    for name in ("started_on", "ended_on"):
        here[name] = [date.fromisoformat(text).strftime("%d/%m/%Y") for text in here[name]]
    starts = [date(2024, 1 + place % 6, 1 + place % 12) for place in range(len(there))]
    there["started_on"] = [day.strftime("%m/%d/%Y") for day in starts]
    there["ended_on"] = [
        (day.replace(day=day.day) + timedelta(days=92)).replace(day=1 + place % 12).strftime("%m/%d/%Y")
        for place, day in enumerate(starts)
    ]
    csv(here, folder / "enrolments_york.csv")
    csv(there, folder / "enrolments_dallas.csv")
    csv(truth.forms, folder / "client_forms.csv")


MAKE: dict[str, Make] = {
    "spss_two_reversed": spss_two_reversed,
    "stata_reversed": stata_reversed,
    "spss_inverted_bool": spss_inverted_bool,
    "spss_label_missing": spss_label_missing,
    "code99": code99,
    "likert_num_label": likert_num_label,
    "csv_cp1252": csv_cp1252,
    "wai_0to4": wai_0to4,
    "wai_rev_only": wai_rev_only,
    "lime_A": lime_a,
    "lime_AO": lime_ao,
    "blank_absent": blank_absent,
    "needs_x": needs_x,
    "status_words": status_words,
    "date_one2": date_one2,
    "date_monthname": date_monthname,
    "date_german": date_german,
    "odk_tz": odk_tz,
    "serials": serials,
    "excel_dates_mangled": excel_dates_mangled,
    "site_dates": site_dates,
}
DIFFERS: dict[str, dict[str, Differs]] = {
    "spss_label_missing": {"age": _known_ages},
    "code99": {"age": _known_ages},
    "date_one2": {"started": _all_but_sixth},
}
