"""Which programme runs where is no secret: a release is held against who knows it."""

from __future__ import annotations

import contract_tables as tables
import numpy as np
import pandas as pd
import pytest

from alliance_modes.disclosure.attack import attack
from alliance_modes.disclosure.counts import OTHER, count_table
from alliance_modes.disclosure.earlier import EarlierRelease
from alliance_modes.disclosure.release import released
from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.reports.facts.asked.course import columns
from alliance_modes.reports.facts.asked.nowhere import nowhere_known
from alliance_modes.reports.facts.asked.populations import populations
from alliance_modes.reports.facts.asked.requests import ENROLMENTS, PRACTITIONERS, counted
from alliance_modes.reports.facts.asked.units import Rows, enrolment_units

PROGRAMMES = {"A": "core", "B": "core", "C": "other", "D": "third"}
SETTINGS = {"A": "custody", "B": "community", "C": "custody", "D": "community"}


def one_programme_at_each_site(n: int) -> pd.DataFrame:
    """The first enrolments of a cohort, at sites that run one programme each, in one setting."""
    enrolments = tables.enrolments(tables.practitioners(40)).iloc[:n]
    sites = pd.Series([[*"ABCD"][place % 7 % 4] for place in range(n)], enrolments.index)
    return enrolments.assign(site_id=sites, programme_id=sites.map(PROGRAMMES), setting=sites.map(SETTINGS))


