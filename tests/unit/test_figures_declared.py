"""Figures declare themselves once: rules take their outputs from them, and the report their place."""

from __future__ import annotations

import inspect
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import contract_report as cohorts
import pytest

from alliance_modes.figures.cohort import FIGURES as COHORT
from alliance_modes.figures.declared import figures
from alliance_modes.figures.effects import FIGURES as EFFECTS
from alliance_modes.figures.factors import FIGURES as FACTORS
from alliance_modes.figures.measurement import FIGURES as MEASUREMENT
from alliance_modes.figures.relations import FIGURES as RELATED
from alliance_modes.plan.parts import figures_part
from alliance_modes.plan.plan import Plan
from alliance_modes.reports.page.render import render_sections
from alliance_modes.reports.research.report import SECTIONS
from alliance_modes.running.outputs import figure_outputs

PROJECT = Path(__file__).resolve().parents[2]
EVERY = (*COHORT, *EFFECTS, *MEASUREMENT, *FACTORS, *RELATED)


def test_names_of_figures_are_their_own():
    names = [figure.name for figure in figures(EVERY, figures_part(Plan()))]
    assert len(names) == len(set(names)) >= 12


@pytest.mark.parametrize("declared", EVERY, ids=lambda one: one.name)
def test_what_draws_a_figure_takes_what_the_figure_needs(declared):
    taken = tuple(inspect.signature(declared.draw).parameters)
    of_an_outcome = () if declared.asked is None else ("model", "outcome")
    assert taken == (*declared.needs, *of_an_outcome)


@pytest.mark.parametrize("declared", EVERY, ids=lambda one: one.name)
def test_a_figure_has_a_caption_and_a_section_that_exist(declared):
    assert (PROJECT / "workflow/report" / f"{declared.caption}.rst").read_text(encoding="utf-8").strip()
    assert declared.section in {"", *(section.name for section in SECTIONS)}


def test_sections_of_models_are_sections_of_the_report():
    sections = {section.name for section in SECTIONS}
    assert {model.stands_in for model in Plan().models.values()} <= sections


def test_a_rule_has_three_files_of_each_figure_and_its_caption():
    outputs = figure_outputs(figures(COHORT))
    assert list(outputs) == [
        "participant_flow",
        "mode_use",
        "alliance_trajectories",
        "missing_data",
        "careless_responding",
        "other",
    ]
    picture = outputs["participant_flow"]
    assert picture == "reports/{cohort}/internal/figures/participant_flow.png"
    assert picture.flags["report"].caption == "../report/participant_flow.rst"
    assert picture.flags["report"].labels == {"content": "participant flow", "kind": "figure"}
    assert not hasattr(outputs["mode_use"], "flags"), "it has a mark for each practitioner"
    assert outputs["other"][2:4] == [
        "reports/{cohort}/internal/figures/mode_use.pdf",
        "reports/{cohort}/internal/figures/mode_use.json",
    ]


def test_declaring_figures_imports_nothing_heavy():
    """The workflow is read for every job; what draws is imported when something is drawn."""
    modules = ", ".join(
        f"alliance_modes.figures.{name}"
        for name in ("cohort", "effects", "measurement", "factors", "relations")
    )
    heavy = "{'numpy', 'pandas', 'matplotlib'}"
    code = f"import {modules}, alliance_modes.running.outputs, sys; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.slow
def test_a_figure_that_no_text_places_stands_at_the_end_of_its_section():
    inputs = cohorts.inputs()
    drawn = inputs.pictures["mode_use"]
    further = {"new_one": replace(drawn, section="engagement"), "homeless": replace(drawn, section="")}
    text = render_sections(SECTIONS, "research", replace(inputs, pictures={**inputs.pictures, **further}))
    engagement = text[text.index("# Engagement") : text.index("# The alliance")]
    assert engagement.count("](new_one.png)") == text.count("](new_one.png)") == 1
    assert text.index("new_one.png") < text.index("](attendance_over_mode_use.png)")
    assert "homeless" not in text and text.count("](mode_use.png)") == 1


def test_a_relational_analysis_that_is_off_has_no_figure():
    plan = Plan()
    off = {
        name: settings.model_copy(update={"claim": "off"}) for name, settings in plan.relations.made.items()
    }
    without = plan.model_copy(update={"relations": plan.relations.model_copy(update=off)})
    assert [one.name for one in figures(RELATED, figures_part(plan)) if one.declared.asked is None]
    assert figures(RELATED, figures_part(without)) == ()
