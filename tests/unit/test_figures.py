"""Figures: what they show is what the numbers say, and they come out the same every time."""

from dataclasses import replace
from typing import Any

import contract_tables as tables
import numpy as np
import pandas as pd
import pytest
from contract_figures import cohort_pictures, effects_pictures
from contract_report import missing_map
from drawn_numbers import lines
from matplotlib.colors import to_rgb

from alliance_modes.figures import style
from alliance_modes.figures.alliance_trajectories import alliance_trajectories
from alliance_modes.figures.chance_over_mode_use import chance_over_mode_use
from alliance_modes.figures.cohort import FIGURES as COHORT
from alliance_modes.figures.declared import figures
from alliance_modes.figures.dropout_survival import dropout_survival
from alliance_modes.figures.effects import FIGURES as EFFECTS
from alliance_modes.figures.effects_forest import effects_forest
from alliance_modes.figures.mode_use import mode_use
from alliance_modes.figures.participant_flow import participant_flow
from alliance_modes.figures.picture import LONGEST_ALT, alternative, write_picture
from alliance_modes.figures.thirds import practitioner_thirds
from alliance_modes.ground.files import read_json
from alliance_modes.models.result import ModelResult
from alliance_modes.plan.parts import FiguresPart, figures_part
from alliance_modes.plan.plan import Plan
from alliance_modes.plan.terms import Outcome

LEAD = tables.practitioners()
STARTS = tables.enrolments(LEAD)
RATED = tables.alliance(STARTS)
ANALYSIS = {"practitioner": LEAD, "enrolment": STARTS, "alliance": RATED}
MODELS = tables.models()
ESTIMATES = tables.estimates(MODELS)
PLAN = Plan()
PART = figures_part(PLAN)
RANGES = {"wai_sr": (1.0, 5.0), "wai_36": (1.0, 7.0)}


@pytest.fixture(scope="module")
def pictures():
    return {
        **cohort_pictures(ANALYSIS, tables.flow(STARTS), missing_map()),
        **effects_pictures(ANALYSIS, MODELS, ESTIMATES),
    }


def error_bars(axes: Any) -> tuple:
    """The lines of the first error bars: places, caps, reaches."""
    return axes.containers[0].lines


def reworded(model: str, outcome: str, **said: object) -> FiguresPart:
    """The plan with something else said of one outcome."""
    planned = PLAN.models[model]
    outcomes = tuple(one.model_copy(update=said) if one.name == outcome else one for one in planned.outcomes)
    models = {**PLAN.models, model: planned.model_copy(update={"outcomes": outcomes})}
    return figures_part(PLAN.model_copy(update={"models": models}))


def completion(model: ModelResult):
    return chance_over_mode_use(PART, "completion", "completed", model, STARTS)


def third(picture, mode, name):
    """The line that says what was observed in a third of practitioners."""
    (line,) = [one for one in lines(picture) if one.startswith(f"{mode} mode | observed, {name} third")]
    return line


def texts(figure):
    """Every text that is drawn, titles, ticks and legends included."""
    from matplotlib.text import Text

    return [text.get_text() for text in figure.findobj(Text)]


@pytest.mark.slow
def test_every_figure_is_drawn_with_its_words(pictures):
    assert list(pictures) == [one.name for one in (*figures(COHORT), *figures(EFFECTS, PART))]
    assert {"attendance_over_mode_use", "completion_over_mode_use", "dropout_survival"} < set(pictures)
    for name, picture in pictures.items():
        assert picture.status == "ok", name
        assert min(len(picture.title), len(picture.caption), len(picture.alt)) > 10
        assert len(picture.alt) <= LONGEST_ALT and picture.numbers is not None and picture.numbers.rows
        on_a_page = picture.figure.get_figheight() * min(1.0, style.WIDTH / picture.figure.get_figwidth())
        assert on_a_page < 8.5, f"{name} is taller than a page and its caption"


def test_a_text_alternative_is_two_sentences_at_most_and_is_never_cut_within_a_word():
    assert alternative("One.", "Two.") == "One. Two."
    assert alternative("One.", "word " * 60) == "One."
    long = alternative("word " * 60)
    assert len(long) <= LONGEST_ALT and set(long.removesuffix(" \u2026").split()) == {"word"}


