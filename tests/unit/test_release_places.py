"""Which programme runs where is no secret: a release is held against who knows it."""

from __future__ import annotations

import contract_tables as tables
import numpy as np
import pandas as pd
import pytest

from alliance_modes.disclosure.attack import attack
from alliance_modes.disclosure.counts import OTHER, count_table
from alliance_modes.disclosure.release import released
from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.reports.facts.asked.course import columns
from alliance_modes.reports.facts.asked.nowhere import nowhere_known
from alliance_modes.reports.facts.asked.populations import populations
from alliance_modes.reports.facts.asked.requests import ENROLMENTS, PRACTITIONERS, counted
from alliance_modes.reports.facts.asked.units import enrolment_units

PROGRAMMES = {"A": "core", "B": "core", "C": "other", "D": "third"}
SETTINGS = {"A": "custody", "B": "community", "C": "custody", "D": "community"}


def one_programme_at_each_site(n: int) -> pd.DataFrame:
    """The first enrolments of a cohort, at sites that run one programme each, in one setting."""
    enrolments = tables.enrolments(tables.practitioners(40)).iloc[:n]
    sites = pd.Series([[*"ABCD"][place % 7 % 4] for place in range(n)], enrolments.index)
    return enrolments.assign(site_id=sites, programme_id=sites.map(PROGRAMMES), setting=sites.map(SETTINGS))


def cannot_be(nowhere, population: str, **unit: str) -> bool:
    """Whether a unit with these values is one of those that cannot exist."""
    return any(
        all(column in unit and unit[column] in held for column, held in where)
        for where in nowhere[population]
    )


def test_programmes_and_settings_are_where_they_are():
    found = nowhere_known(one_programme_at_each_site(150))
    assert cannot_be(found, ENROLMENTS, programme_id="core", site_id="C")
    assert cannot_be(found, ENROLMENTS, setting="custody", site_id="B")
    assert cannot_be(found, ENROLMENTS, setting=OTHER, site_id="B")
    assert cannot_be(found, PRACTITIONERS, leads_in_third="yes", site_id="A")
    assert not cannot_be(found, ENROLMENTS, programme_id="core", site_id="A", setting="custody")
    assert not cannot_be(found, PRACTITIONERS, leads_in_third="yes", site_id="D")
    for population in (ENROLMENTS, PRACTITIONERS):
        assert cannot_be(found, population, site_id=OTHER)
    everywhere = nowhere_known(tables.enrolments(tables.practitioners(40)))
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
    published = ()
    for order, enrolments in ((1, before), (2, after)):
        units = enrolment_units(enrolments)
        rows = {"All": {}} | {
            f"{column} {value}": {column: (value,)}
            for column in ("site_id", "programme_id", "setting")
            for value in sorted(set(units[column]))
        }
        asked = [count_table(units, "course", "", ENROLMENTS, rows, columns(units["course"]))]
        known = populations(asked, nowhere=nowhere_known(enrolments))
        made = released(asked, Disclosure(), published, populations=known)
        published = (*published, made.published(order, str(order)))
    found = attack(published)
    assert dict(found.linked)[ENROLMENTS] == (1, 2)
    assert found.bounded and not found.narrow


def test_what_is_not_recorded_is_not_known():
    enrolments = one_programme_at_each_site(150)
    unknown = enrolments.assign(programme_id=enrolments["programme_id"].mask(enrolments["site_id"] == "D"))
    found = nowhere_known(unknown)
    assert not any(cannot_be(found, ENROLMENTS, site_id="D", programme_id=one) for one in PROGRAMMES.values())


@pytest.mark.parametrize("base", [5, 1])
def test_a_table_by_programme_does_not_give_away_the_one_by_site(base):
    enrolments, practitioners = one_programme_at_each_site(150), tables.practitioners(40)
    asked, nowhere = counted(enrolments, practitioners), nowhere_known(enrolments)
    knowing = populations(asked, nowhere=nowhere)
    rules = Disclosure(base=base)
    blind = released(asked, rules, populations=populations(asked)).published(1, "lock")
    assert attack([blind.model_copy(update={"populations": knowing})]).narrow
    found = attack([released(asked, rules, populations=knowing).published(1, "lock")])
    assert found.bounded and not found.narrow
