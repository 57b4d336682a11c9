"""How many rows, people or groups a model or a scale rests on, as a release shows it.

These numbers are no cells of the gate: what lacks a value is no value of a column. A number set beside a
count of the same units would tell how many of them were left out, so that one that is close below another
that is shown is told as that other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from alliance_modes.disclosure.rules import Disclosure, could_be, rounded

PEOPLE = ("group", "practitioner", "enrolment")
"""Groupings of which a number is one of people, or of a few of them; how many sites there are is known."""

Size = tuple[str, int]
"""What the units are (``practitioner``, ``enrolment``, a table), and how many."""


@dataclass(frozen=True)
class ShownCount:
    """A count that a release shows: how many ``units``, as it is (``n``) and as it is shown (``value``).

    ``of_models`` says that it counts just those on whom models rest: what is told of it is known of them.
    """

    units: str
    n: int
    value: int
    of_models: bool = False


@dataclass(frozen=True)
class Sizes:
    """Sizes as a release shows them; ``told`` and ``least`` hold every size that was given to ``sizes``."""

    told: Mapping[Size, int]
    least: Mapping[Size, int]

    def of(self, units: str, n: int) -> int:
        """What is shown in place of ``n``."""
        return self.told[units, n]

    def fewest(self, units: str, n: int) -> int:
        """The fewest that what is shown of it can stand for."""
        return self.least[units, n]


def sizes(found: Iterable[Size], counts: Iterable[ShownCount], rules: Disclosure) -> Sizes:
    """What a release shows of each size.

    Parameters
    ----------
    found : iterable
        The sizes of all models and scales, with what their units are.
    counts : iterable of ShownCount
        Totals of the same units that the release shows, each a part of those above it.
    rules : Disclosure

    Returns
    -------
    Sizes
        From the largest down: a size at most ``threshold`` below a count or another size of its units is
        told as that one, every other one rounded by itself. What was left out between any two is therefore
        either told to be up to ``threshold``, or more than that.

    Notes
    -----
    With ``base`` 1 and nothing close, sizes are told as they are.
    """
    by_units: dict[str, set[int]] = {}
    for units, n in found:
        by_units.setdefault(units, set()).add(n)
    shown = tuple(counts)
    told: dict[Size, int] = {}
    least: dict[Size, int] = {}
    for units, numbers in by_units.items():
        above = [one for one in shown if one.units == units]
        for n in sorted(numbers, reverse=True):
            near = [one for one in above if n <= one.n <= n + rules.threshold]
            itself = next((one for one in near if one.n == n and one.of_models), None)
            one = itself or max(near, key=lambda one: one.n, default=None)
            if one is None:
                itself = one = ShownCount(units, n, rounded(n, rules.base), True)
                above.append(one)
            told[units, n] = one.value
            fewest = could_be(one.value, rules)[0]
            least[units, n] = fewest if itself else max(fewest - rules.threshold, min(rules.threshold, n))
    return Sizes(told, least)
