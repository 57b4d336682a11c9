"""Which counts of a release are withheld: those that are small, and those that would give them away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from alliance_modes.disclosure.counts import CountTable, Where
from alliance_modes.disclosure.rules import Disclosure

Reason = Literal["primary", "zero", "full", "secondary"]


@dataclass(frozen=True)
class Count:
    """``n`` units of a population that have, in every column of ``where``, one of its values."""

    population: str
    where: Where
    n: int


def withheld(counts: Sequence[Count], rules: Disclosure, tables: Sequence[CountTable]) -> dict[Count, Reason]:
    """Each count that must not be shown, with the reason.

    A count is withheld that is below the threshold (``primary``, ``zero``); that leaves out fewer than the
    threshold of another one that is shown (``full``); or that stands alone with one of these in a row or a
    column (``secondary``).
    """
    found: dict[Count, Reason] = {
        count: "primary" if count.n else "zero" for count in counts if count.n < rules.threshold
    }
    for part in sorted(counts, key=lambda one: (one.n, one.where)):
        for whole in counts:
            if part in found or whole in found or whole.population != part.population:
                continue
            if whole.n - part.n < rules.threshold and within(part.where, whole.where):
                found[part] = "full"
    while alone := sorted(_alone(found, tables), key=lambda one: (one.n, one.where)):
        found[alone[0]] = "secondary"
    return found


def within(part: Where, whole: Where) -> bool:
    """Whether the units of ``part`` are some of those of ``whole``, and by their conditions not all."""
    of_part = dict(part)
    return part != whole and all(
        column in of_part and set(of_part[column]) <= set(values) for column, values in whole
    )


def _alone(found: dict[Count, Reason], tables: Sequence[CountTable]) -> Iterator[Count]:
    """Of each row and column in which one count is withheld, the smallest of the others."""
    for table in tables:
        for line in (*table.cells, *zip(*table.cells, strict=True)):
            counts = {Count(table.population, cell.where, cell.n) for cell in line}
            parts = [one for one in counts if not any(within(other.where, one.where) for other in counts)]
            shown = [one for one in parts if one not in found]
            if len(parts) - len(shown) == 1 and len(parts) < len(counts) and shown:
                yield min(shown, key=lambda one: (one.n, one.where))
