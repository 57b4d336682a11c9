"""When practitioners were surveyed: before their first enrolment started, or on that day or later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from alliance_modes.dictionary.named import COMPLETED_ON, ENROLMENT_STATUS, PRACTITIONER_ID, STARTED_ON

BEFORE = "before"
ONLY_LATER = "only_later"
UNDATED = "undated"
NO_SURVEY = "no_survey"


@dataclass(frozen=True)
class Counted:
    """How many practitioners, and how many enrolments they lead."""

    practitioners: int
    enrolments: int


@dataclass(frozen=True)
class SurveyTimes:
    """The practitioners who lead an enrolment, by when they were surveyed; each is in one of the four.

    ``before``: a survey before the day on which their first enrolment started. ``only_later``: none before,
    at least one on that day or later. ``undated``: a survey, or every start, without a date. ``no_survey``:
    none.
    """

    before: Counted
    only_later: Counted
    undated: Counted
    no_survey: Counted

    @property
    def leading(self) -> int:
        """Practitioners who lead an enrolment."""
        return self.surveyed.practitioners + self.no_survey.practitioners

    @property
    def surveyed(self) -> Counted:
        """Those with a survey, whenever it was."""
        parts = (self.before, self.only_later, self.undated)
        return Counted(sum(part.practitioners for part in parts), sum(part.enrolments for part in parts))

    @property
    def not_before(self) -> int:
        """Practitioners surveyed of whom no survey is known to precede their first enrolment."""
        return self.only_later.practitioners + self.undated.practitioners


def first_starts(enrolments: pd.DataFrame) -> pd.Series:
    """Day on which the first enrolment that each practitioner led started; index practitioner_id."""
    if ENROLMENT_STATUS in enrolments:
        began = (enrolments[ENROLMENT_STATUS] != "not_started").fillna(True).to_numpy(dtype=bool)
        enrolments = enrolments[began]
    return enrolments.groupby(PRACTITIONER_ID)[STARTED_ON].min()


def placed_waves(survey: pd.DataFrame, enrolments: pd.DataFrame) -> pd.DataFrame:
    """Where each survey lies in time.

    Parameters
    ----------
    survey : DataFrame
        One row per practitioner and wave: practitioner_id, completed_on.
    enrolments : DataFrame
        One row per enrolment: practitioner_id, started_on and, where it is known, the status.

    Returns
    -------
    DataFrame
        One row per row of ``survey``, with its index: practitioner_id, leads (an enrolment), placed (the
        survey and the first start have a date, or they lead none), before (the survey precedes the start,
        or they lead none).
    """
    leads = survey[PRACTITIONER_ID].isin(enrolments[PRACTITIONER_ID])
    start = first_starts(enrolments).reindex(survey[PRACTITIONER_ID]).set_axis(survey.index)
    placed = ~leads | (survey[COMPLETED_ON].notna() & start.notna())
    before = ~leads | (survey[COMPLETED_ON] < start)
    return pd.DataFrame(
        {PRACTITIONER_ID: survey[PRACTITIONER_ID], "leads": leads, "placed": placed, "before": before}
    )


def survey_times(survey: pd.DataFrame, enrolments: pd.DataFrame) -> SurveyTimes:
    """Count the practitioners who lead an enrolment by when they were surveyed.

    Parameters
    ----------
    survey, enrolments : DataFrame
        As for ``placed_waves``.

    Notes
    -----
    Enrolments without a practitioner are not counted. A practitioner with a survey before the first start
    is ``before`` whatever others there are; one with an undated survey and only later ones is ``undated``.
    """
    waves = placed_waves(survey, enrolments)
    led = enrolments.groupby(PRACTITIONER_ID).size()
    ids = led.index
    some = {
        name: ids.isin(waves.loc[mask.to_numpy(dtype=bool, na_value=False), PRACTITIONER_ID])
        for name, mask in {
            "any": waves["leads"],
            "before": waves["before"],
            "unplaced": ~waves["placed"].astype("boolean"),
        }.items()
    }
    kind = np.select(
        [~some["any"], some["before"], some["unplaced"]], [NO_SURVEY, BEFORE, UNDATED], default=ONLY_LATER
    )

    def counted(name: str) -> Counted:
        return Counted(int((kind == name).sum()), int(led[kind == name].sum()))

    return SurveyTimes(counted(BEFORE), counted(ONLY_LATER), counted(UNDATED), counted(NO_SURVEY))


WHY_LATER = "surveyed only after their first enrolment had started"
WHY_NOT = {
    ONLY_LATER: WHY_LATER,
    UNDATED: "surveyed without a date (of the survey, or of every start)",
    NO_SURVEY: "not surveyed",
    "not_scored": "surveyed with too few items answered",
}


def unmeasured_said(rows: pd.DataFrame) -> str:
    """Why practitioners of an analysis table have no mode use; blank where all have it.

    Parameters
    ----------
    rows : DataFrame
        practitioner_id and exposure, one row per enrolment, session or inventory.

    Returns
    -------
    str
        ``of 40 practitioners 37 were surveyed only after their first enrolment had started, 3 were not
        surveyed; plan: exposure.waves``. Rows without a practitioner are not counted.
    """
    people = (
        rows[[PRACTITIONER_ID, "exposure"]].dropna(subset=[PRACTITIONER_ID]).drop_duplicates(PRACTITIONER_ID)
    )
    counts = {why: int((people["exposure"] == kind).sum()) for kind, why in WHY_NOT.items()}
    said = [f"{count:,} were {why}" for why, count in counts.items() if count]
    if not said:
        return ""
    plan = "; plan: exposure.waves" if counts[WHY_LATER] else ""
    return f"of {len(people):,} practitioners {', '.join(said)}{plan}"
