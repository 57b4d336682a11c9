"""What reports and figures count is linked with enrolments, and with the release before."""

from __future__ import annotations

from functools import cache

import contract_report as cohorts
import pandas as pd
import pytest
from test_figures_released import scores

from alliance_modes.disclosure.attack import attack
from alliance_modes.disclosure.release import Released, released
from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.figures.release.requests import begun, figure_requests
from alliance_modes.instruments.model import load_instruments
from alliance_modes.reports.facts.asked.course import BEGUN, LABELS, columns
from alliance_modes.reports.facts.asked.means import means_asked
from alliance_modes.reports.facts.asked.populations import populations
from alliance_modes.reports.facts.asked.requests import requests
from alliance_modes.reports.facts.asked.units import enrolment_units
from alliance_modes.reports.facts.facts import STARTED_WITHHELD, facts
from alliance_modes.reports.inputs import ReportInputs

RULES = Disclosure()


def of_first(n: int) -> ReportInputs:
    """The inputs as they were when so many were enrolled."""
    from dataclasses import replace

    inputs = cohorts.inputs()
    kept = set(inputs.analysis["enrolment"]["enrolment_id"].iloc[:n])
    analysis = {
        name: table[table["enrolment_id"].isin(kept)].reset_index(drop=True)
        if "enrolment_id" in table
        else table
        for name, table in inputs.analysis.items()
    }
    return replace(inputs, analysis=analysis)


@cache
def made(n: int, *before: int) -> Released:
    inputs = of_first(n)
    units = enrolment_units(inputs.analysis["enrolment"])
    drawn = figure_requests(units, inputs.analysis, scores(), load_instruments(), RULES)
    counted = (*requests(inputs), *drawn.counts)
    averaged = (*(one.table for one in means_asked(inputs)), *drawn.means)
    earlier = [made(one).published(place, "lock") for place, one in enumerate(before, start=1)]
    return released(counted, RULES, earlier, averaged, populations(counted, averaged))


@pytest.mark.slow
def test_every_count_is_of_enrolments_or_of_practitioners():
    assert {one.name for one in made(300).populations} == {"enrolments", "practitioners"}


@pytest.mark.slow
def test_a_second_release_is_linked_though_stretches_and_bars_end_elsewhere():
    first, second = made(300), made(420, 300)
    assert {*first.values["enrolments"]} - {*second.values["enrolments"]}, "a stretch or a bar ends elsewhere"
    assert second.linked_to["enrolments"] == second.linked_to["practitioners"] == (1,)
    found = attack([first.published(1, "lock"), second.published(2, "lock")])
    assert not found.narrow


@pytest.mark.slow
def test_forms_of_nearly_everybody_are_not_shown_beside_everybody():
    release = made(300)
    sizes = {(one.population, one.where): one.n for one in release.counts}
    shown = {
        key: n for key, n in sizes.items() if key not in {(w.population, w.where) for w in release.withheld}
    }
    began = begun(enrolment_units(of_first(300).analysis["enrolment"])["course"])
    whole = shown.get(("enrolments", (("course", tuple(sorted(began))),)))
    forms = [n for (_, where), n in shown.items() if any(column.endswith(" is known") for column, _ in where)]
    assert forms
    if whole is not None:
        among = [
            n
            for (_, where), n in shown.items()
            if dict(where).get("course") == tuple(sorted(began)) and len(where) > 1
        ]
        assert all(whole - n >= RULES.threshold for n in among)


def test_an_end_that_nobody_came_to_is_counted_in_a_release():
    found = pd.Series(["completed"] * 20)
    assert LABELS["dropped_out"] in columns(found) and LABELS["not_started"] in columns(found)
    assert LABELS["dropped_out"] not in columns(found, of_nobody=False)
    assert tuple(sorted(columns(found)[BEGUN]["course"])) == tuple(sorted(begun(found)))


def test_a_release_does_not_say_of_which_site_few_started():
    inputs = cohorts.inputs()
    inside = facts(inputs, {}, (), {}, "internal")
    outside = facts(inputs, {}, (), {}, "release")
    assert {one.value for one in outside.parts} == {one.value for one in inside.parts}
    assert {one.reason for one in outside.without_report} == {STARTED_WITHHELD}
