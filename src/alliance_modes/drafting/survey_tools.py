"""Survey tools by their own columns: which of these number responses, and so are no person's id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

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
    """

    name: str
    marks: tuple[str, ...]
    numbers: tuple[str, ...]


TOOLS = (
    SurveyTool("Microsoft Forms", ("id", "start time", "completion time"), ("id",)),
    SurveyTool("SurveyMonkey", ("respondent id", "collector id"), ("respondent id", "collector id")),
    SurveyTool("JISC Online Surveys", ("unique response number",), ("unique response number",)),
    SurveyTool("JISC Online Surveys", ("response id",), ("response id",)),
    SurveyTool("LimeSurvey", ("submitdate", "lastpage", "startlanguage"), ("id", "seed")),
    SurveyTool(
        "KoboToolbox",
        ("uuid",),
        ("id", "index", "uuid", "parent index", "submission id", "submission uuid", "instanceid"),
    ),
    SurveyTool(
        "KoboToolbox", ("parent index",), ("id", "index", "parent index", "submission id", "submission uuid")
    ),
    SurveyTool("ODK Central", ("key", "submitterid"), ("key", "submitterid", "instanceid")),
    SurveyTool("Qualtrics", ("finished", "progress", "recorded date"), ("response id",)),
    SurveyTool("Google Forms", ("timestamp",), ()),
)


def survey_tool(names: Iterable[str]) -> SurveyTool | None:
    """The tool whose own columns stand in a header, None where no tool's do."""
    here = {plain(name) for name in names}
    return next((tool for tool in TOOLS if here.issuperset(tool.marks)), None)


def response_numbers(names: Iterable[str]) -> frozenset[str]:
    """Columns in which a survey tool numbers its responses: they say nothing of who answered."""
    header = tuple(names)
    tool = survey_tool(header)
    return frozenset(name for name in header if tool is not None and plain(name) in tool.numbers)
