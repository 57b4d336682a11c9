"""What a rule is given of the plan is whole: no script falls back on a default of the plan."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import ValidationError

from alliance_modes.ground.errors import ConfigurationError, ModelError
from alliance_modes.ground.yaml_models import Closed
from alliance_modes.models.result import FitResult, ModelResult
from alliance_modes.plan.parts import (
    BootstrapTask,
    DrawnModel,
    DrawnOutcome,
    EstimatesPart,
    FiguresPart,
    ImputationTask,
    ModelTask,
    RelationTask,
    SpecificationsTask,
    model_task,
)
from alliance_modes.plan.plan import CleaningRules, Exposure, Plan, TwoLevel
from alliance_modes.running.config import Config
from alliance_modes.running.study import Study

SCRIPTS = Path(__file__).parents[2] / "workflow" / "scripts"
PLAN = Plan.model_validate(
    {
        "seed": 7,
        "draws": 300,
        "cleaning": {"irv_below": 0.02},
        "exposure": {"waves": "all"},
        "bootstrap": {"draws": 19},
        "two_level": {"practitioners": 60},
        "imputation": {"m": 3},
    }
)
STUDY = Study(Config.model_validate({"cohorts": ["a_cohort"], "plan": "plan.yaml"}), PLAN, ("a_cohort",))


def validated_in(script: str) -> str:
    """The class that the script makes of its part of the plan."""
    tree = ast.parse((SCRIPTS / f"{script}.py").read_text(encoding="utf-8"))
    (found,) = (
        node.func.value.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.attr == "model_validate"
        and ast.unparse(node.args[0]) == "snakemake.params.plan"
    )
    return found


PARTS: dict[str, tuple[type[Closed], Callable[[], dict]]] = {
    "clean": (CleaningRules, lambda: STUDY.cleaning),
    "derive": (Exposure, lambda: STUDY.exposure),
    "factors": (TwoLevel, lambda: STUDY.two_level),
    "model": (ModelTask, lambda: STUDY.model_task("a_cohort", "alliance")),
    "influence": (ModelTask, lambda: STUDY.model_task("a_cohort", "alliance")),
    "lme4": (ModelTask, lambda: STUDY.model_task("a_cohort", "alliance")),
    "bootstrap": (BootstrapTask, lambda: STUDY.bootstrap_task("a_cohort", "alliance")),
    "impute": (ImputationTask, lambda: STUDY.imputation_task("alliance")),
    "relation": (RelationTask, lambda: STUDY.relation_task("balance")),
    "over_cohorts": (RelationTask, lambda: STUDY.cohorts_task()),
    "specification": (SpecificationsTask, lambda: STUDY.specifications),
    "figures_relations": (FiguresPart, lambda: STUDY.figures.model_dump(mode="json")),
    "figures_effects": (FiguresPart, lambda: STUDY.figures.model_dump(mode="json")),
    "estimates": (EstimatesPart, lambda: STUDY.estimates("a_cohort")),
}


@pytest.mark.parametrize("script", PARTS)
def test_a_script_sees_what_the_study_planned_and_nothing_else(script: str, monkeypatch) -> None:
    monkeypatch.setattr(Study, "plan_of", lambda self, cohort: self.plan)
    part, given = PARTS[script]
    assert validated_in(script) == part.__name__
    seen = part.model_validate(given())
    for name in set(part.model_fields) & set(Plan.model_fields) - {"models", "predictors"}:
        assert getattr(seen, name) == getattr(PLAN, name), name
    predictors = getattr(seen, "predictors", PLAN.predictors)
    unworded = {name: one.model_dump(exclude={"label", "reason"}) for name, one in PLAN.predictors.items()}
    assert {name: one.model_dump(exclude={"label", "reason"}) for name, one in predictors.items()} == unworded
    assert seen.model_dump(mode="json", exclude_unset=True) == given(), "whole, and as it was given"


def test_every_script_that_is_given_a_part_is_looked_at() -> None:
    named = {path.stem for path in SCRIPTS.glob("*.py") if "params.plan" in path.read_text(encoding="utf-8")}
    pooled = {"supervision"}  # its predictors are not the plan's: each enters as one column
    assert named == set(PARTS) | pooled


@pytest.mark.parametrize(
    "part", [ModelTask, BootstrapTask, ImputationTask, EstimatesPart, FiguresPart, DrawnModel, DrawnOutcome]
)
def test_a_part_has_no_defaults(part: type[Closed]) -> None:
    with pytest.raises(ValidationError) as caught:
        part.model_validate({})
    missing = {problem["loc"] for problem in caught.value.errors() if problem["type"] == "missing"}
    assert missing == {(name,) for name in part.model_fields}


def test_what_is_shown_and_where_is_no_part_of_a_task() -> None:
    """A changed heading re-runs the report, and no model."""
    model = PLAN.models["alliance"]
    outcomes = tuple(one.model_copy(update={"heading": "Other"}) for one in model.outcomes)
    changed = model.model_copy(update={"section": "completion", "outcomes": outcomes})
    plan = PLAN.model_copy(update={"models": {**PLAN.models, "alliance": changed}})
    again = Study(STUDY.config, plan, STUDY.cohorts)
    assert again.model_task("a_cohort", "alliance") == STUDY.model_task("a_cohort", "alliance")


def test_no_word_is_part_of_a_task() -> None:
    """A label, title, hypothesis or estimand worded otherwise re-runs what tells it, and no model."""
    outcomes = tuple(
        one.model_copy(update={"label": f"Other {one.label}"}) for one in PLAN.models["alliance"].outcomes
    )
    estimand = PLAN.models["alliance"].estimand.model_copy(update={"summary": "Other"})
    words = {"title": "Other", "hypothesis": "H8", "outcomes": outcomes, "estimand": estimand}
    changed = PLAN.models["alliance"].model_copy(update=words)
    predictors = {name: one.model_copy(update={"label": "Other"}) for name, one in PLAN.predictors.items()}
    plan = PLAN.model_copy(update={"models": {**PLAN.models, "alliance": changed}, "predictors": predictors})
    again = Study(STUDY.config, plan, STUDY.cohorts)
    for task in (Study.model_task, Study.bootstrap_task):
        assert task(again, "a_cohort", "alliance") == task(STUDY, "a_cohort", "alliance")
    assert again.imputation_task("alliance") == STUDY.imputation_task("alliance")


def test_a_changed_model_is_imputed_again_alone() -> None:
    changed = PLAN.models["completion"].model_copy(update={"formula": "educative + engagement + therapeutic"})
    plan = PLAN.model_copy(update={"models": {**PLAN.models, "completion": changed}})
    again = Study(STUDY.config, plan, STUDY.cohorts)
    assert "completion" in again.imputed
    for name in again.imputed:
        same = again.imputation_task(name) == STUDY.imputation_task(name)
        assert same == (name != "completion")


def test_results_are_told_in_the_words_of_the_plan() -> None:
    planned = PLAN.models["completion"]
    task = model_task(PLAN, "completion")
    fit = FitResult(
        outcome="completed", label="completed", family="logistic", formula="", engine="", status="ok"
    )
    result = ModelResult(model="completion", hypothesis="", title=task.model.title, status="ok", fits=(fit,))
    told = result.in_words(planned)
    assert (told.title, told.hypothesis) == (planned.title, planned.hypothesis) != (result.title, "")
    assert [one.label for one in told.fits] == [one.told for one in planned.outcomes]


def test_wording_that_no_figure_shows_is_no_part_of_the_figures() -> None:
    """A changed title, estimand or unit re-runs what tells it, and no figure."""
    models = {
        name: model.model_copy(
            update={"title": "Other", "hypothesis": "H0", "estimand": model.estimand.model_copy()}
        )
        for name, model in PLAN.models.items()
    }
    words = {"label": "Other", "unit": "other"}
    predictors = {name: one.model_copy(update=words) for name, one in PLAN.predictors.items()}
    changed = PLAN.model_copy(update={"models": models, "predictors": predictors, "seed": 8})
    assert Study(STUDY.config, changed, STUDY.cohorts).figures == STUDY.figures
    one = PLAN.models["completion"].outcomes[0].model_copy(update={"label": "Other"})
    shown = PLAN.models["completion"].model_copy(update={"outcomes": (one,)})
    changed = PLAN.model_copy(update={"models": {**PLAN.models, "completion": shown}})
    assert Study(STUDY.config, changed, STUDY.cohorts).figures != STUDY.figures


def test_an_unknown_model_is_refused(monkeypatch) -> None:
    with pytest.raises(ModelError, match="the plan has no model riots"):
        model_task(PLAN, "riots")
    monkeypatch.setattr(Study, "plan_of", lambda self, cohort: self.plan)
    with pytest.raises(ConfigurationError, match="a_cohort"):
        STUDY.model_task("a_cohort", "riots")
