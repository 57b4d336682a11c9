"""What a reader of HTML, Word and PDF finds: text, headings, tables, captions, alternative texts."""

from __future__ import annotations

import re
import struct
import zlib
from html import unescape
from io import BytesIO
from xml.etree import ElementTree
from zipfile import ZipFile

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
DRAWING = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"


def png(wide: int = 60, high: int = 40) -> bytes:
    """A grey picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = zlib.compress(b"".join(b"\x00" + b"\x99" * wide for _ in range(high)))
    head = struct.pack(">IIBBBBB", wide, high, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def html_text(page: bytes) -> str:
    """The words of a page, tags away, white space single."""
    body = page.decode("utf-8").partition("<body>")[2]
    body = re.sub(r"</?(a|strong|em|span)\b[^>]*>", "", body)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


def word_body(document: bytes) -> ElementTree.Element:
    """``word/document.xml``."""
    with ZipFile(BytesIO(document)) as parts:
        return ElementTree.fromstring(parts.read("word/document.xml"))


def word_paragraphs(document: bytes) -> list[tuple[str, str]]:
    """Style and text of every paragraph, those of tables included."""
    found = []
    for paragraph in word_body(document).iter(f"{W}p"):
        style = paragraph.find(f"{W}pPr/{W}pStyle")
        name = "" if style is None else style.get(f"{W}val", "")
        found.append((name, "".join(run.text or "" for run in paragraph.iter(f"{W}t"))))
    return found


def pdf_text(document: bytes) -> str:
    """The words of all pages."""
    return "\n".join(pdf_pages(document))


def pdf_pages(document: bytes) -> list[str]:
    """The words of each page."""
    import pypdfium2

    with pypdfium2.PdfDocument(document) as pages:
        return [page.get_textpage().get_text_range() for page in pages]
