"""The filled checklists in three formats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alliance_modes.reports.checklist.filled import Filled, filled, summary
from alliance_modes.reports.checklist.items import checklists
from alliance_modes.reports.checklist.rendered import Rendered
from alliance_modes.reports.page.documents import Format, Manuscript, documents_of, foot
from alliance_modes.reports.page.render import environment

KIND = "Reporting checklists"
ON_SCREEN: tuple[Format, ...] = ("html",)
IN_PRINT: tuple[Format, ...] = ("docx", "pdf")
SIMULATED = "The people in this report are simulated."
"""What the report of a demonstration cohort says of itself."""


def checklist_documents(
    reports: Sequence[Rendered], found: Mapping[str, tuple[Filled, ...]] | None = None
) -> dict[str, bytes]:
    """The checklists by format: ``html`` with links into the reports, ``docx`` and ``pdf`` to be handed in.

    Parameters
    ----------
    reports : sequence of Rendered
        The research report, then the programme report.
    found : mapping, optional
        ``filled(reports)``, where it is known already.
    """
    each = filled(reports) if found is None else found
    title = reports[0].title
    on_screen, in_print = documents_of(
        [
            Manuscript(
                checklist_source(reports, each, screen),
                title,
                KIND,
                {},
                formats,
                foot=foot(title, "internal"),
            )
            for screen, formats in ((True, ON_SCREEN), (False, IN_PRINT))
        ]
    )
    return {**on_screen, **in_print}


def checklist_source(
    reports: Sequence[Rendered], found: Mapping[str, tuple[Filled, ...]], screen: bool
) -> str:
    """The checklists as Markdown: on screen with links, in print with a column for pages of an article."""
    return (
        environment()
        .get_template("checklist/page.md.j2")
        .render(
            parts=[_part(name, items) for name, items in found.items()],
            screen=screen,
            simulated=any(SIMULATED in one.text for report in reports for one in report.held),
        )
    )


def _part(name: str, items: tuple[Filled, ...]) -> dict[str, Any]:
    checklist = checklists()[name]
    return {"checklist": checklist, "entries": items, "summary": summary(checklist, items)}
