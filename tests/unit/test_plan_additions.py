"""What one cohort adds to the plan: merged behind it, exploratory, and refused where it changes anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from contract_report import inputs
from pydantic import ValidationError

from alliance_modes.ground.errors import ConfigurationError
from alliance_modes.models.collect import claim_of, collect
from alliance_modes.plan.additions import ADDITIONS_FILE, Additions, cohort_plan, merge
from alliance_modes.plan.parts import estimates_part
from alliance_modes.plan.plan import Plan
from alliance_modes.reports import research_report
from alliance_modes.reports.inputs import Added

PLAN = Plan()
AGE = "predictors:\n  age: {label: Age, column: age_years_z, unit: 1 SD of clients, split: true}\n"
ADJUSTED = AGE + "covariates:\n  completion: [age]\n"
ESTIMAND = (
    "    estimand: {population: all, exposure: modes, outcome: bond, level: between, time_zero: start, "
    "intercurrent_events: none, summary: difference}\n"
)
MODEL = (
    "models:\n  early_bond:\n    hypothesis: H1\n    title: Modes and the bond\n    table: alliance\n"
    f"    family: linear\n{ESTIMAND}"
    "    outcomes:\n      - {name: early_bond, label: Early bond, column: bond, where: {rater: client}}\n"
    "    formula: educative + engagement + therapeutic\n"
    "    tested: [educative, engagement, therapeutic]\n    random: [practitioner]\n"
)


def added(folder: Path, text: str) -> Plan:
    (folder / ADDITIONS_FILE).write_text(text, encoding="utf-8")
    return cohort_plan(PLAN, folder)


def refused(folder: Path, text: str) -> dict[int, str]:
    """Line: problems on it."""
    with pytest.raises(ConfigurationError) as caught:
        added(folder, text)
    found: dict[int, str] = {}
    for problem in caught.value.problems:
        assert problem.file == ADDITIONS_FILE
        found[problem.line] = found.get(problem.line, "") + str(problem)
    return found


def test_a_cohort_without_additions_has_the_plan_itself(tmp_path):
    assert cohort_plan(PLAN, tmp_path) is PLAN


def test_covariates_give_one_more_model_and_leave_the_base_as_it_was(tmp_path):
    plan = added(tmp_path, ADJUSTED + MODEL)
    assert list(plan.models) == [*PLAN.models, "early_bond", "completion_adjusted"]
    assert {name: plan.models[name] for name in PLAN.models} == PLAN.models
    assert {name: plan.predictors[name] for name in PLAN.predictors} == PLAN.predictors
    base, one = PLAN.models["completion"], plan.models["completion_adjusted"]
    assert one.formula == f"{base.formula} + age"
    assert [each.name for each in one.outcomes] == [each.name for each in base.outcomes]
    assert one.title.endswith("also adjusted for: Age")


def test_everything_added_is_exploratory_also_where_outcomes_have_claims(tmp_path):
    plan = added(tmp_path, AGE + "covariates:\n  alliance: [age]\n" + MODEL)
    for name in ("early_bond", "alliance_adjusted"):
        model = plan.models[name]
        assert {model.claim_of(outcome) for outcome in model.outcomes} == {"exploratory"}
    assert PLAN.models["alliance"].claim_of(PLAN.models["alliance"].outcomes[0]) == "primary"


def test_a_plan_with_additions_survives_json(tmp_path):
    plan = added(tmp_path, ADJUSTED + MODEL)
    again = Plan.model_validate(plan.model_dump(mode="json"))
    assert again.model_dump() == plan.model_dump()


@pytest.mark.parametrize("claim", ["primary", "secondary"])
def test_a_claim_in_an_addition_is_refused_with_the_reason(tmp_path, claim):
    text = MODEL.replace("    family: linear\n", f"    family: linear\n    claim: {claim}\n")
    text = text.replace("rater: client}}", f"rater: client}}, claim: {claim}}}")
    found = refused(tmp_path, text)
    for line, content in enumerate(text.splitlines(), 1):
        if f"claim: {claim}" in content:
            assert "would change the adjusted p of the others" in found.pop(line)
    assert not found


def test_all_names_that_exist_or_do_not_are_told_at_once_with_their_lines(tmp_path):
    text = (
        "predictors:\n"
        "  needs: {label: Needs, column: needs, unit: 1 need}\n"
        "models:\n"
        "  completion: {title: Mine, claim: primary}\n"
        "covariates:\n"
        "  complettion: [needs]\n"
        "  attendance:\n"
        "    - reediness\n"
        "    - mandated\n"
        "seed: 4\n"
    )
    found = refused(tmp_path, text)
    assert "the plan has a predictor of this name" in found[2]
    assert "the plan has a model of this name" in found[4] and "would change the adjusted p" in found[4]
    assert 'the key "models.completion.formula" is missing' in found[4]
    assert "Did you mean completion?" in found[6]
    assert "Did you mean readiness?" in found[8]
    assert "mandated is in the formula of attendance already" in found[9]
    assert 'unknown key "seed"' in found[10]
    assert set(found) == {2, 4, 6, 8, 9, 10}


def test_parts_that_do_not_fit_are_told_where_the_addition_says_them(tmp_path):
    text = (
        (
            "predictors:\n"
            "  age: {label: Age, column: age_yeers_z, unit: 1 SD, split: true}\n"
            "covariates:\n"
            "  completion: [age, time]\n" + MODEL.replace("educative + engagement", "educativ + engagement")
        )
        .replace("label: Early bond", "label: Bond")
        .replace("name: early_bond", "name: client_bond")
    )
    found = refused(tmp_path, text)
    assert "Did you mean age_years_z_between?" in found[2]
    assert "the table enrolment has no column time" in found[4]
    lines = text.splitlines()
    formula = next(number for number, line in enumerate(lines, 1) if "formula:" in line)
    assert "unknown predictor educativ" in found[formula] and "Did you mean educative?" in found[formula]
    outcome = next(number for number, line in enumerate(lines, 1) if "client_bond" in line)
    assert "the plan calls client_bond" in found[outcome]


def test_a_second_model_of_the_same_name_is_refused(tmp_path):
    found = refused(tmp_path, ADJUSTED + MODEL.replace("  early_bond:", "  completion_adjusted:"))
    assert "there is a model completion_adjusted already" in found[4]


def test_an_added_outcome_that_does_not_say_its_rater_has_that_of_its_column(tmp_path):
    recorded = MODEL.replace("table: alliance", "table: enrolment").replace(
        "column: bond, where: {rater: client}", "column: last_session"
    )
    plan = added(tmp_path, recorded)
    assert plan.models["early_bond"].outcomes[0].rater == "records"
    unknown = refused(tmp_path, MODEL.replace(", where: {rater: client}", ""))
    assert "who rates bond cannot be told from the column" in "".join(unknown.values())


@pytest.mark.parametrize("text", ["predictors: {}\n", AGE])
def test_an_addition_of_nothing_is_refused(tmp_path, text):
    assert "nothing is added" in "".join(refused(tmp_path, text).values())


def test_an_addition_cannot_be_changed_once_read():
    with pytest.raises(ValidationError):
        Additions.model_validate({"covariates": {"completion": ["time"]}}).covariates = {}


@pytest.mark.slow
def test_an_added_model_changes_no_adjusted_p_and_is_told_apart_in_the_report():
    before = inputs()
    plan = merge(PLAN, Additions.model_validate({"covariates": {"completion": ["time"]}}))
    base = before.models["completion"]
    result = base.model_copy(update={"model": "completion_adjusted", "title": "Completion, adjusted"})
    assert claim_of(result, result.fits[0], plan.models) == "exploratory"
    alone = collect(before.models.values(), estimates_part(PLAN)).estimates
    both = collect([*before.models.values(), result], estimates_part(plan)).estimates
    own = both["model"] == "completion_adjusted"
    assert both[~own].to_csv(index=False) == alone.to_csv(index=False)
    assert "primary" in set(alone[alone["model"] == "completion"]["family"])
    assert set(both[own]["family"]) <= {"exploratory", "covariate"}
    assert "exploratory" in set(both[own]["family"])
    assert both[own]["p_adjusted"].isna().all()
    kept = Added(plan, {"completion_adjusted": result}, both[own], "ad0be" * 12 + "abcd")
    with_it = research_report(type(before)(**{**vars(before), "added": kept}))
    first_page = with_it.partition("Who took part")[0]
    assert "This cohort adds a model to the plan" in first_page and "exploratory" in first_page
    assert "ad0bead0bead" in first_page and "What this cohort adds to the plan" in with_it
    assert "adds a model to the plan" not in research_report(before)
