"""The release edition of counts and means: what is rounded, what is withheld, and why.

All tables of a release are decided together. Whatever the reason for which a count is withheld, readers
meet one word: ``reasons`` stay with the team that holds the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from alliance_modes.disclosure.counts import OTHER, SUPPRESSED, CountTable, Shown, ShownTable, Where
from alliance_modes.disclosure.earlier import EarlierRelease, Population, PublishedCount
from alliance_modes.disclosure.mean_protect import MeanGate, MeanKey, ToldMean, published_means
from alliance_modes.disclosure.means import MeanTable, ShownMean, ShownMeans
from alliance_modes.disclosure.protect import Count, Reason, protected
from alliance_modes.disclosure.rules import Disclosure, rounded


@dataclass(frozen=True)
class Released:
    """A release edition.

    Parameters
    ----------
    rules : Disclosure
    tables : mapping
        By name, each table as it may be shown.
    means : mapping
        By name, each table of means as it may be shown.
    reasons : mapping
        By name of a table of counts, for each cell why it is withheld (``primary``, ``zero``, ``full``: the
        rest of a count beside it would be small, ``secondary``: others could be worked out of it), or None.
    populations : tuple of Population
    values : mapping
        Per population, the values of each column that a count names.
    withheld : mapping
        Each count that is withheld, once, with its reason.
    linked_to : mapping
        Per population, the earlier releases that can all be true together with this one, by their order;
        means are held against these. None where data that were thought to be final have changed.
    counts : tuple of Count
        Every count that was asked for, once, as it is: for the record that stays inside.
    averaged : mapping
        Every mean that was asked for, once, as it is shown.
    gate : MeanGate
        What decided them.
    """

    rules: Disclosure
    tables: Mapping[str, ShownTable]
    means: Mapping[str, ShownMeans]
    reasons: Mapping[str, tuple[tuple[Reason | None, ...], ...]]
    populations: tuple[Population, ...]
    values: Mapping[str, Mapping[str, tuple[str, ...]]]
    withheld: Mapping[Count, Reason]
    linked_to: Mapping[str, tuple[int, ...]]
    counts: tuple[Count, ...]
    averaged: Mapping[MeanKey, ShownMean]
    gate: MeanGate

    @cached_property
    def told_means(self) -> tuple[ToldMean, ...]:
        """What an attack finds of the means that nobody may know, the tightest first."""
        return self.gate.told(self.averaged)

    def published(self, order: int, data_lock: str) -> EarlierRelease:
        """What this release lets a reader know, for the ledger and for the attack."""
        return EarlierRelease(
            order=order,
            data_lock=data_lock,
            rules=self.rules,
            populations=self.populations,
            values=self.values,
            counts=tuple(
                PublishedCount(
                    population=count.population,
                    where=count.where,
                    value=None if count in self.withheld else rounded(count.n, self.rules.base),
                )
                for count in self.counts
            ),
            means=published_means(self.averaged),
        )


def released(
    tables: Iterable[CountTable],
    rules: Disclosure,
    earlier: Sequence[EarlierRelease] = (),
    means: Iterable[MeanTable] = (),
    populations: Sequence[Population] = (),
) -> Released:
    """The tables as the release edition may show them.

    Parameters
    ----------
    tables, means : iterable
        All that the release shows of the cohort: tables left out here may not be shown beside them.
    rules : Disclosure
    earlier : sequence of EarlierRelease
        All that was released of the cohort before, in order.
    populations : sequence of Population
        What a reader may know of the units beforehand; of a population not named: that no column changes.

    Raises
    ------
    ValueError
        Two tables of one name, or one count that differs from table to table.
    """
    tables, means = tuple(tables), tuple(means)
    names = [one.name for one in tables] + [one.name for one in means]
    if len(set(names)) < len(names):
        raise ValueError(f"tables of one name: {', '.join(sorted({n for n in names if names.count(n) > 1}))}")
    counts, values = _counts(tables, means), _values(tables, means)
    known = tuple(
        next((one for one in populations if one.name == name), Population(name=name)) for name in values
    )
    found = {
        one.name: protected(
            one,
            values[one.name],
            {count.where: count.n for count in counts if count.population == one.name},
            rules,
            earlier,
        )
        for one in known
    }
    reasons = {
        count: found[count.population].reasons[count.where]
        for count in counts
        if count.where in found[count.population].reasons
    }
    shown = {
        (count.population, count.where): SUPPRESSED
        if count in reasons
        else Shown.rounded(rounded(count.n, rules.base), near=rules.base > 1)
        for count in counts
    }
    linked = {name: one.linked_to for name, one in found.items()}
    gate = MeanGate(means, shown, values, rules, earlier, known, linked)
    averaged = gate.protected()
    return Released(
        rules,
        {table.name: _shown_table(table, shown) for table in tables},
        {table.name: _shown_means(table, averaged) for table in means},
        {
            table.name: tuple(
                tuple(reasons.get(Count(table.population, cell.where, cell.n)) for cell in row)
                for row in table.cells
            )
            for table in tables
        },
        known,
        values,
        reasons,
        linked,
        counts,
        averaged,
        gate,
    )


def _counts(tables: Sequence[CountTable], means: Sequence[MeanTable]) -> tuple[Count, ...]:
    asked = [
        (table.population, cell.where, cell.n) for table in tables for row in table.cells for cell in row
    ]
    asked += [(table.population, group.where, group.n) for table in means for group in table.groups]
    found: dict[tuple[str, Where], int] = {}
    for population, where, n in asked:
        if found.setdefault((population, where), n) != n:
            raise ValueError(
                f"{population} with {where}: {found[population, where]} in one table, {n} in another"
            )
    return tuple(Count(population, where, n) for (population, where), n in sorted(found.items()))


def _values(
    tables: Sequence[CountTable], means: Sequence[MeanTable]
) -> dict[str, dict[str, tuple[str, ...]]]:
    """The values of each column. Where a count names all, there is one more, which nobody has."""
    named = [(one.population, cell.where) for one in tables for row in one.cells for cell in row]
    named += [(one.population, group.where) for one in means for group in one.groups]
    asked = len(named)
    named += [(one.population, one.values) for one in tables] + [
        (one.population, one.values) for one in means
    ]
    found: dict[str, dict[str, set[str]]] = {}
    for population, where in named:
        of_population = found.setdefault(population, {})
        for column, held in where:
            of_population.setdefault(column, set()).update(held)
    for population, where in named[:asked]:
        for column, held in where:
            if set(held) >= found[population][column]:
                found[population][column].add(OTHER)
    return {
        population: {column: tuple(sorted(found[population][column])) for column in sorted(found[population])}
        for population in sorted(found)
    }


def _shown_table(table: CountTable, shown: Mapping[tuple[str, Where], Shown]) -> ShownTable:
    return ShownTable(
        table.name,
        table.caption,
        table.rows,
        table.columns,
        tuple(tuple(shown[table.population, cell.where] for cell in row) for row in table.cells),
    )


def _shown_means(table: MeanTable, found: Mapping[MeanKey, ShownMean]) -> ShownMeans:
    return ShownMeans(
        table.name,
        table.caption,
        tuple(group.label for group in table.groups),
        tuple(found[table.population, group.of, group.where] for group in table.groups),
    )
