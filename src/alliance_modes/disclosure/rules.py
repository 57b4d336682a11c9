"""The limits of the release edition, and what they say of one number by itself."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated

from pydantic import Field

from alliance_modes.ground.yaml_models import Closed


class Disclosure(Closed):
    """What the release edition withholds, and how it rounds; the defaults are those of output checkers.

    A count below ``threshold`` is withheld, zero and everybody among them; the others are rounded to the
    nearest ``base`` (1: not at all). A mean or a sum is withheld where its two largest contributors hold
    this share of it (``dominance``), or where the second largest could tell the largest to within this
    share of it (``p_ratio``: all but the two largest must hold more). A model needs ``residual_df``
    residual degrees of freedom.
    """

    threshold: Annotated[int, Field(ge=3, le=100)] = 10
    base: Annotated[int, Field(ge=1, le=100)] = 5
    dominance: Annotated[float, Field(gt=0, le=1)] = 0.9
    p_ratio: Annotated[float, Field(ge=0, le=1)] = 0.1
    residual_df: Annotated[int, Field(ge=1)] = 10


def rounded(n: int, base: int) -> int:
    """``n`` to the nearest multiple of ``base``; one that lies between two goes up."""
    return base * ((n + base // 2) // base)


def could_be(value: int, rules: Disclosure) -> tuple[int, int]:
    """The smallest and the largest count that a published ``value`` can stand for."""
    half = rules.base // 2
    return max(rules.threshold, value - half), value + (rules.base - 1) // 2


def largest_share(contributions: Iterable[float]) -> float:
    """Share of a sum of magnitudes that its two largest contributors hold; 1 where the sum is 0."""
    sizes = sorted(map(abs, contributions), reverse=True)
    return math.fsum(sizes[:2]) / math.fsum(sizes) if math.fsum(sizes) > 0 else 1.0


def p_ratio(contributions: Iterable[float]) -> float:
    """What all but the two largest contributors hold, as a share of the largest.

    The second largest contributor, who knows the sum and their own part, can tell the largest to within this
    share; 0 where there is nothing to share.
    """
    sizes = sorted(map(abs, contributions), reverse=True)
    return math.fsum(sizes[2:]) / sizes[0] if math.fsum(sizes) > 0 else 0.0


def dominated(contributions: Iterable[float], rules: Disclosure) -> bool:
    """Whether few contributors hold so much of a sum of magnitudes that it tells them."""
    sizes = tuple(contributions)
    return largest_share(sizes) >= rules.dominance or p_ratio(sizes) < rules.p_ratio


def safe_model(residual_df: float, n: int, units: int, rules: Disclosure) -> bool:
    """Whether estimates of a model may be shown.

    Parameters
    ----------
    residual_df : float
        Residual degrees of freedom: rows less what was estimated.
    n : int
        Rows of the fit.
    units : int
        Units on whose differences it rests (practitioners, where their mode use is tested).
    """
    return residual_df >= rules.residual_df and min(n, units) >= rules.threshold
