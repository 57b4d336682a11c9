"""Figures of the release edition: drawn from what passed the gate, and telling no more than it."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path

import contract_report as cohorts
import pandas as pd
import pytest
from drawn_numbers import lines

import alliance_modes.figures.release as room
from alliance_modes.disclosure.counts import SUPPRESSED, Shown, ShownTable
from alliance_modes.disclosure.means import WITHHELD_MEAN, ShownMean, ShownMeans
from alliance_modes.disclosure.release import released
from alliance_modes.disclosure.rules import Disclosure
from alliance_modes.disclosure.sizes import sizes
from alliance_modes.domain import COMPONENTS
from alliance_modes.figures.declared import drawn, figures
from alliance_modes.figures.picture import LONGEST_ALT, png_of
from alliance_modes.figures.release import about
from alliance_modes.figures.release.averages import released_modes
from alliance_modes.figures.release.completion import released_completion
from alliance_modes.figures.release.dropout import released_dropout
from alliance_modes.figures.release.flow import BEFORE, DUE, ENROLLED, STARTED, released_flow
from alliance_modes.figures.release.models import ReleasedModels, released_models
from alliance_modes.figures.release.requests import figure_requests, together
from alliance_modes.figures.released import RELEASED, tables_behind
from alliance_modes.instruments.model import load_instruments
from alliance_modes.plan.parts import figures_part
from alliance_modes.reports.facts.asked import course
from alliance_modes.reports.facts.asked.requests import requests
from alliance_modes.reports.facts.asked.units import enrolment_units
from alliance_modes.reports.facts.sizes import sizes_told

RULES = Disclosure()
GATED = {
    "ShownTable",
    "ShownMeans",
    "ReleasedModels",
    "Disclosure",
    "FiguresPart",
    "Abouts",
    "Counts",
    "Means",
}
"""What a figure of a release may be given, beside the names of a model and of an outcome."""


def scores(people: int = 300) -> pd.DataFrame:
    """Bond of as many clients, in two forms each, from 4 to 20."""
    rows = [
        (
            "alliance",
            f"e{person:04d}",
            None,
            form,
            "client",
            "wai_sr",
            "bond",
            "subscale",
            4.0 + (person * 7 + form) % 17,
        )
        for person in range(people)
        for form in (3, 12)
    ]
    names = [
        "table",
        "enrolment_id",
        "practitioner_id",
        "session_no",
        "rater",
        "instrument",
        "scale",
        "kind",
        "score",
    ]
    return pd.DataFrame(rows, columns=names).assign(wave=pd.NA)


@cache
def given():
    inputs = cohorts.inputs()
    units = enrolment_units(inputs.analysis["enrolment"])
    asked = figure_requests(units, inputs.analysis, scores(), load_instruments(), RULES)
    shown = released((*requests(inputs), *asked.counts), RULES, means=asked.means)
    part = figures_part(inputs.plan)
    told = sizes_told(inputs, requests(inputs), shown.tables, RULES)
    people = inputs.analysis["practitioner"]
    models = released_models(inputs.estimates, inputs.models, people, part, RULES, told)
    return {
        "counts": shown.tables, "means": shown.means, "about": asked.about, "models": models,
        "rules": RULES, "plan": part,
    }  # fmt: skip


@cache
def pictures():
    return drawn(figures(RELEASED, given()["plan"]), given())


def said(picture) -> str:
    from matplotlib.text import Text

    drawn_texts = [text.get_text() for text in picture.figure.findobj(Text)]
    return "\n".join([picture.title, picture.caption, picture.alt, *drawn_texts, *lines(picture)])


def names_of(annotation: str) -> set[str]:
    return set(re.findall(r"[A-Za-z]+", annotation)) - {"Mapping", "str"}


def test_a_figure_is_given_only_what_passed_the_gate():
    for one in RELEASED:
        for name, parameter in inspect.signature(one.draw).parameters.items():
            assert names_of(str(parameter.annotation)) <= GATED, f"{one.name}: {name}"


def test_what_draws_reads_neither_people_nor_fits():
    folder = Path(room.__file__).parent
    for path in sorted(folder.glob("*.py")):
        if path.stem in ("requests", "models"):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                assert node.module is not None
                within = node.module.removeprefix("alliance_modes.").split(".")
                assert node.module != "pandas" and within[0] not in ("models", "ingest", "derive", "scoring")
                assert not {one.name for one in node.names} & {
                    "CountTable",
                    "MeanTable",
                    "exact",
                    "exact_means",
                }
            if isinstance(node, ast.Import):
                assert not {one.name for one in node.names} & {"pandas"}


@pytest.mark.slow
def test_every_figure_is_drawn_and_says_only_rounded_numbers_of_people():
    for name, picture in pictures().items():
        if name == "mode_use" and picture.status != "ok":
            continue  # all but few practitioners were surveyed, which the gate withholds
        assert picture.status == "ok", (name, picture.status)
        assert len(picture.alt) <= LONGEST_ALT and picture.numbers is not None
        for text in re.findall(r"n[\s\u00a0]=[\s\u00a0]([\d,]+)", said(picture)):
            assert int(text.replace(",", "")) % RULES.base == 0, (name, text)


@pytest.mark.slow
def test_the_same_numbers_give_the_same_bytes_and_a_png_without_words():
    picture = pictures()["completion_by_part"]
    again = released_completion(given()["counts"], given()["about"], RULES)
    png = png_of(picture)
    assert png == png_of(again) and png[:4] == b"\x89PNG"
    assert b"tEXt" not in png and b"iTXt" not in png


def test_the_steps_of_the_flow_are_the_columns_of_the_table_of_courses():
    assert (course.ENROLLED, course.BEGUN, course.DUE) == (ENROLLED, STARTED, DUE)
    assert {*course.LABELS.values(), STARTED, DUE} == set(BEFORE)
    assert course.LABELS["completed"] == about.COMPLETED and course.COURSE == about.COURSE


def table(name: str, columns: Mapping[str, tuple[int | None, ...]], *rows: str) -> ShownTable:
    cells = zip(*columns.values(), strict=True)
    return ShownTable(
        name, "", rows, tuple(columns),
        tuple(tuple(SUPPRESSED if n is None else Shown.rounded(n) for n in row) for row in cells),
    )  # fmt: skip


def test_a_step_whose_number_is_withheld_is_not_drawn_and_the_caption_says_so():
    courses = {ENROLLED: (200,), "Did not start": (None,), STARTED: (None,), about.COMPLETED: (120,)}
    picture = released_flow({"course": table("course", courses, "All")})
    assert lines(picture) == ["Enrolled |  | 200", "Completed | Enrolled | 120"]
    assert "withheld are not drawn" in picture.caption
    nothing = released_flow({"course": table("course", {ENROLLED: (None,)}, "All")})
    assert nothing.status == "not_run: the number of enrolments is withheld"


def test_a_part_with_few_who_did_not_complete_is_not_drawn():
    counts = {
        "course_by_site": table(
            "course_by_site",
            {STARTED: (60, 40, 40), about.COMPLETED: (30, 35, None)},
            "North",
            "South",
            "Lake",
        )
    }
    picture = released_completion(counts, {"course_by_site": about.About(halves={"North": 0.5})}, RULES)
    assert lines(picture) == ["Site | North | 60 | 50\u00a0% | [38\u00a0%, 62\u00a0%]"]
    assert "a count is withheld" in picture.caption


def mean(value: float | None, n: int = 40) -> ShownMean:
    if value is None:
        return WITHHELD_MEAN
    return ShownMean(Shown.rounded(n), value, 0.8, "rounded", f"{value:.2f}", "0.80")


def test_modes_are_drawn_with_their_spread_and_a_cell_that_is_withheld_says_so():
    modes = ("Educative mode", "Engagement mode", "Therapeutic mode")
    cells = tuple(f"{mode.split()[0]}: {part}" for mode in modes for part in COMPONENTS)
    shown = {
        about.MODES_USED: ShownMeans(about.MODES_USED, "", modes, (mean(3.4), mean(3.1), mean(None))),
        about.CELLS: ShownMeans(
            about.CELLS, "", cells, (mean(None), *(mean(3.0 + place / 10) for place in range(8)))
        ),
    }
    picture = released_modes(shown, {about.MODES_USED: about.About(edges=(1.0, 5.0))})
    assert lines(picture)[:2] == ["Educative mode | 40 | 3.40 | 0.80", "Engagement mode | 40 | 3.10 | 0.80"]
    assert "withheld" in said(picture) and "Therapeutic mode" not in picture.alt


def models(**more) -> ReleasedModels:
    return ReleasedModels(cohorts.inputs().estimates.iloc[:0], False, **more)


def test_the_course_of_drop_out_divides_by_those_at_the_start_and_ends_before_what_is_withheld():
    stretches = {about.AT_RISK: (200, 150, 100), about.LEFT: (20, 30, None)}
    counts = {about.SURVIVAL: table(about.SURVIVAL, stretches, "1", "2", "3")}
    of = {about.SURVIVAL: about.About(edges=(4.0, 8.0, 12.0))}
    picture = released_dropout(counts, of, models())
    assert [line.split(" | ")[-1] for line in lines(picture)] == ["10\u00a0%", "25\u00a0%"]
    assert "25\u00a0% had dropped out by session 8" in picture.alt


def test_neighbours_are_put_together_until_each_stretch_has_enough():
    counts = pd.Series([4, 7, 30, 2, 9, 3], index=[1, 2, 3, 4, 5, 6])
    assert together(counts, 10) == (2.0, 3.0, 6.0)
    assert together(pd.Series([4, 3], index=[1, 2]), 10) == ()


def test_scores_count_each_person_once_and_each_bar_has_enough():
    (asked,) = [
        one
        for one in figure_requests(
            enrolment_units(cohorts.inputs().analysis["enrolment"]), cohorts.inputs().analysis, scores(),
            load_instruments(), RULES,
        ).counts
        if one.name.startswith(about.SCORES)
    ]  # fmt: skip
    bars = [row[0].n for row in asked.cells]
    assert sum(bars) == 300 and min(bars) >= RULES.threshold


def test_estimates_of_few_practitioners_or_rows_are_left_out_and_their_numbers_rounded():
    inputs = cohorts.inputs()
    part, people = figures_part(inputs.plan), inputs.analysis["practitioner"]
    few = inputs.estimates.assign(clusters="practitioner=9; site=3")
    told = sizes([("practitioner", 23), *((table, 123) for table in inputs.analysis)], (), RULES)
    assert released_models(few, {}, people, part, RULES, told).estimates.empty
    some = inputs.estimates.assign(clusters="practitioner=23; site=3", n=123)
    found = released_models(some, {}, people, part, RULES, told)
    assert set(found.estimates["clusters"]) == {"practitioner=25"} and set(found.estimates["n"]) == {125}
    many = inputs.estimates.assign(clusters="practitioner=23; site=45", n=123)
    told_of_many = released_models(many, {}, people, part, RULES, told).estimates
    assert set(told_of_many["clusters"]) == {"practitioner=25; site=45"}, "how many sites there are is known"
    (forest,) = [one for one in RELEASED if one.name == "effects_forest"]
    caption = forest.draw(models=found, plan=part).caption
    assert "no claim is made" in caption and "23" not in caption


def test_curves_end_within_the_practitioners_and_not_at_one():
    inputs = cohorts.inputs()
    used = inputs.analysis["practitioner"]["educative"].dropna().astype(float)
    for curve in given()["models"].curves:
        if curve.mode == "educative":
            ends = curve.points[0].x, curve.points[-1].x
            assert ends == (
                round(used.quantile(0.05), 1),
                pytest.approx(round(used.quantile(0.95), 1), abs=0.06),
            )


def test_a_figure_names_the_tables_behind_it():
    names = tuple(given()["counts"]) + tuple(given()["means"])
    assert tables_behind("effects_forest", names) == ()
    assert set(tables_behind("completion_by_part", names)) == {
        "course",
        "course_by_programme",
        "course_by_site",
    }
    behind = {one for figure in pictures() for one in tables_behind(figure, names)}
    asked = {name for name in given()["about"] if name in names}
    assert asked <= behind


def test_nothing_released_says_why():
    none = {**given(), "counts": {}, "means": {}, "models": replace(models())}
    for name, picture in drawn(figures(RELEASED, given()["plan"]), none).items():
        assert picture.status.startswith("not_run: "), name
