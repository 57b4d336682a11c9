"""What somebody can read in a file of a release: its texts, its tables, its marks and its pictures."""

from __future__ import annotations

import base64
import csv
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise
from types import MappingProxyType
from xml.etree import ElementTree

PNG = b"\x89PNG\r\n\x1a\n"
PICTURE = re.compile(r"data:([a-z/+.-]+)[^,\"')]*,([A-Za-z0-9+/=%_-]*)", flags=re.IGNORECASE)
BLOCKS = frozenset(
    {"p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "div", "dt", "dd"}
    | {"caption", "figcaption", "title", "summary"}
)
ACTIVE = frozenset({"script", "svg", "iframe", "object", "embed", "form", "link", "base"})
"""Elements of a page that run, that draw from data, or that fetch something."""

SPOKEN = ("alt", "title", "aria-label", "content", "placeholder", "value")
WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DRAWN = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}docPr"
DESCRIBED = re.compile(rb"<x:xmpmeta.*?</x:xmpmeta>", flags=re.DOTALL)
"""What a PDF says of itself beside its dictionary (XMP), which programs leave uncompressed."""

LINE_OF_TEXT = 70
"""Characters that a line of running text has at least, as a PDF breaks it."""

ENDS_OF_SENTENCES = (".", "!", "?", ":", ";", ")")
"""What the last line of running text ends in, which may be short."""

CONTENT_OF_WORD = re.compile(r"word/(document|footnotes|endnotes|comments|header\d*|footer\d*)\.xml")


@dataclass
class Read:
    """What was found in one file.

    ``tables`` are rows of cells, headings first; ``marks`` what programs write about a file; ``pictures`` and
    ``other`` what is packed inside, PNG or not, the latter named.
    """

    text: str = ""
    tables: list[list[list[str]]] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    pictures: list[bytes] = field(default_factory=list)
    other: list[str] = field(default_factory=list)


def read(suffix: str, content: bytes) -> Read:
    """Read a file of a release by the kind that its name says.

    Raises
    ------
    ValueError
        It is not of that kind.
    """
    return READERS[suffix](content)


def _csv(content: bytes) -> Read:
    text = content.decode("utf-8")
    return Read(text=text, tables=[list(csv.reader(io.StringIO(text)))])


def _json(content: bytes) -> Read:
    return Read(text=content.decode("utf-8"))


def _png(content: bytes) -> Read:
    return Read(marks=list(png_marks(content)))


def png_marks(content: bytes) -> Iterator[str]:
    """The texts of a PNG, and the names of chunks that are no part of a picture.

    Raises
    ------
    ValueError
        The bytes are no PNG.
    """
    if content[:8] != PNG:
        raise ValueError("the picture is no PNG")
    place = 8
    while place + 8 <= len(content):
        length, kind = int.from_bytes(content[place : place + 4], "big"), content[place + 4 : place + 8]
        if kind in (b"tEXt", b"zTXt", b"iTXt", b"eXIf"):
            yield content[place + 8 : place + 8 + length].replace(b"\0", b" ").decode("utf-8", "replace")
        place += 12 + length


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found, self._parts, self._style = Read(), list[str](), False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ACTIVE:
            self.found.other.append(f"<{tag}>")
        self._style = tag == "style"
        if tag in BLOCKS:
            self._parts.append("\n")
        if tag == "table":
            self.found.tables.append([])
        elif tag == "tr" and self.found.tables:
            self.found.tables[-1].append([])
        elif tag in ("td", "th") and self.found.tables and self.found.tables[-1]:
            self.found.tables[-1][-1].append("")
            self._parts.append("\t")
        for name, value in attrs:
            self._attribute(tag, name, value or "")

    def _attribute(self, tag: str, name: str, value: str) -> None:
        if name.startswith("on"):
            self.found.other.append(f"{tag} {name}")
        elif PICTURE.search(value):
            _packed(value, self.found)
        elif name in SPOKEN:
            (self.found.marks if tag == "meta" else self._parts).append(f"\n{value}\n")
        elif name == "src":
            self.found.other.append(f"{tag} {value[:60]}")
        elif value:
            self.found.marks.append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self._style = False
        if tag in BLOCKS:
            self._parts.append("\n")

    def handle_data(self, data: str) -> None:
        if self._style:
            _packed(data, self.found)
            return
        self._parts.append(data)
        if self.lasttag in ("td", "th") and self.found.tables and self.found.tables[-1]:
            row = self.found.tables[-1][-1]
            if row:
                row[-1] = f"{row[-1]}{data}".strip()

    def handle_comment(self, data: str) -> None:
        self._parts.append(f"\n{data}\n")

    def text(self) -> str:
        return "".join(self._parts)


