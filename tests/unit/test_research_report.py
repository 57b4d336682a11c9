"""The research report: the order of an article, a method section in sentences, and claims apart."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import contract_report as cohorts
import pytest

from alliance_modes.dictionary.every import reported_tables
from alliance_modes.domain import MODES
from alliance_modes.instruments.model import load_instruments
from alliance_modes.plan.plan import Plan
from alliance_modes.reports.facts.facts import internal_facts
from alliance_modes.reports.inputs import ANALYSIS_TABLES
from alliance_modes.reports.programme.report import programme_report
from alliance_modes.reports.research.analyses.section import families_told
from alliance_modes.reports.research.effects import CLAIMS
from alliance_modes.reports.research.recruitment.section import dates_table
from alliance_modes.reports.research.report import research_source
from alliance_modes.words.display import display_table, markdown


@cache
def source():
    return research_source(cohorts.inputs()).replace("\\", "")


def headings(text, level):
    return [
        line.removeprefix("#" * level + " ")
        for line in text.splitlines()
        if line.startswith("#" * level + " ")
    ]


def test_the_parts_stand_in_the_order_of_an_article():
    assert headings(source(), 1) == [
        "Summary of findings {#findings}",
        "Method",
        "Results",
        "What cannot be concluded",
        "How to make it again",
    ]
    within = headings(source(), 2)
    for earlier, later in (
        ("Design and setting", "Who is included"),
        ("Who is included", "Measures"),
        ("Missing data", "Analytic strategy"),
        ("Analytic strategy", "Flow of participants"),
        ("Flow of participants", "Recruitment and follow-up"),
        ("How well the instruments measured", "What is missing"),
        ("What is missing", "Primary analyses"),
        ("Primary analyses", "Secondary analyses"),
        ("Secondary analyses", "Exploratory analyses"),
        ("Exploratory analyses", "Modes with different clients"),
    ):
        assert within.index(earlier) < within.index(later), (earlier, later)


@pytest.mark.parametrize("build", [cohorts.inputs, cohorts.study_inputs])
def test_no_heading_stands_more_than_one_level_below_the_one_before(build):
    levels = [
        len(line) - len(line.lstrip("#"))
        for line in research_source(build()).splitlines()
        if line.startswith("#")
    ]
    assert levels[0] == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))


def test_no_figure_stands_twice():
    placed = [line for line in source().splitlines() if "{#fig-" in line]
    names = [line.split("{#fig-")[1].split()[0] for line in placed]
    assert len(names) == len(set(names)) == len(cohorts.inputs().pictures)


def test_every_outcome_is_told_once_under_its_claim():
    inputs = cohorts.inputs()
    families = {family.claim: family for family in families_told(inputs)}
    assert tuple(families) == CLAIMS
    for claim, family in families.items():
        told = [row[0].removesuffix(" †") for each in family.questions for row in each.tables[0].rows]
        planned = [
            outcome.told
            for question in inputs.questions
            if question.section != "moderation"
            for outcome in question.planned.outcomes_with(claim)
            if any(one.outcome is outcome for one in question.estimated) or question.name == "dropout"
        ]
        assert {label.lower() for label in told} <= {label.lower() for label in planned}
    primary = " ".join(each.title for each in families["primary"].questions)
    assert "Mode use and completion" in primary
    assert "secondary outcomes" in " ".join(each.title for each in families["secondary"].questions)


def test_a_plan_that_only_explores_has_no_primary_analyses():
    inputs = cohorts.inputs()
    models = {
        name: model.model_copy(
            update={
                "claim": "exploratory",
                "outcomes": tuple(one.model_copy(update={"claim": None}) for one in model.outcomes),
            }
        )
        for name, model in inputs.plan.models.items()
    }
    text = research_source(replace(inputs, plan=inputs.plan.model_copy(update={"models": models})))
    assert "## Primary analyses" not in text and "## Exploratory analyses" in text
    assert "Holm" not in text.partition("# Method")[2].partition("# Results")[0]


def test_the_method_says_how_each_inventory_is_keyed_and_scored():
    inputs = cohorts.inputs()
    instruments = load_instruments()
    used = set(inputs.scoring["instrument"])
    method = source().partition("# Method")[2].partition("# Results")[0]
    for name in used:
        each = instruments[name]
        assert each.source in method
        assert all(
            f"{scale} ({len(items)})".replace("_", " ") in method for scale, items in each.subscales.items()
        )


def test_the_method_follows_the_plan():
    inputs = cohorts.inputs()
    plan = Plan.model_validate(
        {"draws": 777, "imputation": {"claims": ()}, "bootstrap": {"draws": 0}, "influence": {"models": ()}}
    )
    text = research_source(replace(inputs, plan=plan)).replace("\\", "")
    method = text.partition("# Method")[2].partition("# Results")[0]
    assert "777 draws" in method and "2,000" not in method
    for absent in ("chained equations", "left out in turn", "drawn without an association"):
        assert absent in source() and absent not in method
    for model in plan.models.values():
        assert model.estimand.population in method and model.title in method


def test_dates_that_nobody_recorded_have_no_row():
    starts = cohorts.inputs().analysis["enrolment"]
    table = dates_table(starts)
    labels = [] if table is None else [row[0] for row in table.rows]
    assert "Referred" not in labels or starts["referred_on"].notna().any()
    assert dates_table(starts.iloc[:0]) is None


def test_modes_are_explained_where_they_are_measured():
    method = source().partition("# Method")[2].partition("# Results")[0]
    assert all(f"the {mode} mode (" in method for mode in MODES)


def test_the_report_says_which_file_holds_which_table_at_full_precision():
    last = source().partition("# How to make it again")[2]
    for table in reported_tables():
        assert f"{table.name}.csv: {table.title}" in last


def test_the_command_that_makes_the_report_again_can_be_copied():
    given = cohorts.inputs()
    given = replace(given, cohort=given.cohort.model_copy(update={"cohort": "north_2024"}))
    assert "`alliance-modes run north_2024`" in research_source(given)


def test_a_table_explains_the_abbreviations_that_it_uses_and_no_others():
    table = display_table("A caption", ("", "SD", "ΔCFI"), "lrr", [("ICC", "0.10", "0.01")], "SD: as always.")
    note = markdown(table).replace("\\", "").partition("::: note")[2]
    assert "SD: as always. ICC: intraclass correlation; CFI: comparative fit index." in note
    assert "standard deviation" not in note and "RMSEA" not in note
    plain = display_table(
        "A caption", ("", "SHA-256"), "ll", [("plan.yaml", "3fabb49dcd76addfb27c2f0df"), ("x", "0df")]
    )
    assert "::: note" not in markdown(plain)


def test_no_report_tells_of_a_column_of_many_rows_that_is_not_read():
    inputs = cohorts.inputs()
    analysis = {
        name: inputs.analysis[name].filter(list(only)) if only else inputs.analysis[name]
        for name, only in ANALYSIS_TABLES.items()
    }
    assert any(len(analysis[name].columns) < len(table.columns) for name, table in inputs.analysis.items())
    lean = replace(inputs, analysis=analysis)
    assert research_source(lean) == research_source(inputs)
    told, as_told = (programme_report(internal_facts(one)).markdown for one in (lean, inputs))
    assert told == as_told