@pytest.mark.slow
def test_the_same_numbers_give_the_same_bytes(pictures, tmp_path):
    again = {
        **cohort_pictures(ANALYSIS, tables.flow(STARTS), missing_map()),
        **effects_pictures(ANALYSIS, MODELS, ESTIMATES),
    }
    for name in ("mode_use", "dropout_survival", "participant_flow"):
        write_picture(pictures[name], tmp_path / "one", name)
        write_picture(again[name], tmp_path / "two", name)
        for suffix in ("png", "pdf", "json"):
            one, two = (tmp_path / folder / f"{name}.{suffix}" for folder in ("one", "two"))
            assert one.read_bytes() == two.read_bytes(), f"{name}.{suffix}"
    assert b"CreationDate" not in (tmp_path / "one" / "mode_use.pdf").read_bytes()
    assert sorted(read_json(tmp_path / "one" / "mode_use.json")) == [
        "alt",
        "caption",
        "numbers",
        "section",
        "status",
        "title",
    ]


@pytest.mark.slow
def test_pixels_are_300_to_the_inch(pictures, tmp_path):
    from matplotlib.image import imread

    write_picture(pictures["alliance_trajectories"], tmp_path, "picture")
    height, width, _ = imread(tmp_path / "picture.png").shape
    assert (width, height) == (round(6.9 * 300), 3.5 * 300)


def test_marks_stay_apart_in_grey():
    light = sorted(
        np.dot(to_rgb(mark.colour), (0.299, 0.587, 0.114))
        for mark in (style.FIRST, style.SECOND, style.THIRD)
    )
    assert min(np.diff(light)) > 0.1
    assert len({mark.line for mark in (style.FIRST, style.SECOND, style.THIRD, style.FOURTH)}) == 4
    assert len({mark.marker for mark in (style.FIRST, style.SECOND, style.THIRD, style.FOURTH)}) == 4


def test_flow_shows_every_number_once_and_nothing_else():
    flow = tables.flow(STARTS)
    drawn = " ".join(texts(participant_flow(flow).figure)).replace("\u00a0", " ")
    counts = pd.Series([piece for piece in drawn.replace(")", " ").split("n = ")[1:]]).str.split().str[0]
    assert sorted(counts.str.replace(",", "").astype(int)) == sorted(flow["n"])
    completed = flow.set_index("step").loc["completed", "n"]
    picture = participant_flow(flow)
    assert f"completed {completed}" in picture.alt
    assert f"Completed | Started, planned end by data lock | {completed}" in lines(picture)


def test_flow_can_be_read_on_a_telephone_and_names_another_split_once():
    flow = tables.flow(STARTS)
    figure = participant_flow(flow).figure
    letters = [text.get_fontsize() for text in figure.axes[0].texts]
    assert min(map(float, letters)) / 72 * 375 / figure.get_figwidth() >= 9, "pixels on a screen of 375"
    said = [text for text in texts(figure) if text.startswith("The same")]
    assert len(said) == len(set(said))


def test_flow_stops_where_nobody_is_left():
    flow = tables.flow(STARTS)
    flow.loc[flow["step"].isin(["started", "denominator"]), "n"] = 0
    drawn = " ".join(texts(participant_flow(flow).figure))
    assert "Started" in drawn
    assert "Completed" not in drawn


def test_mode_use_shows_the_means():
    picture = mode_use(LEAD)
    for mode in tables.MODES:
        assert f"{mode} mode {LEAD[mode].mean():.2f}" in picture.alt
    cells = [f"{LEAD[f'{mode}_{part}'].mean():.1f}" for mode in tables.MODES for part in tables.COMPONENTS]
    drawn = texts(picture.figure)
    assert all(cell in drawn for cell in cells)
    assert "n = 40" in picture.caption


def test_trajectories_stand_on_the_response_range_and_at_the_means():
    rated = RATED.copy()
    by_practitioner = rated["rater"] == "practitioner"
    rated.loc[by_practitioner, "instrument"] = "wai_36"
    picture = alliance_trajectories(rated, RANGES)
    client, practitioner = picture.figure.axes
    assert client.get_ylim() == (1, 5)
    assert practitioner.get_ylim() == (1, 7)
    expected = rated[~by_practitioner].groupby("session_no")["goal"].mean()
    drawn = error_bars(client)[0].get_ydata()
    assert drawn == pytest.approx(expected.to_numpy(dtype=float))
    assert f"session 3 to 24: goal {expected.iloc[0]:.2f} to {expected.iloc[-1]:.2f}" in picture.alt


