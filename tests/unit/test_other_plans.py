"""Plans other than the one that we know: outcomes of one name, other families, nothing but exploration."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from test_plan_reaches_report import text_of, whole

from alliance_modes.domain import MODES
from alliance_modes.figures.effects_forest import effects_forest, shown_outcomes
from alliance_modes.models.result import Diagnostic, Refit
from alliance_modes.plan.parts import figures_part
from alliance_modes.reports.measures import coefficient_unit, units_of
from alliance_modes.reports.page.render import render_sections
from alliance_modes.reports.questions import labels_of
from alliance_modes.reports.research.findings.findings import findings
from alliance_modes.reports.research.findings.glance import glance_table
from alliance_modes.reports.research.missing.imputed import imputation_told
from alliance_modes.reports.research.models_and_checks.engines import engines
from alliance_modes.reports.research.models_and_checks.robustness import influence_sentences
from alliance_modes.reports.research.report import SECTIONS
from alliance_modes.tables.fits import agreement_sentences, failed_checks, labels_apart
from alliance_modes.words.names import uncapital

ONE_NAME = {"completion": "Programme completion", "again": "Completion of those who came by order"}


def of_one_name():
    """The plan of two models whose outcomes have one name, and a result of both in every table."""
    inputs = whole()
    model, result = inputs.plan.models["completion"], inputs.models["completion"]
    plans, results, frames = {}, {}, []
    for name, label in ONE_NAME.items():
        (outcome,) = model.outcomes
        other = outcome.model_copy(
            update={"label": label, "heading": None, "where": {"mandated": True} if name == "again" else {}}
        )
        fits = tuple(fit.model_copy(update={"label": label}) for fit in result.fits)
        plans[name] = model.model_copy(update={"outcomes": (other,), "claim": "exploratory"})
        results[name] = result.model_copy(update={"model": name, "fits": fits})
        frames.append(inputs.estimates[inputs.estimates["model"] == "completion"].assign(model=name))
    return replace(
        inputs,
        plan=inputs.plan.model_copy(update={"models": plans}),
        models=results,
        estimates=pd.concat(frames, ignore_index=True),
    )


def test_outcomes_of_two_models_with_one_name_keep_their_labels():
    inputs = of_one_name()
    rows = pd.DataFrame({"model": list(ONE_NAME), "outcome": "completed"})
    mode = inputs.plan.models["completion"].mode_terms(inputs.plan.predictors)
    imputed = rows.assign(
        term=next(iter(mode)), level="between", status="ok", reason="", estimate=0.1, ci_low=-0.1,
        ci_high=0.3, complete_cases=0.1, complete_cases_se=0.1, n=200, n_complete=150, m=20, fmi=0.1,
    )  # fmt: skip
    failed = imputed.assign(status="not_estimated", reason="too few")
    influence = rows.assign(result="not_checked", unit="site", reason="one site")
    agreement = rows.assign(
        engine="lme4", status="agrees", se_ratio=1.0, largest_difference_in_se=0.0,
        loglik_difference=0.0, tolerance=0.01,
    )  # fmt: skip
    labels = labels_of(inputs.models)
    done = imputation_told(replace(inputs, imputed=imputed))
    assert done.table is not None
    found = {
        "imputed": [line[0] for line in done.table.rows],
        "engines": [
            line[0] for line in engines(agreement, labels, labels_apart(inputs.models.values()))["table"].rows
        ],
        "left out": [said.partition(":")[0] for said in influence_sentences(influence, labels, inputs.plan)],
        "forest": [one.outcome.label for one in shown_outcomes(inputs.estimates, figures_part(inputs.plan))],
    }
    assert found == {place: list(ONE_NAME.values()) for place in found}
    (why,) = imputation_told(replace(inputs, imputed=failed)).not_done
    assert why == f"Not imputed: {' and '.join(ONE_NAME.values())}, because too few."
    text = text_of(inputs)
    assert all(label in text for label in ONE_NAME.values())
    shares = render_sections([one for one in SECTIONS if one.name == "side_by_side"], "research", inputs)
    assert all(uncapital(label) in shares for label in ONE_NAME.values())


def test_notes_name_the_numbers_of_the_families_that_a_plan_has():
    """Rate ratios of counts are no odds ratios, and a plan of chances alone has no points."""
    assert units_of({"odds ratios": ["Completion"]}) == "odds ratios"
    two = {"points of the outcome": ["Bond"], "rate ratios": ["Ruptures", "Absences"]}
    assert units_of(two) == "points of the outcome for bond; rate ratios for ruptures and absences"
    assert coefficient_unit("linear") == "points of the outcome"
    inputs = whole()
    (fit,) = inputs.models["completion"].fits
    refit = Refit(engine="statsmodels GEE", status="ok", same_estimand=False)
    counts = fit.model_copy(update={"label": "Ruptures", "family": "poisson_counts", "refits": (refit,)})
    chance = fit.model_copy(update={"refits": (refit,)})
    model = inputs.models["completion"].model_copy(update={"fits": (chance, counts)})
    odds, rates = agreement_sentences([model])
    assert odds.startswith("Population-averaged odds ratios, ") and "those of programme completion" in odds
    assert rates.startswith("Population-averaged rate ratios, ") and "those of ruptures" in rates


@pytest.mark.parametrize(("family", "unit"), [("logistic", "log-odds"), ("poisson_counts", "log rate")])
def test_what_imputed_numbers_are_in_follows_the_family(family, unit):
    inputs = of_one_name()
    models = {name: model.model_copy(update={"family": family}) for name, model in inputs.plan.models.items()}
    mode = models["completion"].mode_terms(inputs.plan.predictors)
    rows = pd.DataFrame({"model": list(ONE_NAME), "outcome": "completed"}).assign(
        term=next(iter(mode)), level="between", status="ok", reason="", estimate=0.1, ci_low=-0.1,
        ci_high=0.3, complete_cases=0.1, complete_cases_se=0.1, n=200, n_complete=150, m=20, fmi=0.1,
    )  # fmt: skip
    plan = inputs.plan.model_copy(update={"models": models})
    table = imputation_told(replace(inputs, plan=plan, imputed=rows)).table
    assert table is not None and f"per standard deviation of mode use, in {unit}." in table.note


@pytest.mark.parametrize("p_adjusted", [float("nan"), 0.01])
def test_a_plan_that_only_explores_claims_nothing_and_denies_nothing(p_adjusted):
    """What is not tested is neither a finding nor "no association", whatever p stands beside it."""
    inputs = whole()
    explored = inputs.estimates.assign(p_adjusted=p_adjusted, family="exploratory")
    headline = findings(replace(inputs, estimates=explored)).headline
    assert headline.startswith("No claim is made about modes of practice: the plan only explores")
    tested = inputs.estimates.assign(p_adjusted=0.4)
    assert findings(replace(inputs, estimates=tested)).headline.startswith("Nothing in these data")


def test_units_are_explained_where_they_are_met():
    inputs = whole()
    models = {"alliance": inputs.plan.models["alliance"]}
    rows = inputs.estimates[inputs.estimates["model"] == "alliance"]
    only = replace(
        inputs,
        plan=inputs.plan.model_copy(update={"models": models}),
        models={"alliance": inputs.models["alliance"]},
        estimates=rows,
    )
    both, one = text_of(inputs), text_of(only)
    assert "percentage points of what an outcome counts" in both and '"SD" is a standard' in both
    assert "percentage points" not in one and '"SD" is a standard deviation of the outcome' in one


def test_an_outcome_of_several_models_is_said_once_with_how_many():
    inputs = whole()
    (fit,) = inputs.models["completion"].fits
    failed = (Diagnostic(check="singular_fit", result="fail"),)
    refit = Refit(engine="statsmodels GEE", status="ok", same_estimand=False)
    other = Refit(engine="lme4", status="not_run", reason="it is not there")
    model = inputs.models["completion"].model_copy(
        update={"fits": (fit.model_copy(update={"diagnostics": failed, "refits": (refit, other)}),)}
    )
    (said,), *_ = failed_checks([model, model])
    assert said == "Singular fit: programme completion (2 models)."
    beside, absent = agreement_sentences([model, model])
    assert "stand beside those of programme completion (2 models) in agreement.csv" in beside
    assert absent == "Not fitted again (programme completion (2 models)): it is not there."
    (alone,), *_ = failed_checks([model])
    assert alone == "Singular fit: programme completion."


def test_two_columns_at_a_glance_are_not_headed_alike():
    inputs = of_one_name()
    headed = {
        name: model.model_copy(
            update={"outcomes": (model.outcomes[0].model_copy(update={"heading": "Completion"}),)}
        )
        for name, model in inputs.plan.models.items()
    }
    table = glance_table(replace(inputs, plan=inputs.plan.model_copy(update={"models": headed})).questions)
    assert table is not None
    assert table.headings[1:] == tuple(f"{label} (percentage points)" for label in ONE_NAME.values())
    alone = inputs.plan.model_copy(update={"models": {"completion": headed["completion"]}})
    table = glance_table(replace(inputs, plan=alone).questions)
    assert table is not None and table.headings[1:] == ("Completion (percentage points)",)


def of_one_mode(claim: str, formula: str):
    """A plan that tests one mode in one model, with its results."""
    inputs = whole()
    model = inputs.plan.models["completion"].model_copy(
        update={"formula": formula, "tested": ("educative",), "claim": claim, "slopes": {}, "curves": ()}
    )
    rows = inputs.estimates
    rows = rows[(rows["model"] == "completion") & (rows["term"] == "educative")]
    plan = inputs.plan.model_copy(update={"models": {"completion": model}})
    results = {"completion": inputs.models["completion"]}
    return replace(inputs, plan=plan, models=results, estimates=rows, pictures={})


@pytest.mark.parametrize(
    ("claim", "how"),
    [
        ("primary", "adjusted within its family (Holm)"),
        ("secondary", "adjusted within its family (Benjamini–Hochberg)"),
        ("exploratory", "not adjusted for other tests: the plan only explores it"),
    ],
)
def test_tables_and_figures_say_what_the_plan_tests_beside_what_and_how_it_is_adjusted(claim, how):
    inputs = of_one_mode(claim, "educative")
    text = render_sections(list(SECTIONS), "research", inputs).replace("\\", "")
    caption = effects_forest(inputs.estimates, figures_part(inputs.plan)).caption
    for said in (text, caption):
        assert "three modes" not in said.replace("each of three modes", "")
        assert "its covariates" not in said and "covariates of the plan" not in said
    assert how in text and "the educative mode stands" in caption
    other = {"Holm", "Benjamini–Hochberg"} - {how.partition("(")[2].rstrip(")")}
    assert not [name for name in other if name in text + caption]
    assert "The models hold no covariates" in text and "since the models hold no covariates" in text


def test_covariates_and_all_modes_are_said_where_the_plan_has_them():
    inputs = whole()
    caption = effects_forest(inputs.estimates, figures_part(inputs.plan)).caption
    assert "the three modes stand together in each model, beside its covariates" in caption
    text = text_of(inputs)
    assert "clients alike in the covariates of the plan" in text
    assert "The models take account of the covariates they hold" in text


def test_a_plan_of_every_wave_says_that_exposure_may_not_come_first():
    inputs = whole()
    every = inputs.plan.exposure.model_copy(update={"waves": "all"})
    said = "exposure does not precede outcome"
    assert said in text_of(replace(inputs, plan=inputs.plan.model_copy(update={"exposure": every})))
    assert said not in text_of(inputs)


def test_whether_groups_are_allowed_for_is_told_from_the_fits():
    inputs = whole()
    fits = {
        name: model.model_copy(
            update={
                "fits": tuple(fit.model_copy(update={"clusters": {"practitioner": 40}}) for fit in model.fits)
            }
        )
        for name, model in inputs.models.items()
    }
    assert "No model here allows for it" in text_of(replace(inputs, models=fits))
    grouped = any("group" in fit.clusters for model in inputs.models.values() for fit in model.fits)
    assert ("The models that say groups allow for it" in text_of(inputs)) == grouped


def test_intervals_are_for_new_sites_only_where_there_are_several():
    inputs = whole()
    assert "for new practitioners and sites like these" in text_of(inputs)
    one = {
        name: table.assign(site_id="s1") if "site_id" in table else table
        for name, table in inputs.analysis.items()
    }
    told = text_of(replace(inputs, analysis=one, pictures={}))
    assert "for new practitioners like these" in told and "practitioners and sites" not in told
    unknown = {
        name: table.assign(practitioner_id=pd.array([None] * len(table), dtype="str"))
        if "practitioner_id" in table and name != "practitioner"
        else table
        for name, table in one.items()
    }
    assert "take people as independent" in text_of(replace(inputs, analysis=unknown, pictures={}))


def test_surveys_that_were_all_too_late_are_told_on_the_first_page():
    inputs = whole()
    nobody = dict.fromkeys(MODES, float("nan"))
    late = {
        name: table.assign(**nobody, exposure="only_later")
        if name in ("practitioner", "enrolment")
        else table
        for name, table in inputs.analysis.items()
    }
    told = findings(replace(inputs, analysis=late)).basis
    (said,) = [text for text in told if text.startswith("Mode use cannot be used: of ")]
    assert "were surveyed only after their first enrolment had started; plan: exposure.waves" in said
    assert not [text for text in findings(inputs).basis if text.startswith("Mode use cannot")]
