"""Fonts in PDFs: letters as TrueType, without the tables that set text."""

import re
import zlib
from io import BytesIO

import pytest
from fontTools import subset
from fontTools.ttLib import TTFont
from matplotlib.figure import Figure

from alliance_modes.figures import style
from alliance_modes.figures.pdf_fonts import FOR_SETTING, _names, pdf_fonts


def fonts_of(pdf: bytes) -> list[TTFont]:
    """The TrueType fonts that a PDF holds."""
    streams = [zlib.decompress(found) for found in re.findall(rb"stream\r?\n(x.*?)\r?\nendstream", pdf, re.S)]
    return [TTFont(BytesIO(each)) for each in streams if each.startswith(b"\0\1\0\0")]


def written(words: str = "first difference −0.25 Äß") -> bytes:
    """A PDF with a few words in the house style."""
    out = BytesIO()
    with style.drawing():
        figure = Figure()
        figure.text(0.1, 0.5, words)
        figure.savefig(out, format="pdf", metadata={"CreationDate": None})
    return out.getvalue()


def test_every_letter_is_held_as_it_is_without_them():
    before = fonts_of(written())
    with pdf_fonts():
        after = fonts_of(written())
    assert len(after) == len(before)
    assert sum(len(font.getGlyphOrder()) for font in after) > 20
    for old, new in zip(before, after, strict=True):
        assert not set(FOR_SETTING) & set(new.keys())
        missing = set(new.getGlyphOrder()) - set(old.getGlyphOrder())
        assert not missing
        for name in new.getGlyphOrder():
            assert new["glyf"][name] == old["glyf"][name] and new["hmtx"][name] == old["hmtx"][name]


def test_a_font_that_was_cut_down_for_one_figure_is_whole_for_the_next():
    with pdf_fonts():
        _names.cache_clear()
        first = written("first")
        after = written("−0.25 Äß")
        _names.cache_clear()
        assert after == written("−0.25 Äß")
        assert first == written("first") != after


def test_others_load_fonts_as_before():
    load = subset.load_font
    with pytest.raises(ValueError, match="interrupted"), pdf_fonts():
        assert subset.load_font is not load
        raise ValueError("interrupted")
    assert subset.load_font is load
