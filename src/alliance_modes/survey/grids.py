"""Which questions of a section stand together as the rows of one grid."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from alliance_modes.survey.form import Question, Section


def pieces(section: Section) -> Iterator[tuple[Question, ...]]:
    """The questions of a section in order: the rows of a grid together, every other one alone.

    Notes
    -----
    A grid are neighbours on an ordered row with the same answers, that everybody is asked and nobody must
    answer.
    """
    for _, found in groupby(enumerate(section.questions), key=lambda one: _row(*one)):
        yield tuple(question for _, question in found)


def _row(place: int, question: Question) -> object:
    if question.kind != "scale" or question.only_if is not None or question.required:
        return place
    return tuple((choice.code, tuple(choice.text.items())) for choice in question.choices)
