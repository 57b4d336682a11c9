"""Means of groups: where an edition may show them, and with how many decimals.

The mean of a group takes part in the release as the count of those it is of: it is shown only where that
count is. What is withheld of a small group may be worked out of the mean of all and those that are shown,
whichever tables they stand in; that is attacked (``mean_attack``), and then others go with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from alliance_modes.disclosure.counts import (
    SUPPRESSED,
    WITHHELD,
    Shown,
    Status,
    Units,
    Where,
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
    ``of`` is the quantity: groups of one population with the same are linked, in whichever table they
    stand. Every value is a multiple of ``step`` (1 for years of age), 0 where there is no such step.
    """

    label: str
    where: Where
    n: int
    mean: float | None
    sd: float | None
    two_largest: float | None = None
    p_ratio: float | None = None
    of: str = ""
    step: float = 0.0


@dataclass(frozen=True)
class MeanTable:
    """Means in groups of one population.

    ``decimals`` are the most that a release shows; ``limits`` those between which every value lies.
    """

    name: str
    caption: str
    population: str
    groups: tuple[MeanGroup, ...]
    decimals: int = 1
    values: Where = ()
    limits: tuple[float, float] | None = None


@dataclass(frozen=True)
class ShownMean:
    """A mean and SD as an edition shows them, and of how many: None where they are withheld.

    ``decimals`` are those of a release; None where they are not rounded.
    """

    n: Shown
    mean: float | None
    sd: float | None
    status: Status
    text: str
    sd_text: str
    decimals: int | None = None


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


KNOWN = " is known"
"""How the name of a column ends that says of each unit whether it has a value."""


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
    known = f"{column}{KNOWN}"
    told = units.assign(**{known: units[column].notna().map({True: "yes", False: "no"})})
    some_missing, step, of = bool(units[column].isna().any()), step_of(units[column]), Units(told)
    found = []
    for label, allowed in groups.items():
        conditions = {**allowed, known: ("yes",)} if some_missing else dict(allowed)
        of_group = told[column].iloc[of.places(conditions)].astype(float)
        found.append(
            MeanGroup(
                label,
                where_of(conditions),
                len(of_group),
                float(of_group.mean()) if len(of_group) else None,
                float(of_group.std(ddof=1)) if len(of_group) > 1 else None,
                largest_share(of_group) if magnitudes else None,
                p_ratio(of_group) if magnitudes else None,
                column,
                step,
            )
        )
    named = {one for allowed in groups.values() for one in allowed} | ({known} if some_missing else set())
    return MeanTable(name, caption, population, tuple(found), decimals, values_of(told, named))


MOST_PARTS = 60


def step_of(values: pd.Series) -> float:
    """The largest of 1, 1/2, 1/3, … that every value is a multiple of; 0 where none is."""
    known = np.unique(values.dropna().to_numpy(dtype=float))
    for parts in range(1, MOST_PARTS + 1):
        if np.allclose(known * parts, np.round(known * parts), rtol=0, atol=1e-6):
            return 1 / parts
    return 0.0


def decimals_for(group: MeanGroup, least: int, most: int) -> int:
    """With how many decimals a mean and SD are shown.

    Parameters
    ----------
    group : MeanGroup
    least : int
        The fewest that its number, as it is shown, can stand for.
    most : int
        Decimals at most.

    Notes
    -----
    So few that a person one SD from the mean, who comes or goes, moves it by no more than it is rounded, and
    that every number of units could have such a mean: of whole years, 34.27 is a mean of 15 people and not
    of 14, and would take back that their number is rounded (Brown & Heathers, 2017, doi
    10.1177/1948550616673876).
    """
    unit = max(group.sd or 0.0, group.step)
    return most if unit <= 0 else max(min(most, math.floor(math.log10(max(least, 1) / unit))), 0)


def reach(half: float, decimals: int | None) -> float:
    """Half of an interval with the decimals of its mean, upwards: more of them would tell how many people."""
    return half if decimals is None else math.ceil(half * 10**decimals - 1e-9) / 10**decimals


def side_by_side(
    units: pd.DataFrame,
    name: str,
    caption: str,
    population: str,
    columns: Mapping[str, str],
    decimals: int = 1,
    among: Mapping[str, Sequence[str]] | None = None,
    alike: Mapping[str, str] | None = None,
) -> MeanTable:
    """Means of several columns of the same units, each a group of those who have a value of it.

    Parameters
    ----------
    units : DataFrame
        One row per unit of the population.
    columns : mapping
        By label, the column.
    among : mapping, optional
        What units must have, as in ``count_table``; everybody unless given.
    alike : mapping, optional
        Of columns that are known of the same units as another one, that one: both are then one count.
    """
    each = [
        mean_table(units, column, name, caption, population, {label: among or {}}, decimals)
        for label, column in columns.items()
    ]
    instead = {f"{one}{KNOWN}": f"{other}{KNOWN}" for one, other in (alike or {}).items()}
    groups = tuple(replace(table.groups[0], where=_renamed(table.groups[0].where, instead)) for table in each)
    values = dict(one for table in each for one in _renamed(table.values, instead))
    return MeanTable(name, caption, population, groups, decimals, tuple(sorted(values.items())))


def _renamed(where: Where, instead: Mapping[str, str]) -> Where:
    return tuple(sorted((instead.get(column, column), held) for column, held in where))


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
