"""What the XML of a workbook (.xlsx, "Strict Open XML" too) says beside its cells: sheets, texts, formats."""

from __future__ import annotations

import html
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO
from xml.etree import ElementTree

WORKBOOK, RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
BLOCK = 1 << 17
TEXT = re.compile(rb"<si(?:\s[^>]*)?(?:/>|>(.*?)</si>)", flags=re.DOTALL)
PLAIN_TEXT = re.compile(rb"<si><t(?: xml:space=\"preserve\")?>([^<]*)</t></si>")
PIECE = re.compile(rb"<t(?:\s[^>]*)?>([^<]*)</t>")
PHONETIC = re.compile(rb"<rPh\s.*?</rPh>", flags=re.DOTALL)
ENCODING = re.compile(rb"<\?xml[^>]*?encoding=[\"']([\w-]+)[\"']")


@dataclass(frozen=True)
class SheetPart:
    """A sheet: its name, whether it is hidden, and the part of the archive that holds it."""

    name: str
    hidden: bool
    part: str


@dataclass(frozen=True)
class WorkbookXml:
    """Sheets of a workbook, the parts with its texts and formats, and the day that its dates count from."""

    sheets: tuple[SheetPart, ...]
    texts: str
    styles: str
    epoch: datetime


@dataclass(frozen=True)
class DateStyles:
    """Styles of cells, by number, whose numbers are days or moments, and those that are lengths of time."""

    dates: frozenset[int]
    lengths: frozenset[int]


def workbook_xml(archive: zipfile.ZipFile) -> WorkbookXml | None:
    """What a workbook says of itself, None where its parts are named otherwise than usual."""
    from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH

    if not {WORKBOOK, RELATIONS} <= set(archive.namelist()):
        return None
    targets: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for relation in ElementTree.fromstring(archive.read(RELATIONS)):
        target = posixpath.normpath(posixpath.join("/xl", relation.get("Target", "")))[1:]
        targets[relation.get("Id", "")] = target
        kinds[relation.get("Type", "").rpartition("/")[2]] = target
    sheets = []
    epoch = WINDOWS_EPOCH
    for element in ElementTree.fromstring(archive.read(WORKBOOK)).iter():
        tag = _plain(element.tag)
        if tag == "sheet":
            part = next((targets.get(value, "") for key, value in element.items() if key.endswith("}id")), "")
            hidden = element.get("state", "visible") != "visible"
            sheets.append(SheetPart(element.get("name", ""), hidden, part))
        elif tag == "workbookPr" and element.get("date1904") in ("1", "true"):
            epoch = MAC_EPOCH
    cells = tuple(sheet for sheet in sheets if "chartsheets/" not in sheet.part)
    return WorkbookXml(cells, kinds.get("sharedStrings", ""), kinds.get("styles", ""), epoch)


def shared_texts(archive: zipfile.ZipFile, part: str) -> list[str]:
    """The texts that cells refer to by number."""
    if part not in archive.namelist():
        return []
    texts = []
    with archive.open(part) as stream:
        for block in whole_elements(stream, b"</si>"):
            plain = PLAIN_TEXT.findall(block)
            if len(plain) == block.count(b"<si"):
                texts += _plain_texts(plain)
            else:
                texts += [text_of(content) for content in TEXT.findall(block)]
    return texts


def text_of(content: bytes) -> str:
    """The text of an element, without the readings of its signs (phonetic runs)."""
    if b"<rPh" in content:
        content = PHONETIC.sub(b"", content)
    found = PIECE.findall(content)
    return plain_text(found[0] if len(found) == 1 else b"".join(found))


def plain_text(written: bytes) -> str:
    """Text as it was before it was written as XML."""
    text = written.decode()
    if "&" in text:
        text = html.unescape(text)
    return text.replace("x005F_", "") if "x005F_" in text else text


def _plain_texts(written: list[bytes]) -> list[str]:
    """``plain_text`` of many at once; no XML holds the sign that is put between them."""
    if not written:
        return []
    joined = b"\0".join(written)
    if b"&" in joined or b"x005F_" in joined:
        return list(map(plain_text, written))
    return joined.decode().split("\0")


def date_styles(archive: zipfile.ZipFile, part: str) -> DateStyles:
    """Which styles show a number as a date or a length of time."""
    from openpyxl.styles.numbers import is_date_format, is_timedelta_format

    if part not in archive.namelist():
        return DateStyles(frozenset(), frozenset())
    root = ElementTree.fromstring(archive.read(part))
    own = {
        element.get("numFmtId", ""): element.get("formatCode", "")
        for element in root.iter()
        if _plain(element.tag) == "numFmt"
    }
    formats = [
        _format(style.get("numFmtId", "0"), own)
        for element in root
        if _plain(element.tag) == "cellXfs"
        for style in element
    ]
    dates = frozenset(place for place, code in enumerate(formats) if is_date_format(code))
    return DateStyles(dates, frozenset(p for p, code in enumerate(formats) if is_timedelta_format(code)))


def _format(number: str, own: Mapping[str, str]) -> str:
    from openpyxl.styles.numbers import BUILTIN_FORMATS

    return own.get(number) or BUILTIN_FORMATS.get(int(number), "General")


def whole_elements(stream: IO[bytes], end: bytes) -> Iterator[bytes]:
    """The content of a part in blocks that are cut after the tag ``end``; the last may hold none."""
    rest = b""
    while block := stream.read(BLOCK):
        rest += block
        cut = rest.rfind(end)
        if cut >= 0:
            yield rest[: cut + len(end)]
            rest = rest[cut + len(end) :]
    yield rest


def is_usual(start: bytes) -> bool:
    """Whether a part is UTF-8 whose elements have no prefix, by how it begins."""
    match = ENCODING.match(start)
    return (match is None or match[1].lower() == b"utf-8") and b"<worksheet" in start


def _plain(tag: str) -> str:
    return tag.rpartition("}")[2]
