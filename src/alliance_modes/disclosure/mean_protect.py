"""Which means of a release are withheld: of few people or told by few, and those that would give one away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from alliance_modes.disclosure.counts import Shown, Where
from alliance_modes.disclosure.mean_attack import BoundedMean, MeanAttack, PublishedMean
from alliance_modes.disclosure.means import (
    WITHHELD_MEAN,
    MeanGroup,
    MeanTable,
    ShownMean,
    decimals_for,
)
from alliance_modes.disclosure.rules import Disclosure, could_be
from alliance_modes.words.rounding import number, rounded_to

MeanKey = tuple[str, str, Where]
"""The population of a mean, its quantity, and its units: the same in every table that shows it."""


def protected_means(
    tables: Sequence[MeanTable],
    counts: Mapping[tuple[str, Where], Shown],
    values: Mapping[str, Mapping[str, Sequence[str]]],
    rules: Disclosure,
) -> dict[MeanKey, ShownMean]:
    """Every mean as the release shows it.

    Parameters
    ----------
    tables : sequence of MeanTable
    counts : mapping
        Every count of the release as it is shown, by population and units.
    values : mapping
        Per population, the values of each column.
    rules : Disclosure

    Notes
    -----
    A mean that is withheld because it is of few people, or few hold most of it, must not be told to within
    one SD of all values. While one is, the smallest of the means that hold it there is withheld too.
    """
    groups = {
        (table.population, group.of, group.where): (table, group)
        for table in tables
        for group in table.groups
    }
    found = {
        key: _by_itself(group, counts[key[0], key[2]], table.decimals, rules)
        for key, (table, group) in groups.items()
    }
    secret = [key for key, (_, group) in groups.items() if group.n and _is_secret(group, found[key], rules)]
    for key in secret:
        while (told := _told(key, found, groups, counts, values, rules)) is not None:
            out = min(told.used, key=lambda where: (groups[*key[:2], where][1].n, where))
            found[*key[:2], out] = replace(WITHHELD_MEAN, n=found[*key[:2], out].n)
    return found


def _is_secret(group: MeanGroup, shown: ShownMean, rules: Disclosure) -> bool:
    return shown.mean is None and (group.n < rules.threshold or _by_few(group, rules))


def _by_few(group: MeanGroup, rules: Disclosure) -> bool:
    return (group.two_largest is not None and group.two_largest >= rules.dominance) or (
        group.p_ratio is not None and group.p_ratio < rules.p_ratio
    )


def _by_itself(group: MeanGroup, n: Shown, decimals: int, rules: Disclosure) -> ShownMean:
    if n.value is None or group.mean is None or group.sd is None:
        return replace(WITHHELD_MEAN, n=n) if n.value is not None else WITHHELD_MEAN
    if _by_few(group, rules):
        return replace(WITHHELD_MEAN, n=n)
    kept = decimals_for(group, could_be(n.value, rules)[0], decimals)
    return ShownMean(
        n,
        float(rounded_to(group.mean, kept)),
        float(rounded_to(group.sd, kept)),
        "rounded",
        number(group.mean, kept),
        number(group.sd, kept),
        kept,
    )


def _told(
    key: MeanKey,
    found: Mapping[MeanKey, ShownMean],
    groups: Mapping[MeanKey, tuple[MeanTable, MeanGroup]],
    counts: Mapping[tuple[str, Where], Shown],
    values: Mapping[str, Mapping[str, Sequence[str]]],
    rules: Disclosure,
) -> BoundedMean | None:
    """What the attack says of a mean that is withheld, where that is too much."""
    population, of, where = key
    means = tuple(_published(of, population, found))
    if not means:
        return None
    limits = next((table.limits for (_, one, _), (table, _) in groups.items() if one == of), None)
    known = {
        counted: could_be(shown.value, rules)
        for (about, counted), shown in counts.items()
        if about == population and shown.value is not None
    }
    attack = MeanAttack(values[population], known, means, limits)
    told = attack.bounded(where)
    return told if told is not None and told.used and told.width < attack.spread else None


def _published(of: str, population: str, found: Mapping[MeanKey, ShownMean]) -> Iterator[PublishedMean]:
    for (about, quantity, where), shown in found.items():
        if (about, quantity) != (population, of) or shown.mean is None or shown.sd is None:
            continue
        half = 0.5 * 10.0 ** -(shown.decimals or 0)
        yield PublishedMean(where, shown.n.value or 0, shown.mean, shown.sd, half)
