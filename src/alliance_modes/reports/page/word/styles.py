"""The styles of Word documents, as pandoc asks for them by name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

INK, QUIET, LINE, ACCENT = "1D2329", "56606B", "D3D9DF", "08306B"
FONT = "Calibri"
NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph style: ``size`` in points, ``above`` and ``below`` in points, colours as in HTML.

    ``edge`` is the colour of a line on its left, ``fill`` that of its ground, ``level`` that of a
    heading; ``kept`` stands on the page of what follows, ``whole`` on one page, ``page`` begins one.
    """

    name: str
    based_on: str = "Normal"
    size: float | None = None
    above: float = 0
    below: float = 6
    bold: bool = False
    colour: str = ""
    edge: str = ""
    fill: str = ""
    rule: str = ""
    level: int | None = None
    kept: bool = False
    whole: bool = False
    page: bool = False


PARAGRAPHS = (
    Paragraph("Body Text", above=3),
    Paragraph("First Paragraph", "Body Text", above=3),
    Paragraph("Compact", "Body Text", above=1, below=2),
    Paragraph("Title", size=20, below=4, bold=True, colour=ACCENT, kept=True),
    Paragraph("Subtitle", size=10, below=4, colour=QUIET),
    Paragraph(
        "heading 1", size=15, above=16, below=5, bold=True, colour=ACCENT, rule=ACCENT, level=0, kept=True
    ),
    Paragraph("heading 2", size=13, above=14, below=4, bold=True, colour=ACCENT, level=1, kept=True),
    Paragraph("heading 3", size=11, above=10, below=3, bold=True, colour=ACCENT, level=2, kept=True),
    Paragraph("heading 4", size=10.5, above=8, below=3, bold=True, level=3, kept=True),
    Paragraph("caption", size=9.5, below=4, colour=INK),
    Paragraph("Table Caption", "caption", size=9.5, above=12, below=4, kept=True),
    Paragraph("Image Caption", "caption", size=9, above=3, below=12, colour=QUIET, whole=True),
    Paragraph("Captioned Figure", above=8, below=3, kept=True),
    Paragraph("Figure", above=8, below=3),
    Paragraph("Table regular text", size=9, above=1.5, below=1.5),
    Paragraph("Table small text", size=8, above=1.5, below=1.5),
    Paragraph("Table tiny text", size=7, above=1, below=1),
    Paragraph("Contents Heading", size=11, above=10, below=3, bold=True, kept=True),
    Paragraph(
        "Contents Page", "Contents Heading", size=11, above=0, below=3, bold=True, kept=True, page=True
    ),
    Paragraph("Notice", above=6, edge=ACCENT, fill="F4F6F8"),
    Paragraph("Warning", above=6, edge="A50F15", fill="FDECEA"),
    Paragraph("Simulated", above=6, edge="B3470B", fill="FDF1E8"),
    Paragraph("Headline", size=12, above=6, edge=ACCENT, fill="F4F6F8"),
    Paragraph("Caution", above=6, edge=LINE),
    Paragraph("Undrawn", size=9.5, above=6, edge=LINE, colour=QUIET),
    Paragraph("Note", size=8.5, above=3, below=10, colour=QUIET),
    Paragraph("Made", size=9, colour=QUIET),
    Paragraph("footer", size=8.5, below=0, colour=QUIET),
)
TABLES = ("Table regular", "Table small", "Table tiny")


def styles(language: str) -> str:
    """``word/styles.xml``."""
    return "".join(
        (
            f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:styles xmlns:w="{NAMESPACE}">',
            _defaults(language),
            *(_paragraph(style) for style in PARAGRAPHS),
            *_characters(),
            *(_table(name) for name in TABLES),
            "</w:styles>",
        )
    )


def style_id(name: str) -> str:
    """The id that pandoc gives and expects: the name without spaces, ``Heading1`` for ``heading 1``."""
    return "".join(word[:1].upper() + word[1:] for word in name.split())


