"""``alliance-modes design``: mistakes are answered in a sentence, what is asked for is what is assumed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from documents_read import html_text, pdf_pages, word_paragraphs
from relation_tables import one_grouping, sessions_of_practitioners

from alliance_modes.cli import main
from alliance_modes.figures.picture import NOT_RUN
from alliance_modes.figures.planned_study import planned_study
from alliance_modes.ground.errors import ConfigurationError
from alliance_modes.models.effects.detectable import detectable_difference
from alliance_modes.plan.plan import Plan, load_plan
from alliance_modes.power.answers import Answer
from alliance_modes.power.planned import study as study_module
from alliance_modes.power.planned.asked import PlannedStudy, Size
from alliance_modes.power.planned.assumed import (
    Asked,
    Assumed,
    Fitted,
    assumed,
    fitted,
    outcomes_of,
    shares_of,
)
from alliance_modes.power.planned.found import Curve, Found, Planned, found_of
from alliance_modes.power.planned.people import attended_of, completed_of, with_rates
from alliance_modes.power.planned.study import family_in, planned
from alliance_modes.power.planned.table import table_of
from alliance_modes.reports.planned.page import planned_documents
from alliance_modes.reports.planned.words import headlines, table
from alliance_modes.simulate import load_truth, simulate_tables

ROOT = Path(__file__).parents[2]
PLAN = one_grouping(Plan(), "engagement", "educative", ("educative",))
RATING = Asked(
    PLAN.models["engagement"], PLAN.models["engagement"].outcomes[0], "engagement.session_engagement"
)
STUDY = PlannedStudy((3, 8), (5,), (10,), (("standardised", 0.3), ("ratio", 1.5)))


def assumed_rating(study: PlannedStudy = STUDY) -> Assumed:
    """A rating by practitioner alone, from forty of them."""
    (block,) = fitted([RATING], PLAN, {"session": sessions_of_practitioners(1, 40)})
    assert not isinstance(block, str)
    return assumed(RATING, [block], study)


def found_at(one: Assumed, practitioners: int, se: float, draws: int = 8) -> Found:
    """A size whose answers all have the same SE, and half of them the effect, found in every second one."""
    answers = [
        Answer(
            *(draw // 4, draw, "educative_z", one.coefficient * (draw % 2), one.coefficient, se),
            *(practitioners - 2.0, 0.01 if draw % 4 < 2 else 0.2, 0.01, -1.0, 1.0, practitioners > 24),
        )
        for draw in range(draws)
    ]
    return found_of(one, Size(practitioners // 5, 5, 10), answers, draws)


def a_planned_study(*found: Found) -> Planned:
    one = found[0].assumed
    return Planned(STUDY, (one,), (0.6, 0.88), found, (family_in(Plan(), "primary"),))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--sites", "0"], "sites: 0"),
        (["--practitioners", "0"], "practitioners at a site: 0"),
        (["--sites", "1", "--practitioners", "2"], "2 practitioners for 3 predictors"),
        (["--sites", "three"], "'three' is not a whole number, nor several"),
        (["--clients", "5000"], "at most 20,000 are simulated"),
        (["--sites", "1,2,3,4,5", "--clients", "1,2,3,4,5"], "25 sizes are asked for; at most 24"),
        (["--points", "0"], "an effect of 0 is none"),
        (["--sds", "0"], "an effect of 0 is none"),
        (["--odds-ratio", "1"], "an effect of 1 is none"),
        (["--odds-ratio", "-2"], "an odds ratio of -2"),
        (["--points", "90"], "90 percentage points for each SD of a mode"),
        (["--sds", "3"], "3 SDs of the outcome for each SD of a mode"),
        (["--points", "5", "--odds-ratio", "1.5"], "give one of them"),
        (["--completion", "150"], "a completion of 150 %"),
        (["--completion", "0.6"], "a completion of 0.6 %"),
        (["--attendance", "1"], "an attendance of 1 %"),
        (["--between-practitioners", "0.9"], "a share of 0.9 of the variance between practitioners"),
        (["--outcome", "completion.finished"], 'the plan has no outcome "completion.finished"'),
        (["--outcome", "dropout.dropped_out"], "a session after an end does not exist"),
        (["--draws", "0"], "0 draws"),
        (["--plan", "nowhere.yaml"], "nowhere.yaml"),
        (["--truth", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_a_mistake_is_answered_in_a_sentence_and_nothing_is_written(given, said, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(main, ["design", *given, "--to", str(tmp_path / "study")])
    assert done.exit_code in (1, 2) and said in done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert not (tmp_path / "study").exists()


def test_the_help_has_examples_and_every_option_a_line():
    said = CliRunner().invoke(main, ["design", "--help"]).output
    assert "alliance-modes design --draws 320" in said
    assert all(f"--{name}" in said for name in ("sites", "practitioners", "clients", "points", "completion"))


def test_the_outcomes_are_the_first_primary_one_of_each_model_that_tests_modes():
    names = [one.name for one in outcomes_of(Plan(), ())]
    assert names == ["alliance.client_goal", "attendance.attendance", "completion.completed"]
    plan = Plan()
    counted = sum(
        model.joint_tests(plan.predictors)
        for model in plan.models.values()
        for _ in model.outcomes_with("primary")
    )
    assert family_in(plan, "primary").tests == counted == 6


def test_what_is_assumed_is_the_mean_of_the_fits_with_the_effect_as_it_is_told():
    tables = [{"session": sessions_of_practitioners(seed, 40)} for seed in (1, 2)]
    blocks = [block for one in tables for block in fitted([RATING], PLAN, one) if isinstance(block, Fitted)]
    assert len(blocks) == 2
    one = assumed(RATING, blocks, STUDY)
    mean = np.mean([block.varying["practitioner"].intercept for block in blocks])
    assert one.injected.varying["practitioner"].intercept == pytest.approx(mean)
    assert one.injected.dispersion == pytest.approx(np.mean([block.dispersion for block in blocks]))
    assert one.effect == pytest.approx(0.3) and one.estimand == "standardised"
    assert one.number(one.coefficient) == pytest.approx(0.3)
    assert one.injected.coefficients["educative_z"] == 0.0


def test_shares_of_the_variance_are_those_that_are_asked_for():
    study = replace(STUDY, shares=(("practitioner", 0.08),))
    usual, given = assumed_rating(), assumed_rating(study)
    assert shares_of(given.injected, given.design)["practitioner"] == pytest.approx(0.08)
    assert given.injected.dispersion == usual.injected.dispersion
    assert shares_of(usual.injected, usual.design)["practitioner"] != pytest.approx(0.08, abs=0.02)


def test_the_curve_goes_through_its_points_by_the_root_of_practitioners_and_says_how_many_it_takes():
    one = assumed_rating()
    curve = Curve([found_at(one, count, 0.6 / np.sqrt(count)) for count in (40, 15)])
    for count in (15, 25, 40, 100):
        expected = one.number(detectable_difference(0.6 / np.sqrt(count), count - 2.0))
        assert curve.at(count) == pytest.approx(expected)
    needed = curve.needed()
    assert needed is not None and curve.power(needed) == pytest.approx(0.8)
    assert curve.at(needed) == pytest.approx(one.effect, rel=0.01)
    assert curve.needed(0.01) == 15.0
    assert Curve([found_at(one, 15, 3.0)]).needed() is None
    with pytest.raises(ValueError, match="a curve needs"):
        Curve([])


def test_numbers_of_one_size_are_those_of_its_answers():
    one = assumed_rating()
    found = found_at(one, 40, 0.1)
    assert (
        found.rates.power.value == 0.5
        and found.rates.type_one.value == 0.5
        and found.rates.claim.value == 1.0
    )
    assert found.detectable.value == pytest.approx(one.number(detectable_difference(0.1, 38.0)), rel=1e-4)
    assert found.half_width.value == pytest.approx(one.number(0.1 * 2.0243942), rel=1e-6)
    assert found.detectable.error == 0.0 and found.estimated == 8
    nothing = found_of(one, Size(1, 5, 10), [None, None], 2)
    assert nothing.rates is None and nothing.reason == "no draw could be estimated"


def test_below_25_practitioners_the_power_of_a_claim_is_0_and_that_is_said():
    one = assumed_rating()
    few, enough = found_at(one, 15, 0.2), found_at(one, 40, 0.1)
    rows = table_of(a_planned_study(few, enough)).set_index("practitioners")
    assert rows["claim"].tolist() == [0.0, 1.0] and rows["power"].tolist() == [0.5, 0.5]
    said = list(headlines(a_planned_study(few, enough)))
    assert any("Below 25 practitioners the plan makes no primary claim" in text for text in said)
    assert not any("Below 25" in text for text in headlines(a_planned_study(enough)))
    cells = table(a_planned_study(few, enough)).rows
    assert [row[5] for row in cells] == ["0 %", "100 % ± 22"]


def test_a_size_that_cannot_be_analysed_is_named_with_the_reason_and_not_drawn():
    one = assumed_rating()
    refused = found_of(one, Size(1, 5, 10), [], 8, "5 practitioners for 3 predictors at their level")
    made = a_planned_study(refused, found_at(one, 40, 0.1))
    assert "Not answered for 5 practitioners: 5 practitioners for 3 predictors at their level." in headlines(
        made
    )
    assert table_of(made)["reason"].tolist()[0].startswith("5 practitioners")
    assert planned_study(made).status == "ok"
    assert planned_study(replace(made, found=(refused,))).status.startswith(NOT_RUN)


@pytest.mark.slow
def test_the_people_complete_and_attend_as_often_as_is_asked_for():
    truth = load_truth(ROOT / "data/raw/demo_2024/truth.yaml")
    study = replace(STUDY, completion=0.45, attendance=0.7)
    moved = with_rates(truth, study).with_size(4000).with_seed(99)
    tables = simulate_tables(moved).tables
    assert completed_of(tables) == pytest.approx(0.45, abs=0.04)
    assert attended_of(tables) == pytest.approx(0.7, abs=0.02)
    with pytest.raises(ConfigurationError, match="some leave in other ways"):
        with_rates(truth, replace(STUDY, completion=0.95))


@pytest.fixture(scope="module")
def shipped():
    """The shipped plan, and the truth of the first demonstration cohort."""
    return load_plan(ROOT / "config/plan.yaml"), load_truth(ROOT / "data/raw/demo_2024/truth.yaml")


@pytest.mark.slow
def test_the_same_seed_gives_the_same_files_with_any_number_of_processes(shipped, monkeypatch):
    monkeypatch.setattr(study_module, "BLOCKS", 1)
    monkeypatch.setattr(study_module, "PRACTITIONERS", 60)
    study = PlannedStudy((2, 3), (8,), (8,), (("ratio", 1.5),), ("completion.completed",), draws=4)
    said: list[str] = []
    plan, truth = shipped
    one, two = (planned(study, plan, truth, count, said.append) for count in (1, 2))
    pd.testing.assert_frame_equal(table_of(one), table_of(two))
    made = [planned_documents(each, planned_study(each), ("Plan: one.",)) for each in (one, two)]
    assert made[0] == made[1]
    page = html_text(made[0]["html"])
    assert "Programme completion, " in page and "percentage points (odds ratio 1.50): " in page
    assert "Nobody in this page exists." in page and "Plan: one." in page
    assert any("Programme completion" in text for _, text in word_paragraphs(made[0]["docx"]))
    assert len(pdf_pages(made[0]["pdf"])) == 1
    assert any("16 practitioners with 8 clients each" in text for text in said)


@pytest.mark.slow
def test_the_power_is_the_one_that_is_known(shipped):
    """An odds ratio of 1.5 per SD of a mode: 40 practitioners find it 81 of 100 times, 15 find it 31."""
    study = PlannedStudy((3, 8), (5,), (20,), (("ratio", 1.5),), ("completion.completed",), draws=16)
    plan, truth = shipped
    few, enough = planned(study, plan, truth, 2, lambda text: None).found
    assert enough.power.value == pytest.approx(0.81, abs=0.08)
    assert few.power.value == pytest.approx(0.31, abs=0.12)
    assert enough.estimated == few.estimated == 16
    assert abs(enough.rates.power.value - enough.power.value) < 3.0 * enough.rates.power.error
