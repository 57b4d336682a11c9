"""The plan file: what is said twice agrees, and every problem is named with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from alliance_modes.ground.errors import ConfigurationError
from alliance_modes.plan.check import disagreements
from alliance_modes.plan.plan import Plan, load_plan
from alliance_modes.plan.text import COMMAND, PLAN_FILE, SCHEMA_FILE, default_plan_yaml, plan_schema

PROJECT = Path(__file__).resolve().parents[2]


def edited(folder: Path, *changes: tuple[str, str]) -> Path:
    """The default plan with some text replaced, as a file."""
    text = default_plan_yaml()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path = folder / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def problems_of(path: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_plan(path)
    return [str(problem) for problem in caught.value.problems]


def line_of(path: Path, text: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)


def test_the_plan_file_is_the_default_plan() -> None:
    written = (PROJECT / PLAN_FILE).read_text(encoding="utf-8")
    assert written == default_plan_yaml(), f"run: {COMMAND}"


def test_the_schema_file_is_that_of_the_plan() -> None:
    written = (PROJECT / SCHEMA_FILE).read_text(encoding="utf-8")
    assert written == plan_schema(), f"run: {COMMAND}"


def test_the_plan_file_loads_to_the_default_plan() -> None:
    assert load_plan(PROJECT / PLAN_FILE) == Plan()


def test_a_plan_survives_json() -> None:
    assert Plan.model_validate(Plan().model_dump(mode="json")) == Plan()


def test_the_default_plan_agrees_with_itself() -> None:
    plan = Plan()
    assert disagreements(plan.predictors, plan.models) == ()


def test_a_loaded_plan_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        Plan().seed = 3


def test_every_disagreement_is_listed_with_its_line(tmp_path: Path) -> None:
    path = edited(
        tmp_path,
        ("formula: educative + engagement + therapeutic + time +", "formula: educative + engagment + time +"),
        ("    column: readiness_z", "    column: readiness_score"),
        ("      - name: practitioner_goal\n", "      - name: client_goal\n"),
        ("    curves: [educative, engagement, therapeutic]", "    curves: [educative, needs]"),
        ("        column: session_engagement", "        column: session_engagment"),
    )
    found = problems_of(path)
    text = "\n".join(found)
    assert f"line {line_of(path, 'engagment + time')}" in text and "Did you mean engagement?" in text
    assert "models.alliance.tested: unknown predictor engagement" in text
    assert f"line {line_of(path, 'readiness_score')}" in text and "no column readiness_score_between" in text
    assert "the outcome client_goal stands twice" in text
    assert text.count("the table alliance has no column readiness_score_between") == 1
    assert "needs has no raw_column" in text
    assert "Did you mean session_engagement?" in text


def test_unknown_groupings_and_keys_are_listed_together(tmp_path: Path) -> None:
    path = edited(
        tmp_path,
        ("    random: [practitioner, group, site, enrolment]", "    random: [practitioner, prison]"),
        ("draws: 2000", "draw: 2000"),
        ("    family: logistic", "    family: logit"),
    )
    found = problems_of(path)
    assert len(found) == 3
    assert any(f"line {line_of(path, 'prison')}" in one and "prison" in one for one in found)
    assert any('unknown key "draw"' in one and "draws" in one for one in found)
    assert any("models.completion.family" in one for one in found)


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("educative + educative", "stands twice"),
        ("educative * engagement", "not the name of a predictor"),
        ("educative +", "not the name of a predictor"),
        ("", "not the name of a predictor"),
    ],
)
def test_a_formula_is_a_sum_of_names(tmp_path: Path, formula: str, said: str) -> None:
    old = "formula: educative + engagement + therapeutic + mandated + risk_score + readiness + needs"
    path = edited(tmp_path, (old, f'formula: "{formula}"'))
    (problem,) = problems_of(path)
    line = line_of(path, f'formula: "{formula}"')
    assert said in problem and f"line {line}" in problem


def test_slopes_need_a_grouping_of_the_model_and_a_single_column(tmp_path: Path) -> None:
    path = edited(tmp_path, ("      enrolment: [time]", "      site: [mandated]"))
    path.write_text(
        path.read_text(encoding="utf-8").replace(
            "random: [practitioner, group, site, enrolment]\n    slopes",
            "random: [practitioner]\n    slopes",
            1,
        ),
        encoding="utf-8",
    )
    text = "\n".join(problems_of(path))
    assert "site is not among the random groupings" in text


def test_a_product_stands_beside_its_parts_and_carries_its_slope(tmp_path: Path) -> None:
    old = "formula: educative + engagement + therapeutic + mandated + risk_score + readiness + needs\n"
    path = edited(
        tmp_path,
        (old, "formula: engagement + therapeutic + mandated + educative:mandated + engagement:needs\n"),
        (
            "    tested: [educative, engagement, therapeutic]\n    random: [practitioner, group, site]\n",
            "    random: [practitioner, group, site]\n",
        ),
        ("    curves: [educative, engagement, therapeutic]\n", ""),
    )
    text = "\n".join(problems_of(path))
    assert "educative:mandated stands without educative" in text
    assert "engagement:needs stands without needs" in text
    assert "educative:mandated crosses levels, and mandated has no random slope over practitioners" in text
    assert "Add mandated to slopes: practitioner." in text


def test_a_product_turned_round_is_the_same_product() -> None:
    model = Plan().models["completion"].model_dump()
    with pytest.raises(ValidationError, match="stands twice"):
        type(Plan().models["completion"]).model_validate(
            model | {"formula": "engagement + needs + engagement:needs + needs:engagement"}
        )


def test_an_exposure_belongs_to_a_count_and_is_a_column(tmp_path: Path) -> None:
    path = edited(
        tmp_path,
        ("        column: completed\n", "        column: completed\n        exposure: sessions_ofered\n"),
    )
    text = "\n".join(problems_of(path))
    assert "an outcome of the family logistic has no exposure" in text
    assert "no column sessions_ofered" in text and "Did you mean sessions_offered?" in text


def test_counts_need_trials_and_nothing_else_has_them(tmp_path: Path) -> None:
    path = edited(
        tmp_path,
        ("        trials: sessions_offered_after_first\n", ""),
        ("        column: completed\n", "        column: completed\n        trials: sessions_ofered\n"),
    )
    text = "\n".join(problems_of(path))
    assert "family binomial_counts needs trials" in text and "family logistic has no trials" in text
    assert "no column sessions_ofered" in text and "Did you mean sessions_offered?" in text


def test_a_split_predictor_takes_no_level() -> None:
    values = Plan().predictors["mandated"].model_dump()
    with pytest.raises(ValidationError, match="split"):
        type(Plan().predictors["mandated"]).model_validate(values | {"level": "within"})


def test_claims_of_the_default_plan() -> None:
    """Client-rated components and what is recorded are primary; whatever the practitioner rates is not."""
    plan = Plan()
    claims = {
        (name, outcome.name): model.claim_of(outcome)
        for name, model in plan.models.items()
        for outcome in model.outcomes
    }
    primary = {key for key, claim in claims.items() if claim == "primary"}
    assert primary == {
        *(("alliance", f"client_{component}") for component in ("goal", "task", "bond")),
        ("attendance", "attendance"),
        ("completion", "completed"),
        ("dropout", "dropped_out"),
    }
    assert claims["completion_moderation", "completed"] == "secondary"
    assert claims["engagement", "session_engagement"] == "secondary"
    assert claims["dropout_modes", "dropped_out"] == "secondary"
    assert {claims["dropout", end] for end in ("removed", "administrative")} == {"exploratory"}


def test_every_outcome_of_the_default_plan_says_who_rates_it() -> None:
    plan = Plan()
    raters = {one.name: one.rated_by for model in plan.models.values() for one in model.outcomes}
    assert {name for name, rater in raters.items() if rater == "practitioner"} == {
        *(f"practitioner_{scale}" for scale in ("goal", "task", "bond", "total")),
        "session_engagement",
    }
    assert {raters[end] for end in ("completed", "attendance", "dropped_out", "removed")} == {"records"}


def test_a_plan_of_before_has_raters_from_its_columns(tmp_path: Path) -> None:
    """The keys about raters and the report came later; a plan without them loads and shows the same."""
    text = default_plan_yaml()
    for key in ("rater: practitioner\n", "rater: records\n", "at_a_glance: ", "heading: ", "section: "):
        text = "\n".join(line for line in text.split("\n") if not f"{line}\n".lstrip().startswith(key))
    path = tmp_path / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    before, now = load_plan(path), Plan()
    for name, model in before.models.items():
        assert model.stands_in == now.models[name].stands_in or name == "attendance"
        for one, other in zip(model.outcomes, now.models[name].outcomes, strict=True):
            assert one.rated_by == other.rated_by
            assert model.estimand_shown(one) == now.models[name].estimand_shown(other)


def test_a_rater_that_nobody_says_or_two_say_is_refused(tmp_path: Path) -> None:
    path = edited(
        tmp_path,
        ("        where: {rater: client}\n", ""),
        (
            "        where: {attended: true}\n        rater: practitioner\n",
            "        where: {attended: true}\n        rater: client\n",
        ),
        ("column: bond\n", "column: bond\n        rater: observer\n"),
    )
    found = problems_of(path)
    assert len(found) == 3, found
    assert "models.alliance.outcomes.0.column: who rates goal cannot be told" in found[0]
    assert "Add rater: client, practitioner, observer or records" in found[0]
    assert "rater is observer, and where selects the forms of the client" in found[1]
    assert "session_engagement is rated by the practitioner, not by the client" in found[2]
    assert f"line {line_of(path, 'rater: observer')}" in found[1]


def test_an_outcome_is_shown_by_a_number_that_its_family_has(tmp_path: Path) -> None:
    path = edited(
        tmp_path,
        ("        column: completed\n", "        column: completed\n        shown: standardised\n"),
        (
            "        column: session_engagement\n",
            "        column: session_engagement\n        shown: ratio\n",
        ),
    )
    engagement, completion = problems_of(path)
    assert "family linear is not shown as ratio" in engagement and "standardised" in engagement
    assert "family logistic is not shown as standardised" in completion


def test_the_rater_is_asked_of_the_plan_and_never_guessed() -> None:
    outcome = Plan().models["engagement"].outcomes[0].model_copy(update={"rater": None})
    with pytest.raises(ConfigurationError, match="who rates the outcome session_engagement"):
        _ = outcome.rated_by


def test_a_model_is_about_modes_where_the_practitioners_use_of_one_is_tested() -> None:
    plan = Plan()
    about = {name: model.mode_terms(plan.predictors) for name, model in plan.models.items()}
    modes = {"educative": "educative", "engagement": "engagement", "therapeutic": "therapeutic"}
    assert {name for name, terms in about.items() if terms} == {
        *("alliance", "engagement", "attendance", "completion", "dropout_modes")
    }
    assert all(terms in ({}, modes) for terms in about.values())
    renamed = plan.predictors | {"by_the_book": plan.predictors["educative"]}
    tested = plan.models["completion"].model_copy(update={"tested": ("by_the_book",)})
    assert tested.mode_terms(renamed) == {"educative": "by_the_book"}


def test_columns_of_instruments_can_be_named_and_their_raters_are_known(tmp_path: Path) -> None:
    path = edited(
        tmp_path,
        (
            "column: session_engagement\n        where: {attended: true}\n        rater: practitioner\n",
            "column: gcq_s_engaged\n        where: {attended: true}\n",
        ),
    )
    assert load_plan(path).models["engagement"].outcomes[0].rated_by == "client"