def test_forest_shows_each_estimate_with_its_interval():
    picture = effects_forest(ESTIMATES, reworded("alliance", "client_goal", label="Goal of the client"))
    top, bottom = picture.figure.axes[:3], picture.figure.axes[3:]
    assert [len(axes.containers) for axes in (*top, *bottom)] == [9, 9, 9, 3, 3, 3]
    place, _, (reach,) = error_bars(top[1])
    assert place.get_xdata()[0] == pytest.approx(0.08)
    assert reach.get_segments()[0][:, 0] == pytest.approx([0.08 - 0.15, 0.08 + 0.15])
    assert error_bars(bottom[1])[0].get_xdata()[0] == pytest.approx(3.2)
    assert "Percentage points" in texts(picture.figure)
    assert (
        "Attendance after the first session, programme completion and drop-out: difference" in picture.caption
    )
    assert "Goal of the client" in texts(picture.figure)
    assert "no claim" not in picture.caption


def test_forest_shows_an_outcome_of_two_models_once():
    twice = PLAN.models["completion"]
    plan = PLAN.model_copy(update={"models": {**PLAN.models, "completion_again": twice}})
    again = ESTIMATES[ESTIMATES["model"] == "completion"].assign(model="completion_again", estimate=9.0)
    picture = effects_forest(pd.concat([ESTIMATES, again], ignore_index=True), figures_part(plan))
    assert [len(axes.containers) for axes in picture.figure.axes[3:]] == [3, 3, 3]
    assert not [line for line in lines(picture) if "| 9.0 |" in line]
    assert len(lines(picture)) == 36


def test_forest_without_points_shows_odds_ratios_on_a_log_scale():
    picture = effects_forest(ESTIMATES[ESTIMATES["estimand"] != "percentage_points"], PART)
    assert picture.figure.axes[-1].get_xscale() == "log"
    assert "Odds ratio" in texts(picture.figure)


@pytest.mark.slow
def test_below_25_practitioners_the_forest_makes_no_claim():
    few = ESTIMATES.assign(clusters="practitioner=23; group=90; site=4")
    caption = effects_forest(few, PART).caption
    assert "n = 23 practitioners" in caption and "With 23 practitioners, fewer than 25, no claim" in caption
    assert "no claim" not in effects_forest(ESTIMATES, PART).caption


def test_session_level_terms_are_not_taken_for_the_practitioners_mode_use():
    within = ESTIMATES.assign(level="within")
    assert effects_forest(within, PART).status.startswith("not_run: ")


def test_completion_shows_the_models_curve_and_the_observed_thirds():
    picture = completion(MODELS["completion"])
    curve = MODELS["completion"].fits[0].curves[0]
    line = picture.figure.axes[0].get_lines()[0]
    assert line.get_ydata() == pytest.approx([point.estimate for point in curve.points])
    counted = STARTS[STARTS["completed"].notna()]
    thirds = practitioner_thirds(counted, "educative")
    lowest = counted.loc[thirds == "lowest", "completed"].astype(float)
    assert f"| {len(lowest)} | {100 * lowest.mean():.0f}\u00a0% |" in third(picture, "Educative", "lowest")


def test_the_caption_of_a_chance_says_why_circles_model_and_a_rate_of_everybody_differ_in_number():
    model = MODELS["completion"]
    due = STARTS["denominator"].fillna(False).astype(bool)
    without = int((due & STARTS["completed"].isna()).sum())
    assert f" {without} enrolments have no such outcome by the plan" in completion(model).caption
    drawn = int((due & STARTS["completed"].notna() & STARTS["educative"].notna()).sum())
    of = {
        n: completion(model.model_copy(update={"fits": (model.fits[0].model_copy(update={"n": n}),)})).caption
        for n in (drawn - 7, drawn)
    }
    assert "The circles also count 7 of whom another column is not known." in of[drawn - 7]
    assert "The circles also count" not in of[drawn]


