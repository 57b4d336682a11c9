"""What a survey tool is to this room: the files that it takes, and how its export looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from alliance_modes.readers.raw_table import tidy_text
from alliance_modes.survey.form import Form, Question, Survey, Text

Cells = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Of each question with choices: the code of a choice, and the cells that stand for it in an export."""


@dataclass(frozen=True)
class Export:
    """How the answers to one form come back from a tool.

    Parameters
    ----------
    file : str
        The name under which the export is kept.
    format : str
        As ``readers.formats`` names it.
    columns : mapping of str to str
        Every question that is answered, and the name of its column in ``cohort.yaml``.
    cells : Cells
        Of questions with choices.
    settings : mapping
        Further keys of the source in ``cohort.yaml`` (``repeat_instrument``, ``date_formats``,
        ``responses`` …).
    headings : mapping of str to str
        What else the header of a column may be: heading, and the name in ``columns`` that it stands for.
    drop : tuple of str
        Columns that the tool adds, and that a person could take for answers.
    """

    file: str
    format: str
    columns: Mapping[str, str]
    cells: Cells
    settings: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    headings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    drop: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """One survey tool.

    Parameters
    ----------
    name : str
        What ``--for`` says.
    title : str
        How a person knows it.
    write : callable
        From a survey: the files for the tool, name and bytes.
    export : callable
        From a survey and one of its forms: how its answers come back.
    next : str
        What to do with the files and the export, in a sentence or two.
    """

    name: str
    title: str
    write: Callable[[Survey], Mapping[str, bytes]]
    export: Callable[[Survey, Form], Export]
    next: str


def plain_export(form: Form, file: str, format_name: str, **changed: Any) -> Export:
    """An export with columns called as the questions, cells that are codes or labels, and texts as headers.

    Parameters
    ----------
    form : Form
    file, format_name : str
        As in ``Export``.
    **changed
        Other fields of ``Export``, in place of what is said here.
    """
    asked = [one for one in form.questions() if one.answered]
    plain: dict[str, Any] = {
        "columns": {one.name: one.name for one in asked},
        "cells": {
            one.name: {choice.code: (choice.code, *choice.text.values()) for choice in one.choices}
            for one in asked
            if one.choices
        },
        "headings": {tidy_text(text): one.name for one in asked for text in one.text.values()},
    }
    return Export(file, format_name, **{**plain, **changed})


def told(survey: Survey, question: Question) -> Text:
    """What a person is told whose answer cannot be one; no text where any answer can."""
    low, high = question.low, question.high
    if question.pseudonym:
        key = "not_an_id"
    elif question.kind == "identifier":
        key = "not_a_code"
    elif question.expected:
        key = "other_form"
    elif question.kind == "number" and low is not None and high is not None:
        key = "whole" if question.whole else "between"
    else:
        return {}
    places = {"low": f"{low:g}", "high": f"{high:g}"} if question.kind == "number" else {}
    return {code: text.format(**places) for code, text in survey.said[key].items()}
