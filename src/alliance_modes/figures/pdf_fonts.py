"""Fonts as a PDF holds them: the shapes and widths of the letters that are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont

FOR_SETTING = ("GDEF", "GPOS", "GSUB", "MATH", "kern")
"""Tables by which programs set text. In a PDF every letter has its place, so that no viewer reads them."""

WINDOWS = 3
"""The platform of the tables of letters that are embedded; those of others are dropped unread."""


@contextmanager
def pdf_fonts() -> Iterator[None]:
    """Embed fonts without what sets text: cutting it down to the letters drawn takes longer than all else."""
    from fontTools import subset

    load = subset.load_font

    def without(path: Any, options: Any, **named: Any) -> Any:
        font = load(path, options, **named)
        for table in FOR_SETTING:
            if table in font:
                del font[table]
        _give_names(font, _names(str(path), options.font_number))
        return font

    subset.load_font = without
    try:
        yield
    finally:
        subset.load_font = load


class _Names(NamedTuple):
    """The tables that tell which letter is which shape, and the names of the shapes in order."""

    cmap: Any
    post: Any
    order: tuple[str, ...]


def _give_names(font: TTFont, names: _Names) -> None:
    """Give a font the names of its shapes as they were read before: every figure embeds the same few fonts.

    Cutting a font down gives its tables other contents, and leaves the contents that they had as they are.
    """
    font.setGlyphOrder(list(names.order))
    font["post"], font["cmap"] = copy(names.post), copy(names.cmap)
    font["cmap"].tables = [copy(table) for table in names.cmap.tables]


@lru_cache(maxsize=8)
def _names(path: str, number: int) -> _Names:
    from fontTools.ttLib import TTFont

    with TTFont(path, fontNumber=number) as font:
        for table in (each for each in font["cmap"].tables if each.platformID == WINDOWS):
            table.ensureDecompiled()
        return _Names(font["cmap"], font["post"], tuple(font.getGlyphOrder()))
