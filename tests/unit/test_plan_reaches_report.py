"""The plan reaches the report: whatever models, outcomes and labels are called, every number is told."""

from __future__ import annotations

import string
from dataclasses import dataclass, replace
from functools import cache

import contract_report as cohorts
import contract_tables as tables
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from alliance_modes.domain import MODES
from alliance_modes.figures.effects_forest import effects_forest
from alliance_modes.models.families.registry import REGISTERED
from alliance_modes.models.result import Estimate, FitResult, Level, ModelResult
from alliance_modes.plan.families import FAMILIES
from alliance_modes.plan.parts import figures_part
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.terms import Outcome
from alliance_modes.reports.measures import measures_of
from alliance_modes.reports.page.render import render_sections
from alliance_modes.reports.research.effects import MARK, told_in
from alliance_modes.reports.research.findings.findings import findings
from alliance_modes.reports.research.report import SECTIONS, research_report
from alliance_modes.words.rounding import number

MANY = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
"""Without shrinking, which renders the report for minutes."""

RATERS = ("client", "practitioner", "observer", "records")
WITH_EFFECTS = ("findings", "analyses", "moderation", "cannot_conclude")
FRAGMENTS = (
    *("practitioner-rated", "client-rated", ", ", "; ", " (practitioner rating)", "Bond", "alliance", "SRS"),
    *("<b>x</b>", "| a", "*", "{{ 7 }}", "{% x %}", "# ", "![](x)", "\\", '"', "drop-out", "é", "$x$", ":::"),
)
LABELS = st.lists(st.sampled_from([*FRAGMENTS, *string.ascii_letters]), min_size=1, max_size=6).map("".join)
ESTIMANDS = {family: tuple(measures_of(family)) for family in REGISTERED}


@dataclass(frozen=True)
class Wording:
    """What a study calls things, who rates them, and the outcome that it adds."""

    labels: tuple[str, ...]
    raters: tuple[str, ...]
    reverse: bool
    family: str
    section: str | None
    at_a_glance: bool
    about: str
    joint_p: float
    shown: str | None


WORDINGS = st.builds(
    Wording,
    labels=st.lists(LABELS, min_size=20, max_size=20).map(tuple),
    raters=st.lists(st.sampled_from(RATERS), min_size=20, max_size=20).map(tuple),
    reverse=st.booleans(),
    family=st.sampled_from(sorted(ESTIMANDS)),
    section=st.sampled_from([None, "alliance", "engagement", "completion", "moderation"]),
    at_a_glance=st.booleans(),
    about=st.sampled_from(["modes", "one mode", "readiness", "product", "nothing"]),
    joint_p=st.sampled_from([0.01, 0.3, float("nan")]),
    shown=st.sampled_from([None, "coefficient"]),
)
TESTED = {
    "modes": MODES,
    "one mode": MODES[:1],
    "readiness": ("readiness",),
    "product": tuple(f"{mode}:mandated" for mode in MODES),
    "nothing": (),
}


def renamed(wording: Wording) -> Plan:
    """The default plan with every model and outcome renamed, and a model that it does not have."""
    models = dict(Plan().models)
    added = models["completion"].model_copy(
        update={
            "family": wording.family,
            "section": wording.section,
            "tested": TESTED[wording.about],
            "formula": f"{' + '.join(MODES)} + readiness + mandated + educative:mandated + "
            "engagement:mandated + therapeutic:mandated",
            "curves": (),
            "outcomes": (
                Outcome(
                    name="srs",
                    label="",
                    column="srs_total",
                    at_a_glance=wording.at_a_glance,
                    shown=wording.shown,
                    at_least=4 if FAMILIES[wording.family].levels else None,
                ),
            ),
        }
    )
    models["added"] = added
    found, place = {}, 0
    for name, model in models.items():
        outcomes = []
        for outcome in model.outcomes:
            which = place % len(wording.labels)
            changed = {
                "name": f"{outcome.name}_{place}",
                "label": wording.labels[which],
                "rater": wording.raters[which],
            }
            outcomes.append(outcome.model_copy(update=changed))
            place += 1
        ordered = tuple(reversed(outcomes)) if wording.reverse else tuple(outcomes)
        found[f"x_{name}"] = model.model_copy(update={"outcomes": ordered, "title": f"Question {place}"})
    return Plan(models=found)


