"""Numbers as a reader meets them: APA-style rounding, true minus signs, missing as a dash."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

MISSING = "–"
MINUS = "−"
FIGURE_SPACE = "\u2007"
PUNCTUATION_SPACE = "\u2008"


def is_missing(value: Any) -> bool:
    """True for None, NaN, pandas' NA and infinity."""
    if value is None:
        return True
    try:
        return not math.isfinite(float(value))
    except (TypeError, ValueError):
        return True


def rounded_to(value: float, decimals: int) -> Decimal:
    """The number that ``number`` prints."""
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)


def number(value: Any, decimals: int = 2) -> str:
    """``value`` with ``decimals`` decimals; thousands with a comma; no negative zero."""
    if is_missing(value):
        return MISSING
    rounded = rounded_to(value, decimals)
    text = f"{abs(rounded):,.{decimals}f}"
    return f"{MINUS}{text}" if rounded < 0 else text


def bounded(value: Any, decimals: int = 2) -> str:
    """A number that cannot exceed 1 in size (alpha, correlation, share): no zero before the point."""
    text = number(value, decimals)
    return text.replace("0.", ".", 1) if text.lstrip(MINUS).startswith("0.") else text


def whole(value: Any) -> str:
    """A count."""
    return number(value, 0)


def p_value(value: Any) -> str:
    """``.034``, ``< .001``."""
    if is_missing(value):
        return MISSING
    return "< .001" if float(value) < 0.001 else bounded(value, 3)


def interval(low: Any, high: Any, decimals: int = 2, limited: bool = False) -> str:
    """``[−0.12, 0.34]``; a dash where either limit is missing."""
    if is_missing(low) or is_missing(high):
        return MISSING
    write = bounded if limited else number
    return f"[{write(low, decimals)}, {write(high, decimals)}]"


def percent(share: Any, decimals: int = 1) -> str:
    """A share (0-1) as a percentage, ``27.1 %``, with a space that does not break."""
    return MISSING if is_missing(share) else f"{number(100 * float(share), decimals)}\u00a0%"


def percent_interval(low: Any, high: Any, decimals: int = 1) -> str:
    """Limits (0-1) as percentages: ``[24.0 %, 30.4 %]``."""
    if is_missing(low) or is_missing(high):
        return MISSING
    return f"[{percent(low, decimals)}, {percent(high, decimals)}]"


def align_decimals(texts: Sequence[str]) -> tuple[str, ...]:
    """Pad right-aligned texts so that their decimal points stand under each other.

    A figure space is as wide as a digit, a punctuation space as a point, in a font whose digits
    are all of one width. Texts that are not numbers (a dash, an interval) are left as they are.
    """
    tails = [len(text.partition(".")[2]) if _is_number(text) else 0 for text in texts]
    widest = max(tails, default=0)
    return tuple(
        text + _padding(widest, tail, "." in text) if _is_number(text) else text
        for text, tail in zip(texts, tails, strict=True)
    )


def _padding(widest: int, tail: int, has_point: bool) -> str:
    point = PUNCTUATION_SPACE if widest and not has_point else ""
    return point + FIGURE_SPACE * (widest - tail)


def _is_number(text: str) -> bool:
    bare = text.lstrip(MINUS + "< ").replace(",", "").replace(".", "", 1)
    return bare.isdigit()
