"""The report of what several holders' cohorts come to, in three formats."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alliance_modes.figures.picture import OK, Picture, png_of
from alliance_modes.pooling.pool import Pool
from alliance_modes.pooling.shared_set import SharedSet
from alliance_modes.reports.page.documents import documents
from alliance_modes.reports.page.render import environment
from alliance_modes.reports.pooled.words import HOW, cohorts_table, made_from, not_pooled, parts, said

TITLE = "Effects over the cohorts of several holders"
KIND = "Pooled without sharing rows"


def pooled_documents(
    found: Pool, sets: Sequence[SharedSet], pictures: Mapping[str, Mapping[str, Picture]]
) -> dict[str, bytes]:
    """The report by format: ``html``, ``docx``, ``pdf``.

    Parameters
    ----------
    found : Pool
    sets : sequence of SharedSet
        What the holders gave away.
    pictures : mapping of mapping of Picture
        The forests, by model and by name.
    """
    named = {name: picture for of in pictures.values() for name, picture in of.items()}
    source = (
        environment()
        .get_template("pooled/page.md.j2")
        .render(
            simulated=[one.title for one in sets if one.demonstration],
            said=said(found, sets),
            cohorts=cohorts_table(sets),
            parts=parts(found, pictures),
            not_pooled=not_pooled(found),
            how=HOW,
            made_from=made_from(sets),
            pictures=named,
        )
    )
    drawn = {name: png_of(picture) for name, picture in named.items() if picture.status == OK}
    return documents(source, TITLE, KIND, drawn, foot=TITLE)
