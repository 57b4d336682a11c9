"""PDF by typst: tagged, to PDF/UA-1 and PDF/A-2a, with fonts that come with the packages."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typst import Fonts


MADE = 946684800
"""Seconds since 1970 that every file says it was made at, so that the same inputs give the same bytes."""


def pdf(source: str, folder: Path) -> bytes:
    """Typeset ``source``, whose pictures lie in ``folder``.

    Parameters
    ----------
    source : str
        Typst.
    folder : Path
        Nothing outside it can be read.
    """
    import typst

    main = folder / "main.typ"
    main.write_text(source, encoding="utf-8")
    return typst.compile(
        input=main,
        root=folder,
        font_paths=_read_fonts(),
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards=["ua-1", "a-2a"],
        timestamp=MADE,
    )


def printable(text: str) -> str:
    """``text`` with each character that no font here can draw as its number, ``(U+1F600)``.

    PDF/UA allows no character without a glyph.
    """
    drawn = _drawn()
    unknown = {one for one in map(ord, set(text)) if one > 126 and one not in drawn}
    return text.translate({one: f"(U+{one:04X})" for one in unknown}) if unknown else text


def _fonts() -> Path:
    import matplotlib

    return Path(matplotlib.get_data_path()) / "fonts" / "ttf"


@lru_cache(maxsize=1)
def _read_fonts() -> Fonts:
    """Looked for once in a process: that takes longer than to typeset a page."""
    import typst

    return typst.Fonts(include_system_fonts=False, font_paths=[_fonts()])


@lru_cache(maxsize=1)
def _drawn() -> frozenset[int]:
    from fontTools.ttLib import TTFont

    with TTFont(_fonts() / "DejaVuSans.ttf", lazy=True) as font:
        return frozenset(font.getBestCmap())