def estimated(plan: Plan) -> dict[str, ModelResult]:
    """A result of every model, with another number for each outcome and tested predictor."""
    results, value = {}, 0
    for name, model in plan.models.items():
        fits = []
        for outcome in model.outcomes:
            rows = []
            for term in model.tested or model.predictors:
                predictor = plan.predictors[term.split(":")[0]]
                level: Level = "between" if predictor.split else predictor.level
                level = "within" if ":" in term else level
                value += 1
                for place, estimand in enumerate(ESTIMANDS[model.family]):
                    rows.append(
                        row(term if ":" in term else predictor.term or term, level, estimand, value, place)
                    )
            fits.append(
                FitResult(
                    outcome=outcome.name,
                    label=outcome.told,
                    family=model.family,
                    formula="",
                    engine="glmm",
                    status="ok",
                    n=500,
                    clusters={"practitioner": 40},
                    estimates=tuple(rows),
                )
            )
        results[name] = ModelResult(
            model=name, hypothesis="H1", title=model.title, status="ok", fits=tuple(fits)
        )
    return results


def row(term: str, level: Level, estimand: str, value: int, place: int) -> Estimate:
    centre = 100.0 * (place + 1) + value * 0.7
    return Estimate(
        term=term,
        level=level,
        estimand=estimand,
        estimate=centre,
        p=0.4,
        ci_low=centre - 50,
        ci_high=centre + 9,
    )


@cache
def whole():
    return cohorts.inputs()


def inputs_of(wording: Wording):
    plan = renamed(wording)
    results = estimated(plan)
    estimates = tables.estimates(results, 0.3).assign(p_adjusted=wording.joint_p)
    return replace(whole(), plan=plan, models=results, estimates=estimates, pictures={})


def text_of(inputs) -> str:
    sections = [section for section in SECTIONS if section.name in WITH_EFFECTS]
    return render_sections(sections, "research", inputs).replace("\\", "")


def numbers_of(inputs) -> dict[tuple[str, str, str], str]:
    """The number by which each tested predictor of each outcome is to be told."""
    found = {}
    for name, model in inputs.plan.models.items():
        for outcome in model.outcomes:
            estimand = model.estimand_shown(outcome)
            rows = inputs.estimates[
                (inputs.estimates["model"] == name)
                & (inputs.estimates["outcome"] == outcome.name)
                & (inputs.estimates["estimand"] == estimand)
            ]
            decimals = measures_of(model.family)[estimand].decimals
            for one in rows.itertuples():
                key = (name, outcome.name, f"{one.term} {one.level}")
                found[key] = number(one.estimate, decimals)
    return found


@pytest.mark.slow
@MANY
@given(WORDINGS)
def test_every_outcome_with_an_estimate_has_its_number_in_the_report(wording):
    inputs = inputs_of(wording)
    text = text_of(inputs)
    expected = numbers_of(inputs)
    assert len(expected) > 50
    assert {key: told for key, told in expected.items() if told not in text} == {}


@pytest.mark.slow
@MANY
@given(WORDINGS)
def test_who_rates_an_outcome_decides_alone_whether_the_report_warns(wording):
    inputs = inputs_of(wording)
    asked = [question for question in inputs.questions if question.modes]
    for question in asked:
        rated = [one.name for one in question.planned.outcomes if one.rater == "practitioner"]
        assert [one.outcome.name for one in question.same_source] == rated
    told = dict(findings(inputs).told)
    for question in asked:
        warned = any("who also rated the modes" in said for said in told[question.planned.title])
        assert warned == bool(question.same_source)
    if wording.joint_p == 0.01:
        own = any(question.same_source for question in asked)
        assert ("the rater of both is the same person" in findings(inputs).headline) == own


@pytest.mark.slow
@MANY
@given(WORDINGS)
def test_a_table_marks_the_outcomes_of_the_same_rater_and_no_others(wording):
    wording = replace(wording, labels=tuple(f"Outcome {place}" for place in range(len(wording.labels))))
    inputs = inputs_of(wording)
    raters = {one.told: one.rater for model in inputs.plan.models.values() for one in model.outcomes}
    rows = [
        line[0]
        for section in ("alliance", "engagement", "completion")
        for told in told_in(section, inputs)
        if "Question" in told.title
        for table in told.tables
        if table.headings[0] == "Outcome" and table.headings[1] == "Educative"
        for line in table.rows
    ]
    assert rows
    for marked in rows:
        label = marked.removesuffix(f" {MARK}")
        assert (MARK in marked) == (raters[label] == "practitioner")


