"""The page about a planned study in three formats."""

from __future__ import annotations

from alliance_modes.figures.picture import Picture, png_of
from alliance_modes.power.planned.found import Planned
from alliance_modes.reports.page.documents import documents
from alliance_modes.reports.page.render import environment
from alliance_modes.reports.planned.words import LEAD, assumptions, headlines, notes, table

TITLE = "What a planned study would find"
KIND = "Planned study: simulated, before any data"
FIGURE = "planned_study"


def planned_documents(planned: Planned, picture: Picture, sources: tuple[str, ...]) -> dict[str, bytes]:
    """The page by format: ``html``, ``docx``, ``pdf``.

    Parameters
    ----------
    planned : Planned
    picture : Picture
        Of ``figures.planned_study``.
    sources : tuple of str
        Sentences on which plan, truth and program made it.
    """
    pictures = {FIGURE: picture}
    source = (
        environment()
        .get_template("planned/page.md.j2")
        .render(
            pictures=pictures,
            lead=LEAD,
            headlines=list(headlines(planned)),
            numbers=table(planned),
            notes=list(notes(planned)),
            assumptions=list(assumptions(planned, sources)),
        )
    )
    pngs = {FIGURE: png_of(picture)}
    return documents(source, TITLE, KIND, pngs, foot=TITLE, contents=False)
