"""A section of a report: what it needs, and how it fills its template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from alliance_modes.reports.answering import Answer
from alliance_modes.reports.inputs import ReportInputs


@dataclass(frozen=True)
class Section:
    """One section of a report, which is a folder: code, words and template together.

    ``name`` is that of the folder and of the template in it; ``needs`` are the parts of
    ``ReportInputs`` that it reads, where ``analysis.session`` is one table of several; ``context``
    gives the template its names. ``released`` does so for the release edition, from what may be known
    there; a section without it is not in that edition, which says what it lacks by ``inside``.
    ``answers`` are the items of reporting checklists that it answers, each by what has to stand there.
    """

    name: str
    needs: tuple[str, ...]
    context: Callable[[ReportInputs], Mapping[str, Any]]
    released: Callable[[Any], Mapping[str, Any]] | None = None
    inside: str = ""
    answers: tuple[Answer, ...] = ()

    @property
    def template(self) -> str:
        """The template in its folder."""
        return f"{self.name}/{self.name}.md.j2"
