"""Means that are withheld cannot be worked out of those that are shown, in whichever tables they stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from alliance_modes.disclosure.counts import OTHER, Where
from alliance_modes.disclosure.earlier import Population, PublishedMean, from_json, to_json
from alliance_modes.disclosure.mean_attack import MeanAttack
from alliance_modes.disclosure.means import MeanTable, decimals_for, mean_table, reach, side_by_side
from alliance_modes.disclosure.release import Released, released
from alliance_modes.disclosure.rules import Disclosure, could_be

SITES = {"site": ("A", "B", "C")}


def shown_mean(where: Where, n: int, mean: float, sd: float, half: float) -> PublishedMean:
    """A mean of hours, as a release shows it."""
    return PublishedMean(population="enrolments", of="hours", where=where, n=n, mean=mean, sd=sd, half=half)


def people(**of_site: int) -> pd.DataFrame:
    """Hours of people by site: from 1 to 7, one after the other."""
    units = pd.DataFrame({"site": [site for site, n in of_site.items() for _ in range(n)]})
    return units.assign(hours=[float(1 + number % 7) for number in range(len(units))])


def tables(units: pd.DataFrame, **more) -> tuple[MeanTable, MeanTable]:
    """The mean of all in one table and those of the sites in another, as reports have them."""
    sites = {site: {"site": (site,)} for site in sorted(set(units["site"]))}
    return (
        mean_table(units, "hours", "all", "Hours", "enrolments", {"All": {}}, **more),
        mean_table(units, "hours", "by_site", "Hours by site", "enrolments", sites, **more),
    )


def attacked(units: pd.DataFrame, release: Released, site: str) -> float | None:
    """How far the limits of the mean of one site lie apart; None where nothing limits it."""
    rules, given = release.rules, tables(units)
    means, counts = [], {}
    for table in given:
        for group, shown in zip(table.groups, release.means[table.name].means, strict=True):
            if shown.n.value is not None:
                counts[group.where] = could_be(shown.n.value, rules)
            if shown.mean is not None and shown.sd is not None:
                half = 0.5 * 10.0 ** -(shown.decimals or 0)
                means.append(shown_mean(group.where, shown.n.value or 0, shown.mean, shown.sd, half))
    if not means:
        return None
    found = MeanAttack(release.values["enrolments"], counts, means).bounded((("site", (site,)),))
    return None if found is None else found.width


def test_the_attack_finds_the_mean_that_is_left_of_all() -> None:
    shown = [
        shown_mean((), 107, 5.13, 1.0, 0.005),
        shown_mean((("site", ("A",)),), 100, 5.0, 0.9, 0.005),
    ]
    counts: dict[Where, tuple[int, int]] = {(): (107, 107), (("site", ("A",)),): (100, 100)}
    found = MeanAttack({"site": ("A", "B")}, counts, shown, (1, 7)).bounded((("site", ("B",)),))
    assert found is not None
    middle, reaches = (107 * 5.13 - 500) / 7, 0.005 * 207 / 7
    assert found.low == pytest.approx(middle - reaches, abs=0.01)
    assert found.high == pytest.approx(min(middle + reaches, 7), abs=0.01)
    assert set(found.used) == {(), (("site", ("A",)),)}


@pytest.mark.parametrize("seed", range(20))
def test_the_limits_hold_the_true_mean_and_an_sd_narrows_them(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = {site: rng.normal(4, 1, n) for site, n in (("A", 80), ("B", 60), ("C", 6))}
    every = np.concatenate(list(values.values()))
    shown = [shown_mean((), 146, round(every.mean(), 2), round(every.std(ddof=1), 2), 0.005)]
    shown += [
        shown_mean(
            (("site", (site,)),), len(values[site]), round(values[site].mean(), 2),
            round(values[site].std(ddof=1), 2), 0.005,
        )
        for site in "AB"
    ]  # fmt: skip
    counts = {one.where: (one.n - 2, one.n + 2) for one in shown}
    asked = (("site", ("C",)),)
    found = MeanAttack(dict([("site", ("A", "B", "C"))]), counts, shown).bounded(asked)
    assert found is not None and found.low <= values["C"].mean() <= found.high
    wide = [one.model_copy(update={"sd": one.sd + 5}) if not one.where else one for one in shown]
    other = MeanAttack(dict([("site", ("A", "B", "C"))]), counts, wide).bounded(asked)
    assert other is None or other.width >= found.width


def test_a_mean_that_few_hold_is_not_told_by_that_of_all_in_another_table() -> None:
    units = people(A=60, B=20, C=40)
    units.loc[units["site"] == "B", "hours"] = [90.0, 80.0] + [0.5] * 18
    whole, by_site = tables(units, magnitudes=True, decimals=2)
    rules = Disclosure(base=1)
    release = released([], rules, means=[whole, by_site])
    shown = {site: release.means["by_site"].of(site).mean for site in "ABC"}
    assert shown["B"] is None, "two people hold most of it"
    assert release.means["all"].of("All").mean is None or None in (shown["A"], shown["C"])
    width = attacked(units, release, "B")
    assert width is None or width >= units["hours"].std()


def test_a_mean_of_few_that_is_far_from_all_is_not_told() -> None:
    for n in range(3, 10):
        units = people(A=61, B=n, C=52)
        units.loc[units["site"] == "B", "hours"] = 30.0
        for base in (1, 5, 10):
            release = released([], Disclosure(base=base), means=tables(units, decimals=2))
            shown = release.means["all"].of("All")
            width = attacked(units, release, "B")
            assert release.means["by_site"].of("B").mean is None
            assert width is None or shown.sd is None or width >= shown.sd


@pytest.mark.parametrize("n", range(11, 60, 4))
def test_a_mean_of_whole_numbers_does_not_take_back_that_their_number_is_rounded(n: int) -> None:
    rng = np.random.default_rng(n)
    units = pd.DataFrame({"age": rng.integers(18, 70, n).astype(float)})
    table = mean_table(units, "age", "ages", "Age", "enrolments", {"All": {}}, decimals=2)
    rules = Disclosure()
    shown = released([], rules, means=[table]).means["ages"].means[0]
    low, high = could_be(shown.n.value, rules)
    unit = 10.0**-shown.decimals
    for m in range(low, high + 1):
        nearest = round(shown.mean * m) / m
        assert abs(nearest - shown.mean) <= unit / 2 + 1e-9, f"{m} people cannot have this mean"


def test_one_person_more_moves_no_mean_by_more_than_it_is_rounded() -> None:
    table = tables(people(A=61, B=33, C=52), decimals=2)[0]
    group = table.groups[0]
    decimals = decimals_for(group, group.n, 2)
    assert group.sd / group.n <= 10.0**-decimals and decimals == 1
    assert decimals_for(replace(group, sd=0.0, step=0.0), group.n, 2) == 2
    assert reach(0.123, 1) == 0.2 and reach(0.2, 1) == 0.2 and reach(0.123, None) == 0.123


def test_columns_side_by_side_that_are_known_of_the_same_units_are_one_count() -> None:
    units = people(A=30, B=20).assign(days=1.0)
    units.loc[:3, ["hours", "days"]] = np.nan
    columns = {"Hours": "hours", "Days": "days"}
    table = side_by_side(units, "two", "Two", "enrolments", columns, alike={"days": "hours"})
    assert table.groups[0].where == table.groups[1].where == (("hours is known", ("yes",)),)
    apart = side_by_side(units, "two", "Two", "enrolments", columns, among={"site": ("A",)})
    assert apart.groups[1].where == (("days is known", ("yes",)), ("site", ("A",)))
    assert apart.groups[1].n == 26


def test_limits_that_values_do_not_keep_to_protect_nothing() -> None:
    whole: Where = ()
    site: Where = (("site", ("A",)),)
    shown = [shown_mean(whole, 107, 5.13, 1.0, 0.005), shown_mean(site, 100, 5.0, 0.9, 0.005)]
    counts: dict[Where, tuple[int, int]] = {whole: (107, 107), site: (100, 100)}
    found = MeanAttack({"site": ("A", "B")}, counts, shown, (0, 1)).bounded((("site", ("B",)),))
    assert found is not None and found.low < (107 * 5.13 - 500) / 7 < found.high


def since(rules: Disclosure, came: int, further: float) -> tuple[Released, Released, pd.DataFrame]:
    """Two releases of hours by site, between which a few people with far more hours came to site A."""
    then = people(A=60, B=50, C=52)
    more = pd.DataFrame({"site": "A", "hours": [further + number for number in range(came)]})
    now = pd.concat([then, more], ignore_index=True)
    first = released([], rules, means=tables(then, decimals=2))
    second = released([], rules, [first.published(1, "2024-01-31")], means=tables(now, decimals=2))
    return first, second, now


@pytest.mark.parametrize("base", [1, 5])
@pytest.mark.parametrize("came", [3, 6, 9])
@pytest.mark.parametrize("further", [4.0, 30.0, 90.0])
def test_the_mean_of_those_who_came_between_two_releases_is_not_told(base, came, further) -> None:
    """Of 60 people and then 63, two means and two exact numbers tell the mean of the three."""
    first, second, _ = since(Disclosure(base=base), came, further)
    assert all(one.spreads >= 1 for one in second.told_means)
    before, after = first.means["by_site"].of("A"), second.means["by_site"].of("A")
    if base == 1 and further == 90.0 and after.mean is not None:
        of_them = (after.mean * (60 + came) - before.mean * 60) / came
        half = (0.5 * 10.0**-after.decimals * (60 + came) + 0.5 * 10.0**-before.decimals * 60) / came
        assert 2 * half >= min(before.sd, after.sd), f"anybody can tell {of_them:.1f} from the two"


def test_an_attack_on_both_releases_would_tell_it_where_nothing_is_withheld() -> None:
    _, second, now = since(Disclosure(base=1), 6, 90.0)
    alone = released([], Disclosure(base=1), means=tables(now, decimals=2))
    told = second.gate.told(alone.averaged)
    newcomers = [one for one in told if one.since == 1]
    assert newcomers and newcomers[0].spreads < 1
    assert any(one.mean is None for one in second.averaged.values())


@pytest.mark.parametrize("base", [1, 5])
def test_values_that_were_put_right_open_no_mean(base) -> None:
    """Hours of A that contradict those of the first release leave B as safe as the second alone does."""
    then = people(A=60, B=20, C=40)
    then.loc[then["site"] == "B", "hours"] = [90.0, 80.0] + [0.5] * 18
    now = then.assign(hours=then["hours"] + 3.0 * (then["site"] == "A"))
    rules = Disclosure(base=base)
    first, alone = (
        released([], rules, means=tables(one, magnitudes=True, decimals=2)) for one in (then, now)
    )
    second = released(
        [], rules, [first.published(1, "2024-01-31")], means=tables(now, magnitudes=True, decimals=2)
    )
    assert second.linked_to["enrolments"] == (1,), "the numbers of people do not tell it"
    assert second.averaged == alone.averaged and second.told_means == alone.told_means
    width = attacked(now, second, "B")
    assert second.told_means and width is not None and width >= now["hours"].std()


def test_a_release_after_which_nobody_came_withholds_no_more() -> None:
    units = people(A=60, B=50, C=52)
    first = released([], Disclosure(), means=tables(units))
    again = released([], Disclosure(), [first.published(1, "2024-01-31")], means=tables(units))
    assert again.averaged == first.averaged


def test_a_release_that_is_read_back_has_its_means() -> None:
    published = released([], Disclosure(), means=tables(people(A=60, B=50))).published(1, "2024-01-31")
    assert from_json(to_json(published)) == published and len(published.means) == 3


@pytest.mark.parametrize("few", [6, 8])
def test_means_by_programme_do_not_tell_one_by_site_to_who_knows_which_runs_where(few) -> None:
    """The programme at B and D less D: the mean of the few at B, to who knows that it runs there alone."""
    units = people(A=40, B=few, C=61, D=52)
    units["programme"] = units["site"].map({"A": "core", "C": "core", "B": "other", "D": "other"})
    units.loc[units["site"] == "B", "hours"] = 30.0
    rows = {one: {"programme": (one,)} for one in ("core", "other")}
    asked = (
        *tables(units, decimals=2),
        mean_table(units, "hours", "by_programme", "Hours", "enrolments", rows, decimals=2),
    )
    nowhere = (
        (("programme", ("core",)), ("site", ("B", "D"))),
        (("programme", ("other",)), ("site", ("A", "C"))),
        (("site", (OTHER,)),),
        (("programme", (OTHER,)),),
    )
    knowing = (Population(name="enrolments", impossible=nowhere),)
    blind = released([], Disclosure(base=1), means=asked)
    told = replace(blind.gate, populations=knowing).told(blind.averaged)
    assert told and told[0].spreads < 1, "what a release that does not mind it gives away"
    held = released([], Disclosure(base=1), means=asked, populations=knowing)
    assert all(one.spreads >= 1 for one in held.told_means)
    assert any(one.mean is not None for one in held.averaged.values())
