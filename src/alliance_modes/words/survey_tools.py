"""Survey tools by their own columns: which of these number responses, and so are no person's id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from alliance_modes.dictionary.named import ENDED_ON, HELD_ON, REFERRED_ON, STARTED_ON
from alliance_modes.words.vocabulary import plain


@dataclass(frozen=True)
class SurveyTool:
    """A tool that puts columns of its own beside the questions.

    Parameters
    ----------
    name : str
        How a person knows it.
    marks : tuple of str
        Columns that its exports have, all of them, in plain words.
    numbers : tuple of str
        Those of its columns that number responses or collectors.
    times : tuple of str
        Those that say when a form was filled in.
    states : tuple of str
        Those that say what became of a response (finished, a preview), not of a person.
    """

    name: str
    marks: tuple[str, ...]
    numbers: tuple[str, ...]
    times: tuple[str, ...] = ()
    states: tuple[str, ...] = ()


KOBO_NUMBERS = ("id", "index", "uuid", "parent index", "submission id", "submission uuid", "instanceid")
KOBO_TIMES = ("start", "end", "today", "submission time")
DAYS_OF_PEOPLE = (REFERRED_ON, STARTED_ON, ENDED_ON, HELD_ON)
"""What happened to people: when somebody filled in a form says nothing of it."""

TOOLS = (
    SurveyTool(
        "Microsoft Forms", ("id", "start time", "completion time"), ("id",), ("start time", "completion time")
    ),
    SurveyTool(
        "SurveyMonkey",
        ("respondent id", "collector id"),
        ("respondent id", "collector id"),
        ("start date", "end date", "date created", "date modified"),
    ),
    SurveyTool("JISC Online Surveys", ("unique response number",), ("unique response number",)),
    SurveyTool("JISC Online Surveys", ("response id",), ("response id",), ("started", "completed")),
    SurveyTool(
        "LimeSurvey",
        ("submitdate", "lastpage", "startlanguage"),
        ("id", "seed"),
        ("submitdate", "startdate", "datestamp"),
    ),
    SurveyTool("KoboToolbox", ("uuid", "submission time"), KOBO_NUMBERS, KOBO_TIMES),
    SurveyTool("KoboToolbox", ("parent index",), KOBO_NUMBERS, ("submission time",)),
    SurveyTool("ODK Central", ("key", "submitter id"), ("key", "submitter id", "instance id"), KOBO_TIMES),
    SurveyTool(
        "Qualtrics",
        ("finished", "progress", "recorded date"),
        ("response id",),
        ("start date", "end date", "recorded date"),
        ("status", "finished", "progress"),
    ),
    SurveyTool("Google Forms", ("timestamp",), (), ("timestamp",)),
)


def survey_tool(names: Iterable[str]) -> SurveyTool | None:
    """The tool most of whose own columns stand in a header, None where no tool's do."""
    here = {plain(name) for name in names}
    found = [tool for tool in TOOLS if here.issuperset(tool.marks)]
    return max(found, key=lambda tool: len(tool.marks), default=None)


def own_columns_of_tools(names: Iterable[str]) -> frozenset[str]:
    """Columns that no person asked for: those that a survey tool itself puts beside the answers."""
    header = tuple(names)
    return tool_columns(header) | {name for name in header if name.startswith(("_", "redcap_"))}


def response_numbers(names: Iterable[str]) -> frozenset[str]:
    """Columns in which a survey tool numbers its responses: they say nothing of who answered."""
    header = tuple(names)
    tool = survey_tool(header)
    return frozenset(name for name in header if tool is not None and plain(name) in tool.numbers)


def cannot_mean(names: Iterable[str], canonical: str, identifier: bool) -> frozenset[str]:
    """Columns that a survey tool fills in by itself, where they cannot be the column ``canonical``.

    Its response numbers are no ids, the times of filling in no days of what happened to people, and what
    became of a response is nothing about a person.
    """
    header = tuple(names)
    if identifier:
        return response_numbers(header)
    tool = survey_tool(header)
    if tool is None:
        return frozenset()
    own = {*tool.states, *(tool.times if canonical in DAYS_OF_PEOPLE else ())}
    return frozenset(name for name in header if plain(name) in own)


def tool_columns(names: Iterable[str]) -> frozenset[str]:
    """Columns that a survey tool fills in by itself: numbers of responses and times of filling in."""
    header = tuple(names)
    tool = survey_tool(header)
    own = frozenset() if tool is None else frozenset((*tool.numbers, *tool.times))
    return frozenset(name for name in header if own and plain(name) in own)
