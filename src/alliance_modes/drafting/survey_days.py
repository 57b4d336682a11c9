"""Whether the survey precedes the enrolments, counted from the files as they are drafted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import pandas as pd

from alliance_modes.derive.survey_times import survey_times
from alliance_modes.dictionary.named import COMPLETED_ON, ENROLMENT_STATUS, PRACTITIONER_ID, STARTED_ON
from alliance_modes.drafting.decisions import SourceDraft
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.ingest.dates import date_reading
from alliance_modes.intake.loss import LATE
from alliance_modes.intake.surveys import CHOICES, SURVEY, counted, times_said
from alliance_modes.plan.plan import Losses

OWN_DATES = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S")
"""How a cell that the file itself holds as a date is written as text."""


def with_survey_times(
    sources: Sequence[SourceDraft], files: Mapping[tuple[str, ...], RawFile], questions: list[str]
) -> list[SourceDraft]:
    """Sources of the survey with a comment that says when practitioners were surveyed, in counts.

    Parameters
    ----------
    sources : sequence of SourceDraft
        All sources, ids linked.
    files : mapping of tuple to RawFile
        The raw files by key.
    questions : list of str
        Questions so far; one is added where more surveys come too late than the default plan lets go.

    Notes
    -----
    Nothing is counted where ids or dates of the survey or of the enrolments are open or not recognised; a
    survey without any column of dates is undated.
    """
    survey = _rows(sources, files, SURVEY, COMPLETED_ON)
    enrolments = _rows(sources, files, "enrolments", STARTED_ON)
    if survey is None or enrolments is None or not len(survey) or not len(enrolments):
        return list(sources)
    times = survey_times(survey, enrolments)
    if not times.surveyed.practitioners:
        return list(sources)
    if times.not_before > Losses().surveys * times.surveyed.practitioners:
        questions.append(
            f"The survey of practitioners: {times_said(times)}. Are these the days on which they were "
            f"surveyed? Models of mode use would keep {counted(times.before.enrolments, 'enrolment')}. Which "
            f"surveys count is decided by the plan, before results are seen (exposure; {CHOICES}); what it "
            f"leaves out needs an agreement (accepted, {LATE})."
        )
    said = f"surveys, by the files as drafted: {times_said(times)}"
    return [replace(source, note=said) if source.table == SURVEY else source for source in sources]


def _rows(
    sources: Sequence[SourceDraft], files: Mapping[tuple[str, ...], RawFile], table: str, day: str
) -> pd.DataFrame | None:
    """Practitioner and day of every row of a table; None where they cannot be told yet."""
    parts = []
    for source in (source for source in sources if source.table == table):
        file, dated = files[source.key], source.columns.get(day)
        cells = _cells(source, file, PRACTITIONER_ID)
        if cells is None or (dated is not None and dated.asked):
            return None
        ids = pd.Series(cells, dtype="str")
        days: list[datetime | None] = [None] * len(ids)
        if dated is not None and (texts := _cells(source, file, day)) is not None:
            read = {text: _day(text, dated.date_formats) for text in {*texts}}
            days = [read[text] for text in texts]
        rows = pd.DataFrame({PRACTITIONER_ID: ids.mask(ids == ""), day: pd.to_datetime(pd.Series(days))})
        parts.append(_with_status(rows, source, file) if table == "enrolments" else rows)
    return pd.concat(parts, ignore_index=True) if parts else None


def _cells(source: SourceDraft, file: RawFile, name: str) -> list[str] | None:
    """The cells of one column; None where it is not mapped to a single column of the file."""
    column = source.columns.get(name)
    if column is None or column.parts or column.raw is None or column.raw not in file.facts:
        return None
    return file.cells(column.raw)


def _day(text: str, formats: Sequence[str]) -> datetime | None:
    found = date_reading(text, (*formats, *OWN_DATES)).value if text else None
    return found if isinstance(found, datetime) else None


def _with_status(rows: pd.DataFrame, source: SourceDraft, file: RawFile) -> pd.DataFrame:
    texts = _cells(source, file, ENROLMENT_STATUS)
    if texts is None:
        return rows.assign(**{ENROLMENT_STATUS: "unknown"})
    labels = source.columns[ENROLMENT_STATUS].labels
    meant = [str(labels.get(text, text)) for text in texts]
    return rows.assign(**{ENROLMENT_STATUS: meant})
