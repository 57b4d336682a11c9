"""The release edition of the research report: what is safe in it, and that alone."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

import contract_report as cohorts
import contract_tables as tables
import pandas as pd
import pytest

from alliance_modes.disclosure.release import released
from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.release.search import people_in
from alliance_modes.reports.facts.asked.means import means_asked
from alliance_modes.reports.facts.asked.requests import requests
from alliance_modes.reports.facts.facts import facts
from alliance_modes.reports.facts.sizes import sizes_told
from alliance_modes.reports.research.released import known, numbers_said, safe_inputs
from alliance_modes.reports.research.report import SECTIONS, released_source, research_source
from alliance_modes.tables.fits import RAN

RULES = Disclosure()
WHOLE = re.compile(r"(?<![\w.,−–-])(\d{1,3}(?:,\d{3})+|\d+)(?![\w%]|[.,]\d)")


def given(inputs):
    asked = means_asked(inputs)
    shown = released(requests(inputs), RULES, means=[one.table for one in asked])
    told = sizes_told(inputs, requests(inputs), shown.tables, RULES)
    return known(inputs, facts(inputs, shown.tables, asked, shown.means, "release", {}), RULES, told)


def safe_of(inputs):
    return safe_inputs(inputs, RULES, sizes_told(inputs, (), {}, RULES))


def odd(inputs, practitioners=40):
    """Inputs whose counts are no multiples of the base, so that one that is not rounded is seen."""
    models = {
        name: model.model_copy(
            update={
                "fits": tuple(
                    fit.model_copy(
                        update={"n": 587, "clusters": {**fit.clusters, "practitioner": practitioners}}
                    )
                    for fit in model.fits
                )
            }
        )
        for name, model in inputs.models.items()
    }
    return replace(inputs, models=models, reliability=inputs.reliability.assign(n=157))


@cache
def text():
    return released_source(given(odd(cohorts.inputs(), 38))).replace("\\", "")


def counts_of(inputs):
    """Counts that nobody may have as they are: above 25, so that no number of items is meant."""
    starts = inputs.analysis["enrolment"]
    found = {len(table) for table in inputs.analysis.values()}
    for column in ("end_kind", "programme_id", "site_id", "setting", "mandated"):
        found |= set(starts[column].value_counts()) if column in starts else set()
    found |= {fit.n for model in inputs.models.values() for fit in model.fits}
    found |= {fit.rows_missing for model in inputs.models.values() for fit in model.fits}
    found |= set(inputs.reliability["n"]) | {38}
    return {int(n) for n in found if n > 25 and n % RULES.base}


def test_every_section_is_released_or_says_what_stays_inside():
    assert all((section.released is None) == bool(section.inside) for section in SECTIONS)
    assert all(section.inside in text() for section in SECTIONS if section.inside)


def test_no_count_stands_in_the_text_as_it_is():
    counts = counts_of(odd(cohorts.inputs(), 38))
    assert len(counts) > 4
    inside = {
        int(n.replace(",", ""))
        for n in WHOLE.findall(research_source(odd(cohorts.inputs(), 38)).replace("\\", ""))
    }
    assert counts & inside, "the internal edition tells them, so that the test can find them"
    told = {int(n.replace(",", "")) for n in WHOLE.findall(text())}
    assert counts & told == set()


def test_every_number_of_people_in_a_sentence_is_a_released_one():
    it = given(odd(cohorts.inputs(), 38))
    shown = {cell.value for table in it.facts.counts.values() for row in table.cells for cell in row}
    shown |= {mean.n.value for one in it.facts.means.values() for mean in one.shown.means}
    allowed = shown | numbers_said(it) | {RULES.threshold, 100}
    sentences = re.split(r"(?<=[.!?;])\s+|\n+", released_source(it).replace("\\", ""))
    assert [
        (number, sentence)
        for sentence in sentences
        for number in people_in(sentence)
        if number not in allowed
    ] == []


def test_every_number_of_people_that_is_of_no_table_is_rounded_or_a_limit():
    units = [one.unit for one in cohorts.inputs().plan.predictors.values()]
    limits = {25, 150, *(int(n) for unit in units for n in re.findall(r"\d+", unit))}
    said = numbers_said(given(odd(cohorts.inputs(), 38)))
    sites = {
        n for model in cohorts.inputs().models.values() for fit in model.fits for n in fit.clusters.values()
    }
    assert all(number % RULES.base == 0 or number in limits | {n for n in sites if n < 10} for number in said)


def test_what_the_sections_read_has_no_row_of_a_person():
    safe = safe_of(cohorts.inputs())
    assert all(len(table) == 0 for table in safe.analysis.values())
    for name in ("flow", "account", "checks", "missing_map", "key_audit", "imputed", "tipping"):
        assert len(getattr(safe, name)) == 0
    assert all(len(table) == 0 for table in safe.measurement.values())
    assert safe.provenance.files == () and safe.cohort.accepted == () and safe.added is None


def test_a_model_of_few_practitioners_has_no_number():
    few = odd(cohorts.inputs(), 9)
    safe = safe_of(few)
    assert all(not fit.estimates and not fit.n for model in safe.models.values() for fit in model.fits)
    assert not len(safe.estimates) and not any(one.estimated for one in safe.questions)
    told = released_source(given(few)).replace("\\", "")
    assert "withheld: it rests on too few" in told and "**Mode use and completion**" in told
    assert "points [" not in told and " SD [" not in told
    assert any(fit.status in RAN for model in few.models.values() for fit in model.fits)


def test_a_scale_of_few_people_is_left_out_and_the_others_are_rounded():
    inputs = cohorts.inputs()
    few = inputs.reliability.copy()
    few["n"] = [9, *[157] * (len(few) - 1)]
    safe = safe_of(replace(inputs, reliability=few)).reliability
    assert len(safe) == len(few) - 1 and set(safe["n"]) == {155}


def test_groups_of_few_people_are_not_compared():
    steps = pd.DataFrame(
        {
            "status": ["ok", "ok", "not_estimated"],
            "n": [612, 609, 300],
            "sizes": ["312; 300", "601; 8", "150; 150"],
        }
    )
    inputs = replace(cohorts.inputs(), structure={"invariance": steps})
    safe = safe_of(inputs).structure["invariance"]
    assert safe["sizes"].tolist() == ["310; 300"] and safe["n"].tolist() == [610]


@pytest.mark.parametrize("practitioners", [24, 23])
def test_too_few_practitioners_for_a_claim_are_told_without_their_number(practitioners):
    inputs = cohorts.inputs()
    results = tables.models(practitioners, clear=True)
    few = replace(
        inputs,
        models=results,
        estimates=tables.estimates(results, 0.001),
        analysis={**inputs.analysis, "practitioner": tables.practitioners(practitioners)},
    )
    told = released_source(given(few)).replace("\\", "")
    assert "fewer than 25 practitioners entered the models" in told
    assert "goes with higher" not in told
    assert f" {practitioners} " not in told


def test_a_study_of_ratings_alone_has_a_release():
    told = released_source(given(cohorts.study_inputs()))
    assert "# What stays inside" in told and "nan" not in told.lower().split()
