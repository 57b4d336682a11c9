"""Figures of relational analyses draw what the tables hold, and say how much that is or why there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from relation_dyads import SCALE, dyads
from relation_ruptures import ruptured, scales
from relation_tables import one_grouping, task_of

from alliance_modes.dictionary.relations import TABLES
from alliance_modes.figures.cohorts_compared import TITLES, cohorts_compared
from alliance_modes.figures.mediation_paths import mediation_paths
from alliance_modes.figures.response_surface import response_surface
from alliance_modes.figures.rupture_control_chart import rupture_control_chart
from alliance_modes.plan.parts import figures_part
from alliance_modes.plan.plan import Plan
from alliance_modes.relations.collect import collect
from alliance_modes.relations.dyad.analysis import analyse as analyse_dyads
from alliance_modes.relations.dyad.expected import FEWEST_PAIRS
from alliance_modes.relations.rupture.analysis import analyse as analyse_ruptures
from alliance_modes.words.rounding import MISSING

PLAN = Plan()
PART = figures_part(PLAN)
ENGAGEMENT, COMPLETION = "engagement.session_engagement", "completion.completed"
NOTHING = {name: TABLES[name].from_rows([]) for name in ("relations", "relation_points", "over_cohorts")}


def ridge(own: np.ndarray, other: np.ndarray) -> np.ndarray:
    return -0.15 * (own - other) ** 2


@pytest.fixture(scope="module")
def of_dyads() -> dict[str, pd.DataFrame]:
    plan = one_grouping(PLAN, "engagement", "readiness", ("readiness",))
    task = task_of("dyad", plan, scales=(SCALE,), models=("engagement",))
    return collect([analyse_dyads(task, dyads(11, 40, effect=ridge))])


@pytest.fixture(scope="module")
def of_ruptures() -> dict[str, pd.DataFrame]:
    dropout = PLAN.models["dropout"]
    changed = {"formula": "unrepaired_rupture + session", "random": ("practitioner",)}
    model = dropout.model_copy(update={**changed, "outcomes": dropout.outcomes[:1]})
    task = task_of("rupture", PLAN.model_copy(update={"models": {"dropout": model}}))
    return collect([analyse_ruptures(task, {"session": ruptured(1, 20), "scales": scales()})])


def test_a_surface_is_drawn_over_cells_with_enough_pairs_and_without_a_mark_for_a_person(of_dyads):
    picture = response_surface(of_dyads["relation_points"], of_dyads["relations"], PART)
    points = of_dyads["relation_points"]
    cells = points[points["series"] == "pairs"]
    surface, lines = picture.figure.axes
    assert picture.status == "ok" and cells["estimate"].min() >= FEWEST_PAIRS
    assert len(surface.patches) == len(cells)
    assert all(line.get_marker() in ("None", "") for axes in (surface, lines) for line in axes.lines)
    assert "n = 1,200 sessions, 40 practitioners" in picture.caption
    assert "engagement in sessions" in picture.caption and "95 % confidence intervals" in picture.caption


def test_the_numbers_of_a_surface_are_those_of_its_lines(of_dyads):
    picture = response_surface(of_dyads["relation_points"], of_dyads["relations"], PART)
    points = of_dyads["relation_points"].set_index(["series", "x"])["estimate"]
    cells = {row[0].strip().replace("−", "-"): row[1:] for row in picture.numbers.rows}
    at = points.loc["expected_differ"].index[0]
    assert cells["1.0"][0].startswith(f"{points.loc[('expected_agree', 1.0)]:.2f} [")
    assert cells[f"{at:.1f}"][1].startswith(f"{points.loc[('expected_differ', at)]:.2f} [")
    assert picture.alt.count(".") >= 2 and len(picture.alt) <= 250


def test_an_outcome_that_neither_of_the_pair_rated_is_drawn_before_one_that_they_did(of_dyads):
    points = of_dyads["relation_points"]
    shares = points[points["series"].str.startswith("expected")].assign(part=COMPLETION)
    shares[["estimate", "ci_low", "ci_high"]] = shares[["estimate", "ci_low", "ci_high"]] / 10.0
    both = pd.concat([points, shares])
    numbers = pd.concat([of_dyads["relations"], of_dyads["relations"].assign(part=COMPLETION)])
    picture = response_surface(both, numbers, PART)
    assert picture.title.endswith("completion")
    assert all("\u00a0%" in cell for row in picture.numbers.rows for cell in row[1:] if cell != MISSING)
    assert response_surface(points, numbers, PART).title.endswith("practitioner-rated")


def test_falls_and_ruptures_stand_by_session_beside_their_limits(of_ruptures):
    picture = rupture_control_chart(of_ruptures["relation_points"], PART)
    points = of_ruptures["relation_points"].pivot(index="x", columns="series", values="estimate")
    assert picture.status == "ok"
    assert [axes.get_title(loc="left") for axes in picture.figure.axes] == [
        "a  Falls of the rating",
        "b  Ruptures on record",
    ]
    row = next(row for row in picture.numbers.rows if row[0].strip() == "2")
    assert row[1].strip() == f"{points.loc[2.0, 'ratings_followed']:.0f}"
    assert row[2].strip() == f"{100 * points.loc[2.0, 'fall']:.1f}\u00a0%"
    assert row[5].strip() == f"{100 * points.loc[2.0, 'recorded']:.1f}\u00a0%"
    assert "Session Rating Scale, client" in picture.caption


def test_a_session_outside_of_its_limits_is_filled_and_counted(of_ruptures):
    points = of_ruptures["relation_points"].copy()
    here = (points["series"] == "fall") & (points["x"] == 3.0)
    points.loc[here, "estimate"] = 0.9
    within = points["series"].isin(["fall", "recorded"]) & ~here
    points.loc[within, "estimate"] = 0.0
    limits = points["series"].isin(["fall_by_noise", "recorded_in_all"])
    points.loc[limits, "ci_low"] = 0.0
    picture = rupture_control_chart(points, PART)
    counts = points.groupby("series").size()
    assert f"1 of {counts['fall']} sessions lie outside of the limits" in picture.alt
    assert f"0 of {counts['recorded']} sessions lie outside of the limits" in picture.alt


def test_ruptures_alone_are_one_panel(of_ruptures):
    points = of_ruptures["relation_points"]
    picture = rupture_control_chart(points[points["part"] == "recorded"], PART)
    (axes,) = picture.figure.axes
    assert axes.get_title(loc="left") == "a  Ruptures on record"
    assert len(picture.numbers.headings) == 5 and "Falls" not in picture.caption


def paths(part: str, chance: bool) -> pd.DataFrame:
    ends = ("natural_direct", "natural_indirect") if chance else ("direct", "indirect")
    rows = [("client_total", "path_b", 0.5, 0.2)]
    for mode, a in (("educative", 0.1), ("engagement", 0.4), ("therapeutic", 0.2)):
        rows += [(mode, "path_a", a, 0.15), (mode, ends[0], 0.3, 0.4), (mode, ends[1], 0.05, 0.01)]
    shared = {"analysis": "mediation", "part": part, "level": "between", "status": "ok", "n": 400}
    return TABLES["relations"].from_rows(
        {
            **shared, "term": term, "estimand": estimand, "estimate": value, "ci_low": value - reach,
            "ci_high": value + reach, "clusters": "practitioner=38; site=6",
        }
        for term, estimand, value, reach in rows
    )  # fmt: skip


def test_every_mode_has_a_lane_with_its_paths_and_what_may_be_none_is_dashed():
    picture = mediation_paths(paths(ENGAGEMENT, chance=False), PART)
    (axes,) = picture.figure.axes
    said = [text.get_text() for text in axes.texts]
    assert said.count("0.50 [0.30, 0.70]") == 3
    assert "0.10 [−0.05, 0.25]" in said and "0.40 [0.25, 0.55]" in said
    assert said.count("beside it 0.30 [−0.10, 0.70]; through it 0.05 [0.04, 0.06]") == 3
    arrows = [getattr(one, "arrow_patch", None) for one in axes.texts]
    styles = {one.get_linestyle() for one in arrows if one is not None}
    assert styles == {"-", "--"}
    assert {line.get_linestyle() for line in axes.lines} == {"--"}
    assert "n = 400 sessions, 38 practitioners" in picture.caption and "session 3" in picture.caption


def test_a_chance_is_told_in_percentage_points_and_a_further_outcome_stands_in_the_numbers():
    rows = [paths(ENGAGEMENT, chance=False), paths(COMPLETION, chance=True)]
    picture = mediation_paths(pd.concat(rows), PART)
    titles = [axes.get_title(loc="left") for axes in picture.figure.axes]
    assert titles[0].endswith("in points") and titles[1].endswith("in percentage points")
    assert {row[-1] for row in picture.numbers.rows} == {"points", "percentage points"}
    assert len(picture.numbers.rows) == 6 and "Further outcomes" not in picture.caption
    third = mediation_paths(
        pd.concat([*rows, paths(f"attendance.{PLAN.models['attendance'].outcomes[0].name}", chance=True)]),
        PART,
    )
    assert len(third.figure.axes) == 2 and "Further outcomes stand in the numbers" in third.caption
    assert len(third.numbers.rows) == 9


def effects(cohorts: int) -> pd.DataFrame:
    shared = {"model": "completion", "outcome": "completed", "level": "between", "status": "ok"}
    rows = []
    for term, estimate in (("educative", 0.0), ("engagement", 0.4), ("therapeutic", 0.2)):
        one = {**shared, "term": term, "estimand": "coefficient", "estimate": estimate}
        one |= {"ci_low": estimate - 0.1, "ci_high": estimate + 0.1, "n": 900}
        rows += [{**one, "way": "cohort", "cohort": f"north_{place}"} for place in range(cohorts)]
        rows.append({**one, "way": "one_stage"})
        rows.append({**one, "way": "normal"})
        if cohorts >= 5:
            rows.append({**one, "way": "two_stage"})
            rows.append({**one, "way": "two_stage", "estimand": "prediction_interval", "ci_low": -1.0})
    return TABLES["over_cohorts"].from_rows(rows)


def test_two_cohorts_have_one_stage_and_no_average():
    picture = cohorts_compared(effects(2), PLAN)
    lines = [label.get_text() for label in picture.figure.axes[0].get_yticklabels()]
    assert lines == ["north_0", "north_1", "Together"]
    assert picture.title == TITLES["one_stage"] and "(one stage)" in picture.title
    assert "nothing is pooled" in picture.caption and "n = 900 for completion" in picture.caption
    assert picture.alt.startswith("2 of 3 effects are clear of zero together.")
    assert len(picture.numbers.rows) == 9


def test_five_cohorts_have_two_stages_with_what_another_would_have():
    picture = cohorts_compared(effects(5), PLAN)
    lines = [label.get_text() for label in picture.figure.axes[0].get_yticklabels()]
    assert lines[5:] == ["Together", "On average", "Another cohort"]
    assert picture.title == TITLES["two_stage"] and "95 % prediction interval" in picture.caption
    predicted = [row for row in picture.numbers.rows if row[2] == "Another cohort"]
    assert [row[4] for row in predicted] == ["[−1.00, 0.10]", "[−1.00, 0.50]", "[−1.00, 0.30]"]


def test_where_an_analysis_has_nothing_its_figure_says_so_once():
    reasons = {
        response_surface(NOTHING["relation_points"], NOTHING["relations"], PART).status,
        rupture_control_chart(NOTHING["relation_points"], PART).status,
        mediation_paths(NOTHING["relations"], PART).status,
        cohorts_compared(NOTHING["over_cohorts"], PLAN).status,
    }
    assert reasons == {
        "not_run: no outcome has a surface over both ratings",
        "not_run: no session has 20 clients of whom falls or ruptures are known",
        "not_run: no outcome has paths through the alliance",
        "not_run: no cohort has an estimate of what is compared",
    }
