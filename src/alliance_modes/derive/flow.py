"""The flow of participants, from referral to analysis sets."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from alliance_modes.derive.denominator import STARTED, started
from alliance_modes.derive.practitioner import MEASURED, NOT_SCORED
from alliance_modes.derive.survey_times import NO_SURVEY, ONLY_LATER, UNDATED, WHY_LATER
from alliance_modes.dictionary.derive import TABLES
from alliance_modes.dictionary.named import ENROLMENT_ID, ENROLMENT_STATUS

FLOW = TABLES["flow"]
Box = tuple[str, str | None, str, str, int]
"""Step, parent, split, label, and how many enrolments."""

ENDINGS = {
    "completed": "completed",
    "dropped_out": "dropped out",
    "removed": "removed by the programme",
    "administrative": "administrative end",
    "ongoing": "ongoing beyond the planned end",
}
WHY_UNEXPOSED = {
    ONLY_LATER: WHY_LATER,
    UNDATED: "survey or start without a date",
    NO_SURVEY: "practitioner without a survey",
    NOT_SCORED: "too few items answered",
    "": "no practitioner recorded",
}


def flow_table(account: pd.DataFrame, enrolments: pd.DataFrame, rated: pd.DataFrame) -> pd.DataFrame:
    """The flow as boxes.

    Parameters
    ----------
    account : DataFrame
        ``account.csv`` of cleaning.
    enrolments : DataFrame
        ``enrolment_table``.
    rated : DataFrame
        ``inventories``.

    Returns
    -------
    DataFrame
        step, parent (missing for the first), split, label, n (enrolments). Steps of one parent and
        one split (``cleaning``, ``start``, ``follow-up``, ``ending``, ``client alliance``,
        ``exposure``) exclude one another and sum to the parent.

    Notes
    -----
    The analysis sets (``client alliance``, ``exposure``) are parts of the denominator; in a cohort
    that recorded no status, of all enrolments kept.
    """
    boxes = _cleaning_boxes(account, len(enrolments))
    begun = started(enrolments).to_numpy()
    ending = enrolments[ENROLMENT_STATUS]
    unknown = ending.isna().to_numpy()
    counts = enrolments["denominator"].to_numpy(dtype=bool)
    kept = "enrolments_kept"
    boxes += [
        ("not_started", kept, "start", "did not start", (ending == "not_started").sum()),
        ("started", kept, "start", "started", begun.sum()),
    ]
    if unknown.any():
        label = "status not recorded, so not known to have started"
        boxes.insert(-1, ("status_unknown", kept, "start", label, unknown.sum()))
    not_due, due = _follow_up_labels(enrolments, begun, counts)
    boxes += [
        ("planned_end_after_lock", "started", "follow-up", not_due, (begun & ~counts).sum()),
        ("denominator", "started", "follow-up", due, counts.sum()),
    ]
    boxes += [
        (status, "denominator", "ending", ENDINGS[status], (ending == status)[counts].sum())
        for status in STARTED
    ]
    everyone = unknown.all()
    boxes += _analysis_sets(enrolments[everyone | counts], rated, kept if everyone else "denominator")
    return FLOW.typed(pd.DataFrame(boxes, columns=list(FLOW.columns)))


def _cleaning_boxes(account: pd.DataFrame, kept: int) -> list[Box]:
    lines = account[account["table"] == "enrolments"]
    read = int(lines.loc[lines["step"] == "read", "rows"].sum())
    boxes: list[Box] = [("enrolments_read", None, "", "enrolment records read", read)]
    for line in lines[lines["step"] == "excluded"].itertuples():
        slug = re.sub(r"[^a-z0-9]+", "_", str(line.reason).partition("(")[0].lower()).strip("_")
        label = f"excluded: {line.reason}"
        boxes.append((f"excluded_{slug}", "enrolments_read", "cleaning", label, int(line.rows)))
    boxes.append(("enrolments_kept", "enrolments_read", "cleaning", "enrolments", kept))
    return boxes


def _follow_up_labels(enrolments: pd.DataFrame, begun: np.ndarray, counts: np.ndarray) -> tuple[str, str]:
    by_status = begun & enrolments["planned_end_on"].isna().to_numpy()
    note = " ({} by status, planned end not known)"
    labels = ["planned end after data lock", "started, planned end by data lock"]
    for place, rows in enumerate((by_status & ~counts, by_status & counts)):
        labels[place] += note.format(rows.sum()) if rows.any() else ""
    return labels[0], labels[1]


def _analysis_sets(people: pd.DataFrame, rated: pd.DataFrame, parent: str) -> list[Box]:
    by_client = rated[(rated["rater"] == "client").to_numpy(dtype=bool, na_value=False)]
    told = people[ENROLMENT_ID].isin(by_client[ENROLMENT_ID].unique()).to_numpy()
    why = people["exposure"].fillna("")
    exposed = (why == MEASURED).to_numpy(dtype=bool)
    counted = ((int((why == key).sum()), text) for key, text in WHY_UNEXPOSED.items())
    reasons = "; ".join(f"{count} {text}" for count, text in counted if count)
    without = "without mode use of the practitioner" + (f" ({reasons})" if reasons else "")
    return [
        ("with_client_alliance", parent, "client alliance", "with client-rated alliance", told.sum()),
        (
            "without_client_alliance",
            parent,
            "client alliance",
            "without client-rated alliance",
            (~told).sum(),
        ),
        ("with_exposure", parent, "exposure", "with mode use of the practitioner", exposed.sum()),
        ("without_exposure", parent, "exposure", without, (~exposed).sum()),
    ]
