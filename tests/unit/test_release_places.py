"""Which programme runs where is no secret: a release is held against who knows it."""

from __future__ import annotations

import contract_tables as tables
import pandas as pd
import pytest

from alliance_modes.disclosure.attack import attack
from alliance_modes.disclosure.release import released
from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.reports.facts.asked.nowhere import nowhere_known
from alliance_modes.reports.facts.asked.populations import populations
from alliance_modes.reports.facts.asked.requests import ENROLMENTS, PRACTITIONERS, counted

PROGRAMMES = {"A": "core", "B": "core", "C": "other", "D": "third"}
SETTINGS = {"A": "custody", "B": "community", "C": "custody", "D": "community"}


def one_programme_at_each_site(n: int) -> pd.DataFrame:
    """The first enrolments of a cohort, at sites that run one programme each, in one setting."""
    enrolments = tables.enrolments(tables.practitioners(40)).iloc[:n]
    sites = pd.Series([[*"ABCD"][place % 7 % 4] for place in range(n)], enrolments.index)
    return enrolments.assign(site_id=sites, programme_id=sites.map(PROGRAMMES), setting=sites.map(SETTINGS))


def test_programmes_and_settings_are_where_they_are():
    found = nowhere_known(one_programme_at_each_site(150))
    assert (("programme_id", ("core",)), ("site_id", ("C",))) in found[ENROLMENTS]
    assert (("setting", ("custody",)), ("site_id", ("B",))) in found[ENROLMENTS]
    assert (("leads_in_third", ("yes",)), ("site_id", ("A",))) in found[PRACTITIONERS]
    everywhere = nowhere_known(tables.enrolments(tables.practitioners(40)))
    assert not any(everywhere.values()), "every programme at every site, and every setting"


def test_what_is_not_recorded_is_not_known():
    enrolments = one_programme_at_each_site(150)
    unknown = enrolments.assign(programme_id=enrolments["programme_id"].mask(enrolments["site_id"] == "D"))
    named = [dict(where) for where in nowhere_known(unknown)[ENROLMENTS]]
    assert not any("D" in one.get("site_id", ()) for one in named if "programme_id" in one)


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