def test_attendance_shows_its_curve_and_what_each_third_attended():
    picture = chance_over_mode_use(PART, "attendance", "attendance", MODELS["attendance"], STARTS)
    curve = MODELS["attendance"].fits[0].curves[0]
    line = picture.figure.axes[0].get_lines()[0]
    assert line.get_ydata() == pytest.approx([point.estimate for point in curve.points])
    offered = STARTS[STARTS["denominator"] & (STARTS["sessions_offered_after_first"] > 0)]
    lowest = offered[practitioner_thirds(offered, "educative") == "lowest"]
    share = (lowest["sessions_attended_after_first"] / lowest["sessions_offered_after_first"]).mean()
    assert f"| {len(lowest)} | {100 * share:.0f}\u00a0% |" in third(picture, "Educative", "lowest")
    assert "chance of attendance" in picture.caption and "for new practitioners and sites" in picture.caption
    absent = chance_over_mode_use(PART, "attendance", "attendance", None, STARTS)
    assert absent.status == "not_run: the model attendance has no result"


def test_thirds_count_practitioners_once_and_keep_ties_together():
    values = [1, 1, 1, 2, 2, 3, 4, 5, 6]
    rows = pd.DataFrame({"practitioner_id": [f"p{i}" for i in range(9)], "mode": values})
    repeated = pd.concat([rows, *[rows.tail(1)] * 50], ignore_index=True)
    thirds = practitioner_thirds(repeated, "mode")
    assert thirds.head(9).tolist() == ["lowest"] * 3 + ["middle"] * 3 + ["highest"] * 3
    assert practitioner_thirds(rows.head(5), "mode").isna().all()
    assert practitioner_thirds(rows.assign(mode=1.0), "mode").isna().all()


def test_dropout_ends_at_the_share_that_dropped_out():
    picture = dropout_survival(STARTS)
    started = STARTS[STARTS["denominator"]]
    share = (started["end_kind"] == "dropped_out").mean()
    assert f"dropped out {100 * share:.0f}\u00a0%" in picture.alt
    assert any(f"{100 * share:.1f}\u00a0%" in line for line in lines(picture) if "everyone" in line)
    assert "Aalen" in picture.caption


def test_enrolments_without_a_session_are_named_not_counted():
    rows = STARTS.copy()
    rows.loc[rows.index[rows["denominator"]][:7], "last_session"] = pd.NA
    assert "(7 more have no session on record)" in dropout_survival(rows).caption


def test_what_is_absent_is_said(tmp_path):
    absent = [
        (participant_flow(tables.flow(STARTS).iloc[:0]), "no enrolments"),
        (mode_use(LEAD.assign(**dict.fromkeys(tables.MODES, np.nan))), "no practitioner survey"),
        (alliance_trajectories(RATED.iloc[:0], RANGES), "no alliance inventories"),
        (alliance_trajectories(RATED[RATED["session_no"] == 3], RANGES), "rated once"),
        (effects_forest(ESTIMATES.iloc[:0], PART), "no model"),
        (completion(MODELS["alliance"]), "no curves"),
        (dropout_survival(STARTS.assign(denominator=False)), "no enrolment"),
        (dropout_survival(STARTS.assign(end_kind="completed")), "ended early"),
    ]
    for picture, why in absent:
        assert picture.status.startswith("not_run: ")
        assert why in picture.status
        assert why in picture.alt
        drawn = " ".join(" ".join(texts(picture.figure)).split())
        assert picture.status.removeprefix("not_run: ") in drawn
    write_picture(absent[0][0], tmp_path, "absent")
    assert read_json(tmp_path / "absent.json")["status"] == absent[0][0].status


def test_the_models_own_reason_stands_in_the_figure():
    model = MODELS["completion"].model_copy(
        update={"status": "not_run", "reason": "no enrolment has ended", "fits": ()}
    )
    assert completion(model).status == "not_run: no enrolment has ended"


def test_a_drawn_picture_is_a_value(pictures):
    with pytest.raises(AttributeError):
        pictures["mode_use"].title = "another"
    assert replace(pictures["mode_use"], title="another").title == "another"


def test_a_plan_without_a_completion_model_has_no_figure_of_it():
    plan = PLAN.model_copy(
        update={"models": {name: model for name, model in PLAN.models.items() if name != "completion"}}
    )
    pictures = effects_pictures(ANALYSIS, MODELS, ESTIMATES, plan)
    assert not [name for name in pictures if name.startswith("completion")]
    assert {"effects_forest", "attendance_over_mode_use", "dropout_survival"} < set(pictures)
    assert not [line for line in lines(pictures["effects_forest"]) if "Programme completion" in line]


