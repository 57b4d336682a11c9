"""REDCap's events: which of them a source reads, and which session each of them is."""

from __future__ import annotations

import re

from alliance_modes.drafting.decisions import Asked, ColumnDraft, Key, Scalar, ShapeLine
from alliance_modes.drafting.recognise import RawFile
from alliance_modes.drafting.writing import quoted
from alliance_modes.ground.yaml_models import OPEN
from alliance_modes.words.occasions import occasion_of

EVENT_COLUMNS = ("redcap_event_name", "Event Name")
ARM = re.compile(r"_arm_[0-9]+$")


def events_read(file: RawFile) -> tuple[ShapeLine, ...]:
    """``event``: the events whose forms this source holds, told by which columns they fill in."""
    if not file.events:
        return ()
    listed = ", ".join(quoted(event) for event in file.events)
    return (ShapeLine(f"event: [{listed}]", why="sure: only these fill in the columns of this source"),)


def session_of_event(file: RawFile, questions: list[str]) -> ColumnDraft | None:
    """The session number as the event says it; asked for each event that is not called after one.

    Parameters
    ----------
    file : RawFile
        A part of a longitudinal REDCap export.
    questions : list of str
        Questions so far.

    Notes
    -----
    "session_3_arm_1" is proposed as session 3 and asked in one question; an event called after a
    stage ("post", "week 6") is a question of its own, since nothing says which session it was.
    """
    raw = next((name for name in EVENT_COLUMNS if name in file.facts), None)
    if raw is None or not file.facts[raw].counts:
        return None
    counts = file.facts[raw].counts
    named = {event: occasion_of(ARM.sub("", event)) for event in counts}
    labels: dict[str, Scalar] = {
        event: occasion.session if occasion and occasion.session is not None else OPEN
        for event, occasion in named.items()
    }
    asked: dict[Key, Asked] = {
        ("labels", event): Asked(
            f'{file.title}: after which session was the event "{event}" ({counts[event]} rows)? Give the '
            "number of the session, 0 before the first"
        )
        for event, number in labels.items()
        if number == OPEN
    }
    questions += [question.text for question in asked.values()]
    said = ", ".join(f'"{event}" = {number}' for event, number in labels.items() if number != OPEN)
    if said:
        questions.append(f"{file.title}: are these events the sessions that they are called after? {said}.")
    why = "events called after sessions" if not asked else "events that do not say which session"
    return ColumnDraft(raw, why, "likely" if not asked else "guess", labels=labels, asked=asked)
