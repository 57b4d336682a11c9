"""The numbers behind a picture, as a test reads them."""

from __future__ import annotations

from alliance_modes.figures.picture import Picture
from alliance_modes.words.rounding import FIGURE_SPACE, PUNCTUATION_SPACE


def lines(picture: Picture) -> list[str]:
    """Each row of the numbers as one text, without the spaces that align decimals."""
    assert picture.numbers is not None
    bare = str.maketrans("", "", FIGURE_SPACE + PUNCTUATION_SPACE)
    return [" | ".join(row).translate(bare) for row in picture.numbers.rows]
