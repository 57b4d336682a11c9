"""Fonts as a PDF holds them: the shapes and widths of the letters that are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

FOR_SETTING = ("GDEF", "GPOS", "GSUB", "MATH", "kern")
"""Tables by which programs set text. In a PDF every letter has its place, so that no viewer reads them."""


@contextmanager
def pdf_fonts() -> Iterator[None]:
    """Embed fonts without what sets text: cutting it down to the letters drawn takes longer than all else."""
    from fontTools import subset

    load = subset.load_font

    def without(*given: Any, **named: Any) -> Any:
        font = load(*given, **named)
        for table in FOR_SETTING:
            if table in font:
                del font[table]
        return font

    subset.load_font = without
    try:
        yield
    finally:
        subset.load_font = load
