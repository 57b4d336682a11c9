"""What the numbers of an effect are called, and in how many decimals a reader meets them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alliance_modes.models.families.registry import family_of
from alliance_modes.words.names import with_shared_endings
from alliance_modes.words.rounding import is_missing, number, rounded_to

LONG = {"SD": "standard deviations"}
SHORT = {"percentage points": "points"}


@dataclass(frozen=True)
class Measure:
    """One kind of number: its unit, its decimals, and where it means none.

    A ratio is named in front of its number (``odds ratio 1.30``), anything else has its unit behind it
    (``8.7 points``).
    """

    unit: str
    decimals: int = 2
    ratio: bool = False

    @property
    def none(self) -> float:
        """The value that means no association."""
        return 1.0 if self.ratio else 0.0

    @property
    def told(self) -> str:
        """How a caption says it: ``in percentage points``, ``as odds ratios``."""
        return f"as {self.unit}s" if self.ratio else f"in {self.long}"

    @property
    def long(self) -> str:
        """The unit in full."""
        return f"{self.unit}s" if self.ratio else LONG.get(self.unit, self.unit)

    def amount(self, row: Mapping[str, Any]) -> str:
        """An estimate with its unit and interval: ``8.7 points [4.1 to 12.7]``."""
        limits = (
            "no interval"
            if is_missing(row["ci_low"]) or is_missing(row["ci_high"])
            else f"{number(row['ci_low'], self.decimals)} to {number(row['ci_high'], self.decimals)}"
        )
        short, said = SHORT.get(self.unit, self.unit), number(row["estimate"], self.decimals)
        return f"{short} {said} [{limits}]" if self.ratio else f"{said} {short} [{limits}]"

    def excludes_none(self, row: Mapping[str, Any]) -> bool:
        """Whether the interval, as it is printed, lies wholly on one side of none: ``0.00`` does not."""
        if is_missing(row["ci_low"]) or is_missing(row["ci_high"]):
            return False
        low, high = (rounded_to(row[limit], self.decimals) for limit in ("ci_low", "ci_high"))
        return low > self.none or high < self.none


def coefficient_unit(family: str) -> str:
    """What a coefficient of the family is in: ``points of the outcome``, ``log-odds``."""
    scale = family_of(family).scale
    return scale.unit if scale.ratio else f"{scale.unit} of the outcome"


def units_of(labels: Mapping[str, Sequence[str]]) -> str:
    """What numbers of several units are in: ``points; odds ratios for completion``, from labels by unit.

    The outcomes of a unit are named where there are others.
    """
    if len(labels) == 1:
        return next(iter(labels))
    return "; ".join(f"{unit} for {with_shared_endings(named)}" for unit, named in labels.items())


def measures_of(family: str) -> dict[str, Measure]:
    """The numbers that a family gives, by estimand, what a reader understands best first."""
    known = family_of(family)
    found = {known.difference.estimand: Measure(known.difference.unit, known.difference.decimals)}
    if known.scale.estimand is not None:
        found[known.scale.estimand] = Measure(known.scale.ratio, ratio=True)
    return {**found, "coefficient": Measure(known.scale.unit)}
