"""Which means of a release are withheld: of few people or told by few, and those that would give one away."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from alliance_modes.disclosure.counts import Shown, Where
from alliance_modes.disclosure.earlier import EarlierRelease, Population, PublishedMean
from alliance_modes.disclosure.mean_attack import BoundedMean, MeanAttack
from alliance_modes.disclosure.means import (
    WITHHELD_MEAN,
    MeanGroup,
    MeanTable,
    ShownMean,
    decimals_for,
)
from alliance_modes.disclosure.rules import Disclosure, could_be
from alliance_modes.disclosure.system import as_known, nobody_at
from alliance_modes.words.rounding import number, rounded_to

MeanKey = tuple[str, str, Where]
"""The population of a mean, its quantity, and its units: the same in every table that shows it."""

SINCE = "first released"
"""The column that says with which release of the cohort a unit was first counted."""


@dataclass(frozen=True)
class ToldMean:
    """What the attack says of one mean that nobody may know.

    ``spreads`` is how far its limits lie apart, in SDs of all values. The mean is of people who are few, of
    a sum that few make up, or, with ``since``, of those who came after the release of this order.
    """

    population: str
    of: str
    where: Where
    since: int | None
    spreads: float


@dataclass(frozen=True)
class MeanGate:
    """The means of a release, with all that a reader knows beside them.

    Parameters
    ----------
    tables : sequence of MeanTable
    counts : mapping
        Every count of the release as it is shown, by population and units.
    values : mapping
        Per population, the values of each column.
    rules : Disclosure
    earlier : sequence of EarlierRelease
        What was released of the cohort before.
    populations : sequence of Population
        What may still change of a unit, and which units cannot exist.
    linked : mapping
        Per population, the earlier releases, by order, that this one does not contradict.

    Notes
    -----
    Of an earlier release that is known what cannot have changed since: who was counted there is a part of
    those who are counted in the same place now, and their values are taken as they were.
    """

    tables: Sequence[MeanTable]
    counts: Mapping[tuple[str, Where], Shown]
    values: Mapping[str, Mapping[str, Sequence[str]]]
    rules: Disclosure
    earlier: Sequence[EarlierRelease] = ()
    populations: Sequence[Population] = ()
    linked: Mapping[str, Sequence[int]] | None = None

    def protected(self) -> dict[MeanKey, ShownMean]:
        """Every mean as the release shows it.

        Notes
        -----
        A mean that is withheld because it is of few people, or few hold most of it, must not be told to
        within one SD of all values, nor that of fewer than the threshold who came since a release before.
        While one is, the smallest of the means of this release that hold it there is withheld too.
        """
        found = {
            key: _by_itself(group, self.counts[key[0], key[2]], table.decimals, self.rules)
            for key, (table, group) in self._groups.items()
        }
        for key, since in self._secret(found):
            while (told := self._told(key, since, found)) is not None and told[1] < 1:
                own = [where for where in told[0].used if self._is_shown(key, where, found)]
                if not own:
                    break
                out = min(own, key=lambda where: (self._groups[*key[:2], where][1].n, where))
                found[*key[:2], out] = replace(WITHHELD_MEAN, n=found[*key[:2], out].n)
        return found

    def told(self, found: Mapping[MeanKey, ShownMean]) -> tuple[ToldMean, ...]:
        """What the attack says of every mean that nobody may know, the tightest first, of means as shown."""
        known = [
            ToldMean(*key, since, told[1])
            for key, since in self._secret(found)
            if (told := self._told(key, since, found)) is not None
        ]
        return tuple(sorted(known, key=lambda one: (one.spreads, one.population, one.of, one.where)))

    @cached_property
    def _groups(self) -> dict[MeanKey, tuple[MeanTable, MeanGroup]]:
        return {
            (table.population, group.of, group.where): (table, group)
            for table in self.tables
            for group in table.groups
        }

    def _is_shown(self, key: MeanKey, where: Where, found: Mapping[MeanKey, ShownMean]) -> bool:
        shown = found.get((*key[:2], where))
        return shown is not None and shown.mean is not None

    def _secret(self, found: Mapping[MeanKey, ShownMean]) -> list[tuple[MeanKey, int | None]]:
        """Each mean that nobody may know; with a release, that of those who came after it."""
        few: list[tuple[MeanKey, int | None]] = [
            (key, None)
            for key, (_, group) in self._groups.items()
            if group.n
            and found[key].mean is None
            and (group.n < self.rules.threshold or _by_few(group, self.rules))
        ]
        return few + [
            ((population, one.of, one.where), release.order)
            for population in self.values
            for release in self._linked(population)
            for one in release.means
            if one.population == population and self._few_since(one, release, found)
        ]

    def _few_since(
        self, one: PublishedMean, release: EarlierRelease, found: Mapping[MeanKey, ShownMean]
    ) -> bool:
        """Whether somebody could have come to these units since, and fewer than the threshold."""
        now = found.get((one.population, one.of, one.where))
        if now is None or now.n.value is None or not self._stays(one.population, one.where):
            return False
        then, of_now = could_be(one.n, release.rules), could_be(now.n.value, self.rules)
        fewest, most = of_now[0] - then[1], of_now[1] - then[0]
        same = (one.mean, one.sd, one.n) == (now.mean, now.sd, now.n.value)
        return most > 0 and fewest < self.rules.threshold and not same

    def _linked(self, population: str) -> Iterator[EarlierRelease]:
        orders = None if self.linked is None else self.linked.get(population, ())
        yield from (one for one in self.earlier if orders is None or one.order in orders)

    def _stays(self, population: str, where: Where) -> bool:
        """Whether a unit that was once among these is so for ever."""
        settled = next((one.settled for one in self.populations if one.name == population), {})
        return all(
            column in self.values[population] and set(held) <= set(settled.get(column, held))
            for column, held in where
        )

    def _told(
        self, key: MeanKey, since: int | None, found: Mapping[MeanKey, ShownMean]
    ) -> tuple[BoundedMean, float] | None:
        """What the attack says of a mean, and its width in SDs; None where nothing that is shown holds it.

        Values may have been put right since a release, though the counts agree: then the oldest are left out
        until all can be true.
        """
        before = tuple(self._linked(key[0]))
        while since is None or any(one.order == since for one in before):
            attack = self._attack(key, before, found)
            if attack is None:
                return None
            asked = key[2] if since is None else _with(key[2], _later(since, before))
            told = attack.bounded(asked)
            if told is not None and told.used:
                return told, told.width / attack.spread if attack.spread > 0 else 0.0
            if not before or attack.possible(asked):
                return None
            before = before[1:]
        return None

    def _attack(
        self, key: MeanKey, before: Sequence[EarlierRelease], found: Mapping[MeanKey, ShownMean]
    ) -> MeanAttack | None:
        """The attack with some releases before; None where no mean is shown."""
        population, of, _ = key
        means = (*_shown(of, population, found), *self._means_before(of, population, before))
        if not means:
            return None
        limits = next((table.limits for (_, one, _), (table, _) in self._groups.items() if one == of), None)
        values = dict(self.values[population])
        if before:
            values[SINCE] = tuple(str(one) for one in (*(one.order for one in before), "now"))
        nobody = tuple(self._nobody(population, before))
        return MeanAttack(values, self._counts(population, before), means, limits, nobody)

    def _nobody(self, population: str, before: Sequence[EarlierRelease]) -> Iterator[Where]:
        """Units that cannot exist, and those who could not when an earlier release was made."""
        now = next((one for one in self.populations if one.name == population), Population(name=population))
        every = self.values[population]
        yield from nobody_at(now.impossible, every, every)
        for release in before:
            impossible = as_known(release, population).impossible
            then = release.values.get(population, {})
            for where in nobody_at(impossible, every, then):
                if all(
                    set(then.get(name, ())) <= set(now.settled.get(name, every[name])) for name, _ in where
                ):
                    yield _with(where, _until(release.order, before))

    def _counts(self, population: str, before: Sequence[EarlierRelease]) -> dict[Where, tuple[int, int]]:
        known = {
            where: could_be(shown.value, self.rules)
            for (about, where), shown in self.counts.items()
            if about == population and shown.value is not None
        }
        for release in before:
            until = _until(release.order, before)
            for one in release.counts:
                if one.population != population or one.value is None:
                    continue
                if self._stays(population, one.where):
                    known[_with(one.where, until)] = could_be(one.value, release.rules)
        return known

    def _means_before(
        self, of: str, population: str, before: Sequence[EarlierRelease]
    ) -> Iterator[PublishedMean]:
        for release in before:
            for one in release.means:
                if (one.population, one.of) == (population, of) and self._stays(population, one.where):
                    yield one.model_copy(update={"where": _with(one.where, _until(release.order, before))})


def _until(order: int, before: Sequence[EarlierRelease]) -> tuple[str, ...]:
    return tuple(str(one.order) for one in before if one.order <= order)


def _later(order: int, before: Sequence[EarlierRelease]) -> tuple[str, ...]:
    return (*(str(one.order) for one in before if one.order > order), "now")


def _with(where: Where, releases: tuple[str, ...]) -> Where:
    return tuple(sorted((*where, (SINCE, releases))))


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


def published_means(found: Mapping[MeanKey, ShownMean]) -> tuple[PublishedMean, ...]:
    """Those that are shown, as anybody can read them."""
    return tuple(
        PublishedMean(
            population=population,
            of=of,
            where=where,
            n=shown.n.value or 0,
            mean=shown.mean,
            sd=shown.sd,
            half=0.5 * 10.0 ** -(shown.decimals or 0),
        )
        for (population, of, where), shown in found.items()
        if shown.mean is not None and shown.sd is not None
    )


def _shown(of: str, population: str, found: Mapping[MeanKey, ShownMean]) -> Iterator[PublishedMean]:
    these = {key: shown for key, shown in found.items() if key[:2] == (population, of)}
    yield from published_means(these)
