"""A section of a programme report: it reads facts, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from alliance_modes.reports.answering import Answer
from alliance_modes.reports.facts.facts import Facts


@dataclass(frozen=True)
class ProgrammeSection:
    """One section, which is a folder: code, words and template together; ``context`` fills the template.

    ``answers`` are the items of reporting checklists that it answers, each by what has to stand there.
    """

    name: str
    context: Callable[[Facts], Mapping[str, Any]]
    answers: tuple[Answer, ...] = ()

    @property
    def template(self) -> str:
        """The template in its folder."""
        return f"{self.name}/{self.name}.md.j2"