def _defaults(language: str) -> str:
    return (
        f'<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="{FONT}" w:hAnsi="{FONT}" w:eastAsia="{FONT}"'
        f' w:cs="{FONT}"/><w:color w:val="{INK}"/><w:sz w:val="20"/><w:szCs w:val="20"/>'
        f'<w:lang w:val="{language}" w:eastAsia="{language}" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
        '<w:pPrDefault><w:pPr><w:spacing w:line="254" w:lineRule="auto"/></w:pPr></w:pPrDefault>'
        '</w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal">'
        '<w:name w:val="Normal"/><w:qFormat/></w:style>'
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/>'
        '<w:uiPriority w:val="99"/><w:semiHidden/><w:unhideWhenUsed/></w:style>'
    )


def _paragraph(style: Paragraph) -> str:
    before, after = round(20 * style.above), round(20 * style.below)
    borders = "".join(
        f'<w:{side} w:val="single" w:sz="{width}" w:space="{space}" w:color="{colour}"/>'
        for side, width, space, colour in (("top", 8, 6, style.rule), ("left", 24, 8, style.edge))
        if colour
    )
    ground = f'<w:shd w:val="clear" w:color="auto" w:fill="{style.fill}"/>' if style.fill else ""
    indent = '<w:ind w:left="200" w:right="120"/>' if style.edge else ""
    outline = "" if style.level is None else f'<w:outlineLvl w:val="{style.level}"/>'
    size = (
        ""
        if style.size is None
        else f'<w:sz w:val="{2 * style.size:.0f}"/><w:szCs w:val="{2 * style.size:.0f}"/>'
    )
    return (
        f'<w:style w:type="paragraph" w:styleId="{style_id(style.name)}"><w:name w:val="{style.name}"/>'
        f'<w:basedOn w:val="{style_id(style.based_on)}"/><w:qFormat/><w:pPr>'
        + ("<w:keepNext/>" if style.kept else "")
        + ("<w:keepLines/>" if style.kept or style.whole else "")
        + ("<w:pageBreakBefore/>" if style.page else "")
        + (f"<w:pBdr>{borders}</w:pBdr>" if borders else "")
        + f'{ground}<w:spacing w:before="{before}" w:after="{after}"/>{indent}{outline}</w:pPr><w:rPr>'
        + ("<w:b/><w:bCs/>" if style.bold else "")
        + (f'<w:color w:val="{style.colour}"/>' if style.colour else "")
        + f"{size}</w:rPr></w:style>"
    )


def _characters() -> Iterator[str]:
    yield (
        '<w:style w:type="character" w:default="1" w:styleId="DefaultParagraphFont">'
        '<w:name w:val="Default Paragraph Font"/><w:semiHidden/></w:style>'
    )
    for name, looks in (
        ("Hyperlink", f'<w:color w:val="{ACCENT}"/><w:u w:val="single"/>'),
        ("Verbatim Char", '<w:rFonts w:ascii="Consolas" w:hAnsi="Consolas"/>'),
    ):
        yield (
            f'<w:style w:type="character" w:styleId="{style_id(name)}"><w:name w:val="{name}"/>'
            f'<w:basedOn w:val="DefaultParagraphFont"/><w:rPr>{looks}</w:rPr></w:style>'
        )


def _table(name: str) -> str:
    def line(side: str, width: int, colour: str) -> str:
        return f'<w:{side} w:val="single" w:sz="{width}" w:space="0" w:color="{colour}"/>'

    sides = "".join(f'<w:{side} w:w="80" w:type="dxa"/>' for side in ("left", "right"))
    return (
        f'<w:style w:type="table" w:customStyle="1" w:styleId="{style_id(name)}"><w:name w:val="{name}"/>'
        '<w:basedOn w:val="TableNormal"/><w:qFormat/><w:tblPr><w:tblBorders>'
        f"{line('top', 8, INK)}{line('bottom', 8, INK)}{line('insideH', 4, LINE)}</w:tblBorders>"
        f"<w:tblCellMar>{sides}</w:tblCellMar></w:tblPr>"
        '<w:tblStylePr w:type="firstRow"><w:rPr><w:b/><w:bCs/></w:rPr><w:tcPr><w:tcBorders>'
        f"{line('bottom', 6, INK)}</w:tcBorders>"
        '<w:vAlign w:val="bottom"/></w:tcPr></w:tblStylePr></w:style>'
    )