FIXED = st.fixed_dictionaries(
    {
        "waves": st.sampled_from(["before_start", "all"]),
        "claim": st.sampled_from(["primary", "secondary", "exploratory"]),
        "tested": st.sets(st.sampled_from(MODES), min_size=1).map(
            lambda some: [m for m in MODES if m in some]
        ),
        "covariates": st.sampled_from(["", " + readiness + needs"]),
        "not_computed": st.sampled_from(["counted", "left_out"]),
    }
)


def with_choices(choices):
    """The default cohort under a plan of one model with other choices, and nothing drawn before."""
    inputs = whole()
    tested = tuple(choices["tested"])
    changed = {
        "formula": " + ".join(tested) + choices["covariates"],
        "tested": tested,
        "claim": choices["claim"],
        "slopes": {},
        "curves": (),
    }
    model = inputs.plan.models["completion"].model_copy(update=changed)
    parts = {
        "models": {"completion": model},
        "exposure": inputs.plan.exposure.model_copy(update={"waves": choices["waves"]}),
        "multiplicity": inputs.plan.multiplicity.model_copy(update={"not_computed": choices["not_computed"]}),
    }
    rows = inputs.estimates[inputs.estimates["model"] == "completion"]
    rows = rows[rows["term"].isin(tested) | ~rows["term"].isin(MODES)]
    results = {"completion": inputs.models["completion"]}
    plan = inputs.plan.model_copy(update=parts)
    return replace(inputs, plan=plan, models=results, estimates=rows, pictures={})


@pytest.mark.slow
@MANY
@given(FIXED)
def test_what_is_said_of_the_plan_is_what_the_plan_says(choices):
    inputs = with_choices(choices)
    text = render_sections(list(SECTIONS), "research", inputs).replace("\\", "")
    caption = effects_forest(inputs.estimates, figures_part(inputs.plan)).caption
    every = choices["waves"] == "all"
    assert ("surveyed before their first enrolment started" in text) != every
    assert ("exposure does not precede outcome" in text) == every
    all_modes = len(choices["tested"]) == len(MODES)
    for said in (text.replace("each of three modes", ""), caption):
        assert ("three modes" in said) == all_modes
    assert ("covariates of the plan" in text) == bool(choices["covariates"])
    assert ("beside its covariates" in caption) == bool(choices["covariates"])
    names = {"primary": "Holm", "secondary": "Benjamini–Hochberg"}
    assert {name for name in names.values() if name in text + caption} == {
        name for claim, name in names.items() if claim == choices["claim"]
    }
    assert ("exploratory ones are not adjusted" in text.lower()) == (choices["claim"] == "exploratory")


@pytest.mark.slow
def test_a_label_stays_text_on_the_page():
    labels = ("<script>x</script>", "a | b", "{{ 7 * 7 }}", "![x](http://x.org/y.png)") * 5
    wording = Wording(labels, ("client",) * 20, False, "linear", None, True, "modes", 0.01, None)
    html = research_report(inputs_of(wording))
    assert "<script>" not in html and 'src="http' not in html
    assert "&lt;script&gt;" in html and "{{ 7 * 7 }}" in html


@pytest.mark.slow
def test_a_primary_outcome_that_a_study_adds_is_told_throughout():
    labels = tuple(f"Outcome {place}" for place in range(20))
    raters = ("client",) * 20
    wording = Wording(labels, raters, False, "linear", "engagement", True, "modes", 0.01, None)
    inputs = inputs_of(wording)
    added = inputs.plan.models["x_added"]
    label = added.outcomes[0].label
    found = findings(inputs)
    assert label.lower() in found.headline
    assert label.lower() in " ".join(dict(found.told)[added.title])
    glance = next(line for line in text_of(inputs).splitlines() if line.startswith("|  |"))
    assert f"{label} (SD)" in glance
    assert added.title in [one.title for one in told_in("engagement", inputs)]


def test_a_model_without_estimates_says_why_it_was_not_run():
    inputs = whole()
    results = {
        name: model.model_copy(update={"status": "not_run", "reason": f"no rows of {name}", "fits": ()})
        for name, model in inputs.models.items()
    }
    none = replace(inputs, models=results, estimates=inputs.estimates.iloc[:0])
    told = dict(findings(none).told)
    assert told[inputs.plan.models["completion"].title] == ("Not run: no rows of completion.",)
    assert "no such model could be run" in text_of(none)