def _packed(text: str, found: Read) -> None:
    for kind, coded in PICTURE.findall(text):
        if kind == "image/png":
            found.pictures.append(base64.b64decode(coded))
        elif not kind.startswith("font/"):
            found.other.append(kind)


def _html(content: bytes) -> Read:
    page = _Page()
    page.feed(content.decode("utf-8"))
    page.close()
    page.found.text = page.text()
    return page.found


def _docx(content: bytes) -> Read:
    found, parts = Read(), list[str]()
    if not zipfile.is_zipfile(io.BytesIO(content)):
        raise ValueError("the document is no Word file")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in sorted(archive.namelist()):
            if name.endswith(".png"):
                found.pictures.append(archive.read(name))
            elif name.startswith("docProps/"):
                found.marks += [
                    one.text for one in ElementTree.fromstring(archive.read(name)).iter() if one.text
                ]
            elif CONTENT_OF_WORD.fullmatch(name):
                tree = ElementTree.fromstring(archive.read(name))
                parts += _words(tree)
                found.tables += [_rows(table) for table in tree.iter(f"{WORD}tbl")]
            elif name.endswith((".xml", ".rels")):
                found.marks += _all_of(ElementTree.fromstring(archive.read(name)))
            elif not name.endswith("/"):
                found.other.append(name)
    found.text = "\n".join(parts)
    return found


def _all_of(tree: ElementTree.Element) -> Iterator[str]:
    """Every text and value of a part that is no page: settings, what programs add, links outside."""
    for one in tree.iter():
        inside = one.tag.endswith("}Relationship") and one.get("TargetMode") != "External"
        values = () if inside else (one.text, *one.attrib.values())
        yield from (value for value in values if value and value.strip())


def _words(tree: ElementTree.Element) -> Iterator[str]:
    for paragraph in tree.iter(f"{WORD}p"):
        yield "".join(one.text or "" for one in paragraph.iter(f"{WORD}t"))
    for drawn in tree.iter(DRAWN):
        yield f"{drawn.get('title', '')}\n{drawn.get('descr', '')}"


def _rows(table: ElementTree.Element) -> list[list[str]]:
    return [
        ["".join(one.text or "" for one in cell.iter(f"{WORD}t")).strip() for cell in row.iter(f"{WORD}tc")]
        for row in table.iter(f"{WORD}tr")
    ]


def _pdf(content: bytes) -> Read:
    import pypdfium2 as pdfium

    try:
        document = pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        raise ValueError("the document is no PDF") from error
    with document:
        pages = [page.get_textpage().get_text_bounded() for page in document]
        marks = [f"{value}" for value in document.get_metadata_dict().values() if value]
        files = [f"attachment {place}" for place in range(document.count_attachments())]
    marks += [re.sub("[<>]", " ", one.decode("utf-8", "replace")) for one in DESCRIBED.findall(content)]
    return Read(text=unwrapped(without_feet(pages)), marks=marks, other=files)


def without_feet(pages: Sequence[str]) -> str:
    """The texts of all pages as one, with their feet last: a sentence goes on over the end of a page.

    A foot is what all pages end in, but for the numbers of pages.
    """
    lines, feet = [page.splitlines() for page in pages], list[str]()
    while len(lines) > 1 and all(lines) and len({re.sub(r"\d+", "#", page[-1]) for page in lines}) == 1:
        feet += [page.pop() for page in lines]
    return "\n".join([*(line for page in lines for line in page), *feet])


def unwrapped(text: str) -> str:
    """The text of pages with each paragraph on one line: who reads on reads a sentence, not its lines.

    A line goes on in the next where it is as long as running text and ends in a word or a comma, or where
    the next begins with a small letter; and where that one is as long too, or ends a sentence. The first row
    of a table does not go on from its headings.
    """
    parts: list[str] = []
    lines = [line.strip() for line in text.splitlines()]
    for before, line in pairwise(["", *lines]):
        ends_in_word = before[-1:].isalpha() or before.endswith(",")
        runs_on = len(line) >= LINE_OF_TEXT or line.endswith(ENDS_OF_SENTENCES)
        goes_on = len(before) >= LINE_OF_TEXT and runs_on and (ends_in_word or line[:1].islower())
        parts += [" " if goes_on else "\n", line]
    return "".join(parts).lstrip("\n")


READERS: Mapping[str, Callable[[bytes], Read]] = MappingProxyType(
    {"csv": _csv, "json": _json, "png": _png, "html": _html, "docx": _docx, "pdf": _pdf}
)
"""By suffix; a file with another one cannot be read, and so cannot be released."""