@pytest.mark.slow
def test_models_by_other_names_give_the_same_figures():
    names = {name: f"x{place}" for place, name in enumerate(PLAN.models)}
    plan = PLAN.model_copy(update={"models": {names[name]: one for name, one in PLAN.models.items()}})
    models = {names.get(name, name): one for name, one in MODELS.items()}
    pictures = effects_pictures(ANALYSIS, models, ESTIMATES.replace({"model": names}), plan)
    for name, before in effects_pictures(ANALYSIS, MODELS, ESTIMATES).items():
        model = next((one for one in names if name.startswith((f"{one}_over_", f"{one}_by_"))), None)
        now = pictures[name if model is None else f"{names[model]}{name.removeprefix(model)}"]
        assert now.words() == before.words()
        assert texts(now.figure) == texts(before.figure)


@pytest.mark.slow
def test_predictors_and_outcomes_by_other_names_give_the_same_figures():
    """Estimates call a mode by the plan's name of the predictor, and an end by that of its outcome."""
    modes = {mode: f"use_of_{place}" for place, mode in enumerate(tables.MODES)}
    ends = {one.name: f"end_{one.name}" for one in PLAN.models["dropout_modes"].outcomes}

    def renamed(names):
        return tuple(modes.get(name, name) for name in names)

    def ended(outcome: Outcome) -> Outcome:
        return outcome.model_copy(update={"name": ends.get(outcome.name, outcome.name)})

    planned = {
        name: one.model_copy(
            update={
                "tested": renamed(one.tested),
                "curves": renamed(one.curves),
                "outcomes": tuple(map(ended, one.outcomes)),
            }
        )
        for name, one in PLAN.models.items()
    }
    predictors = {modes.get(name, name): one for name, one in PLAN.predictors.items()}
    plan = PLAN.model_copy(update={"predictors": predictors, "models": planned})
    text = {name: one.model_dump(mode="json") for name, one in MODELS.items()}
    models = {name: ModelResult.model_validate(_with(one, modes, ends)) for name, one in text.items()}
    estimates = ESTIMATES.replace({"term": modes, "outcome": ends})
    pictures = effects_pictures(ANALYSIS, models, estimates, plan)
    for name, before in effects_pictures(ANALYSIS, MODELS, ESTIMATES).items():
        assert pictures[name].words() == before.words()


def _with(value, modes, ends):
    """A result with its terms and ends by other names."""
    if isinstance(value, dict):
        return {
            key: {"term": modes, "end": ends, "outcome": ends}.get(key, {}).get(item, item)
            if isinstance(item, str)
            else _with(item, modes, ends)
            for key, item in value.items()
        }
    return [_with(item, modes, ends) for item in value] if isinstance(value, list) else value


@pytest.mark.slow
@pytest.mark.parametrize("label", ["Bond", "Bond (practitioner-rated)", "Bond, client-rated or not"])
def test_the_mark_of_the_forest_is_by_the_rater_and_not_by_the_words(label):
    plan = reworded("alliance", "practitioner_bond", label=label)
    axes: Any = effects_forest(ESTIMATES, plan).figure.axes[0]
    names = [tick.get_text() for tick in axes.get_yticklabels()]
    marks = [container.lines[0].get_marker() for container in axes.containers]
    assert marks[names.index(label)] == style.SECOND.marker
    by_client = reworded("alliance", "practitioner_bond", label=label, rater="client")
    axes = effects_forest(ESTIMATES, by_client).figure.axes[0]
    assert axes.containers[names.index(label)].lines[0].get_marker() == style.FIRST.marker


def test_an_outcome_shown_as_a_ratio_has_a_panel_of_ratios():
    picture = effects_forest(ESTIMATES, reworded("completion", "completed", shown="ratio"))
    assert [axes.get_xscale() for axes in picture.figure.axes[::3]] == ["linear", "linear", "log"]
    assert "Programme completion: odds ratio, log scale" in picture.caption
    assert [line for line in lines(picture) if line.startswith("Programme completion | Odds ratio | ")]


def test_a_further_outcome_with_curves_has_a_figure_of_its_own():
    one = PLAN.models["completion"].outcomes[0]
    other = one.model_copy(update={"name": "stayed", "heading": "Staying"})
    both = PLAN.models["completion"].model_copy(update={"outcomes": (one, other)})
    plan = PLAN.model_copy(update={"models": {"ends": both}})
    found = [(figure.name, figure.shows) for figure in figures(EFFECTS, figures_part(plan))]
    assert ("ends_over_mode_use", "completion over mode use") in found
    assert ("ends_stayed_over_mode_use", "staying over mode use") in found
