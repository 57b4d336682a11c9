"""Sheets as pages: filled, drawn, and written where only their owner can read."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from alliance_modes.figures.picture import Picture
from alliance_modes.figures.style import drawing
from alliance_modes.figures.supervision.courses import courses_figure
from alliance_modes.figures.supervision.mode_use import mode_use_figure
from alliance_modes.figures.supervision.position import position_figure
from alliance_modes.ground.files import whole_file
from alliance_modes.models.peers.own import OwnClient
from alliance_modes.reports.page.documents import Format, documents
from alliance_modes.reports.supervision.question import question_of
from alliance_modes.reports.supervision.sheet import Sheet
from alliance_modes.reports.supervision.words import (
    by_chance,
    changes_told,
    comparable_told,
    records_told,
    ruptures_table,
    standing_told,
)
from alliance_modes.words.display import escaped, markdown

HERE = Path(__file__).parent
FORMATS: tuple[Format, ...] = ("html", "pdf")
KIND = "Supervision sheet: confidential"
EDITION = "supervision"
FOOT = f"Edition: {EDITION}. For the practitioner and their supervisor alone; not to be passed on."
MOST_CLIENTS = 24
"""Clients whose course is drawn, and whose ruptures are listed, so that a sheet has two pages at most."""

DPI = 225
FOLDER_MODE, FILE_MODE = 0o700, 0o600
PSEUDONYMS = (
    "Clients are named by the first signs of their pseudonym in the data. Who holds the key of the cohort "
    "can say whom you mean."
)


def sheet_documents(sheet: Sheet) -> dict[str, bytes]:
    """The sheet of one practitioner by format (``html``, ``pdf``), saying that it is not for release."""
    drawn = _pictures(sheet)
    pngs = {name: _png(picture) for name, picture in drawn.items()}
    title = f"Practitioner {sheet.name}"
    made = documents(_filled(sheet, drawn), title, KIND, pngs, FORMATS, foot=FOOT, contents=False)
    return made | {"html": _marked(made["html"])}


def write_sheets(sheets: Iterable[Sheet], folder: str | Path) -> int:
    """Write ``<folder>/<practitioner>.html`` and ``.pdf`` of each; only the owner can look into the folder.

    Returns
    -------
    int
        How many sheets were written.
    """
    there = Path(folder)
    there.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    there.chmod(FOLDER_MODE)
    written = 0
    for sheet in sheets:
        for suffix, content in sheet_documents(sheet).items():
            with whole_file(there / f"{sheet.practitioner}.{suffix}") as path:
                path.write_bytes(content)
                path.chmod(FILE_MODE)
        written += 1
    return written


def _marked(page: bytes) -> bytes:
    """The page with its edition for programs, and set closer than a report."""
    style = (HERE / "supervision.css").read_text(encoding="utf-8")
    mark = f'<meta name="edition" content="{EDITION}">\n<style>\n{style}</style>\n</head>'
    return page.replace(b"</head>", mark.encode("utf-8"), 1)


def _shown(sheet: Sheet) -> tuple[OwnClient, ...]:
    return tuple(client for client in sheet.clients if client.rated)[-MOST_CLIENTS:]


def _pictures(sheet: Sheet) -> dict[str, Picture]:
    drawn, standing = {}, sheet.standing
    if sheet.mode_use.surveys:
        drawn["mode_use"] = mode_use_figure(sheet.mode_use.surveys, sheet.mode_use.uses)
    if standing is not None:
        drawn["position"] = position_figure(standing.estimate, standing.low, standing.high, standing.spread)
    if _shown(sheet):
        drawn["courses"] = courses_figure(_shown(sheet), sheet.ends)
    return drawn


def _filled(sheet: Sheet, drawn: Mapping[str, Picture]) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE), undefined=StrictUndefined, trim_blocks=True, autoescape=False
    )
    environment.filters["md"] = escaped
    environment.filters["table"] = lambda table: "" if table is None else markdown(table)
    return environment.get_template("supervision.md.j2").render(
        figure=lambda name: _figure(name, drawn[name]), **_context(sheet)
    )


def _context(sheet: Sheet) -> dict[str, Any]:
    standing = sheet.standing
    return {
        "demonstration": sheet.cohort.demonstration,
        "cohort": sheet.cohort.title,
        "data_lock": sheet.cohort.data_lock,
        "edition": EDITION,
        "question": question_of(sheet),
        "mode_use": sheet.mode_use.surveys,
        "changed": changes_told(sheet.mode_use),
        "standing": () if standing is None else standing_told(standing),
        "unplaced": sheet.unplaced,
        "comparable": comparable_told(sheet),
        "by_chance": by_chance(sheet.placed),
        "records": records_told(sheet, len(_shown(sheet))),
        "courses": bool(_shown(sheet)),
        "ruptures": ruptures_table(sheet.clients, MOST_CLIENTS),
        "pseudonyms": PSEUDONYMS,
    }


def _figure(name: str, picture: Picture) -> str:
    text = f"{escaped(picture.title)}. {escaped(picture.caption)}"
    return f'![{text}]({name}.png){{#fig-{name} alt="{escaped(picture.alt)}"}}'


def _png(picture: Picture) -> bytes:
    stream = io.BytesIO()
    with drawing():
        picture.figure.savefig(stream, format="png", dpi=DPI, metadata={"Software": None})
    return stream.getvalue()
