"""A cohort of few people in every table, as raw texts, from which rows can be taken by hand."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from alliance_modes.cleaning.identity import DEMONSTRATION_KEY, key_fingerprint, keyed_id
from alliance_modes.ingest.withdrawn import WithdrawnList, WithdrawnPerson, write_withdrawn

WAI = ",".join(f"w{item}" for item in range(1, 13))
MODES = ",".join(f"m{item}" for item in range(1, 19))

COHORT = """\
cohort: small
title: a small cohort
data_lock: 2024-12-31
tables:
  practitioners:
    files: staff.csv
    format: csv
    columns: {practitioner_id: worker, role: role}
  practitioner_survey:
    files: survey.csv
    format: csv
    columns: {practitioner_id: worker, wave: {constant: 1}, completed_on: day}
    inventories:
      - {instrument: modes_of_practice, items: "m{item}"}
  enrolments:
    files: enrolments.csv
    format: csv
    missing: {"-9": refused}
    columns:
      enrolment_id: enrolment
      client_id: client
      practitioner_id: lead
      co_practitioner_id: second
      started_on: started
      age_years: age
  sessions:
    files: sessions.csv
    format: csv
    columns: {enrolment_id: enrolment, session_no: no, attended: here}
  alliance:
    - files: client.csv
      format: csv
      columns: {enrolment_id: enrolment, session_no: no}
      inventories:
        - {instrument: wai_sr, rater: client, items: "w{item}"}
    - files: practitioner.csv
      format: csv
      columns: {enrolment_id: enrolment, session_no: no}
      inventories:
        - {instrument: wai_s, rater: practitioner, items: "w{item}"}
  group_climate:
    files: climate.csv
    format: csv
    columns: {group_id: group, enrolment_id: enrolment, session_no: no}
"""

RAW = {
    "staff.csv": ["worker,role", "P1,facilitator", "P2,facilitator"],
    "survey.csv": [f"worker,day,{MODES}", "P1,2024-01-01" + ",2" * 18, "P2,2024-01-02" + ",3" * 18],
    "enrolments.csv": [
        "enrolment,client,lead,second,started,age",
        "E1,C1,P1,P2,2024-01-08,-9",
        "E2,C2,P1,,2024-01-09,31",
        "E3,C1,P2,P1,2024-06-03,41",
        "E4,C3,P2,,2024-06-04,-9",
    ],
    "sessions.csv": [
        "enrolment,no,here", "E1,1,true", "E1,2,false", "E2,1,true", "E3,1,true", "E4,1,true",
    ],
    "client.csv": [f"enrolment,no,{WAI}", *(f"{one},3" + ",4" * 12 for one in ("E1", "E2", "E3", "E4"))],
    "practitioner.csv": [f"enrolment,no,{WAI}", *(f"{one},3" + ",5" * 12 for one in ("E1", "E2", "E3"))],
    "climate.csv": ["group,enrolment,no", "G1,E1,1", "G1,E2,1", "G2,,1"],
}  # fmt: skip


def write(folder: Path, without: Collection[str] = (), raw: dict[str, list[str]] | None = None) -> Path:
    """Write the cohort; rows of which any cell is among ``without`` are left away, as by hand."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cohort.yaml").write_text(COHORT, encoding="utf-8")
    for name, (header, *rows) in (raw or RAW).items():
        kept = [row for row in rows if set(row.split(",")).isdisjoint(without)]
        (folder / name).write_text("\n".join([header, *kept]) + "\n", encoding="utf-8")
    return folder


def keyed(column: str, text: str) -> str:
    """The id of a person of the cohort, by the public key."""
    return keyed_id(DEMONSTRATION_KEY, column, text)


def take_out(folder: Path, *people: WithdrawnPerson, key: bytes = DEMONSTRATION_KEY) -> Path:
    """Write the list of people who were taken out."""
    return write_withdrawn(WithdrawnList(key=key_fingerprint(key), people=people), folder)
