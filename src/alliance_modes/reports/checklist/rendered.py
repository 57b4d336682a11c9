"""What a report holds for a reader: passages, tables, figures, under which heading and on which page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Literal

from alliance_modes.reports.answering import Answer

HEADING = re.compile(r"h[1-6]")
PASSAGES = {"p", "li", "dt", "dd"}
"""What a reader reads as text; a cell of a table is none, since any word may stand there."""
NOT_READ = {"nav", "style", "script", "title"}
IN_NUMBERS = "numbers-"
"""How the ids of tables begin that repeat a figure in numbers."""

_UNLIKE = re.compile(r"[\s\u200b\u00ad\u2010\u2011-]+")
_NUMBER = re.compile(r"^(?:Table|Figure)\s\d+")


@dataclass(frozen=True)
class Held:
    """A heading, passage, table or figure of a report.

    ``text`` is what a reader sees of it: of a table and a figure the caption. ``id`` is its own in the page,
    of a passage that of the heading above it. ``under`` are the headings above it, the nearest last, and
    ``page`` the page of the PDF on which it stands, of a passage that on which its section begins; None
    where it was not found there.
    """

    kind: Literal["heading", "words", "table", "figure"]
    text: str
    id: str
    level: int = 0
    under: tuple[str, ...] = ()
    page: int | None = None

    @property
    def section(self) -> str:
        """The nearest heading; the first page where there is none."""
        return self.under[-1] if self.under else "First page"

    @property
    def number(self) -> str:
        """``Table 3``, ``Figure 2``; nothing of a passage."""
        found = _NUMBER.match(self.text)
        return " ".join(found.group().split()) if found else ""


@dataclass(frozen=True)
class Rendered:
    """A report as it was made: the name of its page, its title, and all that it holds in its order."""

    file: str
    title: str
    held: tuple[Held, ...]

    def find(self, answer: Answer) -> Held | None:
        """The first thing in the report that is this answer; None where it holds none."""
        if answer.kind == "results":
            return self._results(answer.sought)
        if answer.kind == "figure":
            wanted = f"fig-{answer.sought}"
            return next((one for one in self.held if one.kind == "figure" and one.id == wanted), None)
        if answer.kind == "heading":
            return next(
                (one for one in self.held if one.kind == "heading" and one.text == answer.sought), None
            )
        return next((one for one in self.held if one.kind == answer.kind and answer.sought in one.text), None)

    def _results(self, heading: str) -> Held | None:
        """The heading, where a table stands in its section."""
        for place, one in enumerate(self.held):
            if one.kind == "heading" and one.text == heading:
                below = self.held[place + 1 :]
                end = (at for at, other in enumerate(below) if 0 < other.level <= one.level)
                if any(other.kind == "table" for other in below[: next(end, len(below))]):
                    return one
        return None


def read_report(page: str | Path) -> Rendered:
    """Read a report from its page in HTML, and the pages of its PDF beside it.

    Parameters
    ----------
    page : path
        ``research.html`` or ``report.html``; ``research.pdf`` lies beside it.
    """
    page = Path(page)
    return rendered(page.name, page.read_text(encoding="utf-8"), page.with_suffix(".pdf").read_bytes())


def rendered(file: str, html: str, pdf: bytes | None = None) -> Rendered:
    """What the HTML of a report holds; without the PDF no page is known."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    held = reader.held
    return Rendered(file, reader.title, tuple(held if pdf is None else _paged(held, pdf)))


class _Reader(HTMLParser):
    """Reads what pandoc wrote: each element is closed by its own tag. The first heading is the title."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.held: list[Held] = []
        self._open: list[tuple[str, str, list[str]]] = []
        self._above: list[Held] = []
        self._unread = 0
        self._ids = {"table": "", "figure": ""}

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self._unread += tag in NOT_READ
        identity = dict(attrs).get("id") or ""
        if tag in self._ids:
            self._ids[tag] = identity
        if tag in PASSAGES or tag in ("caption", "figcaption") or HEADING.fullmatch(tag):
            self._open.append((tag, identity, []))

    def handle_data(self, data: str) -> None:
        if self._open and not self._unread:
            self._open[-1][2].append(data)

    def handle_endtag(self, tag: str) -> None:
        self._unread -= tag in NOT_READ
        if not self._open or self._open[-1][0] != tag:
            return
        _, identity, parts = self._open.pop()
        text = " ".join("".join(parts).split())
        if HEADING.fullmatch(tag):
            self._heading(Held("heading", text, identity, level=int(tag[1])))
        elif tag == "caption" and not self._ids["table"].startswith(IN_NUMBERS):
            self._add("table", text, self._ids["table"])
        elif tag == "figcaption":
            self._add("figure", text, self._ids["figure"])
        elif tag in PASSAGES and text:
            self._add("words", text, self._above[-1].id if self._above else "")

    def _heading(self, one: Held) -> None:
        if not self.title:
            self.title = one.text
            return
        self._above = [*(other for other in self._above if other.level < one.level), one]
        self.held.append(replace(one, under=tuple(other.text for other in self._above)))

    def _add(self, kind: Literal["words", "table", "figure"], text: str, identity: str) -> None:
        under = tuple(other.text for other in self._above)
        self.held.append(Held(kind, text, identity, under=under))


def _paged(held: Sequence[Held], pdf: bytes) -> Iterator[Held]:
    """Each thing with its page: headings by the outline of the PDF, tables and figures by their captions."""
    pages, outline = _pages(pdf)
    begins: int | None = None
    at = 0
    for one in held:
        if one.kind == "heading":
            found = next(
                (place for place in range(at, len(outline)) if outline[place][0] == _bare(one.text)), -1
            )
            begins = outline[found][1] if found >= 0 else None
            at = found + 1 if found >= 0 else at
        where = begins
        if one.kind in ("table", "figure"):
            sought, first = _bare(one.text)[:60], (begins or 1) - 1
            where = next((place + 1 for place in range(first, len(pages)) if sought in pages[place]), None)
        yield replace(one, page=where)


def _pages(pdf: bytes) -> tuple[list[str], list[tuple[str, int]]]:
    """The words of each page without spaces and hyphens; the headings so, with the page of each."""
    import pypdfium2

    with pypdfium2.PdfDocument(pdf) as document:
        pages = [_bare(page.get_textpage().get_text_bounded()) for page in document]
        outline = [
            (_bare(mark.get_title()), target.get_index() + 1)
            for mark in document.get_toc()
            if (target := mark.get_dest()) is not None
        ]
    return pages, outline


def _bare(text: str) -> str:
    return _UNLIKE.sub("", text)
