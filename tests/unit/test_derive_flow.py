"""Every box of the flow of participants, from rows whose numbers can be counted by eye."""

from __future__ import annotations

import pandas as pd

from alliance_modes.derive.flow import flow_table

KEPT, IN, SENT = "enrolments_kept", "denominator", "enrolments_read"


def account(*lines: tuple[str, str, str, int]) -> pd.DataFrame:
    table = pd.DataFrame(lines, columns=["table", "step", "reason", "rows"])
    return table.astype({"table": "str", "step": "str", "reason": "str", "rows": "Int64"})


ACCOUNT = account(
    ("practitioners", "read", "", 90),
    ("practitioners", "excluded", "exact duplicate", 3),
    ("enrolments", "read", "", 17),
    ("enrolments", "excluded", "exact duplicate", 2),
    ("enrolments", "excluded", "conflicting repeat (another record is kept)", 4),
    ("enrolments", "kept", "", 11),
)

PEOPLE = [
    ("e01", "completed", True, "2025-03-03", "measured"),
    ("e02", "completed", True, "2025-03-03", "only_later"),
    ("e03", "dropped_out", True, "2025-03-03", "only_later"),
    ("e04", "removed", True, None, "no_survey"),
    ("e05", "administrative", True, None, None),
    ("e06", "ongoing", True, "2025-03-03", "measured"),
    ("e07", "ongoing", False, "2025-09-03", "measured"),
    ("e08", "ongoing", False, None, "measured"),
    ("e09", "not_started", False, "2025-03-03", "measured"),
    ("e10", "not_started", False, None, "undated"),
    ("e11", None, False, None, "not_scored"),
]


def people(rows: list[tuple]) -> pd.DataFrame:
    columns = ["enrolment_id", "status", "denominator", "planned_end_on", "exposure"]
    table = pd.DataFrame(rows, columns=columns)
    table["planned_end_on"] = pd.to_datetime(table["planned_end_on"])
    types = {"enrolment_id": "str", "status": "str", "exposure": "str", "denominator": "boolean"}
    return table.astype(types)


def rated(*forms: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(forms, columns=["enrolment_id", "rater"]).astype("str")


def boxes(flow: pd.DataFrame) -> list[tuple]:
    rows = flow[["step", "parent", "split", "n"]].astype(object)
    return [tuple(row) for row in rows.where(rows.notna(), None).to_numpy()]


def test_every_box_has_its_parent_its_split_and_its_count() -> None:
    forms = rated(("e01", "client"), ("e01", "client"), ("e02", "practitioner"), ("e07", "client"))
    flow = flow_table(ACCOUNT, people(PEOPLE), forms)
    assert boxes(flow) == [
        ("enrolments_read", None, "", 17),
        ("excluded_exact_duplicate", SENT, "cleaning", 2),
        ("excluded_conflicting_repeat", SENT, "cleaning", 4),
        ("enrolments_kept", SENT, "cleaning", 11),
        ("not_started", KEPT, "start", 2),
        ("status_unknown", KEPT, "start", 1),
        ("started", KEPT, "start", 8),
        ("planned_end_after_lock", "started", "follow-up", 2),
        ("denominator", "started", "follow-up", 6),
        ("completed", IN, "ending", 2),
        ("dropped_out", IN, "ending", 1),
        ("removed", IN, "ending", 1),
        ("administrative", IN, "ending", 1),
        ("ongoing", IN, "ending", 1),
        ("with_client_alliance", IN, "client alliance", 1),
        ("without_client_alliance", IN, "client alliance", 5),
        ("with_exposure", IN, "exposure", 2),
        ("without_exposure", IN, "exposure", 4),
    ]


def test_labels_say_what_is_by_status_and_why_mode_use_is_missing() -> None:
    labels = flow_table(ACCOUNT, people(PEOPLE), rated()).set_index("step")["label"]
    assert labels["planned_end_after_lock"].endswith("(1 by status, planned end not known)")
    assert labels["denominator"].endswith("(2 by status, planned end not known)")
    assert labels["without_exposure"] == (
        "without mode use of the practitioner (2 surveyed only after their first enrolment had started; "
        "1 practitioner without a survey; 1 no practitioner recorded)"
    )
    assert labels["excluded_conflicting_repeat"] == "excluded: conflicting repeat (another record is kept)"


def test_without_anything_unknown_no_label_has_a_note_and_no_box_is_for_it() -> None:
    flow = flow_table(ACCOUNT, people([PEOPLE[0], PEOPLE[5], PEOPLE[8]]), rated()).set_index("step")
    assert "status_unknown" not in flow.index
    assert flow.loc["denominator", "label"] == "started, planned end by data lock"
    assert flow.loc["planned_end_after_lock", "label"] == "planned end after data lock"
    assert flow.loc["without_exposure", "label"] == "without mode use of the practitioner"


def test_the_analysis_sets_of_a_cohort_without_any_status_are_parts_of_all_that_were_kept() -> None:
    rows = [
        (name, None, False, None, why) for name, why in (("e1", "measured"), ("e2", None), ("e3", "undated"))
    ]
    flow = flow_table(ACCOUNT, people(rows), rated(("e2", "client")))
    assert boxes(flow)[-4:] == [
        ("with_client_alliance", KEPT, "client alliance", 1),
        ("without_client_alliance", KEPT, "client alliance", 2),
        ("with_exposure", KEPT, "exposure", 1),
        ("without_exposure", KEPT, "exposure", 2),
    ]