def small_cohort(seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """About a hundred enrolments at two sites, a small one among them, and twenty practitioners."""
    rng = np.random.default_rng(seed)
    staff = pd.DataFrame({"practitioner_id": [f"P{number:02d}" for number in range(20)]}).assign(
        site_id=["A"] * 18 + ["B"] * 2,
        role=rng.choice(["officer", "teacher", "psychologist"], 20, p=(0.6, 0.3, 0.1)),
        educative=np.where(rng.random(20) < 0.9, 0.5, np.nan),
    )
    n = int(rng.integers(90, 120))
    lead = rng.permutation(np.r_[rng.integers(0, 18, n - 14), rng.integers(18, 20, 14)])
    status = ("completed", "dropped_out", "removed", "ongoing", "not_started")
    enrolments = pd.DataFrame(
        {
            "enrolment_id": [f"E{number}" for number in range(n)],
            "practitioner_id": staff["practitioner_id"].to_numpy()[lead],
            "site_id": staff["site_id"].to_numpy()[lead],
            "programme_id": "core",
            "setting": rng.choice(["custody", "community"], n, p=(0.7, 0.3)),
            "mandated": pd.array(rng.random(n) < 0.6, dtype="boolean"),
            "status": rng.choice(status, n, p=(0.5, 0.25, 0.05, 0.1, 0.1)),
            "denominator": rng.random(n) < 0.95,
        }
    )
    return enrolments, staff


def released_in_turn(*cohorts: tuple[pd.DataFrame, pd.DataFrame], base: int = 5):
    """A release of each of some states of a cohort, its record, and what was true of every count."""
    made: tuple[EarlierRelease, ...] = ()
    true: dict = {}
    for order, (enrolments, staff) in enumerate(cohorts, 1):
        asked = counted(enrolments, staff, int(staff["educative"].notna().sum()))
        known = populations(asked, nowhere=nowhere_known(enrolments, staff))
        release = released(asked, Disclosure(base=base), made, populations=known)
        made = (*made, release.published(order, str(order)))
        true |= {(order, one.population, one.where): one.n for one in release.counts}
    return release, made, true


def cannot_be(nowhere, population: str, **unit: str) -> bool:
    """Whether a unit with these values is one of those that cannot exist."""
    return any(
        all(column in unit and unit[column] in held for column, held in where)
        for where in nowhere[population]
    )


def test_programmes_and_settings_are_where_they_are():
    found = nowhere_known(one_programme_at_each_site(150), tables.practitioners(40))
    assert cannot_be(found, ENROLMENTS, programme_id="core", site_id="C")
    assert cannot_be(found, ENROLMENTS, setting="custody", site_id="B")
    assert cannot_be(found, ENROLMENTS, setting=OTHER, site_id="B")
    assert cannot_be(found, PRACTITIONERS, leads_in_third="yes", site_id="A")
    assert not cannot_be(found, ENROLMENTS, programme_id="core", site_id="A", setting="custody")
    assert not cannot_be(found, PRACTITIONERS, leads_in_third="yes", site_id="D")
    for population in (ENROLMENTS, PRACTITIONERS):
        assert cannot_be(found, population, site_id=OTHER)
    everywhere = nowhere_known(tables.enrolments(tables.practitioners(40)), tables.practitioners(40))
    named = {column for wheres in everywhere.values() for where in wheres for column, _ in where}
    assert named == {"programme_id", "site_id"}, "every programme at every site, and every setting"


def test_a_site_that_is_added_does_not_tell_of_those_before():
    """At the first release all had one setting, which is told of another one once that is there."""
    rng = np.random.default_rng(1)

    def courses(site: str, programme: str, setting: str, n: int) -> pd.DataFrame:
        status = rng.permutation(["completed"] * (n - 9) + ["not_started"] * 9)
        return pd.DataFrame(
            {"site_id": site, "programme_id": programme, "setting": setting, "status": status}
        )

    before = pd.concat(
        [
            courses("A", "core", "custody", 50),
            courses("B", "core", "custody", 18),
            courses("C", "other", "custody", 62),
        ],
        ignore_index=True,
    ).assign(denominator=True)
    after = pd.concat([before, courses("D", "core", "community", 12)], ignore_index=True).assign(
        denominator=True
    )
    published: tuple[EarlierRelease, ...] = ()
    for order, enrolments in ((1, before), (2, after)):
        units = enrolment_units(enrolments)
        rows: Rows = {"All": {}}
        rows |= {
            f"{column} {value}": {column: (value,)}
            for column in ("site_id", "programme_id", "setting")
            for value in sorted(set(units[column]))
        }
        asked = [count_table(units, "course", "", ENROLMENTS, rows, columns(units["course"]))]
        known = populations(asked, nowhere=nowhere_known(enrolments, tables.practitioners(0)))
        made = released(asked, Disclosure(), published, populations=known)
        published = (*published, made.published(order, str(order)))
    found = attack(published)
    assert dict(found.linked)[ENROLMENTS] == (1, 2)
    assert found.bounded and not found.narrow


def test_what_is_not_recorded_is_not_known():
    enrolments = one_programme_at_each_site(150)
    unknown = enrolments.assign(programme_id=enrolments["programme_id"].mask(enrolments["site_id"] == "D"))
    found = nowhere_known(unknown, tables.practitioners(40))
    assert not any(cannot_be(found, ENROLMENTS, site_id="D", programme_id=one) for one in PROGRAMMES.values())


@pytest.mark.parametrize("base", [5, 1])
def test_a_table_by_programme_does_not_give_away_the_one_by_site(base):
    enrolments, practitioners = one_programme_at_each_site(150), tables.practitioners(40)
    asked, nowhere = counted(enrolments, practitioners), nowhere_known(enrolments, practitioners)
    knowing = populations(asked, nowhere=nowhere)
    rules = Disclosure(base=base)
    blind = released(asked, rules, populations=populations(asked)).published(1, "lock")
    assert attack([blind.model_copy(update={"populations": knowing})]).narrow
    found = attack([released(asked, rules, populations=knowing).published(1, "lock")])
    assert found.bounded and not found.narrow


@pytest.mark.parametrize("column", ["site_id", "programme_id"])
def test_the_one_place_that_there_was_is_known_of_the_release_that_had_one(column):
    """A table by site is there once there are two: the first release has none, and is linked all the same."""
    enrolments, staff = small_cohort(1)
    enrolments = enrolments.assign(site_id="A", programme_id="core")
    staff = staff.assign(site_id="A")
    more = enrolments.iloc[:15].assign(enrolment_id=[f"N{number}" for number in range(15)])
    later = pd.concat([enrolments, more.assign(**{column: "new"})], ignore_index=True)
    release, made, true = released_in_turn((enrolments, staff), (later, staff))
    assert set(release.linked_to.values()) == {(1,)}
    assert made[0].values[ENROLMENTS][column] == (enrolments[column].iloc[0],)
    found = attack(made)
    assert not found.narrow and not false_of(found, true)


def false_of(found, true) -> list:
    """What an attack says of counts that is not so."""
    return [
        one
        for one in found.bounded
        if not one.low
        <= true[one.release, one.population, one.where]
        <= (np.inf if one.high is None else one.high)
    ]


def no_site(enrolments: pd.DataFrame) -> pd.DataFrame:
    return enrolments.assign(site_id=enrolments["site_id"].mask(np.arange(len(enrolments)) % 17 == 0))


STATES = {
    "a site that is closed": lambda one: (one, one[one["site_id"] != "B"]),
    "a site of another name": lambda one: (
        one,
        one.assign(site_id=one["site_id"].replace("B", "B and more")),
    ),
    "a site that is recorded later": lambda one: (no_site(one), one),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("state", STATES)
def test_a_site_that_nobody_is_of_any_more_tells_nothing_false(state, seed):
    """Its people are elsewhere, or gone: that none is there now does not say that none was there before.

    Where they are gone the attacker supposes that fewer are.
    """
    enrolments, staff = small_cohort(seed)
    before, after = STATES[state](enrolments)
    named = after["site_id"].groupby(after["practitioner_id"]).first()
    remaining = staff[staff["practitioner_id"].isin(named.index)]
    moved = remaining.assign(site_id=remaining["practitioner_id"].map(named))
    _, made, true = released_in_turn((before, staff), (after, moved))
    found = attack(made)
    assert dict(found.linked)[ENROLMENTS] == (1, 2) and not found.narrow
    assert dict(found.gone)[ENROLMENTS] or not false_of(found, true)


@pytest.mark.parametrize("base", [1, 5])
@pytest.mark.parametrize("recorded", [True, False])
def test_a_practitioner_may_lead_at_another_site(base, recorded):
    """Where one mainly works is not where all groups are: 19 lead what runs at a site of 14."""
    enrolments, staff = small_cohort(1)
    home = {"A": "core", "B": "other"}
    staff = staff.assign(site_id=["A"] * 8 + ["B"] * 12)
    site = enrolments["practitioner_id"].map(staff.set_index("practitioner_id")["site_id"])
    enrolments = enrolments.assign(site_id=site, programme_id=site.map(home), setting="custody")
    away = enrolments.groupby("practitioner_id").head(1)
    away = away[away["site_id"] == "A"].assign(site_id="B" if recorded else None, programme_id="other")
    both = pd.concat([enrolments, away], ignore_index=True)
    found = nowhere_known(both, staff)
    assert not cannot_be(found, PRACTITIONERS, leads_in_other="yes", site_id="A")
    assert cannot_be(found, PRACTITIONERS, leads_in_core="yes", site_id="B")
    _, made, true = released_in_turn((both, staff), base=base)
    told = attack(made)
    assert not told.narrow and not false_of(told, true)


def of_settings(**of_site: tuple[int, int, int]) -> pd.DataFrame:
    """Enrolments by site: how many in custody, in the community, and of which it is not recorded."""
    names = ("custody", "community", None)
    rows = [
        (site, name)
        for site, numbers in of_site.items()
        for name, number in zip(names, numbers, strict=True)
        for _ in range(number)
    ]
    units = pd.DataFrame(rows, columns=["site_id", "setting"])
    return units.assign(status="completed", denominator=True, mandated=True)


@pytest.mark.parametrize("base", [1, 5])
@pytest.mark.parametrize("not_recorded", [0, 1])
def test_the_setting_of_a_prison_is_known_beside_a_site_of_both(base, not_recorded):
    """54 in custody, 50 of them in the prison: anybody could tell that four are at the other site."""
    enrolments = of_settings(A=(50 - not_recorded, 0, not_recorded), B=(4, 27, 0), C=(0, 38, 0))
    nowhere = nowhere_known(enrolments, tables.practitioners(0))
    assert cannot_be(nowhere, ENROLMENTS, site_id="A", setting="community")
    assert cannot_be(nowhere, ENROLMENTS, site_id="C", setting="custody")
    assert not cannot_be(nowhere, ENROLMENTS, site_id="B", setting="custody")
    assert not cannot_be(nowhere, ENROLMENTS, site_id="A", setting="not recorded")
    units, rules = enrolment_units(enrolments), Disclosure(base=base)
    rows = {one: {"setting": (one,)} for one in ("custody", "community")}
    everybody: Rows = {"All": {}}
    sites: Rows = {**everybody, **{one: {"site_id": (one,)} for one in "ABC"}}
    asked = [count_table(units, "setting", "", ENROLMENTS, {**everybody, **rows}, sites)]
    knowing = tuple(one for one in populations(asked, nowhere=nowhere) if one.name == ENROLMENTS)
    blind = released(asked, rules, populations=populations(asked)).published(1, "lock")
    found = attack([blind.model_copy(update={"populations": knowing})])
    held = attack([released(asked, rules, populations=knowing).published(1, "lock")])
    assert found.narrow or not_recorded, "what a release that does not mind it gives away"
    assert held.bounded and not held.narrow


def test_a_row_of_its_own_tells_that_somebody_is_of_it():
    """Ten practitioners with one of three degrees: each has one to eight, to who reads that it has a row."""
    enrolments, staff = small_cohort(1)
    staff = staff.assign(site_id="A", role=None, educative=None).iloc[:10]
    staff["qualification"] = ["degree"] * 3 + ["diploma"] * 6 + ["none"]
    asked = counted(enrolments.assign(site_id="A", mandated=True), staff)
    knowing = populations(asked)
    named = {name: {one.name: one for one in knowing}[name].somebody for name in (ENROLMENTS, PRACTITIONERS)}
    assert (("qualification", ("none",)),) in named[PRACTITIONERS]
    assert (("setting", ("custody",)),) in named[ENROLMENTS]
    assert not any(where[0][0] in ("mandated", "surveyed") for wheres in named.values() for where in wheres)
    assert (("course", ("removed",)),) not in named[ENROLMENTS], "ends that nobody came to have a column too"
    unaware = [one.model_copy(update={"somebody": ()}) for one in knowing]
    blind = released(asked, Disclosure(), populations=unaware).published(1, "lock")
    assert attack([blind.model_copy(update={"populations": knowing})]).narrow
    found = attack([released(asked, Disclosure(), populations=knowing).published(1, "lock")])
    assert found.bounded and not found.narrow


def test_one_setting_of_all_is_known_also_where_no_site_is_recorded():
    enrolments = of_settings(A=(30, 0, 0), B=(20, 0, 1))
    enrolments["site_id"] = enrolments["site_id"].mask(enrolments.index % 9 == 0)
    nowhere = nowhere_known(enrolments, tables.practitioners(0))
    assert cannot_be(nowhere, ENROLMENTS, setting=OTHER)
    assert not cannot_be(nowhere, ENROLMENTS, setting="not recorded")
    beside = of_settings(A=(30, 0, 0), B=(20, 1, 0))
    assert not cannot_be(nowhere_known(beside, tables.practitioners(0)), ENROLMENTS, setting=OTHER)
