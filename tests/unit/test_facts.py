"""What reports ask to be counted, and what they read of it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import contract_report as cohorts
import contract_tables as tables
import numpy as np
import pandas as pd
import pytest

from alliance_modes.disclosure.counts import Shown, ShownTable, exact
from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.domain import PRACTITIONERS_FOR_A_CLAIM
from alliance_modes.measurement.intervals import clustered_share, groupings_of
from alliance_modes.models.effects.detectable import detectable_difference
from alliance_modes.reports.facts.asked.requests import ENROLMENTS, requests
from alliance_modes.reports.facts.effects import outcome_effects
from alliance_modes.reports.facts.facts import internal_facts
from alliance_modes.reports.facts.rates import rate, spreads, summed
from alliance_modes.reports.facts.scope import COHORT, Scope, parts_of, slugs
from alliance_modes.tables.outcomes import counted_enrolments


@cache
def demonstration():
    return cohorts.inputs()


@cache
def asked():
    return {table.name: table for table in requests(demonstration())}


def internal(inputs=None):
    inputs = demonstration() if inputs is None else inputs
    return internal_facts(inputs)


def with_enrolments(**changes):
    inputs = demonstration()
    enrolments = inputs.analysis["enrolment"].assign(**changes)
    return replace(inputs, analysis={**inputs.analysis, "enrolment": enrolments})


def test_courses_add_up_over_programmes_and_over_sites():
    whole = [cell.n for cell in asked()["course"].cells[0]]
    for kind in ("programme", "site"):
        table = asked()[f"course_by_{kind}"]
        assert table.columns == asked()["course"].columns
        assert [sum(row[place].n for row in table.cells) for place in range(len(whole))] == whole


def test_everybody_enrolled_is_in_one_course_and_those_who_started_in_one_end():
    row = dict(zip(asked()["course"].columns, (cell.n for cell in asked()["course"].cells[0]), strict=True))
    started = row.pop("Started")
    due = row.pop("Could have finished", 0)
    enrolled = row.pop("Enrolled")
    assert sum(row.values()) == enrolled == len(demonstration().analysis["enrolment"])
    ends = sum(row.get(name, 0) for name in row if name not in ("Did not start", "Not known to have started"))
    assert ends == started
    counted = counted_enrolments(demonstration().analysis["enrolment"])
    assert (due or started) == len(counted)


def test_a_course_that_nobody_has_is_no_column_but_of_a_release():
    inputs = demonstration()
    enrolments = inputs.analysis["enrolment"]
    kept = enrolments[enrolments["status"] != "removed"]
    found = {
        of_nobody: {
            one.name: one
            for one in requests(replace(inputs, analysis={**inputs.analysis, "enrolment": kept}), of_nobody)
        }
        for of_nobody in (True, False)
    }
    assert "Removed by the programme" in asked()["course_by_site"].columns
    assert "Removed by the programme" not in found[False]["course_by_site"].columns
    assert "Removed by the programme" in found[True]["course_by_site"].columns, "a release withholds it"


def test_names_of_tables_are_unique_and_enrolments_are_one_population():
    found = requests(demonstration())
    assert len({one.name for one in found}) == len(found)
    assert {one.population for one in found if one.name.startswith(("course", "clients"))} == {ENROLMENTS}


def test_one_programme_and_one_site_make_no_table_by_them_and_no_report_of_their_own():
    inputs = with_enrolments(programme_id="core", site_id="S1")
    assert not [one.name for one in requests(inputs) if one.name.startswith("course_by")]
    parts = parts_of(inputs.analysis["enrolment"], 10)
    assert [(one.kind, one.value) for one in parts] == [("programme", "core"), ("site", "S1")]
    assert all("only one" in one.reason for one in parts)


def test_a_site_where_few_started_has_no_report_and_the_reason_is_told():
    enrolments = demonstration().analysis["enrolment"]
    place = enrolments.index[enrolments["status"] == "completed"][:4]
    few = enrolments.assign(site_id=enrolments["site_id"].where(~enrolments.index.isin(place), "Small"))
    small = next(one for one in parts_of(few, 10) if one.value == "Small")
    assert small.reason == "fewer than 10 people are known to have started there"
    assert next(one for one in parts_of(few, 4) if one.value == "Small").reason == ""


def test_a_study_without_ends_sites_and_practitioners_asks_for_what_it_has():
    study = cohorts.study_inputs()
    found = {one.name: one for one in requests(study, of_nobody=False)}
    assert found["course"].columns == ("Enrolled", "Not known to have started")
    assert "practitioners" not in found
    told = internal_facts(study)
    assert told.outcomes == () and not told.gated and not told.surveyed
    assert told.course("completed") is None
    assert told.practitioners.value is None


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Core", "core", "CORE!"], ("core", "core_2", "core_3")),
        (["../../etc", "<a b>", "é"], ("etc", "a_b", "unnamed")),
        (["x" * 90, "x" * 91], ("x" * 40, "x" * 40 + "_2")),
        (["a", "a_2", "A"], ("a", "a_2", "a_3")),
    ],
)
def test_names_of_files_are_safe_and_no_two_are_alike(names, expected):
    assert slugs(names) == expected


def test_facts_of_a_part_read_the_row_of_the_part():
    found = internal()
    part = next(one for one in found.parts if one.kind == "site")
    here = replace(found, scope=part)
    enrolments = demonstration().analysis["enrolment"]
    counted = enrolments[(enrolments["site_id"] == part.value)]
    assert here.course("Enrolled").value == len(counted)
    assert here.course("completed").value == int((counted["status"] == "completed").sum())
    assert here.course("Enrolled", COHORT).value == len(enrolments)
    lead = demonstration().analysis["practitioner"]
    assert here.practitioners.value == int((lead["site_id"] == part.value).sum())


def test_a_rate_has_the_interval_of_the_people_it_is_of():
    counted = counted_enrolments(demonstration().analysis["enrolment"])
    hits = counted["status"] == "completed"
    truth = clustered_share(hits, groupings_of(counted))
    spread = spreads(demonstration().analysis["enrolment"])[("cohort", "All", "completed")]
    found = rate(shown(int(hits.sum())), shown(len(counted)), Disclosure(), spread)
    assert found.share == pytest.approx(truth.estimate)
    assert (found.low, found.high) == pytest.approx((truth.low, truth.high), abs=0.01)


def shown(n):
    return Shown(n, "exact", str(n))


def test_no_rate_and_no_sum_comes_of_a_count_that_is_withheld():
    withheld = Shown(None, "suppressed", "withheld")
    assert rate(withheld, shown(10), Disclosure()) is None
    assert rate(shown(10), withheld, Disclosure()) is None
    assert rate(shown(0), shown(0), Disclosure()) is None
    assert summed({"a": shown(3), "b": withheld}) is None
    assert summed({"a": shown(3), "b": None}).value == 3
    assert summed({"a": None}) is None
    assert summed({"a": shown(5), "b": Shown(10, "rounded", "10")}).status == "rounded"


def of_completion(effects):
    return next(one for one in effects if one.of_hundred and one.section == "completion")


def test_effects_are_those_of_the_table_of_estimates():
    inputs = demonstration()
    one = of_completion(outcome_effects(inputs))
    model = next(name for name, each in inputs.plan.models.items() if each.title == one.question)
    rows = inputs.estimates[
        (inputs.estimates["model"] == model) & (inputs.estimates["estimand"] == one.estimand)
    ].set_index("term")
    for mode in one.modes:
        row = rows.loc[mode.mode]
        assert (mode.estimate, mode.low, mode.high) == (row["estimate"], row["ci_low"], row["ci_high"])


def test_nothing_is_clear_below_25_practitioners():
    few = PRACTITIONERS_FOR_A_CLAIM - 1
    results = tables.models(few, clear=True)
    inputs = replace(demonstration(), models=results, estimates=tables.estimates(results, 0.001))
    effects = outcome_effects(inputs)
    assert effects and {one.verdict for one in effects} == {"too few"}
    assert not any(one.clear for one in effects)


def test_what_could_be_shown_follows_from_the_standard_error_and_the_tests_that_share_the_level():
    effects = [one for one in outcome_effects(demo_with_se()) if one.of_hundred]
    assert effects
    for one in effects:
        se = 2.0 * np.sqrt(28 / 30)
        expected = detectable_difference(se, 30.0, 0.05 / one.tests)
        assert [mode.detectable for mode in one.modes] == pytest.approx([expected] * len(one.modes))
    assert max(one.tests for one in effects) > 1


def demo_with_se():
    inputs = demonstration()
    estimates = inputs.estimates.assign(
        se=np.where(inputs.estimates["estimate"].notna(), 2.0, np.nan),
        df=np.where(inputs.estimates["estimand"] == "coefficient", 30.0, np.nan),
    )
    return replace(inputs, estimates=estimates)


def test_exact_tables_show_what_was_asked():
    found = exact(requests(demonstration()))
    assert all(isinstance(one, ShownTable) for one in found.values())
    assert {name: one.rows for name, one in found.items()} == {
        name: one.rows for name, one in asked().items()
    }


def test_scopes_are_told_in_words():
    assert Scope().told == "the cohort"
    assert Scope("site", "S01", "s01").told == "the site S01"
    assert Scope("programme", "core", "core").file == "programme_core"


def test_units_without_a_programme_are_counted_apart():
    programmes = demonstration().analysis["enrolment"]["programme_id"].astype("object")
    programmes.iloc[:12] = pd.NA
    found = {one.name: one for one in requests(with_enrolments(programme_id=programmes))}
    table = found["course_by_programme"]
    assert table.rows[-1] == "not recorded"
    assert table.cells[-1][0].n == 12
