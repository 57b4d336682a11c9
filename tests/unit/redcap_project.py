"""A REDCap project in small: made from the files that it imports, it lays out its exports as REDCap does.

It knows nothing of surveys: variables, labels, choices, events and repeating instruments are those of the
files.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

EVENT, REPEAT, INSTANCE = "redcap_event_name", "redcap_repeat_instrument", "redcap_repeat_instance"
KEYS = (EVENT, REPEAT, INSTANCE)
OWN = {
    EVENT: "Event Name",
    REPEAT: "Repeat Instrument",
    INSTANCE: "Repeat Instance",
    "redcap_data_access_group": "Data Access Group",
    "redcap_survey_identifier": "Survey Identifier",
}
STATUS = {"": "", "0": "Incomplete", "1": "Unverified", "2": "Complete"}
BOXES = {"extra___1": "Extra (choice=One)", "extra___unk": "Extra (choice=Unknown)"}
"""A checkbox that the study added itself; missing data codes are boxes too."""


def rows_of(content: bytes) -> list[dict[str, str]]:
    """The rows of a CSV by its header."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


@dataclass(frozen=True)
class Answered:
    """One form that was filled in: whose record, which form, which time, and the answers by variable."""

    record: str
    form: str
    instance: int
    answers: Mapping[str, str]


class Project:
    """A project after its files were imported."""

    def __init__(self, files: Mapping[str, bytes], language: str) -> None:
        fields = rows_of(files[f"data_dictionary_{language}.csv"])
        self.fields = [one for one in fields if one["Field Type"] != "descriptive"]
        self.forms = list(dict.fromkeys(one["Form Name"] for one in fields))
        self.arms = {one["arm_num"]: one["name"] for one in rows_of(files["arms.csv"])}
        self.events = {one["unique_event_name"]: one for one in rows_of(files["events.csv"])}
        designated = rows_of(files["instrument_designations.csv"])
        self.place = {one["form"]: one["unique_event_name"] for one in designated}
        self.repeated = {one["form_name"] for one in rows_of(files["repeating_instruments.csv"])}
        codes = files["missing_data_codes.txt"].decode().splitlines()
        self.missing = dict(line.split(", ", 1) for line in codes)

    def header(self) -> list[str]:
        """Variables, REDCap's own columns in their places."""
        record, *rest = self.fields
        columns = [record["Variable / Field Name"], *OWN]
        for form in self.forms:
            columns.append(f"{form}_timestamp")
            columns += [one["Variable / Field Name"] for one in rest if one["Form Name"] == form]
            columns.append(f"{form}_complete")
        return [*columns, *BOXES]

    def labels(self) -> dict[str, str]:
        """The header of an export with labels, by variable."""
        said = {one["Variable / Field Name"]: one["Field Label"] for one in self.fields} | OWN | BOXES
        for form in self.forms:
            said |= {f"{form}_timestamp": "Survey Timestamp", f"{form}_complete": "Complete?"}
        return said

    def rows(self, given: Sequence[Answered]) -> Iterator[dict[str, str]]:
        """The raw rows: by record, then event, then repeating instrument and instance."""
        forms, events = self.forms, list(self.events)
        order = sorted(
            given,
            key=lambda one: (
                one.record,
                events.index(self.place[one.form]),
                forms.index(one.form),
                one.instance,
            ),
        )
        for number, one in enumerate(order):
            repeats = one.form in self.repeated
            yield {
                self.fields[0]["Variable / Field Name"]: one.record,
                EVENT: self.place[one.form],
                REPEAT: one.form if repeats else "",
                INSTANCE: str(one.instance) if repeats else "",
                "redcap_data_access_group": f"site_{number % 3}",
                f"{one.form}_timestamp": ("2024-03-01 09:05:00", "[not completed]", "")[number % 3],
                f"{one.form}_complete": "201"[number % 3],
                "extra___1": "0",
                "extra___unk": "0",
                **one.answers,
            }

    def labelled(self, row: Mapping[str, str]) -> dict[str, str]:
        """A row with labels in place of codes."""
        choices = {one["Variable / Field Name"]: self._choices(one) for one in self.fields}
        told = {
            name: self.missing.get(cell) or choices.get(name, {}).get(cell, cell)
            for name, cell in row.items()
        }
        event = self.events[row[EVENT]]
        arm = f" (Arm {event['arm_num']}: {self.arms[event['arm_num']]})" if len(self.arms) > 1 else ""
        told[EVENT] = f"{event['event_name']}{arm}"
        told[REPEAT] = row[REPEAT].replace("_", " ").title()
        told |= {name: STATUS[cell] for name, cell in row.items() if name.endswith("_complete")}
        return told | dict.fromkeys(BOXES, "Unchecked")

    def _choices(self, field: Mapping[str, str]) -> dict[str, str]:
        listed = field["Choices, Calculations, OR Slider Labels"]
        parts = (part.split(",", 1) for part in listed.split("|")) if listed else ()
        return {code.strip(): label.strip() for code, label in parts}


def write_flat(
    path: Path, project: Project, given: Sequence[Answered], values: bool, heads: bool, delimiter: str = ","
) -> None:
    """The flat CSV: ``values`` with labels in the cells, ``heads`` with labels as headers."""
    header, labels = project.header(), project.labels()
    with path.open("w", encoding="utf-8-sig" if heads else "utf-8", newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter)
        writer.writerow([labels.get(name, name) for name in header] if heads else header)
        for row in project.rows(given):
            told = project.labelled(row) if values else row
            writer.writerow([told.get(name, "") for name in header])


def write_eav(path: Path, project: Project, given: Sequence[Answered]) -> None:
    """The API's EAV form: a row for each value that is there, raw."""
    record = project.fields[0]["Variable / Field Name"]
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["record", EVENT, REPEAT, INSTANCE, "field_name", "value"])
        for row in project.rows(given):
            keys = [row[record], *(row[key] for key in KEYS)]
            for name, value in row.items():
                if value and name not in KEYS and "___" not in name and not name.startswith("redcap_"):
                    writer.writerow([*keys, name, value])
