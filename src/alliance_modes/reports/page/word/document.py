"""The document that pandoc takes styles and page from, and what it leaves undone in tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from alliance_modes.reports.page.word.styles import NAMESPACE, style_id, styles

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_CONTENT = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_RELATED = "application/vnd.openxmlformats-package.relationships+xml"
_PARTS = ("styles", "footer")
_TEXT_WIDTH, _PANDOC_WIDTH = 9638, 7920
"""Twentieths of a point between the margins, and as pandoc shares them out among columns."""
_LIST_INDENT = re.compile(r'w:left="(\d+)" w:hanging="\d+"')
_INDENT, _PANDOC_INDENT = 320, 720
"""How far an entry of a list stands in, level by level."""
_SHORT = 13
"""Rows, headings included, of a table that stays on one page."""
_ZIP_DATE = (2000, 1, 1, 0, 0, 0)


def reference(foot: str, language: str) -> bytes:
    """The document from which pandoc takes styles, A4 page and foot.

    Parameters
    ----------
    foot : str
        Stands at the foot of every page, before the number of the page.
    language : str
        ``en-GB``.
    """
    overrides = "".join(
        f'<Override PartName="/word/{part}.xml" ContentType="{_CONTENT}.{part}+xml"/>' for part in _PARTS
    )
    related = "".join(
        f'<Relationship Id="rId{place}" Type="{_OFFICE}/{part}" Target="{part}.xml"/>'
        for place, part in enumerate(_PARTS, 1)
    )
    return _zipped(
        {
            "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
            f'<Default Extension="rels" ContentType="{_RELATED}"/>'
            f'<Override PartName="/word/document.xml" ContentType="{_CONTENT}.document.main+xml"/>'
            f"{overrides}</Types>",
            "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1"'
            f' Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>',
            "word/_rels/document.xml.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
            f"{related}</Relationships>",
            "word/document.xml": _document(),
            "word/styles.xml": styles(language),
            "word/footer.xml": _footer(foot),
        }
    )


def _document() -> str:
    return (
        f'{_HEAD}<w:document xmlns:w="{NAMESPACE}" xmlns:r="{_OFFICE}"><w:body><w:p/><w:sectPr>'
        f'<w:footerReference w:type="default" r:id="rId{_PARTS.index("footer") + 1}"/>'
        '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="1134" w:bottom="1134" w:left="1134"'
        ' w:header="567" w:footer="567" w:gutter="0"/></w:sectPr></w:body></w:document>'
    )


def _footer(foot: str) -> str:
    def said(text: str) -> str:
        return f'<w:t xml:space="preserve">{escape(text)}</w:t>'

    def field(name: str) -> str:
        return f'<w:fldSimple w:instr=" {name} "><w:r><w:t>1</w:t></w:r></w:fldSimple>'

    return (
        f'{_HEAD}<w:ftr xmlns:w="{NAMESPACE}"><w:p><w:pPr><w:pStyle w:val="Footer"/><w:tabs>'
        f'<w:tab w:val="right" w:pos="{_TEXT_WIDTH}"/></w:tabs></w:pPr><w:r>{said(foot)}</w:r>'
        f"<w:r><w:tab/>{said('Page ')}</w:r>{field('PAGE')}<w:r>{said(' of ')}</w:r>{field('NUMPAGES')}"
        "</w:p></w:ftr>"
    )


def finished(document: bytes) -> bytes:
    """A document of pandoc, its tables with their own text styles, row headers, and rows that stay whole."""
    with ZipFile(BytesIO(document)) as made:
        parts = {name: made.read(name) for name in made.namelist()}
    text = parts["word/document.xml"].decode("utf-8")
    if "word/numbering.xml" in parts:
        lists = parts["word/numbering.xml"].decode("utf-8")
        parts["word/numbering.xml"] = re.sub(_LIST_INDENT, _less_indented, lists).encode("utf-8")
    parts["word/document.xml"] = re.sub(r"<w:tbl>.*?</w:tbl>", _table, text, flags=re.DOTALL).encode("utf-8")
    return _zipped(parts)


def _table(found: re.Match[str]) -> str:
    table = re.sub(r'(<w:gridCol w:w=")(\d+)"', _as_wide_as_the_text, found[0])
    table = re.sub(r'(<w:tblStyle w:val=")([^"]*)"', lambda named: f'{named[1]}{style_id(named[2])}"', table)
    style = table.partition('<w:tblStyle w:val="')[2].partition('"')[0]
    table = table.replace('w:val="Compact"', f'w:val="{style}Text"')
    table = table.replace('w:firstColumn="0"', 'w:firstColumn="1"').replace('w:val="0020"', 'w:val="00A0"')
    table = table.replace("<w:trPr>", "<w:trPr><w:cantSplit />")
    table = table.replace("<w:tr><w:tc>", "<w:tr><w:trPr><w:cantSplit /></w:trPr><w:tc>")
    first, *rows = table.split("<w:tr>")
    kept = rows[:-1] if len(rows) <= _SHORT else rows[:2]
    held = [row.replace(f'w:val="{style}Text" />', f'w:val="{style}Text" /><w:keepNext />') for row in kept]
    return "<w:tr>".join([first, *held, *rows[len(kept) :]])


def _less_indented(entry: re.Match[str]) -> str:
    return f'w:left="{int(entry[1]) * _INDENT // _PANDOC_INDENT}" w:hanging="{_INDENT}"'


def _as_wide_as_the_text(column: re.Match[str]) -> str:
    return f'{column[1]}{round(int(column[2]) * _TEXT_WIDTH / _PANDOC_WIDTH)}"'


def _zipped(parts: Mapping[str, str | bytes]) -> bytes:
    held = BytesIO()
    with ZipFile(held, "w", ZIP_DEFLATED) as made:
        for name in parts:
            # a picture is compressed in itself
            how = ZIP_STORED if name.endswith(".png") else ZIP_DEFLATED
            made.writestr(ZipInfo(name, _ZIP_DATE), parts[name], how)
    return held.getvalue()
