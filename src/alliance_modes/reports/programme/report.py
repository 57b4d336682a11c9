"""The programme report of a cohort, or of one programme or site of it: one text for both editions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from alliance_modes.reports.facts.facts import Facts
from alliance_modes.reports.facts.scope import COHORT
from alliance_modes.reports.page.documents import Manuscript, documents_of, foot
from alliance_modes.reports.page.render import render_sections
from alliance_modes.reports.programme.course.section import COURSE_OF_PEOPLE
from alliance_modes.reports.programme.finishing.section import FINISHING
from alliance_modes.reports.programme.limits.section import LIMITS
from alliance_modes.reports.programme.method.section import METHOD
from alliance_modes.reports.programme.opening.section import OPENING
from alliance_modes.reports.programme.page_one.section import PAGE_ONE
from alliance_modes.reports.programme.places.section import PLACES
from alliance_modes.reports.programme.relationship.section import RELATIONSHIP
from alliance_modes.reports.programme.taking_part.section import TAKING_PART
from alliance_modes.reports.programme.workers.section import WORKERS

KIND = "Programme report"
SECTIONS = (
    OPENING,
    PAGE_ONE,
    COURSE_OF_PEOPLE,
    WORKERS,
    RELATIONSHIP,
    TAKING_PART,
    FINISHING,
    PLACES,
    LIMITS,
    METHOD,
)
"""The sections in the order they stand in the report."""

AT_ONCE, TOGETHER = 2, 8
"""Processes that make documents at the same time, and how many reports each makes them of."""


@dataclass(frozen=True)
class Source:
    """A report before it is documents.

    Its title, its Markdown, the figures in it as PNG by name, and the foot of its pages.
    """

    title: str
    kind: str
    markdown: str
    pictures: dict[str, bytes]
    foot: str

    def manuscript(self) -> Manuscript:
        """It as documents are made of it."""
        return Manuscript(self.markdown, self.title, self.kind, self.pictures, foot=self.foot)


def made_of(reports: Iterable[Source]) -> Iterator[tuple[Source, dict[str, bytes]]]:
    """Each report with its documents, in this order; those of several are made at the same time.

    Most of the time goes into programs beside this one, which need no core of it.
    """
    every = list(reports)
    parts = [every[first : first + TOGETHER] for first in range(0, len(every), TOGETHER)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        made = pool.map(documents_of, [[one.manuscript() for one in part] for part in parts])
        for part, documents in zip(parts, made, strict=True):
            yield from zip(part, documents, strict=True)


def programme_report(facts: Facts) -> Source:
    """The programme report of the scope and the edition of ``facts``.

    Returns
    -------
    Source
        It holds no clock: the same facts give the same text.
    """
    markdown = render_sections(SECTIONS, "programme", facts)
    placed = {name: one.png for name, one in facts.pictures.items() if f"({name}.png)" in markdown}
    title = (
        facts.about.title
        if facts.scope == COHORT
        else f"{facts.about.title}: {facts.scope.kind} {facts.scope.value}"
    )
    return Source(title, KIND, markdown, placed, foot(title, facts.edition))
