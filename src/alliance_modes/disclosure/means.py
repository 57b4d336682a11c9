"""Means of groups: where an edition may show them, and with how many decimals.

The mean of a group takes part in the release as the count of those it is of: it is shown only where that
count is. What is withheld of a group that stands beside others can be worked out of the mean of all and
those that are shown, if it is alone; then a second group goes with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alliance_modes.disclosure.counts import (
    SUPPRESSED,
    WITHHELD,
    Shown,
    Status,
    Where,
    units_in,
    values_of,
    where_of,
)
from alliance_modes.disclosure.rules import largest_share, p_ratio
from alliance_modes.words.rounding import number

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class MeanGroup:
    """The mean of one group: ``n`` units that ``where`` names and that have a value.

    ``two_largest`` and ``p_ratio`` say how much few contributors hold, where the values are magnitudes that
    add up (hours, sessions); None for scores of a scale, of which no value can be larger than its limit.
    """

    label: str
    where: Where
    n: int
    mean: float | None
    sd: float | None
    two_largest: float | None = None
    p_ratio: float | None = None


@dataclass(frozen=True)
class MeanTable:
    """Means of one quantity in groups of one population; ``decimals`` are those of the release."""

    name: str
    caption: str
    population: str
    groups: tuple[MeanGroup, ...]
    decimals: int = 1
    values: Where = ()


@dataclass(frozen=True)
class ShownMean:
    """A mean and SD as an edition shows them, and of how many: None where they are withheld."""

    n: Shown
    mean: float | None
    sd: float | None
    status: Status
    text: str
    sd_text: str


@dataclass(frozen=True)
class ShownMeans:
    """A ``MeanTable`` as an edition shows it."""

    name: str
    caption: str
    labels: tuple[str, ...]
    means: tuple[ShownMean, ...]

    def of(self, label: str) -> ShownMean:
        """One mean by the label of its group."""
        return self.means[self.labels.index(label)]


def mean_table(
    units: pd.DataFrame,
    column: str,
    name: str,
    caption: str,
    population: str,
    groups: Mapping[str, Mapping[str, Sequence[str]]],
    decimals: int = 1,
    magnitudes: bool = False,
) -> MeanTable:
    """Means of one column in groups, over the units that have a value.

    Parameters
    ----------
    units : DataFrame
        One row per unit of the population.
    column : str
        Numbers; may be missing.
    groups : mapping
        By label, what a unit must have, as in ``count_table``.
    magnitudes : bool
        Whether few units can hold most of the sum, as of hours; not so for scores of a scale.
    """
    known = f"{column} is known"
    told = units.assign(**{known: units[column].notna().map({True: "yes", False: "no"})})
    some_missing = bool(units[column].isna().any())
    found = []
    for label, allowed in groups.items():
        conditions = {**allowed, known: ("yes",)} if some_missing else dict(allowed)
        of_group = told.loc[units_in(told, conditions), column].astype(float)
        found.append(
            MeanGroup(
                label,
                where_of(conditions),
                len(of_group),
                float(of_group.mean()) if len(of_group) else None,
                float(of_group.std(ddof=1)) if len(of_group) > 1 else None,
                largest_share(of_group) if magnitudes else None,
                p_ratio(of_group) if magnitudes else None,
            )
        )
    named = {one for allowed in groups.values() for one in allowed} | ({known} if some_missing else set())
    return MeanTable(name, caption, population, tuple(found), decimals, values_of(told, named))


def exact_means(tables: Iterable[MeanTable], decimals: int = 2) -> dict[str, ShownMeans]:
    """The means as the internal edition shows them, by name."""
    return {
        table.name: ShownMeans(
            table.name,
            table.caption,
            tuple(group.label for group in table.groups),
            tuple(
                ShownMean(
                    Shown.exact(group.n),
                    group.mean,
                    group.sd,
                    "exact",
                    number(group.mean, decimals),
                    number(group.sd, decimals),
                )
                for group in table.groups
            ),
        )
        for table in tables
    }


WITHHELD_MEAN = ShownMean(SUPPRESSED, None, None, "suppressed", WITHHELD, WITHHELD)
